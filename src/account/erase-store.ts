/** The SQL of `erase.ts`: everything of a person, wherever it is kept. Counts, times and ids stay. */
import { execute, rows, type Transaction } from '../lib/db.ts';
import type { EmailKey } from '../lib/email.ts';

/** Locked, with every address it has. */
export async function lockAddresses(trx: Transaction, accountId: string): Promise<{ email: string; key: EmailKey }[]> {
  await execute(trx, 'select from guestlist.account where id = :accountId for update', { accountId });
  return rows(trx, 'select email, email_key as key from guestlist.account_email where account_id = :accountId', { accountId });
}

export async function eraseAccountRow(trx: Transaction, accountId: string, now: Date): Promise<void> {
  for (const table of [
    'account_email',
    'account_token',
    'told_answer',
    'offered_places',
    'session_browser',
    'console_session',
    'console_held_form',
  ] as const)
    await execute(trx, `delete from guestlist.${table} where account_id = :accountId`, { accountId });
  const sql = `update guestlist.account
    set name = '', locale = null, password_hash = null, disabled_at = coalesce(disabled_at, :now), erased_at = :now where id = :accountId`;
  await execute(trx, sql, { accountId, now });
}

/** How many there were. */
export async function endAllHeld(
  trx: Transaction,
  accountId: string,
  { now, by }: { readonly now: Date; readonly by: string },
): Promise<number> {
  let count = 0;
  for (const table of ['membership', 'account_right'] as const) {
    const sql = `update guestlist.${table} set ended_at = :now, ended_by = :by where account_id = :accountId and ended_at is null`;
    count += await execute(trx, sql, { accountId, now, by });
  }
  return count;
}

/** What others wrote about them to invite them; one with places left would be for anybody, so it is revoked. */
export async function forgetInvited(
  trx: Transaction,
  accountId: string,
  { now, by }: { readonly now: Date; readonly by: string },
): Promise<void> {
  const personal = 'guestlist.redemption r where r.account_id = :accountId';
  const invitations = `update guestlist.invitation i set email = null, email_key = null, email_rule = null,
      label = case when max_uses = 1 then '' else label end,
      revoked_at = case when email is not null and used_count < max_uses then coalesce(revoked_at, :now) else revoked_at end,
      revoked_by = case when email is not null and used_count < max_uses then coalesce(revoked_by, :by) else revoked_by end
    where id in (select r.invitation_id from ${personal})`;
  await execute(trx, invitations, { accountId, now, by });
  const cards = `update guestlist.campaign_row set email = null, email_key = null, name = null
    where invitation_id in (select r.invitation_id from ${personal})`;
  await execute(trx, cards, { accountId });
}

/** What they wrote themselves to invite others, who are in by it or may still come. */
export async function forgetInviter(trx: Transaction, accountId: string): Promise<void> {
  const sql = `update guestlist.invitation set inviter_name = null, message = '' where inviter_id = :accountId`;
  await execute(trx, sql, { accountId });
}

/** What waits is never decided. */
export async function forgetRequestsOf(trx: Transaction, keys: readonly EmailKey[]): Promise<void> {
  await execute(trx, 'delete from guestlist.invitation_request where email_key = any(:keys) and decided_at is null', { keys: [...keys] });
  const sql = `update guestlist.invitation_request set email = null, email_key = null, name = '', note = '' where email_key = any(:keys)`;
  await execute(trx, sql, { keys: [...keys] });
}

/** That there was a mail stays on record; what it said, and to whom, does not. What was not sent yet is not sent. */
export async function forgetMailsTo(trx: Transaction, addresses: readonly string[], now: Date): Promise<void> {
  const sql = `update guestlist.mail set to_address = 'forgotten', recipient_key = null, subject = '', body_text = '', body_html = '',
      unsubscribe_url = null, sealed = null,
      cancelled_at = case when num_nonnulls(sent_at, cancelled_at, failed_at) = 0 then :now else cancelled_at end
    where lower(to_address) = any(:addresses)`;
  await execute(trx, sql, { addresses: addresses.map((address) => address.toLowerCase()), now });
}
