/** Any forest, any moves: the database refuses exactly what would be no forest, and agrees with a computation that is plainly right. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { changeGroup } from '../../src/group/manage.ts';
import { findMembershipFacts } from '../../src/group/membership-facts.ts';
import { countHolders, findClaimFacts, findRightHolders } from '../../src/group/membership-store.ts';
import { findAbove } from '../../src/group/tree-store.ts';
import { addSeconds } from '../../src/lib/clock.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { findContradictions } from '../support/invariants.ts';

const now = new Date('2026-11-21T10:00:00Z');
const groups = Array.from({ length: 12 }, (_, index) => `g${String.fromCharCode(97 + index)}`);
let own: TestDatabase;

beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own?.drop());

type Place = { readonly group: string; readonly role: string; readonly state: 'in force' | 'ended' | 'lapsed' };
type World = {
  readonly moves: readonly (readonly [group: string, parent: string | null])[];
  readonly archived: readonly string[];
  readonly places: readonly Place[];
  readonly own: readonly string[];
};

const group: fc.Arbitrary<string> = fc.constantFrom(...groups);
const worlds: fc.Arbitrary<World> = fc.record({
  moves: fc.array(fc.tuple(group, fc.option(group, { freq: 8, nil: null })), { minLength: 20, maxLength: 50 }),
  archived: fc.subarray(groups, { maxLength: 2 }),
  places: fc.uniqueArray(
    fc.record({
      group,
      role: fc.constantFrom('member', 'manager'),
      state: fc.constantFrom<Place['state']>('in force', 'in force', 'ended', 'lapsed'),
    }),
    { maxLength: 6, selector: (place) => `${place.group}:${place.role}` },
  ),
  own: fc.subarray(groups, { maxLength: 2 }),
});

/** Each group's parent, as it should be. */
type Forest = Map<string, string | null>;

function chainOf(forest: Forest, slug: string): string[] {
  const parent = forest.get(slug);
  return parent ? [parent, ...chainOf(forest, parent)] : [];
}

function expectedEnd(forest: Forest, slug: string, parent: string | null): string {
  if (parent === null) return 'done';
  const chain = [parent, ...chainOf(forest, parent)];
  if (chain.includes(slug)) return 'group_cycle';
  const beneath = groups.map((other) => [other, ...chainOf(forest, other)].indexOf(slug) + 1);
  return chain.length + Math.max(...beneath) > 8 ? 'group_too_deep' : 'done';
}

async function endOf(slug: string, parent: string | null): Promise<string> {
  const tools = { clock: () => now, random: secureRandom, actor: 'operator' };
  return changeGroup(own.database, slug, { ...tools, change: { parent } }).then(
    () => 'done',
    (error) => {
      if (error instanceof Failure) return error.code;
      throw error;
    },
  );
}

/** Nothing comes from an archived group or through it. */
function naiveAbove(forest: Forest, archived: readonly string[], slug: string): string[] {
  const chain = chainOf(forest, slug);
  const stop = chain.findIndex((above) => archived.includes(above));
  return stop < 0 ? chain : chain.slice(0, stop);
}

function naiveFacts(forest: Forest, { archived, places, own: direct }: World) {
  const counting = places.filter(({ group: slug, state }) => state === 'in force' && !archived.includes(slug));
  const memberships = [...new Set(counting.map(({ group: slug, role }) => `${slug}:${role}`))].toSorted().map((text) => {
    const [slug = '', role = ''] = text.split(':');
    return { slug, role, ancestors: naiveAbove(forest, archived, slug) };
  });
  const reached = memberships.flatMap(({ slug, ancestors }) => [slug, ...ancestors]);
  return { memberships, rights: [...new Set([...reached, ...direct])].toSorted() };
}

async function begin(): Promise<void> {
  for (const table of ['membership', 'account_right', 'group_right', 'right', 'group']) await own.database(`guestlist.${table}`).delete();
  const created = { created_at: now };
  await own.database('guestlist.group').insert(groups.map((slug) => ({ id: slug, slug, name: slug, ...created })));
  await own.database('guestlist.right').insert(groups.map((name) => ({ name, ...created })));
  await own.database('guestlist.group_right').insert(groups.map((slug) => ({ group_id: slug, right_name: slug })));
}

async function populate({ archived, places, own: direct }: World): Promise<void> {
  const at = addSeconds(now, -60);
  const periods = { 'in force': {}, ended: { ended_at: at }, lapsed: { ends_at: at } };
  const row = { account_id: 'ada', starts_at: addSeconds(now, -3600) };
  await own.database('guestlist.group').whereIn('slug', archived).update({ archived_at: at });
  for (const [index, { group: slug, role, state }] of places.entries()) {
    const place = { id: `m${index}`, ...row, group_id: slug, role, ...periods[state] };
    await own.database('guestlist.membership').insert(place);
  }
  for (const name of direct) await own.database('guestlist.account_right').insert({ id: name, ...row, right_name: name });
}

it('random forests and moves: never a circle, and the same rights as counted by hand', async () => {
  const seen = new Set<string>();
  const run = async (world: World) => {
    await begin();
    const forest: Forest = new Map(groups.map((slug) => [slug, null]));
    for (const [slug, parent] of world.moves) {
      const expected = expectedEnd(forest, slug, parent);
      expect(await endOf(slug, parent)).toBe(expected);
      if (expected === 'done') forest.set(slug, parent);
      seen.add(expected);
    }
    await populate(world);
    const wanted = naiveFacts(forest, world);
    const facts = await findMembershipFacts(own.database, 'ada', now);
    const found = facts.memberships.map(({ slug, role, ancestors }) => ({ slug, role, ancestors: ancestors.map((above) => above.slug) }));
    expect({ memberships: found, rights: facts.rights.map(({ name }) => name) }).toEqual(wanted);
    const claims = await findClaimFacts(own.database, 'ada', now);
    expect(claims).toEqual({
      groups: [...new Set(wanted.memberships.map(({ slug }) => slug))],
      roles: wanted.memberships.map(({ slug, role }) => `${slug}:${role}`),
      entitlements: wanted.rights,
    });
    const holders = await Promise.all(groups.map((right) => findRightHolders(own.database, { right, now })));
    expect(groups.filter((_right, index) => holders[index]?.includes('ada'))).toEqual(wanted.rights);
    expect(await Promise.all(groups.map((right) => countHolders(own.database, right, now)))).toEqual(holders.map(({ length }) => length));
    const above = await findAbove(own.database, groups);
    for (const slug of groups) expect(above.get(slug) ?? []).toEqual(naiveAbove(forest, world.archived, slug));
    expect(await findContradictions(own.database)).toEqual([]);
  };
  await fc.assert(fc.asyncProperty(worlds, run), { numRuns: 25 });
  expect(seen).toContain('group_cycle');
}, 120_000);

it('deep forests: the ninth level is refused from wherever it comes', async () => {
  const seen = new Set<string>();
  // Mostly chains: each group moves beneath one that is named just before it.
  const move = fc.tuple(fc.nat(10), fc.nat(2)).map(([index, back]) => [groups[index + 1]!, groups[Math.max(0, index - back)]!] as const);
  const oneLongChain = groups.slice(1).map((slug, index) => [slug, groups[index]!] as const);
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 25, maxLength: 40 }), async (moves) => {
      await begin();
      const forest: Forest = new Map(groups.map((slug) => [slug, null]));
      for (const [slug, parent] of moves) {
        const expected = expectedEnd(forest, slug, parent);
        expect(await endOf(slug, parent)).toBe(expected);
        if (expected === 'done') forest.set(slug, parent);
        seen.add(expected);
      }
      expect(await findContradictions(own.database)).toEqual([]);
    }),
    { numRuns: 20, examples: [[oneLongChain]] },
  );
  expect(seen).toContain('group_too_deep');
}, 120_000);
