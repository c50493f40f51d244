/** Every SQL statement about requests; `desk-store.ts` has where they can be made. */
import { execute, firstRow, type Queryable, rows, type Transaction } from '../lib/db.ts';
import type { EmailKey } from '../lib/email.ts';
import type { Earlier } from './request.ts';

export type NewRequest = {
  readonly id: string;
  readonly groupId: string;
  readonly email: string;
  readonly key: EmailKey;
  readonly name: string;
  readonly note: string;
  readonly locale: string;
  readonly source: string | undefined;
  readonly landingClientId: string | undefined;
  readonly digest: Buffer;
  readonly askedAt: Date;
  readonly confirmUntil: Date;
};

export async function insertRequest(trx: Transaction, request: NewRequest): Promise<void> {
  const sql = `
    insert into guestlist.invitation_request
      (id, group_id, email, email_key, name, note, locale, source, landing_client_id, digest, asked_at, confirm_until)
    values (:id, :groupId, :email, :key, :name, :note, :locale, :source, :landingClientId, :digest, :askedAt, :confirmUntil)`;
  await execute(trx, sql, { ...request, source: request.source ?? null, landingClientId: request.landingClientId ?? null });
}

export type RequestRow = {
  readonly id: string;
  readonly groupId: string;
  readonly slug: string;
  readonly groupName: string;
  /** Null: forgotten. */
  readonly email: string | null;
  readonly key: EmailKey | null;
  readonly name: string;
  readonly note: string;
  readonly locale: string;
  readonly source: string | null;
  readonly landingClientId: string | null;
  readonly askedAt: Date;
  readonly confirmedAt: Date | null;
  readonly decidedAt: Date | null;
  readonly decision: 'approved' | 'declined' | 'lapsed' | null;
  readonly invitationId: string | null;
};

const select = `
  select q.id, q.group_id as "groupId", g.slug, g.name as "groupName", q.email, q.email_key as key, q.name, q.note, q.locale, q.source,
    q.landing_client_id as "landingClientId", q.asked_at as "askedAt", q.confirmed_at as "confirmedAt", q.decided_at as "decidedAt",
    q.decision, q.invitation_id as "invitationId"
  from guestlist.invitation_request q join guestlist."group" g on g.id = q.group_id`;

/** By what its mail says. One that was confirmed in time stays to be found. */
export async function findRequestByToken(
  db: Queryable,
  { digest, now }: { readonly digest: Buffer; readonly now: Date },
): Promise<RequestRow | undefined> {
  return firstRow(db, `${select} where q.digest = :digest and (q.confirmed_at is not null or q.confirm_until > :now)`, { digest, now });
}

export async function findRequest(db: Queryable, id: string): Promise<RequestRow | undefined> {
  return firstRow(db, `${select} where q.id = :id`, { id });
}

/** Locked before it is read. */
export async function lockRequest(trx: Transaction, id: string): Promise<RequestRow | undefined> {
  await execute(trx, 'select from guestlist.invitation_request where id = :id for update', { id });
  return findRequest(trx, id);
}

export type WaitingPage = {
  readonly limit: number;
  /** Those asked after that one. */
  readonly after?: string | undefined;
  /** For that group. */
  readonly slug?: string | undefined;
  /** For these groups alone. */
  readonly groupIds?: readonly string[] | undefined;
};

/** Those that wait, the oldest first. */
export async function listWaiting(db: Queryable, { slug, groupIds, limit, after }: WaitingPage): Promise<RequestRow[]> {
  const wanted = [
    'q.confirmed_at is not null and q.decided_at is null',
    ...(after === undefined ? [] : ['q.id > :after']),
    ...(slug === undefined ? [] : ['q.group_id = (select id from guestlist."group" where slug = :slug)']),
    ...(groupIds === undefined ? [] : ['q.group_id = any(:groupIds)']),
  ];
  return rows(db, `${select} where ${wanted.join(' and ')} order by q.id limit :limit`, { slug, groupIds, after, limit });
}

type Mailbox = { readonly groupId: string; readonly key: EmailKey; readonly now: Date };

/** Whether the inviters of what was given for asking may still invite is not asked. */
export async function findEarlier(
  db: Queryable,
  { groupId, key, now }: Mailbox,
): Promise<Omit<Earlier, 'hasInvitation'> & { readonly invitationIds: readonly string[] }> {
  const sql = `
    select count(*) filter (where q.confirmed_at is not null and q.decided_at is null) > 0 as "isWaiting",
      max(q.decided_at) filter (where q.decision = 'declined') as "lastDeclinedAt",
      coalesce(array_agg(i.id) filter (where i.revoked_at is null and i.expires_at > :now and i.used_count < i.max_uses), '{}') as "invitationIds"
    from guestlist.invitation_request q left join guestlist.invitation i on i.id = q.invitation_id
    where q.group_id = :groupId and q.email_key = :key`;
  const row = await firstRow<{ isWaiting: boolean; lastDeclinedAt: Date | null; invitationIds: string[] }>(db, sql, { groupId, key, now });
  return {
    isWaiting: row?.isWaiting ?? false,
    lastDeclinedAt: row?.lastDeclinedAt ?? undefined,
    invitationIds: row?.invitationIds ?? [],
  };
}

/** Did somebody, and no rule, say no to this mailbox the last time: declined it, or revoked what it was given? */
export async function wasRefused(db: Queryable, { groupId, key }: Omit<Mailbox, 'now'>): Promise<boolean> {
  const sql = `
    select q.decision = 'declined' and q.rule_id is null or i.revoked_at is not null as "wasRefused"
    from guestlist.invitation_request q left join guestlist.invitation i on i.id = q.invitation_id
    where q.group_id = :groupId and q.email_key = :key and q.decision in ('approved', 'declined')
    order by q.decided_at desc, q.id desc limit 1`;
  return (await firstRow<{ wasRefused: boolean }>(db, sql, { groupId, key }))?.wasRefused ?? false;
}

export async function markConfirmed(trx: Transaction, id: string, now: Date): Promise<void> {
  await execute(trx, 'update guestlist.invitation_request set confirmed_at = :now where id = :id', { id, now });
}

export type Decided = {
  readonly now: Date;
  readonly by: string;
  readonly decision: 'approved' | 'declined';
  readonly ruleId?: string | undefined;
  readonly invitationId?: string | undefined;
};

export async function markDecided(trx: Transaction, id: string, { now, by, decision, ruleId, invitationId }: Decided): Promise<void> {
  const sql = `update guestlist.invitation_request
    set decided_at = :now, decided_by = :by, decision = :decision, rule_id = :ruleId, invitation_id = :invitationId where id = :id`;
  await execute(trx, sql, { id, now, by, decision, ruleId: ruleId ?? null, invitationId: invitationId ?? null });
}

/** What nobody confirmed is gone, whatever became of its mail. */
export async function deleteUnconfirmed(db: Queryable, now: Date): Promise<number> {
  return execute(db, 'delete from guestlist.invitation_request where confirmed_at is null and confirm_until <= :now', { now });
}

/** Those that nobody decided about. Returns how many there were. */
export async function lapseWaiting(
  db: Queryable,
  { confirmedBefore, now }: { readonly confirmedBefore: Date; readonly now: Date },
): Promise<number> {
  const sql = `update guestlist.invitation_request set decided_at = :now, decided_by = 'retention', decision = 'lapsed'
    where confirmed_at < :confirmedBefore and decided_at is null`;
  return execute(db, sql, { confirmedBefore, now });
}

/** When and from where somebody asked stays; who does not. */
export async function forgetDecided(db: Queryable, decidedBefore: Date): Promise<number> {
  const sql = `update guestlist.invitation_request set email = null, email_key = null, name = '', note = ''
    where decided_at < :decidedBefore and email is not null`;
  return execute(db, sql, { decidedBefore });
}
