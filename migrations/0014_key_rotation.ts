import type { Knex } from 'knex';

/** Signing keys come and go: each knows from when it signs, until when, and how long it is published after that. */
export async function up(db: Knex): Promise<void> {
  await db.raw(spans);
  await db.raw(algorithmOfClient);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    alter table guestlist.client drop column signing_alg;
    drop index guestlist.server_key_newest;
    delete from guestlist.server_key where sealed is null;
    alter table guestlist.server_key
      drop column signs_from, drop column signs_until, drop column published_until,
      alter column sealed set not null;
  `);
}

/** Before, the newest of an algorithm signed; it still does. All three instants are null for keys of other purposes. */
const spans = `
alter table guestlist.server_key
  alter column sealed drop not null,            -- null: retired, and its private part is gone
  add column signs_from timestamptz,            -- published since it was created, signing from then on
  add column signs_until timestamptz,           -- null: no newer key takes its place yet
  add column published_until timestamptz;       -- until then, what it signed can be verified

update guestlist.server_key k
  set signs_from = o.created_at, signs_until = o.replaced_at, published_until = o.replaced_at + interval '15 days'
  from (
    select id, created_at, lead(created_at) over (partition by algorithm order by created_at, id desc) as replaced_at
    from guestlist.server_key where purpose = 'signing'
  ) o
  where o.id = k.id;

alter table guestlist.server_key
  add constraint server_key_signs check ((purpose = 'signing') = (signs_from is not null)),
  add constraint server_key_ends check (
    case when signs_until is null then published_until is null
      else signs_from is not null and published_until is not null and signs_from <= signs_until and signs_until <= published_until end),
  add constraint server_key_forgotten check (sealed is not null or published_until is not null);
create unique index server_key_newest on guestlist.server_key (algorithm) where purpose = 'signing' and signs_until is null;
`;

const algorithmOfClient = `
alter table guestlist.client
  add column signing_alg text not null default 'RS256', -- of its ID tokens, logout tokens and JWT access tokens
  add constraint client_signing_alg check (signing_alg in ('RS256', 'ES256', 'PS256', 'EdDSA'));
`;
