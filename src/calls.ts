import { campaignCalls, type Campaigns } from './campaign/calls.ts';
import {
  addGroup,
  addRight,
  addRightToGroup,
  changeGroup,
  type GrantWish,
  grantTo,
  type GroupChange,
  takeRightFromGroup,
  withdrawFrom,
} from './group/manage.ts';
import { findClaimFacts } from './group/membership-store.ts';
import type { GroupPolicy } from './group/policy.ts';
import { type GroupPolicyWish, policyOf, setPolicy } from './group/set-policy.ts';
import type { Transaction } from './lib/db.ts';
import { type By, deedOf } from './invitation/deed.ts';
import { adopt } from './invitation/adopt.ts';
import { approve, reject, type WaitingForApproval, waitingForApproval } from './invitation/approval.ts';
import { changeInvitation, type InvitationChange } from './invitation/change.ts';
import type { InvitationHost } from './invitation/host.ts';
import { type Invitable, mayInviteTo } from './invitation/invitable.ts';
import { type InviterCalls, inviterCalls } from './invitation/inviter-calls.ts';
import { invite, type IssuedInvitation, type IssuedWithUrl, type IssueOrigin, revoke, withUrl } from './invitation/issue.ts';
import { confirm, resend } from './invitation/resend.ts';
import { findInvitations, type WaitingKey } from './invitation/sight-store.ts';
import { findInvitation, listInvitations } from './invitation/store.ts';
import { type InvitationSummary, summarize, summarizeAll } from './invitation/summary.ts';
import { addTemplate, listTemplates, removeTemplate, type Template } from './invitation/template.ts';
import { timelineOf, type TimelineEntry } from './invitation/timeline.ts';
import { type Given, givenThrough, undo } from './invitation/undo.ts';
import { waitingForDecision, type WaitingPage } from './invitation/waiting-approvals.ts';
import { waitingFor } from './invitation/waiting-list.ts';
import type { InviteOptions } from './invitation/wish.ts';
import { requestDesk, type Requests } from './request/desk-calls.ts';

/** What was made for nobody in particular has a link to be shown. */
export type IssuedLink = IssuedInvitation & { readonly token: string; readonly code: string; readonly url: string };
export type Issued = IssuedWithUrl;

export type NewGroup = {
  readonly slug: string;
  readonly name: string;
  readonly description?: string;
  readonly rights?: readonly string[];
  /** Most people in it; who is in a group beneath it does not count. Default: any number. */
  readonly capacity?: number;
  /** A second person confirms each invitation to it, and to the groups beneath it. */
  readonly sensitive?: boolean;
  /** Slug of the group that it is in: its members have the rights of that one, and its managers manage it. Default: at the top. */
  readonly parent?: string;
};

/**
 * `actor` is who does it: an account, or `operator`, who may everything. Where an invitation is concerned, an account's
 * rights are asked; groups, templates, and what is given by hand are the host's to guard, and the actor is only recorded.
 */
export type GuestlistCalls = InviterCalls & {
  /** Throws `group_exists`; of the parent, `group_not_found` and `group_too_deep`. Rights that do not exist yet are made. */
  addGroup(group: NewGroup, actor?: By): Promise<void>;
  /** Throws `group_not_found`, `group_cycle`, `group_too_deep`. */
  changeGroup(slug: string, change: GroupChange, actor?: By): Promise<void>;
  /**
   * What whoever invites to the group keeps to, admins and the operator apart; null: only managers invite, and no limit
   * binds them. It takes the place of the one before. The groups in the group have nothing of it. Throws `group_not_found`.
   */
  setPolicy(slug: string, policy: GroupPolicyWish | null, actor?: By): Promise<void>;
  /** Throws `group_not_found`. */
  policyOf(slug: string): Promise<GroupPolicy>;
  /** Throws `right_exists`. */
  addRight(right: { readonly name: string; readonly description?: string }, actor?: By): Promise<void>;
  /**
   * Whoever is in the group has the right, from the next token on. False: the group had it already. Throws `group_not_found`,
   * `right_not_found`.
   */
  addRightToGroup(slug: string, right: string, actor?: By): Promise<boolean>;
  /** Who has it by themselves, or by another group, keeps it. False: the group did not bring it. Throws as `addRightToGroup`. */
  takeRightFromGroup(slug: string, right: string, actor?: By): Promise<boolean>;

  /**
   * Throws `group_not_found`, `right_not_found`, `template_not_found`, `grant_not_allowed`, `policy_refused` (its `detail` has
   * the group and the rule), `client_not_found` (no app, or one that cannot start a sign-in). A link is in the answer once; one that goes by mail alone is not in it.
   */
  invite(options: InviteOptions & { readonly email?: undefined }, from?: IssueOrigin): Promise<IssuedLink>;
  invite(options: InviteOptions, from?: IssueOrigin): Promise<Issued>;
  /**
   * Mails an addressed one again: earlier mails lead nowhere any more. With `expiresAt`, one that has run out is good again. Throws
   * `invitation_suspended` while its inviter may not invite, or a group is archived.
   */
  resend(invitationId: string, actor: By, wish?: { readonly expiresAt?: Date }): Promise<void>;
  /**
   * By a second person, for sensitive groups. Throws `nothing_to_confirm`, `second_person_needed`, `grant_not_allowed`; as `resend`
   * where a mail waits for it.
   */
  confirm(invitationId: string, actor: By): Promise<void>;
  /** Takes it over from an inviter who left or may not invite any more: it goes by another name from then on. */
  adopt(invitationId: string, actor: By): Promise<void>;
  /** By whoever made it or could have. Throws `invitation_not_found`, `grant_not_allowed`; false if it was revoked before. */
  revoke(invitationId: string, actor: By): Promise<boolean>;
  /** Times, places, PIN. Throws `invitation_not_found`, `invitation_revoked`, `places_below_used`. */
  change(invitationId: string, change: InvitationChange, actor: By): Promise<{ readonly pin: string | undefined }>;
  /** Who asked to join and waits. */
  waitingForApproval(invitationId: string): Promise<WaitingForApproval[]>;
  /** Everybody who waits and whom `actor` may decide about, an account or `operator`; those first whose time runs out first. */
  waitingForDecision(actor: string, page?: { readonly limit?: number; readonly after?: WaitingKey | undefined }): Promise<WaitingPage>;
  /** Throws `approval_not_found`, `approval_decided`, `grant_not_allowed`, and what the invitation refuses by now. */
  approve(invitationId: string, accountId: string, actor: By): Promise<void>;
  reject(invitationId: string, accountId: string, actor: By): Promise<void>;
  /** What is still there of what an invitation gave. */
  givenThrough(invitationId: string): Promise<Given[]>;
  /** Takes back what an invitation gave, from all or from some. Returns what was taken back. */
  undo(invitationId: string, actor: By, accountIds?: readonly string[]): Promise<Given[]>;
  /** Undefined if there is none. */
  find(invitationId: string): Promise<InvitationSummary | undefined>;
  /** Those of these that there are, in the order of the ids. */
  findAll(invitationIds: readonly string[]): Promise<InvitationSummary[]>;
  /** Newest first; for the next page give the last id as `before`. */
  list(page?: { readonly limit?: number; readonly before?: string }): Promise<InvitationSummary[]>;
  /** What happened to it, the oldest first. Throws `invitation_not_found`. */
  timeline(invitationId: string): Promise<TimelineEntry[]>;
  /** The groups that this account may invite to now, with what binds it there; empty for one that is disabled, or gone. */
  mayInviteTo(accountId: string): Promise<Invitable[]>;
  /** Ids of the invitations to an address that this account has proven, and that it could accept now. */
  waitingFor(accountId: string): Promise<string[]>;
  /** Throws `template_exists`, `group_not_found`, `right_not_found`. */
  addTemplate(template: Pick<Template, 'name' | 'wish'>, actor?: By): Promise<void>;
  listTemplates(): Promise<Template[]>;
  /** Throws `template_not_found`; `TypeError` where people ask to be invited by it. */
  removeTemplate(name: string, actor?: By): Promise<void>;

  /** Many invitations in one go, each for one person, reported together. */
  readonly campaigns: Campaigns;

  /** Asking to be invited: where one may, what decides by itself, and who waits. */
  readonly requests: Requests;

  /** What apps would learn now. */
  groupsOf(accountId: string): Promise<{ readonly groups: string[]; readonly roles: string[]; readonly entitlements: string[] }>;
  /** Without an invitation. Returns what was new. Throws `group_not_found`, `right_not_found`. */
  grant(accountId: string, wish: GrantWish, actor?: By): Promise<readonly string[]>;
  /** Returns what was ended. */
  withdraw(accountId: string, wish: GrantWish, actor?: By): Promise<readonly string[]>;
};

/** The same host inside somebody's transaction: what follows a deed follows once that is committed. */
export function within(host: InvitationHost, trx: Transaction): InvitationHost {
  const afterCommit = () => void trx.executionPromise.then(host.afterCommit, () => undefined);
  return { ...host, database: trx, afterCommit };
}

export function callsOf(host: InvitationHost): GuestlistCalls {
  return { ...grouping(host), ...inviting(host), ...inviterCalls(host), campaigns: campaignCalls(host), requests: requestDesk(host) };
}

type Grouping = Pick<
  GuestlistCalls,
  | 'addGroup'
  | 'changeGroup'
  | 'setPolicy'
  | 'policyOf'
  | 'addRight'
  | 'addRightToGroup'
  | 'takeRightFromGroup'
  | 'groupsOf'
  | 'grant'
  | 'withdraw'
>;

/** What somebody who runs groups can do. */
function grouping({ database, clock, random, events }: InvitationHost): Grouping {
  const tools = { clock, random };
  return {
    addGroup: async ({ description = '', rights = [], ...group }, actor = 'operator') =>
      void (await addGroup(database, { ...group, description, rights }, { ...tools, ...deedOf(actor) })),
    changeGroup: (slug, change, actor = 'operator') => changeGroup(database, slug, { ...tools, ...deedOf(actor), change }),
    setPolicy: (slug, policy, actor = 'operator') => setPolicy(database, slug, { ...tools, ...deedOf(actor), policy }),
    policyOf: (slug) => policyOf(database, slug),
    addRight: ({ name, description = '' }, actor = 'operator') => addRight(database, { name, description }, { ...tools, ...deedOf(actor) }),
    addRightToGroup: (slug, right, actor = 'operator') => addRightToGroup(database, slug, { ...tools, ...deedOf(actor), right }),
    takeRightFromGroup: (slug, right, actor = 'operator') => takeRightFromGroup(database, slug, { ...tools, ...deedOf(actor), right }),
    groupsOf: (accountId) => findClaimFacts(database, accountId, clock()),
    grant: (accountId, wish, actor = 'operator') =>
      grantTo(database, wish, { ...tools, ...deedOf(actor), accountId, inside: events.granted }),
    withdraw: (accountId, wish, actor = 'operator') =>
      withdrawFrom(database, wish, { ...tools, ...deedOf(actor), accountId, inside: events.withdrawn }),
  };
}

type Inviting = Pick<
  GuestlistCalls,
  | 'invite'
  | 'resend'
  | 'confirm'
  | 'adopt'
  | 'revoke'
  | 'change'
  | 'waitingForApproval'
  | 'waitingForDecision'
  | 'approve'
  | 'reject'
  | 'givenThrough'
  | 'undo'
  | 'find'
  | 'findAll'
  | 'list'
  | 'timeline'
  | 'waitingFor'
  | 'mayInviteTo'
  | 'addTemplate'
  | 'listTemplates'
  | 'removeTemplate'
>;

/** What an inviter can do. */
function inviting(host: InvitationHost): Inviting {
  const { database } = host;
  return {
    // The first form of the call has no address: there is always a link.
    invite: async (options: InviteOptions, from?: IssueOrigin) => withUrl(host, await invite(host, options, from)) as IssuedLink,
    resend: (id, actor, { expiresAt } = {}) => resend(host, id, { ...deedOf(actor), expiresAt }),
    confirm: (id, actor) => confirm(host, id, deedOf(actor)),
    adopt: (id, actor) => adopt(host, id, deedOf(actor)),
    revoke: (id, actor) => revoke(host, id, deedOf(actor)),
    change: (id, change, actor) => changeInvitation(host, id, { ...deedOf(actor), change }),
    waitingForApproval: (id) => waitingForApproval(host, id),
    waitingForDecision: (actor, { limit = 100, after } = {}) => waitingForDecision(host, { actor, limit, after }),
    approve: (invitationId, accountId, actor) => approve(host, { invitationId, accountId, ...deedOf(actor) }),
    reject: (invitationId, accountId, actor) => reject(host, { invitationId, accountId, ...deedOf(actor) }),
    givenThrough: (id) => givenThrough(host, id),
    undo: (id, actor, accountIds) => undo(host, id, { ...deedOf(actor), accountIds }),
    find: async (id) => {
      const invitation = await findInvitation(database, id);
      return invitation && summarize(host, database, invitation);
    },
    findAll: async (ids) => summarizeAll(host, await findInvitations(database, ids)),
    list: async ({ limit = 100, before } = {}) => summarizeAll(host, await listInvitations(database, { limit, before })),
    timeline: (id) => timelineOf(host, id),
    mayInviteTo: (accountId) => mayInviteTo(host, accountId),
    waitingFor: async (accountId) => (await waitingFor(host, accountId)).map(({ id }) => id),
    addTemplate: (template, actor = 'operator') => addTemplate(host, template, deedOf(actor)),
    listTemplates: () => listTemplates(host),
    removeTemplate: (name, actor = 'operator') => removeTemplate(host, name, deedOf(actor)),
  };
}
