/** What mail servers do wrong, over real sockets; where a pause matters, the clock is moved. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { addSeconds } from '../../src/lib/clock.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { deliverMail, type SendMail } from '../../src/mail/deliver.ts';
import { queueMail } from '../../src/mail/outbox.ts';
import { openSmtp, type Smtp, smtp } from '../../src/mail/smtp.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { count } from '../support/invariants.ts';
import { type Behaviour, type MailServer, messageIds, startMailServer, startSilentServer } from './mail-server.ts';
import { issuer, now } from './making.ts';

let own: TestDatabase;
let time: Date;
let errors: unknown[];
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  own = await createTestDatabase();
});
beforeEach(async () => {
  [time, errors] = [now, []];
  await own.database.raw('truncate guestlist.mail');
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => own?.drop());

const from = 'Choir <choir@example.org>';
const mail = { kind: 'joined', to: 'ada@example.org', subject: 'Welcome', text: 'In words', html: '<p>In colour</p>' };
const queue = (to = mail.to) => queueMail(own.database, { ...mail, to }, { now: time, random: secureRandom });
const deliver = (send: SendMail) => deliverMail(own.database, send, { clock: () => time, onError: (error) => errors.push(error), issuer });
const fate = () => own.database('guestlist.mail').first('attempts', 'failure', 'sent_at', 'failed_at', 'next_attempt_at');

async function serverThat(behaviour: Behaviour): Promise<MailServer> {
  const server = await startMailServer(behaviour);
  ends.push(server.close);
  return server;
}

function pool(url: string): Smtp {
  const opened = openSmtp({ url, from }, 2);
  ends.push(() => opened.close({ force: true }));
  return opened;
}

const ways: [string, (url: string) => SendMail][] = [
  ['over a kept connection', (url) => pool(url).send],
  ['over one of its own', (url) => smtp({ url, from })],
];

test.each(ways)('a server that is busy gets it later, once: %s', async (_, open) => {
  let busy = 2;
  const server = await serverThat({
    onRecipient: () => (busy-- > 0 ? { code: 451, text: '4.7.1 Greylisted <ada@example.org>' } : undefined),
  });
  const send = open(server.url);
  await queue();
  for (const [seconds, sent] of [
    [0, 0],
    [60, 0],
    [300, 1],
  ] as const) {
    time = addSeconds(now, seconds);
    expect(await deliver(send)).toEqual({ sent, failed: 1 - sent });
  }
  expect(server.arrived).toHaveLength(1);
  expect(await fate()).toEqual({ attempts: 3, failure: null, sent_at: time, failed_at: null, next_attempt_at: null });
});

test.each(ways)('a server that refuses is not asked again, and the next mail goes out: %s', async (_, open) => {
  const server = await serverThat({
    onRecipient: (address) => (address.startsWith('gone@') ? { code: 550, text: '5.1.1 <gone@example.org> unknown' } : undefined),
  });
  const send = open(server.url);
  await queue('gone@example.org');
  expect(await deliver(send)).toEqual({ sent: 0, failed: 1 });
  expect(await fate()).toEqual({ attempts: 1, failure: '550 5.1.1', sent_at: null, failed_at: now, next_attempt_at: null });
  time = addSeconds(now, 60);
  await queue();
  expect(await deliver(send)).toEqual({ sent: 1, failed: 0 });
  expect(server.arrived.map(({ recipients }) => recipients)).toEqual([['ada@example.org']]);
});

test('what it says may be refused too, after all of it was read', async () => {
  const server = await serverThat({ onMail: () => ({ code: 554, text: 'Looks like spam' }) });
  await queue();
  expect(await deliver(pool(server.url).send)).toEqual({ sent: 0, failed: 1 });
  expect(await fate()).toMatchObject({ failure: '554', failed_at: now });
});

test('a server that does not want us or our password is for the operator to mend: the mail waits', async () => {
  const server = await serverThat({});
  await queue();
  const strange = server.url.replace('://', '://ada:wrong@');
  expect(await deliver(pool(strange).send)).toEqual({ sent: 0, failed: 1 });
  expect(await fate()).toMatchObject({ failed_at: null, next_attempt_at: addSeconds(now, 60) });
  expect(server.arrived).toEqual([]);
  expect(errors).toMatchObject([{ code: 'EAUTH', responseCode: expect.any(Number) }]);
  expect(String(errors)).not.toContain('wrong');
});

test.each(ways)('a server that is down gets it when it is up again: %s', async (_, open) => {
  const server = await startMailServer();
  await server.close();
  const send = open(server.url);
  await queue();
  expect(await deliver(send)).toEqual({ sent: 0, failed: 1 });
  expect(errors).toMatchObject([{ originalCode: 'ECONNREFUSED' }]);
  const again = await startMailServer({}, server.port);
  ends.push(again.close);
  time = addSeconds(now, 60);
  expect(await deliver(send)).toEqual({ sent: 1, failed: 0 });
  expect(again.arrived).toHaveLength(1);
});

test.each(ways)('a server that hangs is given up after its time: %s', async (_, open) => {
  const silent = await startSilentServer();
  ends.push(silent.close);
  await queue();
  expect(await deliver(open(`${silent.url}?greetingTimeout=200`))).toEqual({ sent: 0, failed: 1 });
  expect(errors).toMatchObject([{ code: 'ETIMEDOUT' }]);
});

test.each(ways)('a server that falls silent after the mail is given up after its time, and may have it twice: %s', async (_, open) => {
  const server = await serverThat({ slowMs: 1_500 });
  await queue();
  expect(await deliver(open(`${server.url}?socketTimeout=200`))).toEqual({ sent: 0, failed: 1 });
  time = addSeconds(now, 60);
  expect(await deliver(open(server.url))).toEqual({ sent: 1, failed: 0 });
  const ids = await messageIds(server.arrived);
  expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
});

test('a server that is slow gets each mail once', async () => {
  const server = await serverThat({ slowMs: 300 });
  const { send } = pool(server.url);
  for (const to of ['a@example.org', 'b@example.org', 'c@example.org']) await queue(to);
  const counts = await Promise.all([deliver(send), deliver(send)]);
  expect(counts.reduce((sum, { sent }) => sum + sent, 0)).toBe(3);
  expect(server.arrived.flatMap(({ recipients }) => recipients).sort()).toEqual(['a@example.org', 'b@example.org', 'c@example.org']);
});

test.each(ways)('a connection that breaks after the mail gives one more at the most, with the same id (35): %s', async (_, open) => {
  let isCut = false;
  const server = await serverThat({
    onMail: () => {
      if (isCut) return undefined;
      isCut = true;
      return 'cut';
    },
  });
  const send = open(server.url);
  await queue();
  expect(await deliver(send)).toEqual({ sent: 0, failed: 1 });
  // Nobody tries again behind our back.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(server.arrived).toHaveLength(1);
  time = addSeconds(now, 60);
  expect(await deliver(send)).toEqual({ sent: 1, failed: 0 });
  const ids = await messageIds(server.arrived);
  expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
});

test('connections are kept, no more than were allowed, and a kept one that was closed meanwhile costs nothing', async () => {
  const server = await serverThat({});
  const { send } = pool(server.url);
  for (let index = 0; index < 12; index += 1) await queue(`n${index}@example.org`);
  await Promise.all([deliver(send), deliver(send)]);
  expect(server.arrived).toHaveLength(12);
  expect(server.connectionCount()).toBeLessThanOrEqual(2);
  await server.close();
  const again = await startMailServer({}, server.port);
  ends.push(again.close);
  await queue('later@example.org');
  expect(await deliver(send)).toEqual({ sent: 1, failed: 0 });
  expect(again.arrived).toHaveLength(1);
});

test('closing by force ends what hangs; it waits for another time', async () => {
  const server = await serverThat({ slowMs: 5_000 });
  const opened = pool(server.url);
  await queue();
  const delivering = deliver(opened.send);
  await expect.poll(() => server.arrived.length).toBe(1);
  await opened.close({ force: true });
  expect(await delivering).toEqual({ sent: 0, failed: 1 });
  expect(await count(own.database, 'mail where next_attempt_at is not null')).toBe(1);
});

test('a password is told to no distant server over an open line', async () => {
  const server = await serverThat({});
  // Not a name of this machine's own, though it leads there.
  const distant = (query = '') => server.url.replace('127.0.0.1', 'ada:secret@0.0.0.0') + query;
  const outgoing = { ...mail, messageId: '<1@example.org>' };
  await expect(pool(distant()).send(outgoing)).rejects.toMatchObject({ code: 'ETLS' });
  // The operator may allow it; this server then says that it knows no passwords.
  await expect(pool(distant('?requireTLS=false')).send(outgoing)).rejects.toMatchObject({ code: 'EAUTH' });
});
