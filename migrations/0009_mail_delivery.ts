import type { Knex } from 'knex';

/** What becomes of a mail: who is sending it now, when it is tried again, and that it was given up. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table guestlist.mail add column next_attempt_at timestamptz;      -- null: it was never tried, and is due
    alter table guestlist.mail add column claimed_until timestamptz;        -- a worker has it; if that one dies, it is free again then
    alter table guestlist.mail add column failed_at timestamptz;            -- given up
    alter table guestlist.mail add column failure text;                     -- the mail server's code, such as 550 5.1.1; never its words
    alter table guestlist.mail add column unsubscribe_url text;             -- no more of these, RFC 8058; sealed with the rest if that is
    update guestlist.mail set next_attempt_at = queued_at + attempts * attempts * interval '1 minute'
      where attempts > 0 and sent_at is null and cancelled_at is null;
    update guestlist.mail set failed_at = next_attempt_at, failure = 'unknown', sealed = null
      where attempts >= 10 and sent_at is null and cancelled_at is null;
    alter table guestlist.mail add constraint mail_one_end check (num_nonnulls(sent_at, cancelled_at, failed_at) <= 1);
    alter table guestlist.mail add constraint mail_failure check ((failed_at is null) = (failure is null));
    alter table guestlist.mail add constraint mail_nothing_sealed_after_its_end
      check (sealed is null or num_nonnulls(sent_at, cancelled_at, failed_at) = 0);
    drop index guestlist.mail_unsent;
    create index mail_pending on guestlist.mail (queued_at, id) where sent_at is null and cancelled_at is null and failed_at is null;
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop index guestlist.mail_pending;
    create index mail_unsent on guestlist.mail (queued_at) where sent_at is null;
    alter table guestlist.mail drop constraint mail_one_end, drop constraint mail_failure, drop constraint mail_nothing_sealed_after_its_end;
    alter table guestlist.mail drop column next_attempt_at, drop column claimed_until, drop column failed_at, drop column failure,
      drop column unsubscribe_url;
  `);
}
