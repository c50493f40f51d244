/** What the API can do, the command line can do; what the plugin can do, the API can. What is left out has a reason. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { operations } from '../../src/admin/operations.ts';
import { type OperationId, paths } from '../../src/admin/paths.ts';
import { callsOf, type GuestlistCalls } from '../../src/calls.ts';
import type { InvitationHost } from '../../src/invitation/host.ts';

const byName = 'rarely done by hand: guestlist api <operation>';

/** Operations with no command of their own; `guestlist api` has all of them. */
const withoutCommand: Partial<Record<OperationId, string>> = {
  getGroup: 'group list shows each',
  listMembers: byName,
  changeAccount: byName,
  sendPasswordReset: byName,
  listAccountEmails: 'account show has them',
  listAccountMemberships: 'account show has the groups; when each ends: guestlist api',
  listAccountRights: 'account show has them',
  listSessions: byName,
  endSession: byName,
  endSessions: 'account disable ends them; without that: guestlist api',
  listAccountRedemptions: 'account show has the first; all: guestlist api',
  listIssuedInvitations: 'account invitations lists them by listInvitations',
  exportAccount: byName,
  listCampaignRows: 'campaign show --rows streams exportCampaign, which has all of them in one call',
};

const cliFolder = new URL('../../src/cli/', import.meta.url);

function commandSources(): string {
  const files = readdirSync(cliFolder).filter((file) => file.endsWith('.ts'));
  return files.map((file) => readFileSync(new URL(file, cliFolder), 'utf8')).join('\n');
}

it('each operation is called by a command, or it is said why not', () => {
  const sources = commandSources();
  const called = (Object.keys(paths) as OperationId[]).filter((id) => new RegExp(`\\bapi\\.${id}\\(`).test(sources));
  const left = (Object.keys(paths) as OperationId[]).filter((id) => !called.includes(id));
  expect(left.toSorted()).toEqual(Object.keys(withoutCommand).toSorted());
});

it('no command calls an operation that there is not', () => {
  const named = [...commandSources().matchAll(/\bapi\.(\w+)\(/g)].map(([, id = '']) => id);
  expect([...new Set(named)].filter((id) => !(id in operations))).toEqual([]);
});

type NameOf<Calls> = {
  [Name in keyof Calls & string]: Calls[Name] extends (...given: never) => unknown ? Name : `${Name}.${keyof Calls[Name] & string}`;
}[keyof Calls & string];
type UseCase = NameOf<GuestlistCalls>;
type Reachable = readonly [OperationId, ...OperationId[]] | { readonly reason: string };

const forHosts = (reason: string) => ({ reason });

/** Each use case of the plugin, and by which operations it is reached. */
const useCases: Readonly<Record<UseCase, Reachable>> = {
  addGroup: ['createGroup'],
  changeGroup: ['changeGroup'],
  setPolicy: ['setPolicy', 'removePolicy'],
  policyOf: ['getPolicy'],
  addRight: ['createRight'],
  addRightToGroup: ['addGroupRight'],
  takeRightFromGroup: ['removeGroupRight'],
  invite: ['createInvitation', 'importInvitations'],
  resend: ['resendInvitation', 'bulkInvitations'],
  confirm: ['confirmInvitation'],
  adopt: ['adoptInvitation'],
  revoke: ['revokeInvitation', 'bulkInvitations'],
  change: ['changeInvitation', 'extendInvitation'],
  waitingForApproval: ['listApprovals'],
  waitingForDecision: ['listWaitingApprovals'],
  approve: ['approveApproval'],
  reject: ['rejectApproval'],
  givenThrough: ['listGiven'],
  undo: ['undoInvitation'],
  find: ['getInvitation'],
  findAll: ['listInvitations', 'exportInvitations'],
  list: ['listInvitations'],
  timeline: ['getInvitationTimeline'],
  mayInviteTo: forHosts('asked by createInvitation for whoever calls; people ask for themselves at the members’ API'),
  waitingFor: forHosts('what waits for somebody is theirs alone to know: they see it at the members’ API and in their portal'),
  addTemplate: ['createTemplate'],
  listTemplates: ['listTemplates'],
  removeTemplate: ['removeTemplate'],
  groupsOf: ['getAccount'],
  grant: ['addMember', 'giveRight'],
  withdraw: ['removeMember', 'takeRight'],
  reissue: ['reissueInvitation'],
  share: ['shareInvitation'],
  leaks: ['listLeaks', 'getInvitationLeaks'],
  own: forHosts('what members do with invitations of their own is the members’ API'),
  'inviters.tree': ['getInviterTree'],
  'inviters.issued': ['listIssuedInvitations'],
  'inviters.revokeAll': ['revokeIssuedInvitations'],
  'campaigns.check': ['checkCampaign', 'importCampaign'],
  'campaigns.create': ['createCampaign', 'importCampaign'],
  'campaigns.run': ['runCampaign'],
  'campaigns.runDue': forHosts('the job’s: a running server does it each minute'),
  'campaigns.cancel': ['cancelCampaign'],
  'campaigns.resume': ['resumeCampaign'],
  'campaigns.find': ['getCampaign'],
  'campaigns.list': ['listCampaigns'],
  'campaigns.report': ['reportCampaign'],
  'campaigns.rows': ['listCampaignRows', 'getCampaignRow'],
  'campaigns.nameCard': ['nameCampaignRow'],
  'campaigns.exportCsv': ['exportCampaign'],
  'campaigns.exportRows': ['exportCampaign'],
  'campaigns.answers': ['importCampaign'],
  'campaigns.sheet': ['runCampaign'],
  'requests.open': ['openRequestDesk'],
  'requests.close': ['closeRequestDesk'],
  'requests.list': ['listRequestDesks', 'getRequestDesk'],
  'requests.waiting': ['listRequests'],
  'requests.couldApprove': forHosts('asked by approveRequest and declineRequest for whoever calls'),
  'requests.approve': ['approveRequest'],
  'requests.decline': ['declineRequest'],
  'requests.addRule': ['setRequestRule'],
  'requests.removeRule': ['removeRequestRule'],
  'requests.rules': ['listRequestRules'],
};

it('each use case of the plugin is here, and no other', () => {
  // They are functions that wait for a host: nothing is asked of it here.
  const calls = callsOf({} as InvitationHost);
  const names = Object.entries(calls).flatMap(([name, call]) =>
    typeof call === 'function' ? [name] : Object.keys(call).map((inner) => `${name}.${inner}`),
  );
  expect(names.toSorted()).toEqual(Object.keys(useCases).toSorted());
});

it('what the API reaches, a command reaches, as it is called or by a use case of its own', () => {
  const sources = commandSources();
  const isCalled = (id: OperationId) => new RegExp(`\\bapi\\.${id}\\(`).test(sources) || withoutCommand[id] !== undefined;
  const unreached = Object.entries(useCases).filter(([, reached]) => Array.isArray(reached) && !reached.some(isCalled));
  expect(unreached).toEqual([]);
});
