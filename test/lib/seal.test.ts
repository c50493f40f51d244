import fc from 'fast-check';
import { expect, it } from 'vitest';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal, deriveKey, SealBroken } from '../../src/lib/seal.ts';

const secret = 'a secret of the operator, long enough';
const { seal, open } = createSeal(secret, secureRandom);

it('opens what it sealed, in its place', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (bytes, context) => {
      const plain = Buffer.from(bytes);
      expect(open(seal(plain, context), context)).toEqual(plain);
    }),
  );
});

it('seals text as UTF-8', () => {
  expect(open(seal('Grüße', 'x'), 'x').toString()).toBe('Grüße');
});

it('shows nothing of the plain text, and never the same bytes twice', () => {
  const sealed = seal('top secret', 'client:1');
  expect(sealed.includes('secret')).toBe(false);
  expect(sealed.equals(seal('top secret', 'client:1'))).toBe(false);
});

it('takes its nonce from the randomness it is given', () => {
  const repeatable = createSeal(secret, (byteCount) => Buffer.alloc(byteCount, 7));
  expect(repeatable.seal('a', 'x')).toEqual(repeatable.seal('a', 'x'));
  expect(repeatable.seal('a', 'x').subarray(1, 13)).toEqual(Buffer.alloc(12, 7));
});

it('refuses every changed, missing or added byte', () => {
  const sealed = seal('top secret', 'client:1');
  for (let position = 0; position < sealed.length; position += 1) {
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(position) ^ 1, position);
    expect(() => open(changed, 'client:1')).toThrow(SealBroken);
    expect(() => open(sealed.subarray(0, position), 'client:1')).toThrow(SealBroken);
  }
  expect(() => open(Buffer.concat([sealed, Buffer.of(0)]), 'client:1')).toThrow(SealBroken);
});

it('refuses another place and another secret, and says nothing about the content', () => {
  const sealed = seal('top secret', 'client:1');
  expect(() => open(sealed, 'client:2')).toThrow(SealBroken);
  const refusal = catchError(() => createSeal(`${secret}!`, secureRandom).open(sealed, 'client:1'));
  expect(refusal).toBeInstanceOf(SealBroken);
  expect(JSON.stringify([refusal.message, refusal.stack, refusal.cause])).not.toMatch(/top secret|operator/);
});

it('derives a different key of 32 bytes for each purpose and each secret, the same every time', () => {
  const keys = [deriveKey(secret, 'seal'), deriveKey(secret, 'pepper'), deriveKey(`${secret}!`, 'seal')].map((key) => key.toString('hex'));
  expect(new Set(keys).size).toBe(3);
  expect(keys.every((key) => key.length === 64)).toBe(true);
  expect(deriveKey(secret, 'pepper').toString('hex')).toBe(keys[1]);
});

/** Values sealed by an earlier version must open for ever: this one was sealed when the format was made. */
it('opens a value sealed by version 1', () => {
  const sealed = createSeal(secret, (byteCount) => Buffer.alloc(byteCount, 7)).seal('kept', 'place');
  expect(sealed.toString('hex')).toBe('010707070707070707070707076541359e699da49f14a68e27f17c229413c9d491');
});

function catchError(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}
