/**
 * From memberships to the claims apps receive. The names are SCIM's, by way of RFC 9068 §2.2.3.1; a scope of the
 * same name releases each, and so does the `claims` parameter (OIDC Core §5.5). Computed each time, never stored.
 */
import type { Queryable } from '../lib/db.ts';
import { findClaimFacts } from './membership-store.ts';

export const groupClaims = ['groups', 'roles', 'entitlements'] as const;
export type GroupClaims = { [Name in (typeof groupClaims)[number]]?: readonly string[] };

export type ClaimRequest = {
  /** Granted scopes, space-separated. */
  readonly scope: string;
  /** Members of the `claims` parameter that apply to this token. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
};

function releasedClaims({ scope, claims = {} }: ClaimRequest): (typeof groupClaims)[number][] {
  const scopes = scope.split(' ');
  return groupClaims.filter((name) => scopes.includes(name) || Object.hasOwn(claims, name));
}

/** The released claims with their values at `now`; nothing that was not asked for. */
export async function groupClaimsOf(
  db: Queryable,
  accountId: string,
  asked: { readonly request: ClaimRequest; readonly now: Date },
): Promise<GroupClaims> {
  const released = releasedClaims(asked.request);
  if (released.length === 0) return {};
  const facts = await findClaimFacts(db, accountId, asked.now);
  return Object.fromEntries(released.map((name) => [name, facts[name]]));
}
