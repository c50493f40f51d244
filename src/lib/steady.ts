/** Answers whose time must tell nothing. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The same work for everybody is not all: where it leaves something behind, others wake up over it while the answer is on
 * its way. Returns, or throws, what the work does, and not before so much time has passed.
 */
export async function noSoonerThan<Result>(ms: number, work: () => Promise<Result>): Promise<Result> {
  const pause = sleep(ms);
  try {
    return await work();
  } finally {
    await pause;
  }
}
