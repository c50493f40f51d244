/** `/brand/…`: the logo and the colours that admins have chosen, as files of our own. */
import type { Context } from 'koa';
import type { Database } from '../lib/db.ts';
import { brandStylesheet, type LiveSettings } from '../setting/live.ts';
import { findBody } from '../setting/store.ts';

export type BrandSite = { readonly database: Database; readonly settings: LiveSettings };

/** What is asked for by its digest stays what it is. */
function setHeaders(ctx: Context, type: string): void {
  ctx.set({
    'Cache-Control': ctx.query['v'] === undefined ? 'public, max-age=60' : 'public, max-age=31536000, immutable',
    // Opened by itself, an SVG is a document: it runs nothing and loads nothing.
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    'Cross-Origin-Resource-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Robots-Tag': 'noindex, nofollow',
  });
  ctx.type = type;
}

export async function showLogo({ database, settings }: BrandSite, ctx: Context): Promise<void> {
  const { logo } = settings.current();
  const body = logo && (await findBody(database, 'logo'));
  if (!logo || !body) return;
  setHeaders(ctx, logo.type);
  ctx.body = body;
}

export async function showBrandStyle({ settings }: BrandSite, ctx: Context): Promise<void> {
  const stylesheet = brandStylesheet(settings.current());
  if (stylesheet === undefined) return;
  setHeaders(ctx, 'text/css');
  ctx.body = stylesheet;
}
