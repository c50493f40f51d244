import type { Knex } from 'knex';

/** The language in which an account reads its mails. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table guestlist.account add column locale text;  -- BCP 47, chosen or registered in; null: as the occasion has it
    alter table guestlist.account add constraint account_locale_tag check (locale ~ '^[A-Za-z0-9-]{1,35}$');
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('alter table guestlist.account drop column locale');
}
