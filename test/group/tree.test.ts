/** Groups in groups: what comes down from above, what does not, and the limits that the database keeps. */
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
    const seen = (await listGroups(database, now)).map(({ slug, parent, depth, memberCount }) => [slug, parent, depth, memberCount]);
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
    expect((await listGroups(database, now)).filter((group) => group.sensitive).map(({ slug }) => slug)).toEqual(['verein']);
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

describe('moving', () => {
  const whereIs = async (slug: string) => (await listGroups(database, now)).find((group) => group.slug === slug)?.parent;

  it('takes all along that is beneath, at once and on record; null is the top', async () => {
    await join('tenors');
    await change('choir', { parent: 'guests' });
    expect(await rightsOf()).toEqual(['choir:in', 'guests:in', 'tenors:in']);
    await change('choir', { parent: null });
    expect(await rightsOf()).toEqual(['choir:in', 'tenors:in']);
    await change('choir', { capacity: 30 });
    expect(await whereIs('choir')).toBeNull();
    await change('choir', { parent: 'verein' });
    expect(await whereIs('choir')).toBe('verein');
    const entries = database('guestlist.audit_event as e').join('guestlist.audit_link as l', 'l.event_id', 'e.id');
    const details = await entries.where('e.subject', ids['choir']!).orderBy('l.seq').pluck('e.detail');
    expect(details.filter((detail) => 'parent' in detail).map(({ parent }) => parent)).toEqual(['verein', 'guests', null, 'verein']);
  });

  it.each(['verein', 'choir', 'tenors'])('into itself is refused, and changes nothing: verein into %s', async (parent) => {
    const refusal = { code: 'group_cycle', detail: { slug: 'verein', parent } };
    await expect(change('verein', { parent, capacity: 7 })).rejects.toMatchObject(refusal);
    expect((await listGroups(database, now)).find(({ slug }) => slug === 'verein')).toMatchObject({ parent: 'union', capacity: null });
  });

  it('is refused where there is no such group', async () => {
    await expect(change('choir', { parent: 'nowhere' })).rejects.toMatchObject({ code: 'group_not_found', detail: { slug: 'nowhere' } });
    const wish = { slug: 'lost', name: 'Lost', description: '', rights: ['lost:in'], parent: 'nowhere' };
    await expect(addGroup(database, wish, tools)).rejects.toMatchObject({ code: 'group_not_found', detail: { slug: 'nowhere' } });
    await expect(change('nowhere', { parent: 'choir' })).rejects.toMatchObject({ code: 'group_not_found', detail: { slug: 'nowhere' } });
    for (const parent of ['Choir', '', 'a b', 7]) await expect(change('choir', { parent } as GroupChange)).rejects.toThrow(TypeError);
    expect(await findGroup(database, 'lost')).toBeUndefined();
  });

  it('makes eight levels and no more, whether from above or from beneath', async () => {
    const add = async (slug: string, parent?: string) => {
      ids[slug] = (await addGroup(database, { slug, name: slug, description: '', rights: [], parent }, tools)).id;
    };
    await add('l1');
    for (let level = 2; level <= 8; level++) await add(`l${level}`, `l${level - 1}`);
    const tooDeep = (slug: string, parent: string) => ({ code: 'group_too_deep', detail: { slug, parent, levels: 8 } });
    await expect(add('l9', 'l8')).rejects.toMatchObject(tooDeep('l9', 'l8'));
    await expect(change('l1', { parent: 'guests' })).rejects.toMatchObject(tooDeep('l1', 'guests'));
    await expect(change('guests', { parent: 'l8' })).rejects.toMatchObject(tooDeep('guests', 'l8'));
    // choir has a level beneath it: it fits where one that has none is the last.
    await expect(change('choir', { parent: 'l7' })).rejects.toMatchObject(tooDeep('choir', 'l7'));
    await change('choir', { parent: 'l6' });
    await expect(change('verein', { parent: 'tenors' })).rejects.toMatchObject(tooDeep('verein', 'tenors'));
    await change('choir', { parent: 'verein' });
    await change('l8', { parent: null });
    await change('l1', { parent: 'l8' });
    await join('l7');
    expect((await findMembershipFacts(database, 'ada', now)).memberships[0]?.ancestors.map(({ slug }) => slug)).toEqual([
      'l6',
      'l5',
      'l4',
      'l3',
      'l2',
      'l1',
      'l8',
    ]);
  });

  it('is watched by the database itself, several groups in one statement too', async () => {
    const sql = (text: string) => database.raw(text, ids);
    await expect(sql('update guestlist."group" set parent_id = id where id = :guests')).rejects.toThrow(/group_not_its_own_parent/);
    await expect(sql('update guestlist."group" set parent_id = :tenors where id = :union')).rejects.toThrow(/union would be inside itself/);
    const circle =
      'update guestlist."group" set parent_id = case id when :guests then :union else :guests end where id in (:guests, :union)';
    await expect(sql(circle)).rejects.toThrow(/would be inside itself/);
    const tall = `insert into guestlist."group" (id, slug, name, created_at, parent_id)
      select 't' || n, 't' || n, 'T', now(), case n when 1 then :tenors else 't' || n - 1 end from generate_series(1, 5) n`;
    await expect(sql(tall)).rejects.toThrow(/more than eight levels/);
    // What is a tree in the end may be no tree in between.
    const swap = `update guestlist."group" set parent_id = case id when :choir then :guests when :guests then null else :choir end
      where id in (:choir, :guests, :board)`;
    await sql(swap);
    expect(await whereIs('board')).toBe('choir');
    await sql(
      'update guestlist."group" set parent_id = case id when :guests then null else :verein end where id in (:choir, :guests, :board)',
    );
  });
});
