/** Basic plan: codes, ID tokens, refresh tokens, and who may exchange them. */
import { createHash } from 'node:crypto';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import { expect } from 'vitest';
import type { Rest } from '../support/browser.ts';
import { type App, answerAll, answerOf, createApp, type Flow, idTokenClaims, jsonOf, type Modules, signIn, type Trial } from './trial.ts';

const insecure = { [oauth.allowInsecureRequests]: true };

/** Claims of the protocol itself (OpenID Connect Core 1.0 §2, Front-Channel Logout 1.0 for `sid`): nothing of the person. */
const protocolClaims = ['iss', 'sub', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'azp', 'at_hash', 'c_hash', 'sid', 'jti'];

export const tokenModules: Modules = {
  'oidcc-server': async (trial) => {
    const { app, host, browser } = trial;
    const flow = await app.begin();
    const rest = await answerAll(trial, await browser.open(flow.url));
    const { searchParams } = answerOf(rest);
    expect(searchParams.get('state')).toBe(flow.query['state']);
    expect([null, host.issuer]).toContain(searchParams.get('iss'));
    const code = searchParams.get('code') ?? '';
    expect(bitsOf(code)).toBeGreaterThanOrEqual(128);
    const tokens = await flow.finish(rest);
    expect(tokens).toMatchObject({ access_token: expect.any(String), token_type: 'bearer', expires_in: expect.any(Number) });
    const keys = createRemoteJWKSet(new URL(app.metadata.jwks_uri ?? ''));
    const { payload } = await jwtVerify(tokens.id_token ?? '', keys, { issuer: host.issuer, audience: app.client.id });
    expect(payload).toMatchObject({
      sub: expect.any(String),
      exp: expect.any(Number),
      iat: expect.any(Number),
      nonce: flow.query['nonce'],
    });
    expect([undefined, leftHalf(tokens.access_token)]).toContain(payload['at_hash']);
    expect([undefined, leftHalf(code)]).toContain(payload['c_hash']);
    expect(Object.keys(payload).filter((name) => !protocolClaims.includes(name))).toEqual([]);
  },

  'oidcc-idtoken-signature': async (trial) => {
    const { id_token = '' } = await signIn(trial);
    const { alg, kid } = decodeProtectedHeader(id_token);
    expect(alg).toBe('RS256');
    const { keys } = await jsonOf(await fetch(trial.app.metadata.jwks_uri ?? ''));
    expect(keys.map((key: { readonly kid: string }) => key.kid)).toContain(kid);
  },

  'oidcc-idtoken-unsigned': async (trial) => {
    expect(trial.app.metadata.id_token_signing_alg_values_supported).not.toContain('none');
    expect(decodeProtectedHeader((await signIn(trial)).id_token ?? '').alg).not.toBe('none');
  },

  'oidcc-ensure-request-without-nonce-succeeds-for-code-flow': async (trial) => {
    expect(idTokenClaims(await signIn(trial, {}, { nonce: false }))).not.toHaveProperty('nonce');
  },

  'oidcc-ensure-request-with-valid-pkce-succeeds': async (trial) => {
    const flow = await trial.app.begin({}, { pkce: true });
    expect(flow.query['code_challenge_method']).toBe('S256');
    const tokens = await flow.finish(await answerAll(trial, await trial.browser.open(flow.url)));
    expect(tokens.access_token).toBeTruthy();
  },

  'oidcc-server-client-secret-post': async (trial) => {
    const { host } = trial;
    const app = await createApp(host, host.post, oidc.ClientSecretPost);
    expect(idTokenClaims(await signIn({ ...trial, app })).aud).toBe(host.post.id);
  },

  'oidcc-codereuse': async (trial) => {
    const { flow, rest } = await arrive(trial);
    await oauth.processAuthorizationCodeResponse(...oauthOf(trial.app), await exchangeCode(trial.app, flow, rest), {
      expectedNonce: flow.query['nonce'] ?? '',
    });
    expect(await refusalOf(await exchangeCode(trial.app, flow, rest))).toEqual({ status: 400, error: 'invalid_grant' });
  },

  'oidcc-codereuse-30seconds': async (trial) => {
    const { flow, rest } = await arrive(trial);
    const tokens = await flow.finish(rest);
    expect((await askUserInfo(trial.app, tokens.access_token)).status).toBe(200);
    trial.pass(30);
    expect(await refusalOf(await exchangeCode(trial.app, flow, rest))).toEqual({ status: 400, error: 'invalid_grant' });
    const { status } = await askUserInfo(trial.app, tokens.access_token);
    if (status !== 401) trial.warn('The access token of a code that was used twice still works.');
  },

  'oidcc-refresh-token': async (trial) => {
    const { app, host } = trial;
    const offline = { scope: 'openid offline_access', prompt: 'consent' };
    const tokens = await signIn(trial, offline);
    const before = idTokenClaims(tokens);
    expect(tokens.refresh_token).toMatch(/^[\x20-\x7E]+$/);
    const response = await refresh(app, tokens.refresh_token);
    const refreshed = await oauth.processRefreshTokenResponse(...oauthOf(app), response);
    const { iss, sub, aud } = oauth.getValidatedIdTokenClaims(refreshed) ?? {};
    expect({ iss, sub, aud }).toEqual({ iss: before.iss, sub: before.sub, aud: before.aud });
    expect(refreshed.refresh_token ?? tokens.refresh_token).toMatch(/^[\x20-\x7E]+$/);
    expect((await askUserInfo(app, refreshed.access_token)).status).toBe(200);
    const other = await signIn({ ...trial, app: await createApp(host, host.second) }, offline);
    expect(await refusalOf(await refresh(app, other.refresh_token))).toEqual({ status: 400, error: 'invalid_grant' });
  },
};

async function arrive(trial: Trial): Promise<{ readonly flow: Flow; readonly rest: Rest }> {
  const flow = await trial.app.begin();
  return { flow, rest: await answerAll(trial, await trial.browser.open(flow.url)) };
}

function oauthOf({ metadata, client }: App): [oauth.AuthorizationServer, oauth.Client] {
  return [metadata as oauth.AuthorizationServer, { client_id: client.id }];
}

async function exchangeCode(app: App, { query, codeVerifier }: Flow, rest: Rest): Promise<Response> {
  const [server, client] = oauthOf(app);
  const answer = oauth.validateAuthResponse(server, client, answerOf(rest), query['state']);
  const authentication = oauth.ClientSecretBasic(app.client.secret);
  return oauth.authorizationCodeGrantRequest(
    server,
    client,
    authentication,
    answer,
    app.client.redirectUri,
    codeVerifier ?? oauth.nopkce,
    insecure,
  );
}

async function refresh(app: App, refreshToken = ''): Promise<Response> {
  const [server, client] = oauthOf(app);
  return oauth.refreshTokenGrantRequest(server, client, oauth.ClientSecretBasic(app.client.secret), refreshToken, insecure);
}

async function askUserInfo({ metadata }: App, accessToken: string): Promise<Response> {
  return fetch(metadata.userinfo_endpoint ?? '', { headers: { authorization: `Bearer ${accessToken}` } });
}

async function refusalOf(response: Response): Promise<{ readonly status: number; readonly error: unknown }> {
  return { status: response.status, error: (await jsonOf(response)).error };
}

/** Shannon's entropy of the text as it is, as the suite measures it. */
function bitsOf(text: string): number {
  const counts = Object.values(Object.groupBy([...text], (letter) => letter)).map((letters) => letters?.length ?? 0);
  return -counts.reduce((sum, count) => sum + count * Math.log2(count / text.length), 0);
}

/** OpenID Connect Core 1.0 §3.1.3.6, for a token signed with RS256. */
function leftHalf(value: string): string {
  return createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url');
}
