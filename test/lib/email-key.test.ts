/** When two addresses are one mailbox, and when their mail is counted as one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countingKey, emailKey, emailSchema } from '../../src/lib/email.ts';

function keyOf(text: string) {
  return emailKey(emailSchema.parse(text));
}

describe('the key of an address', () => {
  it.each([
    ['Ada@Example.ORG', 'ada@example.org'],
    ['ÄNNE@example.org', 'änne@example.org'],
    ['A\u0308nne@example.org', 'änne@example.org'],
    ['ada@BÜCHER.example', 'ada@xn--bcher-kva.example'],
    ['ada@xn--bcher-kva.example', 'ada@bücher.example'],
    ['ΑΛΦΑ@example.org', 'αλφα@example.org'],
    ['\u212Aay@example.org', 'kay@example.org'],
  ])('is one for %s and %s', (one, other) => {
    expect(keyOf(one)).toBe(keyOf(other));
  });

  it.each([
    ['ı@example.org', 'i@example.org'],
    ['İ@example.org', 'i@example.org'],
    ['İ@example.org', 'I@example.org'],
    ['ß@example.org', 'ss@example.org'],
    ['ada@faß.de', 'ada@fass.de'],
    ['á@example.org', 'a@example.org'],
    ['а@example.org', 'a@example.org'],
    ['a.da@example.org', 'ada@example.org'],
    ['ada+choir@example.org', 'ada@example.org'],
    ['ada@example.org', 'ada@example.com'],
  ])('keeps %s and %s apart', (one, other) => {
    expect(keyOf(one)).not.toBe(keyOf(other));
  });

  it('is one or none for the fourteen pairs that some software makes one of (D9)', () => {
    const pairs = ['ı/i', 'İ/i', 'İ/I', 'ſ/s', 'ß/ss', 'ẞ/ß', 'ﬁ/fi', 'Å/å', 'Ω/ω', '\u212A/k', '\u212B/å', 'ａ/a', '²/2', 'µ/μ'];
    const together = pairs.filter((pair) => {
      const keys = pair.split('/').map((letter) => emailSchema.safeParse(`${letter}@example.org`).data);
      return keys[0] !== undefined && keys[1] !== undefined && emailKey(keys[0]) === emailKey(keys[1]);
    });
    // Capital and small of one letter; the signs for kelvin and ångström are composed into the letters before.
    expect(together).toEqual(['ẞ/ß', 'Å/å', 'Ω/ω', '\u212A/k', '\u212B/å']);
  });

  it('keeps a long s apart from an s, although upper case makes one of them', () => {
    expect(emailKey('ſ@example.org')).not.toBe(emailKey('s@example.org'));
  });

  const letters = fc.string({ unit: fc.constantFrom(...'aBzäÖßıİſσΣςиЙéẞǅ用1-_'), minLength: 1, maxLength: 12 });
  const domains = fc.constantFrom('example.org', 'Example.ORG', 'bücher.example', 'BÜCHER.example', 'faß.de', 'пример.рф', 'ПРИМЕР.рф');
  const addresses = fc.oneof(
    fc.tuple(letters, domains).map((parts) => parts.join('@')),
    fc.emailAddress(),
  );

  it('is its own key', () => {
    fc.assert(
      fc.property(addresses, (address) => {
        expect(emailKey(emailKey(address))).toBe(emailKey(address));
      }),
      { numRuns: 1000 },
    );
  });

  it('does not depend on the case that somebody types', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        expect(emailKey(address.toUpperCase())).toBe(emailKey(address));
      }),
    );
  });

  it('makes one of two addresses only if lower case does', () => {
    fc.assert(
      fc.property(letters, letters, (one, other) => {
        const same = one.toLowerCase().normalize('NFC') === other.toLowerCase().normalize('NFC');
        expect(emailKey(`${one}@example.org`) === emailKey(`${other}@example.org`)).toBe(same);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('counting mail', () => {
  it.each([
    ['ada.park@example.org', 'adapark@example.org'],
    ['Ada.Park+choir@example.org', 'adapark@example.org'],
    ['a.d.a+x+y@example.org', 'ada@example.org'],
    ['+ada@example.org', '+ada@example.org'],
    ['ada@mail.example.org', 'ada@mail.example.org'],
  ])('%s is counted as %s (D8)', (address, counted) => {
    expect(countingKey(keyOf(address))).toBe(counted);
  });

  it('never makes one of two domains', () => {
    expect(countingKey(keyOf('ada@ab.example'))).not.toBe(countingKey(keyOf('ada@a.b.example')));
  });
});
