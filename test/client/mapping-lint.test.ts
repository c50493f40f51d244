import { describe, expect, it } from 'vitest';
import { mapClaims } from '../../src/client/claim-mapping.ts';
import {
  type ClaimReading,
  type ClientFacts,
  type Finding,
  lintMappings,
  manyGroups,
  mappedClaimsLimit,
  sentenceOf,
  sizeOf,
} from '../../src/client/mapping-lint.ts';
import { ada, asksForAll, member, personIn, personOf } from './facts.ts';

const client: ClientFacts = { scopes: ['openid', 'groups'], hasJwtAccessTokens: false, attachedGroups: [] };
const reads: ClaimReading = { claim: 'groups', where: ['id_token'], formats: ['array'] };
const basic = { name: 'groups', source: 'groups', where: ['id_token', 'userinfo'], trigger: { scopes: ['groups'] } };

function lint(knobs: object = {}, facts: Partial<ClientFacts> = {}, samples: readonly (typeof ada)[] = []): Finding[] {
  return lintMappings([{ ...basic, ...knobs }], { ...client, ...facts }, samples);
}

function told(findings: readonly Finding[]): string[] {
  return findings.map(({ level, code, path }) => `${level} ${code} ${path}`.trimEnd());
}

describe('mappings that are right', () => {
  it('have nothing said about them', () => {
    expect(lint({}, {}, [ada])).toEqual([]);
    expect(lintMappings([], client, [ada])).toEqual([]);
  });
});

describe('a refusal', () => {
  it('is what the schema does not take, by its own code where there is one', () => {
    expect(told(lint({ name: 'sub' }))).toEqual(['refusal reserved_claim 0.name']);
    expect(told(lint({ name: 'a.__proto__' }))).toEqual(['refusal claim_name_unsafe 0.name']);
    expect(told(lint({ name: '' }))).toEqual(['refusal claim_name_malformed 0.name']);
    expect(told(lint({ maximum: 0 }))).toEqual(['refusal invalid_mapping 0.maximum']);
    expect(told(lintMappings([basic, basic], client))).toEqual(['refusal overlapping_claims 1.name']);
    expect(told(lintMappings('groups', client))).toEqual(['refusal invalid_mapping']);
  });

  it('is a format that the app cannot read', () => {
    expect(told(lint({ format: 'comma', where: ['id_token'] }, { reads }))).toEqual(['refusal format_not_read 0.format']);
    expect(lint({ format: 'comma', where: ['id_token'] }, { reads: { ...reads, formats: ['array', 'comma'] } })).toEqual([]);
  });

  it('is a list without a filter that is too long for somebody, who would silently lose access', () => {
    expect(told(lint({}, {}, [personOf('a'), personIn(201)]))).toEqual(['refusal over_maximum 0.maximum']);
    expect(told(lint({ filter: { kind: 'pattern', pattern: 'group-*' } }, {}, [personIn(201)]))).toEqual([
      'warning over_maximum 0.maximum',
    ]);
    expect(told(lint({ where: ['userinfo'] }, {}, [personIn(201)]))).toEqual(['warning many_values 0.filter']);
  });

  it('is a token too large for what apps carry it in, and says how large it is', () => {
    const findings = lint({ maximum: 2000 }, {}, [personIn(500)]);
    expect(told(findings)).toEqual(['warning many_values 0.filter', 'refusal too_large']);
    const size = sizeOf(mapClaims(personIn(500), [{ ...lintable(), maximum: 2000 }], asksForAll));
    expect(findings[1]?.params).toEqual({ size, place: 'id_token', limit: mappedClaimsLimit });
    expect(told(lint({ maximum: 2000, where: ['userinfo'] }, {}, [personIn(500)]))).toEqual(['warning many_values 0.filter']);
  });

  it('is not 200 groups with slugs of 20 letters', () => {
    const slugs = Array.from({ length: 200 }, (_, index) => `g${String(index).padStart(19, '0')}`);
    expect(told(lint({}, {}, [personOf(...slugs)]))).toEqual(['warning many_values 0.filter']);
  });
});

function lintable() {
  return {
    ...{ name: 'groups', source: 'groups', value: { kind: 'slug' }, format: 'array', where: ['id_token'], filter: { kind: 'all' } },
    ...{ ancestors: false, empty: 'present', maximum: 200, trigger: { scopes: [], claimsParameter: false, always: true } },
  } as Parameters<typeof mapClaims>[1][number];
}

describe('a warning', () => {
  it('is a claim that the app may not ask for', () => {
    expect(told(lint({}, { scopes: ['openid'] }))).toEqual(['warning only_by_parameter 0.trigger']);
    const trigger = { scopes: ['groups'], claimsParameter: false };
    expect(told(lint({ trigger }, { scopes: ['openid'] }))).toEqual(['warning never_asked_for 0.trigger']);
    expect(lint({ trigger: { always: true } }, { scopes: ['openid'] })).toEqual([]);
  });

  it('is a filter by what is attached where nothing is', () => {
    expect(told(lint({ filter: { kind: 'attached' } }))).toEqual(['warning nothing_attached 0.filter']);
    expect(lint({ filter: { kind: 'attached' } }, { attachedGroups: ['g1'] })).toEqual([]);
  });

  it('is a JWT access token of a client that gets none', () => {
    const where = ['id_token', 'access_token'];
    expect(told(lint({ where }))).toEqual(['warning access_token_is_opaque 0.where']);
    expect(lint({ where }, { hasJwtAccessTokens: true })).toEqual([]);
  });

  it('is a place where the app does not look, and a claim that it does not find', () => {
    expect(told(lint({}, { reads }))).toEqual(['warning place_not_read 0.where']);
    expect(told(lint({ where: ['userinfo'] }, { reads }))).toEqual(['warning app_never_sees 0.where', 'warning place_not_read 0.where']);
    expect(told(lint({}, { reads: { ...reads, claim: 'policy' } }))).toEqual(['warning claim_not_sent']);
  });

  it('is a name where a slug would stay the same', () => {
    expect(told(lint({ value: { kind: 'name' } }))).toEqual(['warning name_can_change 0.value']);
  });

  it('is a comma in a value, where a string or the app joins values with commas', () => {
    const people = [{ memberships: [member({ groupId: 'g1', slug: 'tenors', name: 'Tenors, high' })], rights: [] }];
    const value = { kind: 'prefix', prefix: 'a,' };
    expect(told(lint({ value, format: 'comma' }, {}, people))).toEqual(['warning separator_in_value 0.value']);
    expect(lint({ value }, {}, people)).toEqual([]);
    const where = ['id_token'];
    expect(told(lint({ value, where }, { reads: { ...reads, joinedWith: ',' } }, people))).toEqual(['warning separator_in_value 0.value']);
    expect(told(lint({ value: { kind: 'name' }, format: 'space' }, {}, people))).toEqual([
      'warning name_can_change 0.value',
      'warning separator_in_value 0.value',
    ]);
  });

  it('is a value that the app does not take', () => {
    const facts = { reads: { ...reads, accepts: /^(?!system:)/ } };
    const value = { kind: 'table', table: { choir: 'system:masters' }, unlisted: 'drop' };
    const findings = lint({ value, where: ['id_token'] }, facts, [ada]);
    expect(told(findings)).toEqual(['warning value_not_accepted 0.value']);
    expect(findings[0]?.params['value']).toBe('system:masters');
  });

  it('is a longer list than apps do well with', () => {
    expect(lint({}, {}, [personIn(manyGroups)])).toEqual([]);
    expect(told(lint({}, {}, [personIn(manyGroups + 1)]))).toEqual(['warning many_values 0.filter']);
  });

  it('is a list too long for a token that the app does not get from UserInfo either', () => {
    const pattern = { kind: 'pattern', pattern: '*' };
    expect(told(lint({ filter: pattern, where: ['id_token'] }, {}, [personIn(300)]))).toEqual([
      'warning over_maximum 0.maximum',
      'warning overage_not_read 0.where',
    ]);
    expect(told(lint({ filter: pattern }, { reads }, [personIn(300)]))).toContain('warning overage_not_read 0.where');
  });
});

describe('the sentence of a finding', () => {
  it('has its parameters in it', () => {
    expect(lint({ name: 'sub' }).map(sentenceOf)).toEqual([
      'The claim sub is filled by the protocol or by the account; groups cannot write it.',
    ]);
    expect(lint({ maximum: 0 }).map(sentenceOf)).toEqual(['0.maximum must be 1 or more.']);
    expect(lint({}, {}, [personIn(51)]).map(sentenceOf)).toEqual(['Somebody has 51 values of groups; apps do better with 50 or fewer.']);
  });

  it('is whole, whatever is wrong', () => {
    const everythingWrong = [
      lint({}, { scopes: [] }),
      lint({ trigger: { scopes: ['x'], claimsParameter: false } }),
      lint({ where: ['access_token'], format: 'comma', value: { kind: 'name' }, filter: { kind: 'attached' } }, { reads }),
      lint({ maximum: 500 }, { reads: { ...reads, claim: 'other' } }, [personIn(499), personIn(2000)]),
      lint({ where: ['id_token'] }, { reads: { ...reads, accepts: /^x/, joinedWith: '-' } }, [personIn(300)]),
      lint({ name: '__proto__' }),
      lint({ name: ' ' }),
      lintMappings([basic, basic], client),
      lintMappings(undefined, client),
      lint({ constant: 1, unknown: true }),
    ].flat();
    expect(everythingWrong.length).toBeGreaterThan(15);
    for (const finding of everythingWrong) expect(sentenceOf(finding)).toMatch(/^[^{}]+\.$/);
  });
});
