/** Every SQL statement about invitations that were renewed after they had run out. */
import { execute, firstRow, type Queryable, type Transaction } from '../lib/db.ts';

/** How often, and for how long the first time: undefined, it never was. */
export async function findRenewals(
  db: Queryable,
  invitationId: string,
): Promise<{ readonly count: number; readonly lifeSeconds: number | undefined }> {
  const sql = `select count(*)::int as count,
      extract(epoch from min(expires_at - renewed_at) filter (where number = 1))::float8 as "lifeSeconds"
    from guestlist.invitation_renewal where invitation_id = :invitationId`;
  const row = await firstRow<{ count: number; lifeSeconds: number | null }>(db, sql, { invitationId });
  return { count: row?.count ?? 0, lifeSeconds: row?.lifeSeconds ?? undefined };
}

/** One that is there already stays as it is: then this is taken back. */
export async function insertRenewal(
  trx: Transaction,
  invitationId: string,
  renewal: { readonly number: number; readonly renewedAt: Date; readonly expiresAt: Date },
): Promise<void> {
  const sql = `insert into guestlist.invitation_renewal (invitation_id, number, renewed_at, expires_at)
    values (:invitationId, :number, :renewedAt, :expiresAt) on conflict do nothing`;
  await execute(trx, sql, { invitationId, ...renewal });
}

/** Of both channels. */
export async function supersedeTokens(trx: Transaction, invitationId: string, now: Date): Promise<void> {
  const sql = 'update guestlist.invitation_token set superseded_at = :now where invitation_id = :invitationId and superseded_at is null';
  await execute(trx, sql, { invitationId, now });
}
