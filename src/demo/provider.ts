/** Every word this app exchanges with the provider. Owns discovery and tokens; knows neither pages nor sessions. */
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import type { LoginRequest } from './login-request.ts';
import { Refusal } from './refusal.ts';
import type { PendingLogin, Person } from './sessions.ts';

const scope = 'openid profile email groups roles entitlements offline_access';
const timeoutSeconds = 10;
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';
const needsInteraction = new Set(['account_selection_required', 'consent_required', 'interaction_required', 'login_required']);

type Relying = {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly baseUrl: string;
  readonly clock: () => Date;
};
type Connection = { readonly config: oidc.Configuration; readonly keys: ReturnType<typeof createRemoteJWKSet> };
type Tokens = Awaited<ReturnType<typeof oidc.refreshTokenGrant>>;
export type LoggedOut = { readonly sub: string | undefined; readonly sid: string | undefined };
export type Provider = ReturnType<typeof createProvider>;

export function createProvider(relying: Relying) {
  let connection: Promise<Connection> | undefined;
  // At first use, because the provider may start after this app; a failure is forgotten, so the next request tries again.
  const connect = (): Promise<Connection> => {
    connection ??= discover(relying).catch((cause: unknown) => {
      connection = undefined;
      throw new Refusal('provider_unreachable', { cause });
    });
    return connection;
  };

  return {
    startLogin: (request: LoginRequest) => connect().then(({ config }) => startLogin(config, relying.baseUrl, request)),
    finishLogin: (query: string, login: PendingLogin) =>
      connect()
        .then(({ config }) => finishLogin(config, new URL(`/callback?${query}`, relying.baseUrl), login))
        .catch(refuse),
    refresh: (person: Person) =>
      connect()
        .then(({ config }) => refresh(config, person))
        .catch(refuse),
    logoutUrl: (person: Person) => connect().then(({ config }) => logoutUrl(config, relying.baseUrl, person)),
    readLogoutToken: (token: string) => connect().then(({ keys }) => readLogoutToken(token, keys, relying)),
  };
}

async function discover({ issuer, clientId, clientSecret }: Relying): Promise<Connection> {
  const server = new URL(issuer);
  // An http issuer is for one's own machine; everything else is held to https.
  const insecure = server.protocol === 'http:' ? [oidc.allowInsecureRequests] : [];
  const config = await oidc.discovery(server, clientId, undefined, oidc.ClientSecretBasic(clientSecret), {
    execute: [...insecure, oidc.enableNonRepudiationChecks],
    timeout: timeoutSeconds,
  });
  const { jwks_uri } = config.serverMetadata();
  if (!jwks_uri) throw new Error('the provider publishes no jwks_uri');
  return { config, keys: createRemoteJWKSet(new URL(jwks_uri)) };
}

async function startLogin(config: oidc.Configuration, baseUrl: string, { returnTo, loginHint, prompt, invite }: LoginRequest) {
  const state = oidc.randomState();
  const login: PendingLogin = { nonce: oidc.randomNonce(), codeVerifier: oidc.randomPKCECodeVerifier(), returnTo };
  const parameters = {
    redirect_uri: new URL('/callback', baseUrl).href,
    scope,
    state,
    nonce: login.nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(login.codeVerifier),
    code_challenge_method: 'S256',
    ...(loginHint && { login_hint: loginHint }),
    ...(prompt && { prompt }),
  };
  // An invitation is pushed from here to the provider, so that it never stands in an address bar on the way.
  const url = invite
    ? await oidc.buildAuthorizationUrlWithPAR(config, { ...parameters, invite }).catch(refuse)
    : oidc.buildAuthorizationUrl(config, parameters);
  return { url: url.href, state, login };
}

async function finishLogin(config: oidc.Configuration, callbackUrl: URL, login: PendingLogin): Promise<Person> {
  const tokens = await oidc.authorizationCodeGrant(config, callbackUrl, {
    pkceCodeVerifier: login.codeVerifier,
    // The session found this sign-in by its state, so the two are already known to be equal.
    expectedState: callbackUrl.searchParams.get('state') ?? '',
    expectedNonce: login.nonce,
    idTokenExpected: true,
  });
  return readPerson(config, tokens);
}

async function refresh(config: oidc.Configuration, person: Person): Promise<Person> {
  const tokens = await oidc.refreshTokenGrant(config, person.refreshToken ?? '').catch((cause: unknown) => {
    const ended = cause instanceof oidc.ResponseBodyError && cause.error === 'invalid_grant';
    throw ended ? new Refusal('session_ended') : cause;
  });
  const refreshed = await readPerson(config, tokens, person);
  // OpenID Connect Core §12.2: a refresh never changes who you are.
  if (refreshed.claims.sub !== person.claims.sub) throw new Refusal('provider_failed');
  return refreshed;
}

/** The access token is used once, here, and not kept. */
async function readPerson(config: oidc.Configuration, tokens: Tokens, earlier?: Person): Promise<Person> {
  const claims = tokens.claims() ?? earlier?.claims;
  const idToken = tokens.id_token ?? earlier?.idToken;
  if (!claims || !idToken) throw new Refusal('provider_failed');
  const userInfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
  return { claims, userInfo, idToken, refreshToken: tokens.refresh_token ?? earlier?.refreshToken };
}

function logoutUrl(config: oidc.Configuration, baseUrl: string, person: Person): string {
  return oidc.buildEndSessionUrl(config, {
    id_token_hint: person.idToken,
    post_logout_redirect_uri: new URL('/', baseUrl).href,
  }).href;
}

/** OpenID Connect Back-Channel Logout §2.6. Throws unless every check passes. */
async function readLogoutToken(token: string, keys: Connection['keys'], relying: Relying): Promise<LoggedOut> {
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    issuer: relying.issuer,
    audience: relying.clientId,
    requiredClaims: ['iat', 'exp', 'jti'],
    currentDate: relying.clock(),
    clockTolerance: 30,
  });
  const typed = protectedHeader.typ === undefined || /^(application\/)?(jwt|logout\+jwt)$/i.test(protectedHeader.typ);
  if (!typed || payload['nonce'] !== undefined || !isLogoutEvent(payload)) throw new Refusal('bad_request');
  const loggedOut = { sub: text(payload.sub), sid: text(payload['sid']) };
  if (loggedOut.sub === undefined && loggedOut.sid === undefined) throw new Refusal('bad_request');
  return loggedOut;
}

function isLogoutEvent({ events }: JWTPayload): boolean {
  if (typeof events !== 'object' || events === null) return false;
  const event = (events as Record<string, unknown>)[logoutEvent];
  return typeof event === 'object' && event !== null;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The provider said no, answered nonsense or did not answer: each has its page. Anything else is a bug of ours. */
function refuse(cause: unknown): never {
  if (cause instanceof oidc.AuthorizationResponseError || cause instanceof oidc.ResponseBodyError) {
    throw refusalFor(cause);
  }
  if (cause instanceof oidc.ClientError || cause instanceof oidc.WWWAuthenticateChallengeError) {
    throw new Refusal('provider_failed', { cause });
  }
  // The one shape in which Node's fetch reports that nobody answered.
  if (cause instanceof TypeError && cause.message === 'fetch failed') throw new Refusal('provider_unreachable', { cause });
  throw cause;
}

function refusalFor(cause: oidc.AuthorizationResponseError | oidc.ResponseBodyError): Refusal {
  if (cause.error === 'access_denied') return new Refusal('declined');
  if (needsInteraction.has(cause.error)) return new Refusal('interaction_needed');
  if (cause.error === 'invalid_grant') return new Refusal('start_again');
  const detail = [cause.error, cause.error_description].filter(Boolean).join(': ');
  return new Refusal('provider_failed', { cause, detail });
}
