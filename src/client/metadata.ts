/** A client as the provider reads it (OIDC Registration §2, RFC 7591 §2), and what it could make no sense of. */
import type { ClientMetadata } from 'oidc-provider';
import { type Client, userScopes } from './client.ts';
import { isOwnScope } from './own-scopes.ts';

/** What we keep besides the registered metadata; the provider's configuration lists them as extra metadata. */
export const extraMetadata = [
  'first_party',
  'resources',
  'resource_scopes',
  'required_group',
  'without_pkce',
  'claim_mappings',
  'id_token_seconds',
  'access_token_seconds',
  'refresh_token_seconds',
  'registered_by',
] as const;

/**
 * `secret` is the newest of several, the others are compared by us. The provider has no use for `initiate_login_uri`,
 * and would refuse one without TLS, such as a demo's.
 */
export function toMetadata(client: Client, secret: string | undefined): ClientMetadata {
  const userScope = scopesOf(client, true);
  return {
    client_id: client.id,
    client_name: client.name,
    application_type: isNative(client) ? 'native' : 'web',
    token_endpoint_auth_method: client.authMethod,
    ...(secret === undefined ? {} : { client_secret: secret }),
    ...(client.jwks ? { jwks: client.jwks as NonNullable<ClientMetadata['jwks']> } : {}),
    ...(client.jwksUri === undefined ? {} : { jwks_uri: client.jwksUri }),
    redirect_uris: [...client.redirectUris],
    post_logout_redirect_uris: [...client.postLogoutRedirectUris],
    ...(client.backchannelLogoutUri
      ? { backchannel_logout_uri: client.backchannelLogoutUri, backchannel_logout_session_required: true }
      : {}),
    ...(client.startUrl === undefined ? {} : { client_uri: client.startUrl }),
    ...(userScope === '' ? {} : { scope: userScope }),
    grant_types: [...client.grantTypes],
    response_types: client.redirectUris.length > 0 ? ['code'] : [],
    subject_type: client.pairwise ? 'pairwise' : 'public',
    id_token_signed_response_alg: client.signingAlg,
    ...ownMetadata(client),
  };
}

function ownMetadata({ lifetimes, ...client }: Client): Readonly<Record<(typeof extraMetadata)[number], unknown>> {
  return {
    first_party: client.firstParty,
    resources: [...client.resources],
    resource_scopes: scopesOf(client, false),
    required_group: client.requiredGroup,
    without_pkce: client.withoutPkce !== undefined,
    claim_mappings: client.mappings,
    id_token_seconds: lifetimes.idTokenSeconds,
    access_token_seconds: lifetimes.accessTokenSeconds,
    refresh_token_seconds: lifetimes.refreshTokenSeconds,
    registered_by: client.registeredBy,
  };
}

/** The provider knows the scopes of people's data; those of a resource are for the resource to understand. */
function scopesOf({ scope }: Pick<Client, 'scope'>, ofUser: boolean): string {
  return scope
    .split(' ')
    .filter((name) => userScopes.includes(name) === ofUser)
    .join(' ');
}

/** Scopes that no resource of the client could understand; our own API is everybody's. */
export function strayScopes(client: Pick<Client, 'scope' | 'resources'>): string {
  if (client.resources.length > 0) return '';
  return scopesOf(client, false)
    .split(' ')
    .filter((name) => !isOwnScope(name))
    .join(' ');
}

/** RFC 8252: an app on a device, with a scheme of its own or a loopback address whose port is not known before. */
function isNative({ authMethod, redirectUris }: Client): boolean {
  return authMethod === 'none' && redirectUris.some((uri) => !/^https?:/.test(uri) || /^http:\/\/(127\.0\.0\.1|\[::1\])[:/]/.test(uri));
}
