/** The SQL of `inviters.ts`. */
import { type Queryable, rows } from '../lib/db.ts';

export type InviterNode = {
  readonly accountId: string;
  /** Undefined: the operator, or nobody: what they have was given to them without an invitation. */
  readonly invitedBy: string | undefined;
  /** Undefined: they were never invited. */
  readonly joinedAt: Date | undefined;
  /** Steps below the first. */
  readonly depth: number;
  /** How many came through them, themselves not counted. */
  readonly invited: number;
  /** How many of those are in any group, or have any right, today. */
  readonly stayed: number;
  /** They are there themselves. */
  readonly isHere: boolean;
};

type NodeRow = Omit<InviterNode, 'invitedBy' | 'joinedAt'> & { readonly invitedBy: string | null; readonly joinedAt: Date | null };

/** Nobody is below themselves. Accounts that came through each other in a circle, by what they adopted, are found by a root alone. */
export async function findTree(
  db: Queryable,
  wish: { readonly root: string | undefined; readonly depth: number; readonly limit: number; readonly now: Date },
): Promise<InviterNode[]> {
  const sql = `with recursive came as materialized (
      select distinct on (r.account_id) r.account_id, i.inviter_id as parent, r.redeemed_at as at
      from guestlist.redemption r join guestlist.invitation i on i.id = r.invitation_id
      order by r.account_id, r.redeemed_at, r.invitation_id
    ), here as materialized (
      select account_id from guestlist.membership where ended_at is null and (ends_at is null or ends_at > :now)
      union
      select account_id from guestlist.account_right where ended_at is null and (ends_at is null or ends_at > :now)
    ), known as materialized (
      select account_id, parent, at from came
      union all
      select distinct c.parent, null::text, null::timestamptz from came c
        where c.parent is not null and not exists (select from came other where other.account_id = c.parent)
    ), counted as materialized (
      select c.parent, count(*)::int as invited, count(h.account_id)::int as stayed
      from came c left join here h on h.account_id = c.account_id where c.parent is not null group by c.parent
    ), tree as (
      select k.account_id, k.parent, k.at, 0 as depth, array[k.account_id] as path,
        array[coalesce(k.at, '-infinity'::timestamptz)::text || k.account_id] as place
      from known k where case when :root::text is null then k.parent is null else k.account_id = :root end
      union all
      select k.account_id, k.parent, k.at, t.depth + 1, t.path || k.account_id, t.place || (k.at::text || k.account_id)
      from tree t join known k on k.parent = t.account_id
      where t.depth < :depth and k.account_id <> all(t.path)
    )
    select t.account_id as "accountId", t.parent as "invitedBy", t.at as "joinedAt", t.depth,
      coalesce(c.invited, 0) as invited, coalesce(c.stayed, 0) as stayed, h.account_id is not null as "isHere"
    from tree t left join counted c on c.parent = t.account_id left join here h on h.account_id = t.account_id
    order by t.place limit :limit`;
  const found = await rows<NodeRow>(db, sql, { ...wish, root: wish.root ?? null });
  return found.map(({ invitedBy, joinedAt, ...node }) => ({ ...node, invitedBy: invitedBy ?? undefined, joinedAt: joinedAt ?? undefined }));
}
