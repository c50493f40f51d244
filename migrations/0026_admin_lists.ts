/** Lists of the admin API: each page by an index, however many there are. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index guestlist.membership_group;
    create index membership_group on guestlist.membership (group_id, id) where ended_at is null;
    create index account_right_name on guestlist.account_right (right_name, id) where ended_at is null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index guestlist.membership_group, guestlist.account_right_name;
    create index membership_group on guestlist.membership (group_id) where ended_at is null;
  `);
}
