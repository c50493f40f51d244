import type { Knex } from 'knex';

/** What whoever invites to a group must keep to, and how many places each has offered of late. */
export async function up(db: Knex): Promise<void> {
  await db.raw(policies);
  await db.raw(places);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop table guestlist.offered_places, guestlist.group_policy');
}

/** Where a column is null, nothing is asked. */
const policies = `
create table guestlist.group_policy (
  group_id text primary key references guestlist."group",
  who text not null,                            -- may invite
  roles text[],                                 -- may be given; null: plain membership, and what they are themselves
  channels text[] not null,
  max_lifetime_seconds integer,                 -- of an invitation, from when it is made or changed
  max_places integer,                           -- of one invitation
  pin_for_links boolean not null,
  domains text[] not null,                      -- empty: any
  approval boolean not null,
  per_day integer,                              -- most places that one inviter offers in 24 hours
  membership_seconds bigint,                    -- memberships end so long after accepting, or earlier
  changed_at timestamptz not null,
  changed_by text not null,                     -- account id, or operator
  constraint group_policy_who check (who in ('admins', 'managers', 'members')),
  constraint group_policy_roles check (cardinality(roles) > 0 and array_position(roles, null) is null),
  constraint group_policy_channels check (cardinality(channels) > 0 and channels <@ array['mail', 'link']),
  constraint group_policy_lifetime check (max_lifetime_seconds between 60 and 315576000),
  constraint group_policy_places check (max_places between 1 and 1000000),
  constraint group_policy_per_day check (per_day between 1 and 1000000),
  constraint group_policy_membership check (membership_seconds between 60 and 3155760000)
);
`;

const places = `
create table guestlist.offered_places (
  id text primary key,
  account_id text not null,                     -- the inviter
  group_id text not null references guestlist."group",
  offered_at timestamptz not null,
  places integer not null,                      -- of a new invitation, or those that were added to one
  constraint offered_places_some check (places > 0)
);
create index offered_places_of_late on guestlist.offered_places (account_id, group_id, offered_at) include (places);
create index offered_places_old on guestlist.offered_places (offered_at);
`;
