import type { Knex } from 'knex';

/** Apps that register themselves (RFC 7591): with a token that the operator made, and never with what would be given to them alone. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table guestlist.registration_token (
      id text primary key,
      digest bytea not null unique,                 -- SHA-256 of what the app sends
      uses integer not null check (uses >= 1),      -- how many apps it was made for
      uses_left integer not null check (uses_left between 0 and uses),
      created_at timestamptz not null,
      ends_at timestamptz not null,
      revoked_at timestamptz
    );

    alter table guestlist.client add column registered_by text references guestlist.registration_token;  -- null: the operator
    alter table guestlist.client add constraint client_registered_is_nobody_special check (registered_by is null
      or (not first_party and without_pkce is null and claim_mappings is null and resources = '{}' and preset is null));
    create index client_registered_by on guestlist.client (registered_by) where registered_by is not null;
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    alter table guestlist.client drop column registered_by;
    drop table guestlist.registration_token;
  `);
}
