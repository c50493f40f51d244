/** Where somebody may invite to, and within which limits: what a page or an app offers them. Neighbour: `limits.ts`. */
import { type Grant, plainRole } from '../group/group.ts';
import { defaultPolicy, type Giver, type GroupPolicy, isAdmin, managerRole, mayGive, type Rules } from '../group/policy.ts';
import { countOffered, findPolicies, type InvitableRow, listInvitable } from '../group/policy-store.ts';
import { findAbove } from '../group/tree-store.ts';
import { addSeconds } from '../lib/clock.ts';
import { giverOf } from './facts.ts';
import type { InvitationHost } from './host.ts';

/** The limits are those that bind this account: an admin is bound by none. */
export type Invitable = Omit<GroupPolicy, 'who' | 'roles'> & {
  readonly slug: string;
  readonly name: string;
  /** That the account may give. An admin may give any other as well. */
  readonly roles: readonly string[];
  /** Of `perDay`, what is left now. */
  readonly leftToday?: number | undefined;
};

/** By slug; a host that says itself who may invite is asked about each group and role. */
export async function mayInviteTo(host: InvitationHost, accountId: string): Promise<Invitable[]> {
  const { database, clock } = host;
  const now = clock();
  const giver = await giverOf(host, database, { accountId, now });
  if (!giver) return [];
  const groups = await listInvitable(database, { accountId: host.mayInvite || isAdmin(giver) ? null : accountId, now });
  const groupIds = groups.map(({ id }) => id);
  const rules = { above: await findAbove(database, groupIds), policies: await findPolicies(database, groupIds) };
  const offered = await countOffered(database, { accountId, groupIds, since: addSeconds(now, -24 * 60 * 60) });
  const found: Invitable[] = [];
  for (const group of groups) {
    const roles = await rolesFor(host, { accountId, group, giver, rules });
    if (roles.length > 0) found.push(toInvitable(group, { roles, giver, rules, used: offered.get(group.id) ?? 0 }));
  }
  return found;
}

type Asking = { readonly accountId: string; readonly group: InvitableRow; readonly giver: Giver; readonly rules: Required<Rules> };

async function rolesFor({ mayInvite, database }: InvitationHost, { accountId, group, giver, rules }: Asking): Promise<string[]> {
  const held = giver.holdings.memberships.filter(({ groupId }) => groupId === group.id).map(({ role }) => role);
  const roles: string[] = [];
  for (const role of new Set([plainRole, managerRole, ...(rules.policies.get(group.id)?.roles ?? []), ...held])) {
    const may = mayInvite ? await mayInvite(accountId, [`${group.slug}:${role}`], database) : mayGive(giver, [grantOf(group, role)], rules);
    if (may) roles.push(role);
  }
  return roles;
}

function grantOf({ id: groupId, slug, name }: InvitableRow, role: string): Grant {
  return { kind: 'group', groupId, slug, name, description: '', role, sensitive: false, archived: false };
}

type Found = { readonly roles: readonly string[]; readonly giver: Giver; readonly rules: Required<Rules>; readonly used: number };

function toInvitable({ id, slug, name }: InvitableRow, { roles, giver, rules, used }: Found): Invitable {
  const { who: _, ...limits } = (isAdmin(giver) ? undefined : rules.policies.get(id)) ?? defaultPolicy;
  return { ...limits, slug, name, roles, ...(limits.perDay !== undefined && { leftToday: Math.max(0, limits.perDay - used) }) };
}
