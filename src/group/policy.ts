/**
 * Who may give what (design §9). Owns the one question whether somebody could make an invitation with these grants
 * today; asked when it is made, changed, confirmed or approved, and again whenever somebody wants to use it. Pure.
 */
import type { Grant, Holdings } from './group.ts';
import { plainRole } from './group.ts';

/** Whoever has this right runs the server. */
export const adminRight = 'guestlist:admin';

/** The role that runs a group. */
export const managerRole = 'manager';

export type Giver = {
  readonly holdings: Holdings;
  /** Rights, direct and through groups. */
  readonly entitlements: readonly string[];
};

/** By the id of a group, the ids of those above it, as far up as anything is inherited; without an entry: none. */
export type Above = ReadonlyMap<string, readonly string[]>;

/**
 * An admin gives everything. Whoever manages a group, or one above it, gives membership in it, the role of a manager,
 * and the roles that they have there themselves; nothing follows for the groups above it or beside it. Rights are the
 * admins' to give, for they reach beyond the group.
 */
export function mayGive(giver: Giver, grants: readonly Grant[], above: Above = new Map()): boolean {
  return giver.entitlements.includes(adminRight) || grants.every((grant) => mayGiveOne(giver, grant, above));
}

function mayGiveOne({ holdings: { memberships } }: Giver, grant: Grant, above: Above): boolean {
  if (grant.kind === 'right') return false;
  const rolesIn = (id: string) => memberships.filter(({ groupId }) => groupId === id).map(({ role }) => role);
  const manages = [grant.groupId, ...(above.get(grant.groupId) ?? [])].some((id) => rolesIn(id).includes(managerRole));
  return manages && ([plainRole, managerRole].includes(grant.role) || rolesIn(grant.groupId).includes(grant.role));
}
