import type { Knex } from 'knex';

/**
 * What points to a personal link in the wrong hands, where people came from, answers that are told again to whoever asks
 * twice with the same key, and accounts that were erased.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(attempts);
  await db.raw(arrivals);
  await db.raw(answers);
  await db.raw(erased);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    alter table guestlist.account drop column erased_at;
    drop table guestlist.told_answer;
    alter table guestlist.redemption drop column arrival;
    alter table guestlist.approval drop column arrival;
    alter table guestlist.visit drop column arrival;
    drop table guestlist.attempt;
    alter table guestlist.invitation drop column leak_told_at, drop column replaces_id;
  `);
}

const attempts = `
create table guestlist.attempt (
  id text primary key,
  invitation_id text not null references guestlist.invitation,
  kind text not null,                           -- what happened
  at timestamptz not null,
  address_block text,                           -- of IPv4 the /24, of IPv6 the /64; null: forgotten, or not known
  after_use boolean not null,                   -- somebody had joined with it before
  constraint attempt_kind check (kind in ('opened', 'joined', 'joined_other_address'))
);
create index attempt_invitation on guestlist.attempt (invitation_id, at);
create index attempt_at on guestlist.attempt (at);

alter table guestlist.invitation add column leak_told_at timestamptz;  -- its inviter was told that it may have leaked
alter table guestlist.invitation add column replaces_id text references guestlist.invitation;  -- made in the place of that one
`;

const arrivals = `
alter table guestlist.visit add column arrival jsonb;       -- where the link was found, as its address said; null: it did not
alter table guestlist.redemption add column arrival jsonb;  -- as of the visit that it came by
alter table guestlist.approval add column arrival jsonb;
alter table guestlist.visit add constraint visit_arrival_small check (octet_length(arrival::text) <= 1000);
alter table guestlist.redemption add constraint redemption_arrival_small check (octet_length(arrival::text) <= 1000);
`;

const answers = `
create table guestlist.told_answer (
  account_id text not null,
  key_digest bytea not null,                    -- SHA-256 of the Idempotency-Key
  wish_digest bytea not null,                   -- SHA-256 of what was asked for
  sealed bytea,                                 -- AES-256-GCM: it holds a link; null: not answered yet
  created_at timestamptz not null,
  primary key (account_id, key_digest),
  constraint told_answer_digest_length check (octet_length(key_digest) = 32 and octet_length(wish_digest) = 32)
);
create index told_answer_created on guestlist.told_answer (created_at);
`;

const erased = `
alter table guestlist.account add column erased_at timestamptz;  -- nothing personal is left; its id stays for the counts
alter table guestlist.account add constraint account_erased_whole
  check (erased_at is null or (name = '' and password_hash is null and disabled_at is not null));
`;
