/** What an app may not say of itself, when it registers and when it changes itself. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findClient } from '../../src/client/store.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { changeOf, type Registered, redirect_uris, registeringAt } from './registering.ts';

let server: TestServer;
let at: ReturnType<typeof registeringAt>;

beforeAll(async () => {
  server = await startTestServer({ clientRegistration: 'token' });
  at = registeringAt(server);
});
afterAll(() => server?.close());
beforeEach(() => at.forgetGuesses());

const https = 'https://shop.example.org/x';
const oneKey = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};
const forbidden: [string, Readonly<Record<string, unknown>>][] = [
  ...[
    { first_party: true },
    { first_party: false },
    { resources: ['https://api.example.org/'] },
    { resource_scopes: 'admin' },
    { required_group: 'choir' },
    { without_pkce: true },
    { claim_mappings: [] },
    { id_token_seconds: 3_600 },
    { access_token_seconds: 3_600 },
    { refresh_token_seconds: 3_600 },
    { registered_by: 'operator' },
    { default_max_age: 60 },
    { default_acr_values: ['x'] },
    { require_auth_time: true },
    { require_pushed_authorization_requests: true },
    { dpop_bound_access_tokens: true },
    { response_modes: ['query'] },
    { frontchannel_logout_uri: https },
    { sector_identifier_uri: https },
    { userinfo_signed_response_alg: 'RS256' },
    { id_token_encrypted_response_alg: 'RSA-OAEP' },
    { request_object_signing_alg: 'RS256' },
    { request_uris: [https] },
    { token_endpoint_auth_signing_alg: 'RS256' },
    { response_types: ['code', 'none'] },
    { response_types: [] },
    { response_types: ['id_token'] },
    { grant_types: ['client_credentials'] },
    { grant_types: ['implicit', 'authorization_code'] },
    { scope: 'openid admin' },
    { id_token_signed_response_alg: 'none' },
    { id_token_signed_response_alg: 'HS256' },
    { token_endpoint_auth_method: 'client_secret_jwt' },
    { token_endpoint_auth_method: 'tls_client_auth' },
    { token_endpoint_auth_method: 'private_key_jwt' },
    { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'http://shop.example.org/jwks' },
    { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ ...oneKey, d: 'secret' }] } },
    { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [oneKey] }, jwks_uri: https },
    { jwks: { keys: [oneKey] } },
    { jwks: 'x' },
    { redirect_uris: undefined },
    { redirect_uris: [] },
    { redirect_uris: 'https://shop.example.org/' },
    { redirect_uris: ['http://shop.example.org/'] },
    { redirect_uris: ['https://shop.example.org/#here'] },
    { redirect_uris: ['https://bank.example@shop.example.org/'] },
    { redirect_uris: ['https://shop.example.org/\u0000'] },
    { redirect_uris: ['https://shop.example.org/\ud800'] },
    { redirect_uris: ['org.example.shop:/cb'] },
    { redirect_uris: ['http://127.0.0.1/cb'] },
    { redirect_uris: ['http://127.0.0.1/cb'], application_type: 'native' },
    ...[
      'http://localhost/cb',
      'http://shop.example.org/',
      'javascript:alert(1)',
      'shop:/cb',
      'data:text/html,x',
      'http://127.0.0.1@evil.example/',
    ].map((uri) => ({ redirect_uris: [uri], application_type: 'native', token_endpoint_auth_method: 'none' })),
    { redirect_uris: Array.from({ length: 51 }, (_, i) => `${https}${i}`) },
    { post_logout_redirect_uris: ['http://shop.example.org/'] },
    { post_logout_redirect_uris: ['javascript:alert(1)'] },
    { initiate_login_uri: 'http://shop.example.org/login' },
    { backchannel_logout_uri: 'http://127.0.0.1/logout' },
    { client_uri: 'http://shop.example.org/' },
    { client_name: 'x'.repeat(101) },
    { client_name: 'Shop\u202egpj' },
    { client_name: 'Shop\nof somebody' },
    { client_name: 7 },
    { subject_type: 'somehow' },
    { subject_type: 'pairwise', redirect_uris: ['https://a.example.org/', 'https://b.example.org/'] },
  ].map((metadata): [string, Readonly<Record<string, unknown>>] => [JSON.stringify(metadata).slice(0, 100), metadata]),
];

describe('what may not be', () => {
  let token: string;
  let app: Registered;
  beforeAll(async () => {
    ({ token } = await at.newToken(2));
    app = await at.registerNew({ client_name: 'Steady' });
  });

  test.each(forbidden)('%s is refused, at first and later, and nothing is kept of it', async (_name, metadata) => {
    const before = await at.countClients();
    const known = await findClient(server.database, app.client_id);
    const first = await at.register(token, { redirect_uris, ...metadata });
    expect([first.status, first.body['error']]).toEqual([400, expect.stringMatching(/^invalid_(client_metadata|redirect_uri)$/)]);
    const later = await at.manage(app, 'PUT', changeOf(app, metadata));
    expect([later.status, later.body['error']]).toEqual([400, expect.stringMatching(/^invalid_(client_metadata|redirect_uri)$/)]);
    expect(await at.countClients()).toBe(before);
    expect(await findClient(server.database, app.client_id)).toEqual(known);
  });

  test('is told by the name that was sent', async () => {
    const about = async (metadata: object) => (await at.register(token, { redirect_uris, ...metadata })).body['error_description'];
    expect(await about({ first_party: true })).toBe('first_party cannot be registered here');
    expect(await about({ require_auth_time: true })).toBe('require_auth_time can only be false');
    expect(await about({ client_uri: 'http://shop.example.org/' })).toBe('client_uri must start with https:// and name nobody');
    expect(await about({ client_name: 'x'.repeat(101) })).toBe('client_name must have 1 to 100 characters');
  });

  test('cannot be smuggled in by a prototype', async () => {
    const { token: once } = await at.newToken();
    const text = `{"__proto__":{"first_party":true,"without_pkce":true},"redirect_uris":${JSON.stringify(redirect_uris)}}`;
    const { status, body } = await at.register(once, text);
    expect(status).toBe(201);
    expect(await findClient(server.database, String(body['client_id']))).toMatchObject({ firstParty: false, withoutPkce: undefined });
  });

  test('a body that is no object, no JSON or too large is refused', async () => {
    for (const body of ['[]', '"x"', '{', `{"x":"${'x'.repeat(60_000)}"}`])
      expect((await at.register(token, body)).body['error']).toBe('invalid_request');
    const form = await fetch(`${server.issuer}/reg`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: new URLSearchParams('a=b'),
    });
    expect(form.status).toBe(400);
  });

  test('the database itself refuses to make such an app special', async () => {
    for (const change of ['first_party = true', `without_pkce = 'x'`, `claim_mappings = '[]'`, `resources = '{https://api.example.org/}'`])
      await expect(server.database.raw(`update guestlist.client set ${change} where id = ?`, [app.client_id])).rejects.toMatchObject({
        code: '23514',
      });
  });
});
