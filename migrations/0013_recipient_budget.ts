import type { Knex } from 'knex';

/** How much mail one mailbox gets, whoever causes it: see `mail/budget.ts`. */
export async function up(db: Knex): Promise<void> {
  await db.raw(columns);
  await db.raw(earlierMails);
  await db.raw(rules);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop index guestlist.mail_budget;
    alter table guestlist.mail drop column recipient_key, drop column caused_by, drop column given_at;
  `);
}

const columns = `
alter table guestlist.mail add column recipient_key bytea;    -- SHA-256 of the address as it is counted; null: forgotten
alter table guestlist.mail add column caused_by text;         -- whose budget it uses; null: nobody's, it is always sent
alter table guestlist.mail add column given_at timestamptz;   -- last given to the mail server; null: never
`;

/** Of addresses in ASCII these are the same keys as of new mails. */
const countedAddress = `
  coalesce(nullif(replace(regexp_replace(split_part(lower(to_address), '@', 1), '[+].*$', ''), '.', ''), ''),
    split_part(lower(to_address), '@', 1)) || '@' || split_part(lower(to_address), '@', 2)`;

const earlierMails = `
update guestlist.mail set
  recipient_key = sha256(convert_to(${countedAddress}, 'UTF8')),
  given_at = sent_at,
  caused_by = case
    when kind in ('invited', 'reminder') then 'inviter'
    when kind in ('joined', 'notice') then 'news'
    when kind not in ('password-changed', 'email-changed') then 'stranger'
  end
  where to_address <> 'forgotten';
`;

const rules = `
alter table guestlist.mail add constraint mail_recipient_key_length check (octet_length(recipient_key) = 32);
alter table guestlist.mail add constraint mail_forgotten_altogether check (to_address <> 'forgotten' or recipient_key is null);
alter table guestlist.mail add constraint mail_caused_by check (caused_by in ('inviter', 'stranger', 'news'));
create index mail_budget on guestlist.mail (recipient_key, caused_by, given_at) where given_at is not null and failed_at is null;
`;
