import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMistypedCode, mintToken, parseToken, toCode, type Token, tokenDigest } from '../../src/invitation/token.ts';
import { secureRandom } from '../../src/lib/random.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function tokenFrom(bytes: Uint8Array): Token {
  return mintToken(() => Buffer.from(bytes));
}

/** All zeros and all ones are among them: the ends are where spellings break. */
const tokens = fc
  .oneof(fc.uint8Array({ minLength: 17, maxLength: 17 }), fc.constantFrom(new Uint8Array(17), new Uint8Array(17).fill(255)))
  .map(tokenFrom);

describe('a link', () => {
  it('holds 22 characters of base64url that are read back as they are', () => {
    fc.assert(
      fc.property(tokens, (token) => {
        expect(token).toMatch(/^[A-Za-z0-9_-]{22}$/);
        expect(parseToken(token)).toBe(token);
      }),
    );
  });

  it('carries 128 random bits or more', () => {
    const bytes = secureRandom(17);
    const original = tokenFrom(bytes);
    const changed = Array.from({ length: 136 }, (_, bit) => {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (128 >> (bit & 7)), bit >> 3);
      return tokenFrom(flipped);
    });
    const others = changed.filter((token) => token !== original);
    expect(others.length).toBeGreaterThanOrEqual(128);
    expect(new Set(others).size).toBe(others.length);
  });

  it('is read with the marks that mail programs and people put around it', () => {
    const around = fc.tuple(
      fc.constantFrom('', ' ', '\n', '\t '),
      fc.constantFrom('', '.', ',', ';', ')', '>', ']', '.)', ' ', '\r\n', '>. '),
    );
    fc.assert(
      fc.property(tokens, around, (token, [before, after]) => {
        expect(parseToken(`${before}${token}${after}`)).toBe(token);
      }),
    );
  });

  it('has one spelling: another case is another token, or none', () => {
    fc.assert(
      fc.property(tokens, fc.array(fc.boolean(), { minLength: 22, maxLength: 22 }), (token, turns) => {
        const turned = [...token].map((character, index) => (turns[index] ? swapCase(character) : character)).join('');
        fc.pre(turned !== token);
        expect(parseToken(turned)).not.toBe(token);
      }),
    );
  });

  it('has one spelling: a last character that differs only in unused bits is none', () => {
    const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    fc.assert(
      fc.property(tokens, (token) => {
        const valid = [...base64url].filter((last) => parseToken(token.slice(0, -1) + last) !== undefined);
        expect(valid).toHaveLength(16);
      }),
    );
  });
});

function swapCase(character: string): string {
  return character === character.toLowerCase() ? character.toUpperCase() : character.toLowerCase();
}

describe('a typed code', () => {
  it('is 27 characters of Crockford base32 in groups of four', () => {
    fc.assert(
      fc.property(tokens, (token) => {
        expect(toCode(token)).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{3}$/);
      }),
    );
  });

  it('is read back in lower case, with spaces, without dashes, and with look-alikes', () => {
    const ways: ((code: string) => string)[] = [
      (code) => code,
      (code) => code.toLowerCase(),
      (code) => code.replaceAll('-', ''),
      (code) => code.replaceAll('-', ' '),
      (code) => code.replaceAll('-', '\u00A0'),
      (code) => ` ${[...code].join(' ')} `,
      (code) => code.replaceAll('0', 'O').replaceAll('1', 'I'),
      (code) => code.replaceAll('0', 'o').replaceAll('1', 'l'),
      (code) => `${code.replaceAll('1', 'L')}.`,
    ];
    fc.assert(
      fc.property(tokens, (token) => {
        for (const way of ways) expect(parseToken(way(toCode(token)))).toBe(token);
        for (const way of ways.slice(0, -1)) expect(isMistypedCode(way(toCode(token)))).toBe(false);
      }),
    );
  });

  it('tells of every single wrong character', () => {
    fc.assert(
      fc.property(tokens, (token) => {
        const code = toCode(token).replaceAll('-', '');
        for (const [place, right] of [...code].entries()) {
          for (const wrong of alphabet.replace(right, '')) expectSlip(code.slice(0, place) + wrong + code.slice(place + 1));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('tells of every swap of two neighbours', () => {
    fc.assert(
      fc.property(tokens, (token) => {
        const code = toCode(token).replaceAll('-', '');
        for (let place = 0; place < code.length - 1; place += 1) {
          const [one = '', other = ''] = code.slice(place, place + 2);
          if (one !== other) expectSlip(code.slice(0, place) + other + one + code.slice(place + 2));
        }
      }),
    );
  });

  it('is not taken for mistyped when it has another length, or is no code at all', () => {
    const code = toCode(tokenFrom(secureRandom(17)));
    for (const text of ['', code.slice(1), `${code}0`, 'hello', 'U'.repeat(27), '!'.repeat(27)]) expect(isMistypedCode(text)).toBe(false);
  });
});

function expectSlip(code: string): void {
  if (!isMistypedCode(code) || parseToken(code) !== undefined) throw new Error(`${code} passes for right`);
}

describe('anything else', () => {
  const token = tokenFrom(Buffer.from('a place in the choir'));
  const code = toCode(token);
  const letter = 'S';
  const withS = firstCodeWith(letter);

  it.each([
    ['nothing', ''],
    ['a token that is cut', token.slice(0, 21)],
    ['a token with something behind it', `${token}A`],
    ['a percent-encoded token', `%${token.charCodeAt(0).toString(16)}${token.slice(1)}`],
    ['a token with a space in it', `${token.slice(0, 10)} ${token.slice(10)}`],
    ['a token with an end of string in it', `${token.slice(0, 10)}\0${token.slice(10)}`],
    ['base64 that is not base64url', `${token.slice(0, 20)}+/`],
    ['a padded token', `${token}==`],
    ['a code without its check character', code.slice(0, -1)],
    ['a code with a letter that Crockford left out', `U${code.slice(1)}`],
    ['a code in full-width digits', code.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))],
    ['a code with a long s for an S', withS.replace(letter, 'ſ')],
    ['a code with a dotless i for a one', firstCodeWith('1').replace('1', 'ı')],
    ['something huge', 'A'.repeat(1_000_000)],
    ['a token after a huge space', `${' '.repeat(300)}${token}`],
  ])('is no token: %s', (_what, text) => {
    expect(parseToken(text)).toBeUndefined();
  });

  it.each([[undefined], [null], [42], [['a']], [{ length: 22 }], [Symbol('a')], [Buffer.from('a')]])('is no token: %s', (value) => {
    expect(parseToken(value)).toBeUndefined();
  });

  it('is no token, whatever the text, and never throws', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: fc.constantFrom(...alphabet, 'o', 'ı', 'ſ', 'ß', '-', ' ', '\u2011', '%', '\0'), minLength: 20, maxLength: 40 }),
    );
    fc.assert(
      fc.property(text, (any) => {
        const read = parseToken(any);
        const isLink = /^[A-Za-z0-9_-]{21}[AEIMQUYcgkosw048]$/.test(any.trim().replace(/[.,;)>\]]+$/, ''));
        const plain = any
          .trim()
          .replace(/[.,;)>\]]+$/, '')
          .replace(/[\s-]/g, '');
        const mayBeCode = /^[0-9A-Za-z]{27}$/.test(plain);
        if (!isLink && !mayBeCode) expect(read).toBeUndefined();
        expect(typeof isMistypedCode(any)).toBe('boolean');
      }),
      { numRuns: 1000 },
    );
  });

  function firstCodeWith(character: string): string {
    for (let seed = 0; ; seed += 1) {
      const found = toCode(tokenFrom(Buffer.alloc(17, seed)));
      if (found.includes(character)) return found;
    }
  }
});

describe('a digest', () => {
  it('is 32 bytes, one for each token, and does not hold it', () => {
    fc.assert(
      fc.property(tokens, tokens, (one, other) => {
        const digest = tokenDigest(one);
        expect(digest).toHaveLength(32);
        expect(digest.includes(one)).toBe(false);
        expect(digest.toString('base64url').startsWith(one)).toBe(false);
        expect(digest.equals(tokenDigest(other))).toBe(one === other);
      }),
    );
  });

  it('is the same however the token was written', () => {
    const token = tokenFrom(secureRandom(17));
    const typed = parseToken(toCode(token).toLowerCase());
    expect(typed && tokenDigest(typed).equals(tokenDigest(token))).toBe(true);
  });
});

it('a code copied with typographic dashes or a full stop at its end is still that code', () => {
  const token = mintToken(secureRandom);
  for (const dash of ['–', '—', '\u2011', '\u2010']) expect(parseToken(`${toCode(token).replaceAll('-', dash)}.`)).toBe(token);
  const code = toCode(token);
  const slip = `${code.slice(0, -1)}${code.endsWith('7') ? '8' : '7'}`;
  expect(isMistypedCode(`${slip}.`)).toBe(true);
});

it('a whole page in place of a code is none, and is put aside at once (K1)', () => {
  const began = performance.now();
  for (const mark of [')', '.', ' ', '-']) {
    const page = `${mark.repeat(60_000)}x`;
    expect([isMistypedCode(page), parseToken(page)]).toEqual([false, undefined]);
  }
  expect(performance.now() - began).toBeLessThan(500);
});
