/** How much mail one mailbox gets, whoever causes it, and that nobody else gets less for it. */
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { down, up } from '../../migrations/0013_recipient_budget.ts';
import { addSeconds } from '../../src/lib/clock.ts';
import { inTransaction } from '../../src/lib/db.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { causeOf, givenSql, mailLimits, recipientKey } from '../../src/mail/budget.ts';
import { type GivenUp, deliverMail, MailRefused, type SendMail, type Tried } from '../../src/mail/deliver.ts';
import { listLoggedMails } from '../../src/mail/log-store.ts';
import { cancelMails, forgetMailAddresses, type NewMail, queueMail } from '../../src/mail/outbox.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { count } from '../support/invariants.ts';
import { addInvitation, issuer, now, seal } from './making.ts';

let own: TestDatabase;
let sent: string[];
let tried: Tried[];
let givenUp: GivenUp[];
let time: Date;
let queued: number;

beforeAll(async () => {
  own = await createTestDatabase();
});
beforeEach(async () => {
  await own.database.raw('truncate guestlist.mail');
  [sent, tried, givenUp, time, queued] = [[], [], [], now, 0];
});
afterAll(() => own?.drop());

const letter: NewMail = { kind: 'invited', to: 'ada@example.org', subject: 's', text: 't', html: 'h', secret: true };
/** Each a moment after the one before. */
function queue(more: Partial<NewMail> = {}, invitationId?: string): Promise<string> {
  queued += 1;
  const queuedAt = addSeconds(time, queued / 1000 - 60);
  return queueMail(own.database, { ...letter, ...more }, { now: queuedAt, random: secureRandom, seal, invitationId });
}
const keep: SendMail = async ({ to }) => void sent.push(to);
const deliver = (send: SendMail = keep) =>
  deliverMail(own.database, send, {
    clock: () => time,
    onError: () => undefined,
    onTried: (one) => tried.push(one),
    onGivenUp: async (_trx, mail) => void givenUp.push(mail),
    issuer,
    seal,
  });
async function queueMany(howMany: number, more: Partial<NewMail> = {}): Promise<void> {
  for (let index = 0; index < howMany; index += 1) await queue(more);
}
const hours = (number: number) => addSeconds(time, number * 3600);

test('three a day and ten in thirty days for what inviters cause, to the second', async () => {
  const perDay: number[] = [];
  for (let day = 0; day < 5; day += 1) {
    await queueMany(5);
    const before = sent.length;
    await deliver();
    perDay.push(sent.length - before);
    time = hours(24);
  }
  expect(perDay).toEqual([3, 3, 3, 1, 0]);
  expect(mailLimits.inviter).toEqual([
    { mails: 3, hours: 24 },
    { mails: 10, hours: 720 },
  ]);
  // Five days have passed; the first three are forgotten when thirty have.
  time = addSeconds(hours(25 * 24), -1);
  await queue();
  await deliver();
  expect(sent).toHaveLength(10);
  time = addSeconds(time, 1);
  await queueMany(4);
  await deliver();
  expect(sent).toHaveLength(13);
});

test('one second before the day is over it is still the same day', async () => {
  await queueMany(3);
  await deliver();
  time = addSeconds(hours(24), -1);
  await queue();
  await deliver();
  expect(sent).toHaveLength(3);
  time = addSeconds(time, 1);
  await queue();
  await deliver();
  expect(sent).toHaveLength(4);
});

test('however an address is spelled, one mailbox is meant; another one is not', async () => {
  const spellings = ['ada@example.org', 'ADA@Example.ORG', 'a.d.a@example.org', 'ada+x@example.org', 'A.da+a+b@EXAMPLE.org'];
  for (const to of spellings) await queue({ to });
  await queue({ to: 'ada@example.net' });
  await queue({ to: 'adam@example.org' });
  await deliver();
  expect(sent).toEqual([...spellings.slice(0, 3), 'ada@example.net', 'adam@example.org']);
  expect(await count(own.database, 'mail where recipient_key is null')).toBe(0);
});

test('what is over is failed: never tried again, nothing sealed in it, and whoever has to know is told', async () => {
  const { id } = await addInvitation(own.database);
  await queueMany(3);
  await queue({}, id);
  expect(await deliver()).toEqual({ sent: 3, failed: 1 });
  expect(tried.at(-1)).toEqual({ id: expect.any(String), kind: 'invited', outcome: 'failed', answer: 'recipient_budget' });
  expect(givenUp).toMatchObject([{ kind: 'invited', to: 'ada@example.org', invitationId: id }]);
  const [fate] = await listLoggedMails(own.database, { limit: 1 });
  expect(fate).toMatchObject({ failure: 'recipient_budget', failedAt: now, sentAt: null, attempts: 0, nextAttemptAt: null });
  expect(await count(own.database, 'mail where sealed is not null')).toBe(0);
  time = hours(24);
  expect(await deliver()).toEqual({ sent: 0, failed: 0 });
});

test('strangers, inviters and one’s own affairs have budgets of their own, and what warns somebody is always sent', async () => {
  const kinds = { invited: 3, 'password-reset': 10, joined: 100, 'password-changed': 105 };
  for (const kind of Object.keys(kinds)) await queueMany(105, { kind });
  await deliver();
  for (const [kind, most] of Object.entries(kinds))
    expect([kind, await count(own.database, `mail where kind = '${kind}' and sent_at is not null`)]).toEqual([kind, most]);
});

test('all that strangers can cause is counted together, and so is a mail to whom nobody has proven', async () => {
  await queueMany(4, { kind: 'code' });
  await queueMany(4, { kind: 'password-reset' });
  await queueMany(4, { kind: 'notice', causedBy: 'stranger' });
  await queueMany(4, { kind: 'password-changed', causedBy: 'stranger' });
  await deliver();
  expect(sent).toHaveLength(10);
});

test('any number of workers at the same time: no more than three', async () => {
  await queueMany(30);
  await queueMany(3, { to: 'eve@example.org' });
  await Promise.all(Array.from({ length: 8 }, () => deliver()));
  expect(sent.filter((to) => to === 'ada@example.org')).toHaveLength(3);
  expect(sent.filter((to) => to === 'eve@example.org')).toHaveLength(3);
  expect(await count(own.database, `mail where failure = 'recipient_budget'`)).toBe(27);
});

describe('what cannot be sent at once', () => {
  const busy: SendMail = async () => {
    throw Object.assign(new Error('busy'), { code: 'ECONNREFUSED' });
  };

  test('keeps its place while it waits, and uses one place however often it is tried', async () => {
    await queueMany(3);
    await deliver(busy);
    await queue();
    await deliver();
    expect(sent).toHaveLength(0);
    expect(await count(own.database, `mail where failure = 'recipient_budget'`)).toBe(1);
    for (const minutes of [1, 4, 9]) {
      time = addSeconds(time, minutes * 60);
      expect(await deliver(busy)).toEqual({ sent: 0, failed: 3 });
    }
    time = addSeconds(time, 16 * 60);
    expect(await deliver()).toEqual({ sent: 3, failed: 0 });
  });

  test('uses no place if the mail server refused it: it never was in the mailbox', async () => {
    await queueMany(3);
    await deliver(async () => {
      throw new MailRefused('550 5.1.1', undefined);
    });
    await queueMany(4);
    await deliver();
    expect(sent).toHaveLength(3);
  });

  test('keeps its place if it is cancelled after a try, for it may have arrived', async () => {
    for (let index = 0; index < 3; index += 1) {
      const { id } = await addInvitation(own.database);
      await queue({}, id);
      await deliver(busy);
      const withdrawn = { invitationId: id, kinds: ['invited'], now: time };
      expect(await inTransaction(own.database, (trx) => cancelMails(trx, withdrawn))).toBe(1);
    }
    await queue();
    await deliver();
    expect(sent).toEqual([]);
  });

  test('is judged again if a worker died over it', async () => {
    await queueMany(3);
    const dies: SendMail = () => new Promise(() => undefined);
    for (let index = 0; index < 3; index += 1) void deliver(dies);
    await expect.poll(() => count(own.database, 'mail where claimed_until is not null')).toBe(3);
    await queue();
    await deliver();
    expect(sent).toEqual([]);
    time = addSeconds(time, 3 * 60);
    await deliver();
    expect(sent).toHaveLength(3);
  });
});

test('who has had mail is forgotten with the address', async () => {
  const { id } = await addInvitation(own.database);
  await queue({}, id);
  await deliver();
  await inTransaction(own.database, (trx) => forgetMailAddresses(trx, [id]));
  expect(await count(own.database, 'mail where recipient_key is null')).toBe(1);
});

test('each mail that there is has its place in the budgets', async () => {
  const files = await readdir(new URL('../../views/mail', import.meta.url));
  const kinds = files.filter((file) => file.endsWith('.subject')).map((file) => file.replace('.subject', ''));
  const causes = Object.fromEntries(kinds.map((kind) => [kind, causeOf({ kind })]));
  const strangers = kinds.filter((kind) => causes[kind] === 'stranger').sort();
  expect(strangers).toEqual(expect.arrayContaining(['code', 'email-change', 'password-reset']));
  // A new kind that nobody has thought about would be here as well.
  expect(strangers.filter((kind) => !['code', 'email-change', 'password-reset', 'request-confirm'].includes(kind))).toEqual([]);
  expect(kinds.filter((kind) => causes[kind] === 'inviter').sort()).toEqual(['invited', 'reminder']);
  expect(kinds.filter((kind) => causes[kind] === null).sort()).toEqual(['email-changed', 'password-changed']);
});

test('an index serves the count', async () => {
  await own.database.raw(
    `insert into guestlist.mail (id, kind, to_address, subject, body_text, body_html, queued_at, sent_at, given_at, recipient_key, caused_by)
      select 'm' || n, 'invited', 'n@example.org', '', '', '', :now, :now, :now, sha256(convert_to((n % 2000)::text, 'UTF8')), 'inviter'
      from generate_series(1, 20000) n`,
    { now },
  );
  await own.database.raw('analyze guestlist.mail');
  const { rows } = await own.database.raw(`explain ${givenSql}`, {
    id: 'none',
    key: recipientKey('1'),
    causedBy: 'inviter',
    since: addSeconds(now, -1),
    most: 10,
  });
  const plan = rows.map((row: Readonly<Record<string, string>>) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('mail_budget');
  expect(plan).not.toContain('Seq Scan');
});

test('mails from before have the same keys as new ones', async () => {
  const addresses = ['Ada.Park+choir@Example.org', '+x@example.org', '....@example.org', 'eve@example.org'];
  for (const to of addresses) await queue({ to });
  await queue({ kind: 'password-changed' });
  await deliver();
  const keys = async () =>
    (await own.database.raw(`select id, encode(recipient_key, 'hex') as key, caused_by, given_at from guestlist.mail order by id`)).rows;
  const before = await keys();
  await down(own.database);
  await up(own.database);
  expect(await keys()).toEqual(before);
});
