/** Invitations are found by how their label begins, however many there are. */
import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.raw(`create index invitation_label on guestlist.invitation (lower(label) text_pattern_ops, id) where label <> ''`);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop index guestlist.invitation_label');
}
