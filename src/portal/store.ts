/** Every SQL statement of this slice, but for what is taken along (`export-store.ts`). */
import { groupsAbove, groupsThatGive } from '../group/tree-store.ts';
import { execute, firstRow, type Queryable, rows, type Transaction } from '../lib/db.ts';

/** Any fixed number will do: it only keeps this lock apart from others. */
const adminLock = 7_236_409_127;

/** Until the transaction ends, no other admin goes: of two who are the last, one stays. */
export async function lockAdmins(trx: Transaction): Promise<void> {
  await execute(trx, 'select pg_advisory_xact_lock(:adminLock)', { adminLock });
}

type Holding = { readonly accountId: string; readonly right: string; readonly now: Date };

const holders = `
    select account_id as id from guestlist.account_right
      where right_name = :right and ended_at is null and (ends_at is null or ends_at > :now)
    union
    select account_id from guestlist.membership
      where group_id in (select id from giving) and ended_at is null and (ends_at is null or ends_at > :now)`;

/** Whether this account has the right now, and whether anybody else has who can sign in. */
export async function findHolding(db: Queryable, what: Holding): Promise<{ readonly has: boolean; readonly others: boolean }> {
  const sql = `with recursive ${groupsThatGive}, holder as (${holders})
    select exists (select from holder where id = :accountId) as has,
      exists (select from holder join guestlist.account a on a.id = holder.id and a.disabled_at is null
        where holder.id <> :accountId) as others`;
  return (await firstRow(db, sql, what)) ?? { has: false, others: false };
}

type InGroup = { readonly accountId: string; readonly groupId: string; readonly now: Date };

/** Nobody else has this role in the group itself. */
export async function isLastInRole(db: Queryable, { role, ...what }: InGroup & { readonly role: string }): Promise<boolean> {
  const sql = `select from guestlist.membership m join guestlist.account a on a.id = m.account_id and a.disabled_at is null
    where m.group_id = :groupId and m.role = :role and m.account_id <> :accountId
      and m.ended_at is null and (m.ends_at is null or m.ends_at > :now) limit 1`;
  return (await execute(db, sql, { ...what, role })) === 0;
}

/** Names of the apps that are for this group alone, or for one above it. */
export async function listAppsOf(db: Queryable, groupId: string): Promise<string[]> {
  const sql = `with recursive ${groupsAbove}
    select distinct c.name from upward u join guestlist.client c on c.required_group_id = u.id order by c.name`;
  return (await rows<{ name: string }>(db, sql, { groupIds: [groupId] })).map(({ name }) => name);
}

/** Invitations to this group that they made, and that somebody could still accept. */
export async function countOffers(db: Queryable, what: InGroup): Promise<number> {
  const sql = `select count(*)::int as count from guestlist.invitation i
    where i.inviter_id = :accountId and i.revoked_at is null and i.expires_at > :now and i.used_count < i.max_uses
      and exists (select from guestlist.invitation_grant g where g.invitation_id = i.id and g.group_id = :groupId)`;
  return (await firstRow<{ count: number }>(db, sql, what))?.count ?? 0;
}
