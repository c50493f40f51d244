/**
 * Who calls, and for whom: a JWT access token of ours (RFC 9068), for our own API. Checked here, by our own keys, without
 * asking the provider: it is good for ten minutes at most. The account and the app are asked for each time.
 */
import { createLocalJWKSet, errors as joseErrors, type JWK, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Account } from '../account/account.ts';
import { findAccountById } from '../account/store.ts';
import { type Client, signingAlgorithms } from '../client/client.ts';
import { invitationsScope } from '../client/own-scopes.ts';
import { findClient } from '../client/store.ts';
import { Failure } from '../errors.ts';
import { isInside } from '../group/membership-facts.ts';
import { ownUrl } from '../invitation/host.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';

export type Caller = { readonly accountId: string; readonly client: Client; readonly scopes: ReadonlySet<string> };

/** What a good token says: the app, whom it acts for, and what both were let do. */
export type Bearer = {
  readonly client: Client;
  /** Undefined: the app acts for itself (RFC 6749 §4.4). */
  readonly account: Account | undefined;
  /** Of the token; what the app has lost since is not among them. */
  readonly scopes: ReadonlySet<string>;
};

export type TokenSite = {
  readonly database: Database;
  readonly clock: Clock;
  readonly issuer: string;
  /** Of the server, private or not. */
  readonly keys: readonly JWK[];
};

const claimsSchema = z.object({
  sub: z.string().min(1),
  client_id: z.string().min(1),
  scope: z.string().default(''),
  // A token that is bound to a key (RFC 9449) is nobody else's, and proofs are not read here.
  cnf: z.undefined().optional(),
});

/** Throws `access_token_required`, `access_token_invalid`. */
export function createBearerOf(site: TokenSite): (authorization: string | undefined) => Promise<Bearer> {
  const keys = createLocalJWKSet({ keys: site.keys.map(publicPart) });
  return async (authorization) => {
    const token = tokenIn(authorization);
    const { sub, client_id: clientId, scope } = await claimsOf(site, token, keys);
    const isForItself = sub === clientId;
    const [account, client] = await Promise.all([
      isForItself ? undefined : findAccountById(site.database, sub),
      findClient(site.database, clientId),
    ]);
    if (!client || (isForItself ? !client.grantTypes.includes('client_credentials') : !account || account.disabledAt))
      throw new Failure('access_token_invalid');
    if (account && !(await isLetIn(site, client, account))) throw new Failure('access_token_invalid');
    const allowed = client.scope.split(' ');
    return { account, client, scopes: new Set(scope.split(' ').filter((name) => allowed.includes(name))) };
  };
}

/** As the provider has it for refreshing and UserInfo: whoever has lost the group that the app is for is nobody there. */
async function isLetIn({ database, clock }: TokenSite, { requiredGroup: slug }: Client, { id: accountId }: Account): Promise<boolean> {
  return slug === undefined || isInside(database, { accountId, slug, now: clock() });
}

/** For members alone. Throws `access_token_required`, `access_token_invalid`, `insufficient_scope`. */
export function createCallerOf(site: TokenSite): (authorization: string | undefined) => Promise<Caller> {
  const bearerOf = createBearerOf(site);
  return async (authorization) => {
    const { account, client, scopes } = await bearerOf(authorization);
    if (!account || !scopes.has(invitationsScope)) throw new Failure('insufficient_scope');
    return { accountId: account.id, client, scopes };
  };
}

/** RFC 6750 §2.1; in no other place. */
function tokenIn(authorization: string | undefined): string {
  if (authorization === undefined) throw new Failure('access_token_required');
  const token = /^bearer +([\w.-]+)$/i.exec(authorization)?.[1];
  if (token === undefined) throw new Failure('access_token_invalid');
  return token;
}

async function claimsOf({ issuer, clock }: TokenSite, token: string, keys: ReturnType<typeof createLocalJWKSet>) {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: ownUrl(issuer, '/api'),
      typ: 'at+jwt',
      algorithms: [...signingAlgorithms],
      currentDate: clock(),
      requiredClaims: ['exp', 'sub', 'client_id'],
    });
    return claimsSchema.parse(payload);
  } catch (error) {
    if (error instanceof joseErrors.JOSEError || error instanceof z.ZodError) throw new Failure('access_token_invalid');
    throw error;
  }
}

function publicPart({ kty, kid, alg, use, n, e, crv, x, y }: JWK): JWK {
  return JSON.parse(JSON.stringify({ kty, kid, alg, use, n, e, crv, x, y }));
}
