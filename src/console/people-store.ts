/** SQL for the pages about people: how somebody came, and who came through them. */
import { firstRow, type Queryable, rows } from '../lib/db.ts';

export type PersonRow = { readonly accountId: string; readonly name: string; readonly email: string | null };

const person = `a.id as "accountId", a.name,
  (select e.email from guestlist.account_email e where e.account_id = a.id and e.primary_since is not null) as email`;

/** Undefined: they are not in that group. */
export async function findMember(
  db: Queryable,
  wish: { readonly groupId: string; readonly accountId: string; readonly now: Date },
): Promise<PersonRow | undefined> {
  const sql = `select distinct m.account_id as "accountId", coalesce(a.name, '') as name,
      (select e.email from guestlist.account_email e where e.account_id = m.account_id and e.primary_since is not null) as email
    from guestlist.membership m left join guestlist.account a on a.id = m.account_id
    where m.group_id = :groupId and m.account_id = :accountId and m.ended_at is null and (m.ends_at is null or m.ends_at > :now)`;
  return firstRow(db, sql, wish);
}

/** Whoever made the invitation that somebody first accepted. Undefined: the operator, or nobody. */
export async function findBringer(db: Queryable, accountId: string): Promise<PersonRow | undefined> {
  const sql = `select ${person} from (
      select i.inviter_id from guestlist.redemption r join guestlist.invitation i on i.id = r.invitation_id
      where r.account_id = :accountId order by r.redeemed_at, r.invitation_id limit 1) first
    join guestlist.account a on a.id = first.inviter_id`;
  return firstRow(db, sql, { accountId });
}

export type BroughtRow = PersonRow & { readonly joinedAt: Date; readonly invitationId: string };

/** Who came through the last thousand invitations of somebody, and through nobody before. */
export async function listBrought(db: Queryable, accountId: string, limit: number): Promise<BroughtRow[]> {
  const sql = `select ${person}, r.redeemed_at as "joinedAt", r.invitation_id as "invitationId" from (
      select id from guestlist.invitation where inviter_id = :accountId and used_count > 0 order by id desc limit 1000) i
    join guestlist.redemption r on r.invitation_id = i.id join guestlist.account a on a.id = r.account_id
    where not exists (select from guestlist.redemption e where e.account_id = r.account_id
        and (e.redeemed_at, e.invitation_id) < (r.redeemed_at, r.invitation_id))
    order by r.redeemed_at desc limit :limit`;
  return rows(db, sql, { accountId, limit });
}
