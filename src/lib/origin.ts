/**
 * Did our own page send this form? Browsers say so in `Sec-Fetch-Site`; where that is absent, `Origin` must be ours.
 * With neither, the answer is no: a form cannot be told from a forgery (OWASP CSRF cheat sheet, Fetch Metadata).
 */
import type { IncomingHttpHeaders } from 'node:http';

export function isOwnOrigin(headers: IncomingHttpHeaders, ownOrigin: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  return headers.origin === ownOrigin;
}
