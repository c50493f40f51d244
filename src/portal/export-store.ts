/** The SQL of `export.ts`: everything of one person, in parts of any length, read a page at a time. No secret, and no digest of one. */
import { type Queryable, rows } from '../lib/db.ts';

export type Part = {
  readonly name: string;
  /** Of `:accountId`, or `:keys` and `:recipients` of their proven addresses; `key` is where the next page goes on after. */
  readonly sql: string;
};

export type Whose = { readonly accountId: string; readonly keys: readonly string[]; readonly recipients: readonly Buffer[] };

const pageSize = 500;

const sourceOf = (table: string) => `${table}.starts_at as since, ${table}.ends_at as until, ${table}.ended_at,
    case when ${table}.ended_by is null then null when ${table}.ended_by = :accountId then 'you' else 'somebody else' end as ended_by,
    i.id as invitation, i.inviter_name as invited_by`;

/** Before paging: each has a `key` that is unique and text. */
export const parts: readonly Part[] = [
  {
    name: 'account',
    sql: `select id as key, id, name, locale as language, created_at, invitation_id as came_by_invitation from guestlist.account where id = :accountId`,
  },
  {
    name: 'addresses',
    sql: `select email_key as key, email, primary_since is not null as is_main, verified_at, created_at as added_at
      from guestlist.account_email where account_id = :accountId`,
  },
  {
    name: 'memberships',
    sql: `select m.id as key, g.slug as "group", g.name as group_name, m.role, ${sourceOf('m')}
      from guestlist.membership m join guestlist."group" g on g.id = m.group_id left join guestlist.invitation i on i.id = m.invitation_id
      where m.account_id = :accountId`,
  },
  {
    name: 'rights',
    sql: `select r.id as key, r.right_name as "right", ${sourceOf('r')}
      from guestlist.account_right r left join guestlist.invitation i on i.id = r.invitation_id where r.account_id = :accountId`,
  },
  {
    name: 'invitations_accepted',
    sql: `select invitation_id as key, invitation_id as invitation, redeemed_at as accepted_at, account_created, arrival as came_from
      from guestlist.redemption where account_id = :accountId`,
  },
  {
    name: 'asked_to_join',
    sql: `select invitation_id as key, invitation_id as invitation, asked_at, decision, decided_at
      from guestlist.approval where account_id = :accountId`,
  },
  {
    name: 'agreements',
    sql: 'select document as key, document, agreed_at from guestlist.agreement where account_id = :accountId',
  },
  {
    name: 'invitations_made',
    sql: `select i.id as key, i.id as invitation, i.created_at, i.label, i.message, i.email as "to", i.max_uses as places, i.used_count as places_used,
        i.expires_at, i.revoked_at,
        array(select coalesce(g.slug || ':' || o.role, o.right_name) from guestlist.invitation_grant o
          left join guestlist."group" g on g.id = o.group_id where o.invitation_id = i.id order by 1) as gives
      from guestlist.invitation i where i.inviter_id = :accountId`,
  },
  {
    name: 'campaigns_made',
    sql: `select id as key, id as campaign, name, kind, wish ->> 'message' as message, created_at, cancelled_at
      from guestlist.campaign where inviter_id = :accountId`,
  },
  {
    name: 'requests_to_be_invited',
    sql: `select q.id as key, g.slug as "group", q.email, q.name, q.note, q.source as came_from, q.asked_at, q.confirmed_at, q.decision, q.decided_at
      from guestlist.invitation_request q join guestlist."group" g on g.id = q.group_id where q.email_key = any(:keys)`,
  },
  {
    name: 'mails',
    sql: `select id as key, kind, to_address as "to", queued_at, sent_at from guestlist.mail where recipient_key = any(:recipients)`,
  },
  {
    name: 'console_sessions',
    sql: `select encode(digest, 'hex') as key, created_at as since, authenticated_at as proven_at, seen_at, ends_at
      from guestlist.console_session where account_id = :accountId`,
  },
  {
    name: 'record',
    sql: `select id as key, at, action, subject, case when actor = :accountId then 'you' else 'somebody else' end as by,
        case when actor = :accountId then address_block end as from_network, detail
      from guestlist.audit_event where actor = :accountId or subject = :accountId`,
  },
];

/** One row after the other, in the order of their keys; a page is asked for when it is needed. */
export async function* rowsOf(db: Queryable, { sql }: Part, whose: Whose): AsyncGenerator<Readonly<Record<string, unknown>>> {
  let after = '';
  for (;;) {
    const page = await rows<Record<string, unknown> & { key: string }>(
      db,
      `select * from (${sql}) part where key > :after order by key limit :pageSize`,
      { ...whose, recipients: whose.recipients as never, after, pageSize },
    );
    for (const { key, ...row } of page) {
      after = key;
      yield row;
    }
    if (page.length < pageSize) return;
  }
}
