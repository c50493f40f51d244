/** What decides about a request by itself: pure. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emailKey } from '../../src/lib/email.ts';
import { decisionOf, type Rule, ruleFor, standingOf } from '../../src/request/request.ts';

const rule = (domain: string, more: Partial<Rule> = {}): Rule => ({
  id: domain,
  domain,
  decision: 'approve',
  perDay: undefined,
  createdBy: 'operator',
  ...more,
});
const key = emailKey('ada@it.clinic.example');

describe('ruleFor', () => {
  it.each([
    [['*'], '*'],
    [['*', '*.example'], '*.example'],
    [['*.example', '*.clinic.example', '*'], '*.clinic.example'],
    [['*.clinic.example', 'it.clinic.example'], 'it.clinic.example'],
    [['clinic.example'], undefined],
    [['*.it.clinic.example'], undefined],
    [['evilit.clinic.example', 'clinic.exampl'], undefined],
    [[], undefined],
  ])('of %j takes %s', (domains, expected) => {
    expect(
      ruleFor(
        domains.map((domain) => rule(domain)),
        key,
      )?.domain,
    ).toBe(expected);
  });

  it('takes the same one in whatever order they come', () => {
    const rules = ['*', '*.example', '*.clinic.example', 'it.clinic.example', 'clinic.example'].map((domain) => rule(domain));
    fc.assert(
      fc.property(fc.shuffledSubarray(rules, { minLength: rules.length }), (shuffled) => {
        expect(ruleFor(shuffled, key)?.domain).toBe('it.clinic.example');
      }),
    );
  });
});

describe('decisionOf', () => {
  it('lets in up to the number of a day, and leaves the rest to people', () => {
    expect(decisionOf(undefined)).toBeUndefined();
    expect(decisionOf({ ...rule('*'), approvedToday: 1_000 })).toBe('approve');
    expect(decisionOf({ ...rule('*', { perDay: 2 }), approvedToday: 1 })).toBe('approve');
    expect(decisionOf({ ...rule('*', { perDay: 2 }), approvedToday: 2 })).toBeUndefined();
    expect(decisionOf({ ...rule('*', { decision: 'decline' }), approvedToday: 0 })).toBe('decline');
  });
});

describe('standingOf', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  const days = (count: number) => new Date(now.getTime() - count * 86_400_000);
  const none = { isWaiting: false, lastDeclinedAt: undefined, hasInvitation: false };

  it.each([
    [none, undefined],
    [{ ...none, isWaiting: true }, 'waiting'],
    [{ ...none, isWaiting: true, hasInvitation: true }, 'invited'],
    [{ ...none, lastDeclinedAt: days(29) }, 'waiting'],
    [{ ...none, lastDeclinedAt: days(30) }, undefined],
    [{ ...none, lastDeclinedAt: days(1), hasInvitation: true }, 'invited'],
  ] as const)('%o is %s', (earlier, expected) => {
    expect(standingOf(earlier, now)).toBe(expected);
  });
});
