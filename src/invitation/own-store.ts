/** The SQL of `own.ts`. */
import { type Queryable, rows } from '../lib/db.ts';
import type { Invitation } from './invitation.ts';
import { type InvitationRow, invitationColumns, toInvitation } from './store.ts';

/** Newest first; with `before`, those made before that one. */
export async function listInvitationsOf(
  db: Queryable,
  { inviterId, limit, before }: { readonly inviterId: string; readonly limit: number; readonly before?: string | undefined },
): Promise<Invitation[]> {
  const sql = `select ${invitationColumns} from guestlist.invitation i
    where i.inviter_id = :inviterId and (:before::text is null or i.id < :before) order by i.id desc limit :limit`;
  return (await rows<InvitationRow>(db, sql, { inviterId, limit, before: before ?? null })).map(toInvitation);
}
