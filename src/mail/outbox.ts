/**
 * Mail that the server owes somebody. Owns the queue: a mail is queued in the transaction that causes it, so that it
 * exists exactly if its cause does; one that carries a secret rests sealed. Does not know what mails say, nor who sends
 * them (`deliver.ts`). Without an SMTP server the queue is the mailbox, shown at `/mailbox` in development.
 */
import { execute, firstRow, type Queryable, rows, type Transaction } from '../lib/db.ts';
import { isPlainAddress } from '../lib/email.ts';
import { newId, type Random } from '../lib/random.ts';
import type { Seal } from '../lib/seal.ts';
import { type Cause, causeOf, recipientKey } from './budget.ts';

export type Mail = {
  readonly kind: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Ours, for a mail that can be stopped with one click (RFC 8058). */
  readonly unsubscribeUrl?: string | undefined;
};

/** `secret`: text and html hold a token or a code. The subject never does. */
export type NewMail = Mail & {
  readonly secret?: boolean;
  /**
   * Whose budget it uses, if that does not follow from its kind: `stranger`, where nobody has proven the mailbox. Whoever
   * made that account can have given anybody's.
   */
  readonly causedBy?: Cause | undefined;
};

export type QueuedMail = Mail & { readonly id: string; readonly queuedAt: Date };

type Queueing = {
  readonly now: Date;
  readonly random: Random;
  readonly seal?: Seal | undefined;
  /** What the mail is about; with it, the mail can be cancelled. */
  readonly invitationId?: string | undefined;
};

/** Returns its id. Throws `TypeError` where `to` is not one plain address, or where there is a secret and no `seal`. */
export async function queueMail(db: Queryable, mail: NewMail, { now, random, seal, invitationId }: Queueing): Promise<string> {
  if (!isPlainAddress(mail.to)) throw new TypeError('a mail goes to one plain address');
  if (mail.unsubscribeUrl !== undefined && !isHeaderUrl(mail.unsubscribeUrl)) throw new TypeError('unsubscribeUrl is no web address');
  const id = newId(now, random);
  const row = { id, kind: mail.kind, to: mail.to, subject: subjectLine(mail.subject), now, invitationId: invitationId ?? null };
  await execute(
    db,
    `
    insert into guestlist.mail (id, kind, to_address, subject, body_text, body_html, unsubscribe_url, sealed, queued_at, invitation_id,
      recipient_key, caused_by)
    values (:id, :kind, :to, :subject, :text, :html, :unsubscribeUrl, :sealed, :now, :invitationId, :recipientKey, :causedBy)`,
    {
      ...row,
      recipientKey: recipientKey(mail.to),
      causedBy: causeOf(mail),
      ...(mail.secret ? sealedBodies(mail, seal, id) : openBodies(mail)),
    },
  );
  return id;
}

/** It becomes a header, between angle brackets. */
function isHeaderUrl(text: string): boolean {
  return /^https?:\/\/[!-;=?-~]+$/.test(text) && URL.canParse(text);
}

const maxSubjectLength = 120;

/** One line that turns no text around, whatever names a template put into it. */
function subjectLine(subject: string): string {
  const line = subject
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    // All that is invisible but the joiners, which some scripts and emoji need.
    .replace(/[^\P{Cf}\u200C\u200D]/gu, '')
    .trim();
  return [...line].slice(0, maxSubjectLength).join('').trim();
}

function openBodies({ text, html, unsubscribeUrl }: Mail) {
  return { text, html, unsubscribeUrl: unsubscribeUrl ?? null, sealed: null };
}

function sealedBodies({ text, html, unsubscribeUrl }: Mail, seal: Seal | undefined, id: string) {
  if (!seal) throw new TypeError('secret: a mail that carries a token or a code needs this option');
  const sealed = seal.seal(JSON.stringify({ text, html, unsubscribeUrl }), sealContext(id));
  return { text: '', html: '', unsubscribeUrl: null, sealed };
}

function sealContext(id: string): string {
  return `mail:${id}`;
}

/** As it is read: where there is something sealed, the two bodies are empty. */
export type MailRow = Omit<Mail, 'unsubscribeUrl'> & {
  readonly id: string;
  readonly unsubscribeUrl: string | null;
  readonly sealed: Buffer | null;
};

export const mailColumns = `id, kind, to_address as "to", subject, body_text as text, body_html as html,
  unsubscribe_url as "unsubscribeUrl", sealed`;

/** Throws `SealBroken`. */
export function openMail<Row extends MailRow>(
  { sealed, unsubscribeUrl, ...mail }: Row,
  seal: Seal | undefined,
): Omit<Row, 'sealed' | 'unsubscribeUrl'> & Pick<Mail, 'unsubscribeUrl'> {
  const opened = sealed && seal ? JSON.parse(seal.open(sealed, sealContext(mail.id)).toString('utf8')) : {};
  return { ...mail, ...(unsubscribeUrl === null ? {} : { unsubscribeUrl }), ...opened };
}

type QueuedRow = MailRow & { readonly queuedAt: Date };

const queuedColumns = `${mailColumns}, queued_at as "queuedAt"`;

/** Latest first. Without `seal`, and once it was sent, a mail with a secret has its subject alone. */
export async function listMail(db: Queryable, limit: number, seal?: Seal): Promise<QueuedMail[]> {
  const sql = `select ${queuedColumns} from guestlist.mail order by queued_at desc, id desc limit :limit`;
  return (await rows<QueuedRow>(db, sql, { limit })).map((row) => openMail(row, seal));
}

/** See `listMail`. */
export async function findMail(db: Queryable, id: string, seal?: Seal): Promise<QueuedMail | undefined> {
  const row = await firstRow<QueuedRow>(db, `select ${queuedColumns} from guestlist.mail where id = :id`, { id });
  return row && openMail(row, seal);
}

/**
 * What was queued for this invitation and not sent will not be sent. One that is being sent at this moment is left
 * alone: nobody waits for a mail server to withdraw an invitation. Returns how many there were.
 */
export async function cancelMails(
  trx: Transaction,
  { invitationId, kinds, now }: { readonly invitationId: string; readonly kinds: readonly string[]; readonly now: Date },
): Promise<number> {
  const sql = `update guestlist.mail set cancelled_at = :now, sealed = null where id = any(array(
    select id from guestlist.mail
    where invitation_id = :invitationId and kind = any(:kinds) and sent_at is null and cancelled_at is null and failed_at is null
      and (claimed_until is null or claimed_until <= :now)
    for update skip locked))`;
  return execute(trx, sql, { invitationId, kinds: [...kinds], now });
}

export type MailFate = {
  readonly kind: string;
  readonly to: string;
  readonly queuedAt: Date;
  readonly sentAt: Date | null;
  readonly cancelledAt: Date | null;
  readonly failedAt: Date | null;
  /** Why it failed: the mail server's code, or `recipient_budget`: its recipient had had enough mail. */
  readonly failure: string | null;
  readonly attempts: number;
};

const fateColumns = `kind, to_address as "to", queued_at as "queuedAt", sent_at as "sentAt", cancelled_at as "cancelledAt",
  failed_at as "failedAt", failure, attempts`;

/** What became of the mails of an invitation, the oldest first; without their words. */
export async function listMailsOf(db: Queryable, invitationId: string): Promise<MailFate[]> {
  return rows(db, `select ${fateColumns} from guestlist.mail where invitation_id = :invitationId order by queued_at, id`, { invitationId });
}

/** That there was a mail stays on record; to whom, and what it told of them, does not. */
export async function forgetMailAddresses(trx: Transaction, invitationIds: readonly string[]): Promise<void> {
  if (invitationIds.length === 0) return;
  const sql = `update guestlist.mail set to_address = 'forgotten', recipient_key = null, body_text = '', body_html = ''
    where invitation_id = any(:invitationIds)`;
  await execute(trx, sql, { invitationIds });
}

/** The same for mails that belong to no invitation. What was never sent never will be. */
export async function forgetAddressesOf(
  db: Queryable,
  { kinds, queuedBefore, now }: { readonly kinds: readonly string[]; readonly queuedBefore: Date; readonly now: Date },
): Promise<void> {
  const sql = `update guestlist.mail set to_address = 'forgotten', recipient_key = null, sealed = null,
      cancelled_at = case when sent_at is null and failed_at is null then coalesce(cancelled_at, :now) else cancelled_at end
    where kind = any(:kinds) and queued_at < :queuedBefore and to_address <> 'forgotten'`;
  await execute(db, sql, { kinds: [...kinds], queuedBefore, now });
}
