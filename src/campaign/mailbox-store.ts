/** Every SQL statement about the addresses that rows go to: who has been invited, and who is being invited at this moment. */
import type { Grant } from '../group/group.ts';
import { execute, type Queryable, rows, type Transaction } from '../lib/db.ts';
import type { EmailKey } from '../lib/email.ts';

/** Any fixed number will do: it only keeps these locks apart from others. */
const mailboxLocks = 1_984_279;

/**
 * Until the transaction ends, no other campaign invites these: of two that are made at once, the second finds who was invited by
 * the first. Taken after the lock of the rows, and before anything else; always in the same order.
 */
export async function lockMailboxes(trx: Transaction, keys: readonly EmailKey[]): Promise<void> {
  const sql = `select pg_advisory_xact_lock(:mailboxLocks, lock) from (
      select distinct hashtext(key) as lock from unnest(:keys::text[]) as key order by lock offset 0) ordered`;
  await execute(trx, sql, { mailboxLocks, keys: [...keys] });
}

/** Invitations to these addresses that give all of it and are not over; whether their inviters may still invite is not asked. */
export async function findAddressed(
  db: Queryable,
  { keys, grants, now }: { readonly keys: readonly EmailKey[]; readonly grants: readonly Grant[]; readonly now: Date },
): Promise<{ id: string; key: EmailKey }[]> {
  const wished = grants.map((grant) => (grant.kind === 'group' ? { group: grant.groupId, role: grant.role } : { right: grant.right }));
  const sql = `select i.id, i.email_key as key from guestlist.invitation i
    where i.email_key = any(:keys) and i.revoked_at is null and i.expires_at > :now and i.used_count < i.max_uses
      and not exists (
        select from jsonb_to_recordset(:wished::jsonb) as w ("group" text, role text, "right" text)
        where not exists (select from guestlist.invitation_grant g where g.invitation_id = i.id
          and g.group_id is not distinct from w."group" and g.role is not distinct from w.role and g.right_name is not distinct from w."right"))`;
  return rows(db, sql, { keys: [...keys], wished: JSON.stringify(wished), now });
}
