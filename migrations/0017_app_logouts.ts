import type { Knex } from 'knex';

/** What apps are told when somebody is signed out of them, and finding whom an app's group has lost. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table guestlist.app_logout (
      client_id text not null references guestlist.client on delete cascade,
      sid text not null,                          -- the app's name for the session (OIDC Back-Channel Logout §2.4)
      account_id text not null,
      queued_at timestamptz not null,
      attempts integer not null default 0,
      next_attempt_at timestamptz,                -- null: it was never tried, and is due
      claimed_until timestamptz,                  -- somebody is telling it; if they die, it is free again then
      delivered_at timestamptz,                   -- the app has taken it
      failed_at timestamptz,                      -- given up
      failure text,                               -- why the last try came to nothing: a status or a code, never words
      primary key (client_id, sid),
      constraint app_logout_one_end check (num_nonnulls(delivered_at, failed_at) <= 1),
      constraint app_logout_failure check (failed_at is null or failure is not null)
    );
    create index app_logout_pending on guestlist.app_logout (queued_at) where delivered_at is null and failed_at is null;
    create index app_logout_queued on guestlist.app_logout (queued_at);

    create index oidc_payload_grant_client on guestlist.oidc_payload ((payload ->> 'clientId')) where kind = 'Grant';
    create index account_disabled on guestlist.account (id) where disabled_at is not null;
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop index guestlist.account_disabled, guestlist.oidc_payload_grant_client;
    drop table guestlist.app_logout;
  `);
}
