/** Every SQL statement about PINs and tries at them. */
import { execute, firstRow, type Queryable, rows, type Transaction } from '../lib/db.ts';

/** `hash` is a PHC string; nothing else reads it. */
export type StoredPin = { readonly hash: string; readonly setAt: Date };

/** Locks the invitation's row first. Undefined: it has no PIN. */
export async function lockPin(trx: Transaction, invitationId: string): Promise<StoredPin | undefined> {
  const sql = 'select pin_hash as hash, pin_set_at as "setAt" from guestlist.invitation where id = :invitationId for update';
  const row = await firstRow<StoredPin | { hash: null }>(trx, sql, { invitationId });
  return row?.hash == null ? undefined : row;
}

/** Which tries are counted together. */
export type TryCount = { readonly invitationId: string; readonly channel: 'mail' | 'link'; readonly since: Date };

/** All that were not right, oldest first. */
export async function listTries(
  db: Queryable,
  { invitationId, channel, since }: TryCount,
): Promise<{ triedAt: Date; isJudged: boolean }[]> {
  const sql = `select tried_at as "triedAt", judged_at is not null as "isJudged" from guestlist.pin_try
    where invitation_id = :invitationId and channel = :channel and tried_at >= :since and right_at is null order by tried_at`;
  return rows(db, sql, { invitationId, channel, since });
}

export async function insertTry(
  trx: Transaction,
  pinTry: {
    readonly id: string;
    readonly invitationId: string;
    readonly channel: 'mail' | 'link';
    readonly addressBlock: string;
    readonly triedAt: Date;
  },
): Promise<void> {
  await execute(
    trx,
    `
    insert into guestlist.pin_try (id, invitation_id, channel, address_block, tried_at)
    values (:id, :invitationId, :channel, :addressBlock, :triedAt)`,
    pinTry,
  );
}

/** One that was not looked at. */
export async function deleteTry(db: Queryable, id: string): Promise<void> {
  await execute(db, 'delete from guestlist.pin_try where id = :id', { id });
}

/** Late or not: right is right. */
export async function markRight(trx: Transaction, id: string, now: Date): Promise<void> {
  await execute(trx, 'update guestlist.pin_try set judged_at = :now, right_at = :now where id = :id', { id, now });
}

/** False if it was given up before, and counted then. */
export async function markWrong(trx: Transaction, id: string, now: Date): Promise<boolean> {
  return (await execute(trx, 'update guestlist.pin_try set judged_at = :now where id = :id and judged_at is null', { id, now })) === 1;
}

/** Nobody will judge what was tried before `before` any more: wrong. How many there were. */
export async function giveUpTries(
  trx: Transaction,
  { invitationId, channel, since }: TryCount,
  { before, now }: { readonly before: Date; readonly now: Date },
): Promise<number> {
  const sql = `update guestlist.pin_try set judged_at = :now where invitation_id = :invitationId and channel = :channel
    and tried_at >= :since and tried_at <= :before and judged_at is null`;
  return execute(trx, sql, { invitationId, channel, since, before, now });
}

export async function markPinPassed(trx: Transaction, visitId: string, now: Date): Promise<void> {
  await execute(trx, 'update guestlist.visit set pin_passed_at = :now where id = :visitId', { visitId, now });
}

/** Tries at what has been over for a month tell nobody anything any more. */
export async function deleteOldTries(db: Queryable, now: Date): Promise<number> {
  const sql = `delete from guestlist.pin_try t using guestlist.invitation i
    where i.id = t.invitation_id and least(i.expires_at, coalesce(i.revoked_at, i.expires_at)) < :now::timestamptz - interval '30 days'`;
  return execute(db, sql, { now });
}
