/** Random bytes and ids. Randomness is an argument, so that tests can repeat a run. */
import { randomBytes as nodeRandomBytes } from 'node:crypto';
import { v7 } from 'uuid';

export type Random = (byteCount: number) => Buffer;

export const secureRandom: Random = (byteCount) => nodeRandomBytes(byteCount);

/** UUIDv7, RFC 9562 §5.7: sortable by time, an identifier and never a permission. */
export function newId(now: Date, random: Random): string {
  return v7({ msecs: now.getTime(), random: random(16) });
}
