/** Every SQL statement about reminders of invitations. */
import { firstRow, execute, type Queryable, rows, type Transaction } from '../lib/db.ts';

export type ReminderRow = {
  /** The newest mail that invites, if it arrived as far as we know; null: there is none. */
  readonly mailedAt: Date | null;
  readonly remindedFirstAt: Date | null;
  readonly remindedLastAt: Date | null;
  /** Whoever invited wants reminders, and whoever is invited has not stopped them. */
  readonly isWanted: boolean;
  /** Somebody has accepted it, declined it, or asked to join. */
  readonly isAnswered: boolean;
};

const stopped = `exists (select from guestlist.mail_stop s where s.subject = 'invitation:' || i.id)`;

/** One that is being tried again has not arrived; after one that came back, to the same address, nothing is sent there. */
const mailedAt = `(
  select coalesce(m.sent_at, m.queued_at) from guestlist.mail m
  where m.invitation_id = i.id and m.kind = 'invited' and m.cancelled_at is null and m.to_address = i.email
    and m.failed_at is null and (m.sent_at is not null or m.attempts = 0)
    and not exists (select from guestlist.mail other
      where other.invitation_id = i.id and other.kind in ('invited', 'reminder') and other.to_address = i.email
        and other.id > m.id and (other.failed_at is not null or other.kind = 'invited' and other.cancelled_at is null))
  order by m.id desc limit 1)`;

const answered = `(i.used_count > 0
  or exists (select from guestlist.approval a where a.invitation_id = i.id)
  or exists (select from guestlist.audit_event e where e.subject = i.id and e.action = 'invitation.declined'))`;

export async function findReminderRow(db: Queryable, id: string): Promise<ReminderRow | undefined> {
  const sql = `select ${mailedAt} as "mailedAt", i.reminded_first_at as "remindedFirstAt", i.reminded_last_at as "remindedLastAt",
      i.reminders and not ${stopped} as "isWanted", ${answered} as "isAnswered"
    from guestlist.invitation i where i.id = :id`;
  return firstRow(db, sql, { id });
}

/**
 * Ids of those that may be due, the oldest after `after` first; each is looked at again under its lock. Times are as
 * generous as the rule in `reminder.ts`, or more.
 */
export async function listRemindable(
  db: Queryable,
  { now, after, limit }: { readonly now: Date; readonly after: string; readonly limit: number },
): Promise<string[]> {
  const sql = `select i.id from guestlist.invitation i
    where i.id > :after and i.email is not null and i.reminders and i.revoked_at is null and i.reminded_last_at is null
      and i.expires_at > :now and (i.starts_at is null or i.starts_at <= :now) and i.used_count = 0
      and (i.reminded_first_at is null and i.created_at <= :now::timestamptz - interval '3 days' or i.expires_at <= :now::timestamptz + interval '1 day')
      and not ${stopped} and not ${answered} and ${mailedAt} is not null
    order by i.id limit :limit`;
  return (await rows<{ id: string }>(db, sql, { now, after, limit })).map(({ id }) => id);
}

/** False: it is with somebody else at this moment, or gone. Waits for nobody. */
export async function lockUnlessBusy(trx: Transaction, id: string): Promise<boolean> {
  return (await execute(trx, 'select from guestlist.invitation where id = :id for update skip locked', { id })) === 1;
}

export async function markReminded(trx: Transaction, id: string, { which, now }: { readonly which: 'first' | 'last'; readonly now: Date }) {
  const column = which === 'first' ? 'reminded_first_at' : 'reminded_last_at';
  await execute(trx, `update guestlist.invitation set ${column} = :now where id = :id and ${column} is null`, { id, now });
}
