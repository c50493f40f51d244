/** Closing an account and opening it again. What it has stays: nobody signs in to it, and to an app it is nobody. */
import { type Origin, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import { type Database, inTransaction, type Queryable } from '../lib/db.ts';
import { emailKey, emailSchema } from '../lib/email.ts';
import type { Random } from '../lib/random.ts';
import type { Account } from './account.ts';
import { markDisabled } from './manage-store.ts';
import { findAccountByEmail, findAccountById } from './store.ts';

export type ManageContext = {
  readonly clock: Clock;
  readonly random: Random;
  /** Account id, or `operator`. */
  readonly actor: string;
  readonly from?: Origin | undefined;
};

/** By any of its addresses. Throws `account_not_found`. */
export async function accountWith(db: Queryable, email: string): Promise<Account> {
  const parsed = emailSchema.safeParse(email);
  const account = parsed.success ? await findAccountByEmail(db, emailKey(parsed.data)) : undefined;
  if (!account) throw new Failure('account_not_found', { email });
  return account;
}

/** An account by any of its addresses, or by its id. */
export type Whose = string | { readonly accountId: string };

/** Throws `account_not_found`, also for one that was erased. */
export async function accountOf(db: Queryable, whose: Whose): Promise<Account> {
  if (typeof whose === 'string') return accountWith(db, whose);
  const account = await findAccountById(db, whose.accountId);
  if (!account) throw new Failure('account_not_found', { accountId: whose.accountId });
  return account;
}

/** False if it was disabled before; throws `account_not_found`. */
export async function disableAccount(db: Database, whose: Whose, context: ManageContext): Promise<boolean> {
  return setDisabled(db, whose, { ...context, isDisabled: true });
}

/** False if it was not disabled; throws `account_not_found`. */
export async function enableAccount(db: Database, whose: Whose, context: ManageContext): Promise<boolean> {
  return setDisabled(db, whose, { ...context, isDisabled: false });
}

type Setting = ManageContext & { readonly isDisabled: boolean };

async function setDisabled(db: Database, whose: Whose, { clock, random, actor, from, isDisabled }: Setting): Promise<boolean> {
  return inTransaction(db, async (trx) => {
    const account = await accountOf(trx, whose);
    const now = clock();
    if (!(await markDisabled(trx, account.id, isDisabled ? now : undefined))) return false;
    const action = isDisabled ? 'account.disabled' : 'account.enabled';
    await recordAudit(trx, { at: now, actor, from, action, subject: account.id }, random);
    return true;
  });
}
