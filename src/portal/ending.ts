/** Ending what somebody is signed in to: by themselves at the portal, or by whoever looks after their account. */
import { type AuditAction, recordAudit } from '../audit/audit.ts';
import type { Deed } from '../invitation/deed.ts';
import type { Clock } from '../lib/clock.ts';
import { type Database, inTransaction, type Transaction } from '../lib/db.ts';
import { sha256 } from '../lib/digest.ts';
import type { Random } from '../lib/random.ts';
import type { Ended } from './sign-ins.ts';

/** In addresses: what is listed there is named, and nothing else can be done with the name. */
export function handleOf(id: string): string {
  return sha256(id).toString('hex').slice(0, 32);
}

export type Ending = {
  readonly accountId: string;
  readonly by: Deed;
  readonly action: AuditAction;
  readonly detail?: Readonly<Record<string, string>>;
  readonly work: (trx: Transaction) => Promise<Ended | undefined>;
};

/** Undefined: there was nothing to end. Apps are told by whoever calls, when it is committed. */
export async function endAndRecord(
  { database, clock, random }: { readonly database: Database; readonly clock: Clock; readonly random: Random },
  { accountId, by, action, detail = {}, work }: Ending,
): Promise<Ended | undefined> {
  return inTransaction(database, async (trx) => {
    const ended = await work(trx);
    if (ended) await recordAudit(trx, { at: clock(), ...by, action, subject: accountId, detail }, random);
    return ended;
  });
}
