/** Cookies of ours for the whole host. `__Host-` on https, so that no neighbouring host can plant one. */
import type { Context } from 'koa';

type CookieContext = Pick<Context, 'cookies'>;

function hostCookieName(issuer: string, name: string): string {
  return `${issuer.startsWith('https:') ? '__Host-' : ''}guestlist_${name}`;
}

export function readHostCookie(issuer: string, ctx: CookieContext, name: string): string | undefined {
  return ctx.cookies.get(hostCookieName(issuer, name), { signed: false });
}

/** Null takes it away. */
export type HostCookie = {
  readonly name: string;
  readonly value: string | null;
  readonly lifetimeSeconds: number;
  /** `strict`: no link and no redirect from elsewhere brings it along. Default: `lax`. */
  readonly sameSite?: 'strict' | 'lax';
};

export function writeHostCookie(issuer: string, ctx: CookieContext, { name, value, lifetimeSeconds, sameSite = 'lax' }: HostCookie): void {
  const secure = issuer.startsWith('https:');
  // Behind a proxy that ends TLS the connection itself looks insecure; the issuer decides.
  ctx.cookies.secure = secure;
  ctx.cookies.set(hostCookieName(issuer, name), value, {
    signed: false,
    httpOnly: true,
    sameSite,
    path: '/',
    overwrite: true,
    secure,
    ...(value === null ? {} : { maxAge: lifetimeSeconds * 1000 }),
  });
}
