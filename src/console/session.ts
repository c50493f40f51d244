/**
 * The console's own session: in a cookie that no other site can make a browser send, and no longer alive than the sign-in
 * at the provider that it came from. Owns when it is over; how it begins is the business of `sign-in.ts`.
 */
import type { Context } from 'koa';
import { consoleClientId } from '../client/console-client.ts';
import { addSeconds } from '../lib/clock.ts';
import { readHostCookie, writeHostCookie } from '../lib/cookie.ts';
import { sha256 } from '../lib/digest.ts';
import type { ConsoleSite } from './site.ts';
import * as store from './session-store.ts';

const cookieName = 'console';
const idleSeconds = 30 * 60;
const longestSeconds = 12 * 60 * 60;
/** Seen again within this time: not worth a write. */
const seenSeconds = 60;

export type ConsoleSession = {
  /** SHA-256 of what the cookie holds. */
  readonly digest: Buffer;
  readonly accountId: string;
  /** Of the provider's session. */
  readonly sessionUid: string;
  /** As the ID token named it. */
  readonly sid: string;
  /** When the person last proved who they are. */
  readonly authenticatedAt: Date;
  readonly createdAt: Date;
  readonly seenAt: Date;
  readonly endsAt: Date;
};

type Site = Pick<ConsoleSite, 'database' | 'clock' | 'random' | 'issuer' | 'provider'>;

export async function beginSession(
  site: Site,
  ctx: Context,
  whose: Pick<ConsoleSession, 'accountId' | 'sessionUid' | 'sid' | 'authenticatedAt'>,
): Promise<void> {
  const before = cookieOf(site, ctx);
  if (before !== undefined) await store.deleteSession(site.database, sha256(before));
  const handle = site.random(32).toString('base64url');
  const now = site.clock();
  const session = { ...whose, digest: sha256(handle), createdAt: now, seenAt: now, endsAt: addSeconds(now, longestSeconds) };
  await store.insertSession(site.database, session);
  writeCookie(site, ctx, handle);
}

export async function endSession(site: Site, ctx: Context, { digest }: ConsoleSession): Promise<void> {
  await store.deleteSession(site.database, digest);
  writeCookie(site, ctx, null);
}

/**
 * The session that a browser comes with; `isOver`: it was one until a while ago, and is good for nothing but to know whose
 * form this is. Undefined: none, or one whose sign-in at the provider has ended.
 */
export async function findSession(
  site: Site,
  ctx: Context,
): Promise<{ readonly session: ConsoleSession; readonly isOver: boolean } | undefined> {
  const handle = cookieOf(site, ctx);
  const session = handle === undefined ? undefined : await store.findSession(site.database, sha256(handle));
  if (!session) return undefined;
  const now = site.clock();
  if (session.endsAt <= now || addSeconds(session.seenAt, idleSeconds) <= now) return { session, isOver: true };
  if (!(await isSignedIn(site, session))) {
    await endSession(site, ctx, session);
    return undefined;
  }
  if (addSeconds(session.seenAt, seenSeconds) <= now) await store.noteSeen(site.database, { digest: session.digest, now });
  return { session, isOver: false };
}

/** Asked of the provider with each request: it may have ended the session by itself, or given it to somebody else. */
async function isSignedIn({ provider }: Site, { accountId, sessionUid, sid }: ConsoleSession): Promise<boolean> {
  const found = await provider.Session.findByUid(sessionUid);
  return found?.accountId === accountId && found.sidFor(consoleClientId) === sid;
}

export function hasCookie(site: Pick<Site, 'issuer'>, ctx: Context): boolean {
  return cookieOf(site, ctx) !== undefined;
}

function cookieOf({ issuer }: Pick<Site, 'issuer'>, ctx: Context): string | undefined {
  const handle = readHostCookie(issuer, ctx, cookieName);
  return handle !== undefined && /^[\w-]{43}$/.test(handle) ? handle : undefined;
}

function writeCookie({ issuer }: Site, ctx: Context, value: string | null): void {
  writeHostCookie(issuer, ctx, { name: cookieName, value, lifetimeSeconds: longestSeconds, sameSite: 'strict' });
}
