/**
 * What is forgotten with time (data minimisation, GDPR Article 5.1.e): addresses of people who were invited and never
 * came. Counts, times and the audit trail stay; there the address was never in clear.
 */
import { deleteOffered } from '../group/policy-store.ts';
import { addSeconds } from '../lib/clock.ts';
import { inTransaction, type Database } from '../lib/db.ts';
import { forgetMailAddresses } from '../mail/outbox.ts';
import { forgetAddressees } from './store.ts';

/** After the invitation ended. */
const keptSeconds = 90 * 24 * 60 * 60;

/** For a day's limit, a day's places are counted. */
export async function forgetOffered(db: Database, now: Date): Promise<void> {
  await deleteOffered(db, addSeconds(now, -24 * 60 * 60));
}

/** An invitation without its address would be for anybody: it is revoked as well. Returns how many there were. */
export async function forgetInvitees(db: Database, now: Date): Promise<number> {
  return inTransaction(db, async (trx) => {
    const ids = await forgetAddressees(trx, { endedBefore: addSeconds(now, -keptSeconds), now });
    await forgetMailAddresses(trx, ids);
    return ids.length;
  });
}
