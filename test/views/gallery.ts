/** Every part of the console on one page. */
import { fileURLToPath } from 'node:url';
import { createRenderer } from '../../src/lib/page.ts';
import { adminFrame } from './console-samples.ts';
import { brand, now } from './offers.ts';

type Gallery = { readonly text: string; readonly errors: Readonly<Record<string, string>>; readonly console: typeof adminFrame };

export function gallery({ locale = 'en', text = 'Kammerchor Nord', errors = {}, base = '' } = {}): string {
  const renderer = createRenderer({ brand, base, views: fileURLToPath(new URL('gallery/', import.meta.url)) });
  const data: Gallery = { text, errors, console: { ...adminFrame, done: { deed: 'revoked', count: 2 } } };
  return renderer.render<{ 'console/gallery': Gallery }>()('console/gallery', data, { locale, now });
}
