/** Styles, scripts and pictures: read once at the start, so that no path of a request ever reaches the disk. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Middleware } from 'koa';
import { sha256 } from './digest.ts';
import { viewsDir } from './page.ts';

type Asset = { readonly type: string; readonly body: Buffer; readonly etag: string };

export function serveAssets(): Middleware {
  const folder = new URL('assets/', viewsDir);
  const assets = new Map(
    readdirSync(folder).map((name): [string, Asset] => {
      const body = readFileSync(new URL(name, folder));
      return [name, { type: extname(name), body, etag: `"${sha256(body.toString('latin1')).toString('base64url').slice(0, 20)}"` }];
    }),
  );
  return (ctx) => {
    const asset = assets.get(ctx['params']['file']);
    if (!asset) return;
    ctx.set({ 'Cache-Control': 'public, max-age=3600', 'X-Content-Type-Options': 'nosniff' });
    ctx.type = asset.type;
    ctx.etag = asset.etag;
    ctx.body = asset.body;
    if (ctx.fresh) ctx.status = 304;
  };
}
