/** Numbers for the dashboard: each by an index, and counted up to a limit, however many there are. */
import { firstRow, type Queryable } from '../lib/db.ts';

/** Of this many that have not ended. */
const looked = 20_000;

export type OpenInvitations = {
  readonly open: number;
  /** There are more than were looked at. */
  readonly isMore: boolean;
  readonly endingSoon: number;
};

/** That are neither revoked nor over, and have places left; `soon`: those that end until then, and were not taken by anybody yet. */
export async function countOpenInvitations(
  db: Queryable,
  { now, soon }: { readonly now: Date; readonly soon: Date },
): Promise<OpenInvitations> {
  const sql = `
    select count(*) filter (where used_count < max_uses and coalesce(starts_at, '-infinity') <= :now)::int as open,
      count(*) = :looked as "isMore", count(*) filter (where used_count = 0 and expires_at <= :soon)::int as "endingSoon"
    from (select used_count, max_uses, starts_at, expires_at from guestlist.invitation
      where revoked_at is null and expires_at > :now order by expires_at limit :looked) i`;
  return (await firstRow<OpenInvitations>(db, sql, { now, soon, looked })) ?? { open: 0, isMore: false, endingSoon: 0 };
}

export type Waiting = { readonly approvals: number; readonly requests: number; readonly since: Date | undefined };

export async function countWaiting(db: Queryable, { now, limit }: { readonly now: Date; readonly limit: number }): Promise<Waiting> {
  const sql = `
    with approval as (select asked_at as at from guestlist.approval where decision is null and lapses_at > :now limit :limit),
      request as (select confirmed_at as at from guestlist.invitation_request where confirmed_at is not null and decided_at is null limit :limit)
    select (select count(*)::int from approval) as approvals, (select count(*)::int from request) as requests,
      (select min(at) from (select at from approval union all select at from request) waiting) as since`;
  const found = await firstRow<Omit<Waiting, 'since'> & { since: Date | null }>(db, sql, { now, limit });
  return { approvals: 0, requests: 0, ...found, since: found?.since ?? undefined };
}

/** Mails that reached nobody, from `from` on and before `until`. */
export async function countGivenUp(
  db: Queryable,
  { from, until, limit }: { readonly from: Date; readonly until: Date; readonly limit: number },
): Promise<number> {
  const sql = `select count(*)::int as count from (
    select from guestlist.mail where failed_at >= :from and failed_at < :until limit :limit) counted`;
  return (await firstRow<{ count: number }>(db, sql, { from, until, limit }))?.count ?? 0;
}
