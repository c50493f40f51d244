import type { Knex } from 'knex';

/** Links that we mail to somebody for an account of our own server: a forgotten password, another address. */
export async function up(db: Knex): Promise<void> {
  await db.raw(tokens);
  await db.raw(artefacts);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop index guestlist.oidc_payload_sign_in, guestlist.oidc_payload_account;
    drop table guestlist.account_token;
  `);
}

/**
 * A token is gone once it was used. The reference is checked at the end of a transaction: for an address that nobody has
 * the same is written as for any other, and taken back.
 */
const tokens = `
create table guestlist.account_token (
  digest bytea primary key,                     -- SHA-256 of the token in the link
  purpose text not null,                        -- all that it is good for; part of every look-up
  account_id text not null references guestlist.account deferrable initially deferred,
  email text not null,                          -- where it was sent: what it proves, and nothing else
  email_key text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  constraint account_token_purpose check (purpose in ('password_reset', 'email_change')),
  constraint account_token_digest_length check (octet_length(digest) = 32)
);
create index account_token_account on guestlist.account_token (account_id);
create unique index account_token_email_change on guestlist.account_token (account_id) where purpose = 'email_change';
create index account_token_expires on guestlist.account_token (expires_at);
`;

/** To end what somebody is signed in to; see oidc/session-store.ts. */
const artefacts = `
create index oidc_payload_account on guestlist.oidc_payload ((payload ->> 'accountId')) where kind in ('Session', 'Grant');
create index oidc_payload_sign_in on guestlist.oidc_payload
  ((coalesce(payload #>> '{result,login,accountId}', payload #>> '{lastSubmission,login,accountId}'))) where kind = 'Interaction';
`;
