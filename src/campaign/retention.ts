/** What is forgotten with time: who was invited and never came, as `invitation/retention.ts` has it. Counts and times stay. */
import { addSeconds } from '../lib/clock.ts';
import { type Database, inTransaction } from '../lib/db.ts';
import { removeAbandoned } from './create.ts';
import { forgetRows } from './store.ts';

const keptSeconds = 90 * 24 * 60 * 60;

export async function forgetCampaignRows(database: Database, now: Date): Promise<void> {
  await removeAbandoned({ database }, now);
  await inTransaction(database, (trx) => forgetRows(trx, addSeconds(now, -keptSeconds)));
}
