import type { Knex } from 'knex';

/** What admins set while the server runs. It goes before the environment. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table guestlist.setting (
      name text primary key,                        -- see setting/setting.ts
      value text not null,                          -- of a picture: what it is, as JSON
      body bytea,                                   -- of a picture: itself
      changed_at timestamptz not null,
      changed_by text not null                      -- account id, or operator
    );
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop table guestlist.setting');
}
