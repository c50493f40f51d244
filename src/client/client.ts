/**
 * Relying apps. Owns what a client is: how it proves who it is, whom it lets in, what it hears. Neighbours: `metadata.ts`
 * (as the provider reads it), `secret.ts`, `manage.ts` (registering and changing), `registration.ts` (registering itself),
 * `store.ts`, `claim-mapping.ts` (what it hears of groups), `presets.ts` (known apps).
 */
import { groupClaims } from '../group/claims.ts';
import type { ClaimMapping } from './mapping-schema.ts';

/** RFC 7591 §2, `token_endpoint_auth_method`. */
export const authMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const;
export type AuthMethod = (typeof authMethods)[number];

export type Client = {
  /** `client_id` */
  readonly id: string;
  readonly name: string;
  /** `none`: a public client (RFC 6749 §2.1). */
  readonly authMethod: AuthMethod;
  /** A JWK Set of public keys (RFC 7517 §5), or where one lives: for `private_key_jwt`, exactly one of the two. */
  readonly jwks: { readonly keys: readonly object[] } | undefined;
  readonly jwksUri: string | undefined;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly initiateLoginUri: string | undefined;
  readonly backchannelLogoutUri: string | undefined;
  /** The app's own front page. */
  readonly startUrl: string | undefined;
  /** Resource indicators it may name, besides addresses of its own (RFC 8707). */
  readonly resources: readonly string[];
  readonly scope: string;
  readonly grantTypes: readonly GrantType[];
  /** Of what it gets: ID tokens, logout tokens, and access tokens that are JWTs. */
  readonly signingAlg: SigningAlgorithm;
  /** Of the same house as the server: its users are not asked for consent. */
  readonly firstParty: boolean;
  /** Slug of the group that one must be in to get there at all. */
  readonly requiredGroup: string | undefined;
  /** Why it need not use PKCE (RFC 7636). Undefined: it must. */
  readonly withoutPkce: string | undefined;
  /** Its people have a `sub` that no other app sees (OIDC Core §8.1). */
  readonly pairwise: boolean;
  readonly lifetimes: Lifetimes;
  /** Undefined: groups, roles and entitlements, each by the scope of its name. */
  readonly mappings: readonly ClaimMapping[] | undefined;
  /** Slugs of the groups that are its business, for mappings that tell those alone. */
  readonly attachedGroups: readonly string[];
  /** What it was made from; undefined: by hand. */
  readonly preset: string | undefined;
  /** Id of the token that it registered itself with, see `registered.ts`; undefined: by the operator. */
  readonly registeredBy: string | undefined;
  readonly createdAt: Date;
};

/** `client_credentials`: for itself, at APIs alone (RFC 6749 §4.4). */
export const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials'] as const;
export type GrantType = (typeof grantTypes)[number];

/** In seconds; undefined: as for everybody. */
export type Lifetimes = {
  readonly idTokenSeconds: number | undefined;
  readonly accessTokenSeconds: number | undefined;
  readonly refreshTokenSeconds: number | undefined;
};

const usualLifetimes: Lifetimes = { idTokenSeconds: undefined, accessTokenSeconds: undefined, refreshTokenSeconds: undefined };

/** RS256 first: it is the one that every app understands (OIDC Core §15.1). */
export const signingAlgorithms = ['RS256', 'ES256', 'PS256', 'EdDSA'] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** Scopes that release claims or a refresh token; they say nothing about what may be done at a resource. */
export const userScopes: readonly string[] = ['openid', 'offline_access', 'profile', 'email', ...groupClaims];

export const clientIdPattern = /^[\x21\x23-\x5B\x5D-\x7E]{1,100}$/;
export const defaultScope = 'openid profile email groups roles entitlements offline_access';

/** Whatever is not said of a new one. */
export const plainClient: Omit<Client, 'id' | 'name' | 'redirectUris' | 'createdAt'> = {
  authMethod: 'client_secret_basic',
  jwks: undefined,
  jwksUri: undefined,
  postLogoutRedirectUris: [],
  initiateLoginUri: undefined,
  backchannelLogoutUri: undefined,
  startUrl: undefined,
  resources: [],
  scope: defaultScope,
  grantTypes: ['authorization_code', 'refresh_token'],
  signingAlg: 'RS256',
  firstParty: false,
  requiredGroup: undefined,
  withoutPkce: undefined,
  pairwise: false,
  lifetimes: usualLifetimes,
  mappings: undefined,
  attachedGroups: [],
  preset: undefined,
  registeredBy: undefined,
};

/** What it authenticates with is a secret that we made. */
export function hasSecret({ authMethod }: Pick<Client, 'authMethod'>): boolean {
  return authMethod === 'client_secret_basic' || authMethod === 'client_secret_post';
}

/**
 * A client may name what it was registered for, and what lives at one of its own addresses. One that registered itself
 * may not: an address is its own because it says so, and a token for somebody's API would be a key to it.
 */
export function mayNameResource(
  { resources, redirectUris, registeredBy }: Pick<Client, 'resources' | 'redirectUris' | 'registeredBy'>,
  resource: string,
): boolean {
  if (registeredBy !== undefined) return false;
  const origin = URL.parse(resource)?.origin;
  return (
    resources.includes(resource) ||
    (origin !== undefined && origin !== 'null' && redirectUris.some((uri) => URL.parse(uri)?.origin === origin))
  );
}
