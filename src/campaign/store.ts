/** Every SQL statement about campaigns and their rows, but for the report's (`report-store.ts`). */
import { execute, firstRow, type Queryable, rows, type Transaction } from '../lib/db.ts';
import type { EmailKey } from '../lib/email.ts';
import { type CampaignKind, type CampaignSummary, type Progress, stateOfCampaign } from './campaign.ts';

export type NewCampaign = {
  readonly id: string;
  readonly name: string;
  readonly kind: CampaignKind;
  readonly inviterId: string | undefined;
  readonly wish: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
};

export async function insertCampaign(db: Queryable, { wish, inviterId, ...campaign }: NewCampaign): Promise<void> {
  const sql = `insert into guestlist.campaign (id, name, kind, inviter_id, wish, created_at)
    values (:id, :name, :kind, :inviterId, :wish, :createdAt)`;
  await execute(db, sql, { ...campaign, inviterId: inviterId ?? null, wish: JSON.stringify(wish) });
}

export type NewRow = {
  readonly position: number;
  readonly key: string | undefined;
  readonly email: string | undefined;
  readonly emailKey: EmailKey | undefined;
  readonly name: string | undefined;
  /** Undefined: it waits to be made. */
  readonly failure: string | undefined;
};

/** In one statement, however many there are. */
export async function insertRows(
  db: Queryable,
  campaignId: string,
  { added, now }: { readonly added: readonly NewRow[]; readonly now: Date },
): Promise<void> {
  const sql = `
    insert into guestlist.campaign_row (campaign_id, position, row_key, email, email_key, name, failed_at, failure)
    select :campaignId, r.position, r.key, r.email, r."emailKey", r.name, case when r.failure is not null then :now::timestamptz end, r.failure
    from jsonb_to_recordset(:added::jsonb) as r (position integer, key text, email text, "emailKey" text, name text, failure text)`;
  await execute(db, sql, { campaignId, added: JSON.stringify(added), now });
}

export async function markStored(db: Queryable, id: string, now: Date): Promise<void> {
  await execute(db, 'update guestlist.campaign set stored_at = :now where id = :id', { id, now });
}

/** Of one whose rows were never all stored. */
export async function deleteUnstored(trx: Transaction, id: string): Promise<void> {
  await execute(
    trx,
    'delete from guestlist.campaign_row where campaign_id = (select id from guestlist.campaign where id = :id and stored_at is null)',
    {
      id,
    },
  );
  await execute(trx, 'delete from guestlist.campaign where id = :id and stored_at is null', { id });
}

export async function findUnstored(db: Queryable, before: Date): Promise<string[]> {
  const sql = 'select id from guestlist.campaign where stored_at is null and created_at < :before';
  return (await rows<{ id: string }>(db, sql, { before })).map(({ id }) => id);
}

type SummaryRow = Progress & {
  readonly id: string;
  readonly name: string;
  readonly kind: CampaignKind;
  readonly inviterId: string | null;
  readonly groups: string[];
  readonly rights: string[];
  readonly createdAt: Date;
  readonly storedAt: Date | null;
  readonly cancelledAt: Date | null;
};

const summarySql = (from: string) => `
  select c.id, c.name, c.kind, c.inviter_id as "inviterId", coalesce(c.wish->'groups', '[]') as groups,
    coalesce(c.wish->'rights', '[]') as rights, c.created_at as "createdAt", c.stored_at as "storedAt",
    c.cancelled_at as "cancelledAt", n.*
  from ${from} c, lateral (
    select count(*)::int as rows, count(*) filter (where made_at is null and failed_at is null)::int as waiting,
      count(made_at)::int as made, count(failed_at)::int as failed
    from guestlist.campaign_row r where r.campaign_id = c.id) n`;

function toSummary({ inviterId, storedAt, cancelledAt, ...row }: SummaryRow): CampaignSummary {
  const campaign = {
    ...row,
    inviterId: inviterId ?? undefined,
    storedAt: storedAt ?? undefined,
    cancelledAt: cancelledAt ?? undefined,
  };
  return { ...campaign, state: stateOfCampaign(campaign) };
}

export async function findCampaign(db: Queryable, id: string): Promise<CampaignSummary | undefined> {
  const row = await firstRow<SummaryRow>(db, `${summarySql('guestlist.campaign')} where c.id = :id`, { id });
  return row && toSummary(row);
}

export type CampaignPage = {
  readonly limit: number;
  /** Those made before that one. */
  readonly before?: string | undefined;
  /** In that account's name. */
  readonly inviterId?: string | undefined;
  /** In that account's name, or giving nothing but places in these groups. */
  readonly of?: { readonly accountId: string; readonly slugs: readonly string[] } | undefined;
};

/** Newest first. */
export async function listCampaigns(db: Queryable, { limit, before, inviterId, of }: CampaignPage): Promise<CampaignSummary[]> {
  const wanted = [
    ...(before === undefined ? [] : ['c.id < :before']),
    ...(inviterId === undefined ? [] : ['c.inviter_id = :inviterId']),
    ...(of === undefined ? [] : ['(c.inviter_id = :accountId or c.group_slugs && :slugs::text[] and c.group_slugs <@ :slugs::text[])']),
  ];
  // Rows are counted of those on the page, not of each that is passed over.
  const sql = `
    with page as (select c.* from guestlist.campaign c where ${wanted.join(' and ') || 'true'} order by c.id desc limit :limit)
    ${summarySql('page')} order by c.id desc`;
  return (await rows<SummaryRow>(db, sql, { limit, before, inviterId, ...of })).map(toSummary);
}

export type WishRow = {
  readonly name: string;
  readonly kind: CampaignKind;
  readonly inviterId: string | null;
  readonly wish: Readonly<Record<string, unknown>>;
  /** Its rows may be made now. */
  readonly isOpen: boolean;
};

const wishSql = `select name, kind, inviter_id as "inviterId", wish, stored_at is not null and cancelled_at is null as "isOpen"
  from guestlist.campaign where id = :id`;

export async function findWish(db: Queryable, id: string): Promise<WishRow | undefined> {
  return firstRow(db, wishSql, { id });
}

/** `share`: nobody cancels it before the transaction ends, and any number work at it. `update`: nobody else does. */
export async function lockWish(trx: Transaction, id: string, lock: 'share' | 'update'): Promise<WishRow | undefined> {
  await execute(trx, `select from guestlist.campaign where id = :id for ${lock === 'share' ? 'share' : 'no key update'}`, { id });
  return findWish(trx, id);
}

export type WaitingRow = {
  readonly position: number;
  readonly email: string | null;
  readonly emailKey: EmailKey | null;
  readonly name: string | null;
};

/** The next ones that nobody else is making. */
export async function lockWaiting(trx: Transaction, campaignId: string, limit: number): Promise<WaitingRow[]> {
  const sql = `select position, email, email_key as "emailKey", name from guestlist.campaign_row
    where campaign_id = :campaignId and made_at is null and failed_at is null order by position limit :limit for update skip locked`;
  return rows(trx, sql, { campaignId, limit });
}

export type Settled = { readonly position: number; readonly invitationId: string | null; readonly failure: string | null };

/** What became of rows that are locked. */
export async function settleRows(
  trx: Transaction,
  campaignId: string,
  { settled, now }: { readonly settled: readonly Settled[]; readonly now: Date },
): Promise<void> {
  const list = `jsonb_to_recordset(:settled::jsonb) as s (position integer, "invitationId" text, failure text)`;
  const given = { campaignId, settled: JSON.stringify(settled), now };
  await execute(
    trx,
    `update guestlist.campaign_row r set invitation_id = s."invitationId", failure = s.failure,
      made_at = case when s."invitationId" is not null then :now::timestamptz end,
      failed_at = case when s.failure is not null then :now::timestamptz end
    from ${list} where r.campaign_id = :campaignId and r.position = s.position`,
    given,
  );
  const sql = `update guestlist.invitation i set campaign_id = :campaignId from ${list} where i.id = s."invitationId"`;
  await execute(trx, sql, { campaignId, settled: given.settled });
}

/** All that wait, because nothing can be made any more. */
export async function failWaiting(trx: Transaction, campaignId: string, { failure, now }: { failure: string; now: Date }): Promise<number> {
  const sql = `update guestlist.campaign_row set failed_at = :now, failure = :failure
    where campaign_id = :campaignId and made_at is null and failed_at is null`;
  return execute(trx, sql, { campaignId, failure, now });
}

/** Those that could not be made wait again; those that were refused as they were read do not. */
export async function retryFailed(trx: Transaction, campaignId: string): Promise<number> {
  const sql = `update guestlist.campaign_row set failed_at = null, failure = null
    where campaign_id = :campaignId and failed_at is not null and row_key is not null`;
  return execute(trx, sql, { campaignId });
}

/** Undefined takes the lease back. */
export async function updateLease(db: Queryable, id: string, until: Date | undefined): Promise<void> {
  await execute(db, 'update guestlist.campaign set worked_until = :until where id = :id', { id, until: until ?? null });
}

/** The oldest that has rows to mail, and that no worker is at; it is the caller's until then. Cards are made by whoever prints them. */
export async function claimDue(
  trx: Transaction,
  { now, until }: { readonly now: Date; readonly until: Date },
): Promise<string | undefined> {
  const sql = `update guestlist.campaign set worked_until = :until where id = (
    select id from guestlist.campaign c
    where kind = 'mailed' and stored_at is not null and cancelled_at is null and (worked_until is null or worked_until <= :now)
      and exists (select from guestlist.campaign_row r where r.campaign_id = c.id and r.made_at is null and r.failed_at is null)
    order by id limit 1 for no key update skip locked) returning id`;
  return (await firstRow<{ id: string }>(trx, sql, { now, until }))?.id;
}

/** False if it was cancelled before. */
export async function markCancelled(
  trx: Transaction,
  id: string,
  { now, by }: { readonly now: Date; readonly by: string },
): Promise<boolean> {
  const sql = 'update guestlist.campaign set cancelled_at = :now, cancelled_by = :by where id = :id and cancelled_at is null';
  return (await execute(trx, sql, { id, now, by })) === 1;
}

export async function markResumed(trx: Transaction, id: string): Promise<void> {
  await execute(trx, 'update guestlist.campaign set cancelled_at = null, cancelled_by = null where id = :id', { id });
}

/** Of its invitations, those that somebody could still accept; in the order of their ids. */
export async function listOpenInvitations(
  db: Queryable,
  campaignId: string,
  page: { readonly after: string; readonly limit: number },
): Promise<string[]> {
  const sql = `select id from guestlist.invitation where campaign_id = :campaignId and revoked_at is null and used_count < max_uses
    and id > :after order by id limit :limit`;
  return (await rows<{ id: string }>(db, sql, { campaignId, ...page })).map(({ id }) => id);
}

/** Also what its inviter sees of the invitation, and of those that it took the place of. False: there is no such row, or it was refused. */
export async function updateName(
  trx: Transaction,
  campaignId: string,
  { position, name, label }: { readonly position: number; readonly name: string; readonly label: string },
): Promise<boolean> {
  const where = 'campaign_id = :campaignId and position = :position and row_key is not null';
  await execute(
    trx,
    `with recursive theirs (id) as (
      select invitation_id from guestlist.campaign_row where ${where}
      union
      select i.replaces_id from theirs join guestlist.invitation i on i.id = theirs.id where i.replaces_id is not null)
    update guestlist.invitation set label = :label where id in (select id from theirs)`,
    { campaignId, position, label },
  );
  const sql = `update guestlist.campaign_row set name = :name where ${where}`;
  return (await execute(trx, sql, { campaignId, position, name: name === '' ? null : name })) === 1;
}

/**
 * Addresses and names of rows whose invitation forgot its own, and of rows that nothing came of. What was made for them,
 * and what that took the place of, was called by their names. Returns how many rows there were.
 */
export async function forgetRows(trx: Transaction, before: Date): Promise<number> {
  const isOver = `(r.email is not null or r.name is not null) and (
      r.failed_at < :before
      or exists (select from guestlist.invitation i where i.id = r.invitation_id and i.used_count = 0
        and least(i.expires_at, coalesce(i.revoked_at, i.expires_at)) < :before
        and not exists (select from guestlist.approval a where a.invitation_id = i.id and a.decision is null and a.lapses_at > :before))
      or r.made_at is null and exists (select from guestlist.campaign c where c.id = r.campaign_id and c.cancelled_at < :before))`;
  const labels = `with recursive theirs (id) as (
      select r.invitation_id from guestlist.campaign_row r where r.name is not null and r.invitation_id is not null and ${isOver}
      union
      select i.replaces_id from theirs join guestlist.invitation i on i.id = theirs.id where i.replaces_id is not null)
    update guestlist.invitation set label = '' where id in (select id from theirs)`;
  await execute(trx, labels, { before });
  const sql = `update guestlist.campaign_row r set email = null, email_key = null, name = null,
      row_key = case when row_key is null then null else 'forgotten ' || position end
    where ${isOver}`;
  return execute(trx, sql, { before });
}
