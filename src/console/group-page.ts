/** `/admin/groups/:slug`: what a group is, what comes with it, and who is in it by what. */
import type { Context } from 'koa';
import { z } from 'zod';
import type { Output } from '../admin/http-client.ts';
import { listClients } from '../client/store.ts';
import { countedMembers, rolePattern } from '../group/group.ts';
import type { GroupNode } from '../group/store.ts';
import { cursorSchema } from './cursor.ts';
import { groupsOf } from './group-choices.ts';
import { namesOf } from './audit-store.ts';
import { consoleHref } from './forms.ts';
import { tiesOf } from './group-apps.ts';
import type { AppOfGroup, GroupPageData, ShownMember } from './group-data.ts';
import { groupHref, groupPath, headOf } from './group-head.ts';
import { rightsFormOf } from './group-rights.ts';
import { listAbove, listRightsOfGroup, listRolesIn } from './group-store.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const pageSize = 50;

const querySchema = z.object({
  role: z.string().regex(rolePattern).catch(''),
  cursor: cursorSchema,
});

export async function showGroup(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const slug = String(ctx['params']['slug']);
  const { role, cursor } = querySchema.parse(ctx.query);
  const doing = { site, ctx, visitor };
  const group = await operate(doing, 'getGroup', { params: { slug } });
  const query = { limit: pageSize, ...(role && { role }), ...(cursor && { cursor }) };
  const [groups, members, rights, roles, apps, rightsForm] = await Promise.all([
    groupsOf(site, visitor),
    operate(doing, 'listMembers', { params: { slug }, query }),
    listRightsOfGroup(site.database, group.id),
    listRolesIn(site.database, group.id),
    visitor.caller.isAdmin ? appsOf(site, group) : undefined,
    rightsFormOf(doing, group),
  ]);
  const href = (more: Readonly<Record<string, string>>) => {
    const query = new URLSearchParams(Object.entries({ role, ...more }).filter(([, value]) => value !== ''));
    return `${consoleHref(site, groupPath(slug))}${query.size > 0 ? `?${query}` : ''}`;
  };
  const data: GroupPageData = {
    head: headOf(site, visitor, group),
    ...placeOf(site, visitor, { group, groups }),
    rights: rights.map(({ fromSlug, fromName, ...right }) => ({ ...right, from: fromSlug === slug ? undefined : fromName })),
    rightsForm,
    apps,
    members: await membersOf(site, visitor, { slug, items: members.items }),
    roles,
    role,
    membersHref: consoleHref(site, groupPath(slug)),
    startHref: cursor ? href({}) : undefined,
    nextHref: members.next && href({ cursor: members.next }),
    inviteHref: `${consoleHref(site, '/admin/invitations/new')}?group=${encodeURIComponent(slug)}`,
    addHref: visitor.caller.isAdmin ? consoleHref(site, groupPath(slug, '/add')) : undefined,
    requestsHref: `${consoleHref(site, '/admin/requests')}?group=${encodeURIComponent(slug)}`,
  };
  visitor.show({ page: 'console/group', data });
}

type Placing = { readonly group: Output<'getGroup'>; readonly groups: readonly GroupNode[] };

function placeOf(site: ConsoleSite, visitor: Visitor, { group, groups }: Placing) {
  const { slug, description, memberCount, capacity, sensitive } = group;
  const named = (one: GroupNode) => ({ name: one.name, href: consoleHref(site, groupPath(one.slug)) });
  const parent = groups.find((one) => one.slug === group.parent);
  return {
    ...{ description, memberCount, mostCounted: countedMembers.alone, capacity, sensitive },
    parent: parent && groupHref(site, visitor, parent.slug) !== undefined ? named(parent) : undefined,
    beneath: groups.filter((one) => one.parent === slug).map(named),
  };
}

async function appsOf(site: ConsoleSite, { id, slug, name }: Output<'getGroup'>): Promise<AppOfGroup[]> {
  const [clients, above] = await Promise.all([listClients(site.database), listAbove(site.database, id)]);
  return clients.flatMap((client) => {
    const ties = tiesOf(client, { groupId: id, slug, name, above });
    return ties.length > 0 ? [{ name: client.name, href: consoleHref(site, `/admin/apps/${encodeURIComponent(client.id)}`), ties }] : [];
  });
}

type Listing = { readonly slug: string; readonly items: Output<'listMembers'>['items'] };

async function membersOf(site: ConsoleSite, visitor: Visitor, { slug, items }: Listing): Promise<ShownMember[]> {
  const inviters = items.flatMap(({ invitedBy }) => invitedBy ?? []);
  const names = await namesOf(site.database, inviters);
  return items.map(({ accountId, name, email, role, startedAt, endsAt, invitationId, invitedBy }) => ({
    name: name || undefined,
    email: email ?? undefined,
    href: visitor.caller.isAdmin ? consoleHref(site, `/admin/people/${encodeURIComponent(accountId)}`) : undefined,
    role,
    since: new Date(startedAt),
    until: endsAt === null ? undefined : new Date(endsAt),
    invitationHref: invitationId === null ? undefined : consoleHref(site, `/admin/invitations/${encodeURIComponent(invitationId)}`),
    inviterName: invitedBy === null ? undefined : names.get(invitedBy),
    removeHref: `${consoleHref(site, groupPath(slug, '/remove'))}?${new URLSearchParams({ account: accountId, role })}`,
  }));
}
