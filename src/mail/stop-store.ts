/** Every SQL statement about mail that somebody does not want any more. */
import { execute, type Queryable, type Transaction } from '../lib/db.ts';
import type { StopSubject } from './stop.ts';

export async function isStopped(db: Queryable, subject: StopSubject): Promise<boolean> {
  return (await execute(db, 'select from guestlist.mail_stop where subject = :subject', { subject })) === 1;
}

/** False if it was stopped before. */
export async function markStopped(trx: Transaction, subject: StopSubject, now: Date): Promise<boolean> {
  const sql = 'insert into guestlist.mail_stop (subject, stopped_at) values (:subject, :now) on conflict do nothing';
  return (await execute(trx, sql, { subject, now })) === 1;
}

/** False if it was not stopped. */
export async function markUnstopped(trx: Transaction, subject: StopSubject): Promise<boolean> {
  return (await execute(trx, 'delete from guestlist.mail_stop where subject = :subject', { subject })) === 1;
}
