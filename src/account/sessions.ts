/**
 * Who is signed in on this server's own pages, and how they come to be. Signing in is the provider's affair: our pages
 * are an app like any other, which gets a session for the person, and neither code nor token.
 */
import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import type { ClientMetadata } from 'oidc-provider';
import { ownUrl } from '../invitation/host.ts';
import type { Database, Transaction } from '../lib/db.ts';
import type { Account } from './account.ts';
import { findAccountById } from './store.ts';

export type AccountSessions = {
  /**
   * Ends all sessions of an account but perhaps one, with the consents and tokens under them, and sign-ins half done.
   * What is to be told to apps is told after the transaction.
   */
  end(
    trx: Transaction,
    which: { readonly accountId: string; readonly keptUid: string | undefined },
  ): Promise<{ tellApps(): Promise<void> }>;
  /** This browser's session goes on under a new id: a copy of the cookie is worth nothing any more (ASVS 5.0, 7.2.4). */
  renew(ctx: Context): Promise<void>;
};

export type SignedIn = { readonly account: Account; readonly sessionUid: string };

export async function signedIn(
  { provider, database }: { readonly provider: Provider; readonly database: Database },
  ctx: Context,
): Promise<SignedIn | undefined> {
  const { accountId, uid } = await provider.Session.get(ctx);
  const account = accountId === undefined ? undefined : await findAccountById(database, accountId);
  return account && !account.disabledAt ? { account, sessionUid: uid } : undefined;
}

export const ownPagesClientId = 'guestlist-account';
const returnPaths = ['/', '/account/security', '/account/confirm'] as const;
/** An app's redirect addresses are an exact list: to any page of the portal they come by way of this one, see `arrivedAt`. */
const arrivalPath = '/me/arrived';
export type ReturnPath = (typeof returnPaths)[number] | `/me${string}`;

/** Asks nobody for consent. */
export function ownPagesClient(issuer: string): ClientMetadata {
  return {
    client_id: ownPagesClientId,
    token_endpoint_auth_method: 'none',
    grant_types: [],
    response_types: ['none'],
    redirect_uris: [...returnPaths, arrivalPath].map((path) => ownUrl(issuer, path)),
    first_party: true,
  };
}

/** A path that leads by way of signing in to a page of ours. */
export function signInPath({ provider, issuer }: { readonly provider: Provider; readonly issuer: string }, returnTo: ReturnPath): string {
  const isListed = (returnPaths as readonly string[]).includes(returnTo);
  const query = new URLSearchParams({
    client_id: ownPagesClientId,
    response_type: 'none',
    scope: 'openid',
    redirect_uri: ownUrl(issuer, isListed ? returnTo : arrivalPath),
    ...(isListed ? {} : { state: returnTo }),
  });
  return `${provider.pathFor('authorization')}?${query}`;
}

/**
 * The page of the portal that they set out for, as they come back from signing in. It is told by `state`, which anybody
 * can make up: nothing but a path of the portal counts, and opening one does nothing.
 */
export function arrivedAt({ query }: Pick<Context, 'query'>): ReturnPath {
  const { error, state } = query;
  if (error !== undefined) return '/';
  return typeof state === 'string' && isPortalPath(state) ? state : '/me';
}

export function isPortalPath(path: string): path is `/me${string}` {
  return path.length <= 200 && /^\/me(?:\/[A-Za-z0-9][A-Za-z0-9._~-]*)*$/.test(path);
}
