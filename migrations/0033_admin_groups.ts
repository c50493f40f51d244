import type { Knex } from 'knex';

/**
 * A group by which one runs the server is sensitive as well, whether anybody has said so or not: a second person confirms each
 * invitation to it, also those that were out before it had the right.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(sensitive("or exists (select from guestlist.group_right r where r.group_id = a.id and r.right_name = 'guestlist:admin')"));
}

export async function down(db: Knex): Promise<void> {
  await db.raw(sensitive(''));
}

const sensitive = (more: string) => `
  create or replace function guestlist.group_is_sensitive(group_id text) returns boolean language sql stable as $$
    with recursive above (id, sensitive_at, parent_id, level) as (
      select g.id, g.sensitive_at, g.parent_id, 1 from guestlist."group" g where g.id = group_is_sensitive.group_id
      union all
      select g.id, g.sensitive_at, g.parent_id, a.level + 1 from above a join guestlist."group" g on g.id = a.parent_id
      where g.archived_at is null and a.level < 8
    )
    select exists (select from above a where a.sensitive_at is not null ${more})
  $$`;
