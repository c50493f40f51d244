/** Every SQL statement about sessions of the console, and about forms that wait while somebody signs in again. */
import { execute, firstRow, type Queryable } from '../lib/db.ts';
import type { ConsoleSession } from './session.ts';

export async function insertSession(db: Queryable, session: ConsoleSession): Promise<void> {
  const sql = `insert into guestlist.console_session
      (digest, account_id, session_uid, sid, authenticated_at, created_at, seen_at, ends_at)
    values (:digest, :accountId, :sessionUid, :sid, :authenticatedAt, :createdAt, :seenAt, :endsAt)`;
  await execute(db, sql, session);
}

export async function findSession(db: Queryable, digest: Buffer): Promise<ConsoleSession | undefined> {
  const sql = `select digest, account_id as "accountId", session_uid as "sessionUid", sid, authenticated_at as "authenticatedAt",
      created_at as "createdAt", seen_at as "seenAt", ends_at as "endsAt"
    from guestlist.console_session where digest = :digest`;
  return firstRow<ConsoleSession>(db, sql, { digest });
}

export async function noteSeen(db: Queryable, { digest, now }: { readonly digest: Buffer; readonly now: Date }): Promise<void> {
  await execute(db, 'update guestlist.console_session set seen_at = :now where digest = :digest and seen_at < :now', { digest, now });
}

export async function deleteSession(db: Queryable, digest: Buffer): Promise<void> {
  await execute(db, 'delete from guestlist.console_session where digest = :digest', { digest });
}

export type HeldForm = {
  readonly id: string;
  readonly accountId: string;
  /** Where it was on its way to. */
  readonly path: string;
  /** Sealed. */
  readonly fields: Buffer;
  readonly endsAt: Date;
};

/** Of one person: whoever sends more of them in an hour has left the oldest behind. */
const mostHeld = 10;

export async function insertHeldForm(db: Queryable, form: HeldForm): Promise<void> {
  const sql = `insert into guestlist.console_held_form (id, account_id, path, fields, ends_at)
    values (:id, :accountId, :path, :fields, :endsAt)`;
  await execute(db, sql, form);
  const older = `delete from guestlist.console_held_form where id in (
    select id from guestlist.console_held_form where account_id = :accountId order by ends_at desc, id desc offset :mostHeld)`;
  await execute(db, older, { accountId: form.accountId, mostHeld });
}

export async function findHeldForm(
  db: Queryable,
  { id, accountId, now }: { readonly id: string; readonly accountId: string; readonly now: Date },
): Promise<HeldForm | undefined> {
  const sql = `select id, account_id as "accountId", path, fields, ends_at as "endsAt" from guestlist.console_held_form
    where id = :id and account_id = :accountId and ends_at > :now`;
  return firstRow<HeldForm>(db, sql, { id, accountId, now });
}

export async function deleteExpiredConsole(db: Queryable, now: Date): Promise<void> {
  await execute(db, 'delete from guestlist.console_session where ends_at <= :now', { now });
  await execute(db, 'delete from guestlist.console_held_form where ends_at <= :now', { now });
}
