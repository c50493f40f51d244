/** Every SQL statement about accounts and their addresses. */
import { Failure } from '../errors.ts';
import { execute, firstRow, type Queryable, rows, type Transaction, violates } from '../lib/db.ts';
import type { Account } from './account.ts';
import { type EmailKey, emailKey } from './email.ts';

type AccountRow = { id: string; name: string; email: string; verified_at: Date | null; created_at: Date; disabled_at: Date | null };

const columns = 'a.id, a.name, e.email, e.verified_at, a.created_at, a.disabled_at';
const source = 'guestlist.account a join guestlist.account_email e on e.account_id = a.id and e.primary_since is not null';

function toAccount(row: AccountRow): Account {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    emailVerifiedAt: row.verified_at ?? undefined,
    createdAt: row.created_at,
    disabledAt: row.disabled_at ?? undefined,
  };
}

export type NewAccount = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly passwordHash: string;
  readonly createdAt: Date;
  readonly invitationId: string;
};

/** Throws `email_taken`; the transaction is then over. */
export async function insertAccount(trx: Transaction, account: NewAccount): Promise<void> {
  await execute(
    trx,
    `
    insert into guestlist.account (id, name, password_hash, created_at, invitation_id)
    values (:id, :name, :passwordHash, :createdAt, :invitationId)`,
    account,
  );
  try {
    await execute(
      trx,
      `
      insert into guestlist.account_email (email_key, email, account_id, created_at, primary_since)
      values (:key, :email, :id, :createdAt, :createdAt)`,
      { ...account, key: emailKey(account.email) },
    );
  } catch (error) {
    if (violates(error, 'account_email_pkey')) throw new Failure('email_taken');
    throw error;
  }
}

export async function findAccountById(db: Queryable, id: string): Promise<Account | undefined> {
  const row = await firstRow<AccountRow>(db, `select ${columns} from ${source} where a.id = :id`, { id });
  return row && toAccount(row);
}

/** By any of the account's addresses. */
export async function findAccountByEmail(db: Queryable, key: EmailKey): Promise<Account | undefined> {
  const row = await firstRow<AccountRow>(
    db,
    `
    select ${columns} from ${source}
    where a.id = (select account_id from guestlist.account_email where email_key = :key)`,
    { key },
  );
  return row && toAccount(row);
}

export async function findPasswordHash(db: Queryable, accountId: string): Promise<string | undefined> {
  const row = await firstRow<{ hash: string | null }>(db, 'select password_hash as hash from guestlist.account where id = :accountId', {
    accountId,
  });
  return row?.hash ?? undefined;
}

export async function setPasswordHash(db: Queryable, accountId: string, hash: string): Promise<void> {
  await execute(db, 'update guestlist.account set password_hash = :hash where id = :accountId', { accountId, hash });
}

/** Newest first. */
export async function listAccounts(db: Queryable, limit: number): Promise<Account[]> {
  const found = await rows<AccountRow>(db, `select ${columns} from ${source} order by a.id desc limit :limit`, { limit });
  return found.map(toAccount);
}
