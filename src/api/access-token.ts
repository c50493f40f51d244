/**
 * Who calls, and for whom: a JWT access token of ours (RFC 9068), for our own API. Checked here, by our own keys, without
 * asking the provider: it is good for ten minutes at most. The account and the app are asked for each time.
 */
import { createLocalJWKSet, errors as joseErrors, type JWK, jwtVerify } from 'jose';
import { z } from 'zod';
import { findAccountById } from '../account/store.ts';
import { type Client, invitationsScope, signingAlgorithms } from '../client/client.ts';
import { findClient } from '../client/store.ts';
import { Failure } from '../errors.ts';
import { ownUrl } from '../invitation/host.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';

export type Caller = { readonly accountId: string; readonly client: Client };

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

/** Throws `access_token_required`, `access_token_invalid`, `insufficient_scope`. */
export function createCallerOf(site: TokenSite): (authorization: string | undefined) => Promise<Caller> {
  const keys = createLocalJWKSet({ keys: site.keys.map(publicPart) });
  return async (authorization) => {
    const token = tokenIn(authorization);
    const { sub, client_id: clientId, scope } = await claimsOf(site, token, keys);
    if (!scope.split(' ').includes(invitationsScope)) throw new Failure('insufficient_scope');
    const [account, client] = await Promise.all([findAccountById(site.database, sub), findClient(site.database, clientId)]);
    if (!account || account.disabledAt || !client) throw new Failure('access_token_invalid');
    if (!client.scope.split(' ').includes(invitationsScope)) throw new Failure('insufficient_scope');
    return { accountId: account.id, client };
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
