import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { addSeconds } from '../../src/lib/clock.ts';
import {
  jwksCacheSeconds,
  type KeySpan,
  noticeSeconds,
  outageSeconds,
  refreshSeconds,
  retireSeconds,
  stateOfKey,
  waitSeconds,
} from '../../src/oidc/key-state.ts';
import { idTokenSeconds, sessionSeconds } from '../../src/oidc/lifetimes.ts';

const start = new Date('2030-01-01T00:00:00Z');
const at = (seconds: number) => addSeconds(start, seconds);
const first: KeySpan = { signsFrom: at(0), signsUntil: undefined, publishedUntil: undefined };
const next: KeySpan = { signsFrom: at(100), signsUntil: undefined, publishedUntil: undefined };
const followed: KeySpan = { signsFrom: at(0), signsUntil: at(100), publishedUntil: at(200) };
const takenAway: KeySpan = { signsFrom: at(50), signsUntil: at(50), publishedUntil: at(50) };

describe('a key at an instant', () => {
  it.each([
    ['the first, at its own', first, 0, 'signing'],
    ['the first, for ever', first, 1e9, 'signing'],
    ['the next, before its time', next, 99.999, 'waiting'],
    ['the next, from then on', next, 100, 'signing'],
    ['followed, to the last moment', followed, 99.999, 'signing'],
    ['followed, when the next one signs', followed, 100, 'retiring'],
    ['followed, to the end', followed, 199.999, 'retiring'],
    ['followed, over', followed, 200, 'retired'],
    ['taken away while it waited, before', takenAway, 49.999, 'waiting'],
    ['taken away while it waited, from then on', takenAway, 50, 'retired'],
  ] as const)('%s', (_name, span, seconds, state) => {
    expect(stateOfKey(span, at(seconds))).toBe(state);
  });

  it('never goes back, and is in one state only', () => {
    const order = ['waiting', 'signing', 'retiring', 'retired'];
    const instants = fc.array(fc.nat(1_000), { minLength: 3, maxLength: 3 }).map((list) => list.toSorted((one, other) => one - other));
    fc.assert(
      fc.property(instants, fc.array(fc.nat(1_200)), ([signs = 0, ends = 0, gone = 0], moments) => {
        const span = { signsFrom: at(signs), signsUntil: at(ends), publishedUntil: at(gone) };
        const places = moments.toSorted((one, other) => one - other).map((moment) => order.indexOf(stateOfKey(span, at(moment))));
        expect(places).toEqual(places.toSorted((one, other) => one - other));
        for (const moment of moments) {
          const signing = moment >= signs && moment < ends && moment < gone;
          expect(stateOfKey(span, at(moment)) === 'signing').toBe(signing);
        }
      }),
    );
  });

  it('one hands over to the next without a gap and without an overlap', () => {
    fc.assert(
      fc.property(fc.integer({ min: -50_000, max: 300_000 }), (milliseconds) => {
        const states = [followed, next].map((key) => stateOfKey(key, at(milliseconds / 1000)));
        expect(states.filter((state) => state === 'signing')).toHaveLength(milliseconds < 0 ? 0 : 1);
      }),
    );
  });
});

test('the times fit together: a key waits longer than anybody can be without it, and stays longer than anybody needs it', () => {
  expect(refreshSeconds).toBeLessThan(noticeSeconds);
  expect(waitSeconds).toBeGreaterThan(outageSeconds + jwksCacheSeconds + noticeSeconds);
  expect(retireSeconds).toBeGreaterThanOrEqual(outageSeconds + idTokenSeconds + jwksCacheSeconds);
  expect(retireSeconds).toBeGreaterThanOrEqual(outageSeconds + sessionSeconds);
});
