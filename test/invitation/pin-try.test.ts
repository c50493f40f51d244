import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { addSeconds } from '../../src/lib/clock.ts';
import { execute, firstRow, openDatabase, rows } from '../../src/lib/db.ts';
import { checkPin, pinLockOf, pinStandingOf } from '../../src/invitation/pin.ts';
import type { Visit } from '../../src/invitation/visit.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createPinSetting, type PinSetting, place, rightPin, tally } from './pin-setting.ts';

const minute = 60;

let testDatabase: TestDatabase;
let setting: PinSetting;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  setting = await createPinSetting(testDatabase.database);
});
afterAll(() => testDatabase?.drop());

async function fail(visit: Visit, times: number) {
  const outcomes: ('passed' | Failure)[] = [];
  for (let time = 0; time < times; time += 1) outcomes.push(await setting.attempt(visit, 'WRONG'));
  return outcomes;
}

async function standing(id: string, channel: Visit['channel'] = 'link') {
  const { invitation } = await setting.visit(id, channel);
  return pinStandingOf(testDatabase.database, { invitation, channel, now: setting.host.clock() });
}

async function lock(id: string, channel: Visit['channel'] = 'link') {
  const { invitation } = await setting.visit(id, channel);
  return pinLockOf(testDatabase.database, { invitation, channel, now: setting.host.clock() });
}

async function passedAt(visit: Visit) {
  const sql = 'select pin_passed_at as at from guestlist.visit where id = :id';
  return (await firstRow<{ at: Date | null }>(testDatabase.database, sql, { id: visit.id }))?.at ?? undefined;
}

it('the right one: this visit remembers it, and no other', async () => {
  const id = await setting.invite(rightPin);
  const [mine, other] = [await setting.visit(id), await setting.visit(id)];
  expect(await setting.attempt(mine, rightPin)).toBe('passed');
  const at = await passedAt(mine);
  expect(at && mine.invitation.pinSetAt && at >= mine.invitation.pinSetAt).toBe(true);
  expect(await passedAt(other)).toBeUndefined();
  expect(await setting.tries(id)).toMatchObject([{ channel: 'link', address_block: place, right_at: expect.any(Date) }]);
  expect(await setting.audit(id)).toEqual([]);
});

it('a wrong one: so many are left, and nothing is remembered', async () => {
  const id = await setting.invite(rightPin);
  const visit = await setting.visit(id);
  const [first, second] = await fail(visit, 2);
  expect(first).toMatchObject({ code: 'pin_wrong', detail: { triesLeft: 4 } });
  expect(second).toMatchObject({ code: 'pin_wrong', detail: { triesLeft: 3 } });
  expect(await setting.attempt(visit, rightPin)).toBe('passed');
  // Who knows it does not forgive the others.
  expect(await standing(id)).toEqual({ state: 'open', triesLeft: 3 });
});

it('an invitation without a PIN: nothing is asked, nothing is written', async () => {
  const id = await setting.invite();
  const visit = await setting.visit(id);
  expect(await setting.attempt(visit, rightPin)).toBe('passed');
  expect(await passedAt(visit)).toBeUndefined();
  expect(await setting.tries(id)).toEqual([]);
  expect(await standing(id)).toEqual({ state: 'open', triesLeft: 5 });
  expect(await lock(id)).toBeUndefined();
});

it('during a lock the right one is refused like a wrong one, and not looked at', async () => {
  const id = await setting.invite(rightPin);
  const visit = await setting.visit(id);
  await fail(visit, 5);
  const looks = setting.evaluated.length;
  const [right, wrong] = [await setting.attempt(visit, rightPin), await setting.attempt(visit, 'WRONG')];
  expect(setting.evaluated.length).toBe(looks);
  expect(right).toMatchObject({ code: 'pin_locked', detail: {}, retryAfterSeconds: expect.closeTo(15 * minute, -1) });
  expect({ ...(wrong as Failure), retryAfterSeconds: 0 }).toEqual({ ...(right as Failure), retryAfterSeconds: 0 });
  expect(await passedAt(visit)).toBeUndefined();
  expect(await setting.tries(id)).toHaveLength(5);
  const { until } = (await lock(id)) ?? {};
  expect(await standing(id)).toEqual({ state: 'locked', until });
  setting.pass(15 * minute);
  expect(await lock(id)).toBeUndefined();
  expect(await setting.attempt(visit, rightPin)).toBe('passed');
});

it('each lock takes twice as long, the twentieth wrong one is the last, and the inviter is told each time once', async () => {
  const id = await setting.invite(rightPin);
  const visit = await setting.visit(id);
  for (const minutes of [15, 30, 60]) {
    expect(tally(await fail(visit, 5))).toEqual({ pin_wrong: 4, pin_locked: 1 });
    setting.pass(minutes * minute - 10);
    expect(await setting.attempt(visit, rightPin)).toMatchObject({ code: 'pin_locked' });
    setting.pass(10);
    expect(await standing(id)).toEqual({ state: 'open', triesLeft: 5 });
  }
  const last = (await fail(visit, 5)).at(-1) as Failure;
  expect(last).toMatchObject({ code: 'pin_locked', retryAfterSeconds: undefined });
  setting.pass(60 * 24 * 3_600);
  const looks = setting.evaluated.length;
  expect(await setting.attempt(visit, rightPin)).toMatchObject({ code: 'pin_locked', retryAfterSeconds: undefined });
  expect(setting.evaluated.length).toBe(looks);
  expect(await standing(id)).toEqual({ state: 'revoked' });
  expect(await lock(id)).toEqual({ until: undefined });
  const notices = ['pin_locked', 'pin_locked', 'pin_locked', 'pin_revoked'];
  expect(setting.told.filter((news) => news.id === id).map(({ notice }) => notice)).toEqual(notices);
  const entries = await setting.audit(id);
  expect(entries.map(({ action }) => action)).toEqual(notices.map((notice) => `invitation.${notice}`));
  for (const entry of entries) expect(entry).toMatchObject({ actor: 'stranger', address_block: place, request_id: 'request-1' });
});

it('a new PIN starts anew, and the old one is wrong', async () => {
  const id = await setting.invite(rightPin);
  const visit = await setting.visit(id);
  await fail(visit, 5);
  setting.pass(1);
  await setting.setPin(id, 'ANOTHER1');
  expect(await standing(id)).toEqual({ state: 'open', triesLeft: 5 });
  expect(await setting.attempt(visit, rightPin)).toMatchObject({ code: 'pin_wrong', detail: { triesLeft: 4 } });
  expect(await setting.attempt(visit, 'ANOTHER1')).toBe('passed');
});

it('a PIN that was set by a machine whose clock is ahead: wrong ones count all the same, and the right one passes', async () => {
  const id = await setting.invite(rightPin);
  const ahead = addSeconds(setting.host.clock(), 20);
  await execute(testDatabase.database, 'update guestlist.invitation set pin_set_at = :ahead where id = :id', { id, ahead });
  const visit = await setting.visit(id);
  expect((await fail(visit, 2)).at(-1)).toMatchObject({ detail: { triesLeft: 3 } });
  expect(await setting.attempt(visit, rightPin)).toBe('passed');
  expect(await passedAt(visit)).toEqual(ahead);
  expect(tally(await fail(visit, 5))).toEqual({ pin_wrong: 2, pin_locked: 3 });
});

it('whoever uses up the tries of a link does not lock out the addressee, by mail or by account (A6)', async () => {
  const id = await setting.invite(rightPin);
  await fail(await setting.visit(id, 'link'), 6);
  expect(await setting.attempt(await setting.visit(id, 'link'), rightPin)).toMatchObject({ code: 'pin_locked' });
  expect(await lock(id, 'mail')).toBeUndefined();
  expect(await setting.attempt(await setting.visit(id, 'mail'), rightPin)).toBe('passed');
  expect(await setting.attempt(await setting.visit(id, 'account'), rightPin)).toBe('passed');
});

it('mail and account are one count (A4)', async () => {
  const id = await setting.invite(rightPin);
  await fail(await setting.visit(id, 'mail'), 3);
  expect((await fail(await setting.visit(id, 'account'), 2)).at(-1)).toMatchObject({ code: 'pin_locked' });
  expect(await setting.attempt(await setting.visit(id, 'mail'), rightPin)).toMatchObject({ code: 'pin_locked' });
  expect(await lock(id, 'account')).toEqual(await lock(id, 'mail'));
  expect(await lock(id, 'link')).toBeUndefined();
});

describe('a process that dies over a try', () => {
  async function abandon(id: string, howMany: number) {
    const sql = `insert into guestlist.pin_try (id, invitation_id, channel, address_block, tried_at)
      values (gen_random_uuid()::text, :id, 'link', :place, :now)`;
    for (let count = 0; count < howMany; count += 1) await execute(testDatabase.database, sql, { id, place, now: setting.host.clock() });
  }

  it('holds a place for half a minute, and was wrong after that', async () => {
    const id = await setting.invite(rightPin);
    await abandon(id, 1);
    expect(await standing(id)).toEqual({ state: 'open', triesLeft: 5 });
    setting.pass(31);
    expect(await standing(id)).toEqual({ state: 'open', triesLeft: 4 });
    expect((await fail(await setting.visit(id), 1)).at(0)).toMatchObject({ detail: { triesLeft: 3 } });
  });

  it('with all places held, others wait, and are told to come back if it takes long', async () => {
    const id = await setting.invite(rightPin);
    const visit = await setting.visit(id);
    await abandon(id, 5);
    const waiting = setting.attempt(visit, rightPin);
    setTimeout(() => setting.pass(16), 300);
    expect(await waiting).toMatchObject({ code: 'too_busy', retryAfterSeconds: 2 });
    expect(await setting.tries(id)).toHaveLength(5);
  });

  it('waiting ends as soon as a place is free', async () => {
    const id = await setting.invite(rightPin);
    const visit = await setting.visit(id);
    await abandon(id, 5);
    const waiting = setting.attempt(visit, rightPin);
    setTimeout(() => void execute(testDatabase.database, 'delete from guestlist.pin_try where invitation_id = :id', { id }), 300);
    expect(await waiting).toBe('passed');
  });

  it('locks like any wrong one, from when it was tried, and the inviter hears of it once', async () => {
    const id = await setting.invite(rightPin);
    const visit = await setting.visit(id);
    await fail(visit, 4);
    await abandon(id, 1);
    const abandonedAt = setting.host.clock();
    setting.pass(31);
    const until = (await lock(id))?.until?.getTime();
    expect(until).toBeLessThanOrEqual(addSeconds(abandonedAt, 15 * minute).getTime());
    expect(until).toBeGreaterThan(addSeconds(abandonedAt, 15 * minute - 5).getTime());
    for (const pin of [rightPin, 'WRONG']) expect(await setting.attempt(visit, pin)).toMatchObject({ code: 'pin_locked' });
    expect(setting.told.filter((news) => news.id === id)).toEqual([{ id, notice: 'pin_locked' }]);
  });
});

it('what could not be looked at has not happened', async () => {
  const id = await setting.invite(rightPin);
  const visit = await setting.visit(id);
  const busy = async () => ({ ...(await setting.host.hashes()), verify: () => Promise.reject(new Failure('too_busy', {}, 5)) });
  const attempt = { visit, pin: rightPin, ip: place };
  for (let time = 0; time < 7; time += 1)
    await expect(checkPin({ ...setting.host, hashes: busy }, attempt)).rejects.toMatchObject({ code: 'too_busy' });
  expect(await setting.tries(id)).toEqual([]);
  expect(await setting.attempt(visit, rightPin)).toBe('passed');
});

it('from one place: so many wrong ones over all invitations, and right ones cost nothing', async () => {
  const strict = await createPinSetting(testDatabase.database, { perPlace: 12 });
  const nearby = { wrong: '2001:db8:0:1::7', right: '2001:db8:0:1::8', far: '2001:db8:0:2::7' };
  const invitations: Visit[] = [];
  for (let count = 0; count < 5; count += 1) invitations.push(await strict.visit(await strict.invite(rightPin)));
  for (const visit of invitations) expect(await strict.attempt(visit, rightPin, nearby.right)).toBe('passed');
  const outcomes: ('passed' | Failure)[] = [];
  for (const visit of invitations)
    for (let time = 0; time < 3; time += 1) outcomes.push(await strict.attempt(visit, 'WRONG', nearby.wrong));
  expect(tally(outcomes)).toEqual({ pin_wrong: 12, too_many_requests: 3 });
  expect(strict.evaluated.filter((text) => text.endsWith(':WRONG'))).toHaveLength(12);
  const [first, last] = [invitations[0], invitations[4]];
  if (!first || !last) throw new Error('there are five');
  expect(await strict.attempt(first, rightPin, nearby.right)).toMatchObject({ code: 'too_many_requests' });
  expect(await strict.attempt(first, rightPin, nearby.far)).toBe('passed');
  // What was not looked at does not count against the invitation.
  expect(await strict.tries(last.invitation.id)).toHaveLength(1);
});

it('in an outage nobody passes, and the error is the database’s', async () => {
  const id = await setting.invite(rightPin);
  const visit = await setting.visit(id);
  const gone = openDatabase(testDatabase.connection, 1);
  await gone.destroy();
  const attempt = checkPin({ ...setting.host, database: gone }, { visit, pin: rightPin, ip: place });
  await expect(attempt).rejects.not.toBeInstanceOf(Failure);
  expect(await passedAt(visit)).toBeUndefined();
});

it('that the inviter cannot be told undoes the verdict, which then counts as if the process had died', async () => {
  const id = await setting.invite(rightPin);
  const visit = await setting.visit(id);
  await fail(visit, 4);
  const tellInviter = () => Promise.reject(new Error('no ink'));
  await expect(checkPin({ ...setting.host, tellInviter }, { visit, pin: 'WRONG', ip: place })).rejects.toThrow('no ink');
  expect(await setting.audit(id)).toEqual([]);
  setting.pass(31);
  expect(await setting.attempt(visit, rightPin)).toMatchObject({ code: 'pin_locked' });
  expect(await setting.audit(id)).toHaveLength(1);
});

it('leaves no PIN in any row, and none in a failure', async () => {
  const id = await setting.invite(rightPin);
  const visit = await setting.visit(id);
  const outcomes = [await setting.attempt(visit, rightPin), ...(await fail(visit, 6)), await setting.attempt(visit, rightPin)];
  const failures = outcomes.filter((outcome) => outcome instanceof Failure);
  expect(failures).toHaveLength(7);
  for (const failure of failures) {
    const told = `${failure.stack} ${JSON.stringify(failure)}`;
    for (const pin of [rightPin, 'WRONG', 'argon2id']) expect(told).not.toContain(pin);
  }
  const tables = await rows<{ name: string }>(
    testDatabase.database,
    `select table_name as name from information_schema.tables where table_schema = 'guestlist'`,
  );
  expect(tables.map(({ name }) => name)).toContain('pin_try');
  for (const { name } of tables) {
    const found = await testDatabase.database.raw('select count(*)::int as count from guestlist.?? t where t::text ~ ?', [
      name,
      `${rightPin}|WRONG`,
    ]);
    expect({ name, count: found.rows[0].count }).toEqual({ name, count: 0 });
  }
});
