/** Apps as the provider finds them: their secrets, their going, and subjects that no two of them share. */
import { randomBytes } from 'node:crypto';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addClient, changeClient, removeClient, rotateSecret } from '../../src/client/manage.ts';
import { openClientSecret } from '../../src/client/secret.ts';
import { listSecrets } from '../../src/client/secret-store.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { createComplaintAbout } from '../../src/oidc/clients.ts';
import { previewFor } from '../../src/server/preview.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { testSecret } from '../support/mail.ts';
import { join } from '../support/people.ts';
import { createRelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let member: Browser;
let accountId: string;
const seal = createSeal(testSecret, secureRandom);

beforeAll(async () => {
  server = await startTestServer();
  await server.addGroup('choir');
  member = createBrowser(server.issuer);
  await join(member, (await server.guestlist.invite({ groups: ['choir'] })).url, { email: 'member@example.org' });
  const { rows } = await server.database.raw('select account_id from guestlist.account_email');
  accountId = rows[0].account_id;
});
afterAll(() => server?.close());

const toolsAt = (clock: () => Date) => ({
  ...{ clock, random: secureRandom, seal, actor: 'operator' },
  complaintAbout: createComplaintAbout(server.issuer),
});
const redirectUris = ['https://plain.example.org/cb'];

test('a new secret ends the others at once, even if the clock here is behind that of whoever made them', async () => {
  const now = new Date();
  const tools = toolsAt(() => now);
  await addClient(
    server.database,
    { id: 'skewed', redirectUris },
    toolsAt(() => new Date(now.getTime() + 60_000)),
  );
  const { clientSecret } = await rotateSecret(server.database, 'skewed', { ...tools, overlapSeconds: 0 });
  const good = await listSecrets(server.database, 'skewed', new Date(now.getTime() + 120_000));
  expect(good.map((secret) => openClientSecret(seal, 'skewed', secret))).toEqual([clientSecret]);
});

test('with an app goes what people allowed it: its tokens are nothing, and another app of that id begins anew', async () => {
  const asking = await createRelyingApp(server, { id: 'asking' });
  const gone = await createRelyingApp(server, { id: 'gone', firstParty: false });
  const flow = await gone.begin();
  const tokens = await flow.finish(await member.submit(await member.open(flow.url), 'allow'));
  expect(await oidc.tokenIntrospection(asking.config, tokens.access_token)).toMatchObject({ active: true });
  await removeClient(server.database, 'gone', toolsAt(server.now));
  expect(await oidc.tokenIntrospection(asking.config, tokens.access_token)).toEqual({ active: false });
  const { rows } = await server.database.raw(`select kind from guestlist.oidc_payload where payload ->> 'clientId' = 'gone'`);
  expect(rows).toEqual([]);

  const next = await createRelyingApp(server, { id: 'gone', firstParty: false });
  const silent = await member.open((await next.begin({ prompt: 'none' })).url);
  expect(silent.leftFor?.searchParams.get('error')).toBe('consent_required');
});

test.each(['guestlist', 'guestlist-account'])('%s is an app of ours, and nobody else’s', async (id) => {
  const adding = addClient(server.database, { id, redirectUris }, toolsAt(server.now));
  await expect(adding).rejects.toMatchObject({ code: 'client_invalid' });
});

test('apps on a device are no neighbours: their subjects differ, though their addresses look the same', async () => {
  const subjects: string[] = [];
  for (const redirectUri of ['http://127.0.0.1/cb', 'http://127.0.0.1/cb', 'org.example.one:/cb', 'org.example.two:/cb']) {
    const id = `device-${randomBytes(4).toString('hex')}`;
    await server.addClient({ id, authMethod: 'none', pairwise: true, redirectUris: [redirectUri] });
    const wish = { clientId: id, accountId, scope: 'openid' };
    const tools = { database: server.database, clock: server.now, random: secureRandom, issuer: server.issuer, secret: testSecret };
    subjects.push(String((await previewFor(tools, wish)).idToken?.payload['sub']));
  }
  expect(new Set(subjects).size).toBe(4);
});

test('an app that changes how it proves itself is rid of what it proved itself with', async () => {
  const { publicKey } = await import('jose').then(({ generateKeyPair }) => generateKeyPair('ES256', { extractable: true }));
  const jwks = { keys: [await import('jose').then(({ exportJWK }) => exportJWK(publicKey))] };
  const jwksUri = 'https://plain.example.org/jwks';
  const change = async (wish: object) => (await changeClient(server.database, 'moving', { ...toolsAt(server.now), change: wish })).client;
  await addClient(server.database, { id: 'moving', redirectUris, authMethod: 'private_key_jwt', jwks }, toolsAt(server.now));
  expect(await change({ jwksUri })).toMatchObject({ jwks: undefined, jwksUri });
  expect(await change({ jwks })).toMatchObject({ jwks, jwksUri: undefined });
  expect(await change({ authMethod: 'client_secret_basic' })).toMatchObject({ jwks: undefined, jwksUri: undefined });
});

test('a change of one lifetime leaves the others as they are', async () => {
  const { database } = server;
  const lifetimes = { idTokenSeconds: 300, accessTokenSeconds: 120 };
  await addClient(database, { id: 'lasting', redirectUris, lifetimes }, toolsAt(server.now));
  const { client } = await changeClient(database, 'lasting', {
    ...toolsAt(server.now),
    change: { lifetimes: { refreshTokenSeconds: 3_600 } },
  });
  expect(client.lifetimes).toEqual({ idTokenSeconds: 300, accessTokenSeconds: 120, refreshTokenSeconds: 3_600 });
});
