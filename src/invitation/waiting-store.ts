/** Every SQL statement about invitations that wait for somebody. */
import { execute, type Queryable, rows } from '../lib/db.ts';
import type { EmailKey } from '../lib/email.ts';
import type { Invitation } from './invitation.ts';
import { type InvitationRow, invitationColumns, toInvitation } from './store.ts';

/** Addressed to one of these mailboxes and not over; the newest first, and no more than anybody reads. */
export async function listAddressed(db: Queryable, keys: readonly EmailKey[], now: Date): Promise<Invitation[]> {
  const sql = `select ${invitationColumns} from guestlist.invitation i
    where i.email_key = any(:keys) and i.revoked_at is null and i.expires_at > :now and (i.starts_at is null or i.starts_at <= :now)
      and i.used_count < i.max_uses order by i.id desc limit 20`;
  return (await rows<InvitationRow>(db, sql, { keys, now })).map(toInvitation);
}

/** Ids of the invitations that this account was shown. */
export async function listShown(db: Queryable, accountId: string): Promise<string[]> {
  const sql = 'select invitation_id as id from guestlist.waiting_shown where account_id = :accountId';
  return (await rows<{ id: string }>(db, sql, { accountId })).map(({ id }) => id);
}

export async function markShown(
  db: Queryable,
  ids: readonly string[],
  { accountId, now }: { readonly accountId: string; readonly now: Date },
): Promise<void> {
  const sql = `insert into guestlist.waiting_shown (invitation_id, account_id, shown_at)
    select id, :accountId, :now from unnest(:ids::text[]) as id on conflict do nothing`;
  await execute(db, sql, { ids, accountId, now });
}
