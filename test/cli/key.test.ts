/** `guestlist key`, beside a server that runs; and apps that are registered for an algorithm. */
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { findClient } from '../../src/client/store.ts';
import { noticeSeconds, waitSeconds } from '../../src/oidc/key-state.ts';
import { createBrowser } from '../support/browser.ts';
import { databaseUrlOf } from '../support/command.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testSecret } from '../support/mail.ts';
import { join } from '../support/people.ts';
import { createRelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { commandLine, settingsFor } from './guestlist.ts';

vi.setConfig({ testTimeout: 60_000 });

let testDatabase: TestDatabase;
let server: TestServer;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  await server?.close();
  await testDatabase?.drop();
});

const settings = (secret = testSecret) => ({ DATABASE_URL: databaseUrlOf(testDatabase.connection), GUESTLIST_SECRET: secret });
const { guestlist, lines, json } = commandLine(() => settings());

type Listed = { readonly id: string; readonly algorithm: string; readonly state: string; readonly signsFrom: string };
const listed = async (): Promise<Listed[]> => json('key', 'list');
const published = async (): Promise<string[]> => {
  const { keys } = (await (await fetch(`${server.issuer}/jwks`)).json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
};

it('lists the keys, which are made if no server did so yet, and shows nothing of their private parts', async () => {
  const keys = await listed();
  expect(keys.map(({ algorithm, state }) => [algorithm, state]).toSorted()).toEqual([
    ['ES256', 'signing'],
    ['EdDSA', 'signing'],
    ['PS256', 'signing'],
    ['RS256', 'signing'],
  ]);
  for (const key of keys) expect(Object.keys(key).toSorted()).toEqual(['algorithm', 'createdAt', 'id', 'signsFrom', 'state']);
  server = await startTestServer({ on: testDatabase });
  expect((await published()).toSorted()).toEqual(keys.map(({ id }) => id).toSorted());
  for (const line of await lines('key', 'list'))
    expect(line).toMatch(/^[\w-]{43} {2}(RS256|ES256|PS256|EdDSA) {2}signing {3}signs since \d{4}-\S+Z$/);
});

it('rotates, and the server that runs publishes the new keys; asked again, it says that they wait', async () => {
  const rotated = await lines('key', 'rotate');
  expect(rotated).toHaveLength(4);
  for (const line of rotated) expect(line).toMatch(/^[\w-]{43} {2}\w+ {2}is published, signs from \d{4}-\S+Z$/);
  server.pass(noticeSeconds + 1);
  expect(await published()).toHaveLength(8);
  for (const { isNew, signsFrom } of await json('key', 'rotate')) {
    expect(isNew).toBe(false);
    expect(Date.parse(signsFrom) - server.now().getTime()).toBeLessThanOrEqual(waitSeconds * 1000);
  }
  expect(await lines('key', 'rotate', '--alg', 'RS256')).toEqual([expect.stringMatching(/RS256 {2}was published before, signs from /)]);
  expect((await listed()).map(({ state }) => state).toSorted()).toEqual([...Array(4).fill('signing'), ...Array(4).fill('waiting')]);
  expect((await lines('key', 'list')).filter((line) => /waiting {3}published since \S+Z, signs from \S+Z$/.test(line))).toHaveLength(4);
  expect((await lines('key', 'list')).filter((line) => /signing {3}signs since \S+Z until \S+Z$/.test(line))).toHaveLength(4);
});

it('with --now takes the keys of these algorithms away, and says in its help what that breaks', async () => {
  const before = await listed();
  const rotated = await json('key', 'rotate', '--now', '--alg', 'ES256', '--alg', 'EdDSA', '--alg', 'ES256');
  expect(rotated.map(({ algorithm }: Listed) => algorithm)).toEqual(['ES256', 'EdDSA']);
  server.pass(noticeSeconds + 1);
  const gone = before.filter(({ algorithm }) => algorithm.startsWith('E')).map(({ id }) => id);
  const now = await published();
  expect(now.filter((id) => gone.includes(id))).toEqual([]);
  expect(now).toHaveLength(6);
  expect(
    (await listed())
      .filter(({ state }) => state === 'retired')
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(gone.toSorted());
  const { stdout } = await guestlist('key', 'rotate', '--help');
  expect(stdout).toMatch(/With --now, whatever the old keys signed is refused/);
});

it('refuses an algorithm that there is none of, and a wrong secret, and changes nothing', async () => {
  const before = await listed();
  expect(await guestlist('key', 'rotate', '--alg', 'HS256')).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/RS256, ES256/) });
  const other = commandLine(() => settings(`${testSecret}?`));
  expect(await other.guestlist('key', 'rotate', '--now')).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/GUESTLIST_SECRET/) });
  expect(await listed()).toEqual(before);
});

it('registers an app for an algorithm, RS256 if it names none', async () => {
  const add = (id: string, ...more: string[]) => lines('client', 'add', id, '--redirect-uri', `https://${id}.example.org/cb`, ...more);
  await add('plain');
  await add('modern', '--signing-alg', 'EdDSA');
  expect(await findClient(testDatabase.database, 'plain')).toMatchObject({ signingAlg: 'RS256' });
  expect(await findClient(testDatabase.database, 'modern')).toMatchObject({ signingAlg: 'EdDSA' });
  const call = ['client', 'add', 'none', '--redirect-uri', 'https://none.example.org/', '--signing-alg', 'none'];
  expect(await guestlist(...call)).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/--signing-alg/) });
});

it('leaves a record of every key, by whom it was made and ended', async () => {
  const events = (await json('audit', 'list')).filter(({ action }: { action: string }) => action.startsWith('key.'));
  const counts = Map.groupBy(events, ({ actor, action }: { actor: string; action: string }) => `${actor} ${action}`);
  expect(Object.fromEntries([...counts].map(([name, list]) => [name, list.length]))).toEqual({
    'operator key.created': 4 + 2,
    'operator key.retired': 4,
  });
});

it('a sign-in is signed with the key that the list says', async () => {
  await server.addGroup('choir');
  const app = await createRelyingApp(server, { id: 'listed', signingAlg: 'EdDSA' });
  const browser = createBrowser(server.issuer);
  await join(browser, (await server.guestlist.invite({ groups: ['choir'] })).url, { email: 'ada@example.org' });
  const { id_token = '' } = await app.signInSilently(browser);
  const signing = (await listed()).find(({ algorithm, state }) => algorithm === 'EdDSA' && state === 'signing');
  expect(decodeProtectedHeader(id_token)).toMatchObject({ alg: 'EdDSA', kid: signing?.id });
});

it('a server elsewhere lists and rotates its keys just so', async () => {
  const settingsElsewhere = await settingsFor('against a server', server);
  const elsewhere = commandLine(() => settingsElsewhere);
  expect(await elsewhere.json('key', 'list')).toEqual(await listed());
  expect(await elsewhere.lines('key', 'list')).toEqual(await lines('key', 'list'));
  expect(await elsewhere.lines('key', 'rotate', '--alg', 'RS256')).toEqual([
    expect.stringMatching(/RS256 {2}was published before, signs from /),
  ]);
  const [made] = await elsewhere.json('key', 'rotate', '--now', '--alg', 'ES256', '--alg', 'ES256');
  expect(made).toMatchObject({ algorithm: 'ES256', isNew: true });
  expect((await elsewhere.json('key', 'list')).find(({ id }: Listed) => id === made.id)).toMatchObject({ state: 'signing' });
  expect(await elsewhere.guestlist('key', 'rotate', '--alg', 'none')).toMatchObject({ exitCode: 2 });
});
