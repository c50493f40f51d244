/** Tokens for a named API: RFC 8707 and RFC 9068. */
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Browser, createBrowser } from '../support/browser.ts';
import { join } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let app: RelyingApp;
let member: Browser;

beforeAll(async () => {
  server = await startTestServer();
  await server.addGroup('choir', { rights: ['plan:read'] });
  app = await createRelyingApp(server, { resources: ['https://api.example.org/'] });
  member = createBrowser(server.issuer);
  await join(member, (await server.guestlist.invite({ groups: ['choir:manager'] })).url, { email: 'member@example.org' });
});
afterAll(() => server?.close());

const claimsOfChoir = { groups: ['choir'], roles: ['choir:manager'], entitlements: ['plan:read'] };

test('a named resource gets a JWT access token that says who is in what', async () => {
  const tokens = await app.signInSilently(member, { resource: 'https://api.example.org/' });
  const keys = createRemoteJWKSet(new URL(app.config.serverMetadata().jwks_uri ?? ''));
  const { payload, protectedHeader } = await jwtVerify(tokens.access_token, keys, {
    issuer: server.issuer,
    audience: 'https://api.example.org/',
    typ: 'at+jwt',
  });
  expect(protectedHeader.alg).toBe('RS256');
  expect(payload).toMatchObject({ client_id: 'app', ...claimsOfChoir });
  const quiet = await app.signInSilently(member, { resource: 'https://api.example.org/', scope: 'openid' });
  expect((await jwtVerify(quiet.access_token, keys)).payload).not.toHaveProperty('groups');
  const { leftFor } = await member.open((await app.begin({ prompt: 'none', resource: 'https://elsewhere.example.net/' })).url);
  expect(leftFor?.searchParams.get('error')).toBe('invalid_target');
});

test('scopes of an API reach its token, and no other', async () => {
  const reader = await createRelyingApp(server, {
    id: 'reader',
    resources: ['https://files.example.org/'],
    scope: 'openid groups files:read files:list',
  });
  const tokens = await reader.signInSilently(member, { scope: 'openid files:read files:write', resource: 'https://files.example.org/' });
  const keys = createRemoteJWKSet(new URL(app.config.serverMetadata().jwks_uri ?? ''));
  const { payload } = await jwtVerify(tokens.access_token, keys, { audience: 'https://files.example.org/' });
  expect(payload['scope']).toBe('files:read');
});
