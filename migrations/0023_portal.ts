import type { Knex } from 'knex';

/** What members see of themselves: in which browser each session began, their own deeds, and mails they were sent. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table guestlist.session_browser (
      session_uid text primary key,                 -- of oidc-provider's Session
      account_id text not null references guestlist.account,
      browser text,                                 -- such as Firefox; null: not one that we know
      system text,                                  -- such as Android
      noted_at timestamptz not null
    );
    create index session_browser_account on guestlist.session_browser (account_id);
    create index session_browser_noted on guestlist.session_browser (noted_at);
    create index audit_event_actor on guestlist.audit_event (actor, id);
    create index mail_recipient on guestlist.mail (recipient_key, id) where recipient_key is not null;
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop index guestlist.mail_recipient, guestlist.audit_event_actor;
    drop table guestlist.session_browser;
  `);
}
