import type { Knex } from 'knex';

/** Many invitations in one go, each for one person, reported together. See `campaign/campaign.ts`. */
export async function up(db: Knex): Promise<void> {
  await db.raw(campaigns);
  await db.raw(rows);
  await db.raw(steps);
  await db.raw(rules);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop function guestlist.contradictions();
    alter function guestlist.contradictions_before_campaigns() rename to contradictions;
    drop trigger visit_opens_row on guestlist.visit;
    drop trigger visit_starts_row on guestlist.visit;
    drop function guestlist.note_row_opened();
    drop function guestlist.note_row_started();
    drop table guestlist.campaign_row;
    alter table guestlist.invitation drop column campaign_id;
    drop table guestlist.campaign;
  `);
}

const campaigns = `
create table guestlist.campaign (
  id text primary key,
  name text not null,
  kind text not null,                           -- mailed: each row has an address; cards: links to hand out
  inviter_id text,                              -- account in whose name each is made; null: the operator
  wish jsonb not null,                          -- what each invitation gives and its limits, with the template worked in; no secrets
  created_at timestamptz not null,
  stored_at timestamptz,                        -- all its rows are here; before that, none is made
  cancelled_at timestamptz,                     -- since then, no more are made
  cancelled_by text,
  worked_until timestamptz,                     -- a worker is at it; lapses by itself if that dies
  constraint campaign_kind check (kind in ('mailed', 'cards')),
  constraint campaign_cancelled check ((cancelled_at is null) = (cancelled_by is null))
);

alter table guestlist.invitation add column campaign_id text references guestlist.campaign;  -- that it was made for
create index invitation_campaign on guestlist.invitation (campaign_id) where campaign_id is not null;
`;

const rows = `
create table guestlist.campaign_row (
  campaign_id text not null references guestlist.campaign,
  position integer not null,                    -- the line of the file, the number of the address or of the card
  row_key text,                                 -- each is made once; null: refused as it was read
  email text,                                   -- null: a card, refused, or forgotten
  email_key text,                               -- canonical form, to compare
  name text,                                    -- of whom it is for
  invitation_id text unique references guestlist.invitation,
  made_at timestamptz,
  failed_at timestamptz,
  failure text,                                 -- a code, never what was written
  opened_at timestamptz,                        -- somebody, or a mail scanner, opened the link; a hint
  started_at timestamptz,                       -- somebody chose to go on
  primary key (campaign_id, position),
  constraint campaign_row_once unique (campaign_id, row_key),
  constraint campaign_row_address check ((email is null) = (email_key is null)),
  constraint campaign_row_made check ((made_at is null) = (invitation_id is null)),
  constraint campaign_row_failed check ((failed_at is null) = (failure is null) and (failed_at is null or made_at is null)),
  constraint campaign_row_refused check (row_key is not null or failed_at is not null)
) with (fillfactor = 85);
create index campaign_row_waiting on guestlist.campaign_row (campaign_id, position) where made_at is null and failed_at is null;
create index campaign_row_address on guestlist.campaign_row (email_key) where email_key is not null;
`;

/** Visits are thrown away when they are over; that there was one is kept. Of other invitations there is no row, and nothing happens. */
const steps = `
create function guestlist.note_row_opened() returns trigger language plpgsql as $$
begin
  update guestlist.campaign_row r set opened_at = new.created_at from guestlist.invitation_token t
    where t.id = new.token_id and r.invitation_id = t.invitation_id and r.opened_at is null;
  return null;
end $$;
create trigger visit_opens_row after insert on guestlist.visit for each row
  when (new.channel <> 'account') execute function guestlist.note_row_opened();

create function guestlist.note_row_started() returns trigger language plpgsql as $$
begin
  update guestlist.campaign_row r set started_at = new.continued_at from guestlist.invitation_token t
    where t.id = new.token_id and r.invitation_id = t.invitation_id and r.started_at is null;
  return null;
end $$;
create trigger visit_starts_row after update of continued_at on guestlist.visit for each row
  when (old.continued_at is null and new.continued_at is not null) execute function guestlist.note_row_started();
`;

const ownRules: Readonly<Record<string, string>> = {
  'an invitation of a campaign without its row': `
    select i.id from guestlist.invitation i where i.campaign_id is not null and not exists (
      select from guestlist.campaign_row r where r.invitation_id = i.id and r.campaign_id = i.campaign_id)`,
  'a row made into an invitation of something else': `
    select r.invitation_id from guestlist.campaign_row r join guestlist.invitation i on i.id = r.invitation_id
    where i.campaign_id is distinct from r.campaign_id`,
  'a row of a campaign mailed to somebody else': `
    select r.invitation_id from guestlist.campaign_row r join guestlist.invitation i on i.id = r.invitation_id
    where i.email is not null and r.email_key is not null and i.email_key <> r.email_key`,
};

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

const rules = `
alter function guestlist.contradictions() rename to contradictions_before_campaigns;

create function guestlist.contradictions() returns table (rule text, example text) language sql stable as $$
  select * from guestlist.contradictions_before_campaigns()
  union all
  ${Object.entries(ownRules)
    .map(([rule, sql]) => `(select ${quoted(rule)}::text, found.example::text from (${sql}) as found (example) limit 1)`)
    .join('\n  union all\n  ')}
$$;
`;
