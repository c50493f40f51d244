/** Pages of the console that somebody can come back to. */
import type { Context } from 'koa';
import { ownPath } from '../invitation/host.ts';
import { leadTo } from '../lib/answer.ts';
import { type ConsolePath, consoleHref } from './forms.ts';
import type { ConsoleSite } from './site.ts';

const longest = 1_000;

/** A path of the console, perhaps with a query; anything else is the dashboard. A query that is too long is left out. */
export function wayBack(address: string): string {
  const [path = '', query] = address.split('?', 2);
  if (path.length > longest || !/^\/admin(?:\/[A-Za-z0-9_%-][A-Za-z0-9._~%:@-]*)*$/.test(path)) return '/admin';
  const whole = query === undefined ? path : `${path}?${query}`;
  return whole.length <= longest && /^[\x21-\x7e]*$/.test(whole) && !/[#\\"'<>]/.test(whole) ? whole : path;
}

/** The page that the browser says the form was on. */
export function pageBefore({ issuer }: Pick<ConsoleSite, 'issuer'>, ctx: Context): string {
  const referrer = URL.parse(ctx.get('Referer'));
  const base = ownPath(issuer, '/').slice(0, -1);
  if (referrer?.origin !== new URL(issuer).origin || !referrer.pathname.startsWith(`${base}/`)) return '/admin';
  return wayBack(referrer.pathname.slice(base.length) + referrer.search);
}

/** A button was pressed, and nothing was chosen: back to the page of the list that they were on, where that can be known. */
export function leadToNothing(site: Pick<ConsoleSite, 'issuer'>, ctx: Context, list: ConsolePath): void {
  const [path, query = ''] = pageBefore(site, ctx).split('?', 2);
  const named = new URLSearchParams(path === list ? query : '');
  named.delete('done');
  named.delete('count');
  named.set('nothing', 'yes');
  leadTo(ctx, `${consoleHref(site, list)}?${named}`);
}
