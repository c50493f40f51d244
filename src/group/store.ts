/** Every SQL statement about groups and rights; who has them is in `membership-store.ts`. */
import { Failure } from '../errors.ts';
import { execute, firstRow, type Queryable, rows, type Transaction, violates } from '../lib/db.ts';
import { type Parent, refusalOfMove } from './tree-store.ts';

/** Without a look at who is in it. */
export type GroupNode = Omit<GroupRow, 'memberCount'>;

export type GroupRow = {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  /** Its own; members have those of the groups above, too. */
  readonly rights: readonly string[];
  /** In the group itself, not in those beneath; counted up to a bound, or up to its capacity. */
  readonly memberCount: number;
  /** Null: any number. */
  readonly capacity: number | null;
  /** By itself; beneath one that is sensitive, every group is. */
  readonly sensitive: boolean;
  readonly archived: boolean;
  /** Slug of the group that it is in; null: at the top. */
  readonly parent: string | null;
  /** How many groups are above it. */
  readonly depth: number;
};

export type NewGroupRow = {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly capacity?: number | undefined;
  readonly sensitive?: boolean | undefined;
  readonly parent?: Parent | undefined;
  readonly createdAt: Date;
};

export async function insertGroup(db: Queryable, { capacity, sensitive = false, parent, ...group }: NewGroupRow): Promise<void> {
  const sql = `insert into guestlist."group" (id, slug, name, description, created_at, capacity, sensitive_at, parent_id)
    values (:id, :slug, :name, :description, :createdAt, :capacity, :sensitiveAt, :parentId)`;
  try {
    const sensitiveAt = sensitive ? group.createdAt : null;
    await execute(db, sql, { ...group, capacity: capacity ?? null, sensitiveAt, parentId: parent?.id ?? null });
  } catch (error) {
    if (violates(error, 'group_slug_key')) throw new Failure('group_exists', { slug: group.slug });
    throw refusalOfMove(error, { slug: group.slug, parent: parent?.slug ?? '' });
  }
}

/** Does nothing if the right exists. */
export async function ensureRight(
  db: Queryable,
  right: { readonly name: string; readonly description: string; readonly createdAt: Date },
): Promise<boolean> {
  const sql = `insert into guestlist."right" (name, description, created_at) values (:name, :description, :createdAt)
    on conflict (name) do nothing`;
  return (await execute(db, sql, right)) === 1;
}

/** False: it had it already. */
export async function attachRight(db: Queryable, groupId: string, right: string): Promise<boolean> {
  const sql = 'insert into guestlist.group_right (group_id, right_name) values (:groupId, :right) on conflict do nothing';
  return (await execute(db, sql, { groupId, right })) === 1;
}

/** False: it had none. */
export async function detachRight(db: Queryable, groupId: string, right: string): Promise<boolean> {
  return (
    (await execute(db, 'delete from guestlist.group_right where group_id = :groupId and right_name = :right', { groupId, right })) === 1
  );
}

const groupColumns = `g.id, g.slug, g.name, g.description, g.capacity, g.sensitive_at is not null as sensitive, g.archived_at is not null as archived,
      array(select right_name from guestlist.group_right where group_id = g.id order by right_name) as rights`;

/** By the index alone, and no further than the bound: there may be hundreds of thousands. As far as a limit of places goes, exactly. */
const memberCount = `(select count(*)::int from (
        select distinct account_id from guestlist.membership m
        where m.group_id = g.id and m.ended_at is null and (m.ends_at is null or m.ends_at > :now) limit greatest(:most, g.capacity)) one) as "memberCount"`;

const treeOf = (columns: string) => `with recursive tree (id, parent, path) as (
      select id, null, array[slug] from guestlist."group" where parent_id is null
      union all
      select g.id, t.path[cardinality(t.path)], t.path || g.slug from tree t join guestlist."group" g on g.parent_id = t.id
    )
    select ${columns}, tree.parent, cardinality(tree.path) - 1 as depth
    from guestlist."group" g join tree on tree.id = g.id order by tree.path`;

/** As a tree: each group before those in it, and beside each other by their slugs. */
export async function listGroupTree(db: Queryable): Promise<GroupNode[]> {
  return rows(db, treeOf(groupColumns));
}

/** Members are counted up to `most`. */
type Counting = { readonly now: Date; readonly most: number };

/** As `listGroupTree`. */
export async function listGroups(db: Queryable, { now, most }: Counting): Promise<GroupRow[]> {
  return rows(db, treeOf(`${groupColumns}, ${memberCount}`), { now, most });
}

/** One of them, without a look at the others. */
export async function findGroupRow(db: Queryable, slug: string, { now, most }: Counting): Promise<GroupRow | undefined> {
  const sql = `with recursive upward (id, parent_id, level) as (
      select id, parent_id, 0 from guestlist."group" where slug = :slug
      union all
      select g.id, g.parent_id, u.level + 1 from upward u join guestlist."group" g on g.id = u.parent_id
    )
    select ${groupColumns}, ${memberCount}, (select slug from guestlist."group" p where p.id = g.parent_id) as parent, (select max(level) from upward) as depth
    from guestlist."group" g where g.slug = :slug`;
  return firstRow(db, sql, { slug, now, most });
}

export type GroupFacts = {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  /** By itself, or by a group above it. */
  readonly sensitive: boolean;
  readonly archived: boolean;
};

export async function findGroup(db: Queryable, slug: string): Promise<GroupFacts | undefined> {
  const sql = `select id, slug, name, description, guestlist.group_is_sensitive(id) as sensitive, archived_at is not null as archived
    from guestlist."group" where slug = :slug`;
  return firstRow(db, sql, { slug });
}

type Settings = {
  readonly name: string;
  readonly description: string;
  readonly capacity: number | null;
  readonly sensitiveAt: Date | null;
  readonly archivedAt: Date | null;
};

export async function updateGroup(trx: Transaction, id: string, change: Settings): Promise<void> {
  const sql = `update guestlist."group" set name = :name, description = :description, capacity = :capacity,
    sensitive_at = :sensitiveAt, archived_at = :archivedAt where id = :id`;
  await execute(trx, sql, { ...change, id });
}

/** With its settings, locked against everybody who would come in or change it. */
export async function lockGroup(trx: Transaction, slug: string): Promise<(Settings & { readonly id: string }) | undefined> {
  const sql = `select id, name, description, capacity, sensitive_at as "sensitiveAt", archived_at as "archivedAt"
    from guestlist."group" where slug = :slug for update`;
  return firstRow(trx, sql, { slug });
}

/** Always in the same order, so that two invitations to the same groups cannot wait for each other. */
export async function lockCappedGroups(trx: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const sql = `select from guestlist."group" where id = any(:ids) and capacity is not null order by id for update`;
  await execute(trx, sql, { ids });
}

/** Which of these hold as many people as they may; who is in a group beneath does not count. */
export async function findFullGroups(db: Queryable, ids: readonly string[], now: Date): Promise<string[]> {
  if (ids.length === 0) return [];
  const sql = `select id from guestlist."group" g where id = any(:ids) and capacity is not null
    and capacity <= (select count(distinct m.account_id) from guestlist.membership m
      where m.group_id = g.id and m.ended_at is null and (m.ends_at is null or m.ends_at > :now))`;
  return (await rows<{ id: string }>(db, sql, { ids, now })).map(({ id }) => id);
}

export async function findRight(db: Queryable, name: string): Promise<{ name: string; description: string } | undefined> {
  return firstRow(db, 'select name, description from guestlist."right" where name = :name', { name });
}
