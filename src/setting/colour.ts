/**
 * Brand colours that can be read. Owns how much contrast there is (WCAG 2.2 §1.4.3), the nearest colour with enough of it,
 * and the few colours of the stylesheet that follow from a brand's. The backgrounds are those of `views/assets/guestlist.css`.
 */
export type Scheme = 'light' | 'dark';

/** What stands in the accent colour stands on these: the page, its glow, cards, and as text on buttons the other way round. */
const backgrounds: Readonly<Record<Scheme, readonly string[]>> = {
  light: ['#f6f1e7', '#fbe9d3', '#fffdf9', '#ffffff'],
  dark: ['#151917', '#1d2824', '#1f2422', '#10261f'],
};

export const leastContrast = 4.5;

/** `#rrggbb`, in small letters. */
export const colourPattern = /^#[0-9a-f]{6}$/;

type Triple = readonly [number, number, number];

function channels(colour: string): Triple {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  return [red, green, blue];
}

function toLinear(colour: string): Triple {
  return channels(colour).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)) as unknown as Triple;
}

function toHex(linear: readonly number[]): string {
  const digits = linear.map((value) => {
    const clipped = Math.min(1, Math.max(0, value));
    const encoded = clipped <= 0.0031308 ? clipped * 12.92 : 1.055 * clipped ** (1 / 2.4) - 0.055;
    return Math.round(encoded * 255)
      .toString(16)
      .padStart(2, '0');
  });
  return `#${digits.join('')}`;
}

function luminance(colour: string): number {
  const [red, green, blue] = toLinear(colour);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** 1 to 21. */
export function contrastOf(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** On the background where it is worst. */
export function contrastIn(scheme: Scheme, colour: string, on: readonly string[] = backgrounds[scheme]): number {
  return Math.min(...on.map((background) => contrastOf(colour, background)));
}

/** https://bottosson.github.io/posts/oklab/: steps of lightness there look even, and the hue stays. */
function toOklab(colour: string): Triple {
  const [r, g, b] = toLinear(colour);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([lightness, a, b]: Triple): string {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return toHex([
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]);
}

function withLightness(colour: string, change: number): string {
  const [lightness, a, b] = toOklab(colour);
  return fromOklab([Math.min(1, Math.max(0, lightness + change)), a, b]);
}

/** Itself, where it passes. Else darker in the light, and lighter in the dark, until it does. */
export function nearestReadable(scheme: Scheme, colour: string, on: readonly string[] = backgrounds[scheme]): string {
  const direction = scheme === 'light' ? -1 : 1;
  for (let step = 0; step <= 200; step += 1) {
    const tried = step === 0 ? colour : withLightness(colour, (direction * step) / 200);
    if (contrastIn(scheme, tried, on) >= leastContrast) return tried;
  }
  return scheme === 'light' ? '#000000' : '#ffffff';
}

function mix(colour: string, background: string, share: number): string {
  const [over, under] = [channels(colour), channels(background)];
  const mixed = over.map((value, index) => Math.round((value * share + (under[index] ?? 0) * (1 - share)) * 255));
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** The custom properties of the stylesheet that follow from an accent that passes. */
function paletteOf(scheme: Scheme, accent: string): Readonly<Record<string, string>> {
  const soft = scheme === 'light' ? mix(accent, '#fffdf9', 0.1) : mix(accent, '#1f2422', 0.16);
  return {
    '--accent': accent,
    '--accent-strong': withLightness(accent, scheme === 'light' ? -0.08 : 0.06),
    '--on-accent': scheme === 'light' ? '#ffffff' : '#10261f',
    '--soft': soft,
    '--soft-ink': nearestReadable(scheme, accent, [soft, ...backgrounds[scheme]]),
  };
}

export type Accents = { readonly light: string; readonly dark: string };

/** In the dark it is what was said, else the nearest that can be read there. */
export function accentsOf(accent: string, accentDark: string | undefined): Accents {
  return { light: accent, dark: accentDark ?? nearestReadable('dark', accent) };
}

/** To stand behind the stylesheet of every page. */
export function stylesheetOf({ light, dark }: Accents): string {
  const block = (palette: Readonly<Record<string, string>>) =>
    Object.entries(palette)
      .map(([name, value]) => `${name}: ${value};`)
      .join(' ');
  const [lights, darks] = [block(paletteOf('light', light)), block(paletteOf('dark', dark))];
  return `:root { ${lights} }\n@media (prefers-color-scheme: dark) { :root { ${darks} } }\n`;
}
