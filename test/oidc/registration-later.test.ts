/** Apps that registered themselves, later: reading, changing and removing themselves, and nobody else (RFC 7592). */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPair, SignJWT } from 'jose';
import * as oidc from 'openid-client';
import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { changeClient } from '../../src/client/manage.ts';
import { findClient } from '../../src/client/store.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { createComplaintAbout } from '../../src/oidc/clients.ts';
import { createBrowser } from '../support/browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testSecret } from '../support/mail.ts';
import { join } from '../support/people.ts';
import { createRelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { changeOf, type Registered, registeringAt } from './registering.ts';

let testDatabase: TestDatabase;
let server: TestServer;
let other: TestServer;
let at: ReturnType<typeof registeringAt>;
let receiver: Server;
let received = 0;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  server = await startTestServer({ on: testDatabase, clientRegistration: 'token' });
  at = registeringAt(server);
  receiver = createServer((_request, response) => {
    received += 1;
    response.end('{"keys":[]}');
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const trustedOrigins = [`http://127.0.0.1:${(receiver.address() as AddressInfo).port}`];
  other = await startTestServer({ on: testDatabase, issuer: server.issuer, clientRegistration: 'token', trustedOrigins });
  await server.addGroup('choir');
});
afterAll(async () => {
  receiver?.close();
  await other?.close();
  await server?.close();
  await testDatabase?.drop();
});
beforeEach(() => at.forgetGuesses());

describe('later, the app', () => {
  const clientTools = () => ({
    ...at.tools,
    seal: createSeal(testSecret, secureRandom),
    complaintAbout: createComplaintAbout(server.issuer),
  });

  test('reads itself, changes itself with a new token each time, and removes itself', async () => {
    const app = await at.registerNew();
    expect(await at.manage(app, 'GET')).toMatchObject({ status: 200, body: app });
    const changed = await at.manage(app, 'PUT', changeOf(app, { client_name: 'Renamed', redirect_uris: ['https://new.example.org/cb'] }));
    expect(changed).toMatchObject({ status: 200, body: { client_name: 'Renamed', client_secret: app.client_secret } });
    expect(await findClient(server.database, app.client_id)).toMatchObject({
      name: 'Renamed',
      redirectUris: ['https://new.example.org/cb'],
    });
    const next = changed.body as Registered;
    expect(next.registration_access_token).not.toBe(app.registration_access_token);
    const stale = await at.manage(app, 'GET');
    expect([stale.status, stale.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Bearer /)]);
    expect((await at.manage(next, 'DELETE')).status).toBe(204);
    expect(await findClient(server.database, app.client_id)).toBeUndefined();
    for (const method of ['GET', 'DELETE']) expect((await at.manage(next, method)).status).toBe(401);
    const tokens = await server.database.raw(`select * from guestlist.oidc_payload where payload ->> 'clientId' = ?`, [app.client_id]);
    expect(tokens.rows).toEqual([]);
    expect((await server.database.raw('select * from guestlist.client_secret where client_id = ?', [app.client_id])).rows).toEqual([]);
  });

  test('gets a secret when it begins to need one, and loses it when it does not', async () => {
    const app = await at.registerNew({ token_endpoint_auth_method: 'none' });
    const withSecret = await at.manage(app, 'PUT', changeOf(app, { token_endpoint_auth_method: 'client_secret_post' }));
    expect(withSecret.body).toMatchObject({ client_secret: expect.stringMatching(/^[0-9a-f]{64}$/), client_secret_expires_at: 0 });
    const grant = async () => {
      const response = await fetch(`${server.issuer}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token: 'x',
          client_id: app.client_id,
          client_secret: String(withSecret.body['client_secret']),
        }),
      });
      return ((await response.json()) as { error: string }).error;
    };
    expect(await grant()).toBe('invalid_grant');
    const without = await at.manage(withSecret.body as Registered, 'PUT', changeOf(app, { token_endpoint_auth_method: 'none' }));
    expect(without.status).toBe(200);
    expect(without.body).not.toHaveProperty('client_secret');
    expect(await grant()).toBe('invalid_client');
  });

  test('cannot take another’s id, secret or times for its own', async () => {
    const [app, victim] = [await at.registerNew(), await at.registerNew()];
    for (const change of [
      { client_id: victim.client_id },
      { client_id: undefined },
      { client_secret: 'x'.repeat(64) },
      { client_secret: victim.client_secret },
      { client_secret_expires_at: 0 },
      { client_id_issued_at: 1 },
      { registration_access_token: app.registration_access_token },
    ])
      expect(await at.manage(app, 'PUT', changeOf(app, change))).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  test.each(['GET', 'PUT', 'DELETE'])('touches no other with its token: %s', async (method) => {
    const [app, victim] = [await at.registerNew(), await at.registerNew({ client_name: 'Victim' })];
    await server.addClient({ id: `by-hand-${method}`, redirectUris: ['https://hand.example.org/'] });
    const before = await findClient(server.database, victim.client_id);
    const answer = await at.manage(
      victim,
      method,
      method === 'PUT' ? changeOf(victim, { client_name: 'Taken' }) : undefined,
      app.registration_access_token,
    );
    expect([answer.status, answer.body['client_secret']]).toEqual([401, undefined]);
    expect(await findClient(server.database, victim.client_id)).toEqual(before);
    expect((await at.manage(victim, 'GET')).status).toBe(200);
    // Whoever tries that has lost their token to somebody: it is good for nothing any more.
    expect((await at.manage(app, 'GET')).status).toBe(401);
  });

  test('has no say over an app of the operator that has its id', async () => {
    const app = await at.registerNew();
    await server.database.raw('delete from guestlist.client where id = ?', [app.client_id]);
    await server.addClient({ id: app.client_id, redirectUris: ['https://hand.example.org/'] });
    for (const method of ['GET', 'DELETE']) expect((await at.manage(app, method)).status).toBe(401);
    expect((await at.manage(app, 'PUT', changeOf(app))).status).toBe(401);
    expect(await findClient(server.database, app.client_id)).toMatchObject({ redirectUris: ['https://hand.example.org/'] });
  });

  test('keeps what the operator narrowed, and the operator cannot make it special', async () => {
    const app = await at.registerNew();
    await changeClient(server.database, app.client_id, { ...clientTools(), change: { requiredGroup: 'choir' } });
    expect((await at.manage(app, 'PUT', changeOf(app, { client_name: 'Renamed' }))).status).toBe(200);
    expect(await findClient(server.database, app.client_id)).toMatchObject({ name: 'Renamed', requiredGroup: 'choir' });
    for (const change of [{ firstParty: true }, { withoutPkce: 'old' }, { mappings: [] }, { attachedGroups: ['choir'] }])
      await expect(changeClient(server.database, app.client_id, { ...clientTools(), change })).rejects.toMatchObject({
        code: 'client_invalid',
      });
  });

  test('is told nothing of the tokens of other apps', async () => {
    const member = createBrowser(server.issuer);
    await join(member, (await server.guestlist.invite({ groups: ['choir'] })).url, { email: 'member@example.org' });
    const trusted = await createRelyingApp(server, { id: 'trusted' });
    const { access_token: token } = await trusted.signInSilently(member);
    const app = await at.registerNew({ token_endpoint_auth_method: 'client_secret_post' });
    const { client_id, client_secret } = app;
    const body = new URLSearchParams({ token, client_id, client_secret });
    const answer = await (await fetch(`${server.issuer}/token/introspection`, { method: 'POST', body })).json();
    expect(answer).toEqual({ active: false });
    expect(await oidc.tokenIntrospection(trusted.config, token)).toMatchObject({ active: true });
  });
});

test('every server knows of it at once', async () => {
  const app = await at.registerNew();
  const findAt = async ({ registration_client_uri: uri, registration_access_token: token }: Registered) => {
    const headers = { host: new URL(server.issuer).host, authorization: `Bearer ${token}` };
    const { statusCode, body } = await request(`${other.origin}${new URL(uri).pathname}`, { headers });
    await body.dump();
    return statusCode;
  };
  expect(await findAt(app)).toBe(200);
  const { body } = await at.manage(app, 'PUT', changeOf(app, { client_name: 'Renamed' }));
  expect(await findAt(app)).toBe(401);
  expect(await findAt(body as Registered)).toBe(200);
  await at.manage(body as Registered, 'DELETE');
  expect(await findAt(body as Registered)).toBe(401);
});

test('keys are not fetched from a private network, but where the server is told to trust it', async () => {
  const { client_id } = await at.registerNew({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://shop.example.org/jwks' });
  // As if its name had been pointed at our own network since.
  const jwksUri = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/jwks`;
  await server.database.raw('update guestlist.client set jwks_uri = ? where id = ?', [jwksUri, client_id]);
  const { privateKey } = await generateKeyPair('ES256');
  const proveAt = async ({ origin }: TestServer) => {
    const assertion = new SignJWT({ jti: oidc.randomState() })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(client_id)
      .setSubject(client_id);
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_id,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertion.setAudience(server.issuer).setExpirationTime('1m').setIssuedAt().sign(privateKey),
    });
    const headers = { host: new URL(server.issuer).host, 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await request(`${origin}/token`, { method: 'POST', headers, body: body.toString() });
    return ((await answer.body.json()) as { error: string }).error;
  };
  expect(await proveAt(server)).toBe('invalid_client');
  expect(received).toBe(0);
  expect(await proveAt(other)).toBe('invalid_client');
  expect(received).toBe(1);
});
