/** Names for what the record has ids of. */
import { type Queryable, rows } from '../lib/db.ts';

/** Of accounts among these ids; erased ones have no name. */
export async function namesOf(db: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const sql = `select id, name from guestlist.account where id = any(:ids) and name <> ''`;
  const found = await rows<{ id: string; name: string }>(db, sql, { ids: [...new Set(ids)] });
  return new Map(found.map(({ id, name }) => [id, name]));
}

/** Everything that was ever done at least once, by one look at the index for each. */
export async function listActions(db: Queryable): Promise<string[]> {
  const sql = `with recursive known (action) as (
      select min(action) from guestlist.audit_event
      union all
      select (select min(e.action) from guestlist.audit_event e where e.action > known.action) from known where known.action is not null
    ) select action from known where action is not null`;
  return (await rows<{ action: string }>(db, sql)).map(({ action }) => action);
}
