/** E-mail addresses: what counts as one, and when two are the same mailbox. */
import { domainToASCII } from 'node:url';
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

const localPart = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
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
  const domain = text.slice(at + 1);
  return localPart.test(local) && writtenDomain.test(domain) && asciiDomain.test(domainToASCII(domain).toLowerCase());
}

/** Of an address that `emailSchema` let through. */
export function emailKey(email: string): EmailKey {
  const at = email.lastIndexOf('@');
  return `${email.slice(0, at).toLowerCase().normalize('NFC')}@${domainToASCII(email.slice(at + 1)).toLowerCase()}` as EmailKey;
}
