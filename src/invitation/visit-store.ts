/** Every SQL statement about tokens, and about what browsers hold of them. */
import { execute, firstRow, type Queryable, rows, type Transaction } from '../lib/db.ts';
import type { Arrival } from './arrival.ts';
import type { Channel } from './invitation.ts';
import { type InvitationRow, invitationColumns, toInvitation } from './store.ts';
import type { Visit, VisitAnswer } from './visit.ts';

export async function insertToken(
  db: Queryable,
  token: {
    readonly id: string;
    readonly invitationId: string;
    readonly channel: 'mail' | 'link';
    readonly digest: Buffer;
    readonly createdAt: Date;
  },
): Promise<void> {
  await execute(
    db,
    `
    insert into guestlist.invitation_token (id, invitation_id, channel, digest, created_at)
    values (:id, :invitationId, :channel, :digest, :createdAt)`,
    token,
  );
}

export type TokenRow = { readonly id: string; readonly channel: 'mail' | 'link' };

/** By the digest of the secret. One that a newer mail has replaced is found as well: it says so. */
export async function findToken(db: Queryable, digest: Buffer): Promise<TokenRow | undefined> {
  return firstRow(db, 'select id, channel from guestlist.invitation_token where digest = :digest', { digest });
}

/** Any token of an invitation, the newest first: what is redeemed without a link is booked on it. */
export async function findNewestToken(db: Queryable, invitationId: string): Promise<TokenRow | undefined> {
  const sql = `select id, channel from guestlist.invitation_token where invitation_id = :invitationId
    order by superseded_at is not null, id desc limit 1`;
  return firstRow(db, sql, { invitationId });
}

/** By which it can be opened. */
export async function findLiveChannels(db: Queryable, invitationId: string): Promise<('mail' | 'link')[]> {
  return (await findChannelsOf(db, [invitationId])).get(invitationId) ?? [];
}

/** By invitation; without an entry: none. */
export async function findChannelsOf(db: Queryable, invitationIds: readonly string[]): Promise<ReadonlyMap<string, ('mail' | 'link')[]>> {
  const sql = `select invitation_id as id, array_agg(distinct channel) as channels from guestlist.invitation_token
    where invitation_id = any (:invitationIds) and superseded_at is null group by 1`;
  const found = await rows<{ id: string; channels: ('mail' | 'link')[] }>(db, sql, { invitationIds });
  return new Map(found.map(({ id, channels }) => [id, channels]));
}

/** Earlier mails lead nowhere any more. */
export async function supersedeMailTokens(trx: Transaction, invitationId: string, now: Date): Promise<void> {
  const sql = `update guestlist.invitation_token set superseded_at = :now
    where invitation_id = :invitationId and channel = 'mail' and superseded_at is null`;
  await execute(trx, sql, { invitationId, now });
}

/** A link that was told anew takes the place of those before it. */
export async function supersedeLinkTokens(trx: Transaction, invitationId: string, now: Date): Promise<void> {
  const sql = `update guestlist.invitation_token set superseded_at = :now
    where invitation_id = :invitationId and channel = 'link' and superseded_at is null`;
  await execute(trx, sql, { invitationId, now });
}

export async function insertVisit(
  db: Queryable,
  visit: {
    readonly id: string;
    readonly handleDigest: Buffer;
    readonly tokenId: string;
    readonly channel: Channel;
    readonly createdAt: Date;
    readonly expiresAt: Date;
    readonly arrival?: Arrival | undefined;
  },
): Promise<void> {
  await execute(
    db,
    `
    insert into guestlist.visit (id, handle_digest, token_id, channel, created_at, expires_at, arrival)
    values (:id, :handleDigest, :tokenId, :channel, :createdAt, :expiresAt, :arrival)`,
    { ...visit, arrival: visit.arrival ? JSON.stringify(visit.arrival) : null },
  );
}

type VisitRow = InvitationRow & {
  visit_id: string;
  token_id: string;
  channel: Channel;
  pin_passed_at: Date | null;
  superseded: boolean;
  visit_expires_at: Date;
  continued_at: Date | null;
  answer: VisitAnswer | null;
  account_id: string | null;
};

const visitSql = `
  select v.id as visit_id, v.token_id, v.channel, v.pin_passed_at, v.expires_at as visit_expires_at, v.continued_at, v.answer,
    v.account_id, t.superseded_at is not null and v.channel <> 'account' as superseded, ${invitationColumns}
  from guestlist.visit v
  join guestlist.invitation_token t on t.id = v.token_id
  join guestlist.invitation i on i.id = t.invitation_id`;

function toVisit(row: VisitRow): Visit {
  return {
    id: row.visit_id,
    tokenId: row.token_id,
    channel: row.channel,
    superseded: row.superseded,
    pinPassedAt: row.pin_passed_at ?? undefined,
    expiresAt: row.visit_expires_at,
    continuedAt: row.continued_at ?? undefined,
    answer: row.answer ?? undefined,
    accountId: row.account_id ?? undefined,
    invitation: toInvitation(row),
  };
}

export async function findVisit(db: Queryable, handleDigest: Buffer): Promise<Visit | undefined> {
  const row = await firstRow<VisitRow>(db, `${visitSql} where v.handle_digest = :handleDigest`, { handleDigest });
  return row && toVisit(row);
}

export async function findVisitById(db: Queryable, id: string): Promise<Visit | undefined> {
  const row = await firstRow<VisitRow>(db, `${visitSql} where v.id = :id`, { id });
  return row && toVisit(row);
}

export async function markContinued(db: Queryable, visitId: string, now: Date): Promise<void> {
  await execute(db, 'update guestlist.visit set continued_at = :now where id = :visitId and continued_at is null', { visitId, now });
}

/** A better answer replaces a lesser one, never the other way round: of two tabs, the one that joined is right. */
export async function markAnswered(
  db: Queryable,
  visitId: string,
  { answer, accountId, now }: { readonly answer: VisitAnswer; readonly accountId: string | undefined; readonly now: Date },
): Promise<void> {
  const sql = `update guestlist.visit set answered_at = :now, answer = :answer, account_id = :accountId
    where id = :visitId and (answer is null or answer = 'declined' or :answer = 'joined')`;
  await execute(db, sql, { visitId, answer, accountId: accountId ?? null, now });
}

export async function deleteExpiredVisits(db: Queryable, now: Date): Promise<number> {
  return execute(db, 'delete from guestlist.visit where expires_at <= :now', { now });
}
