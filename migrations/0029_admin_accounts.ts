/** Lists of accounts, mails and the record for the admin API: each page by an index, however many there are. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(accounts);
  await knex.raw(holdings);
  await knex.raw(mails);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index guestlist.mail_kind, guestlist.mail_failed, guestlist.mail_cancelled, guestlist.mail_queued,
      guestlist.redemption_account, guestlist.membership_account, guestlist.membership_group_account, guestlist.account_right_account,
      guestlist.account_created, guestlist.account_disabled_created, guestlist.account_name_prefix, guestlist.account_email_prefix;
    create index mail_queued on guestlist.mail (queued_at);
    create index redemption_account on guestlist.redemption (account_id);
  `);
}

/** The first letters are looked for byte by byte, whatever the language of the database. */
const accounts = `
create index account_created on guestlist.account (created_at, id) where erased_at is null;
create index account_disabled_created on guestlist.account (created_at, id) where erased_at is null and disabled_at is not null;
create index account_name_prefix on guestlist.account (lower(name) text_pattern_ops, id) where erased_at is null;
create index account_email_prefix on guestlist.account_email (email_key text_pattern_ops);
`;

/** Of one account, what has ended as well. */
const holdings = `
create index membership_account on guestlist.membership (account_id, id);
create index membership_group_account on guestlist.membership (group_id, account_id) where ended_at is null;
create index account_right_account on guestlist.account_right (account_id, id);
drop index guestlist.redemption_account;
create index redemption_account on guestlist.redemption (account_id, redeemed_at, invitation_id);
`;

const mails = `
drop index guestlist.mail_queued;
create index mail_queued on guestlist.mail (queued_at, id);
create index mail_kind on guestlist.mail (kind, queued_at, id);
create index mail_failed on guestlist.mail (queued_at, id) where failed_at is not null;
create index mail_cancelled on guestlist.mail (queued_at, id) where cancelled_at is not null;
`;
