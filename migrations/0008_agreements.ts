import type { Knex } from 'knex';

/** Who agreed to which terms: an address that changes is another document. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table guestlist.agreement (
      account_id text not null,
      document text not null,                       -- its address, as it was shown
      agreed_at timestamptz not null,
      primary key (account_id, document)
    );
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop table guestlist.agreement;');
}
