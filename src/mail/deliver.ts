/**
 * Giving queued mail to whoever sends it. At least once: a process that dies between sending and marking sends again.
 * Any number of processes may do it at the same time; each mail is with one of them.
 */
import type { Clock } from '../lib/clock.ts';
import { type Database, execute, firstRow, inTransaction, type Transaction } from '../lib/db.ts';
import type { Mail } from './outbox.ts';

/** Throws if the mail could not be handed over; it is then tried again later. */
export type SendMail = (mail: Mail) => Promise<unknown>;

const maxAttempts = 10;

type Context = { readonly clock: Clock; readonly onError: (error: unknown) => void };

/** Everything that is due. Returns how many were sent and how many failed this time; `onError` is given what `send` threw. */
export async function deliverMail(
  db: Database,
  send: SendMail,
  { clock, onError }: Context,
): Promise<{ readonly sent: number; readonly failed: number }> {
  const counts = { sent: 0, failed: 0 };
  for (;;) {
    const outcome = await inTransaction(db, (trx) => deliverNext(trx, send, { now: clock(), onError }));
    if (!outcome) return counts;
    counts[outcome] += 1;
  }
}

type DueMail = Mail & { readonly id: string };

async function deliverNext(
  trx: Transaction,
  send: SendMail,
  { now, onError }: Pick<Context, 'onError'> & { readonly now: Date },
): Promise<'sent' | 'failed' | undefined> {
  const due = await firstRow<DueMail>(trx, dueSql, { now, maxAttempts });
  if (!due) return undefined;
  const { id, ...mail } = due;
  try {
    await send(mail);
  } catch (error) {
    onError(error);
    await execute(trx, 'update guestlist.mail set attempts = attempts + 1 where id = :id', { id });
    return 'failed';
  }
  await execute(trx, 'update guestlist.mail set attempts = attempts + 1, sent_at = :now where id = :id', { id, now });
  return 'sent';
}

/** After 1, 4, 9 … minutes: the wait grows with the attempts. */
const dueSql = `
  select id, kind, to_address as "to", subject, body_text as text, body_html as html from guestlist.mail
  where sent_at is null and attempts < :maxAttempts and queued_at + attempts * attempts * interval '1 minute' <= :now
  order by queued_at, id limit 1 for update skip locked`;
