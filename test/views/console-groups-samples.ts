/** Of the console's pages about groups. */
import type { ConsoleFrame } from '../../src/console/frame.ts';
import type { GroupHead, GroupPageData } from '../../src/console/group-data.ts';
import type { ConsolePages } from '../../src/console/pages.ts';
import { defaultPolicy } from '../../src/group/policy.ts';

type Names = 'console/groups' | 'console/group' | `console/group-${'new' | 'remove' | 'add' | 'policy' | 'change' | 'archive'}`;
type Cases = { readonly [Name in Names]: Readonly<Record<string, ConsolePages[Name]>> };

const base = '/admin/groups/choir';
const head: GroupHead = {
  slug: 'choir',
  name: 'Kammerchor Nord',
  archived: false,
  hrefs: { members: base, policy: `${base}/policy`, change: `${base}/change` },
};
const form = (action: string) => ({ action, formToken: 'token' });
const since = new Date('2026-03-02T09:00:00Z');
const until = new Date('2027-03-02T23:59:59Z');

const parents = [
  { value: 'house', label: 'House (house)' },
  { value: 'stage', label: '– Stage crew (stage)' },
];

const members: GroupPageData['members'] = [
  {
    name: 'Ada Park',
    email: 'ada@example.org',
    href: '/admin/people/1',
    role: 'manager',
    since,
    until: undefined,
    invitationHref: undefined,
    inviterName: undefined,
    removeHref: `${base}/remove?account=1&role=manager`,
  },
  {
    name: undefined,
    email: 'a-very-long-address-of-somebody@department.example.org',
    href: undefined,
    role: 'section-lead',
    since,
    until,
    invitationHref: '/admin/invitations/1',
    inviterName: 'Maya Lind',
    removeHref: `${base}/remove?account=2`,
  },
  {
    name: undefined,
    email: undefined,
    href: undefined,
    role: 'member',
    since,
    until: undefined,
    invitationHref: '/admin/invitations/2',
    inviterName: undefined,
    removeHref: `${base}/remove?account=3`,
  },
];

export const groupSamples = (admin: ConsoleFrame, manager: ConsoleFrame): Cases => {
  const group = {
    console: admin,
    head,
    description: 'Sings on Thursdays',
    memberCount: 3,
    mostCounted: 10_000,
    capacity: 40,
    sensitive: true,
    parent: { name: 'House', href: '/admin/groups/house' },
    beneath: [
      { name: 'Altos', href: '/admin/groups/altos' },
      { name: 'Basses', href: '/admin/groups/basses' },
    ],
    rights: [
      { name: 'sheet-music:read', description: 'Download sheet music', from: undefined },
      { name: 'door:house', description: '', from: 'House' },
    ],
    rightsForm: { ...form(`${base}/rights`), more: ['wiki:edit', 'door:stage'], own: ['sheet-music:read'] },
    apps: [{ name: 'Wiki', href: '/admin/apps/wiki', ties: ['required', 'attached', 'told'] }],
    members,
    roles: ['manager', 'member', 'section-lead'],
    role: '',
    membersHref: base,
    startHref: base,
    nextHref: `${base}?cursor=x`,
    inviteHref: '/admin/invitations/new?group=choir',
    addHref: `${base}/add`,
    requestsHref: '/admin/requests?group=choir',
  } as const;
  const policy = {
    console: admin,
    ...form(`${base}/policy`),
    head,
    policy: defaultPolicy,
    mayChange: true,
    typed: { who: 'managers', mail: 'yes', link: 'yes', lifetime: '', lifetime_unit: 'days', stay: '', stay_unit: 'days' },
    errors: {},
  };
  const change = {
    console: admin,
    ...form(`${base}/change`),
    head,
    typed: { name: 'Kammerchor Nord', description: '', capacity: '40', parent: 'house' },
    errors: {},
    parents,
    effects: undefined,
    seen: '',
    archiveHref: `${base}/archive`,
  };
  const listed = {
    slug: 'house',
    name: 'House',
    href: '/admin/groups/house',
    depth: 0,
    memberCount: 1000,
    capacity: null,
    sensitive: false,
    archived: false,
  };
  return {
    'console/groups': {
      tree: {
        console: admin,
        groups: [
          listed,
          { ...listed, slug: 'choir', name: 'Kammerchor Nord', depth: 1, memberCount: 38, capacity: 40, sensitive: true },
          { ...listed, slug: 'altos', name: 'Altos', depth: 2, memberCount: 9, archived: true },
        ],
        mostCounted: 1_000,
        find: '',
        listHref: '/admin/groups',
        newHref: '/admin/groups/new',
      },
      nothing: { console: admin, groups: [], mostCounted: 1_000, find: '', listHref: '/admin/groups', newHref: '/admin/groups/new' },
      'nothing found': { console: manager, groups: [], mostCounted: 1_000, find: 'x', listHref: '/admin/groups', newHref: undefined },
    },
    'console/group-new': {
      empty: { console: admin, ...form('/admin/groups/new'), typed: {}, errors: {}, parents, rights: ['wiki:edit', 'door:house'] },
      wrong: {
        console: admin,
        ...form('/admin/groups/new'),
        typed: { slug: 'Choir!', capacity: 'many' },
        errors: { name: 'name_required', slug: 'not_a_slug', capacity: 'not_a_number', parent: 'too_deep' },
        parents: [],
        rights: [],
      },
      taken: {
        console: admin,
        ...form('/admin/groups/new'),
        typed: { slug: 'choir' },
        errors: { slug: 'slug_taken' },
        parents: [],
        rights: [],
      },
    },
    'console/group': {
      full: group,
      'of a manager': {
        ...group,
        console: manager,
        head: { ...head, archived: true, hrefs: { ...head.hrefs, change: undefined } },
        capacity: null,
        sensitive: false,
        parent: undefined,
        beneath: [],
        rights: [],
        rightsForm: undefined,
        apps: undefined,
        members: [],
        roles: [],
        startHref: undefined,
        nextHref: undefined,
        addHref: undefined,
      },
      'no apps': { ...group, apps: [], role: 'manager' },
    },
    'console/group-remove': {
      'of a role': {
        console: manager,
        ...form(`${base}/remove`),
        head,
        person: 'Ada Park',
        hidden: { account: '1', role: 'manager' },
        role: 'manager',
      },
      whole: { console: admin, ...form(`${base}/remove`), head, person: 'Ada Park', hidden: { account: '1' }, role: '' },
    },
    'console/group-add': {
      empty: { console: admin, ...form(`${base}/add`), head, typed: { role: 'member' }, errors: {} },
      wrong: {
        console: admin,
        ...form(`${base}/add`),
        head,
        typed: { email: 'x@example.org', role: 'A' },
        errors: { email: 'nobody_with_it', role: 'not_a_role', until: 'in_the_past' },
      },
      'in already': {
        console: admin,
        ...form(`${base}/add`),
        head,
        typed: { email: 'x@example.org', role: 'member' },
        errors: { email: 'in_already' },
      },
    },
    'console/group-policy': {
      usual: policy,
      strict: {
        ...policy,
        policy: {
          who: 'members',
          roles: ['member', 'section-lead'],
          channels: ['mail'],
          maxLifetimeSeconds: 604_800,
          maxPlaces: 1,
          pinForLinks: true,
          domains: ['example.org', '*.example.net'],
          approval: true,
          perDay: 20,
          membershipSeconds: 31_536_000,
        },
        typed: { ...policy.typed, who: 'members', lifetime: '7', roles: 'member, section-lead' },
      },
      'of a manager': { ...policy, console: manager, mayChange: false },
      wrong: {
        ...policy,
        errors: { roles: 'not_a_role', channels: 'no_channel', lifetime: 'not_a_number', domains: 'not_a_domain', per_day: 'not_a_number' },
      },
    },
    'console/group-change': {
      standard: change,
      effects: {
        ...change,
        seen: 'x',
        effects: {
          claims: [{ app: 'Wiki', claim: 'teams', before: '["Kammerchor Nord"]', after: '["Chamber choir"]' }],
          gained: ['door:house'],
          lost: ['stage:keys'],
          newAbove: ['House'],
          oldAbove: ['Stage crew'],
        },
      },
      'no effects': { ...change, effects: { claims: [], gained: [], lost: [], newAbove: [], oldAbove: [] } },
      wrong: { ...change, head: { ...head, archived: true }, errors: { name: 'name_required', parent: 'in_itself' } },
    },
    'console/group-archive': {
      archive: { console: admin, ...form(`${base}/archive`), head, memberCount: 12 },
      restore: { console: admin, ...form(`${base}/archive`), head: { ...head, archived: true }, memberCount: 0 },
    },
  };
};
