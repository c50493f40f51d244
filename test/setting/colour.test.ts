import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { accentsOf, contrastIn, contrastOf, leastContrast, nearestReadable, stylesheetOf } from '../../src/setting/colour.ts';

test('contrast is what WCAG says it is', () => {
  expect(contrastOf('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrastOf('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});

test('our own accents can be read on every background', () => {
  expect(contrastIn('light', '#1f5c4b')).toBeGreaterThan(leastContrast);
  expect(contrastIn('dark', '#8fd0b8')).toBeGreaterThan(leastContrast);
});

test.each(['#ffcc00', '#e4572e', '#1e90ff', '#00ff00', '#808080', '#ffffff', '#000000', '#7a2e4d'])(
  'near %s there is a colour that can be read in the light, and one in the dark',
  (colour) => {
    for (const scheme of ['light', 'dark'] as const) {
      const nearest = nearestReadable(scheme, colour);
      expect(contrastIn(scheme, nearest)).toBeGreaterThanOrEqual(leastContrast);
      if (contrastIn(scheme, colour) >= leastContrast) expect(nearest).toBe(colour);
    }
  },
);

test('it is the nearest: a little nearer to what was wished cannot be read', () => {
  const nearest = nearestReadable('light', '#ffcc00');
  expect(contrastIn('light', nearest)).toBeLessThan(leastContrast * 1.06);
});

test('what stands on the accent, and on what follows from it, can be read as well', () => {
  for (const colour of ['#7a2e4d', '#0b4f9e', '#5b5b00', '#1a1a1a']) {
    const blocks = [...stylesheetOf(accentsOf(colour, undefined)).matchAll(/:root \{([^}]*)\}/g)].map(([, text = '']) =>
      Object.fromEntries([...text.matchAll(/(--[\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value])),
    );
    expect(blocks).toHaveLength(2);
    for (const palette of blocks) {
      expect(contrastOf(palette['--accent'], palette['--on-accent'])).toBeGreaterThanOrEqual(leastContrast);
      expect(contrastOf(palette['--accent-strong'], palette['--on-accent'])).toBeGreaterThanOrEqual(leastContrast);
      expect(contrastOf(palette['--soft'], palette['--soft-ink'])).toBeGreaterThanOrEqual(leastContrast);
    }
  }
});

test('the backgrounds are those of the stylesheet', () => {
  const css = readFileSync(new URL('../../views/assets/guestlist.css', import.meta.url), 'utf8');
  const source = readFileSync(new URL('../../src/setting/colour.ts', import.meta.url), 'utf8');
  for (const name of ['--paper', '--glow', '--card', '--on-accent'])
    for (const [, value = ''] of css.matchAll(new RegExp(`${name}: (#[0-9a-f]{6})`, 'g'))) expect(source, name).toContain(value);
});
