import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Browser, createBrowser } from '../support/browser.ts';
import { join, signIn } from '../support/people.ts';
import { createRelyingApp, fullScope, type RelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let app: RelyingApp;
let member: Browser;
const logoutTokens: string[] = [];
let receiver: ReturnType<typeof createServer>;

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    logoutTokens.push(new URLSearchParams(body).get('logout_token') ?? '');
    response.writeHead(200).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const receiverOrigin = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  server = await startTestServer({ trustedOrigins: [receiverOrigin] });
  await server.addGroup('choir', { rights: ['plan:read'] });
  await server.addGroup('board');
  app = await createRelyingApp(server);
  await server.addClient({
    id: 'hears-logout',
    redirectUris: ['https://hears.example.org/cb'],
    backchannelLogoutUri: `${receiverOrigin}/logout`,
  });
  member = createBrowser(server.issuer);
  await join(member, (await server.guestlist.invite({ groups: ['choir:manager'] })).url, { email: 'member@example.org' });
});
afterAll(async () => {
  await server?.close();
  receiver?.close();
});

const claimsOfChoir = { groups: ['choir'], roles: ['choir:manager'], entitlements: ['plan:read'] };

test('discovery says what there is', async () => {
  const metadata = app.config.serverMetadata();
  expect(metadata).toMatchObject({
    issuer: server.issuer,
    authorization_response_iss_parameter_supported: true,
    code_challenge_methods_supported: ['S256'],
    claims_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    prompt_values_supported: ['none', 'login', 'consent', 'create'],
  });
  expect(metadata.response_types_supported).toEqual(expect.arrayContaining(['code', 'none']));
  expect(metadata.response_types_supported).toHaveLength(2);
  expect(metadata.scopes_supported).toEqual(expect.arrayContaining(['openid', 'offline_access', 'groups', 'roles', 'entitlements']));
  expect(metadata.id_token_signing_alg_values_supported?.toSorted()).toEqual(['ES256', 'EdDSA', 'PS256', 'RS256']);
  for (const endpoint of [
    'pushed_authorization_request_endpoint',
    'introspection_endpoint',
    'revocation_endpoint',
    'end_session_endpoint',
    'userinfo_endpoint',
  ]) {
    expect(metadata[endpoint]).toMatch(new RegExp(`^${server.issuer}/`));
  }
  const { keys } = (await (await fetch(metadata.jwks_uri ?? '')).json()) as { keys: Record<string, unknown>[] };
  expect(keys.map(({ alg }) => alg)).toEqual(['RS256', 'ES256', 'PS256', 'EdDSA']);
  for (const key of keys) expect(Object.keys(key)).not.toContain('d');
});

test('ID tokens are signed with RS256, and UserInfo says the same of the groups', async () => {
  const tokens = await app.signInSilently(member);
  expect(decodeProtectedHeader(tokens.id_token ?? '').alg).toBe('RS256');
  expect(tokens.claims()).toMatchObject({ iss: server.issuer, aud: 'app', ...claimsOfChoir });
  const person = await oidc.fetchUserInfo(app.config, tokens.access_token, tokens.claims()?.sub ?? '');
  expect(person).toMatchObject({ name: 'Ada Park', email: 'member@example.org', email_verified: false, ...claimsOfChoir });
});

test('nothing is told that was not asked for', async () => {
  const bare = await app.signInSilently(member, { scope: 'openid' });
  for (const name of ['groups', 'roles', 'entitlements', 'email', 'name']) expect(bare.claims()).not.toHaveProperty(name);
  const some = await app.signInSilently(member, { scope: 'openid roles' });
  expect(some.claims()).toMatchObject({ roles: ['choir:manager'] });
  expect(some.claims()).not.toHaveProperty('groups');
  expect(await oidc.fetchUserInfo(app.config, some.access_token, some.claims()?.sub ?? '')).not.toHaveProperty('groups');
});

test('the claims parameter asks for single claims, by place', async () => {
  const claims = JSON.stringify({ id_token: { groups: { essential: true } }, userinfo: { entitlements: null } });
  const tokens = await app.signInSilently(member, { scope: 'openid', claims });
  expect(tokens.claims()).toMatchObject({ groups: ['choir'] });
  expect(tokens.claims()).not.toHaveProperty('entitlements');
  const person = await oidc.fetchUserInfo(app.config, tokens.access_token, tokens.claims()?.sub ?? '');
  expect(person).toMatchObject({ entitlements: ['plan:read'] });
  expect(person).not.toHaveProperty('groups');
});

test('one code, twenty exchanges at once: one succeeds', async () => {
  const flow = await app.begin({ prompt: 'none' });
  const rest = await member.open(flow.url);
  const exchanges = await Promise.allSettled(Array.from({ length: 20 }, () => flow.finish(rest)));
  expect(exchanges.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const exchange of exchanges) {
    if (exchange.status === 'rejected') expect(exchange.reason).toMatchObject({ error: 'invalid_grant', status: 400 });
  }
});

test('a code that is used again ends what came of it', async () => {
  const flow = await app.begin({ prompt: 'none' });
  const rest = await member.open(flow.url);
  const tokens = await flow.finish(rest);
  await expect(flow.finish(rest)).rejects.toMatchObject({ error: 'invalid_grant' });
  await expect(oidc.fetchUserInfo(app.config, tokens.access_token, oidc.skipSubjectCheck)).rejects.toBeTruthy();
});

test('refresh tokens rotate; an old one that comes back ends them all', async () => {
  const first = await app.signInSilently(member);
  const second = await oidc.refreshTokenGrant(app.config, first.refresh_token ?? '');
  expect(second.refresh_token).not.toBe(first.refresh_token);
  await expect(oidc.refreshTokenGrant(app.config, first.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
  await expect(oidc.refreshTokenGrant(app.config, second.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
});

test('what somebody loses is gone from the next refresh and from UserInfo at once (L6)', async () => {
  const browser = createBrowser(server.issuer);
  await join(browser, (await server.guestlist.invite({ groups: ['board', 'choir'] })).url, { email: 'loses@example.org' });
  const tokens = await app.signInSilently(browser);
  expect(tokens.claims()?.['groups']).toEqual(['board', 'choir']);
  const sub = tokens.claims()?.sub ?? '';
  await server.database.raw(
    `update guestlist.membership set ended_at = now() where account_id = ? and group_id = (select id from guestlist."group" where slug = 'board')`,
    [sub],
  );
  expect((await oidc.fetchUserInfo(app.config, tokens.access_token, sub))['groups']).toEqual(['choir']);
  expect((await oidc.refreshTokenGrant(app.config, tokens.refresh_token ?? '')).claims()?.['groups']).toEqual(['choir']);
});

test('without PKCE, with an unregistered address, or by an unknown app: refused', async () => {
  const base = `${server.issuer}/auth?response_type=code&scope=openid&client_id=app`;
  const withoutPkce = await member.open(`${base}&redirect_uri=${encodeURIComponent(app.redirectUri)}`);
  expect(withoutPkce.leftFor?.searchParams.get('error')).toBe('invalid_request');
  const foreign = await member.open(`${base}&redirect_uri=https://evil.example.org/callback`);
  expect({ status: foreign.status, left: foreign.leftFor }).toEqual({ status: 400, left: undefined });
  const unknown = await member.open(
    `${server.issuer}/auth?response_type=code&scope=openid&client_id=nobody&redirect_uri=https://evil.example.org/`,
  );
  expect({ status: unknown.status, left: unknown.leftFor }).toEqual({ status: 400, left: undefined });
  expect(unknown.headers['content-security-policy']).toContain("default-src 'none'");
  const implicit = await member.open(
    `${server.issuer}/auth?response_type=id_token&nonce=x&scope=openid&client_id=app&redirect_uri=${encodeURIComponent(app.redirectUri)}`,
  );
  expect(implicit.leftFor?.href).toContain('error=unsupported_response_type');
});

test('DPoP binds the tokens to a key', async () => {
  const keys = await oidc.randomDPoPKeyPair();
  const handle = oidc.getDPoPHandle(app.config, keys);
  const codeVerifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const url = oidc.buildAuthorizationUrl(app.config, {
    redirect_uri: app.redirectUri,
    scope: fullScope,
    prompt: 'none',
    state,
    code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  });
  const { leftFor } = await member.open(url.href);
  if (!leftFor) throw new Error('no answer');
  const tokens = await oidc.authorizationCodeGrant(
    app.config,
    leftFor,
    { pkceCodeVerifier: codeVerifier, expectedState: state },
    undefined,
    { DPoP: handle },
  );
  expect(tokens.token_type).toBe('dpop');
  const person = await oidc.fetchUserInfo(app.config, tokens.access_token, tokens.claims()?.sub ?? '', { DPoP: handle });
  expect(person['groups']).toEqual(['choir']);
  await expect(oidc.fetchUserInfo(app.config, tokens.access_token, oidc.skipSubjectCheck)).rejects.toBeTruthy();
});

test('introspection tells the app about its tokens, and revocation ends them', async () => {
  const tokens = await app.signInSilently(member);
  expect(await oidc.tokenIntrospection(app.config, tokens.access_token)).toMatchObject({ active: true, client_id: 'app' });
  await oidc.tokenRevocation(app.config, tokens.refresh_token ?? '');
  expect(await oidc.tokenIntrospection(app.config, tokens.refresh_token ?? '')).toEqual({ active: false });
});

test('a foreign app asks for consent once, by name; saying no is an answer, too', async () => {
  const foreign = await createRelyingApp(server, { id: 'foreign', firstParty: false });
  const refusing = await foreign.begin();
  const page = await member.open(refusing.url);
  expect(page.$('main').text()).toContain('foreign');
  const denied = await member.submit(page, 'deny');
  expect(denied.leftFor?.searchParams.get('error')).toBe('access_denied');

  const flow = await foreign.begin();
  const tokens = await flow.finish(await member.submit(await member.open(flow.url), 'allow'));
  expect(tokens.claims()).toMatchObject(claimsOfChoir);
  expect(tokens.refresh_token).toBeUndefined();
  expect((await foreign.signInSilently(member)).claims()).toMatchObject(claimsOfChoir);

  const offline = await foreign.begin({ scope: `${fullScope} offline_access`, prompt: 'consent' });
  const longer = await offline.finish(await member.submit(await member.open(offline.url), 'allow'));
  expect((await oidc.refreshTokenGrant(foreign.config, longer.refresh_token ?? '')).claims()).toMatchObject(claimsOfChoir);
});

test('signing out by the app ends the session and leads back', async () => {
  const browser = createBrowser(server.issuer);
  await join(browser, (await server.guestlist.invite({ groups: ['choir'] })).url, { email: 'leaves@example.org' });
  const tokens = await app.signInSilently(browser);
  const url = oidc.buildEndSessionUrl(app.config, {
    id_token_hint: tokens.id_token ?? '',
    post_logout_redirect_uri: 'https://app.example.org/',
    state: 'back',
  });
  const question = await browser.open(url.href);
  expect(question.heading).toMatch(/sign out/i);
  const rest = await browser.submit(question, 'yes');
  expect(rest.leftFor?.href).toBe('https://app.example.org/?state=back');
  const silent = await browser.open((await app.begin({ prompt: 'none' })).url);
  expect(silent.leftFor?.searchParams.get('error')).toBe('login_required');
  await expect(oidc.refreshTokenGrant(app.config, tokens.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
  const foreignPlace = await browser.open(
    oidc.buildEndSessionUrl(app.config, { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: 'https://evil.example.org/' })
      .href,
  );
  expect({ status: foreignPlace.status, left: foreignPlace.leftFor }).toEqual({ status: 400, left: undefined });
});

test('apps that want to hear of a sign-out are told', async () => {
  const browser = createBrowser(server.issuer);
  await join(browser, (await server.guestlist.invite({ groups: ['choir'] })).url, { email: 'heard@example.org' });
  const verifier = oidc.randomPKCECodeVerifier();
  const query = new URLSearchParams({
    client_id: 'hears-logout',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: 'https://hears.example.org/cb',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  expect((await browser.open(`/auth?${query}`)).leftFor?.searchParams.get('code')).toBeTruthy();
  await browser.submit(await browser.open('/session/end'), 'yes');
  expect(logoutTokens).toHaveLength(1);
  const keys = createRemoteJWKSet(new URL(app.config.serverMetadata().jwks_uri ?? ''));
  const { payload } = await jwtVerify(logoutTokens[0] ?? '', keys, { issuer: server.issuer, audience: 'hears-logout' });
  expect(payload['events']).toHaveProperty('http://schemas.openid.net/event/backchannel-logout');
  expect(payload['sid']).toBeTruthy();
});

test('two processes on one database are one provider', async () => {
  const { createTestDatabase } = await import('../support/database.ts');
  const shared = await createTestDatabase();
  const one = await startTestServer({ on: shared });
  try {
    const jwks = async (issuer: string) => (await fetch(`${issuer}/jwks`)).json();
    const two = await startTestServer({ on: shared });
    expect(await jwks(two.issuer)).toEqual(await jwks(one.issuer));
    await two.close();
  } finally {
    await one.close();
    await shared.drop();
  }
});

test('sign in and out from the start page', async () => {
  const browser = createBrowser(server.issuer);
  await signIn(browser, await browser.open((await app.begin()).url), { email: 'member@example.org' });
  const home = await browser.open('/');
  expect(home.$('main').text()).toContain('Ada Park');
  const signedOut = await browser.submit(await browser.open(home.$('a[href="/session/end"]').attr('href') ?? ''), 'yes');
  expect(signedOut.status).toBe(200);
  expect((await browser.open('/')).$('main').text()).not.toContain('Ada Park');
});
