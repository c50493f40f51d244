/** However few are looked at in one go, nothing is found twice, and nothing is left out. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InvitationFilter, seekInvitations } from '../../src/admin/invitation-store.ts';
import type { Sight } from '../../src/invitation/sight-store.ts';
import { addSeconds, systemClock } from '../../src/lib/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let own: TestDatabase;
const now = systemClock();

/** So many, newest last: most are in one group, some in others, in two at once, or in none; every fifth was made by Maya. */
const size = 600;
type Made = {
  readonly id: string;
  readonly groups: string[];
  readonly inviter: string | null;
  readonly email: string | null;
  readonly label: string;
  readonly open: boolean;
};
function labelOf(index: number): string {
  if (index % 6 === 1) return `Ärzte ${index % 4}`;
  return index % 6 === 2 ? '100 %_x' : index % 6 === 5 ? '100 xyz' : '';
}

const made: Made[] = Array.from({ length: size }, (_, index) => ({
  id: `0199f3f0-${(1000 + index).toString(16).padStart(4, '0')}-7000-8000-000000000000`,
  groups:
    index % 3 > 0 ? ['big'] : index % 7 === 0 ? ['small', 'foreign'] : index % 4 === 0 ? ['small'] : index % 2 === 0 ? ['foreign'] : [],
  inviter: index % 5 === 0 ? 'maya' : null,
  email: index % 10 === 3 ? `person${index}@example.org` : null,
  label: labelOf(index),
  open: index % 17 === 0,
}));

beforeAll(async () => {
  own = await createTestDatabase();
  const { database } = own;
  for (const slug of ['big', 'small', 'foreign'])
    await database.raw(`insert into guestlist."group" (id, slug, name, created_at) values (?, ?, ?, ?)`, [slug, slug, slug, now]);
  await database('guestlist.invitation').insert(
    made.map(({ id, inviter, email, label, open }) => ({
      id,
      label,
      inviter_id: inviter,
      email,
      email_key: email,
      email_rule: email && 'any',
      max_uses: 1,
      created_at: now,
      expires_at: addSeconds(now, open ? 3_600 : -3_600),
    })),
  );
  const grants = made.flatMap(({ id, groups }) =>
    groups.map((group, position) => ({ invitation_id: id, position, group_id: group, role: 'member' })),
  );
  await database('guestlist.invitation_grant').insert(grants);
  await database.raw('analyze guestlist.invitation, guestlist.invitation_grant');
});
afterAll(() => own?.drop());

const everything: InvitationFilter = {
  state: undefined,
  groupId: undefined,
  inviter: undefined,
  campaignId: undefined,
  emailPrefix: undefined,
  labelPrefix: undefined,
  createdAfter: undefined,
  createdBefore: undefined,
};

async function seekAll(filter: Partial<InvitationFilter>, sight: Sight): Promise<string[]> {
  const found: string[] = [];
  let before: string | undefined;
  for (let passes = 0; passes < 200; passes += 1) {
    const { ids, reached } = await seekInvitations(own.database, {
      filter: { ...everything, ...filter },
      sight,
      before,
      looks: 60,
      most: 30,
      now,
    });
    found.push(...ids);
    if (reached === undefined) return found;
    before = reached;
  }
  throw new Error('it never comes to an end');
}

const maya: Sight = { accountId: 'maya', groupIds: ['big', 'small'] };
const isMayas = ({ inviter, groups }: Made) =>
  inviter === 'maya' || (groups.length > 0 && groups.every((group) => group === 'big' || group === 'small'));

const cases: readonly (readonly [string, Partial<InvitationFilter>, (one: Made) => boolean])[] = [
  ['everything', {}, () => true],
  ['one state', { state: 'open' }, ({ open }) => open],
  ['the other one', { state: 'expired' }, ({ open }) => !open],
  ['a group', { groupId: 'small' }, ({ groups }) => groups.includes('small')],
  ['an inviter', { inviter: 'maya' }, ({ inviter }) => inviter === 'maya'],
  ['the operator', { inviter: 'operator', state: 'open' }, ({ inviter, open }) => inviter === null && open],
  ['few letters of an address', { emailPrefix: 'p' }, ({ email }) => email !== null],
  [
    'more of them, in a group',
    { emailPrefix: 'Person1', groupId: 'big' },
    ({ email, groups }) => email?.startsWith('person1') === true && groups.includes('big'),
  ],
  ['how a label begins', { labelPrefix: 'Ärz' }, ({ label }) => label.startsWith('Ärz')],
  ['in other letters, of one state', { labelPrefix: 'ÄRZTE', state: 'expired' }, ({ label, open }) => label.startsWith('Ärz') && !open],
  ['signs that mean something elsewhere', { labelPrefix: '100 %_' }, ({ label }) => label === '100 %_x'],
  ['a label, in a group', { labelPrefix: 'ä', groupId: 'big' }, ({ label, groups }) => label.startsWith('Ä') && groups.includes('big')],
];

test.each(cases)('%s: an admin finds all of it, in order', async (_name, filter, fits) => {
  const expected = made.filter(fits).map(({ id }) => id);
  expect(expected.length).toBeGreaterThan(5);
  expect(await seekAll(filter, undefined)).toEqual(expected.toReversed());
});

test.each(cases)('%s: a manager finds all of it that is theirs, in order', async (_name, filter, fits) => {
  const expected = made.filter((one) => fits(one) && isMayas(one)).map(({ id }) => id);
  expect(expected.length).toBeGreaterThan(0);
  expect(await seekAll(filter, maya)).toEqual(expected.toReversed());
});
