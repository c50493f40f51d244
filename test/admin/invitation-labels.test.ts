/** Very many invitations with the same label, or with labels that begin alike: each is found once, the newest first. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InvitationFilter, seekInvitations } from '../../src/admin/invitation-store.ts';
import { addSeconds, systemClock } from '../../src/lib/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let own: TestDatabase;
const now = systemClock();

/** Of each label so many, one label after the other; between them others that have none. */
const made = `select lpad(to_hex(n), 12, '0') as id, case
    when n % 10 = 0 then '' when n <= 12000 then 'Spring A' when n <= 24000 then 'Spring B' else 'Autumn ' || n end as label
  from generate_series(1, 48000) as n`;

beforeAll(async () => {
  own = await createTestDatabase();
  await own.database.raw(
    `insert into guestlist.invitation (id, label, max_uses, created_at, expires_at) select id, label, 1, ?, ? from (${made}) made`,
    [now, addSeconds(now, 3_600)],
  );
  await own.database.raw('analyze guestlist.invitation');
}, 60_000);
afterAll(() => own?.drop());

async function seekAll(labelPrefix: string): Promise<string[]> {
  const filter = { labelPrefix } as InvitationFilter;
  const found: string[] = [];
  for (let before: string | undefined, passes = 0; passes < 300; passes += 1) {
    const sought = await seekInvitations(own.database, { filter, sight: undefined, before, looks: 5_000, most: 2_000, now });
    found.push(...sought.ids);
    if (sought.reached === undefined) return found;
    before = sought.reached;
  }
  throw new Error('it never comes to an end');
}

test.each([
  ['few that begin alike', 'autumn 24', 'Autumn 24%'],
  ['two labels, of very many', 'spring', 'Spring%'],
  ['very many labels', 'AUTUMN', 'Autumn%'],
  ['none at all', 'winter', 'Winter%'],
])('%s', async (_name, prefix, pattern) => {
  const sql = `select id from (${made}) made where label like ? order by id desc`;
  const { rows } = await own.database.raw(sql, [pattern]);
  const ids = rows.map(({ id }: { id: string }) => id);
  expect((await seekAll(prefix)).join()).toBe(ids.join());
});
