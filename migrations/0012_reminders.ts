import type { Knex } from 'knex';

/** Mail that nobody asked for at that moment: what was sent of it, and who wants no more. */
export async function up(db: Knex): Promise<void> {
  await db.raw(stops);
  await db.raw(invitations);
  await db.raw(memberships);
  await db.raw(rules);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop function guestlist.contradictions();
    alter function guestlist.contradictions_before_reminders() rename to contradictions;
    drop index guestlist.membership_ending, guestlist.account_right_ending;
    alter table guestlist.membership drop column ending_told_at;
    alter table guestlist.account_right drop column ending_told_at;
    drop table guestlist.invitation_renewal;
    drop index guestlist.invitation_reminding;
    alter table guestlist.invitation drop column reminders, drop column reminded_first_at, drop column reminded_last_at;
    drop table guestlist.mail_stop;
  `);
}

const stops = `
create table guestlist.mail_stop (
  subject text primary key,                     -- of which mail: invitation:<id>, account:<id>, requests:<group id>:<account id>
  stopped_at timestamptz not null
);
`;

const invitations = `
alter table guestlist.invitation add column reminders boolean not null default true;  -- whoever invites wants them
alter table guestlist.invitation add column reminded_first_at timestamptz;   -- some days after it was mailed
alter table guestlist.invitation add column reminded_last_at timestamptz;    -- the day before it expires
alter table guestlist.invitation add constraint invitation_reminded_in_order
  check (reminded_first_at is null or reminded_last_at is null or reminded_last_at >= reminded_first_at + interval '24 hours');
create index invitation_reminding on guestlist.invitation (id)
  where email is not null and reminders and revoked_at is null and reminded_last_at is null;

create table guestlist.invitation_renewal (
  invitation_id text not null references guestlist.invitation,
  number integer not null,
  renewed_at timestamptz not null,              -- by whoever opened a link that had run out
  expires_at timestamptz not null,
  primary key (invitation_id, number),
  constraint invitation_renewal_number check (number between 1 and 3),
  constraint invitation_renewal_times check (renewed_at < expires_at)
);
`;

const memberships = `
alter table guestlist.membership add column ending_told_at timestamptz;      -- the person was told, or could not be
alter table guestlist.account_right add column ending_told_at timestamptz;
create index membership_ending on guestlist.membership (ends_at) where ended_at is null and ends_at is not null;
create index account_right_ending on guestlist.account_right (ends_at) where ended_at is null and ends_at is not null;
`;

const changedRule = 'a link that was replaced like a mail';

/** By itself that never happens; a renewal replaces everything that was out. */
const ownRules: Readonly<Record<string, string>> = {
  [changedRule]: `
    select t.id from guestlist.invitation_token t where t.channel <> 'mail' and t.superseded_at is not null
      and not exists (select from guestlist.invitation_renewal r where r.invitation_id = t.invitation_id and r.renewed_at = t.superseded_at)`,
  'a reminder of what was never mailed': `
    select i.id from guestlist.invitation i
    where coalesce(i.reminded_first_at, i.reminded_last_at) is not null
      and not exists (select from guestlist.mail m where m.invitation_id = i.id and m.kind = 'invited')`,
  'more mails that remind than reminders': `
    select i.id from guestlist.invitation i
    join (select invitation_id, count(*) as count from guestlist.mail where kind = 'reminder' group by 1) m on m.invitation_id = i.id
    where m.count > num_nonnulls(i.reminded_first_at, i.reminded_last_at)`,
  'a renewal without exactly one audit entry': `
    select r.invitation_id from (select invitation_id, count(*) as count from guestlist.invitation_renewal group by 1) r
    left join (select subject, count(*) as count from guestlist.audit_event where action = 'invitation.renewed' group by 1) e
      on e.subject = r.invitation_id
    where e.count is distinct from r.count`,
};

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** The rules that there are stay as they are, but for one. */
const rules = `
alter function guestlist.contradictions() rename to contradictions_before_reminders;

create function guestlist.contradictions() returns table (rule text, example text) language sql stable as $$
  select * from guestlist.contradictions_before_reminders() before where before.rule <> ${quoted(changedRule)}
  union all
  ${Object.entries(ownRules)
    .map(([rule, sql]) => `(select ${quoted(rule)}::text, found.example::text from (${sql}) as found (example) limit 1)`)
    .join('\n  union all\n  ')}
$$;
`;
