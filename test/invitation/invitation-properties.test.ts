import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grant, type Holdings, isBarred, isHeld, missingGrants, noHoldings, type Removal } from '../../src/group/group.ts';
import {
  decide,
  decideApproval,
  type Facts,
  type Invitation,
  needsConfirming,
  type Person,
  refusalAtDoor,
  refusalOfPin,
  stateOf,
} from '../../src/invitation/invitation.ts';
import { emailKey, inDomains } from '../../src/lib/email.ts';

const now = new Date('2026-11-26T18:00:00Z');
const acrValues = ['bronze', 'silver', 'gold'];
const keys = ['ada@example.org', 'ada@work.example', 'ada@third.example'].map(emailKey);

/** Close together, so that they meet. */
const instant = fc.integer({ min: -3, max: 3 }).map((seconds) => new Date(now.getTime() + seconds * 1000));
const key = fc.constantFrom(...keys);
const acr = fc.option(fc.constantFrom(...acrValues, 'unheard'), { nil: undefined });
const groupId = fc.constantFrom('g1', 'g2', 'g3');
const role = fc.constantFrom('member', 'manager');

/** Rather not, so that enough remain whom nothing speaks against. */
function seldom<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.oneof({ arbitrary: fc.constant(undefined), weight: 6 }, { arbitrary: value, weight: 1 });
}
const seldomTrue = fc.integer({ min: 0, max: 9 }).map((one) => one === 0);

const grant: fc.Arbitrary<Grant> = fc.oneof(
  fc
    .record({ groupId, role, sensitive: seldomTrue, archived: fc.integer({ min: 0, max: 19 }).map((one) => one === 0) })
    .map((group): Grant => ({ kind: 'group', slug: group.groupId, name: group.groupId, description: '', ...group })),
  fc.constantFrom('wiki:edit', 'files:read').map((right): Grant => ({ kind: 'right', right, description: '' })),
);

const invitation: fc.Arbitrary<Invitation> = fc.record({
  id: fc.constant('i1'),
  label: fc.constant(''),
  inviterId: fc.constantFrom(undefined, 'bea', 'ada'),
  inviterName: fc.constant(undefined),
  message: fc.constant(''),
  locale: fc.constant(undefined),
  landingClientId: fc.constant(undefined),
  maxUses: fc.integer({ min: 1, max: 6 }),
  usedCount: fc.integer({ min: 0, max: 3 }),
  heldCount: fc.integer({ min: 0, max: 2 }),
  startsAt: seldom(instant),
  expiresAt: fc.oneof(instant, fc.constant(new Date('2027-01-01T00:00:00Z'))),
  createdAt: instant,
  revokedAt: seldom(instant),
  addressee: fc.option(
    fc.record({ key, rule: fc.constantFrom('exact', 'verify', 'any') }).map((one) => ({ ...one, email: one.key })),
    { nil: undefined },
  ),
  domains: fc.subarray(['example.org', '*.example', 'other.invalid'], { maxLength: 2 }),
  requiredAcr: seldom(acr),
  needsApproval: fc.boolean(),
  pinSetAt: seldom(instant),
  confirmedAt: fc.option(instant, { nil: undefined }),
  askedForAt: fc.option(instant, { nil: undefined }),
  grants: fc.array(grant, { maxLength: 4 }),
});

const facts: fc.Arbitrary<Facts> = fc.record({
  invitation,
  inviterMayInvite: seldomTrue.map((not) => !not),
  approach: fc.record({
    channel: fc.constantFrom('mail', 'link', 'account'),
    superseded: seldomTrue,
    pinPassedAt: fc.option(instant, { nil: undefined }),
    pinLock: seldom(fc.record({ until: fc.option(instant, { nil: undefined }) })),
    provenKey: fc.option(key, { nil: undefined }),
  }),
  acrValues: fc.constant(acrValues),
  fullGroupIds: fc.oneof(fc.constant([]), fc.subarray(['g1', 'g2'])),
});

const endsAt = seldom(fc.constant(new Date('2026-12-24T18:00:00Z')));
const removal: fc.Arbitrary<Removal> = fc.oneof(
  fc.record({ groupId, role, removedAt: instant }),
  fc.record({ right: fc.constant('wiki:edit'), removedAt: instant }),
);
const holdings: fc.Arbitrary<Holdings> = fc
  .record({
    memberships: fc.array(fc.record({ groupId, role, endsAt }), { maxLength: 2 }),
    rights: fc.array(fc.record({ right: fc.constantFrom('wiki:edit', 'mail:send'), endsAt }), { maxLength: 1 }),
    removals: seldom(fc.array(removal, { maxLength: 2 })),
  })
  .map(({ removals, ...had }) => (removals ? { ...had, removals } : had));

const person: fc.Arbitrary<Person> = fc
  .record({
    newcomer: seldomTrue,
    disabled: seldomTrue,
    hasRedeemed: seldomTrue,
    holdings,
    emails: fc.uniqueArray(fc.record({ key, verified: fc.boolean() }), { selector: (one) => one.key }),
    acr,
    approval: seldom(fc.record({ lapsesAt: instant, decision: fc.constantFrom(undefined, 'approved', 'rejected') })),
  })
  .map((one) => ({ ...one, accountId: one.newcomer ? undefined : 'ada' }));

/** What must be so, each by itself, for anybody to join or to ask. Deliberately without any order. */
const conditions: Record<string, (facts: Facts, person: Person) => boolean> = {
  'it is not revoked': ({ invitation: { revokedAt } }) => !revokedAt,
  'it is not over': ({ invitation: { expiresAt } }) => expiresAt > now,
  'it has begun': ({ invitation: { startsAt } }) => !startsAt || startsAt <= now,
  'a place is left': ({ invitation: { usedCount, heldCount, maxUses } }) => maxUses - usedCount - heldCount > 0,
  'its inviter could make it today': ({ inviterMayInvite }) => inviterMayInvite,
  'a second person has agreed where one must': ({ invitation: { grants, confirmedAt } }) =>
    !!confirmedAt || !grants.some((one) => one.kind === 'group' && one.sensitive),
  'no group is archived': ({ invitation: { grants } }) => !grants.some((one) => one.kind === 'group' && one.archived),
  'no newer mail took its place': ({ approach }) => !approach.superseded,
  'the PIN was typed since it was set': ({ invitation: { pinSetAt }, approach: { pinPassedAt } }) =>
    !pinSetAt || (!!pinPassedAt && pinPassedAt >= pinSetAt),
  'the account is not disabled': (_facts, { disabled }) => !disabled,
  'it was not accepted before': (_facts, { hasRedeemed }) => !hasRedeemed,
  'nobody is to decide yet': (_facts, { approval }) => !(approval && !approval.decision && approval.lapsesAt > now),
  'nobody has said no': (_facts, { approval }) => approval?.decision !== 'rejected',
  'there is something new': ({ invitation: { grants, inviterId } }, { newcomer, accountId, holdings: had }) =>
    newcomer || grants.some((one) => missingGrants([one], had).length > 0 || (inviterId !== accountId && !isForEver(one, had))),
  'the sign-in is strong enough': ({ invitation: { requiredAcr } }, { acr: has }) =>
    requiredAcr === undefined || has === requiredAcr || (acrValues.includes(requiredAcr) && rankOf(has) > rankOf(requiredAcr)),
  'the invited mailbox is proven': ({ invitation: { addressee }, approach }, who) =>
    !addressee || addressee.rule === 'any' || provenKeys(approach, who).includes(addressee.key),
  'it is the invited account': ({ invitation: { addressee } }, { newcomer, emails }) =>
    addressee?.rule !== 'exact' || newcomer || emails.some((one) => one.key === addressee.key),
  'a mailbox in its domains is proven': ({ invitation: { domains }, approach }, who) =>
    domains.length === 0 || provenKeys(approach, who).some((one) => inDomains(one, domains)),
  'nobody took that away since it was made for them': ({ invitation: { grants, addressee, createdAt } }, { holdings: had }) =>
    !grants.some((one) =>
      had.removals?.some((from) => isBarred(one, had, from) && !(addressee && addressee.rule !== 'any' && createdAt > from.removedAt)),
    ),
  'there is room in each group': ({ invitation: { grants }, fullGroupIds }, { holdings: had }) =>
    !grants.some((one) => one.kind === 'group' && fullGroupIds.includes(one.groupId) && !isHeld(one.groupId, had)),
};

function rankOf(strength: string | undefined): number {
  return strength === undefined ? -1 : acrValues.indexOf(strength);
}

function provenKeys({ provenKey }: Facts['approach'], { emails }: Person) {
  return [...emails.filter(({ verified }) => verified).map((one) => one.key), ...(provenKey ? [provenKey] : [])];
}

function isForEver(one: Grant, { memberships, rights }: Holdings): boolean {
  const lasting = one.kind === 'right' ? rights.filter(({ right }) => right === one.right) : rolesLike(one, memberships);
  return lasting.some((held) => held.endsAt === undefined);
}

function rolesLike(one: Grant & { kind: 'group' }, memberships: Holdings['memberships']) {
  return memberships.filter((held) => held.groupId === one.groupId && ['member', held.role].includes(one.role));
}

/** Gives nothing and asks for nothing. */
const plainFacts: Facts = {
  invitation: {
    id: 'i1',
    label: '',
    inviterId: undefined,
    inviterName: undefined,
    message: '',
    locale: undefined,
    landingClientId: undefined,
    maxUses: 1,
    usedCount: 0,
    heldCount: 0,
    startsAt: undefined,
    expiresAt: new Date('2027-01-01T00:00:00Z'),
    createdAt: now,
    revokedAt: undefined,
    addressee: undefined,
    domains: [],
    requiredAcr: undefined,
    needsApproval: false,
    pinSetAt: undefined,
    confirmedAt: undefined,
    askedForAt: undefined,
    grants: [],
  },
  approach: { channel: 'link', superseded: false, pinPassedAt: undefined, pinLock: undefined, provenKey: undefined },
  inviterMayInvite: true,
  acrValues,
  fullGroupIds: ['g1'],
};
const somebody: Person = {
  newcomer: false,
  disabled: false,
  hasRedeemed: false,
  holdings: noHoldings,
  emails: [],
  acr: undefined,
  approval: undefined,
};

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !(value instanceof Date))
    for (const part of Object.values(Object.freeze(value))) deepFreeze(part);
  return value;
}

describe('the decision', () => {
  it('lets in exactly those whom nothing at all speaks against', () => {
    let letIn = 0;
    const alone = new Set<string>();
    fc.assert(
      fc.property(facts, person, (given, who) => {
        const against = Object.keys(conditions).filter((name) => !conditions[name]?.(given, who));
        const isIn = ['join', 'ask'].includes(decide(given, who, now).outcome);
        expect({ isIn, against: isIn ? against : [] }).toEqual({ isIn: against.length === 0, against: [] });
        if (isIn) letIn++;
        for (const name of against.length === 1 ? against : []) alone.add(name);
      }),
      { numRuns: 10_000, seed: 7 },
    );
    expect(letIn).toBeGreaterThan(100);
    expect(Object.keys(conditions).filter((name) => !alone.has(name))).toEqual([]);
  });

  it('changes nothing of what it is given', () => {
    fc.assert(
      fc.property(facts, person, (given, who) => {
        const before = structuredClone({ given, who });
        deepFreeze({ given, who });
        for (const ask of [decide, decideApproval]) ask(given, who, now);
        for (const ask of [stateOf, refusalAtDoor, refusalOfPin]) ask(given, now);
        expect({ given, who }).toEqual(before);
      }),
    );
  });

  it('lets a newcomer in who gets nothing but an account, and nobody else', () => {
    expect(decide(plainFacts, { ...somebody, newcomer: true }, now)).toEqual({ outcome: 'join', newGrants: [] });
    expect(decide(plainFacts, somebody, now)).toEqual({ outcome: 'already_member' });
  });
});

describe('the state', () => {
  it('never opens again by time, or by places taken', () => {
    let seen = 0;
    fc.assert(
      fc.property(facts, fc.nat({ max: 10_000 }), fc.nat({ max: 3 }), (given, laterMs, more) => {
        const { usedCount } = given.invitation;
        if (['open', 'not_started'].includes(stateOf(given, now))) return;
        const then = { ...given, invitation: { ...given.invitation, usedCount: usedCount + more } };
        expect(stateOf(then, new Date(now.getTime() + laterMs))).not.toBe('open');
        seen++;
      }),
      { numRuns: 1_000 },
    );
    expect(seen).toBeGreaterThan(100);
  });

  it('is up to a second person for a sensitive group alone', () => {
    const group = { kind: 'group', groupId: 'g1', slug: 'choir', name: '', description: '', role: 'member', archived: true } as const;
    const right: Grant = { kind: 'right', right: 'sensitive', description: '' };
    const [plain, sensitive] = [false, true].map((one): Grant => ({ ...group, sensitive: one })) as [Grant, Grant];
    expect(needsConfirming({ grants: [] })).toBe(false);
    expect(needsConfirming({ grants: [right, plain] })).toBe(false);
    expect(needsConfirming({ grants: [right, plain, sensitive] })).toBe(true);
  });
});
