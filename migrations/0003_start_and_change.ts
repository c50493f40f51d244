import type { Knex } from 'knex';

/** An invitation may open later than it is made. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table guestlist.invitation add column starts_at timestamptz;      -- null: at once
    alter table guestlist.invitation add constraint invitation_times check (starts_at < expires_at);
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('alter table guestlist.invitation drop column starts_at');
}
