/** Mail of our own server, from the deed that causes it to the mail server and back to whoever has to know. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { queueMail } from '../../src/mail/outbox.ts';
import { count } from '../support/invariants.ts';
import { testSecret } from '../support/mail.ts';
import { becomeMember } from '../support/people.ts';
import { whereFound } from '../support/scan.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { type Behaviour, type MailServer, parse, startMailServer } from './mail-server.ts';
import { lookForDueMail, type Posting, startPosting } from './posting.ts';

let server: TestServer;
let mailServer: MailServer;
const postings: Posting[] = [];

beforeEach(async () => {
  server = await startTestServer();
  await server.addGroup('choir', { name: 'Kammerchor Nord' });
});
afterEach(async () => {
  for (const posting of postings.splice(0)) await posting.stop();
  await mailServer?.close();
  await server?.close();
});

async function post(behaviour: Behaviour = {}): Promise<Posting> {
  mailServer = await startMailServer(behaviour);
  const posting = await startPosting(server, mailServer.url);
  postings.push(posting);
  return posting;
}

const waiting = () => count(server.database, 'mail where sent_at is null and cancelled_at is null and failed_at is null');
const untilDone = () => expect.poll(waiting, { timeout: 10_000 }).toBe(0);
const timeline = async (id: string) => (await server.guestlist.timeline(id)).map(({ what }) => what);
const gone = (address: string) => (address.startsWith('gone') ? { code: 550, text: `5.1.1 <${address}> unknown` } : undefined);

async function inviter(): Promise<string> {
  const { accountId } = await becomeMember(server, { group: 'choir:manager', email: 'maya@example.org', name: 'Maya Lind' });
  return accountId;
}

test('an invitation arrives at once, its link works, and nothing of it is left in the database or the log', async () => {
  const posting = await post();
  const { id } = await server.guestlist.invite({ groups: ['choir'], email: 'ada@example.org' });
  await untilDone();
  expect(mailServer.arrived).toHaveLength(1);
  const mail = await parse(mailServer.arrived[0] ?? { recipients: [], raw: '' });
  const [link = ''] = mail.text?.match(/http\S+\/invite\/[A-Za-z0-9_-]{22}/) ?? [];
  expect((await fetch(link, { redirect: 'manual' })).status).toBe(303);
  const token = link.slice(-22);
  expect(await whereFound({ ...server, log: posting.log }, token, { log: posting.log.join('\n') })).toEqual([]);
  expect(posting.log.join('\n')).not.toMatch(/ada@|Kammerchor/);
  expect(posting.tried()).toMatchObject([{ kind: 'invited', outcome: 'sent', mail: expect.any(String) }]);
  expect(await timeline(id)).toEqual(['invitation.created', 'mail.queued', 'mail.sent']);
});

test('the inviter is told of an address that refuses, once, and the timeline says so (34)', async () => {
  const inviterId = await inviter();
  const posting = await post({ onRecipient: gone });
  await lookForDueMail(server);
  await untilDone();
  mailServer.arrived.length = 0;
  const { id } = await server.guestlist.invite({ groups: ['choir'], email: 'gone@example.org', inviterId });
  await expect.poll(() => mailServer.arrived.length, { timeout: 10_000 }).toBe(1);
  await untilDone();
  const mail = await parse(mailServer.arrived[0] ?? { recipients: [], raw: '' });
  expect(mail.to).toMatchObject([{ address: 'maya@example.org' }]);
  expect(mail.subject).toBe('A mail could not be delivered: Kammerchor Nord');
  expect(mail.text?.replace(/[\u2060\u2068\u2069]/g, '')).toContain('could not be delivered to gone@example.org');
  expect(mail.text).toContain('because you made this invitation');
  const told = await server.guestlist.timeline(id);
  expect(told.filter(({ what }) => what === 'mail.failed')).toMatchObject([
    { who: 'server', detail: { kind: 'invited', to: 'gone@example.org', answer: '550 5.1.1' } },
  ]);
  expect(posting.log.join('\n')).not.toMatch(/gone@|maya@/);
  expect(posting.tried()).toContainEqual(expect.objectContaining({ kind: 'invited', outcome: 'failed', answer: '550 5.1.1' }));
  expect(await count(server.database, `mail where kind = 'notice'`)).toBe(1);
  expect((await server.guestlist.find(id))?.state).toBe('open');
});

test('nobody is told of mail that strangers can cause, of the operator’s own, or of the news itself', async () => {
  const inviterId = await inviter();
  await post({ onRecipient: () => ({ code: 550, text: '5.7.1 Go away' }) });
  await server.guestlist.invite({ groups: ['choir'], email: 'gone@example.org' });
  const { id } = await server.guestlist.invite({ groups: ['choir'], inviterId });
  const tools = { now: server.now(), random: secureRandom, seal: createSeal(testSecret, secureRandom), invitationId: id };
  const mail = { to: 'gone@example.org', subject: 'A code', text: '123456', html: '123456', secret: true };
  await queueMail(server.database, { ...mail, kind: 'code' }, tools);
  await server.guestlist.invite({ groups: ['choir'], email: 'gone-too@example.org', inviterId });
  await lookForDueMail(server);
  await untilDone();
  // One to the inviter, who is gone as well; and no second one about that.
  await expect.poll(() => count(server.database, `mail where kind = 'notice' and failed_at is not null`)).toBe(1);
  expect(await count(server.database, `mail where kind = 'notice'`)).toBe(1);
});

test('what was withdrawn while the mail server was away is not sent (J10)', async () => {
  let isAway = true;
  await post({ onRecipient: () => (isAway ? { code: 421, text: 'Too busy' } : undefined) });
  const withdrawn = await server.guestlist.invite({ groups: ['choir'], email: 'withdrawn@example.org' });
  const late = await server.guestlist.invite({
    groups: ['choir'],
    email: 'late@example.org',
    expiresAt: new Date(server.now().getTime() + 30_000),
  });
  const replaced = await server.guestlist.invite({ groups: ['choir'], email: 'replaced@example.org' });
  await expect.poll(() => count(server.database, 'mail where next_attempt_at is not null'), { timeout: 10_000 }).toBe(3);
  // Behind the back of what cancels at once, so that only the look before sending is left.
  await server.database.raw('update guestlist.invitation set revoked_at = now() where id = ?', [withdrawn.id]);
  await server.guestlist.resend(replaced.id, 'operator');
  isAway = false;
  server.pass(61);
  await lookForDueMail(server);
  await untilDone();
  expect(mailServer.arrived.map(({ recipients }) => recipients)).toEqual([['replaced@example.org']]);
  expect(await timeline(late.id)).toContain('mail.cancelled');
  expect(await timeline(withdrawn.id)).toContain('mail.cancelled');
});

test('two share the queue: each mail once, over both', async () => {
  mailServer = await startMailServer({ slowMs: 20 });
  const other = await startMailServer({ slowMs: 20 });
  postings.push(await startPosting(server, mailServer.url), await startPosting(server, other.url));
  for (let index = 0; index < 60; index += 1) {
    await queueMail(
      server.database,
      { kind: 'joined', to: `n${index}@example.org`, subject: 's', text: 't', html: 'h' },
      { now: server.now(), random: secureRandom },
    );
  }
  await untilDone();
  await other.close();
  const recipients = [...mailServer.arrived, ...other.arrived].flatMap((mail) => mail.recipients);
  expect(recipients).toHaveLength(60);
  expect(new Set(recipients).size).toBe(60);
  expect(Math.min(mailServer.arrived.length, other.arrived.length)).toBeGreaterThan(0);
});

test('while mail servers hang, we can be stopped, and the mail waits', async () => {
  const posting = await post({ slowMs: 30_000 });
  await server.guestlist.invite({ groups: ['choir'], email: 'ada@example.org' });
  await expect.poll(() => mailServer.arrived.length, { timeout: 10_000 }).toBe(1);
  const since = performance.now();
  await posting.stop();
  postings.length = 0;
  expect(performance.now() - since).toBeLessThan(8_000);
  expect(await count(server.database, 'mail where next_attempt_at is not null and claimed_until is null')).toBe(1);
});
