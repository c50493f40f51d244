/** The SQL of `once.ts`. */
import { execute, firstRow, type Queryable, type Transaction } from '../lib/db.ts';

export type Claim = { readonly accountId: string; readonly key: Buffer; readonly wish: Buffer; readonly now: Date };

/** False if it was claimed after `oldest`; waits for whoever is at it. */
export async function claimAnswer(trx: Transaction, claim: Claim, oldest: Date): Promise<boolean> {
  const sql = `insert into guestlist.told_answer as a (account_id, key_digest, wish_digest, created_at)
    values (:accountId, :key, :wish, :now)
    on conflict (account_id, key_digest) do update set wish_digest = excluded.wish_digest, created_at = excluded.created_at, sealed = null
      where a.created_at <= :oldest`;
  return (await execute(trx, sql, { ...claim, oldest })) === 1;
}

export type ToldAnswer = { readonly wish: Buffer; readonly sealed: Buffer | null };

export async function findAnswer(trx: Transaction, { accountId, key }: Pick<Claim, 'accountId' | 'key'>): Promise<ToldAnswer | undefined> {
  const sql = `select wish_digest as wish, sealed from guestlist.told_answer where account_id = :accountId and key_digest = :key`;
  return firstRow(trx, sql, { accountId, key });
}

export async function hasAnswer(db: Queryable, { accountId, key }: Pick<Claim, 'accountId' | 'key'>, oldest: Date): Promise<boolean> {
  const sql = `select from guestlist.told_answer
    where account_id = :accountId and key_digest = :key and sealed is not null and created_at > :oldest`;
  return (await firstRow(db, sql, { accountId, key, oldest })) !== undefined;
}

export async function keepAnswer(trx: Transaction, { accountId, key }: Pick<Claim, 'accountId' | 'key'>, sealed: Buffer): Promise<void> {
  const sql = 'update guestlist.told_answer set sealed = :sealed where account_id = :accountId and key_digest = :key';
  await execute(trx, sql, { accountId, key, sealed });
}

export async function forgetAnswer(trx: Transaction, { accountId, key }: Pick<Claim, 'accountId' | 'key'>): Promise<void> {
  await execute(trx, 'delete from guestlist.told_answer where account_id = :accountId and key_digest = :key', { accountId, key });
}

export async function deleteAnswers(db: Queryable, { until }: { readonly until: Date }): Promise<number> {
  return execute(db, 'delete from guestlist.told_answer where created_at <= :until', { until });
}
