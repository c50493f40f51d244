/**
 * Erasing an account (GDPR Article 17): everything personal is gone for good, here and at once. Its id stays, so that
 * nobody gets it again, counts are right, and whoever came through it keeps their place in the tree of inviters. What the
 * audit trail has is ids, and addresses that were masked. Neighbour: `erase-store.ts` (what is where).
 */
import { recordAudit } from '../audit/audit.ts';
import { lockHoldings } from '../group/membership-store.ts';
import { type Database, inTransaction, type Transaction } from '../lib/db.ts';
import {
  endAllHeld,
  endWaiting,
  eraseAccountRow,
  forgetInvited,
  forgetInviter,
  forgetMailsTo,
  forgetPlaces,
  forgetRequestsOf,
  lockAddresses,
} from './erase-store.ts';
import { accountOf, type ManageContext, type Whose } from './manage.ts';

export type Erasing = ManageContext & {
  /**
   * Sessions, consents and tokens, and the apps are told; see `oidc/lost-access.ts`. It comes first: what it throws leaves
   * everything as it was.
   */
  readonly endSessions: (trx: Transaction, accountId: string) => Promise<unknown>;
};

export type Erased = {
  readonly accountId: string;
  /** Memberships and rights that have ended. */
  readonly endedGrants: number;
};

/** What the account issued is suspended. Throws `account_not_found`, also for one that was erased before. */
export async function eraseAccount(db: Database, whose: Whose, { clock, random, actor, from, endSessions }: Erasing): Promise<Erased> {
  return inTransaction(db, async (trx) => {
    const { id: accountId } = await accountOf(trx, whose);
    const addresses = await lockAddresses(trx, accountId);
    // What they are being given at this moment ends as well; afterwards nobody lets them in.
    await lockHoldings(trx, accountId);
    const now = clock();
    await endSessions(trx, accountId);
    const endedGrants = await endAllHeld(trx, accountId, { now, by: actor });
    const proven = addresses.filter(({ isProven }) => isProven).map(({ key }) => key);
    await forgetInvited(trx, { accountId, keys: proven }, { now, by: actor });
    await forgetInviter(trx, accountId);
    await forgetPlaces(trx, accountId);
    await endWaiting(trx, accountId, now);
    await forgetRequestsOf(trx, proven);
    await forgetMailsTo(trx, addresses, now);
    await eraseAccountRow(trx, accountId, now);
    await recordAudit(trx, { at: now, actor, from, action: 'account.erased', subject: accountId, detail: { endedGrants } }, random);
    return { accountId, endedGrants };
  });
}
