/** Addresses that a page of ours links to because whoever runs it said so. */

/** Absolute, `https` or `http`, without spaces: it is shown as it is, and compared letter by letter. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\/\S+$/i.test(text) && URL.canParse(text);
}

/** Where help can be asked for: a mailbox (RFC 6068) or a page. */
export function isContactAddress(text: string): boolean {
  return /^(mailto:[^\s@?]+@[^\s@?]+(\?\S*)?|https:\/\/\S+)$/i.test(text) && URL.canParse(text);
}
