/** The SQL of `inviters.ts` and `revoke-all.ts`. */
import { type Queryable, rows, type Transaction } from '../lib/db.ts';

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

/** Nobody is below themselves. Accounts that came through each other in a circle are found by a root alone. */
export async function findTree(
  db: Queryable,
  wish: { readonly root: string | undefined; readonly depth: number; readonly limit: number; readonly now: Date },
): Promise<InviterNode[]> {
  // Whoever took an invitation over has not invited those who had come by it before.
  const sql = `with recursive taken_over as materialized (
      select subject as invitation_id, at, nullif(detail ->> 'from', 'operator') as inviter_id
      from guestlist.audit_event where action = 'invitation.adopted'
    ), came as materialized (
      select distinct on (r.account_id) r.account_id, r.redeemed_at as at,
        case when t.invitation_id is null then i.inviter_id else t.inviter_id end as parent
      from guestlist.redemption r join guestlist.invitation i on i.id = r.invitation_id
        left join taken_over t on t.invitation_id = i.id and t.at > r.redeemed_at
      order by r.account_id, r.redeemed_at, r.invitation_id, t.at
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

type Page = { readonly after: string; readonly limit: number };

/** Of what an account issued, the ids of those that are not revoked and have places left; in their order. */
export async function findOpenBy(db: Queryable, inviterId: string, page: Page): Promise<string[]> {
  const sql = `select id from guestlist.invitation
    where inviter_id = :inviterId and revoked_at is null and used_count < max_uses and id > :after order by id limit :limit`;
  return idsOf(await rows<{ id: string }>(db, sql, { inviterId, ...page }));
}

/** Of what an account issued, the ids of those that gave something which is still there; in their order. */
export async function findGivenBy(db: Queryable, inviterId: string, page: Page & { readonly now: Date }): Promise<string[]> {
  const isThere = (table: string) =>
    `exists (select from guestlist.${table} t where t.invitation_id = i.id and t.ended_at is null and (t.ends_at is null or t.ends_at > :now))`;
  const sql = `select i.id from guestlist.invitation i
    where i.inviter_id = :inviterId and i.id > :after and (${isThere('membership')} or ${isThere('account_right')}) order by i.id limit :limit`;
  return idsOf(await rows<{ id: string }>(db, sql, { inviterId, ...page }));
}

const isRunning = `cancelled_at is null and (stored_at is null or exists (
      select from guestlist.campaign_row r where r.campaign_id = c.id and r.made_at is null and r.failed_at is null))`;

/** Campaigns in an account's name that have rows to make. */
export async function findRunningCampaignsOf(db: Queryable, inviterId: string): Promise<string[]> {
  const sql = `select id from guestlist.campaign c where inviter_id = :inviterId and ${isRunning} order by id`;
  return idsOf(await rows<{ id: string }>(db, sql, { inviterId }));
}

/** Waits for batches that are being made. Returns the ids of those that were not cancelled before. */
export async function cancelCampaignsOf(
  trx: Transaction,
  inviterId: string,
  { now, by }: { readonly now: Date; readonly by: string },
): Promise<string[]> {
  const sql = `update guestlist.campaign c set cancelled_at = :now, cancelled_by = :by
    where inviter_id = :inviterId and ${isRunning} returning id`;
  return idsOf(await rows<{ id: string }>(trx, sql, { inviterId, now, by })).toSorted();
}

function idsOf(found: readonly { readonly id: string }[]): string[] {
  return found.map(({ id }) => id);
}
