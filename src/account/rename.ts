/** Another name for an account. Apps hear of it with the next token; the record says that it changed, never from what to what. */
import { type Origin, recordAudit } from '../audit/audit.ts';
import type { Clock } from '../lib/clock.ts';
import { type Database, inTransaction } from '../lib/db.ts';
import type { Random } from '../lib/random.ts';
import { updateName } from './store.ts';

type RenameSite = { readonly database: Database; readonly clock: Clock; readonly random: Random };
type Renaming = {
  readonly accountId: string;
  readonly name: string;
  /** Account id, or `operator`. Default: they do it themselves. */
  readonly actor?: string;
  readonly from: Origin | undefined;
};

/** False: it was called so before. */
export async function rename(
  { database, clock, random }: RenameSite,
  { accountId, name, actor = accountId, from }: Renaming,
): Promise<boolean> {
  return inTransaction(database, async (trx) => {
    if (!(await updateName(trx, accountId, name))) return false;
    await recordAudit(trx, { at: clock(), actor, from, action: 'account.renamed', subject: accountId }, random);
    return true;
  });
}
