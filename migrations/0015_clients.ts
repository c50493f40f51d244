import type { Knex } from 'knex';

/** All that a relying app can be told apart by: how it proves who it is, whom it lets in, and what it hears of them. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table guestlist.client add column auth_method text not null default 'client_secret_basic';  -- RFC 7591 §2
    alter table guestlist.client add column jwks jsonb;                    -- public keys, for private_key_jwt
    alter table guestlist.client add column jwks_uri text;
    alter table guestlist.client add column grant_types text[] not null default '{authorization_code,refresh_token}';
    alter table guestlist.client add column start_url text;                -- the app's own front page
    alter table guestlist.client add column required_group_id text references guestlist."group";  -- whoever is not in it has no business there
    alter table guestlist.client add column without_pkce text;             -- why it need not use PKCE; null: it must
    alter table guestlist.client add column pairwise boolean not null default false;  -- another sub than any other app, OIDC Core §8
    alter table guestlist.client add column id_token_seconds integer;      -- null: as everybody
    alter table guestlist.client add column access_token_seconds integer;
    alter table guestlist.client add column refresh_token_seconds integer;
    alter table guestlist.client add column claim_mappings jsonb;          -- null: groups, roles and entitlements by scope
    alter table guestlist.client add column preset text;                   -- that it was made from
    alter table guestlist.client add column changed_at timestamptz;
    update guestlist.client set auth_method = 'none' where secret_sealed is null;

    create table guestlist.client_secret (
      id text primary key,
      client_id text not null references guestlist.client on delete cascade,
      sealed bytea not null,                                               -- AES-256-GCM
      created_at timestamptz not null,
      ends_at timestamptz                                                  -- since then it opens nothing; null: it is good
    );
    create index client_secret_client on guestlist.client_secret (client_id, created_at);
    insert into guestlist.client_secret (id, client_id, sealed, created_at)
      select 'first ' || id, id, secret_sealed, created_at from guestlist.client where secret_sealed is not null;
    alter table guestlist.client drop column secret_sealed;

    create table guestlist.client_group (                                  -- groups that are this app's business, for mappings
      client_id text not null references guestlist.client on delete cascade,
      group_id text not null references guestlist."group",
      primary key (client_id, group_id)
    );

    alter table guestlist.client add constraint client_auth_method
      check (auth_method in ('client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'));
    alter table guestlist.client add constraint client_keys
      check (num_nonnulls(jwks, jwks_uri) = case when auth_method = 'private_key_jwt' then 1 else 0 end);
    alter table guestlist.client add constraint client_id_token_seconds check (id_token_seconds between 60 and 3600);
    alter table guestlist.client add constraint client_access_token_seconds check (access_token_seconds between 60 and 3600);
    alter table guestlist.client add constraint client_refresh_token_seconds check (refresh_token_seconds between 60 and 15552000);
    create index client_required_group on guestlist.client (required_group_id) where required_group_id is not null;
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    alter table guestlist.client add column secret_sealed bytea;
    update guestlist.client c set secret_sealed = (select s.sealed from guestlist.client_secret s
      where s.client_id = c.id and s.ends_at is null order by s.created_at desc, s.id desc limit 1);
    drop table guestlist.client_secret, guestlist.client_group;
    alter table guestlist.client drop column auth_method, drop column jwks, drop column jwks_uri, drop column grant_types,
      drop column start_url, drop column required_group_id, drop column without_pkce, drop column pairwise,
      drop column id_token_seconds, drop column access_token_seconds, drop column refresh_token_seconds,
      drop column claim_mappings, drop column preset, drop column changed_at;
  `);
}
