/** What must hold whatever happened: places, redemptions, accounts and memberships tell the same story. */
import { type Database, isOutage, sqlStateOf } from '../../src/lib/db.ts';

/** One line for each rule that is broken, with an example; empty when all is well. The rules are in the database. */
export async function findContradictions(database: Database): Promise<string[]> {
  const { rows } = await database.raw(`select format('%s: %s', rule, example) as line from guestlist.contradictions()`);
  return rows.map(({ line }: { line: string }) => line);
}

/** Throws if a rule is broken. A test that has taken the database away, or its schema, is not asked about it. */
export async function assertInvariants(database: Database): Promise<void> {
  try {
    await database.raw('select guestlist.assert_invariants()');
  } catch (error) {
    const isGone = ['3F000', '42883', '42P01'].includes(sqlStateOf(error) ?? '');
    if (!isGone && !isOutage(error)) throw error;
  }
}

const lastingTables = [
  'invitation',
  'invitation_token',
  'invitation_grant',
  'invitation_template',
  'invitation_renewal',
  'mail_stop',
  'redemption',
  'approval',
  'agreement',
  'membership',
  'account_right',
  'account',
  'account_email',
  'account_token',
  'mail',
  'audit_event',
  'audit_link',
];

/** Who tries what they may not leaves an entry here, and nothing else. */
export const auditTables: readonly string[] = ['audit_event', 'audit_link'];

/** A digest of everything that a look must not change. Visits and counts of tries are not among it, nor what is `besides`. */
export async function snapshot(database: Database, besides: readonly string[] = []): Promise<readonly string[]> {
  const sql = (table: string) =>
    `select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as digest from guestlist."${table}" t`;
  const tables = lastingTables.filter((table) => !besides.includes(table));
  const digests = await Promise.all(tables.map((table) => database.raw(sql(table))));
  return digests.map(({ rows }) => rows[0].digest as string);
}

/** How many rows there are in `guestlist.<table>`, with an optional condition behind its name. */
export async function count(database: Database, table: string): Promise<number> {
  const { rows } = await database.raw(`select count(*)::int as count from guestlist.${table}`);
  return rows[0].count;
}
