/** Every SQL statement about places that are kept for a while. */
import type { Invitation } from './invitation.ts';
import { execute, firstRow, type Queryable, type Transaction } from '../lib/db.ts';

export type Holder = { readonly visitId: string; readonly accountId?: string | undefined; readonly now: Date };

/** Places kept for others than this visit and this account: while they register, and while they wait for approval. */
export async function countHolds(db: Queryable, invitationId: string, { visitId, accountId, now }: Holder): Promise<number> {
  const sql = `select (
      (select count(*) from guestlist.place_hold
        where invitation_id = :invitationId and visit_id <> :visitId and expires_at > :now)
      + (select count(*) from guestlist.approval
        where invitation_id = :invitationId and account_id is distinct from :accountId and decision is null and lapses_at > :now)
    )::int as count`;
  return (await firstRow<{ count: number }>(db, sql, { invitationId, visitId, accountId: accountId ?? null, now }))?.count ?? 0;
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

/** The invitation as this visit sees it: places kept for others are taken, its own is not. */
export async function withHolds(db: Queryable, invitation: Invitation, holder: Holder): Promise<Invitation> {
  return { ...invitation, heldCount: await countHolds(db, invitation.id, holder) };
}
