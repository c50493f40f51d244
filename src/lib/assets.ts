/**
 * Styles, scripts and pictures: read once at the start, so that no path of a request ever reaches the disk. What is always
 * wanted together is one file on its way. Pages themselves are never compressed: they hold secrets beside words of strangers.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Middleware } from 'koa';
import { sha256 } from './digest.ts';
import { viewsDir } from './page.ts';

type Asset = { readonly type: string; readonly body: Buffer; readonly zipped: Buffer; readonly etag: string };

/** By the name under which they travel, in their order. */
const bundles: Readonly<Record<string, readonly string[]>> = {
  'guestlist.css': ['guestlist.css', 'form.css', 'card.css'],
  'portal.css': ['portal.css', 'inviting.css'],
  'console.css': ['console.css', 'consoletable.css', 'consoleparts.css', 'consoleinvite.css', 'consolepeople.css'],
};

export function serveAssets(): Middleware {
  const folder = new URL('assets/', viewsDir);
  const assets = new Map(
    readdirSync(folder).map((name): [string, Asset] => {
      const parts = bundles[name] ?? [name];
      const body = Buffer.concat(parts.map((part) => readFileSync(new URL(part, folder))));
      const etag = sha256(body.toString('latin1')).toString('base64url').slice(0, 20);
      return [name, { type: extname(name), body, zipped: gzipSync(body), etag }];
    }),
  );
  return (ctx) => {
    const asset = assets.get(ctx['params']['file']);
    if (!asset) return;
    const isZipped = ctx.acceptsEncodings('gzip', 'identity') === 'gzip' && /^\.(css|js|svg)$/.test(asset.type);
    ctx.set({ 'Cache-Control': 'public, max-age=3600', Vary: 'Accept-Encoding', 'X-Content-Type-Options': 'nosniff' });
    if (isZipped) ctx.set('Content-Encoding', 'gzip');
    ctx.type = asset.type;
    ctx.etag = `${asset.etag}${isZipped ? '-gzip' : ''}`;
    ctx.body = isZipped ? asset.zipped : asset.body;
    if (ctx.fresh) ctx.status = 304;
  };
}
