/** `guestlist mail`: whether mail leaves the house, and what became of it. */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { queueMail } from '../../src/mail/outbox.ts';
import { type MailServer, parse, startMailServer } from '../mail/mail-server.ts';
import { databaseUrlOf, runCommand } from '../support/command.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testSecret } from '../support/mail.ts';
import { startTestServer } from '../support/server.ts';
import { settingsFor } from './guestlist.ts';

vi.setConfig({ testTimeout: 60_000 });

let own: TestDatabase;
let server: MailServer | undefined;

beforeAll(async () => {
  own = await createTestDatabase();
});
afterEach(async () => {
  await server?.close();
  server = undefined;
});
afterAll(() => own?.drop());

const from = { MAIL_FROM: 'Choir <choir@example.org>', ISSUER: 'https://op.example.org/oidc', BRAND: 'Chor & Co <x>' };
/** No database is needed to try the mail server. */
const sendTest = (url: string, ...args: string[]) =>
  runCommand(['mail', 'test', ...args], { ...from, SMTP_URL: url, DATABASE_URL: 'postgres://nobody@localhost:1/none' });
const list = (...args: string[]) =>
  runCommand(['mail', 'list', ...args], { DATABASE_URL: databaseUrlOf(own.connection), GUESTLIST_SECRET: testSecret });

it('sends a test mail now, and says what the mail server said', async () => {
  server = await startMailServer();
  const { exitCode, stdout, stderr } = await sendTest(server.url, 'ada@example.org');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/^The mail server has taken it: 250 .*\n$/);
  expect(server.arrived.map(({ recipients }) => recipients)).toEqual([['ada@example.org']]);
  const mail = await parse(server.arrived[0] ?? { recipients: [], raw: '' });
  expect(mail).toMatchObject({ from: { address: 'choir@example.org', name: 'Choir' }, subject: 'Chor & Co <x>: a test' });
  expect(mail.messageId).toMatch(/^<[0-9a-f-]{36}@op\.example\.org>$/);
  expect(mail.html).not.toContain('<x>');
  expect(mail.text).toContain('https://op.example.org/oidc');
});

it('ends with 1 where the mail server does not take it, and says why', async () => {
  server = await startMailServer({ onRecipient: () => ({ code: 550, text: '5.1.1 No such user here' }) });
  const refused = await sendTest(server.url, 'ada@example.org');
  expect(refused).toMatchObject({
    exitCode: 1,
    stderr: '',
    stdout: expect.stringMatching(/^The mail was not sent: .*550 5\.1\.1 No such user here/),
  });
  const json = await sendTest(server.url, 'ada@example.org', '--json');
  expect(json.exitCode).toBe(1);
  expect(JSON.parse(json.stdout)).toEqual({ to: 'ada@example.org', sent: false, answer: expect.stringContaining('550 5.1.1') });
});

it('ends with 1 where there is no mail server, and tells no password', async () => {
  server = await startMailServer();
  const { port } = server;
  await server.close();
  const answer = await sendTest(`smtp://ada:hunter2@127.0.0.1:${port}`, 'ada@example.org');
  expect(answer).toMatchObject({ exitCode: 1, stderr: '', stdout: expect.stringContaining('ECONNREFUSED') });
  expect(answer.stdout).not.toContain('hunter2');
});

it.each([
  [['test', 'ada@example.org'], /SMTP_URL is needed/],
  [['test', 'ada@example.org, eve@example.org'], /one e-mail address/],
  [['test', 'ada'], /one e-mail address/],
  [['test'], /missing required argument/],
  [['list', '--limit', '0'], /whole number/],
])('a mistake in the call or the settings ends with 2: %j', async (args, message) => {
  const answer = await runCommand(['mail', ...args], { DATABASE_URL: 'postgres://nobody@localhost:1/none' });
  expect(answer).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(message) });
});

it('lists what became of the newest mails, and nothing of what they say', async () => {
  expect(await list()).toEqual({ exitCode: 0, stdout: 'There is no mail yet.\n', stderr: '' });
  const at = (minute: number) => new Date(Date.UTC(2026, 4, 4, 10, minute));
  const seal = createSeal(testSecret, secureRandom);
  const ends = {
    sent: 'sent_at = queued_at, attempts = 1, sealed = null',
    failed: `failed_at = queued_at, failure = '550 5.1.1', attempts = 3, sealed = null`,
    cancelled: 'cancelled_at = queued_at, sealed = null',
    later: `next_attempt_at = queued_at + interval '4 minutes', attempts = 2`,
    new: 'attempts = 0',
  };
  for (const [index, [name, change]] of Object.entries(ends).entries()) {
    const mail = { kind: 'invited', to: `${name}@example.org`, subject: 'You are invited', text: 'sesame', html: 'sesame', secret: true };
    await queueMail(own.database, mail, { now: at(index), random: secureRandom, seal });
    await own.database.raw(`update guestlist.mail set ${change} where to_address = ?`, [mail.to]);
  }
  const { stdout } = await list();
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^[0-9a-f-]{36} {2}/, ''));
  expect(lines).toEqual([
    '2026-05-04T10:04:00.000Z  invited   new@example.org  waits, 0 tries',
    '2026-05-04T10:03:00.000Z  invited   later@example.org  waits until 2026-05-04T10:07:00.000Z, 2 tries',
    '2026-05-04T10:02:00.000Z  invited   cancelled@example.org  cancelled 2026-05-04T10:02:00.000Z, 0 tries',
    '2026-05-04T10:01:00.000Z  invited   failed@example.org  failed 2026-05-04T10:01:00.000Z, 3 tries: 550 5.1.1',
    '2026-05-04T10:00:00.000Z  invited   sent@example.org  sent 2026-05-04T10:00:00.000Z, 1 try',
  ]);
  const json = JSON.parse((await list('--limit', '2', '--json')).stdout);
  expect(json.map(({ to }: { to: string }) => to)).toEqual(['new@example.org', 'later@example.org']);
  expect(Object.keys(json[0])).toEqual(
    expect.arrayContaining(['attempts', 'cancelledAt', 'failedAt', 'failure', 'id', 'kind', 'nextAttemptAt', 'queuedAt', 'sentAt', 'to']),
  );
  expect(JSON.stringify(json) + stdout).not.toContain('sesame');
});

it('of a server elsewhere the same is told; a test mail goes its way, and one that was given up is tried again', async () => {
  const elsewhere = await startTestServer();
  try {
    const [here, there] = [await settingsFor('on the database', elsewhere), await settingsFor('against a server', elsewhere)];
    const mail = (settings: typeof here, ...args: string[]) => runCommand(['mail', ...args], settings);
    const queued = await mail(there, 'test', 'ada@example.org', '--wait', '0');
    expect(queued).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringMatching(/^It waits still\.\n/) });
    const [{ id }] = JSON.parse((await mail(there, 'list', '--json')).stdout);
    await elsewhere.database.raw("update guestlist.mail set failed_at = now(), failure = '550 5.1.1', attempts = 2 where id = ?", [id]);
    for (const args of [['list'], ['list', '--json', '--state', 'failed', '--to', 'ada@example.org'], ['show', id]]) {
      const answer = await mail(there, ...args);
      expect(answer).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('550 5.1.1') });
      expect(await mail(here, ...args)).toEqual(answer);
    }
    expect((await mail(there, 'show', id)).stdout).toContain(`guestlist mail retry ${id}`);
    expect((await mail(there, 'retry', id)).stdout).toMatch(/^A running server sends it now\.\n.*waits/);
    await elsewhere.database.raw('update guestlist.mail set sent_at = now() where id = ?', [id]);
    expect(await mail(here, 'retry', id)).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/nothing to try again/) });
    expect(await mail(there, 'show', 'nonsense')).toMatchObject({ exitCode: 1, stderr: 'There is no mail with this id.\n' });
  } finally {
    await elsewhere.close();
  }
});
