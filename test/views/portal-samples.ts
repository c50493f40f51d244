/** Of the members’ portal; its pages about invitations are in `portal-invitation-samples.ts`. */
import type { PortalPages } from '../../src/portal/pages.ts';
import { ada, now } from './offers.ts';
import { portalInvitationSamples } from './portal-invitation-samples.ts';

type Cases = { readonly [Name in keyof PortalPages]: Readonly<Record<string, PortalPages[Name]>> };

const before = (days: number) => new Date(now.getTime() - days * 24 * 60 * 60 * 1000);
const form = { action: '/me/do', formToken: 'token' };
const byMaya = { invitationId: '0197-1', inviterName: 'Maya Lind' };
const rights = [
  { name: 'plans:read', description: 'See rehearsal plans' },
  { name: 'sheets:read', description: '' },
];
const choir = {
  name: 'Kammerchor Nord',
  description: 'Rehearsals on Thursdays, two concerts a year.',
  archived: false,
  roles: ['member'],
  since: before(200),
  until: undefined,
  sources: [byMaya],
  rights,
  leaveHref: '/me/groups/choir/leave',
};
const stage = {
  ...choir,
  name: 'Stage crew',
  description: '',
  roles: ['manager', 'lights'],
  until: before(-20),
  sources: [byMaya, { invitationId: '0197-2', inviterName: undefined }, { invitationId: undefined, inviterName: undefined }],
  rights: [],
  leaveHref: '/me/groups/stage/leave',
};
const closed = { ...choir, name: 'Summer tour', archived: true, rights: [], leaveHref: '/me/groups/summer-tour/leave' };
const direct = { name: 'door:open', description: 'Open the front door', since: before(3), until: before(-3), sources: [byMaya] };
const groups = {
  account: ada,
  groups: [choir],
  rights: [],
  waitingCount: 0,
  waitingHref: '/invite/waiting',
  requestHref: undefined,
  consoleHref: undefined,
  done: undefined,
};
const leaving = { ...form, name: 'Kammerchor Nord', rights: [], isLastManager: false, appNames: [], offers: 0, backHref: '/me' };
const thisOne = { browser: 'Firefox', system: 'Linux', since: before(3), seenAt: now, isThis: true };
const phone = { browser: 'Safari', system: 'iPhone', since: before(30), seenAt: before(2), isThis: false };
const unknown = { browser: undefined, system: undefined, since: before(12), seenAt: before(11), isThis: false };
const cloud = {
  name: 'Choir cloud',
  since: before(90),
  scopes: ['openid', 'profile', 'email', 'groups', 'calendar'],
  claims: ['name', 'locale'],
  resources: [{ resource: 'https://guestlist.example/api', scopes: ['invitations', 'other'] }],
  endHref: '/me/apps/1/end',
};
const sessions = {
  sessions: [{ ...thisOne, endHref: '/me/sessions/0/end' }],
  endOthersHref: undefined,
  signOutHref: '/session/end',
  apps: [],
  done: undefined,
};
const account = {
  account: ada,
  verified: true,
  otherCount: 0,
  nameHref: '/me/account/name',
  securityHref: '/account/security',
  passwordHref: '/account/password',
  dataHref: '/me/data',
  deleteHref: '/me/delete',
  signOutHref: '/session/end',
  done: undefined,
};
const name = { ...form, name: 'Ada Park', errors: {}, backHref: '/me/account' };
const deleting = { ...form, account: ada, email: '', groupNames: [], dataHref: '/me/data', errors: {}, backHref: '/me/account' };

export const portalSamples: Cases = {
  ...portalInvitationSamples,
  'portal/groups': {
    nothing: { ...groups, groups: [] },
    'one group': groups,
    everything: {
      ...groups,
      groups: [choir, stage, closed],
      rights: [direct],
      waitingCount: 2,
      requestHref: '/invite/request',
      consoleHref: '/admin',
      done: 'left',
    },
    'one waits': { ...groups, waitingCount: 1 },
    'a right alone': { ...groups, groups: [], rights: [{ ...direct, description: '', until: undefined }] },
  },
  'portal/leave': {
    plain: leaving,
    'the last manager': { ...leaving, rights, isLastManager: true, appNames: ['Choir cloud', 'Wiki'], offers: 3 },
    'one offer': { ...leaving, offers: 1 },
  },
  'portal/sessions': {
    alone: sessions,
    several: {
      ...sessions,
      sessions: [...sessions.sessions, ...[phone, unknown].map((session) => ({ ...session, endHref: '/me/sessions/1/end' }))],
      endOthersHref: '/me/sessions/others/end',
      apps: [cloud, { ...cloud, name: 'Wiki', scopes: ['openid'], claims: [], resources: [] }],
      done: 'session',
    },
    'others ended': { ...sessions, done: 'others' },
    'an app ended': { ...sessions, apps: [cloud], done: 'app' },
  },
  'portal/end': {
    session: { ...form, what: { kind: 'session', session: phone }, backHref: '/me/sessions' },
    'a browser half known': { ...form, what: { kind: 'session', session: { ...phone, browser: undefined } }, backHref: '/me/sessions' },
    'the other half': { ...form, what: { kind: 'session', session: { ...phone, system: undefined } }, backHref: '/me/sessions' },
    others: { ...form, what: { kind: 'others', count: 3 }, backHref: '/me/sessions' },
    'no others': { ...form, what: { kind: 'others', count: 0 }, backHref: '/me/sessions' },
    app: { ...form, what: { kind: 'app', name: 'Choir cloud' }, backHref: '/me/sessions' },
  },
  'portal/account': { plain: account, unproven: { ...account, verified: false, otherCount: 2 }, renamed: { ...account, done: 'name' } },
  'portal/name': { asked: name, empty: { ...name, name: '', errors: { name: 'required' } } },
  'portal/data': { asked: { ...form, backHref: '/me/account' } },
  'portal/delete': {
    asked: deleting,
    'with groups': { ...deleting, groupNames: ['Kammerchor Nord', 'Stage crew'] },
    mistyped: { ...deleting, email: 'ada@', errors: { email: 'email_differs', current: 'password_wrong' } },
    'one group': { ...deleting, groupNames: ['Kammerchor Nord'], errors: { current: 'required' } },
  },
  'portal/deleted': { told: {} },
};
