/**
 * Relying apps. Owns what we keep of a client and how the provider reads it (OIDC Registration §2, RFC 7591). Secrets
 * rest sealed; the provider compares them, so they can be opened. Neighbours: `store.ts`; `oidc/adapter.ts` asks.
 */
import type { ClientMetadata } from 'oidc-provider';
import { groupClaims } from '../group/claims.ts';
import type { Random } from '../lib/random.ts';
import type { Seal } from '../lib/seal.ts';

export type Client = {
  /** `client_id` */
  readonly id: string;
  readonly name: string;
  /** Undefined: a public client (RFC 6749 §2.1). */
  readonly secretSealed: Buffer | undefined;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly initiateLoginUri: string | undefined;
  readonly backchannelLogoutUri: string | undefined;
  /** Resource indicators it may name, besides addresses of its own (RFC 8707). */
  readonly resources: readonly string[];
  readonly scope: string;
  /** Of the same house as the server: its users are not asked for consent. */
  readonly firstParty: boolean;
  readonly createdAt: Date;
};

/** Scopes that release claims or a refresh token; they say nothing about what may be done at a resource. */
export const userScopes: readonly string[] = ['openid', 'offline_access', 'profile', 'email', ...groupClaims];

export const clientIdPattern = /^[\x21\x23-\x5B\x5D-\x7E]{1,100}$/;
export const defaultScope = 'openid profile email groups roles entitlements offline_access';

/** 256 bits; letters and digits only, since some apps forget to encode the rest for `client_secret_basic`. */
export function mintClientSecret(random: Random): string {
  return random(32).toString('hex');
}

export function sealClientSecret(seal: Seal, clientId: string, secret: string): Buffer {
  return seal.seal(secret, `client:${clientId}`);
}

export function openClientSecret(seal: Seal, { id, secretSealed }: Client): string | undefined {
  return secretSealed && seal.open(secretSealed, `client:${id}`).toString();
}

/**
 * `first_party`, `resources` and `resource_scopes` are ours: the provider's configuration lists them as extra metadata. It has no use for
 * `initiate_login_uri`, and would refuse one without TLS, such as a demo's.
 */
export function toMetadata(client: Client, secret: string | undefined): ClientMetadata {
  return {
    client_id: client.id,
    client_name: client.name,
    application_type: isNative(client) ? 'native' : 'web',
    token_endpoint_auth_method: secret === undefined ? 'none' : 'client_secret_basic',
    ...(secret === undefined ? {} : { client_secret: secret }),
    redirect_uris: [...client.redirectUris],
    post_logout_redirect_uris: [...client.postLogoutRedirectUris],
    ...(client.backchannelLogoutUri
      ? { backchannel_logout_uri: client.backchannelLogoutUri, backchannel_logout_session_required: true }
      : {}),
    scope: scopesOf(client, true),
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    first_party: client.firstParty,
    resources: [...client.resources],
    resource_scopes: scopesOf(client, false),
  };
}

/** The provider knows the scopes of people's data; those of a resource are for the resource to understand. */
function scopesOf({ scope }: Pick<Client, 'scope'>, ofUser: boolean): string {
  return scope
    .split(' ')
    .filter((name) => userScopes.includes(name) === ofUser)
    .join(' ');
}

/** Scopes that no resource of the client could understand. */
export function strayScopes(client: Pick<Client, 'scope' | 'resources'>): string {
  return client.resources.length > 0 ? '' : scopesOf(client, false);
}

/** RFC 8252: an app on a device, with a scheme of its own or a loopback address whose port is not known before. */
function isNative({ secretSealed, redirectUris }: Client): boolean {
  return (
    secretSealed === undefined && redirectUris.some((uri) => !/^https?:/.test(uri) || /^http:\/\/(127\.0\.0\.1|\[::1\])[:/]/.test(uri))
  );
}

/** A client may name what it was registered for, and what lives at one of its own addresses. */
export function mayNameResource({ resources, redirectUris }: Pick<Client, 'resources' | 'redirectUris'>, resource: string): boolean {
  const origin = URL.parse(resource)?.origin;
  return (
    resources.includes(resource) ||
    (origin !== undefined && origin !== 'null' && redirectUris.some((uri) => URL.parse(uri)?.origin === origin))
  );
}
