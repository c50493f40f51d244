/**
 * What membership means. Owns the words group, right and grant, and the pure question which of some grants would be
 * new to a person. Invitations hand out grants; accounts are known here only as the host's id. Neighbours:
 * `claims.ts` tells apps, `store.ts` keeps the rows.
 */

/** When what is granted ends: so long after accepting, or at a fixed time. */
export type GrantEnd = { readonly afterSeconds: number } | { readonly at: Date };

/** What an invitation gives: a role in a group, or a right. (oidc-provider's Grant is another thing.) */
export type Grant = (
  | {
      readonly kind: 'group';
      readonly groupId: string;
      readonly slug: string;
      readonly name: string;
      readonly description: string;
      readonly role: string;
      /** A second person confirms each invitation to it. */
      readonly sensitive: boolean;
      /** Nobody comes in any more, and apps hear nothing of it. */
      readonly archived: boolean;
    }
  | { readonly kind: 'right'; readonly right: string; readonly description: string }
) & {
  /** Undefined: until it is taken away. */
  readonly ends?: GrantEnd | undefined;
};

/** What a person has now, in force at the instant it was read; `endsAt` where it will end by itself. */
export type Holdings = {
  readonly memberships: readonly { readonly groupId: string; readonly role: string; readonly endsAt?: Date | undefined }[];
  readonly rights: readonly { readonly right: string; readonly endsAt?: Date | undefined }[];
  readonly removals?: readonly Removal[];
};

/** What somebody else took away from this person, and nobody has given back since. */
export type Removal = ({ readonly groupId: string; readonly role: string } | { readonly right: string }) & { readonly removedAt: Date };

/** Whoever is in the group in another role lacks only the one that was taken away; whoever is out is out of it whole. */
export function isBarred(grant: Grant, holdings: Holdings, removal: Removal): boolean {
  if (missingGrants([grant], holdings).length === 0) return false;
  if (grant.kind === 'right') return 'right' in removal && removal.right === grant.right;
  return 'groupId' in removal && removal.groupId === grant.groupId && (removal.role === grant.role || !isHeld(grant.groupId, holdings));
}

export const noHoldings: Holdings = { memberships: [], rights: [] };

/** How far the members of a group are counted to be told how many they are; with a limit of places, always as far as that. */
export const countedMembers = { alone: 10_000, inLists: 500 } as const;

/** Of a grant by its name: `choir:manager` and `choir` are both of `choir`. */
export const slugOfGrant = (grant: string): string => grant.split(':')[0] ?? '';

/** The role everybody in a group has, whatever else they are there. */
export const plainRole = 'member';

export const slugPattern = /^(?!system:)[a-z0-9][a-z0-9._-]{0,63}$/;
export const rolePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;
export const rightPattern = /^[a-z0-9][a-z0-9._:/-]{0,127}$/;

/** In the group at all, in whatever role. */
export function isHeld(groupId: string, { memberships }: Holdings): boolean {
  return memberships.some((membership) => membership.groupId === groupId);
}

/** When a grant that is accepted at `now` ends. */
export function endOf({ ends }: Grant, now: Date): Date | undefined {
  if (!ends) return undefined;
  return 'at' in ends ? ends.at : new Date(now.getTime() + ends.afterSeconds * 1000);
}

/** What is not held at all, however long. */
export function missingGrants(grants: readonly Grant[], holdings: Holdings): readonly Grant[] {
  return grants.filter((grant) => heldAs(grant, holdings).length === 0);
}

/** What is not held, or not for so long: a longer end is something new. What would be over already is nothing. */
export function newGrants(grants: readonly Grant[], holdings: Holdings, now: Date): readonly Grant[] {
  return grants.filter((grant) => {
    const end = endOf(grant, now);
    if (end && end <= now) return false;
    return !heldAs(grant, holdings).some(({ endsAt }) => !endsAt || (end !== undefined && endsAt >= end));
  });
}

/** Whoever has any role in a group is a plain member, too. */
function heldAs(grant: Grant, { memberships, rights }: Holdings): readonly { readonly endsAt?: Date | undefined }[] {
  if (grant.kind === 'right') return rights.filter(({ right }) => right === grant.right);
  return memberships.filter(({ groupId, role }) => groupId === grant.groupId && (role === grant.role || grant.role === plainRole));
}
