/**
 * What membership means. Owns the words group, right and grant, and the pure question which of some grants would be
 * new to a person. Invitations hand out grants; accounts are known here only as the host's id. Neighbours:
 * `claims.ts` tells apps, `store.ts` keeps the rows.
 */

/** What an invitation gives: a role in a group, or a right. (oidc-provider's Grant is another thing.) */
export type Grant =
  | {
      readonly kind: 'group';
      readonly groupId: string;
      readonly slug: string;
      readonly name: string;
      readonly description: string;
      readonly role: string;
    }
  | { readonly kind: 'right'; readonly right: string; readonly description: string };

/** What a person has now, in force at the instant it was read. */
export type Holdings = {
  readonly memberships: readonly { readonly groupId: string; readonly role: string }[];
  readonly rights: readonly string[];
};

export const noHoldings: Holdings = { memberships: [], rights: [] };

/** The role everybody in a group has, whatever else they are there. */
export const plainRole = 'member';

export const slugPattern = /^(?!system:)[a-z0-9][a-z0-9._-]{0,63}$/;
export const rolePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;
export const rightPattern = /^[a-z0-9][a-z0-9._:/-]{0,127}$/;

function isHeld(grant: Grant, holdings: Holdings): boolean {
  if (grant.kind === 'right') return holdings.rights.includes(grant.right);
  return holdings.memberships.some(({ groupId, role }) => groupId === grant.groupId && (role === grant.role || grant.role === plainRole));
}

export function newGrants(grants: readonly Grant[], holdings: Holdings): readonly Grant[] {
  return grants.filter((grant) => !isHeld(grant, holdings));
}
