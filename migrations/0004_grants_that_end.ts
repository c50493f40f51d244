import type { Knex } from 'knex';

/** What is granted may end: so long after accepting, or at a fixed time. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table guestlist.invitation_grant add column lasts_seconds bigint;   -- counted from accepting
    alter table guestlist.invitation_grant add column ends_at timestamptz;    -- or a fixed end
    alter table guestlist.invitation_grant add constraint invitation_grant_one_end
      check (lasts_seconds > 0 and (lasts_seconds is null or ends_at is null));
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('alter table guestlist.invitation_grant drop column lasts_seconds, drop column ends_at');
}
