/**
 * Pictures that may stand on every page: PNG, and SVG that shows nothing but itself. They are shown as images, where no
 * script runs, and served with a policy of their own; what would be dangerous elsewhere is refused all the same.
 */
export const logoTypes = ['image/png', 'image/svg+xml'] as const;
export type LogoType = (typeof logoTypes)[number];

export const mostLogoBytes = 64 * 1024;

export type LogoComplaint = 'too_large' | 'not_an_image' | 'image_unsafe' | 'image_shape';

export type LogoShape = { readonly type: LogoType; readonly width: number; readonly height: number };

export type ReadLogo = { readonly ok: true; readonly shape: LogoShape } | { readonly ok: false; readonly complaint: LogoComplaint };

const refuse = (complaint: LogoComplaint): ReadLogo => ({ ok: false, complaint });

/** By what it is, whatever it is said to be. */
export function readLogo(body: Buffer): ReadLogo {
  if (body.length > mostLogoBytes) return refuse('too_large');
  if (body.subarray(0, 8).equals(pngSignature)) return readPng(body);
  return readSvg(body);
}

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** PNG (ISO/IEC 15948) §5.3: chunks to the last one, and nothing after it. */
function readPng(body: Buffer): ReadLogo {
  let at = pngSignature.length;
  let last = '';
  while (at + 12 <= body.length && last !== 'IEND') {
    last = body.toString('latin1', at + 4, at + 8);
    if (at === pngSignature.length && last !== 'IHDR') return refuse('not_an_image');
    at += 12 + body.readUInt32BE(at);
  }
  if (last !== 'IEND' || at !== body.length) return refuse('not_an_image');
  return shaped('image/png', body.readUInt32BE(16), body.readUInt32BE(20));
}

/** Beside the brand's name a picture is 32 pixels high: what is far from square would not fit a telephone. */
function shaped(type: LogoType, width: number, height: number): ReadLogo {
  const ratio = width / height;
  return width >= 1 && height >= 1 && width <= 4_096 && height <= 4_096 && ratio >= 0.5 && ratio <= 5
    ? { ok: true, shape: { type, width, height } }
    : refuse('image_shape');
}

/** They run, load, or lead somewhere. */
const unsafeElements = /^(script|handler|listener|foreignobject|iframe|object|embed|audio|video|canvas|image|feimage|a)$/;

const tag = /<(?:!--(?:(?!--)[\s\S])*-->|\/?\s*([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*\/?>)/g;
const attribute = /([\w:.-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;

function readSvg(body: Buffer): ReadLogo {
  const text = textOf(body)?.replace(/^\uFEFF?\s*(<\?xml[^?<>]*\?>\s*)?/, '');
  if (text === undefined || !/^(<!--(?:(?!--)[\s\S])*-->\s*)*<svg[\s>]/.test(text)) return refuse('not_an_image');
  let root: ReadonlyMap<string, string> | undefined;
  for (const [, name = '', attributes = ''] of text.matchAll(tag)) {
    const named = attributesOf(attributes);
    if (name.toLowerCase() === 'svg') root ??= named;
    if (unsafeElements.test(localName(name)) || !everySafe(named)) return refuse('image_unsafe');
  }
  // What is no tag is text between tags: a sign that could begin a tag, an entity or a declaration is one that was not read.
  const between = text.replaceAll(tag, '');
  if (between.includes('<') || !isSafeStyle(between)) return refuse('image_unsafe');
  if (root?.get('xmlns') !== 'http://www.w3.org/2000/svg') return refuse('not_an_image');
  return shaped('image/svg+xml', ...sizeOf(root));
}

function textOf(body: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1).toLowerCase();
}

function attributesOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(attribute)].map(([, name = '', double, single]) => [name.toLowerCase(), double ?? single ?? '']));
}

function everySafe(attributes: ReadonlyMap<string, string>): boolean {
  return [...attributes].every(([name, value]) => {
    if (/^on/.test(localName(name))) return false;
    if (localName(name) === 'href' || localName(name) === 'src') return value.startsWith('#');
    return name.startsWith('xmlns') || isSafeStyle(value);
  });
}

/** Nothing that is fetched, or hidden behind an escape. */
function isSafeStyle(text: string): boolean {
  return !/@import|javascript:|expression\(|\\|&#|url\(\s*(?!["']?#)/i.test(text);
}

function sizeOf(root: ReadonlyMap<string, string>): [number, number] {
  const box = (root.get('viewbox') ?? '')
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  const [width, height] = [root.get('width'), root.get('height')].map((length) => Number(/^([\d.]+)(px)?$/.exec(length ?? '')?.[1]));
  if (width && height) return [width, height];
  return [box[2] ?? 0, box[3] ?? 0];
}
