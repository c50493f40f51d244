/**
 * What whoever runs the place wants read and agreed to before somebody joins (state J). Owns which documents an account
 * still owes and whether a form agrees to them; the page is shown by `answers.ts`, and what was agreed is written by
 * `redeem.ts`. Whether anything would be granted is the rule's.
 */
import type { Fields } from '../lib/form.ts';
import { isWebAddress } from '../lib/web-address.ts';
import { findAgreed } from './agreement-store.ts';
import type { InvitationHost } from './host.ts';
import type { Term } from './pages.ts';
import { preview } from './redeem.ts';
import type { Visit } from './visit.ts';

/** Absolute addresses, `https` or `http`. */
export type TermsOption = { readonly terms?: string | undefined; readonly privacy?: string | undefined };

/** Throws `TypeError` for what is no such address. */
export function termsOf(option: TermsOption = {}): readonly Term[] {
  return (['terms', 'privacy'] as const).flatMap((kind) => {
    const href = option[kind];
    if (href === undefined) return [];
    if (!isWebAddress(href)) throw new TypeError(`terms.${kind}: it must be an absolute address, https or http`);
    return [{ kind, href }];
  });
}

type Accepting = { readonly visit: Visit; readonly accountId: string; readonly acr: string | undefined };

/** What the account has not agreed to yet; nothing where nothing would be granted. */
export async function termsOwed(host: InvitationHost, { visit, accountId, acr }: Accepting): Promise<readonly Term[]> {
  if (host.terms.length === 0) return [];
  const { outcome } = await preview(host, visit, { accountId, acr });
  if (outcome !== 'join' && outcome !== 'ask') return [];
  const agreed = await findAgreed(host.database, accountId, addressesOf(host.terms));
  return host.terms.filter(({ href }) => !agreed.includes(href));
}

export function addressesOf(terms: readonly Term[]): string[] {
  return terms.map(({ href }) => href);
}

/** For a hidden field: the box counts for what stood beside it and for nothing else. */
export function documentsOf(terms: readonly Term[]): string {
  return addressesOf(terms).join(' ');
}

/** Does the form come from a page that showed just these? */
export function showedTerms(terms: readonly Term[], { documents }: Fields): boolean {
  return documents === documentsOf(terms);
}

export function agreesTo(terms: readonly Term[], fields: Fields): boolean {
  return fields['agree'] === 'yes' && showedTerms(terms, fields);
}
