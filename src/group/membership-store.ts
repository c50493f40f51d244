/** Every SQL statement about who is in which group and has which right, from when, until when, and by which invitation. */
import { execute, firstRow, type Queryable, rows, type Transaction } from '../lib/db.ts';
import { endOf, type Grant, type Holdings, plainRole, type Removal } from './group.ts';
import { groupsAbove, groupsThatGive, reachOfAccount } from './tree-store.ts';

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
    removals: await findRemovals(db, accountId),
  };
}

type RemovalRow = { readonly removedAt: Date } & (
  | { readonly groupId: string; readonly role: string; readonly right: null }
  | { readonly right: string }
);

/** Who leaves is not removed, and what was given back since is not either. */
async function findRemovals(db: Queryable, accountId: string): Promise<Removal[]> {
  const sql = `select group_id as "groupId", role, null as "right", max(ended_at) as "removedAt" from guestlist.membership m
    where account_id = :accountId and ended_by is not null and ended_by <> :accountId
      and not exists (select from guestlist.membership later
        where later.account_id = :accountId and later.group_id = m.group_id and later.starts_at > m.ended_at
          and (later.role = m.role or m.role = :plainRole))
    group by group_id, role
    union all
    select null, null, right_name, max(ended_at) from guestlist.account_right r
    where account_id = :accountId and ended_by is not null and ended_by <> :accountId
      and not exists (select from guestlist.account_right later
        where later.account_id = :accountId and later.right_name = r.right_name and later.starts_at > r.ended_at)
    group by right_name`;
  const found = await rows<RemovalRow>(db, sql, { accountId, plainRole });
  return found.map((row) =>
    row.right === null
      ? { groupId: row.groupId, role: row.role, removedAt: row.removedAt }
      : { right: row.right, removedAt: row.removedAt },
  );
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
 * Adds and never lowers: a row for each source, so that each can be taken back without the others. An active row of the
 * same source stays, at most with a later end; an ended or lapsed one makes room for the new.
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
      on conflict (account_id, right_name, invitation_id) where ended_at is null do update set ${longerEnd('account_right')}`,
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
    on conflict (account_id, group_id, role, invitation_id) where ended_at is null do update set ${longerEnd('membership')}`,
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

/** Everything the group claims are made of, in one statement. Nothing begins later: the clock of another process may be ahead of ours. */
export async function findClaimFacts(
  db: Queryable,
  accountId: string,
  now: Date,
): Promise<{ groups: string[]; roles: string[]; entitlements: string[] }> {
  const row = await firstRow<{ groups: string[]; roles: string[]; entitlements: string[] }>(
    db,
    `
    with recursive ${reachOfAccount}
    select array(select slug from held order by slug) as groups,
      array(select slug || ':' || role from held cross join unnest(roles) as role order by 1) as roles,
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
    with recursive ${groupsThatGive}
    select count(*)::int as count from (
      select account_id from guestlist.account_right
        where right_name = :right and ended_at is null and (ends_at is null or ends_at > :now)
      union
      select account_id from guestlist.membership
        where group_id in (select id from giving) and ended_at is null and (ends_at is null or ends_at > :now)) holder`,
    { right, now },
  );
  return row?.count ?? 0;
}

/** Returns the roles that ended. */
export async function endMemberships(
  db: Queryable,
  {
    role,
    ...who
  }: { readonly accountId: string; readonly slug: string; readonly role: string | undefined; readonly now: Date; readonly by: string },
): Promise<string[]> {
  const sql = `update guestlist.membership set ended_at = :now, ended_by = :by
    where account_id = :accountId and ended_at is null and (:role::text is null or role = :role)
      and group_id = (select id from guestlist."group" where slug = :slug)
    returning role`;
  return [...new Set((await rows<{ role: string }>(db, sql, { ...who, role: role ?? null })).map((ended) => ended.role))];
}

export async function endAccountRight(
  db: Queryable,
  what: { readonly accountId: string; readonly right: string; readonly now: Date; readonly by: string },
): Promise<boolean> {
  const sql = `update guestlist.account_right set ended_at = :now, ended_by = :by
    where account_id = :accountId and right_name = :right and ended_at is null`;
  return (await execute(db, sql, what)) > 0;
}

/** What an invitation gave that is still there, by account: `choir:member`, or the name of a right. */
export async function findGiven(db: Queryable, invitationId: string, now: Date): Promise<{ accountId: string; grants: string[] }[]> {
  return rows(
    db,
    `
    select account_id as "accountId", array_agg(label order by label) as grants from (
      select m.account_id, g.slug || ':' || m.role as label from guestlist.membership m join guestlist."group" g on g.id = m.group_id
        where m.invitation_id = :invitationId and m.ended_at is null and (m.ends_at is null or m.ends_at > :now)
      union all
      select account_id, right_name from guestlist.account_right
        where invitation_id = :invitationId and ended_at is null and (ends_at is null or ends_at > :now)) given
    group by account_id order by account_id`,
    { invitationId, now },
  );
}

/** Takes back from one account what an invitation gave; what others gave stays. */
export async function endGiven(
  trx: Transaction,
  what: { readonly invitationId: string; readonly accountId: string; readonly now: Date; readonly by: string },
): Promise<void> {
  for (const table of ['membership', 'account_right'] as const) {
    const sql = `update guestlist.${table} set ended_at = :now, ended_by = :by
      where invitation_id = :invitationId and account_id = :accountId and ended_at is null`;
    await execute(trx, sql, what);
  }
}

/** Accounts that have this role in the group now, or where nobody has it, in the nearest group above; the longest first. */
export async function findRoleHolders(
  db: Queryable,
  { groupId, role, now }: { readonly groupId: string; readonly role: string; readonly now: Date },
): Promise<string[]> {
  const sql = `with recursive ${groupsAbove}, holder as (
      select m.account_id as id, u.level, min(m.starts_at) as since from upward u join guestlist.membership m on m.group_id = u.id
      where m.role = :role and m.ended_at is null and (m.ends_at is null or m.ends_at > :now) group by 1, 2)
    select id from holder where level = (select min(level) from holder) order by since, id limit 100`;
  return (await rows<{ id: string }>(db, sql, { groupIds: [groupId], role, now })).map(({ id }) => id);
}

/** Accounts that have this right now, directly or through a group, the longest first. */
export async function findRightHolders(db: Queryable, { right, now }: { readonly right: string; readonly now: Date }): Promise<string[]> {
  const sql = `with recursive ${groupsThatGive}
    select account_id as id, min(starts_at) as since from (
      select account_id, starts_at from guestlist.account_right
        where right_name = :right and ended_at is null and (ends_at is null or ends_at > :now)
      union all
      select account_id, starts_at from guestlist.membership
        where group_id in (select id from giving) and ended_at is null and (ends_at is null or ends_at > :now)
    ) held group by account_id order by since, id limit 100`;
  return (await rows<{ id: string }>(db, sql, { right, now })).map(({ id }) => id);
}

/** Accounts that are in the most groups now. */
export async function findBusiestAccounts(db: Queryable, now: Date, limit: number): Promise<string[]> {
  const sql = `select account_id as id from guestlist.membership where ended_at is null and (ends_at is null or ends_at > :now)
    group by account_id order by count(distinct group_id) desc, account_id limit :limit`;
  return (await rows<{ id: string }>(db, sql, { now, limit })).map(({ id }) => id);
}
