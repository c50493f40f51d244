/** The chooser at the foot of every page: a cookie, and for somebody signed in a note to the host. */
import type { Context } from 'koa';
import { leadTo } from '../lib/answer.ts';
import { writeChoice } from '../lib/language.ts';
import { ownPath } from './host.ts';
import { pathOf, readSiteForm, type Site } from './site.ts';

export async function chooseLanguage(site: Site, ctx: Context): Promise<void> {
  const { host } = site;
  const { locale, back = '' } = await readSiteForm(site, ctx);
  const page = isOwnPage(host.issuer, back) ? back : undefined;
  if (locale !== undefined && host.renderer.texts.locales.includes(locale)) {
    writeChoice(ctx, { locale, page: page ?? '', secure: host.issuer.startsWith('https:') });
    await tellHost(site, ctx, locale);
  }
  leadTo(ctx, pathOf(site, page ?? '/invite'));
}

/** Everybody's pages have the chooser, and most people are not signed in. */
async function tellHost({ host, provider }: Site, ctx: Context, locale: string): Promise<void> {
  if (!host.saveLocale) return;
  const { accountId } = await provider.Session.get(ctx);
  if (accountId !== undefined) await host.saveLocale(accountId, locale, host.database);
}

/** A path below ours, as a page of ours has written it down: whatever a browser makes of it, it stays here. */
function isOwnPage(issuer: string, path: string): boolean {
  if (!/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,2000}$/.test(path)) return false;
  const { origin } = new URL(issuer);
  const url = URL.parse(ownPath(issuer, path), origin);
  return url?.origin === origin && url.pathname.startsWith(ownPath(issuer, '/')) && !url.pathname.startsWith('//');
}
