/** `/brand/…`: the logo and the colours that admins have chosen, as files of our own. */
import { readFileSync } from 'node:fs';
import type { Context } from 'koa';
import type { Database } from '../lib/db.ts';
import { sha256 } from '../lib/digest.ts';
import { viewsDir } from '../lib/page.ts';
import { brandStylesheet, type LiveSettings } from '../setting/live.ts';
import { findBody } from '../setting/store.ts';

export type BrandSite = { readonly database: Database; readonly settings: LiveSettings };

function send(ctx: Context, type: string, body: Buffer): void {
  ctx.set({
    'Cache-Control': 'public, max-age=3600',
    // Opened by itself, an SVG is a document: it runs nothing and loads nothing.
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    'X-Content-Type-Options': 'nosniff',
    'X-Robots-Tag': 'noindex, nofollow',
  });
  ctx.type = type;
  ctx.etag = `"${sha256(body.toString('latin1')).toString('base64url').slice(0, 20)}"`;
  ctx.body = body;
  if (ctx.fresh) ctx.status = 304;
}

export async function showLogo({ database, settings }: BrandSite, ctx: Context): Promise<void> {
  const { logo } = settings.current();
  const body = logo && (await findBody(database, 'logo'));
  if (logo && body) send(ctx, logo.type, body);
}

const usual = readFileSync(new URL('assets/guestlist.css', viewsDir));

/** The whole stylesheet, so that a page in other colours asks for no more than one in ours. */
export async function showBrandStyle({ settings }: BrandSite, ctx: Context): Promise<void> {
  const stylesheet = brandStylesheet(settings.current());
  if (stylesheet !== undefined) send(ctx, 'text/css', Buffer.concat([usual, Buffer.from(stylesheet)]));
}
