/**
 * What a large and old community has in its database, written by SQL: so many accounts, so many invitations of every state over
 * two years, what came of them, and what else stands on lists. Nobody of it can sign in, and its chain of audit entries proves nothing.
 */
import { systemClock } from '../../src/lib/clock.ts';
import type { Database } from '../../src/lib/db.ts';

/** Holds three of ten; the other 199 share the rest. */
export const bigGroup = 'group-0';

type Wish = { readonly size: number; say(text: string): void };

type Years = { readonly size: number; readonly endMs: number };

const spanMs = 63_072_000_000;
const msOf = (number: string, { size, endMs }: Years) => `(${endMs} - (${size} - ${number})::bigint * ${Math.floor(spanMs / size)})`;

/** An id of its own time, as `newId` makes them: `number` of `size`, over two years. */
const idOf = (number: string, years: Years) =>
  `lpad(to_hex(${msOf(number, years)} >> 16), 8, '0') || '-' || lpad(to_hex(${msOf(number, years)} & 65535), 4, '0')
    || '-7000-8000-' || lpad(to_hex(${number}), 12, '0')`;

const timeOf = (number: string, years: Years) => `to_timestamp(${msOf(number, years)} / 1000.0)`;

const groupOf = (number: string) => `'g' || case when ${number} % 10 < 3 then 0 else 1 + ${number} % 199 end`;

/**
 * The first tenth of the people came by links of twenty places; the others by an invitation each, which half of them has an
 * address for. One in ten invitations that nobody took was revoked, two are open.
 */
const steps = (years: Years): readonly (readonly [string, string])[] => [
  [
    'groups',
    `insert into guestlist."group" (id, slug, name, created_at) select 'g' || n, 'group-' || n, 'Group ' || n, now() from generate_series(0, 199) n`,
  ],
  ['rights', `insert into guestlist."right" (name, created_at) values ('door:open', now())`],
  [
    'accounts',
    `insert into guestlist.account (id, name, password_hash, created_at, invitation_id)
      select ${idOf('n', years)}, 'Person ' || n, 'none', ${timeOf('n', years)}, case when n % 2 = 0 then ${idOf('n', years)} end
      from generate_series(1, ${years.size}) n`,
  ],
  [
    'addresses',
    `insert into guestlist.account_email (email_key, email, account_id, created_at, primary_since, verified_at)
      select 'person.' || n || '@example.org', 'person.' || n || '@example.org', ${idOf('n', years)}, ${timeOf('n', years)}, ${timeOf('n', years)}, ${timeOf('n', years)}
      from generate_series(1, ${years.size}) n`,
  ],
  [
    'invitations',
    `insert into guestlist.invitation (id, label, inviter_id, inviter_name, max_uses, used_count, expires_at, created_at, revoked_at, revoked_by, email, email_key, email_rule)
      select ${idOf('n', years)}, 'Invitation ' || n, case when n % 3 = 0 then ${idOf('(1 + n % 1000)', years)} end, case when n % 3 = 0 then 'Person ' || (1 + n % 1000) end,
        case when n % 5 = 0 then 20 else 1 end, case when n % 2 = 0 then 1 else 0 end,
        ${timeOf('n', years)} + case when n % 10 < 4 then interval '800 days' else interval '7 days' end, ${timeOf('n', years)},
        case when n % 10 = 9 then ${timeOf('n', years)} end, case when n % 10 = 9 then 'operator' end,
        case when n % 4 < 2 then 'person.' || n || '@example.org' end, case when n % 4 < 2 then 'person.' || n || '@example.org' end, case when n % 4 < 2 then 'exact' end
      from generate_series(1, ${years.size}) n`,
  ],
  [
    'grants',
    `insert into guestlist.invitation_grant (invitation_id, position, group_id, role) select ${idOf('n', years)}, 0, ${groupOf('n')}, 'member' from generate_series(1, ${years.size}) n`,
  ],
  [
    'tokens',
    `insert into guestlist.invitation_token (id, invitation_id, channel, digest, created_at)
      select ${idOf('n', years)}, ${idOf('n', years)}, 'link', sha256(('token ' || n)::bytea), ${timeOf('n', years)} from generate_series(1, ${years.size}) n`,
  ],
  [
    'redemptions',
    `insert into guestlist.redemption (invitation_id, account_id, token_id, redeemed_at, account_created)
      select ${idOf('n', years)}, ${idOf('n', years)}, ${idOf('n', years)}, ${timeOf('n', years)}, true from generate_series(2, ${years.size}, 2) n`,
  ],
  [
    'memberships',
    `insert into guestlist.membership (id, account_id, group_id, role, starts_at, invitation_id)
      select ${idOf('n', years)}, ${idOf('n', years)}, ${groupOf('n')}, 'member', ${timeOf('n', years)}, case when n % 2 = 0 then ${idOf('n', years)} end from generate_series(1, ${years.size}) n`,
  ],
  [
    'managers',
    `insert into guestlist.membership (id, account_id, group_id, role, starts_at)
      select 'manager-' || n, ${idOf('n', years)}, 'g' || (n % 200), 'manager', now() from generate_series(1, 1000) n`,
  ],
  [
    'rights of single people',
    `insert into guestlist.account_right (id, account_id, right_name, starts_at) select ${idOf('n', years)}, ${idOf('n', years)}, 'door:open', now() from generate_series(1, ${years.size}, 20) n`,
  ],
  [
    'attempts',
    `insert into guestlist.attempt (id, invitation_id, kind, at, after_use)
      select ${idOf('n', years)}, ${idOf('n', years)}, 'opened', ${timeOf('n', years)}, n % 60 = 2 from generate_series(2, ${years.size}, 2) n where n % 5 <> 0`,
  ],
  [
    'audit entries',
    `insert into guestlist.audit_event (id, at, actor, action, subject, detail)
      select ${idOf('n', years)}, ${timeOf('n', years)}, case when n % 3 = 0 then ${idOf('(1 + n % 1000)', years)} else 'operator' end,
        case when n % 2 = 0 then 'invitation.redeemed' else 'invitation.created' end, ${idOf('n', years)}, '{}' from generate_series(1, ${years.size}) n`,
  ],
  [
    'chain',
    `insert into guestlist.audit_link (seq, event_id, hash) select 1000 + n, ${idOf('n', years)}, sha256(n::text::bytea) from generate_series(1, ${years.size}) n`,
  ],
  [
    'requests',
    `insert into guestlist.request_desk (group_id, opened_at, opened_by) select 'g' || n, now(), 'operator' from generate_series(0, 20) n;
    insert into guestlist.invitation_request (id, group_id, email, email_key, name, note, locale, digest, asked_at, confirm_until, confirmed_at)
      select ${idOf('n', years)}, 'g' || (n % 20), 'asks.' || n || '@example.org', 'asks.' || n || '@example.org', 'Asks ' || n, 'Please', 'en', sha256(('request ' || n)::bytea),
        now() - interval '1 day', now(), now() - interval '1 day' from generate_series(1, 5000) n`,
  ],
  [
    'approvals',
    `update guestlist.invitation set needs_approval = true, used_count = 0 where id in (select id from guestlist.invitation where used_count = 0 and revoked_at is null and expires_at > now() order by id desc limit 5000);
    insert into guestlist.approval (invitation_id, account_id, token_id, account_created, locale, asked_at, lapses_at)
      select id, id, id, false, 'en', now(), now() + interval '10 days' from guestlist.invitation where needs_approval`,
  ],
  [
    'campaigns',
    `insert into guestlist.campaign (id, name, kind, wish, created_at, stored_at)
      select ${idOf('n', years)}, 'Campaign ' || n, 'mailed', '{"groups":["${bigGroup}"]}', now(), now() from generate_series(1, 500) n;
    insert into guestlist.campaign_row (campaign_id, position, row_key, email, email_key, name, invitation_id, made_at)
      select ${idOf('case when n <= 50000 then 500 else n % 499 + 1 end', years)}, n, 'k' || n, 'person.' || (n * 4) || '@example.org', 'person.' || (n * 4) || '@example.org', 'Person ' || n, ${idOf('n * 4', years)}, now()
      from generate_series(1, ${Math.floor(years.size / 10)}) n;
    update guestlist.invitation i set campaign_id = r.campaign_id from guestlist.campaign_row r where r.invitation_id = i.id`,
  ],
  [
    'mails',
    `insert into guestlist.mail (id, kind, to_address, subject, body_text, body_html, queued_at, sent_at, invitation_id)
      select ${idOf('n', years)}, 'invited', 'person.' || n || '@example.org', 'You are invited', 'Come', 'Come', ${timeOf('n', years)}, ${timeOf('n', years)}, ${idOf('n', years)}
      from generate_series(4, ${years.size}, 4) n`,
  ],
  ['statistics', 'vacuum analyze'],
];

/** Once; a database that has it already is left alone. */
export async function addCrowd(database: Database, { size, say }: Wish): Promise<void> {
  const { rows } = await database.raw(`select exists (select from guestlist."group" where slug = '${bigGroup}') as is_there`);
  if (rows[0].is_there) return;
  const connection = await database.client.acquireConnection();
  const run = (sql: string) => database.raw(sql).connection(connection);
  try {
    // Foreign keys and triggers would take most of the time; what is written agrees with them.
    await run('set session_replication_role = replica');
    for (const [what, sql] of steps({ size, endMs: systemClock().getTime() })) {
      const start = performance.now();
      await run(sql);
      say(`${what}: ${((performance.now() - start) / 1_000).toFixed(1)} s`);
    }
    await run('set session_replication_role = origin');
  } finally {
    await database.client.releaseConnection(connection);
  }
}
