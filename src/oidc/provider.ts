/**
 * The provider as we run it: authorization code with PKCE and nothing older, by the advice of RFC 9700. Owns the
 * settings of oidc-provider; invitations are added to them by the plugin, like in anybody's provider. Neighbours:
 * `adapter.ts` (artefacts in PostgreSQL), `keys.ts`, `logout.ts`.
 */
import { createHmac } from 'node:crypto';
import { type AdapterFactory, type Client, type Configuration, errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { acrValues } from '../account/account.ts';
import { ownPagesClient } from '../account/sessions.ts';
import { authMethods, mayNameResource, type SigningAlgorithm, signingAlgorithms } from '../client/client.ts';
import { consoleClient } from '../client/console-client.ts';
import { extraMetadata } from '../client/metadata.ts';
import { isOwnScope } from '../client/own-scopes.ts';
import { ownUrl } from '../invitation/host.ts';
import { standardGrant } from '../invitation/configuration.ts';
import { accessPrompt, isOutside, withRequiredGroup } from './access.ts';
import { claimsAskedFor, type ClaimTools, createTokenClaims, withMappedClaims } from './claims.ts';
import type { ServerKeys } from './keys.ts';
import type { RegistrationFeatures } from './registration.ts';
import { day, hour, idTokenSeconds, longestSignIn, minute, sessionSeconds } from './lifetimes.ts';

const { Check, Prompt } = interactionPolicy;

export type ProviderSettings = {
  readonly issuer: string;
  readonly keys: ServerKeys;
  readonly adapter: AdapterFactory;
  readonly findAccount: NonNullable<Configuration['findAccount']>;
  readonly tools: ClaimTools;
  /** Of subjects that no two apps share. */
  readonly pairwiseKey: Buffer;
  readonly renderError: NonNullable<Configuration['renderError']>;
  readonly rpInitiatedLogout: NonNullable<NonNullable<Configuration['features']>['rpInitiatedLogout']>;
  readonly fetch: NonNullable<Configuration['fetch']>;
  /** Languages of the pages; undefined: there are no pages. */
  readonly locales?: readonly string[];
  /** See `registration.ts`. Undefined: apps are registered by the operator alone. */
  readonly registration?: RegistrationFeatures | undefined;
};

/** Where they are not oidc-provider's own: its `/me` is the members' portal here, see `portal/portal.ts`. */
export const providerRoutes = { userinfo: '/userinfo' };

/** See `client/metadata.ts`. */
export const extraClientMetadata = { properties: [...extraMetadata] };

export function providerConfiguration(settings: ProviderSettings): Configuration {
  const { issuer, keys, adapter, findAccount, tools, pairwiseKey, renderError, rpInitiatedLogout, fetch } = settings;
  return {
    adapter,
    findAccount: withMappedClaims(withRequiredGroup(findAccount, tools), tools),
    extraTokenClaims: createTokenClaims(tools),
    subjectTypes: ['public', 'pairwise'],
    pairwiseIdentifier: (_ctx, accountId, client) => pairwiseSubject(pairwiseKey, accountId, sectorOf(client)),
    renderError,
    fetch,
    routes: providerRoutes,
    clients: [ownPagesClient(issuer), consoleClient(issuer)],
    jwks: keys.jwks,
    cookies: cookies(issuer, keys.cookieKeys),
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    scopes: ['openid', 'offline_access'],
    responseTypes: ['code'],
    acrValues: [...acrValues],
    pkce: { required: (_ctx, client) => client['without_pkce'] !== true },
    discovery: {
      prompt_values_supported: ['none', 'login', 'consent', 'create'],
      ...(settings.locales ? { ui_locales_supported: [...settings.locales] } : {}),
    },
    interactions: { policy: policyOf(tools) },
    extraClientMetadata,
    clientBasedCORS: isOriginOfClient,
    clientDefaults: {
      id_token_signed_response_alg: 'RS256',
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'],
    },
    // What a client can be registered with; others would be promised to all of them.
    clientAuthMethods: [...authMethods],
    enabledJWA: { idTokenSigningAlgValues: [...signingAlgorithms] },
    issueRefreshToken: async (_ctx, client, source) =>
      client.grantTypeAllowed('refresh_token') && (isFirstParty(client) || source.scopes.has('offline_access')),
    rotateRefreshToken: true,
    loadExistingGrant: createGrantOf(tools),
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      claimsParameter: { enabled: true },
      dPoP: { enabled: true, nonceSecret: keys.dpopSecret, requireNonce: () => false },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => isTrusted(client) || token.clientId === client.clientId,
      },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo: createResourceServer(issuer), useGrantedResource: () => true },
      ...settings.registration,
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout,
    },
    ttl: {
      AccessToken: (_ctx, token, client) =>
        token.resourceServer?.accessTokenTTL ?? secondsOf(client, 'access_token_seconds') ?? 10 * minute,
      AuthorizationCode: minute,
      ClientCredentials: 10 * minute,
      Grant: longestSignIn,
      IdToken: (_ctx, _token, client) => secondsOf(client, 'id_token_seconds') ?? idTokenSeconds,
      Interaction: hour,
      RefreshToken: (_ctx, token, client) =>
        Math.max(1, Math.min(secondsOf(client, 'refresh_token_seconds') ?? 30 * day, longestSignIn - token.totalLifetime())),
      Session: sessionSeconds,
    },
  };
}

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
 * session whose account is paused or gone counts as none. Before consent: nobody is asked about an app they cannot enter.
 */
function policyOf(tools: ClaimTools) {
  const policy = interactionPolicy.base();
  policy.add(new Prompt({ name: 'create', requestable: true }), 0);
  policy.add(
    accessPrompt(tools),
    policy.findIndex(({ name }) => name === 'consent'),
  );
  const isGone = ({ oidc }: KoaContextWithOIDC) => oidc.session?.accountId !== undefined && oidc.entities.Account === undefined;
  const consent = policy.get('consent')?.checks;
  consent?.remove('op_claims_missing');
  consent?.add(claimsMissing());
  policy.get('login')?.checks.add(new Check('account_gone', 'the account of this session cannot be used', 'login_required', isGone));
  return policy;
}

/** In place of oidc-provider's own check of this name, which knows no claim that only an app's mappings have. */
function claimsMissing(): InstanceType<typeof Check> {
  const missing = (ctx: KoaContextWithOIDC) => {
    const encountered = ctx.oidc.entities.Grant?.getOIDCClaimsEncountered() ?? [];
    return claimsAskedFor(ctx).filter((name) => !encountered.includes(name));
  };
  return new Check(
    'op_claims_missing',
    'requested claims not granted',
    'consent_required',
    (ctx) => missing(ctx).length > 0,
    (ctx) => ({ missingOIDCClaims: missing(ctx) }),
  );
}

/** Undefined: as for everybody. */
function secondsOf(client: Client, name: 'access_token_seconds' | 'id_token_seconds' | 'refresh_token_seconds'): number | undefined {
  const seconds = client[name];
  return typeof seconds === 'number' ? seconds : undefined;
}

/** OIDC Core §8.1: the same person at the same sector, and nothing that another sector could compare. */
function pairwiseSubject(key: Buffer, accountId: string, sector: string): string {
  return createHmac('sha256', key).update(`${sector}\n${accountId}`).digest('base64url');
}

/** The host that people come back to; on a device, where anybody's app can come back to the same, the app itself. */
function sectorOf({ clientId, redirectUris: [first = ''] = [] }: Client): string {
  const { protocol = '', hostname = '', host = '' } = URL.parse(first) ?? {};
  const isOnDevice = !/^https?:$/.test(protocol) || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
  return isOnDevice ? `client ${clientId}` : host;
}

/** To hear about tokens of other apps, as an API has to. */
function isTrusted(client: Client): boolean {
  return client.clientAuthMethod !== 'none' && client['registered_by'] === undefined;
}

function isFirstParty(client: Client): boolean {
  return client['first_party'] === true;
}

/** A single-page app calls from the origin that it is redirected to. */
function isOriginOfClient(_ctx: KoaContextWithOIDC, origin: string, client: Client): boolean {
  return origin !== 'null' && (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin);
}

/** Tokens for a named resource are JWTs (RFC 9068), and a client may not name just anything. */
function createResourceServer(issuer: string) {
  const ownApi = ownUrl(issuer, '/api');
  return (_ctx: KoaContextWithOIDC, resource: string, client: Client) => {
    const scope = resource === ownApi ? scopeAtOwnApi(client) : scopeAtOthers(client, resource);
    if (scope === undefined) throw new errors.InvalidTarget();
    return resourceServer(client, { audience: resource, scope });
  };
}

/** Undefined: it may not call us. With a `sub` that is the app's alone, nobody could tell whom it calls for. */
function scopeAtOwnApi(client: Client): string | undefined {
  const scope = resourceScopes(client).filter(isOwnScope).join(' ');
  return client.subjectType === 'pairwise' || scope === '' ? undefined : scope;
}

/** Undefined: it may not name that. */
function scopeAtOthers(client: Client, resource: string): string | undefined {
  const [resources, registeredBy] = [client['resources'] ?? [], client['registered_by']] as [readonly string[], string | undefined];
  if (!mayNameResource({ resources, redirectUris: client.redirectUris ?? [], registeredBy }, resource)) return undefined;
  return resourceScopes(client)
    .filter((name) => !isOwnScope(name))
    .join(' ');
}

function resourceScopes(client: Client): string[] {
  return String(client['resource_scopes'] ?? '').split(' ');
}

function resourceServer(client: Client, server: { readonly audience: string; readonly scope: string }) {
  return {
    ...server,
    accessTokenFormat: 'jwt',
    // Nobody asks us about a JWT: it must not outlive what it says for long.
    accessTokenTTL: Math.min(secondsOf(client, 'access_token_seconds') ?? 10 * minute, 10 * minute),
    // An API knows its app, and with it the algorithm that it was registered with.
    jwt: { sign: { alg: client.idTokenSignedResponseAlg as SigningAlgorithm } },
  } as const;
}

/** A first-party client has what it asks for, of those that it is for; anybody else has what the person allowed. */
function createGrantOf(tools: ClaimTools): NonNullable<Configuration['loadExistingGrant']> {
  return async (ctx) => {
    const { oidc } = ctx;
    const { client, session, provider } = oidc;
    if (!client || !session?.accountId) return undefined;
    const known = await standardGrant(ctx);
    if (!isFirstParty(client) || (await isOutside(tools, ctx))) return known;
    const grant = known ?? new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    const before = JSON.stringify(grant);
    grant.addOIDCScope([...oidc.requestParamOIDCScopes].join(' '));
    grant.addOIDCClaims(claimsAskedFor(ctx));
    for (const resource of Object.keys(oidc.resourceServers ?? {}))
      grant.addResourceScope(resource, [...oidc.requestParamScopes].join(' '));
    if (!known || JSON.stringify(grant) !== before) await grant.save();
    return grant;
  };
}
