import { describe, expect, it } from 'vitest';
import { claimMappingsSchema } from '../../src/client/mapping-schema.ts';

function complaintsAbout(...mappings: readonly Readonly<Record<string, unknown>>[]): string[] {
  const basic = { name: 'groups', source: 'groups', where: ['id_token'], trigger: { always: true } };
  const parsed = claimMappingsSchema.safeParse(mappings.map((knobs) => ({ ...basic, ...knobs })));
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
}

describe('the name of a claim', () => {
  it.each([
    'sub',
    'iss',
    'aud',
    'exp',
    'iat',
    'nonce',
    'acr',
    'sid',
    'scope',
    'cnf',
    'act.sub',
    'events',
    'email',
    'email_verified',
    'sub.x',
  ])('is not %s, which is not for groups to say', (name) =>
    expect(complaintsAbout({ name })).toEqual(['0.name is a claim that the protocol or the account itself fills']),
  );

  it.each(['__proto__', 'a.__proto__.b', 'constructor.prototype', 'x.constructor'])('is not %s, which would reach a prototype', (name) => {
    expect(complaintsAbout({ name })).toEqual(['0.name must not contain __proto__, constructor or prototype']);
  });

  it.each(['', '.', 'a..b', '.a', 'a.', 'with space', 'quo"te', 'gruppe-ü', 'a.b.c.d.e.f.g', 'x'.repeat(201)])('is not %j', (name) => {
    expect(complaintsAbout({ name })[0]).toMatch(/^0\.name must be 1 to 200 visible ASCII/);
  });
});

describe('two mappings of one client', () => {
  const other = (name: string, knobs = {}) => complaintsAbout({ name: 'app.groups' }, { name, ...knobs });

  it.each(['app.groups', 'app', 'app.groups.inner', 'app.groups_overage'])('do not write app.groups and %s in one place', (name) => {
    expect(other(name)).toEqual(['1.name must not be written where app.groups is written']);
  });

  it('may have the same name in different places, and different names in one', () => {
    expect(other('app.groups', { where: ['userinfo'] })).toEqual([]);
    expect(other('app.roles')).toEqual([]);
    expect(other('https://app.groups/')).toEqual([]);
  });

  it('leave the sign for too long a list to others where they cannot need it', () => {
    expect(complaintsAbout({ name: 'a', source: 'constant', constant: 1 }, { name: 'a_overage' })).toEqual([]);
    expect(complaintsAbout({ name: 'a', maximum: null }, { name: 'a_overage' })).toEqual([]);
    expect(complaintsAbout({ name: 'a_overage' }, { name: 'a' })).toEqual(['1.name must not be written where a_overage is written']);
  });
});

describe('what the schema refuses', () => {
  it.each([
    [{ surprise: 1 }, /Unrecognized key/],
    [{ where: [] }, '0.where must name at least one place'],
    [{ where: ['id_token', 'id_token'] }, '0.where must name each place once'],
    [{ trigger: { claimsParameter: false } }, '0.trigger must leave a way to ask for the claim'],
    [{ filter: { kind: 'pattern', pattern: '^(a+)+$' } }, /^0\.filter\.pattern must be made of what slugs are made of/],
    [{ filter: { kind: 'list', names: [] } }, '0.filter.names must name at least one'],
    [{ maximum: 0 }, '0.maximum must be 1 or more'],
    [{ constant: 'yes' }, '0.constant must only be given where the source is constant'],
    [{ source: 'constant' }, '0.constant must be given where the source is constant'],
    [{ source: 'constant', constant: 'a', otherwise: 'b' }, '0.otherwise must only be given for a constant with a filter'],
    [{ source: 'constant', constant: Number.NaN }, /^0\.constant/],
    [{ source: 'entitlements', value: { kind: 'id' } }, '0.value must be another one: a right has only its name'],
    [
      { source: 'entitlements', filter: { kind: 'attached' } },
      '0.filter must be another one: groups are attached to a client, rights are not',
    ],
    [{ source: 'entitlements', ancestors: true }, '0.ancestors must be false: rights have no ancestors'],
    [{ source: 'roles', format: 'roles' }, '0.format must be another one: only groups have roles'],
  ])('%j', (knobs, message) => {
    const complaints = complaintsAbout(knobs as Readonly<Record<string, unknown>>);
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });
});
