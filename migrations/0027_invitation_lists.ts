import type { Knex } from 'knex';

/** Lists of invitations, each page by an index, however many there are; and a link that was told anew. */
export async function up(db: Knex): Promise<void> {
  await db.raw(indexes);
  await db.raw(rules);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop function guestlist.contradictions();
    alter function guestlist.contradictions_before_sharing() rename to contradictions;
    drop index guestlist.approval_waiting, guestlist.redemption_in_order, guestlist.invitation_grant_group,
      guestlist.invitation_revoked, guestlist.invitation_begins, guestlist.invitation_address,
      guestlist.invitation_inviter, guestlist.invitation_campaign;
    create index invitation_inviter on guestlist.invitation (inviter_id) where inviter_id is not null;
    create index invitation_campaign on guestlist.invitation (campaign_id) where campaign_id is not null;
  `);
}

/** Ids are made in the order of time. None of it has used_count: taking a place stays heap-only. */
const indexes = `
drop index guestlist.invitation_inviter, guestlist.invitation_campaign;
create index invitation_inviter on guestlist.invitation (inviter_id, id);   -- null: the operator's
create index invitation_campaign on guestlist.invitation (campaign_id, id) where campaign_id is not null;
create index invitation_address on guestlist.invitation (email_key text_pattern_ops, id) where email_key is not null;
create index invitation_begins on guestlist.invitation (starts_at) where revoked_at is null and starts_at is not null;
create index invitation_revoked on guestlist.invitation (id) where revoked_at is not null;
create index invitation_grant_group on guestlist.invitation_grant (group_id, invitation_id) where group_id is not null;
create index redemption_in_order on guestlist.redemption (invitation_id, redeemed_at, account_id);
create index approval_waiting on guestlist.approval (lapses_at, invitation_id, account_id) where decision is null;
`;

const changedRule = 'a link that was replaced like a mail';

/** A link is replaced by a renewal, or by another link at the same instant. */
const ownRule = `
    select t.id from guestlist.invitation_token t where t.channel <> 'mail' and t.superseded_at is not null
      and not exists (select from guestlist.invitation_renewal r where r.invitation_id = t.invitation_id and r.renewed_at = t.superseded_at)
      and not exists (select from guestlist.invitation_token n
        where n.invitation_id = t.invitation_id and n.channel = 'link' and n.created_at = t.superseded_at and n.id <> t.id)`;

/** The other rules stay as they are. */
const rules = `
alter function guestlist.contradictions() rename to contradictions_before_sharing;

create function guestlist.contradictions() returns table (rule text, example text) language sql stable as $$
  select * from guestlist.contradictions_before_sharing() before where before.rule <> '${changedRule}'
  union all
  (select '${changedRule}'::text, found.example::text from (${ownRule}) as found (example) limit 1)
$$;
`;
