import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Grant, Holdings } from '../../src/group/group.ts';
import { decide, type Invitation, type InvitationState, type Person, stateOf } from '../../src/invitation/invitation.ts';

const choir: Grant = { kind: 'group', groupId: 'g1', slug: 'choir', name: 'Choir', description: '', role: 'member' };
const conductor: Grant = { ...choir, role: 'manager' };
const wiki: Grant = { kind: 'right', right: 'wiki:edit', description: '' };
const grants = [choir, conductor, wiki];

const expiresAt = new Date('2026-11-26T18:00:00Z');
const times = { before: new Date(expiresAt.getTime() - 1), at: expiresAt, after: new Date(expiresAt.getTime() + 1) };
const places = { none_taken: 0, some_left: 2, full: 3 };
const holdings: Record<'nothing' | 'some' | 'all', Holdings> = {
  nothing: { memberships: [], rights: [] },
  some: { memberships: [{ groupId: 'g1', role: 'member' }], rights: [{ right: 'files:read' }] },
  all: {
    memberships: [
      { groupId: 'g1', role: 'manager' },
      { groupId: 'g2', role: 'member' },
    ],
    rights: [{ right: 'wiki:edit' }],
  },
};
const people = ['newcomer', 'nothing', 'some', 'all'] as const;

const invitation: Invitation = {
  id: 'i1',
  label: '',
  inviterName: undefined,
  landingClientId: undefined,
  maxUses: 3,
  usedCount: 0,
  heldCount: 0,
  startsAt: undefined,
  expiresAt,
  createdAt: new Date('2026-11-20T18:00:00Z'),
  revokedAt: undefined,
  grants,
};

type Case = {
  readonly disabled: 'yes' | 'no';
  readonly accepted: 'yes' | 'no';
  readonly person: (typeof people)[number];
  readonly revoked: 'yes' | 'no';
  readonly time: keyof typeof times;
  readonly places: keyof typeof places;
  /** Has it begun? */
  readonly begun: 'yes' | 'no';
};

const columns = ['disabled', 'accepted', 'person', 'revoked', 'time', 'begun', 'places'] as const;

/**
 * The rules of the product, row by row; `*` is any value, `|` is or. Whoever is disabled gets nowhere. Who accepted
 * before is told that all is well, or does not come back. An invitation that is over says why. Nothing new: no place
 * is used. Only then do places count.
 */
const rules = `
  disabled accepted person                 revoked time      begun places                 outcome
  yes      *        *                      *       *         *     *                      account_disabled
  no       yes      all                    *       *         *     *                      already_member
  no       yes      newcomer|nothing|some  *       *         *     *                      invitation_used_up
  no       no       *                      yes     *         *     *                      invitation_revoked
  no       no       *                      no      at|after  *     *                      invitation_expired
  no       no       *                      no      before    no    *                      invitation_not_started
  no       no       all                    no      before    yes   *                      already_member
  no       no       newcomer|nothing|some  no      before    yes   full                   invitation_used_up
  no       no       newcomer|nothing|some  no      before    yes   none_taken|some_left   join
`
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.trim().split(/\s+/));

const yesNo = ['yes', 'no'] as const;
const cases: Case[] = yesNo.flatMap((disabled) =>
  yesNo.flatMap((accepted) =>
    people.flatMap((person) =>
      yesNo.flatMap((revoked) =>
        keysOf(times).flatMap((time) =>
          keysOf(places).flatMap((taken) => yesNo.map((begun) => ({ disabled, accepted, person, revoked, time, places: taken, begun }))),
        ),
      ),
    ),
  ),
);

function keysOf<Key extends string>(table: Record<Key, unknown>): Key[] {
  return Object.keys(table) as Key[];
}

function rowsFor(one: Case): string[][] {
  return rules.filter((row) => columns.every((column, index) => row[index] === '*' || row[index]?.split('|').includes(one[column])));
}

function invitationOf(one: Case): Invitation {
  const revokedAt = one.revoked === 'yes' ? new Date('2026-11-21T00:00:00Z') : undefined;
  const startsAt = one.begun === 'yes' ? times[one.time] : new Date(times[one.time].getTime() + 1);
  return { ...invitation, startsAt, usedCount: places[one.places], revokedAt };
}

function personOf(one: Case): Person {
  const newcomer = one.person === 'newcomer';
  return {
    newcomer,
    disabled: one.disabled === 'yes',
    hasRedeemed: one.accepted === 'yes',
    holdings: holdings[one.person === 'newcomer' ? 'nothing' : one.person],
  };
}

/** What a person of each kind does not have yet. */
const missing = { newcomer: grants, nothing: grants, some: [conductor, wiki], all: [] };

function decisionFor(one: Case) {
  const outcome = rowsFor(one)[0]?.at(-1);
  if (outcome === 'join') return { outcome, newGrants: missing[one.person] };
  return outcome === 'already_member' ? { outcome } : { outcome: 'refused', code: outcome };
}

describe('the decision', () => {
  it('has exactly one rule for each of the 576 cases', () => {
    expect(cases).toHaveLength(576);
    expect(cases.filter((one) => rowsFor(one).length !== 1)).toEqual([]);
  });

  it('is what the rules say, in every case', () => {
    for (const one of cases)
      expect(decide(invitationOf(one), personOf(one), times[one.time]), JSON.stringify(one)).toEqual(decisionFor(one));
  });

  it('lets a newcomer in who gets nothing but an account, and nobody else', () => {
    const bare = { ...invitation, grants: [] };
    const somebody: Person = { newcomer: false, disabled: false, hasRedeemed: false, holdings: holdings.nothing };
    expect(decide(bare, { ...somebody, newcomer: true }, times.before)).toEqual({ outcome: 'join', newGrants: [] });
    expect(decide(bare, somebody, times.before)).toEqual({ outcome: 'already_member' });
  });

  it('does not change what it is given', () => {
    const frozen = deepFreeze(structuredClone(invitation));
    for (const one of cases)
      expect(() => decide({ ...frozen, usedCount: places[one.places] }, deepFreeze(personOf(one)), times[one.time])).not.toThrow();
  });
});

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !(value instanceof Date))
    for (const part of Object.values(Object.freeze(value))) deepFreeze(part);
  return value;
}

describe('the state', () => {
  /** Withdrawn by somebody, then over by time, then full: the first that holds. */
  const states: [Case['revoked'], Case['time'], Case['places'], InvitationState][] = [
    ['no', 'before', 'none_taken', 'open'],
    ['no', 'before', 'some_left', 'open'],
    ['no', 'before', 'full', 'used_up'],
    ['no', 'at', 'none_taken', 'expired'],
    ['no', 'at', 'some_left', 'expired'],
    ['no', 'at', 'full', 'expired'],
    ['no', 'after', 'none_taken', 'expired'],
    ['no', 'after', 'some_left', 'expired'],
    ['no', 'after', 'full', 'expired'],
    ['yes', 'before', 'none_taken', 'revoked'],
    ['yes', 'before', 'some_left', 'revoked'],
    ['yes', 'before', 'full', 'revoked'],
    ['yes', 'at', 'none_taken', 'revoked'],
    ['yes', 'at', 'some_left', 'revoked'],
    ['yes', 'at', 'full', 'revoked'],
    ['yes', 'after', 'none_taken', 'revoked'],
    ['yes', 'after', 'some_left', 'revoked'],
    ['yes', 'after', 'full', 'revoked'],
  ];

  it.each(states)('revoked %s, %s the end, %s: it is as listed', (revoked, time, taken, state) => {
    const one: Case = { disabled: 'no', accepted: 'no', person: 'nothing', revoked, time, places: taken, begun: 'yes' };
    expect(stateOf(invitationOf(one), times[time])).toBe(state);
  });

  it('never opens again by time or by another place taken', () => {
    const facts = fc.record({
      maxUses: fc.integer({ min: 1, max: 5 }),
      usedCount: fc.integer({ min: 0, max: 5 }),
      heldCount: fc.integer({ min: 0, max: 2 }),
      startsAt: fc.constant(undefined),
      expiresAt: fc.date({ noInvalidDate: true }),
      revokedAt: fc.option(fc.date({ noInvalidDate: true }), { nil: undefined }),
    });
    fc.assert(
      fc.property(facts, fc.date({ noInvalidDate: true }), fc.nat(), fc.nat({ max: 3 }), (one, now, laterMs, more) => {
        fc.pre(stateOf(one, now) !== 'open' && now.getTime() + laterMs <= 8.64e15);
        expect(stateOf({ ...one, usedCount: one.usedCount + more }, new Date(now.getTime() + laterMs))).not.toBe('open');
      }),
    );
  });
  it('counts a place that is held for somebody else like a used one', () => {
    const full = { ...invitation, usedCount: 1, heldCount: 2 };
    expect(stateOf(full, invitation.createdAt)).toBe('used_up');
    expect(stateOf({ ...full, heldCount: 1 }, invitation.createdAt)).toBe('open');
  });

  it('opens at the very instant it is meant to, and not a moment before', () => {
    const startsAt = new Date(invitation.createdAt.getTime() + 1000);
    const later = { ...invitation, startsAt };
    expect(stateOf(later, new Date(startsAt.getTime() - 1))).toBe('not_started');
    expect(stateOf(later, startsAt)).toBe('open');
    expect(stateOf({ ...later, usedCount: later.maxUses }, new Date(startsAt.getTime() - 1))).toBe('not_started');
  });
});
