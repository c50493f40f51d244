/** Every SQL statement about mailboxes that are being proven. */
import { execute, firstRow, type Queryable, type Transaction } from '../lib/db.ts';
import type { EmailKey } from '../lib/email.ts';

/** One a visit. */
export type MailboxProof = {
  readonly email: string;
  readonly key: EmailKey;
  /** Null: there is no code that would be right. */
  readonly codeMac: Buffer | null;
  readonly sentCount: number;
  /** Of this code. */
  readonly tryCount: number;
  readonly expiresAt: Date;
  readonly provenAt: Date | null;
};

const columns = `email, email_key as key, code_mac as "codeMac", sent_count as "sentCount", try_count as "tryCount",
  expires_at as "expiresAt", proven_at as "provenAt"`;

export async function findProof(db: Queryable, visitId: string): Promise<MailboxProof | undefined> {
  return firstRow(db, `select ${columns} from guestlist.mailbox_proof where visit_id = :visitId`, { visitId });
}

export type NewCode = {
  readonly visitId: string;
  readonly email: string;
  readonly key: EmailKey;
  readonly codeMac: Buffer | null;
  readonly expiresAt: Date;
  readonly maxSends: number;
};

/**
 * Takes the place of an earlier code, and of its tries. What was proven stays so, if it is the same address. Undefined if
 * as many were sent as may be.
 */
export async function saveCode(trx: Transaction, code: NewCode): Promise<MailboxProof | undefined> {
  const sql = `
    insert into guestlist.mailbox_proof as p (visit_id, email, email_key, code_mac, sent_count, expires_at)
    values (:visitId, :email, :key, :codeMac, 1, :expiresAt)
    on conflict (visit_id) do update set email = excluded.email, email_key = excluded.email_key, code_mac = excluded.code_mac,
      sent_count = p.sent_count + 1, try_count = 0, expires_at = excluded.expires_at,
      proven_at = case when p.email_key = excluded.email_key then p.proven_at end
    where p.sent_count < :maxSends
    returning ${columns}`;
  return firstRow(trx, sql, code);
}

/** Counted before anything is compared, so that no more are judged than may be. Undefined: there is none left, or no code. */
export async function takeTry(
  db: Queryable,
  visitId: string,
  { now, maxTries }: { readonly now: Date; readonly maxTries: number },
): Promise<MailboxProof | undefined> {
  const sql = `
    update guestlist.mailbox_proof set try_count = try_count + 1
    where visit_id = :visitId and try_count < :maxTries and expires_at > :now and (proven_at is null or code_mac is not null)
    returning ${columns}`;
  return firstRow(db, sql, { visitId, now, maxTries });
}

/** The code that was judged goes. False if another has taken its place meanwhile. */
export async function markProven(
  db: Queryable,
  visitId: string,
  { key, codeMac, now }: { readonly key: EmailKey; readonly codeMac: Buffer; readonly now: Date },
): Promise<boolean> {
  const sql = `
    update guestlist.mailbox_proof set proven_at = coalesce(proven_at, :now), code_mac = null
    where visit_id = :visitId and email_key = :key and (code_mac = :codeMac or code_mac is null and proven_at is not null)`;
  return (await execute(db, sql, { visitId, key, codeMac, now })) === 1;
}
