/**
 * Telling people, a week before, that a membership or a right of theirs will end; once, and all that ends within that
 * week in one mail. What lasted for less than two weeks is not worth it. Neighbours: `reminder.ts` begins the round,
 * `group/ending-store.ts` knows what ends.
 */
import { findEndings, listEnding, markEndingsTold } from '../group/ending-store.ts';
import { lockHoldings } from '../group/membership-store.ts';
import { inTransaction } from '../lib/db.ts';
import { isStopped } from '../mail/stop-store.ts';
import type { InvitationHost } from './host.ts';
import { queueEnding } from './mails.ts';

/** How many accounts are found in one statement, and how many are told at most in one round. */
const [batchSize, roundSize] = [100, 2_000];

/** Returns how many mails there were. */
export async function tellEndings(host: InvitationHost): Promise<number> {
  let told = 0;
  for (let looked = 0; looked < roundSize; looked += batchSize) {
    const accountIds = await listEnding(host.database, { now: host.clock(), limit: batchSize });
    for (const accountId of accountIds) if (await tellOf(host, accountId)) told += 1;
    if (accountIds.length < batchSize) break;
  }
  return told;
}

/** Who cannot be told, or does not want to be, is not asked about again. */
async function tellOf(host: InvitationHost, accountId: string): Promise<boolean> {
  return inTransaction(host.database, async (trx) => {
    await lockHoldings(trx, accountId);
    const now = host.clock();
    const endings = await findEndings(trx, accountId, now);
    if (endings.length === 0) return false;
    await markEndingsTold(
      trx,
      endings.map(({ id }) => id),
      now,
    );
    if (await isStopped(trx, `account:${accountId}`)) return false;
    return queueEnding(host, trx, { accountId, endings, now });
  });
}
