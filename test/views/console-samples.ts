/** Of the admin console: of an admin, and of a manager, whose navigation is shorter. */
import type { ConsoleFrame } from '../../src/console/frame.ts';
import type { AuditEntry, ConsolePages } from '../../src/console/pages.ts';
import { appSamples } from './console-app-samples.ts';
import { campaignSamples } from './console-campaign-samples.ts';
import { groupSamples } from './console-groups-samples.ts';
import { rightSamples } from './console-rights-samples.ts';
import { peopleSamples } from './console-people-samples.ts';
import { invitationSamples } from './console-invitation-samples.ts';
import { waitingSamples } from './console-waiting-samples.ts';
import { settingSamples } from './console-setting-samples.ts';
import { ada } from './offers.ts';

type Cases = { readonly [Name in keyof ConsolePages]: Readonly<Record<string, ConsolePages[Name]>> };

const managers = ['invitations', 'campaigns', 'requests', 'approvals', 'groups'] as const;
const admins = ['dashboard', ...managers, 'rights', 'apps', 'people', 'audit', 'settings'] as const;

const frameWith = (names: readonly (typeof admins)[number][]): ConsoleFrame => ({
  entries: names.map((name) => ({ entry: name, href: name === 'dashboard' ? '/admin' : `/admin/${name}` })),
  person: ada,
  portalHref: '/me',
  signOut: { action: '/admin/sign-out', formToken: 'token' },
  done: undefined,
});

export const adminFrame = frameWith(admins);
const managerFrame = frameWith(managers);

const entry: AuditEntry = {
  id: '0197-17',
  seq: 17,
  at: new Date('2026-11-21T09:12:00Z'),
  action: 'invitation.created',
  actor: '0197-ada',
  actorName: 'Ada Park',
  actorHref: '/admin/audit?actor=0197-ada',
  subject: '0197-invitation',
  subjectName: undefined,
  subjectHref: '/admin/audit?subject=0197-invitation',
  addressBlock: '203.0.113.7',
  requestId: '0197-request',
  detail: [
    { label: 'groups', text: 'choir:member' },
    { label: 'maxUses', text: '30' },
  ],
};

const entries: readonly AuditEntry[] = [
  entry,
  { ...entry, id: '0197-16', seq: 16, action: 'group.created', actor: 'operator', actorName: undefined, subject: 'choir', detail: [] },
  { ...entry, id: '0197-15', seq: undefined, action: 'somebody.danced', addressBlock: undefined, requestId: undefined },
];

const noFilter = { action: '', actor: '', subject: '', from: '', until: '' };

const auditPage: ConsolePages['console/audit'] = {
  console: adminFrame,
  filter: noFilter,
  isNarrowed: false,
  actions: ['group.created', 'invitation.created'],
  entries,
  listHref: '/admin/audit',
  startHref: undefined,
  nextHref: '/admin/audit?after=0197-15',
  exportHrefs: { csv: '/admin/audit/export?format=csv', jsonl: '/admin/audit/export?format=jsonl' },
  chainHref: '/admin/audit/chain',
};

const chain: ConsolePages['console/audit-chain'] = {
  console: adminFrame,
  eventCount: 17,
  head: `17:${'a1'.repeat(32)}`,
  broken: undefined,
  typed: '',
  isMistyped: false,
  action: '/admin/audit/chain',
  listHref: '/admin/audit',
};

const tasks = ['approvals', 'requests', 'mailOff', 'mailsGivenUp', 'endingSoon', 'oldKey'] as const;

const dashboard: ConsolePages['console/dashboard'] = {
  console: adminFrame,
  open: { count: 1_240, isMore: false },
  joined: { now: 41, before: 28, isMore: false },
  mails: { now: 2, before: 5, isMore: false },
  waiting: { count: 10_000, isMore: true, since: new Date('2026-11-17T10:00:00Z') },
  days: Array.from({ length: 14 }, (_, index) => ({
    day: new Date(Date.UTC(2026, 10, 8 + index)),
    count: (index * 7) % 17,
    isMore: index === 3,
  })),
  tasks: tasks.map((kind, index) => ({ kind, count: index + 1, href: `/admin/${kind}` })),
  recent: entries,
  inviteHref: '/admin/invitations/new',
  auditHref: '/admin/audit',
  hrefs: { open: '/admin/invitations', joined: '/admin/people', mails: '/admin/settings', waiting: '/admin/approvals' },
};

export const consoleSamples: Cases = {
  ...invitationSamples(adminFrame, managerFrame),
  ...waitingSamples(adminFrame),
  ...groupSamples(adminFrame, managerFrame),
  ...rightSamples(adminFrame),
  ...peopleSamples(adminFrame, entries),
  ...campaignSamples(adminFrame, managerFrame),
  ...appSamples(adminFrame),
  ...settingSamples(adminFrame),
  'console/audit': {
    all: auditPage,
    narrowed: {
      ...auditPage,
      filter: { ...noFilter, actor: '0197-ada', from: '2026-11-01' },
      isNarrowed: true,
      startHref: '/admin/audit',
      nextHref: undefined,
    },
    nothing: { ...auditPage, entries: [], actions: [], nextHref: undefined },
    'nothing of that kind': { ...auditPage, entries: [], isNarrowed: true, nextHref: undefined },
  },
  'console/audit-chain': {
    whole: chain,
    changed: { ...chain, eventCount: 16, broken: { kind: 'changed', seq: 17, eventId: '0197-17' } },
    unlinked: { ...chain, broken: { kind: 'unlinked', seq: undefined, eventId: '0197-17' } },
    mistyped: { ...chain, typed: '17:xyz', isMistyped: true },
    'nothing yet': { ...chain, eventCount: 0, head: undefined },
  },
  'console/dashboard': {
    busy: dashboard,
    calm: {
      ...dashboard,
      open: { count: 0, isMore: false },
      joined: { now: 0, before: 0, isMore: false },
      mails: { now: 0, before: 0, isMore: false },
      waiting: { count: 0, isMore: false, since: undefined },
      tasks: [],
      recent: [],
      days: dashboard.days.map(({ day }) => ({ day, count: 0, isMore: false })),
    },
    'just done': { ...dashboard, console: { ...adminFrame, done: { deed: 'sent', count: 3 } } },
  },
  'console/error': {
    manager: { console: managerFrame, code: 'access_denied', backHref: '/admin' },
    gone: { console: adminFrame, code: 'invitation_not_found', backHref: '/admin' },
  },
  'console/go-on': { standard: { href: '/admin/audit?action=group.created&x=1' } },
  'console/held': {
    standard: {
      console: adminFrame,
      action: '/admin/people/1/disable',
      formToken: 'token',
      fields: { reason: 'asked' },
      encoding: undefined,
      backHref: '/admin',
    },
  },
  'console/no-reach': { standard: { account: ada, portalHref: '/me', signOutHref: '/session/end' } },
  'console/signed-out': { standard: { againHref: '/admin', signOutHref: '/session/end' } },
  'console/stopped': { standard: { againHref: '/admin' } },
};
