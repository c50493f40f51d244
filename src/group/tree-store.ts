/**
 * Every SQL statement about groups in groups. Who is in a group has the rights of those above it, and a manager runs
 * those beneath; nothing comes through an archived group, in either direction. The database keeps the groups a forest.
 */
import { Failure } from '../errors.ts';
import { execute, type Queryable, rows, sqlStateOf, type Transaction } from '../lib/db.ts';
import { type Above, managerRole } from './policy.ts';

/** Groups from the top to the bottom, both counted; the trigger `group_tree` has the same number. */
const mostLevels = 8;

/** One look into the primary key for each row: `offset 0` keeps PostgreSQL from reading all groups there are instead. */
const groupOf = (id: string) => `cross join lateral (
        select id, slug, name, parent_id from guestlist."group" where id = ${id} and archived_at is null offset 0) g`;

/**
 * After `with recursive`: what is in force at `:now` for `:accountId`. `held` has each group that the account is in, with
 * the roles there, `reached` these groups and those above them, `entitled` the names of all rights. The `distinct` looks
 * for what siblings share once, and keeps PostgreSQL from guessing so high that it would compile the statement first.
 */
export const reachOfAccount = `held as (
      select g.id, g.slug, g.name, g.parent_id, m.roles from (
        select group_id, array_agg(distinct role) as roles from guestlist.membership
        where account_id = :accountId and ended_at is null and (ends_at is null or ends_at > :now) group by group_id) m
      ${groupOf('m.group_id')}
    ), reached (id, slug, name, parent_id) as (
      select id, slug, name, parent_id from held
      union
      select g.id, g.slug, g.name, g.parent_id from (select distinct parent_id from reached where parent_id is not null) r
      ${groupOf('r.parent_id')}
    ), entitled as (
      select right_name from guestlist.group_right where group_id = any(array(select id from reached))
      union
      select right_name from guestlist.account_right
      where account_id = :accountId and ended_at is null and (ends_at is null or ends_at > :now)
    )`;

/** After `with recursive`: the groups whose members have `:right`, as `giving`. */
export const groupsThatGive = `giving (id) as (
      select g.id from guestlist.group_right gr join guestlist."group" g on g.id = gr.group_id
      where gr.right_name = :right and g.archived_at is null
      union
      select g.id from giving above join guestlist."group" g on g.parent_id = above.id where g.archived_at is null
    )`;

/** Would whoever is in one of these groups have the right by that? */
export async function doesAnyGive(db: Queryable, slugs: readonly string[], right: string): Promise<boolean> {
  const sql = `with recursive ${groupsThatGive}
    select from giving join guestlist."group" g on g.id = giving.id where g.slug = any(:slugs) limit 1`;
  return (await execute(db, sql, { slugs: [...slugs], right })) > 0;
}

const groupsBeneath = (start: string) => `beneath (id, level) as (
      select g.id, 1 from guestlist."group" g where ${start} and g.archived_at is null
      union
      select g.id, b.level + 1 from beneath b join guestlist."group" g on g.parent_id = b.id
      where g.archived_at is null and b.level < ${mostLevels}
    )`;

/** Is one of these groups, or one beneath them, one whose members have the right? Their managers let others in there. */
export async function leadsAnyTo(db: Queryable, slugs: readonly string[], right: string): Promise<boolean> {
  const sql = `with recursive ${groupsThatGive}, ${groupsBeneath('g.slug = any(:slugs)')}
    select from beneath join giving on giving.id = beneath.id limit 1`;
  return (await execute(db, sql, { slugs: [...slugs], right })) > 0;
}

/** `gives ID` of each group whose members have the right, `leads ID` of it and of those above it: whose managers let others in. */
export async function findWaysTo(db: Queryable, right: string): Promise<string[]> {
  const sql = `with recursive ${groupsThatGive}, above (id, parent_id) as (
      select g.id, g.parent_id from giving join guestlist."group" g on g.id = giving.id
      union
      select g.id, g.parent_id from above a join guestlist."group" g on g.id = a.parent_id where g.archived_at is null
    ) select 'gives ' || id as way from giving union all select 'leads ' || id from above`;
  return (await rows<{ way: string }>(db, sql, { right })).map(({ way }) => way);
}

/** After `with recursive`: each of `:groupIds` as `start`, with itself (level 1) and the groups above it. */
export const groupsAbove = `upward (start, id, parent_id, level) as (
      select g.id, g.id, g.parent_id, 1 from guestlist."group" g where g.id = any(:groupIds)
      union all
      select u.start, g.id, g.parent_id, u.level + 1 from upward u join guestlist."group" g on g.id = u.parent_id
      where g.archived_at is null and u.level < ${mostLevels}
    )`;

/** Of each group the ids of those above it, the nearest first. */
export async function findAbove(db: Queryable, groupIds: readonly string[]): Promise<Above> {
  if (groupIds.length === 0) return new Map();
  const sql = `with recursive ${groupsAbove}
    select start, array_agg(id order by level) as ids from upward where level > 1 group by start`;
  const found = await rows<{ start: string; ids: string[] }>(db, sql, { groupIds });
  return new Map(found.map(({ start, ids }) => [start, ids]));
}

/** To be taken before any group is locked: two who move groups would else wait for each other. */
export async function lockTree(trx: Transaction): Promise<void> {
  await execute(trx, 'select from guestlist.group_tree for update');
}

/** Throws `group_cycle`, `group_too_deep`. */
export async function moveGroup(trx: Transaction, group: { readonly id: string; readonly slug: string }, to: Parent | null): Promise<void> {
  const sql = 'update guestlist."group" set parent_id = :parentId where id = :id';
  try {
    await execute(trx, sql, { id: group.id, parentId: to?.id ?? null });
  } catch (error) {
    throw refusalOfMove(error, { slug: group.slug, parent: to?.slug ?? '' });
  }
}

export type Parent = { readonly id: string; readonly slug: string };

/** What a broken promise of the tree means to whoever asked; any other error as it is. */
export function refusalOfMove(error: unknown, detail: { readonly slug: string; readonly parent: string }): unknown {
  if (sqlStateOf(error) !== '23514') return error;
  const { constraint } = error as { constraint?: string };
  if (constraint === 'group_not_inside_itself' || constraint === 'group_not_its_own_parent') return new Failure('group_cycle', detail);
  return constraint === 'group_levels' ? new Failure('group_too_deep', { ...detail, levels: mostLevels }) : error;
}

/** What somebody manages today: groups where they have that role, and all beneath them, as far down as anything is inherited. */
export async function findManagedGroups(db: Queryable, accountId: string, now: Date): Promise<{ id: string; slug: string }[]> {
  const sql = `with recursive managed (id, slug, level) as (
      select g.id, g.slug, 1 from guestlist.membership m ${groupOf('m.group_id')}
      where m.account_id = :accountId and m.role = :role and m.ended_at is null and (m.ends_at is null or m.ends_at > :now)
      union
      select g.id, g.slug, d.level + 1 from managed d join guestlist."group" g on g.parent_id = d.id
      where g.archived_at is null and d.level < ${mostLevels}
    ) select distinct id, slug from managed order by slug`;
  return rows(db, sql, { accountId, role: managerRole, now });
}
