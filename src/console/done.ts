/** What the next page says of a deed. The address holds a code and a number, never words: those could be anybody's. */
import type { Context } from 'koa';
import { leadTo } from '../lib/answer.ts';
import { type ConsolePath, consoleHref } from './forms.ts';
import type { ConsoleSite } from './site.ts';

/** The words are `console.done.<code>`; they may have a `{count}`. */
const deeds = [
  'sent',
  'saved',
  'created',
  'revoked',
  'removed',
  'extended',
  'confirmed',
  'adopted',
  'takenBack',
  'approved',
  'rejected',
  'declined',
  'added',
  'signedOut',
  'disabled',
  'enabled',
  'deleted',
  'started',
  'cancelled',
  'resumed',
  'cardsForgotten',
] as const;

export type Deed = (typeof deeds)[number];

/** Leads on, with word of what was done. `path` may have a query. */
export function leadOn(
  { issuer }: Pick<ConsoleSite, 'issuer'>,
  ctx: Context,
  { to, done, count = 1 }: { readonly to: ConsolePath; readonly done: Deed; readonly count?: number },
): void {
  const href = consoleHref({ issuer }, to);
  leadTo(ctx, `${href}${href.includes('?') ? '&' : '?'}done=${done}${count === 1 ? '' : `&count=${count}`}`);
}

export function doneOf({ query }: Pick<Context, 'query'>): { readonly deed: Deed; readonly count: number } | undefined {
  const deed = deeds.find((known) => known === query['done']);
  const count = /^\d{1,6}$/.test(String(query['count'])) ? Number(query['count']) : 1;
  return deed && { deed, count };
}
