/**
 * Mail that the server owes somebody. Owns the queue: a mail is queued in the transaction that causes it, so that it
 * exists exactly if its cause does. Without an SMTP server the queue is the mailbox, shown at `/mailbox` in development.
 */
import { firstRow, execute, type Queryable, rows } from '../lib/db.ts';
import { newId, type Random } from '../lib/random.ts';

export type Mail = {
  readonly kind: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
};

export type QueuedMail = Mail & { readonly id: string; readonly queuedAt: Date };

export async function queueMail(
  db: Queryable,
  mail: Mail,
  { now, random }: { readonly now: Date; readonly random: Random },
): Promise<void> {
  await execute(
    db,
    `
    insert into guestlist.mail (id, kind, to_address, subject, body_text, body_html, queued_at)
    values (:id, :kind, :to, :subject, :text, :html, :now)`,
    { id: newId(now, random), ...mail, now },
  );
}

const columns = 'id, kind, to_address as "to", subject, body_text as text, body_html as html, queued_at as "queuedAt"';

export async function listMail(db: Queryable, limit: number): Promise<QueuedMail[]> {
  return rows(db, `select ${columns} from guestlist.mail order by queued_at desc, id desc limit :limit`, { limit });
}

export async function findMail(db: Queryable, id: string): Promise<QueuedMail | undefined> {
  return firstRow(db, `select ${columns} from guestlist.mail where id = :id`, { id });
}
