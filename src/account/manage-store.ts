/** The SQL of `manage.ts`. */
import { execute, type Transaction } from '../lib/db.ts';

/** Undefined enables it again. False if it was so before. */
export async function markDisabled(trx: Transaction, accountId: string, at: Date | undefined): Promise<boolean> {
  const sql = `update guestlist.account set disabled_at = :at
    where id = :accountId and (disabled_at is null) = (cast(:at as timestamptz) is not null)`;
  return (await execute(trx, sql, { accountId, at: at ?? null })) === 1;
}
