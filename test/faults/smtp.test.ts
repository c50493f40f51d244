/** The mail server away, and workers killed while they send: no mail is lost, and none goes out twice for nothing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it, vi } from 'vitest';
import { secureRandom } from '../../src/lib/random.ts';
import { queueMail } from '../../src/mail/outbox.ts';
import { type MailServer, messageIds, parse, startMailServer } from '../mail/mail-server.ts';
import { lookForDueMail, startPosting } from '../mail/posting.ts';
import { databaseUrlOf, runCommand, shellEnvironment } from '../support/command.ts';
import { createTestDatabase } from '../support/database.ts';
import { count } from '../support/invariants.ts';
import { testSecret } from '../support/mail.ts';
import { cleanUp, freePort, newDataDir, startServerProcess } from '../support/process.ts';
import { whereFound } from '../support/scan.ts';
import { startTestServer } from '../support/server.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });

const children: ChildProcess[] = [];
const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) await killed(child);
  await cleanUp();
  for (const end of ends.splice(0).reverse()) await end();
});

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** `guestlist worker` in a process of its own. */
async function startWorkerProcess(environment: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const child = spawn(process.execPath, [main, 'worker'], {
    env: { ...shellEnvironment, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(([code]) => Promise.reject(new Error(`ended with ${code}`)))]);
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function mailServerThat(...given: Parameters<typeof startMailServer>): Promise<MailServer> {
  const server = await startMailServer(...given);
  ends.push(server.close);
  return server;
}

const from = { MAIL_FROM: 'Choir <choir@example.org>', GUESTLIST_SECRET: testSecret };
const unsent = 'mail where sent_at is null';

it('the mail server is down while a hundred are invited, and then comes back: a hundred mails, each once (32)', async () => {
  const server = await startTestServer();
  ends.push(server.close);
  await server.addGroup('choir', { name: 'Kammerchor Nord' });
  const port = await freePort();
  const posting = await startPosting(server, `smtp://127.0.0.1:${port}`);
  ends.push(posting.stop);
  const emails = Array.from({ length: 100 }, (_, index) => `guest-${index}@example.org`);
  for (const email of emails) await server.guestlist.invite({ groups: ['choir'], email });
  await expect.poll(() => count(server.database, 'mail where attempts = 1 and next_attempt_at is not null'), { timeout: 20_000 }).toBe(100);
  expect(new Set(posting.tried().map(({ outcome, answer }) => `${outcome} ${answer}`))).toEqual(new Set(['postponed ECONNREFUSED']));

  const { arrived } = await mailServerThat({}, port);
  await lookForDueMail(server);
  server.pass(61);
  await lookForDueMail(server);
  await expect.poll(() => count(server.database, unsent), { timeout: 20_000 }).toBe(0);
  expect(arrived.flatMap(({ recipients }) => recipients).sort()).toEqual(emails.sort());
  expect(new Set(await messageIds(arrived)).size).toBe(100);
  const links = await Promise.all(
    arrived.map(async (mail) => (await parse(mail)).text?.match(/http\S+\/invite\/([A-Za-z0-9_-]{22})/)?.[1] ?? ''),
  );
  expect(new Set(links).size).toBe(100);
  for (const token of links.slice(0, 3)) {
    expect(token).toHaveLength(22);
    expect(await whereFound({ ...server, log: posting.log }, token)).toEqual([]);
  }
  expect(posting.log.join('\n')).not.toContain('@example.org');
});

it('a worker is killed while it sends: none is lost, and what was on its way comes twice at the most, with one id (38)', async () => {
  const own = await createTestDatabase();
  ends.push(own.drop);
  const mails = 20;
  for (let index = 0; index < mails; index += 1) {
    const mail = { kind: 'joined', to: `guest-${index}@example.org`, subject: 'Welcome', text: 'In words', html: '<p>In colour</p>' };
    await queueMail(own.database, mail, { now: new Date(), random: secureRandom });
  }
  const { arrived, url } = await mailServerThat({ slowMs: 250 });
  const environment = { ...from, SMTP_URL: url, DATABASE_URL: databaseUrlOf(own.connection) };
  const first = await startWorkerProcess(environment);
  await lookForDueMail(own);
  await expect.poll(() => arrived.length, { timeout: 20_000 }).toBeGreaterThan(5);
  await killed(first);
  const left = await count(own.database, unsent);
  expect(left).toBeGreaterThan(0);
  // Three minutes later the claims of the dead have lapsed.
  const { rowCount: claimed } = await own.database.raw(
    `update guestlist.mail set claimed_until = claimed_until - interval '3 minutes' where sent_at is null and claimed_until is not null`,
  );
  expect(claimed).toBeGreaterThan(0);

  await startWorkerProcess(environment);
  await lookForDueMail(own);
  await expect.poll(() => count(own.database, unsent), { timeout: 20_000 }).toBe(0);
  const recipients = arrived.flatMap((mail) => mail.recipients);
  expect(new Set(recipients).size).toBe(mails);
  expect(recipients.length - mails).toBeLessThanOrEqual(claimed);
  expect(new Set(await messageIds(arrived)).size).toBe(mails);
});

it('a server without a worker leaves mail to a worker beside it, on the embedded database too', async () => {
  const { arrived, url } = await mailServerThat();
  const place = { ...from, DATA_DIR: await newDataDir(), PORT: String(await freePort()), SMTP_URL: url };
  for (const args of [
    ['migrate'],
    ['group', 'add', 'choir', '--name', 'Choir'],
    ['invite', '--group', 'choir', '--email', 'ada@example.org'],
  ]) {
    expect(await runCommand(args, place)).toMatchObject({ exitCode: 0, stderr: '' });
  }
  const server = await startServerProcess(place, ['--no-worker']);
  expect(server.greeting()).not.toHaveProperty('Mailbox');
  // Longer than a server with a worker needs.
  await sleep(1_500);
  expect(arrived).toEqual([]);
  const worker = await startWorkerProcess(place);
  await expect.poll(() => arrived.flatMap(({ recipients }) => recipients), { timeout: 10_000 }).toEqual(['ada@example.org']);
  worker.kill('SIGTERM');
  expect(await once(worker, 'exit')).toEqual([0, null]);
  server.signal('SIGINT');
  expect(await server.ended).toMatchObject({ exitCode: 0, stderr: '' });
});
