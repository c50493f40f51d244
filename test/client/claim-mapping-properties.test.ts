import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClaimFacts, type ClaimRequest, type GroupName, mapClaims } from '../../src/client/claim-mapping.ts';
import { reservedClaims } from '../../src/client/claim-name.ts';
import { lintMappings, mappedClaimsLimit, sizeOf } from '../../src/client/mapping-lint.ts';
import { type ClaimMapping, claimMappingsSchema, claimUses } from '../../src/client/mapping-schema.ts';

/** Few enough to meet; names and slugs as nobody would wish them. */
const slugs = ['a', 'b-1', 'choir', 'constructor', 'wiki.edit', 'z'.repeat(64)];
const names = ['Choir', 'a,b', 'x y', '', ' ', '__proto__', 'Ünï😀', '\ud800', '"\\', 'choir', 'toString'];
const groups: readonly GroupName[] = slugs.flatMap((slug, index) =>
  index === 0 ? [{ groupId: 'g0', slug, name: 'Choir' }] : [{ groupId: `g${index}`, slug, name: names[index % names.length] ?? '' }],
);
const oddName = fc.oneof(fc.constantFrom(...names), fc.string({ unit: 'binary', maxLength: 20 }));
/** Whole worlds: in each, a group has one name. */
const world = fc
  .array(oddName, { minLength: slugs.length, maxLength: slugs.length })
  .map((labels) => groups.map((group, index) => ({ ...group, name: labels[index] ?? '' })));

const facts: fc.Arbitrary<ClaimFacts> = world.chain((all) =>
  fc.record({
    memberships: fc.array(
      fc
        .record({ group: fc.constantFrom(...all), role: fc.constantFrom('member', 'manager', 'a.b'), ancestors: fc.subarray(all) })
        .map(({ group, ...rest }) => ({ ...group, ...rest })),
      { maxLength: 15 },
    ),
    rights: fc.array(
      fc.constantFrom('wiki:edit', 'files:read', 'a/b').map((name) => ({ name })),
      { maxLength: 4 },
    ),
  }),
);
/** Hundreds and thousands of groups, with long slugs. */
const crowd: fc.Arbitrary<ClaimFacts> = fc.integer({ min: 100, max: 3000 }).map((count) => ({
  memberships: Array.from({ length: count }, (_, index) => {
    const slug = `${'group'.repeat(8)}-${index}`;
    return { groupId: `c${index}`, slug, name: slug, role: 'member', ancestors: [] };
  }),
  rights: [],
}));

const text = fc.constantFrom('admin', 'a b', 'ü', 'x,y', 'oidc:', '__proto__');
const name = fc.constantFrom(
  'groups',
  'app',
  'app.groups',
  'app.x.y',
  'https://a.example/b.c',
  'ns:groups',
  'toString',
  'groups_overage',
  'sub',
  'a.b',
);
const constant = fc.oneof(text, fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.array(text, { maxLength: 3 }));

const knobs = fc.record({
  name,
  source: fc.constantFrom('groups', 'groups', 'roles', 'entitlements', 'constant'),
  value: fc.oneof(
    fc.constantFrom({ kind: 'slug' }, { kind: 'id' }, { kind: 'name' }),
    text.map((prefix) => ({ kind: 'prefix', prefix })),
    fc.record({
      kind: fc.constant('table'),
      table: fc.dictionary(fc.constantFrom(...slugs, 'choir:member'), fc.oneof(text, fc.array(text, { maxLength: 3 }))),
      unlisted: fc.constantFrom('drop', 'keep'),
    }),
  ),
  format: fc.constantFrom('array', 'comma', 'space', 'map', 'roles', 'scim'),
  where: fc.subarray([...claimUses], { minLength: 1 }),
  filter: fc.oneof(
    fc.constantFrom({ kind: 'all' }, { kind: 'all' }, { kind: 'attached' }),
    fc.subarray(slugs, { minLength: 1 }).map((listed) => ({ kind: 'list', names: listed })),
    fc.constantFrom('*', 'c*', '*o?r', '?', 'group*').map((pattern) => ({ kind: 'pattern', pattern })),
  ),
  ancestors: fc.boolean(),
  empty: fc.constantFrom('present', 'absent'),
  maximum: fc.constantFrom(1, 3, 200, 10_000, null),
  trigger: fc.record({ scopes: fc.subarray(['groups', 'wiki']), claimsParameter: fc.boolean(), always: fc.boolean() }),
  constant: fc.option(constant, { nil: undefined }),
  otherwise: fc.option(fc.constantFrom('no'), { nil: undefined, freq: 1 }),
});

const isOfSource = ({ source, constant: given }: { readonly source: string; readonly constant?: unknown }) =>
  (source === 'constant') === (given !== undefined);

/** Whatever the schema takes of what is thrown at it. */
const mappings: fc.Arbitrary<readonly ClaimMapping[]> = fc
  .array(knobs.filter(isOfSource), { maxLength: 4 })
  .map((all) => claimMappingsSchema.safeParse(all))
  .filter((parsed) => parsed.success)
  .map((parsed) => parsed.data ?? []);

const request: fc.Arbitrary<ClaimRequest> = fc.record({
  use: fc.constantFrom(...claimUses),
  grantedScopes: fc.subarray(['openid', 'groups', 'wiki']),
  claimsParameter: fc.subarray(['groups', 'app', 'sub', 'toString']),
  attachedGroups: fc.subarray(['g0', 'g2', 'g3', 'c1']),
});

function check<Values extends [unknown, ...unknown[]]>(property: fc.IProperty<Values>): void {
  fc.assert(property, { numRuns: 500 });
}

/** Every string anywhere in it, keys included. */
function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [...(Array.isArray(value) ? [] : [key]), ...stringsIn(inner)]);
}

describe('whatever the mappings and the memberships', () => {
  it('the schema takes enough of them to make these tests worth something', () => {
    const samples = fc.sample(mappings, { numRuns: 300, seed: 1 });
    expect(samples.filter((all) => all.length > 1).length).toBeGreaterThan(30);
    const told = fc.sample(fc.tuple(facts, mappings, request), { numRuns: 300, seed: 2 }).map((all) => mapClaims(...all));
    expect(told.filter((claims) => Object.keys(claims).length > 0).length).toBeGreaterThan(50);
  });

  it('the claims are JSON, and no member of them is lost on the way', () => {
    check(
      fc.property(facts, mappings, request, (...all) => {
        const claims = mapClaims(...all);
        expect(Object.getPrototypeOf(claims)).toBe(Object.prototype);
        const copy = JSON.parse(JSON.stringify(claims));
        // A lone surrogate comes back as itself, and minus zero as zero.
        expect(JSON.stringify(copy)).toBe(JSON.stringify(claims));
        expect(stringsIn(copy)).toEqual(stringsIn(claims));
      }),
    );
  });

  it('no claim of the protocol or the account is among them, and none that nothing maps', () => {
    check(
      fc.property(facts, mappings, request, (person, all, asked) => {
        const tops = new Set(all.flatMap((one) => [one.name, one.name.split('.')[0] ?? '', `${one.name}_overage`]));
        for (const key of Object.keys(mapClaims(person, all, asked))) {
          expect(reservedClaims.has(key)).toBe(false);
          expect(tops).toContain(key);
        }
      }),
    );
  });

  it('nobody hears what was not asked for', () => {
    check(
      fc.property(facts, mappings, request, (person, all, asked) => {
        const unasked = all.map((one) => ({ ...one, trigger: { ...one.trigger, always: false } }));
        expect(mapClaims(person, unasked, { ...asked, grantedScopes: ['openid'], claimsParameter: [] })).toEqual({});
        const elsewhere = all.filter(({ where }) => !where.includes(asked.use));
        expect(mapClaims(person, elsewhere, asked)).toEqual({});
      }),
    );
  });

  it('a group that the filter keeps out is as if nobody were in it', () => {
    const filtered = mappings.map((all) => all.filter(({ source, filter }) => source !== 'entitlements' && filter.kind !== 'all'));
    check(
      fc.property(facts, filtered, request, (person, all, asked) => {
        for (const one of all) {
          const isIn = ({ groupId, slug }: GroupName) => {
            if (one.filter.kind === 'attached') return asked.attachedGroups.includes(groupId);
            if (one.filter.kind === 'list') return one.filter.names.includes(slug);
            const pattern = one.filter.kind === 'pattern' ? one.filter.pattern : '*';
            return new RegExp(`^${pattern.replace(/[.]/g, '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`).test(slug);
          };
          const known = person.memberships.map((membership) => ({ ...membership, ancestors: membership.ancestors.filter(isIn) }));
          const above = known.flatMap(({ ancestors }) => ancestors.map((group) => ({ ...group, role: 'member', ancestors: [] })));
          const memberships = [...known.filter(isIn), ...(one.ancestors ? above : [])];
          const rest = { memberships: memberships.map((membership) => ({ ...membership, ancestors: [] })), rights: [] };
          // A constant with a filter says whether somebody is in one of these groups; without it, everybody hears it.
          const open = one.source === 'constant' ? one : { ...one, filter: { kind: 'all' as const } };
          expect(mapClaims(person, [one], asked)).toEqual(mapClaims(rest, [open], asked));
        }
      }),
    );
  });

  it('the order of what goes in changes nothing, and neither does asking twice', () => {
    const shuffled = facts.chain((person) =>
      fc.tuple(
        fc.constant(person),
        fc.shuffledSubarray([...person.memberships], { minLength: person.memberships.length }),
        fc.shuffledSubarray([...person.rights], { minLength: person.rights.length }),
      ),
    );
    check(
      fc.property(shuffled, mappings, request, ([person, memberships, rights], all, asked) => {
        const claims = JSON.stringify(mapClaims(person, all, asked));
        expect(JSON.stringify(mapClaims(person, all, asked))).toBe(claims);
        const turned = memberships.map((membership) => ({ ...membership, ancestors: membership.ancestors.toReversed() }));
        expect(JSON.stringify(mapClaims({ memberships: turned, rights }, all, asked))).toBe(claims);
      }),
    );
  });

  it('a string holds exactly the values that the list would, but for those that would tear it', () => {
    const joined = mappings.map((all) => all.filter(({ source, maximum }) => source !== 'constant' && maximum === null).slice(0, 1));
    check(
      fc.property(facts, joined, fc.constantFrom('comma' as const, 'space' as const), (person, all, format) => {
        for (const one of all) {
          const always = { ...one, name: 'x', trigger: { scopes: [], claimsParameter: false, always: true } };
          const asked = { use: one.where[0] ?? 'id_token', grantedScopes: [], claimsParameter: [], attachedGroups: ['g0'] };
          const list = mapClaims(person, [{ ...always, format: 'array' }], asked)['x'] ?? [];
          const string = mapClaims(person, [{ ...always, format }], asked)['x'] ?? '';
          const parts = String(string)
            .split(format === 'comma' ? ',' : ' ')
            .filter((part) => part !== '');
          for (const part of parts) expect(list).toContain(part);
        }
      }),
    );
  });

  it('a token is small enough, or the lint refuses', () => {
    fc.assert(
      fc.property(fc.oneof(facts, crowd), mappings, request, (person, all, asked) => {
        const client = { scopes: ['groups', 'wiki'], hasJwtAccessTokens: true, attachedGroups: asked.attachedGroups };
        const isRefused = lintMappings(all, client, [person]).some(({ level }) => level === 'refusal');
        const isToken = asked.use === 'id_token' || asked.use === 'access_token';
        if (isToken && !isRefused) expect(sizeOf(mapClaims(person, all, asked))).toBeLessThanOrEqual(mappedClaimsLimit);
      }),
      { numRuns: 200 },
    );
  });
});
