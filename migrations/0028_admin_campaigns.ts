/** Lists of the admin API about campaigns and requests: each page by an index, also of what belongs to a manager's groups. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Slugs of the groups that a wish gives places in; null if it gives anything else.
    create function guestlist.groups_of_wish(wish jsonb) returns text[] language sql immutable parallel safe as $$
      select array_agg(distinct split_part(wished, ':', 1)) from jsonb_array_elements_text(coalesce(wish->'groups', '[]')) wished
      where jsonb_array_length(coalesce(wish->'rights', '[]')) = 0
    $$;
    alter table guestlist.campaign
      add column group_slugs text[] generated always as (guestlist.groups_of_wish(wish)) stored;  -- all that each row gives; null: a right as well
    create index campaign_groups on guestlist.campaign using gin (group_slugs) where group_slugs is not null;
    create index campaign_inviter on guestlist.campaign (inviter_id, id) where inviter_id is not null;
    -- Its progress is counted from the index alone.
    alter table guestlist.campaign_row drop constraint campaign_row_pkey,
      add constraint campaign_row_pkey primary key (campaign_id, position) include (made_at, failed_at);
    create index invitation_request_oldest on guestlist.invitation_request (id) where confirmed_at is not null and decided_at is null;
    create index invitation_request_group on guestlist.invitation_request (group_id, id)
      where confirmed_at is not null and decided_at is null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index guestlist.invitation_request_group, guestlist.invitation_request_oldest, guestlist.campaign_inviter;
    alter table guestlist.campaign_row drop constraint campaign_row_pkey,
      add constraint campaign_row_pkey primary key (campaign_id, position);
    alter table guestlist.campaign drop column group_slugs;
    drop function guestlist.groups_of_wish(jsonb);
  `);
}
