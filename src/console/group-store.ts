/** SQL for the pages about groups: what comes with being in one. */
import { type Queryable, rows } from '../lib/db.ts';
import { groupsAbove } from '../group/tree-store.ts';

export type RightRow = { readonly name: string; readonly description: string; readonly fromSlug: string; readonly fromName: string };

/** Its own, then those of the groups above it, the nearest first. One that comes from several is there once. */
export async function listRightsOfGroup(db: Queryable, groupId: string): Promise<RightRow[]> {
  const sql = `with recursive ${groupsAbove}
    select name, description, "fromSlug", "fromName" from (
      select distinct on (r.name) r.name, r.description, g.slug as "fromSlug", g.name as "fromName", u.level
      from upward u join guestlist.group_right gr on gr.group_id = u.id join guestlist."right" r on r.name = gr.right_name
        join guestlist."group" g on g.id = u.id
      order by r.name, u.level) given
    order by level, name`;
  return rows(db, sql, { groupIds: [groupId] });
}

export type AboveRow = { readonly groupId: string; readonly slug: string; readonly name: string };

/** The nearest first. */
export async function listAbove(db: Queryable, groupId: string): Promise<AboveRow[]> {
  const sql = `with recursive ${groupsAbove}
    select g.id as "groupId", g.slug, g.name from upward u join guestlist."group" g on g.id = u.id where u.level > 1 order by u.level`;
  return rows(db, sql, { groupIds: [groupId] });
}

/** Roles that somebody has in it today; a handful, by one look at the index for each. */
export async function listRolesIn(db: Queryable, groupId: string): Promise<string[]> {
  const next = (more: string) => `select m.role from guestlist.membership m
      where m.group_id = :groupId and m.ended_at is null ${more} order by m.role limit 1`;
  const sql = `with recursive held (role) as (
      (${next('')})
      union all
      select (${next('and m.role > held.role')}) from held where held.role is not null
    )
    select role from held where role is not null limit 50`;
  return (await rows<{ role: string }>(db, sql, { groupId })).map(({ role }) => role);
}
