/** SQL for lists of the admin API about one account: what it has and had, and what it came by; a page at a time. */
import { type Queryable, rows } from '../lib/db.ts';

type HeldRow = {
  readonly id: string;
  readonly since: Date;
  readonly until: Date | null;
  readonly endedAt: Date | null;
  readonly endedBy: string | null;
  readonly invitationId: string | null;
  readonly invitedBy: string | null;
};

export type MembershipRow = HeldRow & { readonly group: string; readonly groupName: string; readonly role: string };
export type RightRow = HeldRow & { readonly right: string };

export type HeldPage = {
  readonly accountId: string;
  /** Also what is over. */
  readonly ended: boolean;
  readonly before: string | undefined;
  readonly limit: number;
  readonly now: Date;
};

const columns = `h.id, h.starts_at as since, h.ends_at as until, h.ended_at as "endedAt", h.ended_by as "endedBy",
  h.invitation_id as "invitationId", i.inviter_id as "invitedBy"`;

/** The newest first. */
function pageSql({ ended, before }: HeldPage): string {
  return `left join guestlist.invitation i on i.id = h.invitation_id where h.account_id = :accountId
    ${before === undefined ? '' : 'and h.id < :before'}
    ${ended ? '' : 'and h.ended_at is null and (h.ends_at is null or h.ends_at > :now)'} order by h.id desc limit :limit`;
}

function bindingsOf({ accountId, before, limit, now }: HeldPage) {
  return { accountId, limit, now, ...(before === undefined ? {} : { before }) };
}

export async function listMembershipsOf(db: Queryable, page: HeldPage): Promise<MembershipRow[]> {
  const sql = `select ${columns}, g.slug as "group", g.name as "groupName", h.role
    from guestlist.membership h join guestlist."group" g on g.id = h.group_id ${pageSql(page)}`;
  return rows(db, sql, bindingsOf(page));
}

export async function listRightsOf(db: Queryable, page: HeldPage): Promise<RightRow[]> {
  return rows(db, `select ${columns}, h.right_name as "right" from guestlist.account_right h ${pageSql(page)}`, bindingsOf(page));
}

export type RedemptionRow = {
  readonly invitationId: string;
  readonly redeemedAt: Date;
  readonly accountCreated: boolean;
  readonly arrival: Readonly<Record<string, string>> | null;
  readonly label: string;
  readonly invitedBy: string | null;
};

type RedemptionPage = {
  readonly accountId: string;
  readonly before: readonly [redeemedAt: Date, invitationId: string] | undefined;
  readonly limit: number;
};

/** The newest first. */
export async function listRedemptionsOf(db: Queryable, { accountId, before, limit }: RedemptionPage): Promise<RedemptionRow[]> {
  const sql = `select r.invitation_id as "invitationId", r.redeemed_at as "redeemedAt", r.account_created as "accountCreated", r.arrival,
      i.label, i.inviter_id as "invitedBy"
    from guestlist.redemption r join guestlist.invitation i on i.id = r.invitation_id
    where r.account_id = :accountId ${before ? 'and (r.redeemed_at, r.invitation_id) < (:redeemedAt, :invitationId)' : ''}
    order by r.redeemed_at desc, r.invitation_id desc limit :limit`;
  return rows(db, sql, { accountId, limit, ...(before && { redeemedAt: before[0], invitationId: before[1] }) });
}
