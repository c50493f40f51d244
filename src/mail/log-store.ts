/** SQL of the mail log: what became of mails, by an index and a page at a time, and sending one again. Never what they say. */
import { domainToUnicode } from 'node:url';
import { type Bindings, execute, firstRow, type Queryable, rows, type Transaction } from '../lib/db.ts';
import type { EmailKey } from '../lib/email.ts';
import { recipientKey } from './budget.ts';

/** `waiting` is also one that could not be sent yet and is tried again. */
export const mailStates = ['waiting', 'sent', 'cancelled', 'failed'] as const;
export type MailState = (typeof mailStates)[number];

export type LoggedMail = {
  readonly id: string;
  readonly kind: string;
  /** Null: forgotten. */
  readonly to: string | null;
  readonly subject: string;
  readonly state: MailState;
  readonly queuedAt: Date;
  readonly sentAt: Date | null;
  readonly cancelledAt: Date | null;
  readonly failedAt: Date | null;
  /** Why it failed: the mail server's code, or `recipient_budget`: its recipient had had enough mail. */
  readonly failure: string | null;
  readonly attempts: number;
  readonly lastTriedAt: Date | null;
  readonly nextAttemptAt: Date | null;
  readonly invitationId: string | null;
  /** It failed, or waits after a try, and its words are still there: those with a secret are thrown away when they fail. */
  readonly retryable: boolean;
};

const isPending = 'sent_at is null and cancelled_at is null and failed_at is null';
const conditionOf: Readonly<Record<MailState, string>> = {
  waiting: isPending,
  sent: 'sent_at is not null',
  cancelled: 'cancelled_at is not null',
  failed: 'failed_at is not null',
};

const isRetryable = `(failed_at is not null and body_text <> '' and to_address <> 'forgotten' or ${isPending} and next_attempt_at is not null)`;

const columns = `id, kind, nullif(to_address, 'forgotten') as "to", subject, queued_at as "queuedAt", sent_at as "sentAt",
  cancelled_at as "cancelledAt", failed_at as "failedAt", failure, attempts, given_at as "lastTriedAt", next_attempt_at as "nextAttemptAt",
  invitation_id as "invitationId", ${isRetryable} as retryable,
  case when sent_at is not null then 'sent' when cancelled_at is not null then 'cancelled' when failed_at is not null then 'failed'
    else 'waiting' end as state`;

export type MailFilter = {
  readonly to?: EmailKey | undefined;
  readonly kind?: string | undefined;
  readonly state?: MailState | undefined;
  readonly queuedAfter?: Date | undefined;
  readonly queuedBefore?: Date | undefined;
  readonly before?: readonly [queuedAt: Date, id: string] | undefined;
  readonly limit: number;
};

/**
 * The newest first. Of one kind, rows are compared and not columns, so that only the index of kinds has them in this order:
 * what was sent long ago is not looked for among everything since.
 */
export async function listLoggedMails(db: Queryable, filter: MailFilter): Promise<LoggedMail[]> {
  const { to, kind, state, queuedAfter, queuedBefore, before, limit } = filter;
  // Those that came to no good end have an index of their own, and are few.
  const lead = kind !== undefined && (state === undefined || state === 'sent') ? ['kind'] : [];
  const span = (sign: string, instant: string) =>
    `(${[...lead, 'queued_at'].join(', ')}) ${sign} (${[...lead.map((name) => `:${name}`), `:${instant}::timestamptz`].join(', ')})`;
  const place = [...lead, 'queued_at', 'id'];
  const where = [
    span('>=', 'queuedAfter'),
    span('<', 'queuedBefore'),
    ...(before ? [`(${place.join(', ')}) < (${[...lead.map((name) => `:${name}`), ':beforeAt', ':beforeId'].join(', ')})`] : []),
    ...(to === undefined ? [] : ['recipient_key = :recipientKey and lower(to_address) = any(:addresses)']),
    ...(kind === undefined || lead.length > 0 ? [] : ['kind = :kind']),
    ...(state === undefined ? [] : [conditionOf[state]]),
  ];
  const bindings: Bindings = {
    limit,
    queuedAfter: queuedAfter ?? '-infinity',
    queuedBefore: queuedBefore ?? 'infinity',
    ...(kind !== undefined && { kind }),
    ...(to !== undefined && { recipientKey: recipientKey(to), addresses: spellingsOf(to) }),
    ...(before && { beforeAt: before[0], beforeId: before[1] }),
  };
  const order = place.map((name) => `${name} desc`).join(', ');
  return rows(db, `select ${columns} from guestlist.mail where ${where.join(' and ')} order by ${order} limit :limit`, bindings);
}

/** As mails are addressed: by the domain as people write it, or as machines do. */
function spellingsOf(key: EmailKey): string[] {
  const at = key.lastIndexOf('@') + 1;
  return [key, `${key.slice(0, at)}${domainToUnicode(key.slice(at))}`];
}

export async function findLoggedMail(db: Queryable, id: string): Promise<LoggedMail | undefined> {
  return firstRow(db, `select ${columns} from guestlist.mail where id = :id`, { id });
}

/** One that was given up begins anew, one that waits after a try waits no more. False: there is no such thing to be done. */
export async function markDueAgain(trx: Transaction, id: string, now: Date): Promise<boolean> {
  const sql = `update guestlist.mail set next_attempt_at = :now, failed_at = null, failure = null,
      attempts = case when failed_at is null then attempts else 0 end
    where id = :id and ${isRetryable} and (claimed_until is null or claimed_until <= :now)`;
  return (await execute(trx, sql, { id, now })) === 1;
}
