/** Groups in groups: what comes down from above, and what does not. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ClaimFacts, defaultMappings, mapClaims } from '../../src/client/claim-mapping.ts';
import { addGroup, changeGroup, type GroupChange } from '../../src/group/manage.ts';
import { findMembershipFacts } from '../../src/group/membership-facts.ts';
import { countHolders, findClaimFacts, findRightHolders, findRoleHolders } from '../../src/group/membership-store.ts';
import { findFullGroups, findGroup, listGroups } from '../../src/group/store.ts';
import { findAbove } from '../../src/group/tree-store.ts';
import { addSeconds } from '../../src/lib/clock.ts';
import type { Database } from '../../src/lib/db.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { findContradictions } from '../support/invariants.ts';

const now = new Date('2026-11-21T10:00:00Z');
const before = addSeconds(now, -1);
const after = addSeconds(now, 1);
const long = addSeconds(now, -86_400);
const tools = { clock: () => long, random: secureRandom };

let testDatabase: TestDatabase;
let database: Database;
const ids: Record<string, string> = {};

/** union ⊃ verein ⊃ (choir ⊃ tenors, board), and guests beside them: each with a right that has its name. */
const parents = { union: undefined, verein: 'union', choir: 'verein', tenors: 'choir', board: 'verein', guests: undefined } as const;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = testDatabase.database;
  for (const [slug, parent] of Object.entries(parents)) {
    const { id } = await addGroup(database, { slug, name: slug.toUpperCase(), description: '', rights: [`${slug}:in`], parent }, tools);
    ids[slug] = id;
  }
});

beforeEach(async () => {
  await database('guestlist.membership').delete();
  await database('guestlist.account_right').delete();
  await database('guestlist.group').update({ archived_at: null, sensitive_at: null, capacity: null });
});

afterAll(async () => {
  expect(await findContradictions(database)).toEqual([]);
  await testDatabase.drop();
});

type Period = { readonly starts_at?: Date; readonly ends_at?: Date; readonly ended_at?: Date; readonly invitation_id?: string };
let nextId = 0;

async function join(slug: string, role = 'member', { accountId = 'ada', ...period }: Period & { accountId?: string } = {}): Promise<void> {
  const row = { id: `m${nextId++}`, account_id: accountId, group_id: ids[slug], role, starts_at: long, ...period };
  await database('guestlist.membership').insert(row);
}

const archive = (slug: string) => database('guestlist.group').where({ slug }).update({ archived_at: before });
const change = (slug: string, wish: GroupChange) => changeGroup(database, slug, { ...tools, actor: 'operator', change: wish });
const rightsOf = async (accountId = 'ada') => (await findClaimFacts(database, accountId, now)).entitlements;
const named = (...slugs: string[]) => slugs.map((slug) => ({ groupId: ids[slug], slug, name: slug.toUpperCase() }));

describe('rights', () => {
  it('come from every group above, and from none beneath or beside', async () => {
    await join('tenors', 'librarian');
    expect(await findClaimFacts(database, 'ada', now)).toEqual({
      groups: ['tenors'],
      roles: ['tenors:librarian'],
      entitlements: ['choir:in', 'tenors:in', 'union:in', 'verein:in'],
    });
    await join('union', 'manager', { accountId: 'bea' });
    expect(await rightsOf('bea')).toEqual(['union:in']);
    expect(await rightsOf('cleo')).toEqual([]);
  });

  it.each<[string, Period, boolean]>([
    ['was ended', { ended_at: before }, false],
    ['has lapsed', { ends_at: before }, false],
    ['ends at this very moment', { ends_at: now }, false],
    ['ends later', { ends_at: after }, true],
  ])('come through no membership that is over: one that %s', async (_what, period, isInForce) => {
    await join('tenors', 'member', period);
    expect(await rightsOf()).toEqual(isInForce ? ['choir:in', 'tenors:in', 'union:in', 'verein:in'] : []);
    expect(await findMembershipFacts(database, 'ada', now)).toMatchObject({
      memberships: isInForce ? [{ slug: 'tenors' }] : [],
      rights: isInForce ? [{}, {}, {}, {}] : [],
    });
  });

  it.each([
    ['union', ['choir:in', 'tenors:in', 'verein:in'], ['choir', 'verein']],
    ['verein', ['choir:in', 'tenors:in'], ['choir']],
    ['choir', ['tenors:in'], []],
  ])('come neither from %s while it is archived, nor through it', async (slug, rights, above) => {
    await join('tenors');
    await archive(slug);
    expect(await findClaimFacts(database, 'ada', now)).toMatchObject({ groups: ['tenors'], entitlements: rights });
    expect((await findMembershipFacts(database, 'ada', now)).memberships[0]?.ancestors).toEqual(named(...above));
    await change(slug, { archived: false });
    expect(await rightsOf()).toHaveLength(4);
  });

  it('of an archived group itself lead to nothing above it', async () => {
    await join('tenors');
    await archive('tenors');
    expect(await findClaimFacts(database, 'ada', now)).toEqual({ groups: [], roles: [], entitlements: [] });
    expect(await findMembershipFacts(database, 'ada', now)).toEqual({ memberships: [], rights: [] });
  });

  it('held on another way stay when one is archived', async () => {
    await join('tenors');
    await join('board');
    await archive('choir');
    expect(await rightsOf()).toEqual(['board:in', 'tenors:in', 'union:in', 'verein:in']);
  });

  it('are counted, and their holders found, through all levels', async () => {
    await join('tenors');
    await join('tenors', 'manager');
    await join('union', 'member', { accountId: 'bea', starts_at: addSeconds(long, -1) });
    await join('guests', 'member', { accountId: 'cleo' });
    await database('guestlist.account_right').insert({ id: 'r', account_id: 'dana', right_name: 'union:in', starts_at: now });
    expect(await countHolders(database, 'union:in', now)).toBe(3);
    expect(await findRightHolders(database, { right: 'union:in', now })).toEqual(['bea', 'ada', 'dana']);
    await archive('verein');
    expect(await countHolders(database, 'union:in', now)).toBe(2);
    expect(await findRightHolders(database, { right: 'union:in', now })).toEqual(['bea', 'dana']);
  });
});

describe('the facts for mappings', () => {
  it('are every role with the groups above it, the nearest first, and every right', async () => {
    await join('tenors', 'member');
    await join('tenors', 'librarian');
    await database('guestlist.invitation').insert({ id: 'second', max_uses: 1, created_at: long, expires_at: after });
    await join('tenors', 'member', { invitation_id: 'second' });
    await join('guests');
    // The type is the mapping's own: it takes them as they are.
    const facts: ClaimFacts = await findMembershipFacts(database, 'ada', now);
    expect(facts).toEqual({
      memberships: [
        { ...named('guests')[0], role: 'member', ancestors: [] },
        { ...named('tenors')[0], role: 'librarian', ancestors: named('choir', 'verein', 'union') },
        { ...named('tenors')[0], role: 'member', ancestors: named('choir', 'verein', 'union') },
      ],
      rights: ['choir:in', 'guests:in', 'tenors:in', 'union:in', 'verein:in'].map((name) => ({ name })),
    });
  });

  it('tell apps by default what the claims without mappings tell: direct groups only', async () => {
    for (const slug of ['tenors', 'board']) await join(slug, 'manager');
    const grantedScopes = ['groups', 'roles', 'entitlements'];
    const request = { use: 'id_token', grantedScopes, claimsParameter: [], attachedGroups: [] } as const;
    const claims = mapClaims(await findMembershipFacts(database, 'ada', now), defaultMappings, request);
    expect(claims).toEqual(await findClaimFacts(database, 'ada', now));
    expect(claims).toMatchObject({ groups: ['board', 'tenors'], roles: ['board:manager', 'tenors:manager'] });
  });
});

describe('the tree', () => {
  it('is listed with each group before those in it, and people where they are', async () => {
    await join('tenors');
    const seen = (await listGroups(database, { now, most: 1_000 })).map(({ slug, parent, depth, memberCount }) => [
      slug,
      parent,
      depth,
      memberCount,
    ]);
    expect(seen).toEqual([
      ['guests', null, 0, 0],
      ['union', null, 0, 0],
      ['verein', 'union', 1, 0],
      ['board', 'verein', 2, 0],
      ['choir', 'verein', 2, 0],
      ['tenors', 'choir', 3, 1],
    ]);
  });

  it('knows what is above, and ends where a group is archived', async () => {
    const above = async () =>
      Object.fromEntries(
        await findAbove(
          database,
          ['tenors', 'verein', 'guests'].map((slug) => ids[slug]!),
        ),
      );
    const chains = (tenors: string[], verein: string[]) => ({
      [ids['tenors']!]: tenors.map((slug) => ids[slug]),
      [ids['verein']!]: verein.map((slug) => ids[slug]),
    });
    expect(await above()).toEqual(chains(['choir', 'verein', 'union'], ['union']));
    await archive('verein');
    expect(await above()).toEqual(chains(['choir'], ['union']));
    expect(await findAbove(database, [])).toEqual(new Map());
  });

  it('names who runs a group: its own managers, else those of the nearest group above that has any', async () => {
    const runs = () => findRoleHolders(database, { groupId: ids['tenors']!, role: 'manager', now });
    await join('union', 'manager', { accountId: 'una' });
    await join('guests', 'manager', { accountId: 'gus' });
    expect(await runs()).toEqual(['una']);
    await join('choir', 'manager', { accountId: 'cem' });
    expect(await runs()).toEqual(['cem']);
    await join('tenors', 'manager', { accountId: 'tim', ended_at: before });
    await join('tenors', 'member', { accountId: 'tom' });
    expect(await runs()).toEqual(['cem']);
    await archive('choir');
    expect(await runs()).toEqual([]);
    await join('tenors', 'manager', { accountId: 'tia' });
    expect(await runs()).toEqual(['tia']);
  });

  it('makes every group beneath a sensitive one sensitive, as far as its rights come down', async () => {
    await change('verein', { sensitive: true });
    const sensitive = async () => {
      const slugs = Object.keys(parents);
      const found = await Promise.all(slugs.map((slug) => findGroup(database, slug)));
      return slugs.filter((_slug, index) => found[index]?.sensitive);
    };
    expect(await sensitive()).toEqual(['verein', 'choir', 'tenors', 'board']);
    expect((await listGroups(database, { now, most: 1_000 })).filter((group) => group.sensitive).map(({ slug }) => slug)).toEqual([
      'verein',
    ]);
    await archive('choir');
    expect(await sensitive()).toEqual(['verein', 'choir', 'board']);
  });

  it('does not fill a group with the people of those in it', async () => {
    await change('choir', { capacity: 1 });
    await join('tenors');
    expect(await findFullGroups(database, [ids['choir']!, ids['tenors']!], now)).toEqual([]);
    await join('choir', 'member', { accountId: 'bea' });
    expect(await findFullGroups(database, [ids['choir']!, ids['tenors']!], now)).toEqual([ids['choir']]);
  });
});
