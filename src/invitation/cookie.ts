/** The cookie that holds a visit's handle. `__Host-` on https, so that no neighbouring host can plant one. */
import type { Context } from 'koa';
import { visitLifetimeSeconds } from './visit.ts';

type CookieContext = Pick<Context, 'cookies'>;

function visitCookieName(issuer: string): string {
  return issuer.startsWith('https:') ? '__Host-guestlist_visit' : 'guestlist_visit';
}

export function readVisitCookie(issuer: string, ctx: CookieContext): string | undefined {
  return ctx.cookies.get(visitCookieName(issuer), { signed: false });
}

export function writeVisitCookie(issuer: string, ctx: CookieContext, handle: string): void {
  // Behind a proxy that ends TLS the connection itself looks insecure; the issuer decides.
  ctx.cookies.secure = issuer.startsWith('https:');
  ctx.cookies.set(visitCookieName(issuer), handle, {
    signed: false,
    httpOnly: true,
    sameSite: 'lax',
    path: '/',
    overwrite: true,
    secure: issuer.startsWith('https:'),
    maxAge: visitLifetimeSeconds * 1000,
  });
}
