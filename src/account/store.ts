/** Every SQL statement about accounts and their addresses. */
import { Failure } from '../errors.ts';
import { execute, firstRow, type Queryable, rows, type Transaction, violates } from '../lib/db.ts';
import type { Account } from './account.ts';
import { type EmailKey, emailKey } from '../lib/email.ts';

export type AccountRow = {
  id: string;
  name: string;
  email: string;
  verified_at: Date | null;
  locale: string | null;
  created_at: Date;
  disabled_at: Date | null;
  others: { readonly email: string; readonly verified: boolean }[];
};

export const accountColumns = `a.id, a.name, e.email, e.verified_at, a.locale, a.created_at, a.disabled_at,
  (select coalesce(json_agg(json_build_object('email', o.email, 'verified', o.verified_at is not null) order by o.created_at), '[]')
    from guestlist.account_email o where o.account_id = a.id and o.primary_since is null) as others`;
export const accountSource = 'guestlist.account a join guestlist.account_email e on e.account_id = a.id and e.primary_since is not null';

export function toAccount(row: AccountRow): Account {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    emailVerifiedAt: row.verified_at ?? undefined,
    locale: row.locale ?? undefined,
    createdAt: row.created_at,
    disabledAt: row.disabled_at ?? undefined,
    otherEmails: row.others,
  };
}

export type NewAccount = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** Undefined: nobody has proven that mailbox. */
  readonly emailVerifiedAt: Date | undefined;
  readonly locale?: string | undefined;
  readonly passwordHash: string;
  readonly createdAt: Date;
  readonly invitationId: string;
};

/** Throws `email_taken`; the transaction is then over. */
export async function insertAccount(trx: Transaction, account: NewAccount): Promise<void> {
  await execute(
    trx,
    `
    insert into guestlist.account (id, name, locale, password_hash, created_at, invitation_id)
    values (:id, :name, :locale, :passwordHash, :createdAt, :invitationId)`,
    { ...account, locale: account.locale ?? null },
  );
  try {
    await execute(
      trx,
      `
      insert into guestlist.account_email (email_key, email, account_id, created_at, primary_since, verified_at)
      values (:key, :email, :id, :createdAt, :createdAt, :verifiedAt)`,
      { ...account, key: emailKey(account.email), verifiedAt: account.emailVerifiedAt ?? null },
    );
  } catch (error) {
    if (violates(error, 'account_email_pkey')) throw new Failure('email_taken');
    throw error;
  }
}

export async function findAccountById(db: Queryable, id: string): Promise<Account | undefined> {
  const row = await firstRow<AccountRow>(db, `select ${accountColumns} from ${accountSource} where a.id = :id`, { id });
  return row && toAccount(row);
}

/** Those of them that there are, in no order. */
export async function findAccounts(db: Queryable, ids: readonly string[]): Promise<Account[]> {
  if (ids.length === 0) return [];
  const sql = `select ${accountColumns} from ${accountSource} where a.id = any(:ids)`;
  return (await rows<AccountRow>(db, sql, { ids })).map(toAccount);
}

/** By any of the account's addresses. */
export async function findAccountByEmail(db: Queryable, key: EmailKey): Promise<Account | undefined> {
  const row = await firstRow<AccountRow>(
    db,
    `
    select ${accountColumns} from ${accountSource}
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

export async function saveLocale(db: Queryable, accountId: string, locale: string): Promise<void> {
  await execute(db, 'update guestlist.account set locale = :locale where id = :accountId', { accountId, locale });
}

/** False if the password is no longer the one that `previous` is a hash of. */
export async function replacePasswordHash(
  db: Queryable,
  accountId: string,
  { previous, hash }: { readonly previous: string; readonly hash: string },
): Promise<boolean> {
  const sql = 'update guestlist.account set password_hash = :hash where id = :accountId and password_hash = :previous';
  return (await execute(db, sql, { accountId, previous, hash })) === 1;
}

/** False if it is the name already, or there is no such account. */
export async function updateName(db: Queryable, accountId: string, name: string): Promise<boolean> {
  const sql = 'update guestlist.account set name = :name where id = :accountId and erased_at is null and name <> :name';
  return (await execute(db, sql, { accountId, name })) === 1;
}

export type Mailbox = { readonly accountId: string; readonly verified: boolean };

/** Whose address it is, and whether they have proven it. */
export async function findMailbox(db: Queryable, key: EmailKey): Promise<Mailbox | undefined> {
  const sql = 'select account_id as "accountId", verified_at is not null as verified from guestlist.account_email where email_key = :key';
  return firstRow(db, sql, { key });
}

/** A further address, proven; or one that the account has already, proven now. Another account's stays where it is. */
export async function saveProvenEmail(
  trx: Transaction,
  { accountId, email, now }: { readonly accountId: string; readonly email: string; readonly now: Date },
): Promise<boolean> {
  const sql = `insert into guestlist.account_email (email_key, email, account_id, created_at, verified_at)
    values (:key, :email, :accountId, :now, :now)
    on conflict (email_key) do update set verified_at = coalesce(account_email.verified_at, excluded.verified_at)
      where account_email.account_id = excluded.account_id`;
  return (await execute(trx, sql, { key: emailKey(email), email, accountId, now })) === 1;
}

/** Takes an address that nobody has proven from whoever claimed it. Returns whose it was. */
export async function deleteUnprovenEmail(trx: Transaction, key: EmailKey): Promise<string | undefined> {
  const sql = 'delete from guestlist.account_email where email_key = :key and verified_at is null returning account_id as "accountId"';
  return (await firstRow<{ accountId: string }>(trx, sql, { key }))?.accountId;
}

/** For an account that has lost its address: the first one it has proven takes its place. Without any, nobody can sign in to it any more. */
export async function replaceLostEmail(trx: Transaction, accountId: string, now: Date): Promise<void> {
  const isLost = 'not exists (select from guestlist.account_email where account_id = :accountId and primary_since is not null)';
  const proven = `select email_key from guestlist.account_email
    where account_id = :accountId and verified_at is not null order by verified_at, email_key limit 1`;
  await execute(trx, `update guestlist.account_email set primary_since = :now where email_key = (${proven}) and ${isLost}`, {
    accountId,
    now,
  });
  await execute(trx, `update guestlist.account set disabled_at = :now where id = :accountId and disabled_at is null and ${isLost}`, {
    accountId,
    now,
  });
}

export type Beginning = {
  readonly invitationId: string;
  /** The inviter's own note on it. */
  readonly label: string;
  /** When they asked to be invited, and from where; null: they did not ask. */
  readonly askedAt: Date | null;
  readonly source: string | null;
  /** Where they found the link, as its address said, see `invitation/arrival.ts`; null: it did not. */
  readonly arrival: Readonly<Record<string, string>> | null;
};

/** How somebody came to have an account. */
export async function findBeginning(db: Queryable, accountId: string): Promise<Beginning | undefined> {
  const sql = `select i.id as "invitationId", i.label, q.asked_at as "askedAt", q.source, r.arrival
    from guestlist.account a join guestlist.invitation i on i.id = a.invitation_id
    left join guestlist.redemption r on r.invitation_id = i.id and r.account_id = a.id
    left join guestlist.invitation_request q on q.invitation_id = i.id where a.id = :accountId`;
  return firstRow(db, sql, { accountId });
}
