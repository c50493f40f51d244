/** Doing something to see what would come of it: whatever it was, it is taken back. */
import { inTransaction, type Database, type Transaction } from '../lib/db.ts';

const takenBack = new Error('taken back');

export async function rehearse<Outcome>(database: Database, work: (trx: Transaction) => Promise<Outcome>): Promise<Outcome> {
  const seen: Outcome[] = [];
  try {
    await inTransaction(database, async (trx) => {
      seen.splice(0, seen.length, await work(trx));
      throw takenBack;
    });
  } catch (error) {
    if (error !== takenBack) throw error;
  }
  return seen[0] as Outcome;
}
