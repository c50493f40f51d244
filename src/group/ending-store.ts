/** Every SQL statement about memberships and rights that end soon by themselves. */
import { execute, type Queryable, rows, type Transaction } from '../lib/db.ts';
import { plainRole } from './group.ts';

export type Ending = {
  readonly id: string;
  readonly accountId: string;
  readonly kind: 'group' | 'right';
  /** Of the group; of a right, itself. */
  readonly name: string;
  readonly description: string;
  readonly role: string | null;
  readonly endsAt: Date;
  /** Of the invitation that gave it. */
  readonly locale: string | null;
};

/** What is prolonged after it was told has a new end, which is told in its turn. */
const isDue = `h.ended_at is null and h.ends_at > :now and h.ends_at <= :now::timestamptz + interval '7 days'
  and h.ends_at - h.starts_at >= interval '14 days'
  and (h.ending_told_at is null or h.ending_told_at < h.ends_at - interval '7 days')`;

/** Nothing is lost as long as something else gives the same for longer. Whoever has any role in a group is a plain member. */
const staysWith = (same: string) => `other.account_id = h.account_id and other.id <> h.id and other.ended_at is null
  and (other.ends_at is null or other.ends_at > h.ends_at) and ${same}`;

const endings = `
  select h.id, h.account_id as "accountId", 'group' as kind, g.name, g.description, h.role, h.ends_at as "endsAt", i.locale
  from guestlist.membership h join guestlist."group" g on g.id = h.group_id left join guestlist.invitation i on i.id = h.invitation_id
  where ${isDue} and g.archived_at is null and not exists (select from guestlist.membership other
    where ${staysWith('other.group_id = h.group_id and (other.role = h.role or h.role = :plainRole)')})
  union all
  select h.id, h.account_id, 'right', h.right_name, r.description, null, h.ends_at, i.locale
  from guestlist.account_right h join guestlist."right" r on r.name = h.right_name left join guestlist.invitation i on i.id = h.invitation_id
  where ${isDue} and not exists (select from guestlist.account_right other where ${staysWith('other.right_name = h.right_name')})`;

/** Accounts that are to be told, whose end is nearest first. */
export async function listEnding(db: Queryable, { now, limit }: { readonly now: Date; readonly limit: number }): Promise<string[]> {
  const sql = `select "accountId" from (${endings}) ending group by 1 order by min("endsAt"), 1 limit :limit`;
  return (await rows<{ accountId: string }>(db, sql, { now, plainRole, limit })).map(({ accountId }) => accountId);
}

/** What is to be told to one account, in the order in which it ends. */
export async function findEndings(db: Queryable, accountId: string, now: Date): Promise<Ending[]> {
  const sql = `select * from (${endings}) ending where "accountId" = :accountId order by "endsAt", name, role`;
  return rows(db, sql, { accountId, plainRole, now });
}

export async function markEndingsTold(trx: Transaction, ids: readonly string[], now: Date): Promise<void> {
  for (const table of ['membership', 'account_right'])
    await execute(trx, `update guestlist.${table} set ending_told_at = :now where id = any(:ids)`, { ids: [...ids], now });
}
