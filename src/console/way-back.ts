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

/** Where somebody is in a list, as its form hands it on: a query, of what it is narrowed by and which page of it. */
export function placeIn(query: Readonly<Record<string, string>>): string {
  return new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString();
}

/** As it came with a form or in an address. It says nothing of a deed, and what is too long is left out. */
export function placeGiven(typed: unknown): string {
  const place = new URLSearchParams(typeof typed === 'string' && typed.length <= longestPlace ? typed : '');
  for (const name of said) place.delete(name);
  return place.toString();
}

const longestPlace = 2_000;
const said = ['done', 'count', 'nothing'];

export function listAt(list: `/admin/${string}`, place: string): `/admin/${string}` {
  return place === '' ? list : `${list}?${place}`;
}

/** A button was pressed, and nothing was chosen: back to the page of the list that they were on. */
export function leadToNothing(site: Pick<ConsoleSite, 'issuer'>, ctx: Context, list: ConsolePath): void {
  leadTo(ctx, `${consoleHref(site, list)}${list.includes('?') ? '&' : '?'}nothing=yes`);
}

/** A page of a list that is empty by now: what there is, is at its start. What was done is told there. */
export function leadToStart(ctx: Context, startHref: string): void {
  const news = placeIn(Object.fromEntries(said.flatMap((name) => (typeof ctx.query[name] === 'string' ? [[name, ctx.query[name]]] : []))));
  leadTo(ctx, news === '' ? startHref : `${startHref}${startHref.includes('?') ? '&' : '?'}${news}`);
}
