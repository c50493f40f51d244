/** Random bytes and ids. Randomness is an argument, so that tests can repeat a run. */
import { randomBytes as nodeRandomBytes } from 'node:crypto';
import { v7 } from 'uuid';

export type Random = (byteCount: number) => Buffer;

export const secureRandom: Random = (byteCount) => nodeRandomBytes(byteCount);

/** UUIDv7, RFC 9562 §5.7: sortable by time, an identifier and never a permission. */
export function newId(now: Date, random: Random): string {
  return v7({ msecs: now.getTime(), random: random(16) });
}

/** No id of this moment or later is less, and every earlier one is: ids of a span of time lie between two of these. */
export function firstId(at: Date): string {
  const time = at.getTime().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`;
}
