/** `/me`: what somebody belongs to, since when and through whom, what waits for them, and where they could ask to join. */
import type { Context } from 'koa';
import { z } from 'zod';
import type { Member } from '../account/security.ts';
import { findDirectRights, findHeldGroups, type HeldGroup, type HeldRight } from '../group/held-store.ts';
import { plainRole } from '../group/group.ts';
import { adminRight, managerRole } from '../group/policy.ts';
import { ownPath } from '../invitation/host.ts';
import { type GroupDeed, groupDeeds } from './pages.ts';
import { type PortalSite, portalPath } from './portal.ts';

export async function showGroups(site: PortalSite, ctx: Context, { account }: Member): Promise<void> {
  const { database, clock, guestlist, issuer } = site;
  const now = clock();
  const [groups, rights, waiting, desks] = await Promise.all([
    findHeldGroups(database, account.id, now),
    findDirectRights(database, account.id, now),
    guestlist.waitingFor(account.id),
    guestlist.requests.list(),
  ]);
  const isElsewhere = desks.some(({ slug, isOpen }) => isOpen && !groups.some((group) => group.slug === slug));
  const data = {
    account: { name: account.name, email: account.email },
    groups: groups.map((group) => ({ ...shownGroup(group), leaveHref: portalPath(site, `/groups/${group.slug}/leave`) })),
    rights,
    waitingCount: waiting.length,
    waitingHref: ownPath(issuer, '/invite/waiting'),
    requestHref: isElsewhere ? ownPath(issuer, '/invite/request') : undefined,
    consoleHref: runsSomething(groups, rights) ? ownPath(issuer, '/admin') : undefined,
    done: deedOf(ctx),
  };
  site.show(ctx, { page: 'portal/groups', data });
}

/** Whoever manages a group, or runs the server: what they do there is asked there. */
function runsSomething(groups: readonly HeldGroup[], rights: readonly HeldRight[]): boolean {
  const live = groups.filter(({ archived }) => !archived);
  const given = [...rights, ...live.flatMap((group) => group.rights)];
  return live.some(({ roles }) => roles.includes(managerRole)) || given.some(({ name }) => name === adminRight);
}

/** Everybody in a group is a member: it is said of those alone who are nothing else. */
function shownGroup({ roles, ...group }: HeldGroup) {
  const others = roles.filter((role) => role !== plainRole);
  return { ...group, roles: others.length > 0 ? others : [...roles] };
}

function deedOf({ query }: Context): GroupDeed | undefined {
  const done = z.enum(groupDeeds).safeParse(query['done']);
  return done.success ? done.data : undefined;
}
