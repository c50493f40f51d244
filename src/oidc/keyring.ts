/**
 * The keys in a process that runs. oidc-provider takes its keys at construction and keeps a copy, so that changing them
 * means another Provider. For each order of keys one is made of the same settings; a request goes, from its beginning to
 * its end, to the one that is current when it comes. Sessions, interactions, codes and tokens live in the database and
 * cookie keys stay the same, so that what one Provider began another goes on with: nobody notices.
 *
 * Who signs when is in the rows (`key-state.ts`), and is read from time to time by whoever has a request to answer: no
 * timer, no connection that listens, and a process that was asleep knows better before it answers. Which order follows
 * from what was read and the clock alone, so that a turn that was planned happens on time, database or not. The order
 * itself is the one that oidc-provider's documentation asks for: new keys behind, then before the old ones.
 */
import type { Clock } from '../lib/clock.ts';
import { noticeSeconds, outageSeconds, refreshSeconds } from './key-state.ts';
import { arrangeKeys, type KeySet, type ServerKeys, turningPoints } from './keys.ts';

export type Keyring<Made> = {
  /** For a request that comes now. Rejects if the keys could not be read for so long that others may use new ones. */
  current(): Made | Promise<Made>;
  /** What was current last, for whoever has no request to answer. */
  latest(): Made;
};

export type KeyringOptions<Made> = {
  readonly keys: KeySet;
  readonly read: () => Promise<KeySet>;
  /** Called anew for each order of keys. */
  readonly make: (keys: ServerKeys) => Made;
  readonly clock: Clock;
  /** They could not be read, or are not what they were. The process goes on with those that it has. */
  readonly onError: (error: unknown) => void;
};

export class KeysUnknown extends Error {
  constructor() {
    super('the keys could not be read for too long');
    this.name = 'KeysUnknown';
  }
}

const mostMilliseconds = 2_000;
const secondsToNextTry = 5;

export function createKeyring<Made>({ keys, read, make, clock, onError }: KeyringOptions<Made>): Keyring<Made> {
  let known = { keys, readAt: clock() };
  let tried = { at: known.readAt, pause: refreshSeconds };
  let order = orderAt(keys, known.readAt);
  let made = make(order.keys);
  let reading: Promise<void> | undefined;

  const follow = (next: Order): Made => {
    if (next.name !== order.name) made = make(next.keys);
    order = next;
    return made;
  };
  const turn = (now: Date): Made => (order.from <= now && now < order.until ? made : follow(orderAt(known.keys, now)));
  const readAgain = async () => {
    const at = clock();
    tried = { at, pause: secondsToNextTry };
    try {
      const next = await inTime(read());
      follow(orderAt(next, at));
      known = { keys: next, readAt: at };
      tried = { at, pause: refreshSeconds };
    } catch (error) {
      onError(error);
    } finally {
      reading = undefined;
    }
  };
  const serve = (): Made => {
    const now = clock();
    if (secondsBetween(known.readAt, now) > outageSeconds) throw new KeysUnknown();
    return turn(now);
  };
  return {
    current() {
      const now = clock();
      if (secondsBetween(tried.at, now) > tried.pause) reading ??= readAgain();
      return secondsBetween(known.readAt, now) <= noticeSeconds ? turn(now) : (reading ?? Promise.resolve()).then(serve);
    },
    latest: () => made,
  };
}

type Order = { readonly name: string; readonly keys: ServerKeys; readonly from: Date; readonly until: Date };

/** How the keys stand at an instant, and how long it stays so. */
function orderAt(keys: KeySet, now: Date): Order {
  const arranged = arrangeKeys(keys, now);
  const points = turningPoints(keys).map((instant) => instant.getTime());
  return {
    name: arranged.jwks.keys.map(({ kid }) => kid).join(' '),
    keys: arranged,
    from: new Date(Math.max(-8.64e15, ...points.filter((point) => point <= now.getTime()))),
    until: new Date(Math.min(8.64e15, ...points.filter((point) => point > now.getTime()))),
  };
}

/** A clock that was put back is no reason to believe what was read in its future. */
function secondsBetween(one: Date, other: Date): number {
  return Math.abs(one.getTime() - other.getTime()) / 1000;
}

/** A database that does not answer is as good as none: whoever has a request to answer waits no longer. */
function inTime<Result>(work: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('the database did not answer in time')), mostMilliseconds);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
