/** The cookie that holds a visit's handle. */
import type { Context } from 'koa';
import { readHostCookie, writeHostCookie } from '../lib/cookie.ts';
import { visitLifetimeSeconds } from './visit.ts';

type CookieContext = Pick<Context, 'cookies'>;

export function readVisitCookie(issuer: string, ctx: CookieContext): string | undefined {
  return readHostCookie(issuer, ctx, 'visit');
}

export function writeVisitCookie(issuer: string, ctx: CookieContext, handle: string): void {
  writeHostCookie(issuer, ctx, { name: 'visit', value: handle, lifetimeSeconds: visitLifetimeSeconds });
}
