/** The SQL of `erase.ts`: everything of a person, wherever it is kept. Counts, times and ids stay. */
import { execute, rows, type Transaction } from '../lib/db.ts';
import type { EmailKey } from '../lib/email.ts';

type OwnAddress = { readonly email: string; readonly key: EmailKey; readonly isProven: boolean };

/** Locked, with every address it has. */
export async function lockAddresses(trx: Transaction, accountId: string): Promise<OwnAddress[]> {
  await execute(trx, 'select from guestlist.account where id = :accountId for update', { accountId });
  const sql = `select email, email_key as key, verified_at is not null as "isProven" from guestlist.account_email where account_id = :accountId`;
  return rows(trx, sql, { accountId });
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

/** Whose it is, and the addresses that are proven to be theirs: what is written to others is not theirs to take away. */
type Whose = { readonly accountId: string; readonly keys: readonly EmailKey[] };

/**
 * Made for them: what they came or ask by, what is addressed to them, and what stood in the place of any of it. A card that took
 * the place of theirs has their name as well, unless somebody else came by it.
 */
const madeForThem = `theirs (id) as (
      select invitation_id from guestlist.redemption where account_id = :accountId
      union
      select a.invitation_id from guestlist.approval a join guestlist.invitation i on i.id = a.invitation_id
        where a.account_id = :accountId and (i.email is null or i.email_key = any(:keys::text[]))
      union
      select id from guestlist.invitation where email_key = any(:keys::text[])
      union
      select also.id from theirs join guestlist.invitation i on i.id = theirs.id cross join lateral (
        select i.replaces_id as id where i.replaces_id is not null
        union all
        select n.id from guestlist.invitation n where n.replaces_id = i.id and i.max_uses = 1 and n.max_uses = 1 and n.email is null
          and not exists (select from guestlist.redemption r where r.invitation_id = n.id and r.account_id <> :accountId)) also)`;

/** What others wrote about them to invite them; one with places left would be for anybody, so it is revoked. */
export async function forgetInvited(
  trx: Transaction,
  { keys, accountId }: Whose,
  { now, by }: { readonly now: Date; readonly by: string },
): Promise<void> {
  const whose = { accountId, keys: [...keys] };
  await execute(trx, 'delete from guestlist.mailbox_proof where email_key = any(:keys)', { keys: whose.keys });
  const cards = `with recursive ${madeForThem}
    update guestlist.campaign_row set email = null, email_key = null, name = null,
      row_key = case when row_key is null then null else 'forgotten ' || position end
    where invitation_id in (select id from theirs) or email_key = any(:keys::text[])`;
  await execute(trx, cards, whose);
  const mails = `with recursive ${madeForThem} ${forgetNews('notice')} and invitation_id in (select id from theirs)`;
  await execute(trx, mails, whose);
  const invitations = `with recursive ${madeForThem}
    update guestlist.invitation i set email = null, email_key = null, email_rule = null,
      label = case when max_uses = 1 then '' else label end,
      revoked_at = case when email is not null and used_count < max_uses then coalesce(revoked_at, :now) else revoked_at end,
      revoked_by = case when email is not null and used_count < max_uses then coalesce(revoked_by, :by) else revoked_by end
    where id in (select id from theirs)`;
  await execute(trx, invitations, { ...whose, now, by });
}

/** What others were told, and have had by now, may name them. */
const forgetNews = (...kinds: readonly ('joined' | 'notice')[]) => `update guestlist.mail set body_text = '', body_html = ''
    where kind in (${kinds.map((kind) => `'${kind}'`).join(', ')}) and body_text <> '' and num_nonnulls(sent_at, cancelled_at, failed_at) > 0`;

/** Where they were when they came by a personal one; that it was opened there is still known. */
export async function forgetPlaces(trx: Transaction, accountId: string): Promise<void> {
  const sql = `update guestlist.attempt a set address_block = null
    where invitation_id in (select invitation_id from guestlist.redemption where account_id = :accountId)
      and address_block in (select j.address_block from guestlist.attempt j where j.invitation_id = a.invitation_id and j.kind <> 'opened')`;
  await execute(trx, sql, { accountId });
}

/** Nobody can let them in any more: the places that are kept for them are free. */
export async function endWaiting(trx: Transaction, accountId: string, now: Date): Promise<void> {
  const sql = `update guestlist.approval set lapses_at = least(lapses_at, :now)
    where account_id = :accountId and decision is null`;
  await execute(trx, sql, { accountId, now });
}

/** What they wrote themselves to invite others, who are in by it or may still come; the words also where somebody took it over. */
export async function forgetInviter(trx: Transaction, accountId: string): Promise<void> {
  const sql = `update guestlist.invitation set inviter_name = null, message = '' where inviter_id = :accountId`;
  await execute(trx, sql, { accountId });
  const words = `with recursive was_theirs (id) as (
      select subject from guestlist.audit_event where action = 'invitation.adopted' and detail ->> 'from' = :accountId
      union
      select n.id from was_theirs join guestlist.invitation n on n.replaces_id = was_theirs.id)
    update guestlist.invitation set message = '' where id in (select id from was_theirs)`;
  await execute(trx, words, { accountId });
  const wishes = `update guestlist.campaign set wish = wish - 'inviterName' - 'message' where inviter_id = :accountId`;
  await execute(trx, wishes, { accountId });
  const news = `${forgetNews('joined', 'notice')} and invitation_id in (select id from guestlist.invitation where inviter_id = :accountId)`;
  await execute(trx, news, { accountId });
}

/** What waits is never decided. */
export async function forgetRequestsOf(trx: Transaction, keys: readonly EmailKey[]): Promise<void> {
  await execute(trx, 'delete from guestlist.invitation_request where email_key = any(:keys) and decided_at is null', { keys: [...keys] });
  const sql = `update guestlist.invitation_request set email = null, email_key = null, name = '', note = '' where email_key = any(:keys)`;
  await execute(trx, sql, { keys: [...keys] });
}

/** Of mail to an address that nobody has proven, these are the account's all the same. */
const kindsOfAccounts = [
  ...['code', 'joined', 'ending', 'notice', 'request-waiting'],
  ...['password-reset', 'password-changed', 'email-change', 'email-changed'],
];

/** That there was a mail stays on record; what it said, and to whom, does not. What was not sent yet is not sent. */
export async function forgetMailsTo(trx: Transaction, addresses: readonly OwnAddress[], now: Date): Promise<void> {
  const sql = `update guestlist.mail set to_address = 'forgotten', recipient_key = null, subject = '', body_text = '', body_html = '',
      unsubscribe_url = null, sealed = null,
      cancelled_at = case when num_nonnulls(sent_at, cancelled_at, failed_at) = 0 then :now else cancelled_at end
    where lower(to_address) = any(:proven) or lower(to_address) = any(:others) and kind = any(:kinds)`;
  const those = (isProven: boolean) => addresses.filter((own) => own.isProven === isProven).map(({ email }) => email.toLowerCase());
  await execute(trx, sql, { proven: those(true), others: those(false), kinds: kindsOfAccounts, now });
}
