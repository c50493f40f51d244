/**
 * An account of our own server: who signs in here. Owns what an account is and how it is shown to apps and to the
 * invitation slice. What an account belongs to is not here but in `group/`. Neighbours: `email.ts` (addresses),
 * `password.ts` (hashes), `sign-in.ts`, `register.ts`, `store.ts`.
 */
import type { AccountClaims } from 'oidc-provider';
import type { HostPerson } from '../invitation/host.ts';

export type Account = {
  /** The subject in tokens. Never used again. */
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** When our own mail proved the mailbox. */
  readonly emailVerifiedAt: Date | undefined;
  /** The language that they have chosen, or registered in. */
  readonly locale: string | undefined;
  readonly createdAt: Date;
  readonly disabledAt: Date | undefined;
  readonly otherEmails: readonly { readonly email: string; readonly verified: boolean }[];
};

/** How strongly somebody has signed in, weakest first (OIDC Core §2, `acr`). */
export const passwordAcr = 'urn:guestlist:acr:pwd';
export const acrValues = [passwordAcr] as const;

export function toPerson({ name, email, emailVerifiedAt, locale, disabledAt, otherEmails }: Account): HostPerson {
  return { name, email, emailVerified: emailVerifiedAt !== undefined, locale, disabled: disabledAt !== undefined, otherEmails };
}

/** OIDC Core §5.1. The provider passes on only what was asked for and granted. */
export function toClaims({ id, name, email, emailVerifiedAt }: Account): AccountClaims {
  return { sub: id, name, email, email_verified: emailVerifiedAt !== undefined };
}
