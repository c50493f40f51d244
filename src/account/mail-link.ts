/**
 * Links that we mail for an account. Opening one changes nothing, so that scanners may: it puts the token into a cookie
 * and leads to a page whose address holds no secret; only that page's form acts.
 */
import type { Context } from 'koa';
import { ownPath, ownUrl } from '../invitation/host.ts';
import { leadTo } from '../lib/answer.ts';
import { readHostCookie, writeHostCookie } from '../lib/cookie.ts';
import { sha256 } from '../lib/digest.ts';
import type { Random } from '../lib/random.ts';
import type { Purpose } from './recovery-store.ts';

/** 256 bits, base64url. */
export function mintToken(random: Random): string {
  return random(32).toString('base64url');
}

/** What is kept of a token. Without one it is nobody's. */
export function tokenDigest(token: string | undefined): Buffer {
  return sha256(token ?? '');
}

export const linkHours = 1;

const paths = { password_reset: '/account/reset', email_change: '/account/confirm' } as const satisfies Record<Purpose, string>;

/** For the mail alone. */
export function mailedUrl(issuer: string, purpose: Purpose, token: string): string {
  return ownUrl(issuer, `${paths[purpose]}/${token}`);
}

/** What cannot be a token leaves nothing behind, not even of an earlier link. */
export function openMailedLink(issuer: string, purpose: Purpose, ctx: Context): void {
  const token = String(ctx['params']['token']);
  writeCookie(issuer, ctx, { purpose, token: /^[A-Za-z0-9_-]{43}$/.test(token) ? token : null });
  leadTo(ctx, ownPath(issuer, paths[purpose]));
}

export function openedToken(issuer: string, purpose: Purpose, ctx: Context): string | undefined {
  return readHostCookie(issuer, ctx, purpose);
}

export function forgetToken(issuer: string, purpose: Purpose, ctx: Context): void {
  writeCookie(issuer, ctx, { purpose, token: null });
}

function writeCookie(issuer: string, ctx: Context, cookie: { readonly purpose: Purpose; readonly token: string | null }): void {
  writeHostCookie(issuer, ctx, { name: cookie.purpose, value: cookie.token, lifetimeSeconds: linkHours * 60 * 60 });
}
