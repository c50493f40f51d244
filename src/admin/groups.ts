/** Groups, their policies, who is in them, and rights. What managers see are their own groups and those beneath. */
import { z } from 'zod';
import { findAccountById } from '../account/store.ts';
import { Failure } from '../errors.ts';
import { findGroupRow, type GroupRow, listGroups } from '../group/store.ts';
import { countedMembers } from '../group/group.ts';
import type { GroupPolicy } from '../group/policy.ts';
import { managesGroup, requireGroup } from './access.ts';
import { changingGroup, requireMayGive, taking } from './admin-right.ts';
import { listMembers, listRights } from './group-store.ts';
import { type Call, json } from './operation.ts';
import { count, fromCursor, groupGrant, instant, line, lines, page, pageOf, rightName, said, slug, toPage } from './schema.ts';

const group = z
  .object({
    id: z.string(),
    slug,
    name: z.string(),
    description: z.string(),
    rights: z.array(z.string()),
    memberCount: z.int().meta({
      description: `In the group itself, not in those beneath; counted up to ${countedMembers.alone} or its capacity, in lists of groups up to ${countedMembers.inLists} or that`,
    }),
    capacity: z.int().nullable(),
    sensitive: z.boolean().meta({
      description: 'A second person confirms each invitation to it; also where it, or a group above it, gives the right `guestlist:admin`',
    }),
    archived: z.boolean(),
    parent: z.string().nullable(),
    depth: z.int(),
  })
  .meta({ id: 'Group' });

const newGroup = z.strictObject({
  slug,
  name: line(200).min(1),
  description: lines(2_000).optional(),
  rights: z.array(rightName).max(50).optional(),
  capacity: count.optional(),
  sensitive: z.boolean().optional(),
  parent: slug.optional(),
});

const groupChange = z.strictObject({
  name: line(100).min(1).optional().meta({ description: 'For people; apps that are told names hear the new one. The slug stays' }),
  description: line(500).optional(),
  capacity: count.nullable().optional(),
  sensitive: z.boolean().optional(),
  archived: z.boolean().optional(),
  parent: slug.nullable().optional(),
});

const seconds = z.int().min(60).max(3_155_760_000);

const policy = z
  .strictObject({
    who: z.enum(['admins', 'managers', 'members']).optional(),
    roles: z
      .array(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/))
      .max(50)
      .optional(),
    channels: z
      .array(z.enum(['mail', 'link']))
      .min(1)
      .max(2)
      .optional(),
    maxLifetimeSeconds: seconds.optional(),
    maxPlaces: count.optional(),
    pinForLinks: z.boolean().optional(),
    domains: z.array(line(253)).max(50).optional(),
    approval: z.boolean().optional(),
    perDay: count.optional(),
    membershipSeconds: seconds.optional(),
  })
  .meta({ id: 'GroupPolicy' });

const member = z
  .object({
    id: z.string(),
    accountId: z.string(),
    name: z.string().nullable(),
    email: z.string().nullable(),
    role: z.string(),
    startedAt: instant,
    endsAt: instant.nullable(),
    invitationId: z.string().nullable().meta({ description: 'What they came by; null: given by hand' }),
    invitedBy: z.string().nullable().meta({ description: 'The account that had offered it; null: the operator' }),
  })
  .meta({ id: 'Member' });

const params = z.strictObject({ slug });
const rightParams = z.strictObject({ slug, right: rightName });

/** Throws `group_not_found`, also for what is somebody else's. */
async function findTheirs({ database, now, caller }: Call, wanted: string): Promise<GroupRow> {
  requireGroup(caller, wanted);
  const found = await findGroupRow(database, wanted, { now, most: countedMembers.alone });
  if (!found) throw new Failure('group_not_found', { slug: wanted });
  return found;
}

async function showGroup(call: Call, wanted: string): Promise<z.output<typeof group>> {
  const { rights, ...row } = await findTheirs(call, wanted);
  return { ...row, rights: [...rights] };
}

function toWire({ roles, domains, channels, ...rest }: GroupPolicy): z.output<typeof policy> {
  return said({ ...rest, roles: roles && [...roles], domains: [...domains], channels: [...channels] });
}

export const groupOperations = {
  listGroups: json({
    scope: 'groups:read',
    summary: 'All groups, each before those in it',
    query: z.strictObject({ archived: z.enum(['yes', 'no']).optional() }),
    answer: z.object({ items: z.array(group) }),
    run: async ({ database, now, caller }, { query: { archived } }) => {
      const rows = (await listGroups(database, { now, most: countedMembers.inLists })).filter((row) => managesGroup(caller, row.slug));
      const items = rows.filter((row) => archived === undefined || row.archived === (archived === 'yes'));
      return { items: items.map((row) => ({ ...row, rights: [...row.rights] })) };
    },
  }),
  createGroup: json({
    scope: 'groups:write',
    adminOnly: true,
    summary: 'Make a group',
    description: 'Rights that do not exist yet are made.',
    creates: true,
    status: 201,
    body: newGroup,
    answer: group,
    refusals: ['group_exists', 'group_not_found', 'group_too_deep'],
    location: ({ slug: made }) => `/groups/${made}`,
    example: { body: { slug: 'tenors', name: 'Tenors', rights: ['sheet-music:read'] } },
    run: async (call, { body }) => {
      await changingGroup(call, body.slug, (guestlist) => guestlist.addGroup(said(body), call.by));
      return showGroup(call, body.slug);
    },
  }),
  getGroup: json({
    scope: 'groups:read',
    summary: 'One group',
    params,
    answer: group,
    refusals: ['group_not_found'],
    run: (call, { params: { slug: wanted } }) => showGroup(call, wanted),
  }),
  changeGroup: json({
    scope: 'groups:write',
    adminOnly: true,
    summary: 'Change its name, how many it holds, whether a second person confirms, where it is, or archive it',
    params,
    body: groupChange,
    answer: group,
    refusals: ['group_not_found', 'group_cycle', 'group_too_deep', 'last_admin'],
    example: { body: { capacity: 40 } },
    run: async (call, { params: { slug: wanted }, body }) => {
      await changingGroup(call, wanted, (guestlist) => guestlist.changeGroup(wanted, body, call.by));
      return showGroup(call, wanted);
    },
  }),
  addGroupRight: json({
    scope: 'groups:write',
    adminOnly: true,
    summary: 'Let whoever is in the group, or in one beneath it, have a right as well',
    description: 'Apps hear of it with the next token. Of a right that it brings already, nothing is changed.',
    params: rightParams,
    answer: group,
    refusals: ['group_not_found', 'right_not_found'],
    run: async (call, { params: { slug: wanted, right } }) => {
      await changingGroup(call, wanted, (guestlist) => guestlist.addRightToGroup(wanted, right, call.by));
      return showGroup(call, wanted);
    },
  }),
  removeGroupRight: json({
    scope: 'groups:write',
    adminOnly: true,
    summary: 'Let a group no longer bring a right; who has it by themselves, or by another group, keeps it',
    params: rightParams,
    answer: group,
    refusals: ['group_not_found', 'right_not_found', 'last_admin'],
    run: async (call, { params: { slug: wanted, right } }) => {
      await changingGroup(call, wanted, (guestlist) => guestlist.takeRightFromGroup(wanted, right, call.by));
      return showGroup(call, wanted);
    },
  }),
  getPolicy: json({
    scope: 'groups:read',
    summary: 'What whoever invites to the group keeps to',
    params,
    answer: policy,
    refusals: ['group_not_found'],
    run: async (call, { params: { slug: wanted } }) => {
      requireGroup(call.caller, wanted);
      return toWire(await call.guestlist.policyOf(wanted));
    },
  }),
  setPolicy: json({
    scope: 'groups:write',
    adminOnly: true,
    summary: 'Set the policy; it takes the place of the one before',
    params,
    body: policy,
    answer: policy,
    refusals: ['group_not_found'],
    example: { body: { who: 'members', maxLifetimeSeconds: 604_800, maxPlaces: 10, perDay: 20 } },
    run: async (call, { params: { slug: wanted }, body }) => {
      await call.guestlist.setPolicy(wanted, said(body), call.by);
      return toWire(await call.guestlist.policyOf(wanted));
    },
  }),
  removePolicy: json({
    scope: 'groups:write',
    adminOnly: true,
    summary: 'Without a policy only managers invite, and no limit binds them',
    params,
    refusals: ['group_not_found'],
    run: async (call, { params: { slug: wanted } }) => {
      await call.guestlist.setPolicy(wanted, null, call.by);
      return undefined;
    },
  }),
  listMembers: json({
    scope: 'memberships:read',
    summary: 'Who is in a group, and what they came by',
    params,
    query: z.strictObject({ ...page, role: slug.optional() }),
    answer: pageOf(member),
    refusals: ['group_not_found'],
    run: async (call, { params: { slug: wanted }, query: { limit, cursor, role } }) => {
      await findTheirs(call, wanted);
      const [before] = fromCursor(cursor, z.tuple([z.string()])) ?? [];
      const rows = await listMembers(call.database, { slug: wanted, role, before, limit: limit + 1, now: call.now });
      return toPage(rows, limit, ({ id }) => [id]);
    },
  }),
  addMember: json({
    scope: 'memberships:write',
    adminOnly: true,
    summary: 'Put somebody in by hand, without an invitation',
    description: 'They are not asked: to invite them, make an invitation. Whether the group is full is not asked either.',
    params,
    body: z.strictObject({ accountId: line(200).min(1), role: slug.optional(), endsAt: instant.optional() }),
    answer: z.object({ added: z.array(z.string()).meta({ description: 'Empty: they were in it already' }) }),
    refusals: ['group_not_found', 'account_not_found'],
    example: { body: { accountId: '0199f3f0-0000-7000-8000-000000000002', role: 'member' } },
    run: async (call, { params: { slug: wanted }, body: { accountId, role, endsAt } }) => {
      if (!(await findAccountById(call.database, accountId))) throw new Failure('account_not_found', { accountId });
      const groups = [role === undefined ? wanted : `${wanted}:${role}`];
      await requireMayGive(call, { groups });
      const added = await call.guestlist.grant(accountId, { groups, ...(endsAt ? { ends: { at: endsAt } } : {}) }, call.by);
      return { added: [...added] };
    },
  }),
  removeMember: json({
    scope: 'memberships:write',
    summary: 'Take somebody out, of one role or of all',
    params: z.strictObject({ slug, accountId: line(200).min(1) }),
    query: z.strictObject({ role: slug.optional() }),
    answer: z.object({ ended: z.array(z.string()) }),
    refusals: ['group_not_found', 'account_not_found', 'last_admin'],
    run: async (call, { params: { slug: wanted, accountId }, query: { role } }) => {
      requireGroup(call.caller, wanted);
      const groups = [groupGrant.parse(role === undefined ? wanted : `${wanted}:${role}`)];
      const ended = await taking(call, { groups }, (guestlist) => guestlist.withdraw(accountId, { groups }, call.by));
      if (ended.length === 0) throw new Failure('account_not_found', { accountId });
      return { ended: [...ended] };
    },
  }),
  listRights: json({
    scope: 'groups:read',
    adminOnly: true,
    summary: 'All rights, with the groups that bring them',
    answer: z.object({
      items: z.array(z.object({ name: z.string(), description: z.string(), groups: z.array(z.string()) }).meta({ id: 'Right' })),
    }),
    run: async ({ database }) => ({ items: await listRights(database) }),
  }),
  createRight: json({
    scope: 'groups:write',
    adminOnly: true,
    summary: 'Make a right',
    creates: true,
    status: 201,
    body: z.strictObject({ name: rightName, description: lines(2_000).optional() }),
    answer: z.object({ name: z.string(), description: z.string() }),
    refusals: ['right_exists'],
    location: () => '/rights',
    example: { body: { name: 'wiki:edit', description: 'Edit the wiki' } },
    run: async (call, { body: { name, description = '' } }) => {
      await call.guestlist.addRight({ name, description }, call.by);
      return { name, description };
    },
  }),
};
