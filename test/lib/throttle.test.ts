import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { type Database, openDatabase } from '../../src/lib/db.ts';
import { addressBlock, createThrottle, deleteExpiredThrottles } from '../../src/lib/throttle.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('the block of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['', ''],
    ['unknown', 'unknown'],
  ])('%s is in %s', (address, block) => {
    expect(addressBlock(address)).toBe(block);
  });

  const group = fc.integer({ min: 0, max: 0xffff });
  const groups = fc.array(fc.oneof(fc.constant(0), group), { minLength: 4, maxLength: 4 });

  it('is one for a whole /64, however the addresses are written', () => {
    fc.assert(
      fc.property(groups, groups, groups, (network, one, other) => {
        for (const spelling of spellings([...network, ...one])) {
          expect(isIPv6(spelling)).toBe(true);
          expect(addressBlock(spelling)).toBe(addressBlock([...network, ...other].map(hex).join(':')));
        }
      }),
    );
  });

  it('is another for another /64', () => {
    fc.assert(
      fc.property(groups, groups, groups, (network, other, host) => {
        fc.pre(network.join() !== other.join());
        expect(addressBlock([...network, ...host].map(hex).join(':'))).not.toBe(addressBlock([...other, ...host].map(hex).join(':')));
      }),
    );
  });
});

function hex(number: number): string {
  return number.toString(16);
}

/** In full, padded, upper case, and with each run of zeros shortened. */
function spellings(groups: readonly number[]): string[] {
  const plain = groups.map(hex);
  const shortened = groups.flatMap((_, from) =>
    groups.flatMap((__, last) =>
      last >= from && groups.slice(from, last + 1).every((group) => group === 0)
        ? [`${plain.slice(0, from).join(':')}::${plain.slice(last + 1).join(':')}`]
        : [],
    ),
  );
  return [plain.join(':'), plain.map((text) => text.padStart(4, '0')).join(':'), plain.join(':').toUpperCase(), ...shortened];
}

describe('a limit', () => {
  let testDatabase: TestDatabase;
  let here: Database;
  let elsewhere: Database;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    here = testDatabase.database;
    elsewhere = openDatabase(testDatabase.connection, 5);
  });

  afterAll(async () => {
    await elsewhere.destroy();
    await testDatabase.drop();
  });

  async function refusalOf(work: Promise<unknown>): Promise<Failure | undefined> {
    return work.then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof Failure) return error;
        throw error;
      },
    );
  }

  it('holds over all processes', async () => {
    const limit = { name: 'shared', points: 3, perSeconds: 60 };
    const [one, other] = [createThrottle(here, limit), createThrottle(elsewhere, limit)];
    for (const throttle of [one, other, one]) expect(await refusalOf(throttle.consume('a'))).toBeUndefined();
    for (const throttle of [one, other]) expect(await refusalOf(throttle.consume('a'))).toMatchObject({ code: 'too_many_requests' });
    expect(await refusalOf(other.consume('b'))).toBeUndefined();
  });

  it('lets exactly as many through as it says, however many come at once', async () => {
    const limit = { name: 'rush', points: 7, perSeconds: 60 };
    const throttles = [createThrottle(here, limit), createThrottle(elsewhere, limit)];
    const refusals = await Promise.all(
      Array.from({ length: 40 }, (_, index) => refusalOf((throttles[index % 2] as (typeof throttles)[0]).consume('a'))),
    );
    expect(refusals.filter((refusal) => refusal === undefined)).toHaveLength(7);
  });

  it('tells after how many seconds to come back', async () => {
    const throttle = createThrottle(here, { name: 'wait', points: 1, perSeconds: 30 });
    await throttle.consume('a');
    const refusal = await refusalOf(throttle.consume('a'));
    expect(Number.isInteger(refusal?.retryAfterSeconds)).toBe(true);
    expect(refusal?.retryAfterSeconds).toBeGreaterThan(25);
    expect(refusal?.retryAfterSeconds).toBeLessThanOrEqual(30);
  });

  it('begins anew when its time is over, and when it is lifted', async () => {
    const throttle = createThrottle(here, { name: 'short', points: 1, perSeconds: 1 });
    await throttle.consume('a');
    expect(await refusalOf(throttle.consume('a'))).toMatchObject({ retryAfterSeconds: 1 });
    await expect.poll(() => refusalOf(throttle.consume('a')), { timeout: 5_000, interval: 300 }).toBeUndefined();
    await throttle.reset('a');
    expect(await refusalOf(throttle.consume('a'))).toBeUndefined();
  });

  it('is its own: one name does not use up another', async () => {
    const [one, other] = ['first', 'second'].map((name) => createThrottle(here, { name, points: 1, perSeconds: 60 }));
    await one?.consume('a');
    expect(await refusalOf(other?.consume('a') ?? Promise.reject(new Error('no throttle')))).toBeUndefined();
  });

  it('leaves no rows behind when counts are over', async () => {
    await createThrottle(here, { name: 'old', points: 1, perSeconds: 60 }).consume('a');
    await createThrottle(here, { name: 'new', points: 1, perSeconds: 6_000 }).consume('a');
    await deleteExpiredThrottles(here, new Date(Date.now() + 3_600_000));
    const left: string[] = await here('guestlist.throttle').pluck('key');
    expect(left).toEqual(['new:a']);
  });

  it('is not lost in an outage: the error is the database’s', async () => {
    const gone = openDatabase(testDatabase.connection, 1);
    const throttle = createThrottle(gone, { name: 'outage', points: 1, perSeconds: 60 });
    await gone.destroy();
    await expect(throttle.consume('a')).rejects.not.toBeInstanceOf(Failure);
  });
});
