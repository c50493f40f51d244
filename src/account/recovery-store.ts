/** Every SQL statement about links that were mailed for an account, and about what they change. */
import { execute, firstRow, type Queryable, rows, type Transaction } from '../lib/db.ts';
import type { EmailKey } from '../lib/email.ts';

export type Purpose = 'password_reset' | 'email_change';

export type AccountToken = {
  readonly accountId: string;
  /** Where it was sent: what it proves. */
  readonly email: string;
  readonly key: EmailKey;
};

export type NewAccountToken = AccountToken & {
  readonly digest: Buffer;
  readonly purpose: Purpose;
  readonly now: Date;
  readonly expiresAt: Date;
};

export async function insertToken(trx: Transaction, token: NewAccountToken): Promise<void> {
  await execute(
    trx,
    `
    insert into guestlist.account_token (digest, purpose, account_id, email, email_key, created_at, expires_at)
    values (:digest, :purpose, :accountId, :email, :key, :now, :expiresAt)`,
    token,
  );
}

type TokenKey = { readonly digest: Buffer; readonly purpose: Purpose; readonly now: Date };

const tokenColumns = 'account_id as "accountId", email, email_key as key';

export async function findToken(db: Queryable, key: TokenKey): Promise<AccountToken | undefined> {
  const sql = `select ${tokenColumns} from guestlist.account_token
    where digest = :digest and purpose = :purpose and expires_at > :now`;
  return firstRow(db, sql, key);
}

/** For exactly one of any number of callers. */
export async function takeToken(trx: Transaction, key: TokenKey): Promise<AccountToken | undefined> {
  const sql = `delete from guestlist.account_token
    where digest = :digest and purpose = :purpose and expires_at > :now returning ${tokenColumns}`;
  return firstRow(trx, sql, key);
}

/** The address that waits to be confirmed. */
export async function findPendingEmail(db: Queryable, accountId: string, now: Date): Promise<string | undefined> {
  const sql = `select email from guestlist.account_token
    where account_id = :accountId and purpose = 'email_change' and expires_at > :now`;
  return (await firstRow<{ email: string }>(db, sql, { accountId, now }))?.email;
}

export async function deleteEmailChange(trx: Transaction, accountId: string): Promise<void> {
  await execute(trx, `delete from guestlist.account_token where account_id = :accountId and purpose = 'email_change'`, { accountId });
}

export async function deleteTokensOf(trx: Transaction, accountId: string): Promise<void> {
  await execute(trx, 'delete from guestlist.account_token where account_id = :accountId', { accountId });
}

/** Leaves alone what somebody else deletes at this moment. */
export async function deleteExpiredTokens(trx: Transaction, now: Date): Promise<void> {
  const sql = `delete from guestlist.account_token where digest in (
    select digest from guestlist.account_token where expires_at <= :now limit 100 for update skip locked)`;
  await execute(trx, sql, { now });
}

/** Whatever changes how somebody gets into an account waits here for its turn. False: there is none, or it is disabled. */
export async function lockAccount(trx: Transaction, accountId: string): Promise<boolean> {
  const sql = 'select from guestlist.account where id = :accountId and disabled_at is null for no key update';
  return (await rows(trx, sql, { accountId })).length === 1;
}

/** Waits for whoever is changing it. */
export async function isPasswordHash(db: Queryable, accountId: string, hash: string): Promise<boolean> {
  const sql = 'select password_hash = :hash as same from guestlist.account where id = :accountId for share';
  return (await firstRow<{ same: boolean | null }>(db, sql, { accountId, hash }))?.same === true;
}

export async function setPasswordHash(trx: Transaction, accountId: string, hash: string): Promise<void> {
  await execute(trx, 'update guestlist.account set password_hash = :hash where id = :accountId', { accountId, hash });
}
