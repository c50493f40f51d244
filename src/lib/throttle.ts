/** Limits that hold over all processes: counted in PostgreSQL by rate-limiter-flexible. */
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { isIPv6 } from 'node:net';
import { Failure } from '../errors.ts';
import { type Database, execute } from './db.ts';

export type Limit = { readonly name: string; readonly points: number; readonly perSeconds: number };

/** Points that there still are, until all of them are there again. */
export type Left = { readonly points: number; readonly seconds: number };

export type Throttle = {
  /** Uses one point; throws `too_many_requests` with the seconds to wait. */
  consume(key: string): Promise<unknown>;
  /** Takes back one point that was used. */
  giveBack(key: string): Promise<void>;
  reset(key: string): Promise<void>;
};

/** One that says what is left. */
export type CountingThrottle = Omit<Throttle, 'consume'> & { readonly limit: Limit; consume(key: string): Promise<Left> };

export function createThrottle(database: Database, { name, points, perSeconds }: Limit): CountingThrottle {
  const limiter = new RateLimiterPostgres({
    storeClient: database,
    storeType: 'knex',
    schemaName: 'guestlist',
    tableName: 'throttle',
    tableCreated: true,
    clearExpiredByTimeout: false,
    keyPrefix: name,
    points,
    duration: perSeconds,
  });
  return {
    limit: { name, points, perSeconds },
    async consume(key) {
      try {
        const { remainingPoints, msBeforeNext } = await limiter.consume(key);
        return { points: remainingPoints, seconds: Math.ceil(msBeforeNext / 1000) };
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        throw new Failure('too_many_requests', {}, Math.ceil(refusal.msBeforeNext / 1000));
      }
    },
    async giveBack(key) {
      await limiter.reward(key);
    },
    async reset(key) {
      await limiter.delete(key);
    },
  };
}

/** Uses one point; false: there is none left. For whoever answers alike in both cases. */
export async function hasPoint(throttle: Throttle, key: string): Promise<boolean> {
  try {
    await throttle.consume(key);
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return false;
  }
}

/** The address, or for IPv6 its /64: what one household or attacker easily has. */
export function addressBlock(ip: string): string {
  const plain = ip.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail = ''] = plain.split('::');
  const groups = head.split(':').filter(Boolean);
  const missing = plain.includes('::') ? 8 - groups.length - tail.split(':').filter(Boolean).length : 0;
  const full = [...groups, ...Array(missing).fill('0'), ...tail.split(':').filter(Boolean)];
  return `${full
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** Counts whose time is over. */
export async function deleteExpiredThrottles(database: Database, now: Date): Promise<void> {
  await execute(database, 'delete from guestlist.throttle where expire < :now', { now: now.getTime() });
}
