/** The SQL of `invitation-share.ts`. */
import { execute, firstRow, type Queryable } from '../lib/db.ts';

/** Beside what apps were told (`invitation/once-store.ts`), and forgotten with it after an hour at the latest. */
export async function keepSealed(
  db: Queryable,
  {
    wish,
    ...kept
  }: { readonly accountId: string; readonly key: Buffer; readonly wish: Buffer; readonly sealed: Buffer; readonly now: Date },
): Promise<void> {
  const sql = `insert into guestlist.told_answer (account_id, key_digest, wish_digest, sealed, created_at)
    values (:accountId, :key, :wish, :sealed, :now)
    on conflict (account_id, key_digest) do update set sealed = excluded.sealed, created_at = excluded.created_at`;
  await execute(db, sql, { ...kept, wish });
}

/** Of those with that wish, the newest stay. */
export async function deleteOlderSealed(
  db: Queryable,
  wanted: { readonly accountId: string; readonly wish: Buffer; readonly most: number },
): Promise<void> {
  const sql = `delete from guestlist.told_answer where account_id = :accountId and key_digest in (
    select key_digest from guestlist.told_answer where account_id = :accountId and wish_digest = :wish
    order by created_at desc, key_digest offset :most)`;
  await execute(db, sql, wanted);
}

type Key = { readonly accountId: string; readonly key: Buffer };

export async function findSealed(db: Queryable, { since, ...key }: Key & { readonly since: Date }): Promise<Buffer | undefined> {
  const sql = `select sealed from guestlist.told_answer where account_id = :accountId and key_digest = :key and created_at > :since`;
  return (await firstRow<{ sealed: Buffer | null }>(db, sql, { ...key, since }))?.sealed ?? undefined;
}

export async function deleteSealed(db: Queryable, key: Key): Promise<void> {
  await execute(db, 'delete from guestlist.told_answer where account_id = :accountId and key_digest = :key', key);
}
