/** `/brand/…`: the logo and the colours that admins have chosen, as files of our own. */
import type { Context } from 'koa';
import { type Asset, makeAsset, readAsset, sendAsset } from '../lib/assets.ts';
import type { Database } from '../lib/db.ts';
import { brandStylesheet, type LiveSettings } from '../setting/live.ts';
import { findBody } from '../setting/store.ts';

export type BrandSite = { readonly database: Database; readonly settings: LiveSettings };

/** Opened by itself, an SVG is a document: it runs nothing and loads nothing. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

export async function showLogo({ database, settings }: BrandSite, ctx: Context): Promise<void> {
  const { logo } = settings.current();
  const body = logo && (await findBody(database, 'logo'));
  if (!logo || !body) return;
  ctx.set('Content-Security-Policy', policy);
  sendAsset(ctx, makeAsset(logo.type === 'image/png' ? '.png' : '.svg', body));
}

/** One at a time, and hardly ever another. */
let made: { readonly colours: string; readonly asset: Asset } | undefined;

/** The whole stylesheet, so that a page in other colours asks for no more than one in ours. */
export async function showBrandStyle({ settings }: BrandSite, ctx: Context): Promise<void> {
  const colours = brandStylesheet(settings.current());
  if (colours === undefined) return;
  if (made?.colours !== colours)
    made = { colours, asset: makeAsset('.css', Buffer.concat([readAsset('guestlist.css'), Buffer.from(colours)])) };
  sendAsset(ctx, made.asset);
}
