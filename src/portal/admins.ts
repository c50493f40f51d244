/** A server without anybody who runs it: the last admin does not go by themselves. */
import { Failure } from '../errors.ts';
import { adminRight } from '../group/policy.ts';
import type { Transaction } from '../lib/db.ts';
import { findHolding, lockAdmins } from './store.ts';

/** What they are about to do takes the right away. Throws `last_admin`. */
export async function refuseLastAdmin(
  trx: Transaction,
  { accountId, now }: { readonly accountId: string; readonly now: Date },
): Promise<void> {
  await lockAdmins(trx);
  const { has, others } = await findHolding(trx, { accountId, right: adminRight, now });
  if (has && !others) throw new Failure('last_admin');
}
