/** Every SQL statement about places that are kept for a while. */
import { execute, firstRow, type Queryable, type Transaction } from '../lib/db.ts';

/** Places kept for visits other than this one. */
export async function countHolds(
  db: Queryable,
  invitationId: string,
  { visitId, now }: { readonly visitId: string; readonly now: Date },
): Promise<number> {
  const sql = `select count(*)::int as count from guestlist.place_hold
    where invitation_id = :invitationId and visit_id <> :visitId and expires_at > :now`;
  return (await firstRow<{ count: number }>(db, sql, { invitationId, visitId, now }))?.count ?? 0;
}

export async function upsertHold(
  trx: Transaction,
  hold: { readonly visitId: string; readonly invitationId: string; readonly expiresAt: Date },
): Promise<void> {
  const sql = `insert into guestlist.place_hold (visit_id, invitation_id, expires_at) values (:visitId, :invitationId, :expiresAt)
    on conflict (visit_id) do update set expires_at = excluded.expires_at`;
  await execute(trx, sql, hold);
}

export async function deleteHold(db: Queryable, visitId: string): Promise<void> {
  await execute(db, 'delete from guestlist.place_hold where visit_id = :visitId', { visitId });
}
