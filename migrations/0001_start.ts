import type { Knex } from 'knex';

/** Times come from the application's clock argument; constraints repeat the rules of `invitation/invitation.ts`. */
export async function up(db: Knex): Promise<void> {
  await db.raw(invitations);
  await db.raw(accounts);
  await db.raw(provider);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop table guestlist.oidc_payload, guestlist.server_key, guestlist.client, guestlist.account_email,
      guestlist.account, guestlist.throttle, guestlist.mail, guestlist.audit_event, guestlist.account_right,
      guestlist.membership, guestlist.redemption, guestlist.visit, guestlist.invitation_token,
      guestlist.invitation_grant, guestlist.invitation, guestlist.group_right, guestlist."right", guestlist."group";
    drop function guestlist.refuse_change();
  `);
}

/** What the plugin needs inside any provider. `account_id` is the host's own string: no foreign key. */
const invitations = `
create table guestlist."group" (
  id text primary key,
  slug text not null unique,                    -- what apps see; unique for ever, never changed
  name text not null,
  description text not null default '',         -- shown to invitees: what membership lets them do
  created_at timestamptz not null,
  constraint group_slug_form check (slug ~ '^[a-z0-9][a-z0-9._-]{0,63}$')
);

create table guestlist."right" (
  name text primary key,                        -- such as wiki:edit; reaches apps as an entitlement
  description text not null default '',
  created_at timestamptz not null,
  constraint right_name_form check (name ~ '^[a-z0-9][a-z0-9._:/-]{0,127}$')
);

create table guestlist.group_right (
  group_id text not null references guestlist."group",
  right_name text not null references guestlist."right",
  primary key (group_id, right_name)
);

create table guestlist.invitation (
  id text primary key,
  label text not null default '',               -- for the inviter's lists; never shown to invitees
  inviter_id text,                              -- account of the inviter; null: the operator, by command line
  inviter_name text,                            -- as shown to invitees
  landing_client_id text,                       -- the app the invitee is led to
  max_uses integer not null,
  used_count integer not null default 0,        -- in no index: its updates stay heap-only
  expires_at timestamptz not null,
  created_at timestamptz not null,
  revoked_at timestamptz,
  revoked_by text,
  constraint invitation_places check (max_uses between 1 and 1000000 and used_count between 0 and max_uses)
) with (fillfactor = 85);

create table guestlist.invitation_grant (
  invitation_id text not null references guestlist.invitation,
  position integer not null,
  group_id text references guestlist."group",
  role text,                                    -- role in the group
  right_name text references guestlist."right",
  primary key (invitation_id, position),
  constraint invitation_grant_one_thing check (
    (group_id is not null and role is not null and right_name is null)
    or (group_id is null and role is null and right_name is not null)),
  constraint invitation_grant_role_form check (role ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  constraint invitation_grant_once unique nulls not distinct (invitation_id, group_id, role, right_name)
);

create table guestlist.invitation_token (
  id text primary key,
  invitation_id text not null references guestlist.invitation,
  channel text not null,                        -- how the token travels; decides what it proves
  digest bytea not null unique,                 -- SHA-256 of the token; unique over all time
  created_at timestamptz not null,
  constraint invitation_token_channel check (channel in ('mail', 'link')),
  constraint invitation_token_digest_length check (octet_length(digest) = 32)
);
create index invitation_token_invitation on guestlist.invitation_token (invitation_id);

create table guestlist.visit (
  id text primary key,                          -- public: travels in URLs, worthless without the cookie
  handle_digest bytea not null unique,          -- SHA-256 of the cookie's handle
  token_id text not null references guestlist.invitation_token,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  continued_at timestamptz,                     -- the person chose Continue
  answered_at timestamptz,                      -- accepted or declined; the visit offers nothing any more
  answer text,
  account_id text,                              -- who answered
  constraint visit_answer check ((answered_at is null) = (answer is null) and answer in ('joined', 'already_member', 'declined'))
);
create index visit_expires on guestlist.visit (expires_at);

create table guestlist.redemption (
  invitation_id text not null references guestlist.invitation,
  account_id text not null,
  token_id text not null references guestlist.invitation_token,
  redeemed_at timestamptz not null,
  account_created boolean not null,             -- the account was made by this redemption
  primary key (invitation_id, account_id)
);
create index redemption_account on guestlist.redemption (account_id);

create table guestlist.membership (
  id text primary key,
  account_id text not null,
  group_id text not null references guestlist."group",
  role text not null,
  starts_at timestamptz not null,
  ends_at timestamptz,                          -- planned end; null: until removed
  ended_at timestamptz,                         -- removed or left
  invitation_id text references guestlist.invitation,  -- where it came from
  constraint membership_role_form check (role ~ '^[a-z0-9][a-z0-9._-]{0,63}$')
);
create unique index membership_active on guestlist.membership (account_id, group_id, role) where ended_at is null;
create index membership_group on guestlist.membership (group_id) where ended_at is null;

create table guestlist.account_right (
  id text primary key,
  account_id text not null,
  right_name text not null references guestlist."right",
  starts_at timestamptz not null,
  ends_at timestamptz,
  ended_at timestamptz,
  invitation_id text references guestlist.invitation
);
create unique index account_right_active on guestlist.account_right (account_id, right_name) where ended_at is null;

create table guestlist.audit_event (
  id text primary key,
  at timestamptz not null,
  actor text not null,                          -- account id, or operator
  actor_ip text,
  action text not null,                         -- such as invitation.redeemed
  subject text not null,                        -- id of the thing acted on
  detail jsonb not null default '{}'            -- never a secret
);
create index audit_event_subject on guestlist.audit_event (subject, id);

create function guestlist.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit events are append-only';
end $$;
create trigger audit_event_append_only before update or delete or truncate on guestlist.audit_event
  for each statement execute function guestlist.refuse_change();

create table guestlist.mail (
  id text primary key,
  kind text not null,                           -- which mail; see views/mail
  to_address text not null,
  subject text not null,
  body_text text not null,
  body_html text not null,
  queued_at timestamptz not null
);
create index mail_queued on guestlist.mail (queued_at);

create table guestlist.throttle (
  key text primary key,                         -- written by rate-limiter-flexible
  points integer not null default 0,
  expire bigint
);
create index throttle_expire on guestlist.throttle (expire);
`;

/** What only our own server needs. */
const accounts = `
create table guestlist.account (
  id text primary key,                          -- the subject in tokens; never used again
  name text not null,
  password_hash text,                           -- argon2id with pepper, PHC string
  created_at timestamptz not null,
  disabled_at timestamptz,
  invitation_id text references guestlist.invitation  -- how the account came
);

create table guestlist.account_email (
  email_key text primary key,                   -- canonical form: what must be unique
  email text not null,                          -- as typed: where mail goes
  account_id text not null references guestlist.account,
  created_at timestamptz not null,
  verified_at timestamptz,                      -- our own mail proved the mailbox
  primary_since timestamptz
);
create index account_email_account on guestlist.account_email (account_id);
create unique index account_email_primary on guestlist.account_email (account_id) where primary_since is not null;
`;

const provider = `
create table guestlist.client (
  id text primary key,                          -- client_id
  name text not null,
  secret_sealed bytea,                          -- AES-256-GCM; null: a public client
  redirect_uris text[] not null,
  post_logout_redirect_uris text[] not null default '{}',
  initiate_login_uri text,
  backchannel_logout_uri text,
  resources text[] not null default '{}',       -- RFC 8707 resource indicators it may name
  scope text not null,
  first_party boolean not null default false,   -- skips consent
  created_at timestamptz not null
);

create table guestlist.server_key (
  id text primary key,                          -- kid
  purpose text not null,
  algorithm text not null,
  sealed bytea not null,                        -- AES-256-GCM
  created_at timestamptz not null,
  constraint server_key_purpose check (purpose in ('signing', 'cookie', 'dpop'))
);

create table guestlist.oidc_payload (
  kind text not null,                           -- oidc-provider model
  id text not null,                             -- SHA-256 of the artefact's value; Grants by their own id
  payload jsonb not null,
  grant_id text,
  uid text,
  user_code text,
  expires_at timestamptz,
  consumed_at timestamptz,
  primary key (kind, id)
) with (fillfactor = 85);
create index oidc_payload_grant on guestlist.oidc_payload (grant_id) where grant_id is not null;
create index oidc_payload_uid on guestlist.oidc_payload (kind, uid) where uid is not null;
create index oidc_payload_user_code on guestlist.oidc_payload (kind, user_code) where user_code is not null;
create index oidc_payload_expires on guestlist.oidc_payload (expires_at);
`;
