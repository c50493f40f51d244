/** Every SQL statement about the policies of groups, and about the places that each inviter has offered of late. */
import { execute, type Queryable, rows, type Transaction } from '../lib/db.ts';
import { newId, type Random } from '../lib/random.ts';
import { managerRole, type GroupPolicy, type Policies, type PolicyChannel } from './policy.ts';

type PolicyRow = {
  readonly groupId: string;
  readonly who: GroupPolicy['who'];
  readonly roles: string[] | null;
  readonly channels: PolicyChannel[];
  readonly maxLifetimeSeconds: number | null;
  readonly maxPlaces: number | null;
  readonly pinForLinks: boolean;
  readonly domains: string[];
  readonly approval: boolean;
  readonly perDay: number | null;
  readonly membershipSeconds: number | null;
};

/** Of those that have one. */
export async function findPolicies(db: Queryable, groupIds: readonly string[]): Promise<Policies> {
  if (groupIds.length === 0) return new Map();
  const sql = `select group_id as "groupId", who, roles, channels, max_lifetime_seconds as "maxLifetimeSeconds", max_places as "maxPlaces",
      pin_for_links as "pinForLinks", domains, approval, per_day as "perDay", membership_seconds::float8 as "membershipSeconds"
    from guestlist.group_policy where group_id = any(:groupIds)`;
  return new Map((await rows<PolicyRow>(db, sql, { groupIds })).map((row) => [row.groupId, toPolicy(row)]));
}

function toPolicy({ groupId: _, roles, maxLifetimeSeconds, maxPlaces, perDay, membershipSeconds, ...asked }: PolicyRow): GroupPolicy {
  return {
    ...asked,
    ...(roles && { roles }),
    ...(maxLifetimeSeconds !== null && { maxLifetimeSeconds }),
    ...(maxPlaces !== null && { maxPlaces }),
    ...(perDay !== null && { perDay }),
    ...(membershipSeconds !== null && { membershipSeconds }),
  };
}

export async function upsertPolicy(
  trx: Transaction,
  groupId: string,
  { policy, now, by }: { readonly policy: GroupPolicy; readonly now: Date; readonly by: string },
): Promise<void> {
  const sql = `insert into guestlist.group_policy (group_id, who, roles, channels, max_lifetime_seconds, max_places, pin_for_links,
      domains, approval, per_day, membership_seconds, changed_at, changed_by)
    values (:groupId, :who, :roles, :channels, :maxLifetimeSeconds, :maxPlaces, :pinForLinks,
      :domains, :approval, :perDay, :membershipSeconds, :now, :by)
    on conflict (group_id) do update set who = excluded.who, roles = excluded.roles, channels = excluded.channels,
      max_lifetime_seconds = excluded.max_lifetime_seconds, max_places = excluded.max_places, pin_for_links = excluded.pin_for_links,
      domains = excluded.domains, approval = excluded.approval, per_day = excluded.per_day,
      membership_seconds = excluded.membership_seconds, changed_at = excluded.changed_at, changed_by = excluded.changed_by`;
  const { who, roles, channels, maxLifetimeSeconds, maxPlaces, pinForLinks, domains, approval, perDay, membershipSeconds } = policy;
  await execute(trx, sql, {
    groupId,
    who,
    roles: roles ? [...roles] : null,
    channels: [...channels],
    maxLifetimeSeconds: maxLifetimeSeconds ?? null,
    maxPlaces: maxPlaces ?? null,
    pinForLinks,
    domains: [...domains],
    approval,
    perDay: perDay ?? null,
    membershipSeconds: membershipSeconds ?? null,
    now,
    by,
  });
}

export async function deletePolicy(trx: Transaction, groupId: string): Promise<void> {
  await execute(trx, 'delete from guestlist.group_policy where group_id = :groupId', { groupId });
}

/** Any fixed number will do: it only keeps these locks apart from others. */
const quotaLocks = 1_984_278;

type Offering = { readonly accountId: string; readonly groupIds: readonly string[] };

/**
 * Until the transaction ends, nobody else offers places in these groups for this account. Taken after the lock of an
 * invitation or a request, and before anything else; always in the same order.
 */
export async function lockOffers(trx: Transaction, { accountId, groupIds }: Offering): Promise<void> {
  const sql = `select pg_advisory_xact_lock(:quotaLocks, lock) from (
      select distinct hashtext(:accountId || ' ' || id) as lock from unnest(:groupIds::text[]) as id order by lock offset 0) ordered`;
  await execute(trx, sql, { quotaLocks, accountId, groupIds });
}

/** Places by the id of the group. */
export async function countOffered(
  db: Queryable,
  { since, ...offering }: Offering & { readonly since: Date },
): Promise<ReadonlyMap<string, number>> {
  const sql = `select group_id as id, sum(places)::int as places from guestlist.offered_places
    where account_id = :accountId and group_id = any(:groupIds) and offered_at > :since group by group_id`;
  return new Map((await rows<{ id: string; places: number }>(db, sql, { ...offering, since })).map(({ id, places }) => [id, places]));
}

export async function insertOffered(
  trx: Transaction,
  { accountId, groupIds, places, now }: Offering & { readonly places: number; readonly now: Date },
  random: Random,
): Promise<void> {
  const sql = `insert into guestlist.offered_places (id, account_id, group_id, offered_at, places)
    select id, :accountId, group_id, :now, :places from unnest(:ids::text[], :groupIds::text[]) as offered (id, group_id)`;
  await execute(trx, sql, { accountId, groupIds, places, now, ids: groupIds.map(() => newId(now, random)) });
}

/** What is too long ago to count. */
export async function deleteOffered(db: Queryable, before: Date): Promise<void> {
  await execute(db, 'delete from guestlist.offered_places where offered_at <= :before', { before });
}

export type InvitableRow = { readonly id: string; readonly slug: string; readonly name: string };

/**
 * Groups that somebody has anything to do with: those they are in, and those beneath what they manage; null: all. Whether
 * they may invite there is the policy's.
 */
export async function listInvitable(db: Queryable, { accountId, now }: { readonly accountId: string | null; readonly now: Date }) {
  const sql = `with recursive held as (
      select group_id, role from guestlist.membership
      where account_id = :accountId and ended_at is null and (ends_at is null or ends_at > :now)
    ), beneath (id) as (
      select g.id from guestlist."group" g join held on held.group_id = g.id where held.role = :managerRole and g.archived_at is null
      union
      select g.id from beneath b join guestlist."group" g on g.parent_id = b.id where g.archived_at is null
    )
    select id, slug, name from guestlist."group"
    where archived_at is null and (:accountId::text is null or id in (select group_id from held union select id from beneath))
    order by slug`;
  return rows<InvitableRow>(db, sql, { accountId, now, managerRole });
}
