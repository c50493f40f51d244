/**
 * How much mail one mailbox gets, all senders together: nobody can be buried in it, however many invite them, and however
 * often, or type their address into our forms. Owns the limits and which mail uses which; decided when a mail is given to
 * the mail server (`claim.ts`), so that whoever causes it is answered as ever. Limits on those who cause mail are elsewhere.
 */
import { sha256 } from '../lib/digest.ts';
import { addSeconds } from '../lib/clock.ts';
import { execute, rows, type Transaction } from '../lib/db.ts';
import { countingKey, emailKey } from '../lib/email.ts';

/** Who made us write: somebody who may invite, anybody at all, or what happened to the recipient's own affairs. */
export type Cause = 'inviter' | 'stranger' | 'news';

type Limit = { readonly mails: number; readonly hours: number };

export const mailLimits: Readonly<Record<Cause, readonly Limit[]>> = {
  inviter: [
    { mails: 3, hours: 24 },
    { mails: 10, hours: 30 * 24 },
  ],
  stranger: [{ mails: 10, hours: 24 }],
  // Holders of links can cause these too: more than people need, and an end to it.
  news: [{ mails: 100, hours: 24 }],
};

/** `nobody`: always sent, for whoever has taken over an account must not be able to use up what warns its owner. */
const causeOfKind: Readonly<Record<string, Cause | 'nobody'>> = {
  code: 'stranger',
  'email-change': 'stranger',
  'email-changed': 'nobody',
  ending: 'news',
  invited: 'inviter',
  joined: 'news',
  notice: 'news',
  'password-changed': 'nobody',
  'password-reset': 'stranger',
  reminder: 'inviter',
  'request-confirm': 'stranger',
  'request-declined': 'news',
  'request-waiting': 'news',
  test: 'stranger',
};

/** Null: it is always sent. A kind that nobody has thought about is as limited as what strangers cause. */
export function causeOf({ kind, causedBy }: { readonly kind: string; readonly causedBy?: Cause | undefined }): Cause | null {
  const cause = causedBy ?? causeOfKind[kind] ?? 'stranger';
  return cause === 'nobody' ? null : cause;
}

/** Of an address, for counting alone: what providers may put into one mailbox is one. */
export function recipientKey(address: string): Buffer {
  return sha256(countingKey(emailKey(address)));
}

export type Counted = { readonly id: string; readonly recipientKey: Buffer | null; readonly causedBy: Cause | null };

/** The first of the two numbers of the advisory lock, which have a space of their own; the other one is the recipient's. */
const advisoryLock = 72_364;

/**
 * Until the transaction ends, no other mail to this mailbox is judged: what it finds stays true. It waits for nothing but
 * another such moment, and no transaction may ask twice.
 */
export async function isOverBudget(trx: Transaction, { id, recipientKey: key, causedBy }: Counted, now: Date): Promise<boolean> {
  if (!key || !causedBy) return false;
  await execute(trx, 'select pg_advisory_xact_lock(:advisoryLock, :lock)', { advisoryLock, lock: key.readInt32BE() });
  const limits = mailLimits[causedBy];
  const since = addSeconds(now, -Math.max(...limits.map(({ hours }) => hours)) * 3600);
  const most = Math.max(...limits.map(({ mails }) => mails));
  const given = await rows<{ givenAt: Date }>(trx, givenSql, { id, key, causedBy, since, most });
  return limits.some(({ mails, hours }) => given.filter(({ givenAt }) => givenAt > addSeconds(now, -hours * 3600)).length >= mails);
}

/** What failed was never in the mailbox; what was cancelled after a try may have been. */
export const givenSql = `
  select given_at as "givenAt" from guestlist.mail
  where recipient_key = :key and caused_by = :causedBy and given_at > :since and failed_at is null and id <> :id
  order by given_at desc limit :most`;
