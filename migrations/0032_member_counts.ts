import type { Knex } from 'knex';

/** Members are counted by the index alone, which must say until when they are in; and those of a role are found by it. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    drop index guestlist.membership_group_account;
    create index membership_group_account on guestlist.membership (group_id, account_id) include (ends_at) where ended_at is null;
    create index membership_group_role on guestlist.membership (group_id, role, id) where ended_at is null`);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop index guestlist.membership_group_role;
    drop index guestlist.membership_group_account;
    create index membership_group_account on guestlist.membership (group_id, account_id) where ended_at is null`);
}
