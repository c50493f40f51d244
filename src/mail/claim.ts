/**
 * Who has which mail: every SQL statement about claiming one and about its end. A claim is a moment's transaction, so
 * that no lock is held while a mail server takes its time; it lapses by itself if whoever has it dies. Any number of
 * processes claim at the same time; they wait for each other only while the budget of the same mailbox is looked at.
 */
import { addSeconds } from '../lib/clock.ts';
import { type Database, execute, firstRow, inTransaction, type Queryable, type Transaction } from '../lib/db.ts';
import { type Counted, isOverBudget } from './budget.ts';
import { type MailRow, mailColumns } from './outbox.ts';

export type Claim = MailRow & {
  readonly invitationId: string | null;
  /** This one counts. */
  readonly attempts: number;
  /** No two claims on a mail have the same: it tells whether a claim is still ours. */
  readonly claimedUntil: Date;
  /** Its recipient has had enough: it is not to be given to the mail server, and this claim does not count. */
  readonly isOverBudget: boolean;
};

/** Longer than any sending may take, see `smtp.ts`. */
const claimSeconds = 3 * 60;

/** The oldest that is due, or the one with this id if it is. Undefined: there is none. */
export async function claimMail(
  db: Database,
  { now, id }: { readonly now: Date; readonly id?: string | undefined },
): Promise<Claim | { readonly cancelled: true; readonly id: string; readonly kind: string } | undefined> {
  return inTransaction(db, async (trx) => {
    const due = await firstRow<MailRow & Counted & { readonly invitationId: string | null; readonly attempts: number }>(
      trx,
      id === undefined
        ? `${dueSql} order by queued_at, id limit 1 for update skip locked`
        : `${dueSql} and id = :id for update skip locked`,
      { now, ...(id === undefined ? {} : { id }) },
    );
    if (!due) return undefined;
    if ((await execute(trx, cancelSql, { id: due.id, now })) === 1) return { cancelled: true, id: due.id, kind: due.kind };
    const claimedUntil = addSeconds(now, claimSeconds);
    if (await isOverBudget(trx, due, now)) {
      await execute(trx, 'update guestlist.mail set claimed_until = :claimedUntil where id = :id', { id: due.id, claimedUntil });
      return { ...due, claimedUntil, isOverBudget: true };
    }
    const attempts = due.attempts + 1;
    const sql = 'update guestlist.mail set attempts = :attempts, claimed_until = :claimedUntil, given_at = :now where id = :id';
    await execute(trx, sql, { id: due.id, attempts, claimedUntil, now });
    return { ...due, attempts, claimedUntil, isOverBudget: false };
  });
}

const isPending = 'sent_at is null and cancelled_at is null and failed_at is null';

const dueSql = `
  select ${mailColumns}, invitation_id as "invitationId", attempts, recipient_key as "recipientKey", caused_by as "causedBy"
  from guestlist.mail
  where ${isPending} and (next_attempt_at is null or next_attempt_at <= :now) and (claimed_until is null or claimed_until <= :now)`;

/** A reminder of what was answered, ended, stopped, or mailed anew; and one that has waited for so long that it would come beside the next. */
const isPointless = `(
  m.queued_at + interval '24 hours' <= :now
  or exists (select from guestlist.invitation i where i.id = m.invitation_id
    and (i.revoked_at is not null or i.expires_at <= :now or i.used_count > 0 or i.email is distinct from m.to_address))
  or exists (select from guestlist.approval a where a.invitation_id = m.invitation_id)
  or exists (select from guestlist.audit_event e where e.subject = m.invitation_id and e.action = 'invitation.declined')
  or exists (select from guestlist.mail_stop s where s.subject = 'invitation:' || m.invitation_id)
  or exists (select from guestlist.mail newer where newer.invitation_id = m.invitation_id and newer.kind = 'invited'
    and newer.cancelled_at is null and coalesce(newer.sent_at, newer.queued_at) > m.queued_at))`;

/** Looked at once more before each try: what it says would be wrong by now. A code is good for ten minutes, a link as long as its mail says. */
const cancelSql = `
  update guestlist.mail m set cancelled_at = :now, sealed = null, claimed_until = null, next_attempt_at = null where m.id = :id and (
    m.kind = 'code' and m.queued_at + interval '10 minutes' <= :now
    or m.kind in ('password-reset', 'email-change') and m.queued_at + interval '1 hour' <= :now
    or m.kind = 'request-confirm' and m.queued_at + interval '24 hours' <= :now
    or m.kind = 'invited' and exists (
      select from guestlist.invitation i where i.id = m.invitation_id
        and (i.revoked_at is not null or i.expires_at <= :now or i.used_count >= i.max_uses))
    or m.kind = 'invited' and exists (
      select from guestlist.mail newer where newer.invitation_id = m.invitation_id and newer.kind = 'invited'
        and newer.queued_at > m.queued_at and newer.cancelled_at is null)
    or m.kind = 'reminder' and ${isPointless})`;

/** Also if the claim has lapsed: what is sent is sent. */
export async function markSent(db: Queryable, { id }: Claim, now: Date): Promise<void> {
  const sql = `update guestlist.mail set sent_at = :now, sealed = null, claimed_until = null, next_attempt_at = null where id = :id and ${isPending}`;
  await execute(db, sql, { id, now });
}

/** Leaves it alone if somebody else has it by now. */
export async function markPostponed(db: Queryable, { id, claimedUntil }: Claim, nextAttemptAt: Date): Promise<void> {
  const sql = `update guestlist.mail set next_attempt_at = :nextAttemptAt, claimed_until = null
    where id = :id and claimed_until = :claimedUntil and ${isPending}`;
  await execute(db, sql, { id, claimedUntil, nextAttemptAt });
}

/** What was given up holds no secret. False if somebody else has it by now. */
export async function markFailed(
  trx: Transaction,
  { id, claimedUntil }: Claim,
  { now, answer }: { readonly now: Date; readonly answer: string },
): Promise<boolean> {
  const sql = `update guestlist.mail set failed_at = :now, failure = :answer, sealed = null, claimed_until = null, next_attempt_at = null
    where id = :id and claimed_until = :claimedUntil and ${isPending}`;
  return (await execute(trx, sql, { id, claimedUntil, now, answer })) === 1;
}
