/** What must hold whatever happened: places, redemptions, accounts and memberships tell the same story. */
import type { Database } from '../../src/lib/db.ts';

const contradictions: Readonly<Record<string, string>> = {
  'an invitation whose counter differs from its redemptions': `
    select i.id from guestlist.invitation i
    where i.used_count <> (select count(*) from guestlist.redemption r where r.invitation_id = i.id)`,
  'an invitation with more redemptions than places': `
    select i.id from guestlist.invitation i
    where i.max_uses < (select count(*) from guestlist.redemption r where r.invitation_id = i.id)`,
  'a redemption without the account it made': `
    select r.account_id from guestlist.redemption r
    where r.account_created and not exists (select from guestlist.account a where a.id = r.account_id and a.invitation_id = r.invitation_id)`,
  'an account without a redemption': `
    select a.id from guestlist.account a
    where not exists (select from guestlist.redemption r where r.account_id = a.id and r.invitation_id = a.invitation_id and r.account_created)`,
  'an account without an address or a password': `
    select a.id from guestlist.account a
    where a.password_hash is null or not exists (select from guestlist.account_email e where e.account_id = a.id)`,
  'a redemption that granted nothing': `
    select r.account_id from guestlist.redemption r
    where not exists (select from guestlist.membership m where m.account_id = r.account_id and m.invitation_id = r.invitation_id)
      and not exists (select from guestlist.account_right x where x.account_id = r.account_id and x.invitation_id = r.invitation_id)`,
  'a membership from an invitation that was not redeemed': `
    select m.id from guestlist.membership m
    where m.invitation_id is not null
      and not exists (select from guestlist.redemption r where r.invitation_id = m.invitation_id and r.account_id = m.account_id)`,
  'a redemption without exactly one audit entry': `
    select r.account_id from guestlist.redemption r
    where 1 <> (select count(*) from guestlist.audit_event e
      where e.action = 'invitation.redeemed' and e.subject = r.invitation_id and e.actor = r.account_id)`,
  'a new account without its mail': `
    select r.account_id from guestlist.redemption r join guestlist.account_email e on e.account_id = r.account_id
    where r.account_created and not exists (select from guestlist.mail m where m.to_address = e.email and m.queued_at >= r.redeemed_at)`,
};

/** One line for each rule that is broken, with an example; empty when all is well. */
export async function findContradictions(database: Database): Promise<string[]> {
  const found: string[] = [];
  for (const [rule, sql] of Object.entries(contradictions)) {
    const { rows } = await database.raw(`${sql} limit 1`);
    if (rows.length > 0) found.push(`${rule}: ${Object.values(rows[0])[0]}`);
  }
  return found;
}

const lastingTables = [
  'invitation',
  'invitation_token',
  'invitation_grant',
  'redemption',
  'membership',
  'account_right',
  'account',
  'account_email',
  'mail',
  'audit_event',
];

/** A digest of everything that a look must not change. Visits and counts of tries are not among it. */
export async function snapshot(database: Database): Promise<readonly string[]> {
  const sql = (table: string) =>
    `select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as digest from guestlist."${table}" t`;
  const digests = await Promise.all(lastingTables.map((table) => database.raw(sql(table))));
  return digests.map(({ rows }) => rows[0].digest as string);
}

/** How many rows there are in `guestlist.<table>`, with an optional condition behind its name. */
export async function count(database: Database, table: string): Promise<number> {
  const { rows } = await database.raw(`select count(*)::int as count from guestlist.${table}`);
  return rows[0].count;
}
