/**
 * The provider as we run it: authorization code with PKCE and nothing older, by the advice of RFC 9700. Owns the
 * settings of oidc-provider; invitations are added to them by the plugin, like in anybody's provider. Neighbours:
 * `adapter.ts` (artefacts in PostgreSQL), `keys.ts`, `logout.ts`.
 */
import { type AdapterFactory, type Client, type Configuration, errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { acrValues } from '../account/account.ts';
import { ownPagesClient } from '../account/sessions.ts';
import { mayNameResource } from '../client/client.ts';
import { standardGrant } from '../invitation/configuration.ts';
import type { ServerKeys } from './keys.ts';

const { Check, Prompt } = interactionPolicy;

export type ProviderSettings = {
  readonly issuer: string;
  readonly keys: ServerKeys;
  readonly adapter: AdapterFactory;
  readonly findAccount: NonNullable<Configuration['findAccount']>;
  readonly renderError: NonNullable<Configuration['renderError']>;
  readonly rpInitiatedLogout: NonNullable<NonNullable<Configuration['features']>['rpInitiatedLogout']>;
  readonly fetch: NonNullable<Configuration['fetch']>;
};

/** What we keep of a client besides the registered metadata; see `client/client.ts`. */
export const extraClientMetadata = { properties: ['first_party', 'resources', 'resource_scopes'] };

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

export function providerConfiguration(settings: ProviderSettings): Configuration {
  const { issuer, keys, adapter, findAccount, renderError, rpInitiatedLogout, fetch } = settings;
  return {
    adapter,
    findAccount,
    renderError,
    fetch,
    clients: [ownPagesClient(issuer)],
    jwks: keys.jwks,
    cookies: cookies(issuer, keys.cookieKeys),
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    scopes: ['openid', 'offline_access'],
    responseTypes: ['code'],
    acrValues: [...acrValues],
    pkce: { required: () => true },
    discovery: { prompt_values_supported: ['none', 'login', 'consent', 'create'] },
    interactions: { policy: policyWithCreate() },
    extraClientMetadata,
    clientBasedCORS: isOriginOfClient,
    clientDefaults: {
      id_token_signed_response_alg: 'RS256',
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'],
    },
    // What a client can be registered with; others would be promised to all of them.
    clientAuthMethods: ['client_secret_basic', 'none'],
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256'] },
    issueRefreshToken: async (_ctx, client, source) =>
      client.grantTypeAllowed('refresh_token') && (isFirstParty(client) || source.scopes.has('offline_access')),
    rotateRefreshToken: true,
    loadExistingGrant: grantOf,
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      claimsParameter: { enabled: true },
      dPoP: { enabled: true, nonceSecret: keys.dpopSecret, requireNonce: () => false },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => client.clientAuthMethod !== 'none' || token.clientId === client.clientId,
      },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo: resourceServer, useGrantedResource: () => true },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout,
    },
    ttl: {
      AccessToken: 10 * minute,
      AuthorizationCode: minute,
      ClientCredentials: 10 * minute,
      Grant: longestSignIn,
      IdToken: hour,
      Interaction: hour,
      RefreshToken: (_ctx, token) => Math.max(1, Math.min(30 * day, longestSignIn - token.totalLifetime())),
      Session: 14 * day,
    },
  };
}

/** However often a refresh token is rotated, after this time the person signs in again. */
export const longestSignIn = 180 * day;

/** `__Host-` keeps neighbouring hosts out; the path-scoped cookies of interactions can only have `__Secure-`. */
function cookies(issuer: string, keys: string[]): NonNullable<Configuration['cookies']> {
  const secure = issuer.startsWith('https:');
  const common = { signed: true, httpOnly: true, overwrite: true, sameSite: 'lax', secure } as const;
  const name = (prefix: string, word: string) => `${secure ? prefix : ''}guestlist_${word}`;
  return {
    keys,
    long: { ...common, path: '/' },
    short: common,
    names: { session: name('__Host-', 'session'), interaction: name('__Secure-', 'interaction'), resume: name('__Secure-', 'resume') },
  };
}

/**
 * Initiating User Registration via OpenID Connect 1.0: `create` first, a newcomer is not asked to sign in before. And a
 * session whose account is paused or gone counts as none.
 */
function policyWithCreate() {
  const policy = interactionPolicy.base();
  policy.add(new Prompt({ name: 'create', requestable: true }), 0);
  const isGone = ({ oidc }: KoaContextWithOIDC) => oidc.session?.accountId !== undefined && oidc.entities.Account === undefined;
  policy.get('login')?.checks.add(new Check('account_gone', 'the account of this session cannot be used', 'login_required', isGone));
  return policy;
}

function isFirstParty(client: Client): boolean {
  return client['first_party'] === true;
}

/** A single-page app calls from the origin that it is redirected to. */
function isOriginOfClient(_ctx: KoaContextWithOIDC, origin: string, client: Client): boolean {
  return origin !== 'null' && (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin);
}

/** Tokens for a named resource are JWTs (RFC 9068), and a client may not name just anything. */
function resourceServer(_ctx: KoaContextWithOIDC, resource: string, client: Client) {
  const resources = (client['resources'] ?? []) as readonly string[];
  if (!mayNameResource({ resources, redirectUris: client.redirectUris ?? [] }, resource)) throw new errors.InvalidTarget();
  return {
    audience: resource,
    scope: String(client['resource_scopes'] ?? ''),
    accessTokenFormat: 'jwt',
    accessTokenTTL: 10 * minute,
    jwt: { sign: { alg: 'RS256' } },
  } as const;
}

/** A first-party client has what it asks for; anybody else has what the person allowed. */
async function grantOf(ctx: KoaContextWithOIDC) {
  const { oidc } = ctx;
  const { client, session, provider } = oidc;
  if (!client || !session?.accountId) return undefined;
  const known = await standardGrant(ctx);
  if (!isFirstParty(client)) return known;
  const grant = known ?? new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  const before = JSON.stringify(grant);
  grant.addOIDCScope([...oidc.requestParamOIDCScopes].join(' '));
  grant.addOIDCClaims([...oidc.requestParamClaims]);
  for (const resource of Object.keys(oidc.resourceServers ?? {})) grant.addResourceScope(resource, [...oidc.requestParamScopes].join(' '));
  if (!known || JSON.stringify(grant) !== before) await grant.save();
  return grant;
}
