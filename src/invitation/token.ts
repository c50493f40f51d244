/**
 * The secret of an invitation: 130 random bits with two spellings. In a link it is 22 characters of base64url;
 * typed by hand it is 26 characters of Crockford base32 and a check character. Owns making, reading and digesting
 * them; where a digest is looked up is the store's business.
 */
import { createHash } from 'node:crypto';
import type { Random } from '../lib/random.ts';

/** The link spelling, always in its one valid form: safe to digest, never to store. */
export type Token = string & { readonly brand: 'Token' };

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const dataLength = 26;
const bits = 130n;

export function mintToken(random: Random): Token {
  const value = BigInt(`0x${random(17).toString('hex')}`) >> 6n;
  return toLink(value);
}

/** What is stored: SHA-256 of the link spelling. At 130 bits a plain digest cannot be searched (NIST 800-63B §3.1.2). */
export function tokenDigest(token: Token): Buffer {
  return createHash('sha256').update(token).digest();
}

/** `7K2M-4Q9X-…`: groups of four, the last character is the check. */
export function toCode(token: Token): string {
  const value = fromLink(token);
  const digits = Array.from({ length: dataLength }, (_, index) => Number((value >> BigInt(5 * (dataLength - 1 - index))) & 31n));
  const text = [...digits, checkDigit(digits)].map((digit) => alphabet[digit]).join('');
  return text.match(/.{1,4}/g)?.join('-') ?? '';
}

/**
 * Reads a link's token or a typed code, with the marks that mail programs and people add. Anything that is not
 * exactly one of the two spellings is undefined, the same as an unknown token. Never throws, whatever it is given.
 */
export function parseToken(input: unknown): Token | undefined {
  if (typeof input !== 'string' || input.length > longestInput) return undefined;
  const text = withoutMarks(input);
  return parseLink(text) ?? parseCode(text);
}

/** True for text that was meant as a code but whose check character tells of a slip of the finger. */
export function isMistypedCode(input: string): boolean {
  if (input.length > longestInput) return false;
  const digits = readDigits(withoutMarks(input));
  return digits?.length === dataLength + 1 && !passesCheck(digits);
}

/** Checked before anything is searched: the time that `withoutMarks` takes grows with the square of the length. */
const longestInput = 200;

function withoutMarks(text: string): string {
  return text.trim().replace(/[.,;)>\]]+$/, '');
}

function parseLink(text: string): Token | undefined {
  if (!/^[A-Za-z0-9_-]{22}$/.test(text)) return undefined;
  const token = toLink(fromLink(text));
  return token === text ? token : undefined;
}

function parseCode(text: string): Token | undefined {
  const digits = readDigits(text);
  if (digits?.length !== dataLength + 1 || !passesCheck(digits)) return undefined;
  return toLink(digits.slice(0, dataLength).reduce((value, digit) => (value << 5n) | BigInt(digit), 0n));
}

/** Lower case, spaces, dashes of any kind and look-alikes are accepted: O is 0, I and L are 1. */
function readDigits(text: string): number[] | undefined {
  const plain = text
    .replace(/[\s\p{Pd}]/gu, '')
    .replace(/o/gi, '0')
    .replace(/[il]/gi, '1');
  // Before upper-casing, which would make an S of ſ.
  if (!/^[0-9A-HJKMNP-TV-Z]+$/i.test(plain)) return undefined;
  return [...plain.toUpperCase()].map((character) => alphabet.indexOf(character));
}

function toLink(value: bigint): Token {
  const bytes = Buffer.from((value << 6n).toString(16).padStart(34, '0'), 'hex');
  return bytes.toString('base64url').slice(0, 22) as Token;
}

function fromLink(text: string): bigint {
  const bytes = Buffer.from(`${text}A`, 'base64url');
  return (BigInt(`0x${bytes.toString('hex')}`) >> 6n) & ((1n << bits) - 1n);
}

function passesCheck(digits: readonly number[]): boolean {
  return checkDigit(digits.slice(0, -1)) === digits.at(-1);
}

/** A Reed-Solomon parity over GF(32), x⁵+x²+1: it catches every wrong character and every swap of two. */
function checkDigit(digits: readonly number[]): number {
  return timesAlpha(digits.reduce((sum, digit) => timesAlpha(sum) ^ digit, 0));
}

function timesAlpha(element: number): number {
  const shifted = element << 1;
  return shifted & 32 ? shifted ^ 0b100101 : shifted;
}
