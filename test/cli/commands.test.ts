/** Every command on a database of `DATABASE_URL`, as a person and as a program would read it. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openClientSecret } from '../../src/client/secret.ts';
import { listSecrets } from '../../src/client/secret-store.ts';
import { findClient } from '../../src/client/store.ts';
import { rollback } from '../../src/lib/migrate.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { createBrowser } from '../support/browser.ts';
import { databaseUrlOf, runCommand } from '../support/command.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { join } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { commandLine } from './guestlist.ts';

// Each command is a process, which takes a second of a busy machine.
vi.setConfig({ testTimeout: 60_000 });

/** The test server's, which shares the database. */
const secret = 'a secret for tests, 32 characters or more';
let testDatabase: TestDatabase;
let server: TestServer;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  server = await startTestServer({ on: testDatabase });
});
afterAll(async () => {
  await server?.close();
  await testDatabase?.drop();
});

const { guestlist, lines, json } = commandLine(() => ({
  DATABASE_URL: databaseUrlOf(testDatabase.connection),
  GUESTLIST_SECRET: secret,
  ISSUER: server.issuer,
}));

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const instant = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;

describe('on an empty database', () => {
  it('every list says that there is nothing', async () => {
    expect(await Promise.all([lines('group', 'list'), lines('invitation', 'list'), lines('account', 'list')])).toEqual([
      ['There is no group yet.'],
      ['There is no invitation yet.'],
      ['There is no account yet.'],
    ]);
    expect(await Promise.all([json('group', 'list'), json('invitation', 'list'), json('account', 'list')])).toEqual([[], [], []]);
  });
});

describe('groups and rights', () => {
  it('are made once, and listed with what they are for', async () => {
    expect(await lines('right', 'add', 'plan:edit', '--description', 'Change the plan')).toEqual(['The right plan:edit is there.']);
    expect(await json('right', 'add', 'door:open')).toEqual({ name: 'door:open', description: '' });
    expect(await lines('group', 'add', 'choir', '--name', 'Kammerchor Nord', '--right', 'plan:read', '--right', 'music:download')).toEqual([
      'The group choir is there.',
    ]);
    expect(await json('group', 'add', 'board', '--name', 'Vorstand', '--description', 'Decide')).toMatchObject({
      id: expect.stringMatching(uuid),
      slug: 'board',
      name: 'Vorstand',
      description: 'Decide',
      rights: [],
    });
    expect(await lines('right', 'attach', 'door:open', 'board')).toEqual(['board brings: door:open']);
    expect(await json('right', 'detach', 'door:open', 'board')).toMatchObject({ slug: 'board', rights: [] });
    expect(await lines('group', 'list')).toEqual([
      'board  Vorstand  (0 in it)',
      'choir  Kammerchor Nord  (0 in it)  music:download plan:read',
    ]);
    expect(await json('group', 'list')).toMatchObject([
      { slug: 'board', name: 'Vorstand', description: 'Decide', memberCount: 0, rights: [] },
      { slug: 'choir', memberCount: 0, rights: ['music:download', 'plan:read'] },
    ]);
  });
});

describe('an invitation', () => {
  it('is made, used through its link, looked at, and ended', async () => {
    const made = await json(
      'invite',
      '--group',
      'choir:manager',
      '--right',
      'door:open',
      '--max-uses',
      '2',
      '--expires',
      '12h',
      '--label',
      'May',
    );
    expect(made).toMatchObject({
      id: expect.stringMatching(uuid),
      url: expect.stringMatching(new RegExp(`^${server.issuer}/invite/[A-Za-z0-9_-]{22,}$`)),
      code: expect.stringMatching(/^[0-9A-Z]{4}(-[0-9A-Z]+)+$/),
      expiresAt: expect.stringMatching(instant),
      maxUses: 2,
      grants: ['choir:manager', 'door:open'],
      label: 'May',
      state: 'open',
      needsConfirming: false,
    });
    expect(Date.parse(made.expiresAt) - server.now().getTime()).toBeGreaterThan(11.9 * 3_600_000);
    expect(Date.parse(made.expiresAt) - server.now().getTime()).toBeLessThan(12 * 3_600_000);

    const browser = createBrowser(server.issuer);
    const byCode = await browser.submit(await browser.open('/'), 'Continue', { code: made.code });
    expect(byCode).toMatchObject({ status: 200, url: `${server.issuer}/invite` });
    expect((await join(createBrowser(server.issuer), made.url, { name: 'Ada Park', email: 'ada@example.org' })).heading).toBe('You’re in!');

    expect(await lines('invitation', 'list', '--limit', '1')).toEqual([`${made.id}  open         1/2  choir:manager door:open  May`]);
    expect(await json('invitation', 'show', made.id)).toMatchObject({
      id: made.id,
      state: 'open',
      usedCount: 1,
      maxUses: 2,
      label: 'May',
      grants: ['choir:manager', 'door:open'],
      redemptions: [{ email: 'ada@example.org', accountCreated: true, redeemedAt: expect.stringMatching(instant) }],
    });
    expect((await lines('invitation', 'show', made.id)).at(-1)).toMatch(/^ {2}\S+Z {2}ada@example\.org {2}\(new account\)$/);

    expect(await lines('invitation', 'revoke', made.id)).toEqual(['It is revoked: nobody can use it any more.']);
    expect(await json('invitation', 'revoke', made.id)).toEqual({ id: made.id, revoked: false });
    expect(await lines('invitation', 'revoke', made.id)).toEqual(['It was revoked before.']);
    expect((await json('invitation', 'list'))[0]).toMatchObject({ id: made.id, state: 'revoked' });
    expect((await createBrowser(server.issuer).open(made.url)).status).toBe(410);
  });

  it('says in plain lines what a person needs', async () => {
    const [url, code, rest, ...more] = await lines('invite', '--group', 'choir', '--max-uses', '30', '--expires', '2035-12-31');
    expect([url, code, rest, more]).toEqual([
      expect.stringMatching(/^http:\/\/localhost:\d+\/invite\/\S+$/),
      expect.stringMatching(/^Code: \S+$/),
      expect.stringMatching(/^For 30 people, until 2036-01-01T00:00:00\.000Z\. Id: \S+$/),
      [],
    ]);
    const single = await lines('invite', '--group', 'choir');
    expect(single[2]).toMatch(/^For one person, until /);
    const [, until = ''] = single[2]?.match(/until (\S+)\. Id/) ?? [];
    expect(Math.abs(Date.parse(until) - server.now().getTime() - 7 * 86_400_000)).toBeLessThan(60_000);
  });

  it('leads to an app that the operator names', async () => {
    await lines(
      'client',
      'add',
      'plan',
      '--redirect-uri',
      'https://plan.example.org/cb',
      '--initiate-login-uri',
      'https://plan.example.org/login',
    );
    const { url } = await json('invite', '--group', 'choir', '--app', 'plan');
    const done = await join(createBrowser(server.issuer), url, { email: 'bea@example.org' });
    expect(done.$('a[href^="https://plan.example.org/login?iss="]')).toHaveLength(1);
  });
});

describe('an account', () => {
  it('is listed, and shown with what apps learn', async () => {
    const accounts = await json('account', 'list');
    expect(accounts.map(({ email }: { email: string }) => email)).toEqual(['bea@example.org', 'ada@example.org']);
    const { id } = accounts[1];
    expect(accounts[1]).toMatchObject({
      id: expect.stringMatching(uuid),
      name: 'Ada Park',
      email: 'ada@example.org',
      emailVerified: false,
      otherEmails: [],
      createdAt: expect.stringMatching(instant),
    });
    expect(await lines('account', 'list', '--limit', '1')).toEqual([expect.stringMatching(/ {2}bea@example\.org {2}/)]);
    expect(await lines('account', 'show', 'ADA@Example.org')).toEqual([
      `Ada Park <ada@example.org>  ${id}`,
      '  ada@example.org: not verified',
      expect.stringMatching(/^ {2}came by invitation \S+$/),
      '  groups: choir',
      '  roles: choir:manager',
      '  entitlements: door:open music:download plan:read',
    ]);
    expect(await json('account', 'show', 'ada@example.org')).toMatchObject({
      id,
      groups: ['choir'],
      roles: ['choir:manager'],
      entitlements: ['door:open', 'music:download', 'plan:read'],
    });
  });
});

describe('an app', () => {
  it('gets a secret, printed once and sealed in the database', async () => {
    const answer = await json('client', 'add', 'wiki', '--redirect-uri', 'https://wiki.example.org/cb', '--first-party', '--name', 'Wiki');
    expect(answer).toEqual({ client_id: 'wiki', client_secret: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const stored = await findClient(testDatabase.database, 'wiki');
    expect(stored).toMatchObject({ name: 'Wiki', firstParty: true, redirectUris: ['https://wiki.example.org/cb'] });
    const [kept] = await listSecrets(testDatabase.database, 'wiki', new Date());
    expect(kept && openClientSecret(createSeal(secret, secureRandom), 'wiki', kept)).toBe(answer.client_secret);
    expect(await placesWith(answer.client_secret)).toEqual([]);
    expect(await placesWith('https://wiki.example.org/cb')).toEqual(['client']);
  });

  it('shows its secret in plain lines, and has none when it is public', async () => {
    expect(
      await lines('client', 'add', 'shop', '--redirect-uri', 'https://shop.example.org/a', '--redirect-uri', 'https://shop.example.org/b'),
    ).toEqual(['The app shop is registered.', expect.stringMatching(/^client_secret: [0-9a-f]{64}$/), 'It is not shown again.']);
    expect(await json('client', 'add', 'phone', '--public', '--redirect-uri', 'org.example.phone:/cb')).toEqual({ client_id: 'phone' });
    expect(await findClient(testDatabase.database, 'shop')).toMatchObject({
      redirectUris: ['https://shop.example.org/a', 'https://shop.example.org/b'],
    });
  });
});

/** Tables with this text in any column, as text or as the bytes of it. */
async function placesWith(text: string): Promise<string[]> {
  const { rows: tables } = await testDatabase.database.raw("select tablename from pg_tables where schemaname = 'guestlist'");
  const found: string[] = [];
  for (const { tablename } of tables) {
    const { rows } = await testDatabase.database.raw(
      'select from guestlist.:table: t where position(:text in cast(t as text)) > 0 or position(:bytes in cast(t as text)) > 0 limit 1',
      { table: tablename, text, bytes: Buffer.from(text).toString('hex') },
    );
    if (rows.length > 0) found.push(tablename);
  }
  return found;
}

describe('bootstrap', () => {
  it('prints an invitation that makes an admin, for an hour and once', async () => {
    const [url, until] = await lines('bootstrap');
    expect(until).toMatch(/^Valid until \S+Z, once\.$/);
    await join(createBrowser(server.issuer), url ?? '', { email: 'admin@example.org' });
    expect((await json('account', 'show', 'admin@example.org')).entitlements).toEqual(['guestlist:admin']);

    const { id, expiresAt } = await json('bootstrap');
    expect(Math.abs(Date.parse(expiresAt) - server.now().getTime() - 3_600_000)).toBeLessThan(60_000);
    expect(await json('invitation', 'show', id)).toMatchObject({ maxUses: 1, grants: ['guestlist:admin'] });
  });
});

describe('migrate', () => {
  it('does what is missing, and the second time nothing', async () => {
    const fresh = await createTestDatabase();
    try {
      await rollback(fresh.database);
      const environment = { DATABASE_URL: databaseUrlOf(fresh.connection) };
      const first = await runCommand(['migrate', '--json'], environment);
      expect(JSON.parse(first.stdout).migrated).toContain('0001_start');
      expect(await runCommand(['migrate'], environment)).toEqual({ exitCode: 0, stdout: 'The database is up to date.\n', stderr: '' });
    } finally {
      await fresh.drop();
    }
  });
});

describe('changing an invitation', () => {
  it('moves its beginning and its places, and refuses fewer than are used', async () => {
    await guestlist('group', 'add', 'changing', '--name', 'Changing');
    const { id, url } = await json('invite', '--group', 'changing', '--starts', '1h');
    expect((await json('invitation', 'show', id)).state).toBe('not_started');
    expect(await json('invitation', 'change', id, '--max-uses', '3', '--expires', '9d')).toMatchObject({
      state: 'not_started',
      maxUses: 3,
    });
    server.pass(3_700);
    await join(createBrowser(server.issuer), url, { email: 'changing-1@example.org' });
    await join(createBrowser(server.issuer), url, { email: 'changing-2@example.org' });
    const refused = await guestlist('invitation', 'change', id, '--max-uses', '1');
    expect(refused).toMatchObject({ exitCode: 1, stderr: '2 people have used it already: there cannot be fewer places.\n' });
    expect((await guestlist('invitation', 'change', id)).exitCode).toBe(2);
  });
});
