import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { viewsDir } from '../../src/lib/page.ts';

const css = readdirSync(new URL('assets/', viewsDir))
  .filter((file) => file.endsWith('.css'))
  .map((file) => readFileSync(new URL(`assets/${file}`, viewsDir), 'utf8'))
  .join('\n');
const script = readFileSync(new URL('assets/guestlist.js', viewsDir), 'utf8');
const [light = {}, dark = {}] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, body = '']) => colours(body));
const schemes = { light, dark: { ...light, ...dark } };

type Colours = Readonly<Record<string, string>>;

function colours(body: string): Colours {
  return Object.fromEntries([...body.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]));
}

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((first, second) => first - second);
  return (lighter + 0.05) / (darker + 0.05);
}

const texts = [
  ['ink', 'paper'],
  ['ink', 'glow'],
  ['ink', 'card'],
  ['ink', 'soft'],
  ['ink', 'wrong-soft'],
  ['quiet', 'paper'],
  ['quiet', 'glow'],
  ['quiet', 'card'],
  ['accent', 'card'],
  ['accent', 'paper'],
  ['accent-strong', 'card'],
  ['accent-strong', 'paper'],
  ['on-accent', 'accent'],
  ['on-accent', 'accent-strong'],
  ['soft-ink', 'soft'],
  ['warm-ink', 'warm'],
  ['glad-ink', 'glad'],
  ['wrong', 'card'],
  ['wrong', 'wrong-soft'],
] as const;
const borders = [
  ['edge', 'card'],
  ['wrong', 'card'],
  ['accent', 'card'],
  ['accent', 'paper'],
  ['accent', 'glow'],
] as const;

describe.each(Object.entries(schemes))('the %s scheme', (_, scheme: Colours) => {
  it.each(texts)('shows %s on %s at 4.5 to 1 or better', (text, ground) => {
    expect(contrast(scheme[text] ?? '', scheme[ground] ?? '')).toBeGreaterThanOrEqual(4.5);
  });

  it.each(borders)('draws %s on %s at 3 to 1 or better', (border, ground) => {
    expect(contrast(scheme[border] ?? '', scheme[ground] ?? '')).toBeGreaterThanOrEqual(3);
  });
});

describe('the stylesheet', () => {
  it('measures black on white as 21 to 1', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  });

  it('knows the same colours in the dark as in the light', () => {
    expect(Object.keys(dark).sort()).toEqual(Object.keys(light).sort());
    expect(Object.keys(light).length).toBeGreaterThan(15);
  });

  it('takes every colour from the scheme', () => {
    const rules = css.replace(/:root \{[^}]*\}/g, '');
    expect(rules.match(/#[0-9a-f]{3,8}\b(?! \{)|\brgba?\(|\bhsla?\(/gi)).toBeNull();
  });

  it('names no colour that the scheme lacks', () => {
    const used = [...css.matchAll(/var\(--([\w-]+)\)/g)].map(([, name = '']) => name);
    const defined = [...css.matchAll(/--([\w-]+):/g)].map(([, name = '']) => name);
    expect(used.filter((name) => !defined.includes(name))).toEqual([]);
    expect(defined.filter((name) => !used.includes(name))).toEqual([]);
  });

  it('has no left or right, so that it turns round', () => {
    expect(css.replace(/safe-area-inset-(left|right)/g, '')).not.toMatch(/\b(left|right)\b/);
  });

  it('loads nothing from anywhere', () => {
    expect(css).not.toMatch(/url\(|@import|@font-face/);
    expect(script).not.toMatch(/fetch|XMLHttpRequest|import\b|innerHTML|eval|https?:/);
  });

  it('keeps the letters of inputs at 16 px or more, and what is pressed at 44 px or more', () => {
    expect(css).toMatch(/input:not\(\[type=.hidden.\]\) \{[^}]*font-size: max\(16px, 1rem\)/);
    const heights = [...css.matchAll(/min-height: ([\d.]+)rem/g)].map(([, height]) => Number(height) * 16);
    expect(heights.length).toBeGreaterThanOrEqual(4);
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
  });
});
