/** Apps that register themselves, by a library that is not ours and by requests that no library would send. */
import { exportJWK, generateKeyPair } from 'jose';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addRegistrationToken, revokeRegistrationToken } from '../../src/client/registration.ts';
import { findClient } from '../../src/client/store.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { join } from '../support/people.ts';
import { fullScope } from '../support/relying-app.ts';
import { whereFound } from '../support/scan.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { changeOf, type Registered, redirect_uris, registeringAt, send } from './registering.ts';

let server: TestServer;
let at: ReturnType<typeof registeringAt>;
let member: Browser;

beforeAll(async () => {
  server = await startTestServer({ clientRegistration: 'token' });
  at = registeringAt(server);
  await server.addGroup('choir', { rights: ['plan:read'] });
  member = createBrowser(server.issuer);
  await join(member, (await server.guestlist.invite({ groups: ['choir'] })).url, { email: 'member@example.org' });
});
afterAll(() => server?.close());
beforeEach(() => at.forgetGuesses());

describe('unless it is switched on', () => {
  let off: TestServer;
  beforeAll(async () => {
    off = await startTestServer();
  });
  afterAll(() => off?.close());

  test('there is no endpoint, not even for somebody with a token, and discovery names none', async () => {
    const { token } = await addRegistrationToken(off.database, { uses: 1, lastsSeconds: 3_600 }, at.tools);
    expect((await send(`${off.issuer}/reg`, { token, body: { redirect_uris } })).status).toBe(404);
    for (const method of ['GET', 'PUT', 'DELETE']) expect((await send(`${off.issuer}/reg/app`, { token, method })).status).toBe(404);
    const metadata = await (await fetch(`${off.issuer}/.well-known/openid-configuration`)).json();
    expect(metadata).not.toHaveProperty('registration_endpoint');
  });
});

describe('an app with a token', () => {
  test('registers by discovery, and signs somebody in who is asked for consent', async () => {
    const { token } = await at.newToken();
    const config = await oidc.dynamicClientRegistration(new URL(server.issuer), { redirect_uris, client_name: 'Corner Shop' }, undefined, {
      initialAccessToken: token,
      execute: [oidc.allowInsecureRequests],
    });
    const codeVerifier = oidc.randomPKCECodeVerifier();
    const nonce = oidc.randomNonce();
    const query = { redirect_uri: redirect_uris[0] ?? '', scope: fullScope, nonce, code_challenge_method: 'S256' };
    const url = oidc.buildAuthorizationUrl(config, { ...query, code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier) });
    const asked = await member.open(url.href);
    expect(asked.html).toContain('Corner Shop');
    const { leftFor } = await member.submit(asked, 'allow');
    const tokens = await oidc.authorizationCodeGrant(config, leftFor ?? url, { pkceCodeVerifier: codeVerifier, expectedNonce: nonce });
    expect(tokens.claims()).toMatchObject({ aud: config.clientMetadata().client_id, groups: ['choir'], entitlements: ['plan:read'] });
    const without = await member.open(oidc.buildAuthorizationUrl(config, query).href);
    expect(without.leftFor?.searchParams.get('error')).toBe('invalid_request');
    expect(without.leftFor?.searchParams.get('error_description')).toMatch(/PKCE|code_challenge/);
  });

  test('gets no token for an API, not even at a host that it says people come back to', async () => {
    const app = await at.registerNew({ redirect_uris: [...redirect_uris, 'https://api.example.org/cb'] });
    const query = { client_id: app.client_id, redirect_uri: redirect_uris[0] ?? '', response_type: 'code', scope: 'openid' };
    const pkce = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' };
    const asked = new URLSearchParams({ ...query, ...pkce, resource: 'https://api.example.org/' });
    const { leftFor } = await member.open(`${server.issuer}/auth?${asked}`);
    expect(leftFor?.searchParams.get('error')).toBe('invalid_target');
  });

  test('is told what was registered, and nothing of ours', async () => {
    const { token, id } = await at.newToken();
    const { status, body, headers } = await at.register(token, {
      redirect_uris,
      client_name: 'Shop',
      client_uri: 'https://shop.example.org/',
      initiate_login_uri: 'https://shop.example.org/login',
      logo_uri: 'https://shop.example.org/logo.png',
      contacts: ['shop@example.org'],
      software_id: 'shop',
      software_version: '1',
      'client_name#de': 'Laden',
      nobody_knows: true,
      require_auth_time: false,
      scope: null,
    });
    expect(status).toBe(201);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      client_id: expect.any(String),
      client_id_issued_at: expect.any(Number),
      client_secret: expect.stringMatching(/^[0-9a-f]{64}$/),
      client_secret_expires_at: 0,
      client_name: 'Shop',
      client_uri: 'https://shop.example.org/',
      initiate_login_uri: 'https://shop.example.org/login',
      application_type: 'web',
      redirect_uris,
      post_logout_redirect_uris: [],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      scope: 'openid profile email groups roles entitlements offline_access',
      subject_type: 'public',
      id_token_signed_response_alg: 'RS256',
      token_endpoint_auth_method: 'client_secret_basic',
      registration_access_token: expect.any(String),
      registration_client_uri: `${server.issuer}/reg/${body['client_id']}`,
    });
    expect(await findClient(server.database, String(body['client_id']))).toMatchObject({
      registeredBy: id,
      firstParty: false,
      mappings: undefined,
      attachedGroups: [],
      requiredGroup: undefined,
      resources: [],
      withoutPkce: undefined,
    });
  });

  test('can be on a device, or prove itself with a key; a name that was not given is the host’s', async () => {
    const native = await at.registerNew({
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/cb', 'http://[::1]/cb', 'org.example.shop:/cb'],
    });
    expect(native).toMatchObject({ application_type: 'native', client_name: '127.0.0.1' });
    expect(native).not.toHaveProperty('client_secret');
    expect(native).not.toHaveProperty('client_secret_expires_at');
    const { publicKey } = await generateKeyPair('ES256', { extractable: true });
    const keys = { keys: [await exportJWK(publicKey)] };
    const byKey = await at.registerNew({
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: keys,
      id_token_signed_response_alg: 'EdDSA',
    });
    expect(byKey).toMatchObject({ jwks: keys, client_name: 'shop.example.org', id_token_signed_response_alg: 'EdDSA' });
  });

  test('is in the log of deeds, with where it came from', async () => {
    const app = await at.registerNew();
    const { rows } = await server.database.raw('select * from guestlist.audit_event where subject = ?', [app.client_id]);
    expect(rows).toEqual([
      expect.objectContaining({ action: 'client.created', actor: `client ${app.client_id}`, address_block: expect.any(String) }),
    ]);
    expect(rows[0].request_id).not.toBeNull();
  });

  test('is not offered to those who come by an invitation', async () => {
    await at.registerNew({ client_name: 'Not Offered', initiate_login_uri: 'https://shop.example.org/login' });
    const done = await join(createBrowser(server.issuer), (await server.guestlist.invite({ groups: ['choir'] })).url, {
      email: 'next@example.org',
    });
    expect(done.html).not.toContain('Not Offered');
  });
});

describe('a token', () => {
  const refusals: [string, () => Promise<string | undefined>][] = [
    ['that is missing', async () => undefined],
    ['that is wrong', async () => 'x'.repeat(43)],
    [
      'that was revoked',
      async () => {
        const { token, id } = await at.newToken();
        expect(await revokeRegistrationToken(server.database, id, at.tools)).toBe(true);
        expect(await revokeRegistrationToken(server.database, id, at.tools)).toBe(false);
        return token;
      },
    ],
    [
      'that was used',
      async () => {
        const { token } = await at.newToken();
        expect((await at.register(token, { redirect_uris })).status).toBe(201);
        return token;
      },
    ],
    ['of an app that is registered already', async () => (await at.registerNew()).registration_access_token],
  ];
  test.each(refusals)('%s registers nobody', async (_name, make) => {
    const token = await make();
    const before = await at.countClients();
    const { status, headers } = await at.register(token, { redirect_uris });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toMatch(/^Bearer realm="/);
    expect(await at.countClients()).toBe(before);
  });

  test('that has run out registers nobody', async () => {
    const { token } = await at.newToken(1, 60);
    server.pass(61);
    const { status, headers } = await at.register(token, { redirect_uris });
    expect([status, headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/error="invalid_token"/)]);
  });

  test('for one app registers one, however many ask at the same time; for three, three', async () => {
    for (const uses of [1, 3]) {
      const { token } = await at.newToken(uses);
      const before = await at.countClients();
      const answers = await Promise.all(Array.from({ length: 6 }, () => at.register(token, { redirect_uris })));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(uses).fill(201), ...Array(6 - uses).fill(401)]);
      expect(await at.countClients()).toBe(before + uses);
    }
  });

  test('is not used up by a mistake', async () => {
    const { token } = await at.newToken();
    expect((await at.register(token, { redirect_uris: ['http://shop.example.org/'] })).status).toBe(400);
    expect((await at.register(token, { redirect_uris })).status).toBe(201);
  });

  test('cannot be guessed at for long from one place', async () => {
    const { token } = await at.newToken();
    for (let i = 0; i < 20; i += 1) expect((await at.register(`wrong${i}`, { redirect_uris })).status).toBe(401);
    const late = await at.register('wrong', { redirect_uris });
    expect([late.status, late.body['error']]).toEqual([429, 'too_many_requests']);
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await at.register(token, { redirect_uris })).status).toBe(429);
    expect((await send(`${server.issuer}/reg/app`, { method: 'GET', token: 'wrong' })).status).toBe(429);
  });

  test('that is good is not counted', async () => {
    const app = await at.registerNew();
    for (let i = 0; i < 25; i += 1) expect((await at.manage(app, 'GET')).status).toBe(200);
  });
});

test('no token and no secret of it rests in clear, nor is logged', async () => {
  const { token } = await at.newToken(2);
  await at.register(`${token}x`, { redirect_uris });
  const app = (await at.register(token, { redirect_uris })).body as Registered;
  await at.manage(app, 'GET');
  const changed = (await at.manage(app, 'PUT', changeOf(app))).body as Registered;
  const secrets = [token, app.client_secret, app.registration_access_token, changed.registration_access_token];
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(20);
    expect(await whereFound(server, secret)).toEqual([]);
  }
  expect(await whereFound(server, changed.client_id)).toEqual(['database', 'log']);
});
