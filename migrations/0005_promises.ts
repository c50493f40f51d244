import type { Knex } from 'knex';

/** Everything else that an invitation can promise or forbid; the rule is `invitation/invitation.ts`. */
export async function up(db: Knex): Promise<void> {
  await db.raw(groups);
  await db.raw(invitations);
  await db.raw(tries);
  await db.raw(mails);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop table guestlist.invitation_template, guestlist.waiting_shown, guestlist.approval, guestlist.pin_try, guestlist.mailbox_proof;
    alter table guestlist.mail drop column invitation_id, drop column sealed, drop column cancelled_at;
    alter table guestlist.visit drop column channel, drop column pin_passed_at;
    alter table guestlist.invitation_token drop column superseded_at;
    alter table guestlist.invitation drop column email, drop column email_key, drop column email_rule, drop column domains,
      drop column required_acr, drop column needs_approval, drop column pin_hash, drop column pin_set_at,
      drop column confirmed_at, drop column confirmed_by, drop column message, drop column locale;
    drop index guestlist.membership_active, guestlist.account_right_active;
    alter table guestlist.membership drop column ended_by;
    alter table guestlist.account_right drop column ended_by;
    create unique index membership_active on guestlist.membership (account_id, group_id, role) where ended_at is null;
    create unique index account_right_active on guestlist.account_right (account_id, right_name) where ended_at is null;
    alter table guestlist."group" drop column capacity, drop column sensitive_at, drop column archived_at;
  `);
}

/** A row is what one source gave: of two links to one group, each can be undone without the other. */
const groups = `
alter table guestlist."group" add column capacity integer;            -- most people in it; null: any number
alter table guestlist."group" add column sensitive_at timestamptz;    -- since then, a second person confirms each invitation
alter table guestlist."group" add column archived_at timestamptz;     -- since then, nobody comes in and apps hear nothing of it
alter table guestlist."group" add constraint group_capacity check (capacity between 1 and 1000000);

alter table guestlist.membership add column ended_by text;            -- who took it away; null: it ended by itself
alter table guestlist.account_right add column ended_by text;
drop index guestlist.membership_active, guestlist.account_right_active;
create unique index membership_active on guestlist.membership (account_id, group_id, role, invitation_id)
  nulls not distinct where ended_at is null;
create unique index account_right_active on guestlist.account_right (account_id, right_name, invitation_id)
  nulls not distinct where ended_at is null;
create index membership_invitation on guestlist.membership (invitation_id) where invitation_id is not null;
create index account_right_invitation on guestlist.account_right (invitation_id) where invitation_id is not null;
`;

const invitations = `
alter table guestlist.invitation add column email text;               -- addressed to; where its mail goes
alter table guestlist.invitation add column email_key text;           -- canonical form, to compare
alter table guestlist.invitation add column email_rule text;          -- exact, verify or any: who else may accept
alter table guestlist.invitation add column domains text[] not null default '{}';  -- example.org, or *.example.org
alter table guestlist.invitation add column required_acr text;        -- least sign-in strength
alter table guestlist.invitation add column needs_approval boolean not null default false;
alter table guestlist.invitation add column pin_hash text;            -- argon2id with pepper, PHC string
alter table guestlist.invitation add column pin_set_at timestamptz;   -- tries before it do not count
alter table guestlist.invitation add column confirmed_at timestamptz; -- by a second person, for sensitive groups
alter table guestlist.invitation add column confirmed_by text;
alter table guestlist.invitation add column message text not null default '';  -- from the inviter, plain text
alter table guestlist.invitation add column locale text;              -- language of its mail
alter table guestlist.invitation add constraint invitation_addressee
  check ((email is null) = (email_key is null) and (email is null) = (email_rule is null) and email_rule in ('exact', 'verify', 'any'));
alter table guestlist.invitation add constraint invitation_pin check ((pin_hash is null) = (pin_set_at is null));
alter table guestlist.invitation add constraint invitation_confirmed
  check ((confirmed_at is null) = (confirmed_by is null) and confirmed_by is distinct from coalesce(inviter_id, 'operator'));
create index invitation_addressee_key on guestlist.invitation (email_key) where email_key is not null;
create index invitation_inviter on guestlist.invitation (inviter_id) where inviter_id is not null;

alter table guestlist.invitation_token add column superseded_at timestamptz;  -- a newer mail took its place

alter table guestlist.visit add column channel text not null default 'link';  -- how this browser came by it
alter table guestlist.visit alter column channel drop default;
alter table guestlist.visit add column pin_passed_at timestamptz;     -- the right PIN is remembered here and nowhere else
alter table guestlist.visit add constraint visit_channel check (channel in ('mail', 'link', 'account'));
alter table guestlist.visit drop constraint visit_answer;
alter table guestlist.visit add constraint visit_answer check ((answered_at is null) = (answer is null)
  and answer in ('joined', 'already_member', 'declined', 'awaiting_approval'));

create table guestlist.approval (
  invitation_id text not null references guestlist.invitation,
  account_id text not null,
  token_id text not null references guestlist.invitation_token,
  account_created boolean not null,             -- the account was made when it asked
  locale text not null,
  asked_at timestamptz not null,
  lapses_at timestamptz not null,               -- the place is kept until then
  decided_at timestamptz,
  decided_by text,
  decision text,
  primary key (invitation_id, account_id),
  constraint approval_decision check ((decided_at is null) = (decision is null) and (decided_at is null) = (decided_by is null)
    and decision in ('approved', 'rejected') and decided_by is distinct from account_id)
);
create index approval_open on guestlist.approval (invitation_id, lapses_at) where decision is null;

create table guestlist.waiting_shown (
  invitation_id text not null references guestlist.invitation,
  account_id text not null,
  shown_at timestamptz not null,
  primary key (invitation_id, account_id)
);

create table guestlist.invitation_template (
  name text primary key,
  wish jsonb not null,                          -- what an invitation made of it is given; no instants, no secrets
  created_at timestamptz not null,
  constraint invitation_template_name check (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$')
);
`;

const tries = `
create table guestlist.pin_try (
  id text primary key,
  invitation_id text not null references guestlist.invitation,
  channel text not null,                        -- tries over a mailed link do not lock those over a shown one
  address_block text not null,
  tried_at timestamptz not null,
  judged_at timestamptz,                        -- null: being looked at, or the process died; counts as wrong
  right_at timestamptz                          -- null: wrong
);
create index pin_try_invitation on guestlist.pin_try (invitation_id, channel, tried_at) where right_at is null;

create table guestlist.mailbox_proof (
  visit_id text primary key references guestlist.visit on delete cascade,
  email text not null,                          -- the address that the code was sent to
  email_key text not null,
  code_mac bytea,                               -- HMAC-SHA256 with pepper, bound to the visit; null: there is no code to be typed
  sent_count integer not null,
  try_count integer not null default 0,         -- of this code
  expires_at timestamptz not null,
  proven_at timestamptz,
  constraint mailbox_proof_counts check (sent_count between 1 and 3 and try_count between 0 and 5)
);
`;

/** What holds a token or a code rests sealed until it is sent, and nowhere after that. */
const mails = `
alter table guestlist.mail add column invitation_id text references guestlist.invitation;
alter table guestlist.mail add column sealed bytea;                   -- text and html, AES-256-GCM, instead of the two columns
alter table guestlist.mail add column cancelled_at timestamptz;       -- its cause was gone before it was sent
create index mail_invitation on guestlist.mail (invitation_id) where invitation_id is not null;
`;
