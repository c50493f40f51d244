/** Every SQL statement about groups, rights and who has them. */
import { Failure } from '../errors.ts';
import { execute, firstRow, type Queryable, rows, type Transaction, violates } from '../lib/db.ts';
import { endOf, type Grant, type Holdings } from './group.ts';

export type GroupRow = {
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly rights: readonly string[];
  readonly memberCount: number;
};

export async function insertGroup(
  db: Queryable,
  group: { readonly id: string; readonly slug: string; readonly name: string; readonly description: string; readonly createdAt: Date },
): Promise<void> {
  const sql = `insert into guestlist."group" (id, slug, name, description, created_at)
    values (:id, :slug, :name, :description, :createdAt)`;
  try {
    await execute(db, sql, group);
  } catch (error) {
    if (violates(error, 'group_slug_key')) throw new Failure('group_exists', { slug: group.slug });
    throw error;
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

export async function attachRight(db: Queryable, groupId: string, right: string): Promise<void> {
  await execute(db, 'insert into guestlist.group_right (group_id, right_name) values (:groupId, :right) on conflict do nothing', {
    groupId,
    right,
  });
}

export async function listGroups(db: Queryable, now: Date): Promise<GroupRow[]> {
  return rows(
    db,
    `
    select g.slug, g.name, g.description,
      array(select right_name from guestlist.group_right where group_id = g.id order by right_name) as rights,
      (select count(distinct account_id)::int from guestlist.membership m
        where m.group_id = g.id and m.ended_at is null and (m.ends_at is null or m.ends_at > :now)) as "memberCount"
    from guestlist."group" g order by g.slug`,
    { now },
  );
}

export async function findGroup(
  db: Queryable,
  slug: string,
): Promise<{ id: string; slug: string; name: string; description: string } | undefined> {
  return firstRow(db, 'select id, slug, name, description from guestlist."group" where slug = :slug', { slug });
}

export async function findRight(db: Queryable, name: string): Promise<{ name: string; description: string } | undefined> {
  return firstRow(db, 'select name, description from guestlist."right" where name = :name', { name });
}

/** Any fixed number will do: it only keeps these locks apart from others. */
const accountLocks = 1_984_277;

/**
 * Until the transaction ends, nobody else changes what this account holds: of two links to one group, taken at the same
 * time, the second sees what the first has given. Accounts are the host's, so there is no row to lock.
 */
export async function lockHoldings(trx: Transaction, accountId: string): Promise<void> {
  await execute(trx, 'select pg_advisory_xact_lock(:accountLocks, hashtext(:accountId))', { accountLocks, accountId });
}

/** What the account holds at `now`; rights through groups do not count here, they are not granted singly. */
export async function findHoldings(db: Queryable, accountId: string, now: Date): Promise<Holdings> {
  const held = await rows<{ group_id: string | null; role: string | null; right_name: string | null; ends_at: Date | null }>(
    db,
    `
    select group_id, role, null as right_name, ends_at from guestlist.membership
      where account_id = :accountId and ended_at is null and (ends_at is null or ends_at > :now)
    union all
    select null, null, right_name, ends_at from guestlist.account_right
      where account_id = :accountId and ended_at is null and (ends_at is null or ends_at > :now)`,
    { accountId, now },
  );
  return {
    memberships: held.flatMap(({ group_id, role, ends_at }) =>
      group_id && role ? [{ groupId: group_id, role, endsAt: ends_at ?? undefined }] : [],
    ),
    rights: held.flatMap(({ right_name, ends_at }) => (right_name ? [{ right: right_name, endsAt: ends_at ?? undefined }] : [])),
  };
}

export type GrantRecord = {
  readonly id: string;
  readonly accountId: string;
  readonly grant: Grant;
  readonly invitationId: string | undefined;
  readonly now: Date;
};

/** Of an active row and a new one the longer end wins; none is the longest. */
const longerEnd = (table: string) => `ends_at = case
  when ${table}.ends_at is null or excluded.ends_at is null then null else greatest(${table}.ends_at, excluded.ends_at) end`;

/**
 * Adds and never lowers: an active row of the same kind stays, at most with a later end; an ended or lapsed one makes
 * room for the new.
 */
export async function addGrant(db: Queryable, { id, accountId, grant, invitationId, now }: GrantRecord): Promise<void> {
  const endsAt = endOf(grant, now) ?? null;
  if (grant.kind === 'right') {
    await endLapsed(db, 'account_right', { accountId, now });
    await execute(
      db,
      `
      insert into guestlist.account_right (id, account_id, right_name, starts_at, ends_at, invitation_id)
      values (:id, :accountId, :right, :now, :endsAt, :invitationId)
      on conflict (account_id, right_name) where ended_at is null do update set ${longerEnd('account_right')}`,
      { id, accountId, right: grant.right, now, endsAt, invitationId: invitationId ?? null },
    );
    return;
  }
  await endLapsed(db, 'membership', { accountId, now });
  await execute(
    db,
    `
    insert into guestlist.membership (id, account_id, group_id, role, starts_at, ends_at, invitation_id)
    values (:id, :accountId, :groupId, :role, :now, :endsAt, :invitationId)
    on conflict (account_id, group_id, role) where ended_at is null do update set ${longerEnd('membership')}`,
    { id, accountId, groupId: grant.groupId, role: grant.role, now, endsAt, invitationId: invitationId ?? null },
  );
}

async function endLapsed(
  db: Queryable,
  table: 'membership' | 'account_right',
  { accountId, now }: { accountId: string; now: Date },
): Promise<void> {
  await execute(
    db,
    `update guestlist.${table} set ended_at = ends_at
    where account_id = :accountId and ended_at is null and ends_at <= :now`,
    { accountId, now },
  );
}

/** Everything the group claims are made of, in one statement. */
export async function findClaimFacts(
  db: Queryable,
  accountId: string,
  now: Date,
): Promise<{ groups: string[]; roles: string[]; entitlements: string[] }> {
  const row = await firstRow<{ groups: string[]; roles: string[]; entitlements: string[] }>(
    db,
    `
    with held as (
      select g.id, g.slug, m.role from guestlist.membership m join guestlist."group" g on g.id = m.group_id
      where m.account_id = :accountId and m.starts_at <= :now and m.ended_at is null and (m.ends_at is null or m.ends_at > :now)
    ), entitled as (
      select right_name from guestlist.group_right where group_id in (select id from held)
      union
      select right_name from guestlist.account_right
      where account_id = :accountId and starts_at <= :now and ended_at is null and (ends_at is null or ends_at > :now)
    )
    select array(select distinct slug from held order by slug) as groups,
      array(select distinct slug || ':' || role from held order by 1) as roles,
      array(select right_name from entitled order by right_name) as entitlements`,
    { accountId, now },
  );
  return row ?? { groups: [], roles: [], entitlements: [] };
}

/** How many accounts hold a right at `now`, by itself or through a group. */
export async function countHolders(db: Queryable, right: string, now: Date): Promise<number> {
  const row = await firstRow<{ count: number }>(
    db,
    `
    select count(*)::int as count from (
      select account_id from guestlist.account_right
        where right_name = :right and ended_at is null and (ends_at is null or ends_at > :now)
      union
      select m.account_id from guestlist.membership m join guestlist.group_right gr on gr.group_id = m.group_id
        where gr.right_name = :right and m.ended_at is null and (m.ends_at is null or m.ends_at > :now)) holder`,
    { right, now },
  );
  return row?.count ?? 0;
}

/** Returns the roles that ended. */
export async function endMemberships(
  db: Queryable,
  { role, ...who }: { readonly accountId: string; readonly slug: string; readonly role: string | undefined; readonly now: Date },
): Promise<string[]> {
  const sql = `update guestlist.membership set ended_at = :now
    where account_id = :accountId and ended_at is null and (:role::text is null or role = :role)
      and group_id = (select id from guestlist."group" where slug = :slug)
    returning role`;
  return (await rows<{ role: string }>(db, sql, { ...who, role: role ?? null })).map((ended) => ended.role);
}

export async function endAccountRight(
  db: Queryable,
  what: { readonly accountId: string; readonly right: string; readonly now: Date },
): Promise<boolean> {
  const sql = `update guestlist.account_right set ended_at = :now
    where account_id = :accountId and right_name = :right and ended_at is null`;
  return (await execute(db, sql, what)) > 0;
}
