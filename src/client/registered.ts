/**
 * Apps that registered themselves (RFC 7591, OIDC Dynamic Registration): what such an app may say of itself, and how that
 * becomes a `Client` and an answer again. Owns the rules, knows no database: `registration.ts` keeps what passes.
 *
 * Whatever would change what the server does, and is not kept, is refused: the app must not believe that it holds. What is
 * only shown, or what nobody has heard of, is ignored (RFC 7591 §2); the answer says what was registered.
 */
import type { ClientMetadata } from 'oidc-provider';
import { type AuthMethod, type Client, defaultScope, type GrantType, hasSecret, plainClient, type SigningAlgorithm } from './client.ts';
import { extraMetadata, toMetadata } from './metadata.ts';

/** Of the registries of RFC 7591 and OIDC Registration: nothing here keeps them. */
const notKept: ReadonlySet<string> = new Set([
  ...extraMetadata,
  'authorization_details_types',
  'authorization_encrypted_response_alg',
  'authorization_encrypted_response_enc',
  'authorization_signed_response_alg',
  'backchannel_authentication_request_signing_alg',
  'backchannel_client_notification_endpoint',
  'backchannel_token_delivery_mode',
  'client_registration_types',
  'default_acr_values',
  'default_max_age',
  'frontchannel_logout_uri',
  'id_token_encrypted_response_alg',
  'id_token_encrypted_response_enc',
  'introspection_encrypted_response_alg',
  'introspection_encrypted_response_enc',
  'introspection_signed_response_alg',
  'request_object_encryption_alg',
  'request_object_encryption_enc',
  'request_object_signing_alg',
  'request_uris',
  'response_modes',
  'sector_identifier_uri',
  'tls_client_auth_san_dns',
  'tls_client_auth_san_email',
  'tls_client_auth_san_ip',
  'tls_client_auth_san_uri',
  'tls_client_auth_subject_dn',
  'token_endpoint_auth_signing_alg',
  'userinfo_encrypted_response_alg',
  'userinfo_encrypted_response_enc',
  'userinfo_signed_response_alg',
]);

/** These say something only with another value than this one. */
const usual: Readonly<Record<string, unknown>> = {
  response_types: ['code'],
  require_auth_time: false,
  require_pushed_authorization_requests: false,
  require_signed_request_object: false,
  dpop_bound_access_tokens: false,
  tls_client_certificate_bound_access_tokens: false,
  use_mtls_endpoint_aliases: false,
  frontchannel_logout_session_required: false,
  backchannel_user_code_parameter: false,
};

/** What the app sent, before the provider has looked at it. The first complaint, by the name that was sent; undefined: none. */
export function complaintAboutNames(sent: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, value] of Object.entries(sent)) {
    if (notKept.has(name)) return `${name} cannot be registered here`;
    if (name in usual && JSON.stringify(value) !== JSON.stringify(usual[name])) return `${name} can only be ${JSON.stringify(usual[name])}`;
  }
  return undefined;
}

/**
 * Of metadata that the provider has accepted, with all its defaults. What `known` has and no app can say of itself stays:
 * the operator may have made it narrower since.
 */
export function toClient(metadata: ClientMetadata, known: Pick<Client, 'registeredBy' | 'createdAt'> | Client): Client {
  const { client_id: id, redirect_uris: redirectUris = [], post_logout_redirect_uris: postLogoutRedirectUris = [] } = metadata;
  return {
    ...plainClient,
    ...known,
    id,
    name: metadata.client_name ?? URL.parse(redirectUris[0] ?? '')?.hostname.slice(0, 100) ?? '',
    authMethod: metadata.token_endpoint_auth_method as AuthMethod,
    jwks: metadata.jwks as Client['jwks'],
    jwksUri: metadata.jwks_uri,
    redirectUris,
    postLogoutRedirectUris,
    initiateLoginUri: metadata.initiate_login_uri,
    backchannelLogoutUri: metadata.backchannel_logout_uri,
    startUrl: metadata.client_uri,
    scope: metadata.scope ?? defaultScope,
    grantTypes: metadata.grant_types as GrantType[],
    signingAlg: metadata.id_token_signed_response_alg as SigningAlgorithm,
    pairwise: metadata.subject_type === 'pairwise',
  };
}

/** Stricter than what the operator may say of an app. The first complaint, by the name that was sent; undefined: none. */
export function complaintAboutRegistered(client: Client): string | undefined {
  const { name, authMethod } = client;
  if (/\p{Cf}/u.test(name)) return 'client_name must not have invisible characters';
  for (const [label, uris] of Object.entries({
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
  })) {
    const complaint = uris.map((uri) => complaintAboutReturn(uri, authMethod)).find((found) => found !== undefined);
    if (complaint) return `${label} ${complaint}`;
  }
  const pages = {
    initiate_login_uri: client.initiateLoginUri,
    backchannel_logout_uri: client.backchannelLogoutUri,
    client_uri: client.startUrl,
    jwks_uri: client.jwksUri,
  };
  const [unsafe] = Object.entries(pages).find(([, uri]) => uri !== undefined && !isHttps(uri)) ?? [];
  return unsafe && `${unsafe} must start with https:// and name nobody`;
}

/**
 * On the web by TLS alone; on a device by a scheme of its own or a loopback address (RFC 8252 §7), and then without a
 * secret: everybody who has the app could read it.
 */
function complaintAboutReturn(uri: string, authMethod: AuthMethod): string | undefined {
  if (isHttps(uri)) return undefined;
  const isLoopback = /^http:\/\/(127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/.test(uri);
  const isOwnScheme = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/.test(uri);
  if (!isLoopback && !isOwnScheme)
    return 'must start with https://; of a device, with http://127.0.0.1 or http://[::1], or be a scheme that is a domain turned around';
  return authMethod === 'none' ? undefined : 'of a device need token_endpoint_auth_method none';
}

function isHttps(uri: string): boolean {
  const { protocol, username, password } = URL.parse(uri) ?? {};
  return protocol === 'https:' && !username && !password;
}

const sentNames: Readonly<Record<string, string>> = {
  name: 'client_name',
  authMethod: 'token_endpoint_auth_method',
  jwksUri: 'jwks_uri',
  redirectUris: 'redirect_uris',
  postLogoutRedirectUris: 'post_logout_redirect_uris',
  initiateLoginUri: 'initiate_login_uri',
  backchannelLogoutUri: 'backchannel_logout_uri',
  startUrl: 'client_uri',
  grantTypes: 'grant_types',
  signingAlg: 'id_token_signed_response_alg',
};

/** A complaint of ours, by the name that was sent. */
export function inSentNames(complaint: string): string {
  return complaint.replace(/\b[a-z]+[a-zA-Z]*\b/g, (word) => sentNames[word] ?? word);
}

/** What the app is told of its registration (RFC 7591 §3.2.1), but for its tokens. */
export function toRegistration(client: Client, secret: string | undefined): Readonly<Record<string, unknown>> {
  const told = Object.entries(toMetadata(client, hasSecret(client) ? secret : undefined)).filter(
    ([name]) => !(extraMetadata as readonly string[]).includes(name),
  );
  return {
    ...Object.fromEntries(told),
    ...(client.initiateLoginUri === undefined ? {} : { initiate_login_uri: client.initiateLoginUri }),
    client_id_issued_at: Math.floor(client.createdAt.getTime() / 1000),
    ...(hasSecret(client) ? { client_secret_expires_at: 0 } : {}),
  };
}
