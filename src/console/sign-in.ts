/**
 * The way into the console: an app of this provider, which asks for a code and exchanges it as anybody's app would (OIDC
 * Core §3.1, RFC 7636). What the ID token says decides whether there is a session; what somebody may do is asked again with
 * each request.
 *
 * The session's cookie is SameSite=Strict: a browser leaves it out where another site sent it here, for every redirect
 * that follows. So what the callback needs is in a Lax cookie, and each way in ends on a page of ours that goes on by itself.
 */
import type { Context } from 'koa';
import * as client from 'openid-client';
import { z } from 'zod';
import { findAccountById } from '../account/store.ts';
import { consoleCallbackPath, consoleClientId, consoleScope } from '../client/console-client.ts';
import { adminRight } from '../group/policy.ts';
import { ownPath, ownUrl } from '../invitation/host.ts';
import { leadTo } from '../lib/answer.ts';
import { addSeconds } from '../lib/clock.ts';
import { readHostCookie, writeHostCookie } from '../lib/cookie.ts';
import { SealBroken } from '../lib/seal.ts';
import { beginSession } from './session.ts';
import type { ConsoleSite } from './site.ts';
import { wayBack } from './way-back.ts';

export type SignInWish = {
  /** A path of the console, see `wayBack`. */
  readonly returnTo: string;
  /** They are signed in, but not lately enough for what they are about to do. */
  readonly again?: { readonly minutes: number; readonly email: string } | undefined;
};

const attemptSeconds = 60 * 60;
/** Of one browser, in several tabs; the cookies of more would not fit into a request. */
const mostAttempts = 5;

const attemptSchema = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
  maxAge: z.number().optional(),
});

type Attempt = z.output<typeof attemptSchema>;

/** Of this server itself, and anew each time: keys come and go. */
async function discover({ issuer, ownFetch }: ConsoleSite): Promise<client.Configuration> {
  const execute = issuer.startsWith('http:')
    ? [client.enableNonRepudiationChecks, client.allowInsecureRequests]
    : [client.enableNonRepudiationChecks];
  return client.discovery(new URL(issuer), consoleClientId, {}, client.None(), { execute, [client.customFetch]: ownFetch });
}

export async function beginSignIn(site: ConsoleSite, ctx: Context, { returnTo, again }: SignInWish): Promise<void> {
  const config = await discover(site);
  const [state, nonce, verifier] = [16, 16, 32].map((size) => site.random(size).toString('base64url')) as [string, string, string];
  const maxAge = again && again.minutes * 60;
  keepAttempt(site, ctx, { state, nonce, verifier, returnTo: wayBack(returnTo), ...(maxAge === undefined ? {} : { maxAge }) });
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: ownUrl(site.issuer, consoleCallbackPath),
    scope: consoleScope,
    state,
    nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    claims: JSON.stringify({ id_token: { sid: null } }),
    ...(again ? { prompt: 'login', max_age: String(maxAge), login_hint: again.email } : {}),
  });
  leadTo(ctx, url.href);
}

const attemptName = (state: string) => `console_at_${state.slice(0, 8)}`;

function keepAttempt({ issuer, seal }: ConsoleSite, ctx: Context, attempt: Attempt): void {
  const others = [...ctx.get('Cookie').matchAll(/guestlist_(console_at_[\w-]{8})=/g)].map(([, name = '']) => name);
  if (others.length >= mostAttempts) for (const name of others) writeHostCookie(issuer, ctx, { name, value: null, lifetimeSeconds: 0 });
  const name = attemptName(attempt.state);
  const value = seal.seal(JSON.stringify(attempt), name).toString('base64url');
  writeHostCookie(issuer, ctx, { name, value, lifetimeSeconds: attemptSeconds });
}

/** Undefined: it was not begun in this browser, or too long ago. */
function takeAttempt({ issuer, seal }: ConsoleSite, ctx: Context): Attempt | undefined {
  const { state } = ctx.query;
  if (typeof state !== 'string' || !/^[\w-]{22}$/.test(state)) return undefined;
  const name = attemptName(state);
  const value = readHostCookie(issuer, ctx, name);
  if (value === undefined) return undefined;
  writeHostCookie(issuer, ctx, { name, value: null, lifetimeSeconds: 0 });
  try {
    const attempt = attemptSchema.parse(JSON.parse(seal.open(Buffer.from(value, 'base64url'), name).toString()));
    return attempt.state === state ? attempt : undefined;
  } catch (error) {
    if (error instanceof SealBroken) return undefined;
    throw error;
  }
}

/** `/admin/callback` */
export async function finishSignIn(site: ConsoleSite, ctx: Context): Promise<void> {
  const attempt = takeAttempt(site, ctx);
  const claims = attempt && (await exchange(site, ctx, attempt));
  const session = claims && (await site.provider.Session.get(ctx));
  if (!attempt || !claims || session?.accountId !== claims.sub || session.sidFor(consoleClientId) !== claims.sid)
    return showStopped(site, ctx);
  if (!isForThem(claims)) return showNoReach(site, ctx, claims.sub);
  await beginSession(site, ctx, {
    accountId: claims.sub,
    sessionUid: session.uid,
    sid: claims.sid,
    // By the age that the provider tells: our clock may not be quite its own.
    authenticatedAt: addSeconds(site.clock(), claims.auth_time - claims.iat),
  });
  goOn(site, ctx, attempt.returnTo);
}

const claimsSchema = z.object({
  sub: z.string(),
  sid: z.string(),
  iat: z.number(),
  auth_time: z.number(),
  roles: z.array(z.string()).default([]),
  entitlements: z.array(z.string()).default([]),
  groups_overage: z.boolean().default(false),
});

type Claims = z.output<typeof claimsSchema>;

/** Undefined: they gave up, or this code was exchanged before. What else goes wrong is ours. */
async function exchange(site: ConsoleSite, ctx: Context, attempt: Attempt): Promise<Claims | undefined> {
  const address = new URL(ownUrl(site.issuer, consoleCallbackPath));
  address.search = ctx.search;
  try {
    const tokens = await client.authorizationCodeGrant(await discover(site), address, {
      expectedState: attempt.state,
      expectedNonce: attempt.nonce,
      pkceCodeVerifier: attempt.verifier,
      idTokenExpected: true,
      ...(attempt.maxAge === undefined ? {} : { maxAge: attempt.maxAge }),
    });
    return claimsSchema.parse(tokens.claims());
  } catch (error) {
    if (error instanceof client.AuthorizationResponseError) return undefined;
    if (error instanceof client.ResponseBodyError && error.error === 'invalid_grant') return undefined;
    throw error;
  }
}

/** With more roles than a token holds, it is left to the database. */
function isForThem({ entitlements, roles, groups_overage: isCut }: Claims): boolean {
  return isCut || entitlements.includes(adminRight) || roles.some((role) => role.endsWith(':manager'));
}

/** The next request is one that this page makes: the browser sends every cookie with it. */
export function goOn({ issuer, show }: ConsoleSite, ctx: Context, returnTo: string): void {
  show(ctx, { page: 'console/go-on', data: { href: ownPath(issuer, returnTo as `/${string}`) } });
}

function showStopped({ issuer, show }: ConsoleSite, ctx: Context): void {
  show(ctx, { page: 'console/stopped', data: { againHref: ownPath(issuer, '/admin') }, status: 400 });
}

/** Signed in, and nothing here is for them. */
export async function showNoReach(site: ConsoleSite, ctx: Context, accountId: string): Promise<void> {
  const account = await findAccountById(site.database, accountId);
  if (!account) return showStopped(site, ctx);
  const { name, email } = account;
  const hrefs = { portalHref: ownPath(site.issuer, '/me'), signOutHref: site.provider.pathFor('end_session') };
  site.show(ctx, { page: 'console/no-reach', data: { account: { name, email }, ...hrefs }, status: 403 });
}
