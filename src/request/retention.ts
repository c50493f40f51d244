/**
 * What is forgotten with time: what nobody confirmed, at once; who asked, 90 days after it was decided; where a mail about
 * it went, 90 days after that. Counts and sources stay.
 */
import { addSeconds } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import { forgetAddressesOf } from '../mail/outbox.ts';
import { deleteUnconfirmed, forgetDecided, lapseWaiting } from './store.ts';

const keptSeconds = 90 * 24 * 60 * 60;

export async function forgetRequests(db: Database, now: Date): Promise<void> {
  const before = addSeconds(now, -keptSeconds);
  await deleteUnconfirmed(db, now);
  await lapseWaiting(db, { confirmedBefore: before, now });
  await forgetDecided(db, before);
  await forgetAddressesOf(db, { kinds: ['request-confirm', 'request-declined'], queuedBefore: before, now });
}
