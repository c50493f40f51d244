/** When a reminder is due: the rule alone, hour by hour. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueReminder, type ReminderFacts } from '../../src/invitation/reminder.ts';

const mailedAt = new Date('2026-05-01T12:00:00Z');
const hour = (hours: number) => new Date(mailedAt.getTime() + hours * 60 * 60 * 1000);
const hoursOf = (instant: Date) => (instant.getTime() - mailedAt.getTime()) / (60 * 60 * 1000);
const livingFor = (days: number): ReminderFacts => ({
  isUsable: true,
  isWanted: true,
  isAnswered: false,
  mailedAt,
  expiresAt: hour(days * 24),
  remindedFirstAt: undefined,
  remindedLastAt: undefined,
});

type Sent = { readonly which: 'first' | 'last'; readonly at: number };

/** What is sent by somebody who looks at these hours after the mail. */
function sentAt(facts: ReminderFacts, hours: readonly number[]): Sent[] {
  const sent: Sent[] = [];
  let now = facts;
  for (const at of hours) {
    const which = dueReminder(now, hour(at));
    if (!which) continue;
    sent.push({ which, at });
    now = { ...now, [which === 'first' ? 'remindedFirstAt' : 'remindedLastAt']: hour(at) };
  }
  return sent;
}

/** The same for whoever looks every so often: `first 72`. */
function story(facts: ReminderFacts, everyHours = 1): string[] {
  const looks = Array.from({ length: Math.ceil((hoursOf(facts.expiresAt) + 48) / everyHours) }, (_, index) => index * everyHours);
  return sentAt(facts, looks).map(({ which, at }) => `${which} ${at}`);
}

describe('who looks every hour', () => {
  it.each([
    [30, ['first 72', 'last 696']],
    [7, ['first 72', 'last 144']],
    [5, ['first 72', 'last 96']],
    // They would be less than a day apart: there is the last one alone.
    [4.5, ['last 84']],
    [4, ['last 72']],
    // Not long enough for a last one.
    [3.9, ['first 72']],
    [3, []],
    [1, []],
  ])('reminds of what lives for %d days at %j', (days, expected) => {
    expect(story(livingFor(days))).toEqual(expected);
  });
});

describe('who looks seldom', () => {
  it('reminds later, and never twice within a day', () => {
    expect(story(livingFor(30), 100)).toEqual(['first 100', 'last 700']);
    expect(story(livingFor(7), 73)).toEqual(['first 73', 'last 146']);
    expect(story(livingFor(6), 125)).toEqual(['last 125']);
    // Too near the last one, which nobody came to send.
    expect(story(livingFor(6), 119)).toEqual([]);
    expect(story(livingFor(6), 145)).toEqual([]);
  });
});

it('begins at the very instant, and ends at the very instant of expiry', () => {
  const facts = livingFor(7);
  const millisecond = 1 / (60 * 60 * 1000);
  expect(dueReminder(facts, hour(72 - millisecond))).toBeUndefined();
  expect(dueReminder(facts, hour(72))).toBe('first');
  expect(dueReminder({ ...facts, remindedFirstAt: hour(72) }, hour(144 - millisecond))).toBeUndefined();
  expect(dueReminder({ ...facts, remindedFirstAt: hour(72) }, hour(144))).toBe('last');
  expect(dueReminder({ ...facts, remindedFirstAt: hour(72) }, hour(168 - millisecond))).toBe('last');
  expect(dueReminder(facts, hour(168))).toBeUndefined();
});

it('waits for a day to pass where the end was moved nearer after the first one', () => {
  const facts = { ...livingFor(5), remindedFirstAt: hour(90) };
  expect(dueReminder(facts, hour(100))).toBeUndefined();
  expect(dueReminder(facts, hour(114))).toBe('last');
});

it('sends no first one after the last one, also where the end was moved', () => {
  expect(story({ ...livingFor(30), remindedLastAt: hour(72) })).toEqual([]);
});

it.each([
  ['cannot be used', { isUsable: false }],
  ['nobody wants it', { isWanted: false }],
  ['was answered', { isAnswered: true }],
  ['did not arrive', { mailedAt: undefined }],
] as const)('reminds of nothing that %s', (_, fact) => {
  expect(story({ ...livingFor(30), ...fact })).toEqual([]);
});

describe('whatever the facts, and however often somebody looks', () => {
  const hours = fc.double({ min: 0, max: 40 * 24, noNaN: true });
  const looks = fc.array(hours, { minLength: 1, maxLength: 60 }).map((list) => list.toSorted((one, other) => one - other));

  const slack = 0.001;

  it('there are at most two, in order and a day apart', () => {
    fc.assert(
      fc.property(hours, looks, (life, instants) => {
        const sent = sentAt(livingFor(life / 24), instants);
        expect([[], ['first'], ['last'], ['first', 'last']]).toContainEqual(sent.map(({ which }) => which));
        const [one, other] = sent;
        expect((other?.at ?? Number.POSITIVE_INFINITY) - (one?.at ?? 0)).toBeGreaterThanOrEqual(24 - slack);
      }),
    );
  });

  it('each comes three days after the mail or later, and before the end; the last one on the last day of a longer life', () => {
    fc.assert(
      fc.property(hours, looks, (life, instants) => {
        const sent = sentAt(livingFor(life / 24), instants);
        expect(sent.filter(({ at }) => at < 72 - slack || at >= life)).toEqual([]);
        expect(sent.filter(({ which, at }) => which === 'last' && (life < 96 - slack || life - at > 24 + slack))).toEqual([]);
      }),
    );
  });
});
