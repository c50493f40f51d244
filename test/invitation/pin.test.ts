import argon2 from 'argon2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkArguments } from '../../src/lib/arguments.ts';
import { addSeconds } from '../../src/lib/clock.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createSlowHash } from '../../src/lib/slow-hash.ts';
import { generatePin, hashPin, pinSchema, pinStateOf, readPin } from '../../src/invitation/pin.ts';
import { pepper } from './pin-setting.ts';

const minute = 60;

describe('what may be a PIN', () => {
  it.each([
    ['4711', '4711'],
    ['abc-12', 'ABC12'],
    ['12 34 99', '123499'],
    ['a1b2–c3d4—e5f6', 'A1B2C3D4E5F6'],
    ['\t90\u00a042\n', '9042'],
    ['qx7rzw2k', 'QX7RZW2K'],
    ['121221', '121221'],
    ['1357', '1357'],
    ['A1A2', 'A1A2'],
  ])('%j is %s', (typed, pin) => {
    expect(pinSchema.parse(typed)).toBe(pin);
    expect(readPin(typed)).toBe(pin);
  });

  it.each([
    ...[
      '',
      '123',
      '12-3',
      'A1B2C3D4E5F6G',
      '12.34',
      '12_34',
      'pässe',
      'ſtraße',
      '１２３４',
      '٤٧١١',
      '47\u200b11',
      '47\u000011',
      '4711\u0130',
    ],
    '-'.repeat(60_000),
    '4'.repeat(60_000),
  ])('not %j', (typed) => {
    expect(readPin(typed)).toBeUndefined();
    expect(() => checkArguments('invite', pinSchema, typed)).toThrow(/ must have 4 to 12 letters or digits$/);
  });

  it.each([
    ...['0000', '1111 1111 1111', 'AAAA', 'aAaA', '1234', '0123', '9876', '987654321', '123456789012', '7890', '3210', '0987'],
    ...['ABCD', 'abcd', 'zyx-wvu', 'LMNOP', '1212', '121212', '90909', 'ABAB', 'ABABA', 'a1 a1'],
  ])('not %s: anybody would try it', (typed) => {
    expect(() => checkArguments('invite', pinSchema, typed)).toThrow(/ must not be a run, nor one or two characters repeated$/);
    // Whoever types it is told that it is wrong, and not that it could not be one.
    expect(readPin(typed)).toBeDefined();
  });

  it.each([[undefined], [4711], [null], [['4711']]])('not %j', (given) => {
    expect(pinSchema.safeParse(given).success).toBe(false);
  });

  it('reads the same whatever separates it, and however it is written', () => {
    const characters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'];
    const pins = fc.array(fc.constantFrom(...characters), { minLength: 4, maxLength: 12 });
    const separators = fc.array(fc.constantFrom('', ' ', '-', '\u2013', '\u2011', '\u00a0'), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(pins, separators, fc.boolean(), (pin, between, small) => {
        const typed = pin.map((character, index) => (small ? character.toLowerCase() : character) + between[index]).join('');
        expect(readPin(typed)).toBe(pin.join(''));
      }),
    );
  });
});

describe('a PIN that we make', () => {
  it('has six digits, is one that an inviter could set, and is hardly ever the same', () => {
    const pins = Array.from({ length: 2_000 }, () => generatePin(secureRandom));
    for (const pin of pins) {
      expect(pin).toMatch(/^\d{6}$/);
      expect(pinSchema.parse(pin)).toBe(pin);
    }
    expect(new Set(pins).size).toBeGreaterThan(1_950);
    // Leading zeros too.
    expect(pins.filter((pin) => pin.startsWith('0')).length).toBeGreaterThan(100);
  });

  it('takes another number for one that would favour some PINs, and for one that is easily guessed', () => {
    const given = [4_294_967_295, 4_294_000_000, 123_456, 7_000_000, 4_293_000_042];
    const random = (count: number) => {
      const bytes = Buffer.alloc(count);
      bytes.writeUInt32BE(given.shift() ?? 0);
      return bytes;
    };
    expect(generatePin(random)).toBe('000042');
    expect(given).toEqual([]);
  });
});

describe('the state of a PIN', () => {
  const start = new Date('2026-03-01T12:00:00Z');
  const at = (seconds: number) => addSeconds(start, seconds);
  const failures = (count: number) => Array.from({ length: count }, (_, index) => at(index));

  it.each([
    [5, 15],
    [10, 30],
    [15, 60],
  ])('after %d wrong ones is locked for %d minutes from that one, and open at the very end', (count, minutes) => {
    const until = at(count - 1 + minutes * minute);
    for (const now of [at(count - 1), new Date(until.getTime() - 1)])
      expect(pinStateOf(failures(count), now)).toEqual({ state: 'locked', until });
    expect(pinStateOf(failures(count), until)).toEqual({ state: 'open', triesLeft: 5 });
  });

  it('counts down to the next lock, and is revoked by the twentieth for ever', () => {
    const later = at(10 * 365 * 24 * 3_600);
    const left = Array.from({ length: 22 }, (_, count) => pinStateOf(failures(count), later));
    expect(left.slice(0, 20).map((state) => state.state === 'open' && state.triesLeft)).toEqual([
      ...[5, 4, 3, 2, 1],
      ...[5, 4, 3, 2, 1],
      ...[5, 4, 3, 2, 1],
      ...[5, 4, 3, 2, 1],
    ]);
    expect(left.slice(20)).toEqual([{ state: 'revoked' }, { state: 'revoked' }]);
  });

  it('stays locked as long as the longest of its locks', () => {
    const close = [...failures(5), at(5)];
    expect(pinStateOf(close, at(6))).toEqual({ state: 'locked', until: at(4 + 15 * minute) });
    expect(pinStateOf(failures(10), at(20 * minute))).toEqual({ state: 'locked', until: at(9 + 30 * minute) });
  });

  const instants = fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 25 }).map((all) => all.toSorted((a, b) => a - b).map(at));
  const rank = { open: 0, locked: 1, revoked: 2 } as const;

  it('is never milder for one failure more', () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: 0, max: 50_000 }), (all, seconds) => {
        const [before, after] = [pinStateOf(all.slice(0, -1), at(seconds)), pinStateOf(all, at(seconds))];
        if (before.state !== 'open') expect(rank[after.state]).toBeGreaterThanOrEqual(rank[before.state]);
        if (before.state === 'locked' && after.state === 'locked')
          expect(after.until.getTime()).toBeGreaterThanOrEqual(before.until.getTime());
      }),
    );
  });

  it('opens again by time alone, unless it is revoked, and says when', () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: 0, max: 50_000 }), (all, seconds) => {
        const state = pinStateOf(all, at(seconds));
        expect(state.state === 'revoked').toBe(all.length >= 20);
        if (state.state !== 'locked') return;
        expect(state.until.getTime()).toBeGreaterThan(at(seconds).getTime());
        expect(pinStateOf(all, state.until).state).toBe('open');
        expect(pinStateOf(all, new Date(state.until.getTime() - 1)).state).toBe('locked');
      }),
    );
  });

  it('lets nobody try more than five times in a quarter of an hour, nor twenty times in all', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 120 }), (pauses) => {
        const wrong: Date[] = [];
        let seconds = 0;
        for (const pause of pauses) {
          seconds += pause;
          if (pinStateOf(wrong, at(seconds)).state === 'open') wrong.push(at(seconds));
        }
        expect(wrong.length).toBeLessThanOrEqual(20);
        for (const count of [5, 10, 15]) {
          const [last, next] = [wrong[count - 1], wrong[count]];
          if (last && next) expect(next.getTime() - last.getTime()).toBeGreaterThanOrEqual(3 * count * minute * 1000);
        }
      }),
    );
  });
});

describe('a stolen database (A14)', () => {
  it('does not tell the PIN, even to whoever tries the right one, without the pepper', async () => {
    const hashes = await createSlowHash({ pepper });
    const stored = await hashPin(hashes, { invitationId: 'invitation', pin: '471199' });
    for (const secret of [
      undefined,
      Buffer.alloc(0),
      Buffer.alloc(32),
      Buffer.from('invitation'),
      Buffer.from('a pepper of somebody else, alas!'),
    ])
      for (const guess of ['471199', 'invitation:471199']) expect(await argon2.verify(stored, guess, secret ? { secret } : {})).toBe(false);
    expect(await argon2.verify(stored, 'invitation:471199', { secret: pepper })).toBe(true);
  });

  it('does not let a hash serve another invitation', async () => {
    const hashes = await createSlowHash({ pepper });
    const stored = await hashPin(hashes, { invitationId: 'mine', pin: '471199' });
    expect(await hashes.verify(stored, 'yours:471199')).toBe(false);
    expect(await hashes.verify(stored, 'mine:471199')).toBe(true);
  });
});
