import type { Knex } from 'knex';

/** Asking to be invited: where it is possible, what decides by itself, and who asked. See `request/request.ts`. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table guestlist.request_desk (
      group_id text primary key references guestlist."group",
      template text references guestlist.invitation_template,  -- what an approved one is invited to; null: to be a member of the group
      opened_at timestamptz not null,
      opened_by text not null,
      closed_at timestamptz,                                   -- since then nobody can ask; whoever asked before waits on
      told_at timestamptz                                      -- who decides was last mailed that somebody waits
    );

    create table guestlist.request_rule (
      id text primary key,
      group_id text not null references guestlist.request_desk on delete cascade,
      domain text not null,                                    -- example.org, *.example.org for all beneath it, or * for any
      decision text not null,
      per_day integer,                                         -- approvals in 24 hours; what is more waits for somebody; null: any number
      created_at timestamptz not null,
      created_by text not null,                                -- whose right to invite an approval needs
      constraint request_rule_domain unique (group_id, domain),
      constraint request_rule_decision check (decision in ('approve', 'decline')),
      constraint request_rule_per_day check (per_day is null or per_day between 1 and 1000000 and decision = 'approve')
    );

    create table guestlist.invitation_request (
      id text primary key,
      group_id text not null references guestlist."group",
      email text,                                              -- null: forgotten
      email_key text,                                          -- canonical form, to compare
      name text not null,
      note text not null,
      locale text not null,
      source text,                                             -- where they came from, such as website; kept
      landing_client_id text,                                  -- the app they came from
      digest bytea not null unique,                            -- SHA-256 of the token in the confirmation mail
      asked_at timestamptz not null,
      confirm_until timestamptz not null,
      confirmed_at timestamptz,                                -- the mailbox is proven; before that nobody is shown it
      decided_at timestamptz,
      decided_by text,                                         -- account id, operator, or retention
      decision text,
      rule_id text references guestlist.request_rule on delete set null,  -- that decided it
      invitation_id text unique references guestlist.invitation,
      constraint request_address check ((email is null) = (email_key is null)),
      constraint request_decided check (num_nonnulls(decided_at, decided_by, decision) in (0, 3)),
      constraint request_decision check (decision in ('approved', 'declined', 'lapsed')),
      constraint request_confirmed_first check (decided_at is null or confirmed_at is not null),
      constraint request_invited check (decision is not distinct from 'approved' or invitation_id is null),
      constraint request_approved check (decision is distinct from 'approved' or invitation_id is not null)
    );
    alter table guestlist.invitation add column asked_for_at timestamptz;  -- its addressee asked to be invited
    create unique index invitation_request_waiting on guestlist.invitation_request (group_id, email_key)
      where confirmed_at is not null and decided_at is null;
    create index invitation_request_mailbox on guestlist.invitation_request (group_id, email_key, decided_at);
    create index invitation_request_rule on guestlist.invitation_request (rule_id, decided_at) where rule_id is not null;
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop table guestlist.invitation_request, guestlist.request_rule, guestlist.request_desk;
    alter table guestlist.invitation drop column asked_for_at;
  `);
}
