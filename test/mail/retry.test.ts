/** Mail that cannot be sent: tried again for two days, or given up; what is sealed in it rests no longer than that. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addSeconds } from '../../src/lib/clock.ts';
import { secureRandom } from '../../src/lib/random.ts';
import {
  deliverMail,
  deliverOne,
  type GivenUp,
  MailRefused,
  type OutgoingMail,
  pauseMinutes,
  type SendMail,
  type Tried,
} from '../../src/mail/deliver.ts';
import { type NewMail, queueMail } from '../../src/mail/outbox.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { count } from '../support/invariants.ts';
import { addInvitation, everyRow, issuer, now, seal, spellings } from './making.ts';

let own: TestDatabase;
let sent: OutgoingMail[];
let time: Date;

beforeAll(async () => {
  own = await createTestDatabase();
});
beforeEach(async () => {
  await own.database.raw('truncate guestlist.mail');
  [sent, time] = [[], now];
});
afterAll(() => own?.drop());

const secret = 'sesame-4711-open';
const mail = { kind: 'invited', to: 'ada@example.org', subject: 'Come in', text: `Say ${secret}`, html: `<p>${secret}</p>`, secret: true };
const queue = (more: Partial<NewMail> = {}, invitationId?: string, queuedAt = now) =>
  queueMail(own.database, { ...mail, ...more }, { now: queuedAt, random: secureRandom, seal, invitationId });
const fail = async () => {
  throw Object.assign(new Error('the mail server is away'), { code: 'ECONNREFUSED' });
};
const keep = async (outgoing: OutgoingMail) => void sent.push(outgoing);
const context = { clock: () => time, onError: () => undefined, issuer, seal };
const deliver = (send: SendMail = keep) => deliverMail(own.database, send, context);

/** Fails each time until it is given up. Returns when it was tried. */
async function tryUntilTheEnd(inBetween: () => Promise<void> = async () => undefined): Promise<Date[]> {
  const times: Date[] = [];
  for (;;) {
    times.push(time);
    expect(await deliver(fail)).toEqual({ sent: 0, failed: 1 });
    const { next_attempt_at: next, failed_at: failedAt } = await own.database('guestlist.mail').first('next_attempt_at', 'failed_at');
    if (failedAt) return times;
    time = addSeconds(next, -1);
    expect(await deliver()).toEqual({ sent: 0, failed: 0 });
    await inBetween();
    time = next;
  }
}

async function expectNoSecret(): Promise<void> {
  const rows = await everyRow(own.database);
  for (const spelling of spellings(secret)) expect(rows).not.toContain(spelling);
}

describe('what cannot be sent', () => {
  const fates = () => own.database('guestlist.mail').select('attempts', 'failed_at', 'failure', 'sent_at', 'next_attempt_at');

  test('rests sealed while it cannot be sent, and no longer than it is tried', async () => {
    await queue();
    await tryUntilTheEnd(async () => {
      expect(await count(own.database, 'mail where sealed is not null')).toBe(1);
      await expectNoSecret();
    });
    expect(await count(own.database, 'mail where sealed is null and failed_at is not null')).toBe(1);
    await expectNoSecret();
    expect(await deliver()).toEqual({ sent: 0, failed: 0 });
  });

  test('is tried again after 1, 4, 9 … minutes, six hours at most, for two days', async () => {
    await queue();
    const times = await tryUntilTheEnd();
    const minutes = times.map((at) => (at.getTime() - now.getTime()) / 60_000);
    const pauses = minutes.slice(1).map((minute, index) => minute - (minutes[index] ?? 0));
    expect(pauses.slice(0, 4)).toEqual([1, 4, 9, 16]);
    expect(Math.max(...pauses)).toBe(6 * 60);
    expect(minutes.at(-1)).toBe(48 * 60);
    expect(await fates()).toMatchObject([{ failed_at: addSeconds(now, 48 * 3600), failure: 'ECONNREFUSED', attempts: times.length }]);
  });

  test('pauses never shrink but for the last, and add up to two days', () => {
    const pauses = Array.from({ length: 40 }, (_, index) => pauseMinutes(index + 1)).filter((pause) => pause !== undefined);
    expect(pauses.reduce((sum, pause) => sum + pause)).toBe(48 * 60);
    expect(pauses.slice(0, -1)).toEqual(pauses.slice(0, -1).toSorted((one, other) => one - other));
    expect(pauses.at(-1)).toBeGreaterThan(0);
  });

  test('is not tried again where it is refused for good, and only the code of the refusal stays', async () => {
    await queue();
    const cause = new Error('550 5.1.1 <ada@example.org> unknown');
    expect(await deliver(async () => Promise.reject(new MailRefused('550 5.1.1', cause)))).toEqual({ sent: 0, failed: 1 });
    expect(await fates()).toEqual([{ attempts: 1, failed_at: now, failure: '550 5.1.1', sent_at: null, next_attempt_at: null }]);
    expect((await everyRow(own.database)).split('ada@example.org')).toHaveLength(2);
    await expectNoSecret();
    time = addSeconds(now, 7 * 86_400);
    expect(await deliver()).toEqual({ sent: 0, failed: 0 });
  });

  test.each([
    ['a code', Object.assign(new Error('451 <ada@example.org> later'), { responseCode: 451, code: 'EENVELOPE' }), '451'],
    ['what the socket said', Object.assign(new Error('x'), { code: 'ESOCKET', originalCode: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['a name', new RangeError('ada@example.org'), 'RangeError'],
    ['nothing that could be an address', Object.assign(new Error('x'), { code: 'ada@example.org', name: 'a b' }), 'unknown'],
    ['nothing', undefined, 'unknown'],
  ])('is told by %s', async (_, error, answer) => {
    await queue();
    const tried: Tried[] = [];
    const reject = async () => Promise.reject(error);
    await deliverMail(own.database, reject, { ...context, onTried: (one) => tried.push(one) });
    expect(tried).toEqual([{ id: expect.any(String), kind: 'invited', outcome: 'postponed', answer }]);
  });

  test('is told in the transaction that gives it up, once; what fails there undoes it', async () => {
    const { id } = await addInvitation(own.database);
    await queue({}, id);
    const told: GivenUp[] = [];
    let isBroken = true;
    const delivery = {
      ...context,
      onGivenUp: async (_: unknown, mail: GivenUp) => {
        if (isBroken) throw new Error('nobody can be told');
        told.push(mail);
      },
    };
    const refuse = async () => Promise.reject(new MailRefused('550', undefined));
    await expect(deliverMail(own.database, refuse, delivery)).rejects.toThrow('nobody can be told');
    expect(await count(own.database, 'mail where failed_at is null and sealed is not null')).toBe(1);
    isBroken = false;
    time = addSeconds(now, 180);
    await deliverMail(own.database, refuse, delivery);
    await deliverMail(own.database, refuse, delivery);
    expect(told).toMatchObject([{ kind: 'invited', to: 'ada@example.org', invitationId: id, now: time }]);
  });

  test('waits for another time when it is enough', async () => {
    for (const to of ['a@example.org', 'b@example.org', 'c@example.org']) await queue({ to });
    const delivery = { ...context, isEnough: () => sent.length >= 2 };
    expect(await deliverMail(own.database, keep, delivery)).toEqual({ sent: 2, failed: 0 });
    expect(await deliver()).toEqual({ sent: 1, failed: 0 });
  });

  test('one mail can be sent alone, if it is due', async () => {
    await queue({ to: 'a@example.org' });
    await queue({ to: 'b@example.org' }, undefined, addSeconds(now, 1));
    const { id } = await own.database('guestlist.mail').where({ to_address: 'b@example.org' }).first();
    const delivery = { ...context, id };
    expect(await deliverOne(own.database, fail, delivery)).toBe('postponed');
    expect(await deliverOne(own.database, keep, delivery)).toBeUndefined();
    time = addSeconds(now, 60);
    expect(await deliverOne(own.database, keep, delivery)).toBe('sent');
    expect(sent.map(({ to }) => to)).toEqual(['b@example.org']);
    expect(await deliverOne(own.database, keep, { ...delivery, id: 'nothing' })).toBeUndefined();
  });
});
