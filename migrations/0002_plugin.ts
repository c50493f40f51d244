import type { Knex } from 'knex';

/** A place that is kept while somebody registers elsewhere, and mail that a host sends itself. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table guestlist.place_hold (
      visit_id text primary key references guestlist.visit on delete cascade,
      invitation_id text not null references guestlist.invitation,
      expires_at timestamptz not null               -- lapses by time alone
    );
    create index place_hold_invitation on guestlist.place_hold (invitation_id, expires_at);

    alter table guestlist.mail add column sent_at timestamptz;              -- given to whoever sends it
    alter table guestlist.mail add column attempts integer not null default 0;
    create index mail_unsent on guestlist.mail (queued_at) where sent_at is null;
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop table guestlist.place_hold;
    alter table guestlist.mail drop column sent_at, drop column attempts;
  `);
}
