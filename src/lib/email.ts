/** E-mail addresses: what counts as one, when two are the same mailbox, and which domain it is in. */
import { domainToASCII, domainToUnicode } from 'node:url';
import { z } from 'zod';

/** The form that must be unique. Lower-cased, never upper-cased: that would make one of ı and i. */
export type EmailKey = string & { readonly brand: 'EmailKey' };

/** 254 octets, RFC 5321 §4.5.3.1.3 with erratum 1690. Internationalised addresses (RFC 6531) are welcome. */
export const emailSchema = z
  .string({ error: 'required' })
  // First: putting thousands of accents in order takes long.
  .max(1_000, 'too_long')
  .transform((text) => text.trim().normalize('NFC'))
  .pipe(
    z
      .string()
      .min(1, 'required')
      .refine((text) => Buffer.byteLength(text) <= 254, 'too_long')
      .refine(isEmail, 'not_an_email'),
  );

/** RFC 5322 atoms, but what mail servers have taken for a way to somewhere else: `a%b@c`, `b!a@c`. */
const localPart = /^[\p{L}\p{M}\p{N}#$&'*+/=?^_`{|}~-]+(\.[\p{L}\p{M}\p{N}#$&'*+/=?^_`{|}~-]+)*$/u;
/** An encoded word, RFC 2047: some readers decode it, and then it is another address. */
const encodedWord = '=?';
/** Tested first: `domainToASCII` drops line breaks, and whatever follows a slash, as if it read a URL. */
const writtenDomain = /^[\p{L}\p{M}\p{N}.-]+$/u;
/** The last label begins with a letter: a number would be read as an IPv4 address. */
const asciiDomain = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/**
 * Look-alike spellings (NFKC would change them) are refused: two accounts must not differ in nothing that anybody sees.
 */
function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at);
  if (at < 1 || Buffer.byteLength(local) > 64 || text !== text.normalize('NFKC')) return false;
  return localPart.test(local) && !local.includes(encodedWord) && isDomain(text.slice(at + 1));
}

function isDomain(written: string): boolean {
  if (!writtenDomain.test(written)) return false;
  const ascii = domainToASCII(written).toLowerCase();
  // A label that only looks like Punycode stays as it is.
  return asciiDomain.test(ascii) && !/(^|\.)xn--/.test(domainToUnicode(ascii));
}

const plainAddress = /^[^\s\p{C},;:<>()[\]"\\@]+@[^\s\p{C},;:<>()[\]"\\@]+$/u;

/**
 * One address and nothing besides, so that no mail program reads two out of it, or a header. Wider than `emailSchema`,
 * for addresses that a host has let in itself (`ada@localhost`).
 */
export function isPlainAddress(text: string): boolean {
  return Buffer.byteLength(text) <= 254 && plainAddress.test(text);
}

/** Of an address that `emailSchema` let through. */
export function emailKey(email: string): EmailKey {
  const at = email.lastIndexOf('@');
  return `${email.slice(0, at).toLowerCase().normalize('NFC')}@${domainToASCII(email.slice(at + 1)).toLowerCase()}` as EmailKey;
}

/**
 * For counting alone, never to tell whether two are the same person: what providers may put into one mailbox
 * (`a.da+choir`, `ada`) is counted as one.
 */
export function countingKey(key: EmailKey): string {
  const at = key.lastIndexOf('@');
  const local = key.slice(0, at);
  return `${local.replace(/\+.*$/, '').replaceAll('.', '') || local}${key.slice(at)}`;
}

/** `example.org`, or `*.example.org` for everything beneath it (not itself). Gives the ASCII form. */
export const domainSchema = z
  .string()
  .max(260, 'is too long')
  .transform((text) => text.trim().normalize('NFC'))
  .refine((text) => isDomain(text.replace(/^\*\./, '')), 'must be a domain such as example.org, or *.example.org for all beneath it')
  .transform((text) => `${text.startsWith('*.') ? '*.' : ''}${domainToASCII(text.replace(/^\*\./, '')).toLowerCase()}`);

/** By whole labels: `evilexample.org` is not in `example.org`. */
export function inDomains(key: EmailKey, domains: readonly string[]): boolean {
  const domain = key.slice(key.lastIndexOf('@') + 1);
  return domains.some((pattern) => (pattern.startsWith('*.') ? domain.endsWith(pattern.slice(1)) : domain === pattern));
}

/** Is each mailbox of a domain, or of all beneath one, in these? */
export function isWithinDomains(domain: string, domains: readonly string[]): boolean {
  const beneath = domain.replace(/^\*\./, '');
  return domains.some((pattern) => pattern === domain || (pattern.startsWith('*.') && beneath.endsWith(pattern.slice(1))));
}

/** `a•••@example.org`: enough for its owner. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@');
  const [first] = new Intl.Segmenter().segment(email.slice(0, at));
  return `${first?.segment ?? ''}•••${email.slice(at)}`;
}
