/**
 * Styles, scripts and pictures: read once at the start, so that no path of a request ever reaches the disk. What is always
 * wanted together is one file on its way. Pages themselves are never compressed: they hold secrets beside words of strangers.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Context, Middleware } from 'koa';
import { sha256 } from './digest.ts';
import { viewsDir } from './page.ts';

export type Asset = { readonly type: string; readonly body: Buffer; readonly zipped: Buffer; readonly etag: string };

/** By the name under which they travel, in their order. */
const bundles: Readonly<Record<string, readonly string[]>> = {
  'guestlist.css': ['guestlist.css', 'form.css', 'card.css'],
  'portal.css': ['portal.css', 'inviting.css'],
  'console.css': ['console.css', 'consoletable.css', 'consoleparts.css', 'consoleinvite.css', 'consolepeople.css', 'consoleapps.css'],
};

const folder = new URL('assets/', viewsDir);

/** With what travels along. */
export function readAsset(name: string): Buffer {
  return Buffer.concat((bundles[name] ?? [name]).map((part) => readFileSync(new URL(part, folder))));
}

/** `type`: as a file's name ends, `.css`. */
export function makeAsset(type: string, body: Buffer): Asset {
  return { type, body, zipped: gzipSync(body), etag: sha256(body.toString('latin1')).toString('base64url').slice(0, 20) };
}

export function serveAssets(): Middleware {
  const assets = new Map(readdirSync(folder).map((name): [string, Asset] => [name, makeAsset(extname(name), readAsset(name))]));
  return (ctx) => {
    const asset = assets.get(ctx['params']['file']);
    if (asset) sendAsset(ctx, asset);
  };
}

export function sendAsset(ctx: Context, { type, body, zipped, etag }: Asset): void {
  const isZipped = ctx.acceptsEncodings('gzip', 'identity') === 'gzip' && /^\.(css|js|svg)$/.test(type);
  ctx.set({ 'Cache-Control': 'public, max-age=3600', Vary: 'Accept-Encoding', 'X-Content-Type-Options': 'nosniff' });
  if (isZipped) ctx.set('Content-Encoding', 'gzip');
  ctx.type = type;
  ctx.etag = `${etag}${isZipped ? '-gzip' : ''}`;
  ctx.body = isZipped ? zipped : body;
  if (ctx.fresh) ctx.status = 304;
}
