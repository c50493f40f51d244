import type { Knex } from 'knex';

/** The admin console is an app of its own server, with a session of its own; it keeps what was typed while somebody signs in again. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table guestlist.console_session (
      digest bytea primary key,                     -- SHA-256 of what the cookie holds
      account_id text not null references guestlist.account,
      session_uid text not null,                    -- of oidc-provider's Session, without which this one is over
      sid text not null,                            -- as the ID token named that session to the console
      authenticated_at timestamptz not null,        -- when the person last proved who they are
      created_at timestamptz not null,
      seen_at timestamptz not null,                 -- to the minute
      ends_at timestamptz not null                  -- however busy it is
    );
    create index console_session_account on guestlist.console_session (account_id);
    create index console_session_ends on guestlist.console_session (ends_at);

    create table guestlist.console_held_form (
      id text primary key,
      account_id text not null references guestlist.account,
      path text not null,                           -- where it was on its way to
      fields bytea not null,                        -- JSON, sealed
      ends_at timestamptz not null
    );
    create index console_held_form_account on guestlist.console_held_form (account_id);
    create index console_held_form_ends on guestlist.console_held_form (ends_at);

    create index audit_event_action on guestlist.audit_event (action, id);
    create index audit_event_action_actor on guestlist.audit_event (action, actor, id);
    create index invitation_ends on guestlist.invitation (expires_at) where revoked_at is null;
    create index mail_given_up on guestlist.mail (failed_at) where failed_at is not null;
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop index guestlist.mail_given_up, guestlist.invitation_ends, guestlist.audit_event_action_actor, guestlist.audit_event_action;
    drop table guestlist.console_held_form, guestlist.console_session;
  `);
}
