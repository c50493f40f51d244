/**
 * Who may give what (design §9). Owns the one question whether somebody could make an invitation with these grants
 * today; asked when it is made, changed, confirmed or approved, and again whenever somebody wants to use it. Pure.
 */
import type { Grant, Holdings } from './group.ts';
import { plainRole } from './group.ts';

/** Whoever has this right runs the server. */
export const adminRight = 'guestlist:admin';

/** The role that runs a group. */
const managerRole = 'manager';

export type Giver = {
  readonly holdings: Holdings;
  /** Rights, direct and through groups. */
  readonly entitlements: readonly string[];
};

/**
 * An admin gives everything. A manager of a group gives membership in it, and the roles that they have there
 * themselves; rights are the admins' to give, for they reach beyond the group.
 */
export function mayGive(giver: Giver, grants: readonly Grant[]): boolean {
  return giver.entitlements.includes(adminRight) || grants.every((grant) => mayGiveOne(giver, grant));
}

function mayGiveOne({ holdings: { memberships } }: Giver, grant: Grant): boolean {
  if (grant.kind === 'right') return false;
  const roles = memberships.filter(({ groupId }) => groupId === grant.groupId).map(({ role }) => role);
  return roles.includes(managerRole) && (grant.role === plainRole || roles.includes(grant.role));
}
