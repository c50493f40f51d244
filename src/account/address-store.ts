/** Every SQL statement that changes which addresses an account has. */
import { Failure } from '../errors.ts';
import { execute, rows, type Transaction } from '../lib/db.ts';
import type { EmailKey } from '../lib/email.ts';

type Address = { readonly accountId: string; readonly key: EmailKey };

/** The proven address takes the place of the first one, which goes. Throws `email_taken`: it is another account's. */
export async function replaceFirstEmail(
  trx: Transaction,
  address: Address & { readonly email: string; readonly now: Date },
): Promise<void> {
  const { accountId, key } = address;
  const gone = 'delete from guestlist.account_email where account_id = :accountId and primary_since is not null and email_key <> :key';
  await execute(trx, gone, { accountId, key });
  const sql = `insert into guestlist.account_email (email_key, email, account_id, created_at, verified_at, primary_since)
    values (:key, :email, :accountId, :now, :now, :now)
    on conflict (email_key) do update set verified_at = coalesce(account_email.verified_at, excluded.verified_at),
      primary_since = coalesce(account_email.primary_since, excluded.primary_since)
      where account_email.account_id = excluded.account_id`;
  if ((await execute(trx, sql, address)) === 0) throw new Failure('email_taken');
}

/** A further address of the account, proven, becomes its first one; the first one stays as a further one. False if there is none. */
export async function makeFirstEmail(trx: Transaction, { accountId, key, now }: Address & { readonly now: Date }): Promise<boolean> {
  const candidate = `select from guestlist.account_email
    where account_id = :accountId and email_key = :key and verified_at is not null and primary_since is null`;
  if ((await rows(trx, candidate, { accountId, key })).length === 0) return false;
  const former = 'update guestlist.account_email set primary_since = null where account_id = :accountId and primary_since is not null';
  await execute(trx, former, { accountId });
  await execute(trx, 'update guestlist.account_email set primary_since = :now where email_key = :key', { key, now });
  // What nobody has proven is good for nothing but to begin with.
  const unproven = 'delete from guestlist.account_email where account_id = :accountId and primary_since is null and verified_at is null';
  await execute(trx, unproven, { accountId });
  return true;
}

/** Never the first one. False if it is not there. */
export async function deleteFurtherEmail(trx: Transaction, address: Address): Promise<boolean> {
  const sql = 'delete from guestlist.account_email where account_id = :accountId and email_key = :key and primary_since is null';
  return (await execute(trx, sql, address)) === 1;
}

/** Returns how many there were. */
export async function deleteOtherEmails(trx: Transaction, address: Address): Promise<number> {
  return execute(trx, 'delete from guestlist.account_email where account_id = :accountId and email_key <> :key', address);
}
