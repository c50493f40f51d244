/**
 * Slow hashes of what people can remember: passwords and PINs. Argon2id with a pepper (NIST 800-63B-4 §3.1.1.2, OWASP
 * password storage). As many at once in the whole process as there are cores, a bounded queue behind them: hashing
 * shares its threads with signing, and must not starve it. The libraries are loaded when a `SlowHash` is made.
 */
import { availableParallelism } from 'node:os';
import type { LimitFunction } from 'p-limit';
import { Failure } from '../errors.ts';

/** Each call may throw `too_busy`: the queue is full. */
export type SlowHash = {
  /** A PHC string, with a salt of its own. */
  hash(text: string): Promise<string>;
  /** Without a hash it takes as long, and is false: nobody learns whether there is one. */
  verify(stored: string | undefined, text: string): Promise<boolean>;
  /** True for a hash made with weaker settings than today's. */
  isOutdated(stored: string): boolean;
};

export type SlowHashOptions = {
  readonly pepper: Buffer;
  /** How many may wait for their turn. */
  readonly queueLength?: number;
  /** Default: OWASP's first choice, 19 MiB and two passes. */
  readonly cost?: HashCost;
};

export type HashCost = { readonly memoryCost: number; readonly timeCost: number; readonly parallelism: number };

const owaspCost: HashCost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Spreads the load and forbids nothing, so it may be this process's own. */
let turns: Promise<LimitFunction> | undefined;

async function createTurns(): Promise<LimitFunction> {
  const { default: pLimit } = await import('p-limit');
  return pLimit(availableParallelism());
}

/** Hashes once, as a test of itself: a broken binary fails here, at the start. */
export async function createSlowHash({ pepper, queueLength = 500, cost = owaspCost }: SlowHashOptions): Promise<SlowHash> {
  turns ??= createTurns();
  const [{ default: argon2 }, limit] = await Promise.all([import('argon2'), turns]);
  const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (limit.pendingCount >= queueLength) throw new Failure('too_busy', {}, 5);
    return limit(work);
  };
  const hash = (text: string) => argon2.hash(text, { ...cost, secret: pepper });
  const decoy = await hash('nobody has this password');
  return {
    hash: (text) => inTurn(() => hash(text)),
    verify: async (stored, text) => {
      const matches = await inTurn(() => argon2.verify(stored ?? decoy, text, { secret: pepper }));
      return matches && stored !== undefined;
    },
    isOutdated: (stored) => argon2.needsRehash(stored, cost),
  };
}
