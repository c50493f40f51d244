/** Every SQL statement about settings. */
import { execute, firstRow, type Queryable, rows } from '../lib/db.ts';

export type StoredSetting = { readonly name: string; readonly value: string; readonly changedAt: Date; readonly changedBy: string };

/** Without the pictures themselves. */
export async function listStored(db: Queryable): Promise<StoredSetting[]> {
  return rows(db, `select name, value, changed_at as "changedAt", changed_by as "changedBy" from guestlist.setting order by name`);
}

export async function findBody(db: Queryable, name: string): Promise<Buffer | undefined> {
  return (
    (await firstRow<{ body: Buffer | null }>(db, 'select body from guestlist.setting where name = :name', { name }))?.body ?? undefined
  );
}

export async function putStored(
  db: Queryable,
  { body, ...setting }: StoredSetting & { readonly body?: Buffer | undefined },
): Promise<void> {
  await execute(
    db,
    `
    insert into guestlist.setting (name, value, body, changed_at, changed_by)
    values (:name, :value, :body, :changedAt, :changedBy)
    on conflict (name) do update
    set value = excluded.value, body = excluded.body, changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
    { ...setting, body: body ?? null },
  );
}

/** False: there was none. */
export async function deleteStored(db: Queryable, name: string): Promise<boolean> {
  return (await execute(db, 'delete from guestlist.setting where name = :name', { name })) > 0;
}
