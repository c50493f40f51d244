/** People for the tests of claim mappings. Their groups: Tenors are in Choir, which is in House. */
import type { ClaimFacts, ClaimRequest, GroupName, MembershipFact } from '../../src/client/claim-mapping.ts';
import { type ClaimMapping, claimMappingsSchema } from '../../src/client/mapping-schema.ts';

export const house: GroupName = { groupId: 'g-house', slug: 'house', name: 'The House' };
export const choir: GroupName = { groupId: 'g-choir', slug: 'choir', name: 'Choir' };
export const tenors: GroupName = { groupId: 'g-tenors', slug: 'choir-tenors', name: 'Tenors, high' };
export const board: GroupName = { groupId: 'g-board', slug: 'board', name: 'Board' };

export function member(group: GroupName, role = 'member', ancestors: readonly GroupName[] = []): MembershipFact {
  return { ...group, role, ancestors };
}

export const nobody: ClaimFacts = { memberships: [], rights: [] };

/** Out of order on purpose. */
export const ada: ClaimFacts = {
  memberships: [
    member(tenors, 'member', [choir, house]),
    member(choir, 'member', [house]),
    member(choir, 'librarian', [house]),
    member(board, 'treasurer'),
  ],
  rights: [{ name: 'wiki:edit' }, { name: 'files:read' }],
};

/** In as many groups as wanted: `group-0000` and so on. */
export function personIn(count: number): ClaimFacts {
  const memberships = Array.from({ length: count }, (_, index) => {
    const slug = `group-${String(index).padStart(4, '0')}`;
    return member({ groupId: `g-${slug}`, slug, name: slug });
  });
  return { memberships, rights: [] };
}

export function personOf(...slugs: readonly string[]): ClaimFacts {
  return { memberships: slugs.map((slug) => member({ groupId: `g-${slug}`, slug, name: slug.toUpperCase() })), rights: [] };
}

export const asksForAll: ClaimRequest = {
  use: 'id_token',
  grantedScopes: ['openid', 'groups', 'roles', 'entitlements'],
  claimsParameter: [],
  attachedGroups: [],
};

/** One mapping of groups that is always sent to the ID token, but for what is said. */
export function mapping(knobs: Readonly<Record<string, unknown>> = {}): ClaimMapping[] {
  return claimMappingsSchema.parse([{ name: 'groups', source: 'groups', where: ['id_token'], trigger: { always: true }, ...knobs }]);
}
