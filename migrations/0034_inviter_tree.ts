import type { Knex } from 'knex';

/**
 * Who came through whom, noted when somebody accepts their first invitation: later ones, and whoever takes one over, change nothing
 * of it. The tree is walked along an index, however many people there are.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(table);
  await db.raw(backfill);
  await db.raw('create index inviter_tree_below on guestlist.inviter_tree (inviter_id, joined_at, account_id)');
  await db.raw(walk);
  await db.raw(trigger);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop trigger redemption_notes_inviter on guestlist.redemption;
    drop function guestlist.note_inviter();
    drop function guestlist.came_through(text, timestamptz, text, int);
    drop table guestlist.inviter_tree`);
}

const table = `
create table guestlist.inviter_tree (
  account_id text primary key,        -- also of an account that was erased
  inviter_id text not null,           -- whoever had offered the first invitation that they accepted; empty: the operator, or nobody
  joined_at timestamptz not null      -- -infinity: they were never invited, and somebody came through them
)`;

/** Whoever took an invitation over has not invited those who had come by it before. */
const backfill = `
with taken_over as (
  select subject as invitation_id, at, nullif(detail ->> 'from', 'operator') as inviter_id
  from guestlist.audit_event where action = 'invitation.adopted'
), came as (
  select distinct on (r.account_id) r.account_id, r.redeemed_at as joined_at,
    nullif(case when t.invitation_id is null then i.inviter_id else t.inviter_id end, r.account_id) as inviter_id
  from guestlist.redemption r join guestlist.invitation i on i.id = r.invitation_id
    left join taken_over t on t.invitation_id = i.id and t.at > r.redeemed_at
  order by r.account_id, r.redeemed_at, r.invitation_id, t.at
)
insert into guestlist.inviter_tree (account_id, inviter_id, joined_at)
select account_id, case when exists (select from came c where c.inviter_id = came.account_id and c.joined_at <= came.joined_at)
  then '' else coalesce(inviter_id, '') end, joined_at from came
union all
select distinct inviter_id, '', '-infinity'::timestamptz from came c
where inviter_id is not null and not exists (select from came other where other.account_id = c.inviter_id)`;

/**
 * Those who came through one inviter, some at a time. Along the index whatever PostgreSQL thinks: it takes everybody to have
 * invited a handful, and would read and sort a hundred thousand to tell the first ten.
 */
const walk = `
create function guestlist.came_through(inviter text, after_time timestamptz, after_id text, most int)
  returns setof guestlist.inviter_tree language sql stable set enable_bitmapscan = off set enable_seqscan = off as $$
  select t.* from guestlist.inviter_tree t
  where t.inviter_id = inviter and (t.joined_at, t.account_id) > (after_time, after_id)
  order by t.joined_at, t.account_id limit most
$$`;

/**
 * Nothing is locked of an inviter who is there already: their invitations are accepted side by side. Whoever has let others in before
 * they accept anything was there before, and stays at the top: else those two could have come through each other.
 */
const trigger = `
create function guestlist.note_inviter() returns trigger language plpgsql as $$
declare inviter text;
begin
  if exists (select from guestlist.inviter_tree t where t.account_id = new.account_id and t.joined_at > '-infinity') then
    return null;
  end if;
  select nullif(i.inviter_id, new.account_id) into inviter from guestlist.invitation i where i.id = new.invitation_id;
  insert into guestlist.inviter_tree (account_id, inviter_id, joined_at) values (new.account_id, coalesce(inviter, ''), new.redeemed_at)
    on conflict (account_id) do update set joined_at = excluded.joined_at where inviter_tree.joined_at = '-infinity';
  if inviter is not null then
    insert into guestlist.inviter_tree (account_id, inviter_id, joined_at) values (inviter, '', '-infinity') on conflict do nothing;
  end if;
  return null;
end $$;
create trigger redemption_notes_inviter after insert on guestlist.redemption for each row execute function guestlist.note_inviter()`;
