/** SQL for the pages about rights: who has one by themselves, not by a group. */
import { type Queryable, rows } from '../lib/db.ts';

export type HolderRow = {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly email: string | null;
  readonly since: Date;
  readonly until: Date | null;
  readonly invitationId: string | null;
  readonly inviterName: string | null;
};

type Page = { readonly right: string; readonly before: string | undefined; readonly limit: number; readonly now: Date };

/** The newest first. */
export async function listHolders(db: Queryable, page: Page): Promise<HolderRow[]> {
  const sql = `select h.id, h.account_id as "accountId", coalesce(a.name, '') as name, e.email, h.starts_at as since, h.ends_at as until,
      h.invitation_id as "invitationId", i.inviter_name as "inviterName"
    from guestlist.account_right h
    left join guestlist.account a on a.id = h.account_id
    left join guestlist.account_email e on e.account_id = h.account_id and e.primary_since is not null
    left join guestlist.invitation i on i.id = h.invitation_id
    where h.right_name = :right and h.ended_at is null and (h.ends_at is null or h.ends_at > :now) ${page.before === undefined ? '' : 'and h.id < :before'}
    order by h.id desc limit :limit`;
  return rows(db, sql, page);
}

/** By the name of the right: how many have it by themselves, counted up to the limit. */
export async function countHolders(
  db: Queryable,
  { rights, now, limit }: { readonly rights: readonly string[]; readonly now: Date; readonly limit: number },
): Promise<ReadonlyMap<string, number>> {
  const sql = `select r.name, (select count(*)::int from (
      select from guestlist.account_right h
      where h.right_name = r.name and h.ended_at is null and (h.ends_at is null or h.ends_at > :now) limit :limit) one) as count
    from unnest(:rights::text[]) as r (name)`;
  return new Map((await rows<{ name: string; count: number }>(db, sql, { rights, now, limit })).map(({ name, count }) => [name, count]));
}
