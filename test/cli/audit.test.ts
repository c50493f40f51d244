/** The audit record by command: listed, proven, and refused with 1 when it is not what it was. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { addGroup, grantTo } from '../../src/group/manage.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { databaseUrlOf, runCommand } from '../support/command.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testSecret } from '../support/mail.ts';
import { startTestServer } from '../support/server.ts';
import { settingsFor } from './guestlist.ts';

// Each command is a process, which takes a second of a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let own: TestDatabase;
const tools = { clock: systemClock, random: secureRandom };

beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own?.drop());

const guestlist = (...args: string[]) =>
  runCommand(['audit', ...args], { DATABASE_URL: databaseUrlOf(own.connection), GUESTLIST_SECRET: testSecret });

const instant = String.raw`\d{4}-\d{2}-\d{2}T[\d:.]+Z`;

it('of an empty record both say so', async () => {
  expect(await guestlist('list')).toEqual({ exitCode: 0, stdout: 'There is no entry yet.\n', stderr: '' });
  expect(JSON.parse((await guestlist('list', '--json')).stdout)).toEqual([]);
  expect(await guestlist('verify')).toEqual({ exitCode: 0, stdout: 'There is no entry yet.\n', stderr: '' });
  expect(JSON.parse((await guestlist('verify', '--json')).stdout)).toEqual({ whole: true, eventCount: 0 });
});

it('lists what was done, newest first, of all or of one', async () => {
  const { id } = await addGroup(own.database, { slug: 'choir', name: 'Chœur', description: '', rights: [] }, tools);
  await grantTo(own.database, { groups: ['choir'] }, { ...tools, accountId: 'ada', actor: 'ivy' });
  const { exitCode, stdout } = await guestlist('list');
  expect(exitCode).toBe(0);
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(new RegExp(`^${instant}  ivy  grant\\.added  ada  \\{"grants":\\["choir:member"\\]\\}$`)),
    expect.stringMatching(new RegExp(`^${instant}  operator  group\\.created  ${id}  \\{.*"slug":"choir".*\\}$`)),
    '',
  ]);
  expect((await guestlist('list', '--limit', '1')).stdout).toMatch(/ grant\.added [^\n]*\n$/);
  expect(JSON.parse((await guestlist('list', '--subject', 'ada', '--json')).stdout)).toMatchObject([
    {
      id: expect.any(String),
      at: expect.stringMatching(new RegExp(`^${instant}$`)),
      actor: 'ivy',
      action: 'grant.added',
      subject: 'ada',
      detail: { grants: ['choir:member'] },
    },
  ]);
  expect((await guestlist('list', '--subject', 'nobody')).stdout).toBe('There is no entry yet.\n');
});

it('proves the record and prints a head; with it, also that the end is still there', async () => {
  const { exitCode, stdout } = await guestlist('verify');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^Nothing was changed or removed\. Entries: 2\nHead: 2:[0-9a-f]{64}\n/);
  const head = /Head: (\S+)/.exec(stdout)?.[1] ?? '';
  const kept = await guestlist('verify', '--head', head, '--json');
  expect(kept.exitCode).toBe(0);
  expect(JSON.parse(kept.stdout)).toEqual({ whole: true, eventCount: 2, head });

  const cut = await guestlist('verify', '--head', head.replace('2:', '3:'));
  expect(cut.exitCode).toBe(1);
  expect(cut.stdout).toMatch(/^Entry 3 does not have this head: .*\nAs far as entry 2 nothing was changed\.\n$/);
});

it('says what is broken, and ends with 1', async () => {
  const { database } = own;
  const { rows } = await database.raw('select event_id as id from guestlist.audit_link where seq = 2');
  await database.raw(`
    alter table guestlist.audit_event disable trigger user;
    update guestlist.audit_event set actor = 'bob' where actor = 'ivy'`);
  expect(await guestlist('verify')).toEqual({
    exitCode: 1,
    stdout: `Entry 2 is not what it was when it was written: ${rows[0].id}\nAs far as entry 1 nothing was changed.\n`,
    stderr: '',
  });
  const { exitCode, stdout } = await guestlist('verify', '--json');
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toEqual({
    whole: false,
    eventCount: 1,
    head: expect.stringMatching(/^1:[0-9a-f]{64}$/),
    break: { kind: 'changed', seq: 2, eventId: rows[0].id },
  });
});

it.each([
  [['verify', '--head', '2:abc'], /'--head <seq:hash>'.*64 hexadecimal digits/],
  [['list', '--limit', '0'], /'--limit <n>'.*whole number/],
  [['dance'], /unknown command 'dance'/],
])('a mistake in the call ends with 2: %j', async (args, message) => {
  expect(await guestlist(...args)).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(message) });
});

it('of a server elsewhere the same is told, proven and exported', async () => {
  const elsewhere = await startTestServer();
  try {
    await elsewhere.addGroup('choir');
    const [here, there] = [await settingsFor('on the database', elsewhere), await settingsFor('against a server', elsewhere)];
    const audit = (settings: typeof here, ...args: string[]) => runCommand(['audit', ...args], settings);
    for (const args of [
      ['list', '--json'],
      ['list', '--action', 'group.created', '--actor', 'operator', '--after', '2020-01-01'],
      ['verify'],
    ]) {
      const answer = await audit(there, ...args);
      expect(answer).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringMatching(/group\.created|Entries: /) });
      expect(await audit(here, ...args)).toEqual(answer);
    }
    const jsonl = await audit(there, 'export', '--action', 'group.created');
    expect(JSON.parse(jsonl.stdout)).toMatchObject({ action: 'group.created', detail: { slug: 'choir' } });
    expect(await audit(here, 'export', '--action', 'group.created')).toEqual(jsonl);
    expect((await audit(there, 'export', '--format', 'csv', '--before', '2020-01-01')).stdout).toMatch(/^"seq","id","at",[^\n]*\n$/);
    expect((await audit(there, 'list', '--limit', '2')).stdout).toContain('audit.exported');
  } finally {
    await elsewhere.close();
  }
});
