import { describe, expect, it } from 'vitest';
import { type ClaimRequest, mapClaims } from '../../src/client/claim-mapping.ts';
import { claimMappingsSchema } from '../../src/client/mapping-schema.ts';
import { ada, asksForAll, board, choir, house, mapping, member, nobody, personIn } from './facts.ts';

/** Of the claim `groups`, unless the knobs name another. */
function claimsOf(knobs: Readonly<Record<string, unknown>> = {}, request: Partial<ClaimRequest> = {}, facts = ada) {
  return mapClaims(facts, mapping(knobs), { ...asksForAll, ...request });
}

function groupsOf(knobs: Readonly<Record<string, unknown>> = {}, request: Partial<ClaimRequest> = {}, facts = ada) {
  return claimsOf(knobs, request, facts)['groups'];
}

describe('the name of a claim', () => {
  it.each([
    ['groups', { groups: ['choir'] }],
    ['humio-groups', { 'humio-groups': ['choir'] }],
    ['cognito:groups', { 'cognito:groups': ['choir'] }],
    ['https://app.example.org/claims/groups', { 'https://app.example.org/claims/groups': ['choir'] }],
    ['urn:example:v1.2:groups', { 'urn:example:v1.2:groups': ['choir'] }],
    ['resource_access.wiki.roles', { resource_access: { wiki: { roles: ['choir'] } } }],
    ['a.b.toString.d', { a: { b: { toString: { d: ['choir'] } } } }],
  ])('%s leads where it should', (name, expected) => {
    const claims = claimsOf({ name }, {}, { memberships: [member(choir)], rights: [] });
    expect(JSON.parse(JSON.stringify(claims))).toEqual(expected);
  });

  it('can share an object with another', () => {
    const mappings = claimMappingsSchema.parse([
      { name: 'app.groups', source: 'groups', where: ['id_token'], trigger: { always: true } },
      { name: 'app.rights', source: 'entitlements', where: ['id_token'], trigger: { always: true } },
    ]);
    expect(mapClaims(ada, mappings, asksForAll)).toEqual({
      app: { groups: ['board', 'choir', 'choir-tenors'], rights: ['files:read', 'wiki:edit'] },
    });
  });
});

describe('the values', () => {
  it('are slugs, by themselves or behind a prefix', () => {
    expect(groupsOf()).toEqual(['board', 'choir', 'choir-tenors']);
    expect(groupsOf({ value: { kind: 'prefix', prefix: 'oidc:' } })).toEqual(['oidc:board', 'oidc:choir', 'oidc:choir-tenors']);
  });

  it('are ids or names, still in the order of slugs', () => {
    expect(groupsOf({ value: { kind: 'id' } })).toEqual(['g-board', 'g-choir', 'g-tenors']);
    expect(groupsOf({ value: { kind: 'name' } })).toEqual(['Board', 'Choir', 'Tenors, high']);
  });

  it('are those of a table, each once; what it does not list is dropped or kept', () => {
    const table = { choir: ['readonly', 'listen'], board: 'readonly' };
    expect(groupsOf({ value: { kind: 'table', table, unlisted: 'drop' } })).toEqual(['readonly', 'listen']);
    expect(groupsOf({ value: { kind: 'table', table, unlisted: 'keep' } })).toEqual(['readonly', 'listen', 'choir-tenors']);
  });

  it('of a table are its own only, not those of every object', () => {
    const facts = { memberships: [member({ groupId: 'g', slug: 'constructor', name: 'C' })], rights: [] };
    expect(groupsOf({ value: { kind: 'table', table: {}, unlisted: 'drop' } }, {}, facts)).toEqual([]);
  });

  it('are roles with the group before them, or rights', () => {
    expect(groupsOf({ source: 'roles' })).toEqual(['board:treasurer', 'choir-tenors:member', 'choir:librarian', 'choir:member']);
    expect(groupsOf({ source: 'roles', value: { kind: 'table', table: { 'board:treasurer': 'admin' }, unlisted: 'drop' } })).toEqual([
      'admin',
    ]);
    expect(groupsOf({ source: 'entitlements' })).toEqual(['files:read', 'wiki:edit']);
  });
});

describe('the groups above', () => {
  it('are told where they are wanted; whoever is below is a plain member there', () => {
    expect(groupsOf({ ancestors: true })).toEqual(['board', 'choir', 'choir-tenors', 'house']);
    expect(groupsOf({ ancestors: true, source: 'roles', filter: { kind: 'list', names: ['house', 'choir'] } })).toEqual([
      'choir:librarian',
      'choir:member',
      'house:member',
    ]);
  });

  it('go through the filter by themselves', () => {
    expect(groupsOf({ ancestors: true, filter: { kind: 'attached' } }, { attachedGroups: [house.groupId] })).toEqual(['house']);
  });
});

describe('the filter', () => {
  it('lets through what is attached to the client, or nothing', () => {
    expect(groupsOf({ filter: { kind: 'attached' } }, { attachedGroups: [board.groupId, 'g-other'] })).toEqual(['board']);
    expect(groupsOf({ filter: { kind: 'attached' } })).toEqual([]);
  });

  it('lets through what is listed', () => {
    expect(groupsOf({ filter: { kind: 'list', names: ['choir', 'unknown'] } })).toEqual(['choir']);
    expect(groupsOf({ source: 'entitlements', filter: { kind: 'list', names: ['wiki:edit'] } })).toEqual(['wiki:edit']);
  });

  it.each([
    ['choir*', ['choir', 'choir-tenors']],
    ['choir-*', ['choir-tenors']],
    ['*r*s', ['choir-tenors']],
    ['?oard', ['board']],
    ['????', []],
    ['*', ['board', 'choir', 'choir-tenors']],
    ['**o**', ['board', 'choir', 'choir-tenors']],
    ['choir', ['choir']],
    ['choi', []],
    ['hoir', []],
  ])('takes the pattern %s from beginning to end', (pattern, expected) => {
    expect(groupsOf({ filter: { kind: 'pattern', pattern } })).toEqual(expected);
  });

  it('takes no long time for the worst of patterns', () => {
    const slug = `${'a'.repeat(63)}b`;
    const facts = { memberships: [member({ groupId: 'g', slug, name: slug })], rights: [] };
    const begun = performance.now();
    expect(groupsOf({ filter: { kind: 'pattern', pattern: `${'a*'.repeat(49)}c` } }, {}, facts)).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(100);
  });
});

describe('the format', () => {
  const filter = { kind: 'list', names: ['choir', 'board'] };

  it.each([
    ['array', ['board', 'choir']],
    ['comma', 'board,choir'],
    ['space', 'board choir'],
    ['map', { board: true, choir: true }],
    ['roles', { board: ['treasurer'], choir: ['librarian', 'member'] }],
    [
      'scim',
      [
        { value: 'board', display: 'Board' },
        { value: 'choir', display: 'Choir' },
      ],
    ],
  ])('%s', (format, expected) => expect(groupsOf({ format, filter })).toEqual(expected));

  it('of one string leaves out what would read as something else', () => {
    const odd = ['a,admins', ' lead', 'fine', 'tab\tin'];
    const facts = { memberships: odd.map((name, index) => member({ groupId: `g${index}`, slug: `s${index}`, name })), rights: [] };
    expect(groupsOf({ format: 'comma', value: { kind: 'name' } }, {}, facts)).toBe('fine,tab\tin');
    expect(groupsOf({ format: 'space', value: { kind: 'name' } }, {}, facts)).toBe('a,admins fine');
  });

  it('of an object has no key that is a prototype', () => {
    const facts = { memberships: [member({ groupId: 'g', slug: 's', name: '__proto__' })], rights: [] };
    const claim = groupsOf({ format: 'map', value: { kind: 'name' } }, {}, facts);
    expect(Object.keys(claim as object)).toEqual([]);
    expect(Object.getPrototypeOf(claim)).toBe(Object.prototype);
  });
});

describe('where and when', () => {
  it.each(['id_token', 'userinfo', 'access_token', 'introspection'] as const)('a claim for %s is told there and nowhere else', (use) => {
    for (const asked of ['id_token', 'userinfo', 'access_token', 'introspection'] as const)
      expect('groups' in claimsOf({ where: [use] }, { use: asked })).toBe(asked === use);
  });

  it('a claim is told with one of its scopes, by the claims parameter, or always, and not otherwise', () => {
    const trigger = { scopes: ['wiki', 'groups'], claimsParameter: true };
    const asked = (knobs: object, request: Partial<ClaimRequest>) =>
      'groups' in claimsOf({ trigger: knobs }, { grantedScopes: [], ...request });
    expect(asked(trigger, {})).toBe(false);
    expect(asked(trigger, { grantedScopes: ['openid', 'wiki'] })).toBe(true);
    expect(asked(trigger, { claimsParameter: ['groups'] })).toBe(true);
    expect(asked({ ...trigger, claimsParameter: false }, { claimsParameter: ['groups'] })).toBe(false);
    expect(asked({ always: true }, {})).toBe(true);
  });

  it('a claim within an object is asked for by the name of the object', () => {
    const knobs = { name: 'resource_access.wiki.roles', trigger: { scopes: [] } };
    expect(claimsOf(knobs, { claimsParameter: ['resource_access'] })).toHaveProperty('resource_access.wiki.roles');
    expect(claimsOf(knobs, { claimsParameter: ['wiki'] })).toEqual({});
  });
});

describe('nothing to tell', () => {
  it.each([
    ['array', []],
    ['comma', ''],
    ['map', {}],
  ])('is an empty %s, or no claim', (format, expected) => {
    expect(claimsOf({ format }, {}, nobody)).toEqual({ groups: expected });
    expect(claimsOf({ format, empty: 'absent' }, {}, nobody)).toEqual({});
  });
});

describe('more than the maximum', () => {
  const knobs = { where: ['id_token', 'userinfo', 'access_token', 'introspection'], maximum: 3 };

  it('is told in UserInfo, and elsewhere stands a sign for it', () => {
    for (const use of ['id_token', 'access_token', 'introspection'] as const)
      expect(claimsOf(knobs, { use }, personIn(4))).toEqual({ groups_overage: true });
    expect(groupsOf(knobs, { use: 'userinfo' }, personIn(4))).toHaveLength(4);
    expect(groupsOf(knobs, {}, personIn(3))).toHaveLength(3);
  });

  it('counts what is left after the filter', () => {
    expect(groupsOf({ ...knobs, filter: { kind: 'pattern', pattern: 'group-000?' } }, {}, personIn(500))).toBeUndefined();
    expect(groupsOf({ ...knobs, filter: { kind: 'list', names: ['group-0001'] } }, {}, personIn(500))).toEqual(['group-0001']);
  });

  it('has its sign beside the claim, in the same object', () => {
    expect(claimsOf({ ...knobs, name: 'a.b.roles' }, {}, personIn(4))).toEqual({ a: { b: { roles_overage: true } } });
  });

  it('is 200 unless something else is said', () => {
    expect(claimsOf({}, {}, personIn(200))).not.toHaveProperty('groups_overage');
    expect(claimsOf({}, {}, personIn(201))).toEqual({ groups_overage: true });
  });
});

describe('a constant', () => {
  const constant = (knobs: object, facts = ada) => claimsOf({ name: 'is_admin', source: 'constant', ...knobs }, {}, facts)['is_admin'];

  it('is told to everybody', () => {
    expect(constant({ constant: 'yes' }, nobody)).toBe('yes');
    expect(constant({ constant: false }, nobody)).toBe(false);
    expect(constant({ constant: ['a', 'b'] })).toEqual(['a', 'b']);
  });

  it('with a filter says whether a person is in one of the groups', () => {
    const filter = { kind: 'list', names: ['board'] };
    expect(constant({ constant: 'yes', filter })).toBe('yes');
    expect(constant({ constant: 'yes', filter }, nobody)).toBeUndefined();
    expect(constant({ constant: 'yes', otherwise: 'no', filter }, nobody)).toBe('no');
  });

  it('counts groups above where they are wanted', () => {
    const filter = { kind: 'list', names: ['house'] };
    expect(constant({ constant: true, filter })).toBeUndefined();
    expect(constant({ constant: true, filter, ancestors: true })).toBe(true);
  });
});
