/** The policy of a group as a rule: what it refuses, whom it binds, what it fills in. */
import { describe, expect, it } from 'vitest';
import type { Grant, GrantEnd } from '../../src/group/group.ts';
import {
  defaultPolicy,
  type GroupPolicy,
  longestLifetime,
  mayDecide,
  mayGive,
  type PolicyWish,
  refusalOfPolicy,
  withEnds,
} from '../../src/group/policy.ts';
import { emailKey, isWithinDomains } from '../../src/lib/email.ts';
import { type Case, cases, day } from './policy-table.ts';

const now = new Date('2030-05-01T12:00:00Z');

const grantOf = (role: string, ends?: GrantEnd) =>
  ({ kind: 'group', groupId: 'choir', slug: 'choir', name: '', description: '', role, sensitive: false, archived: false, ends }) as const;

const giverOf = (roles: readonly string[], entitlements: readonly string[] = []) => ({
  holdings: { memberships: roles.map((role) => ({ groupId: 'choir', role })), rights: [] },
  entitlements,
});

/** What is not said is here as it is without a policy. */
function wishOf({ wish, role = 'member', usedToday = 0 }: Case): PolicyWish {
  const { email, emailRule: rule = 'exact', ends, pin, maxUses = 1, ...said } = wish(now);
  return {
    channels: said.channels ?? [email ? 'mail' : 'link'],
    expiresAt: said.expiresAt ?? new Date(now.getTime() + day),
    maxUses,
    newPlaces: maxUses,
    hasPin: pin !== undefined,
    addressee: email === undefined ? undefined : { key: emailKey(email), rule },
    domains: said.domains ?? [],
    approval: said.approval ?? false,
    grant: grantOf(role, ends),
    usedToday,
    now,
  };
}

const policyOf = ({ policy }: Case): GroupPolicy => ({ ...defaultPolicy, ...policy });

describe('a policy', () => {
  it.each(cases)('$name', (one) => {
    const refusal = refusalOfPolicy(policyOf(one), giverOf(one.as), wishOf(one));
    expect(refusal).toEqual(one.refused && { group: 'choir', rule: one.refused });
  });

  it('binds no admin, whatever they are in the group', () => {
    for (const one of cases)
      expect(refusalOfPolicy(policyOf(one), giverOf([], ['guestlist:admin']), wishOf(one)), one.name).toBeUndefined();
  });

  it('is told with its first rule alone that was broken, who before what', () => {
    const strict: GroupPolicy = { ...defaultPolicy, who: 'admins', channels: ['mail'], maxPlaces: 1, approval: true };
    const greedy = { ...wishOf(cases[0] as Case), channels: ['link' as const], maxUses: 9, newPlaces: 9 };
    expect(refusalOfPolicy(strict, giverOf(['manager']), greedy)?.rule).toBe('who');
    expect(refusalOfPolicy({ ...strict, who: 'managers' }, giverOf(['manager']), greedy)?.rule).toBe('channel');
  });

  it('counts no places where none are added', () => {
    const wish = { ...wishOf(cases[0] as Case), newPlaces: 0, usedToday: 50 };
    expect(refusalOfPolicy({ ...defaultPolicy, perDay: 5 }, giverOf(['manager']), wish)).toBeUndefined();
  });
});

describe('what is not said', () => {
  const short = { ...defaultPolicy, maxLifetimeSeconds: day, membershipSeconds: 90 * day };
  const policies = new Map<string, GroupPolicy>([
    ['choir', short],
    ['board', { ...defaultPolicy, maxLifetimeSeconds: 60 }],
    ['crew', defaultPolicy],
  ]);

  it('is good as long as the strictest group allows', () => {
    expect(longestLifetime(policies)).toBe(60);
    expect(longestLifetime(new Map([['crew', defaultPolicy]]))).toBeUndefined();
  });

  it('ends as the group has it, and where something was said, as that', () => {
    const right: Grant = { kind: 'right', right: 'door:open', description: '' };
    const said = grantOf('manager', { afterSeconds: 60 });
    const elsewhere = { ...grantOf('member'), groupId: 'crew' };
    expect(withEnds([grantOf('member'), said, right, elsewhere], policies).map(({ ends }) => ends)).toEqual([
      { afterSeconds: 90 * day },
      { afterSeconds: 60 },
      undefined,
      undefined,
    ]);
  });
});

describe('who decides', () => {
  const policies = new Map<string, GroupPolicy>([['choir', { ...defaultPolicy, who: 'members' }]]);

  it.each([
    [['member'], true, false],
    [['librarian'], true, false],
    [['manager'], true, true],
    [[], false, false],
  ])('where members invite, somebody who is %j may invite: %s, and decide: %s', (roles, invites, decides) => {
    expect(mayGive(giverOf(roles), [grantOf('member')], { policies })).toBe(invites);
    expect(mayDecide(giverOf(roles), [grantOf('member')], { policies })).toBe(decides);
  });

  it('where only admins invite, only they decide', () => {
    const strict = new Map<string, GroupPolicy>([['choir', { ...defaultPolicy, who: 'admins' }]]);
    expect(mayDecide(giverOf(['manager']), [grantOf('member')], { policies: strict })).toBe(false);
    expect(mayDecide(giverOf([], ['guestlist:admin']), [grantOf('member')], { policies: strict })).toBe(true);
  });

  it('a manager above decides beneath, also where members invite; a member above invites to nothing beneath', () => {
    const above = new Map([['choir', ['verein']]]);
    const inVerein = (role: string) => ({ holdings: { memberships: [{ groupId: 'verein', role }], rights: [] }, entitlements: [] });
    expect(mayDecide(inVerein('manager'), [grantOf('member')], { above, policies })).toBe(true);
    expect(mayGive(inVerein('member'), [grantOf('member')], { above, policies })).toBe(false);
  });
});

it.each([
  ['a.example', ['a.example'], true],
  ['*.a.example', ['*.a.example'], true],
  ['b.a.example', ['*.a.example'], true],
  ['*.b.a.example', ['*.a.example'], true],
  ['a.example', ['*.a.example'], false],
  ['*.a.example', ['a.example'], false],
  ['ba.example', ['*.a.example'], false],
  ['a.example', [], false],
])('%s is within %j: %s', (domain, domains, is) => {
  expect(isWithinDomains(domain, domains)).toBe(is);
});
