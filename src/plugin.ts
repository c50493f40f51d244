/**
 * The boundary: invitations inside any oidc-provider, ours included. The host keeps its accounts, its login pages, its
 * adapter and its clients; this adds an `invite` parameter, a prompt after login, the pages under `/invite`, and the
 * claims `groups`, `roles` and `entitlements`. Nothing below this file knows what an account of our own server is.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import type { Configuration, Interaction } from 'oidc-provider';
import { type Head, type Verdict, verifyAudit } from './audit/verify.ts';
import { campaignCalls, type Campaigns } from './campaign/calls.ts';
import { addGroup, addRight, changeGroup, type GrantWish, grantTo, type GroupChange, withdrawFrom } from './group/manage.ts';
import { findClaimFacts } from './group/membership-store.ts';
import type { GroupPolicy } from './group/policy.ts';
import { type GroupPolicyWish, policyOf, setPolicy } from './group/set-policy.ts';
import { adopt } from './invitation/adopt.ts';
import { approve, reject, type WaitingForApproval, waitingForApproval } from './invitation/approval.ts';
import { changeInvitation, type InvitationChange } from './invitation/change.ts';
import { configureProvider } from './invitation/configuration.ts';
import { createHost, type GuestlistOptions } from './invitation/create-host.ts';
import { type Gate, gateOf } from './invitation/gate.ts';
import { holdPlace } from './invitation/hold.ts';
import type { InvitationHost } from './invitation/host.ts';
import { type Invitable, mayInviteTo } from './invitation/invitable.ts';
import { type InviterCalls, inviterCalls } from './invitation/inviter-calls.ts';
import { invite, type IssuedInvitation, type IssuedWithUrl, revoke, withUrl } from './invitation/issue.ts';
import { type Redeemed, type Redeemer, redeem } from './invitation/redeem.ts';
import { confirm, resend } from './invitation/resend.ts';
import { remind } from './invitation/reminder.ts';
import { type Refusal, showRefusal } from './invitation/respond.ts';
import type { Term } from './invitation/pages.ts';
import { invitationRoutes } from './invitation/routes.ts';
import { findInvitation, listInvitations } from './invitation/store.ts';
import { type InvitationSummary, summarize } from './invitation/summary.ts';
import { addTemplate, listTemplates, type Template } from './invitation/template.ts';
import { timelineOf, type TimelineEntry } from './invitation/timeline.ts';
import { type Given, givenThrough, undo } from './invitation/undo.ts';
import type { Visit } from './invitation/visit.ts';
import { waitingFor } from './invitation/waiting-list.ts';
import type { InviteOptions } from './invitation/wish.ts';
import { migrate, uninstall } from './lib/migrate.ts';
import { deliverMail } from './mail/deliver.ts';
import { requestDesk, type Requests } from './request/desk-calls.ts';
import { tellOfRequests } from './request/notify.ts';
import { requestRoutes } from './request/routes.ts';

/** A request of Koa, Express, Fastify (`raw`) or node:http. */
export type Exchange = { readonly req: IncomingMessage; readonly res: ServerResponse };

export type Registration = {
  readonly redeemer: Redeemer;
  /** Addresses that the person agreed to on the host's own page, of `terms`. Default: none; they are asked another time. */
  readonly agreedTo?: readonly string[];
  readonly ip?: string | undefined;
  readonly requestId?: string | undefined;
  /** Of the mail that follows. Default: en. */
  readonly locale?: string;
};

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
export type Guestlist = InviterCalls & {
  /** The host's configuration with what invitations need, and nothing taken away. Throws where the two cannot go together. */
  configure(configuration: Configuration): Configuration;
  /** Adds the pages. To be called once, after `new Provider` with what `configure` returned. */
  mount(provider: Provider): void;
  /** Creates or updates the schema; returns the names of the steps. */
  migrate(): Promise<string[]>;
  /** Drops the schema with everything in it. The rest of the database stays as it is. */
  uninstall(): Promise<void>;

  /** Throws `group_exists`; of the parent, `group_not_found` and `group_too_deep`. Rights that do not exist yet are made. */
  addGroup(group: NewGroup): Promise<void>;
  /** Throws `group_not_found`, `group_cycle`, `group_too_deep`. */
  changeGroup(slug: string, change: GroupChange, actor?: string): Promise<void>;
  /**
   * What whoever invites to the group keeps to, admins and the operator apart; null: only managers invite, and no limit
   * binds them. It takes the place of the one before. The groups in the group have nothing of it. Throws `group_not_found`.
   */
  setPolicy(slug: string, policy: GroupPolicyWish | null, actor?: string): Promise<void>;
  /** Throws `group_not_found`. */
  policyOf(slug: string): Promise<GroupPolicy>;
  /** Throws `right_exists`. */
  addRight(right: { readonly name: string; readonly description?: string }): Promise<void>;

  /**
   * Throws `group_not_found`, `right_not_found`, `template_not_found`, `grant_not_allowed`, `policy_refused` (its `detail` has
   * the group and the rule), `client_not_found` (no app, or one that cannot start a sign-in). A link is in the answer once; one that goes by mail alone is not in it.
   */
  invite(options: InviteOptions & { readonly email?: undefined }): Promise<IssuedLink>;
  invite(options: InviteOptions): Promise<Issued>;
  /** Mails an addressed one again: earlier mails lead nowhere any more. With `expiresAt`, one that has run out is good again. */
  resend(invitationId: string, actor: string, wish?: { readonly expiresAt?: Date }): Promise<void>;
  /** By a second person, for sensitive groups. Throws `nothing_to_confirm`, `second_person_needed`, `grant_not_allowed`. */
  confirm(invitationId: string, actor: string): Promise<void>;
  /** Takes it over from an inviter who left or may not invite any more. */
  adopt(invitationId: string, actor: string): Promise<void>;
  /** By whoever made it or could have. Throws `invitation_not_found`, `grant_not_allowed`; false if it was revoked before. */
  revoke(invitationId: string, actor: string): Promise<boolean>;
  /** Times, places, PIN. Throws `invitation_not_found`, `invitation_revoked`, `places_below_used`. */
  change(invitationId: string, change: InvitationChange, actor: string): Promise<{ readonly pin: string | undefined }>;
  /** Who asked to join and waits. */
  waitingForApproval(invitationId: string): Promise<WaitingForApproval[]>;
  /** Throws `approval_not_found`, `approval_decided`, `grant_not_allowed`, and what the invitation refuses by now. */
  approve(invitationId: string, accountId: string, actor: string): Promise<void>;
  reject(invitationId: string, accountId: string, actor: string): Promise<void>;
  /** What is still there of what an invitation gave. */
  givenThrough(invitationId: string): Promise<Given[]>;
  /** Takes back what an invitation gave, from all or from some. Returns what was taken back. */
  undo(invitationId: string, actor: string, accountIds?: readonly string[]): Promise<Given[]>;
  /** Undefined if there is none. */
  find(invitationId: string): Promise<InvitationSummary | undefined>;
  /** Newest first; for the next page give the last id as `before`. */
  list(page?: { readonly limit?: number; readonly before?: string }): Promise<InvitationSummary[]>;
  /** What happened to it, the oldest first. Throws `invitation_not_found`. */
  timeline(invitationId: string): Promise<TimelineEntry[]>;
  /** The groups that this account may invite to now, with what binds it there; empty for one that is disabled, or gone. */
  mayInviteTo(accountId: string): Promise<Invitable[]>;
  /** Ids of the invitations to an address that this account has proven, and that it could accept now. */
  waitingFor(accountId: string): Promise<string[]>;
  /** Throws `template_exists`, `group_not_found`, `right_not_found`. */
  addTemplate(template: Pick<Template, 'name' | 'wish'>, actor?: string): Promise<void>;
  listTemplates(): Promise<Template[]>;

  /** Many invitations in one go, each for one person, reported together. */
  readonly campaigns: Campaigns;

  /** Asking to be invited: where one may, what decides by itself, and who waits. */
  readonly requests: Requests;

  /** What apps would learn now. */
  groupsOf(accountId: string): Promise<{ readonly groups: string[]; readonly roles: string[]; readonly entitlements: string[] }>;
  /** Without an invitation. Returns what was new. Throws `group_not_found`, `right_not_found`. */
  grant(accountId: string, wish: GrantWish, actor?: string): Promise<readonly string[]>;
  /** Returns what was ended. */
  withdraw(accountId: string, wish: GrantWish, actor?: string): Promise<readonly string[]>;

  /** For a host's registration page: may this browser register, and for what? */
  gate(exchange: Exchange, interaction?: Interaction): Promise<Gate>;
  /** What a registration page has to ask agreement to, see `agreedTo`. */
  readonly terms: readonly Term[];
  /** Keeps a place while somebody registers; returns until when. Throws what the invitation refuses. */
  hold(visit: Visit): Promise<Date>;
  /** Redeems for an account, or makes it in the same transaction. Throws what the invitation refuses. */
  redeem(visit: Visit, registration: Registration): Promise<Redeemed>;
  /** Answers with the page for a refusal of an invitation, or with the step that is missing. */
  refuse(ctx: Context, refusal: Refusal): Promise<void>;
  /** Hands queued mail to `send`. It happens by itself after each redemption; call it now and then for what failed. */
  deliverMail(): Promise<{ readonly sent: number; readonly failed: number }>;
  /**
   * Reminds of invitations that were mailed and that nobody has answered, and tells people of what ends within a week: each
   * once. Call it every now and then, such as every ten minutes; any number of processes may. Returns how many mails were
   * queued. Needs `secret`.
   */
  remind(): Promise<{ readonly reminded: number }>;
  /** Proves that nobody has changed the audit trail behind our back. `head` as it was told before: it must still be there. */
  verifyAudit(head?: Head): Promise<Verdict>;
};

export function invitations(options: GuestlistOptions): Guestlist {
  const host = createHost(options);
  const { database, clock, random, issuer, events } = host;
  const tools = { clock, random };
  let mounted: Provider | undefined;
  return {
    configure: (configuration) => configureProvider(host, configuration),
    mount(provider) {
      if (mounted) throw new TypeError('mount: this guestlist has a provider already; make one guestlist for each');
      if (provider.issuer !== issuer)
        throw new TypeError(`mount: the provider's issuer is ${provider.issuer}, but the option issuer is ${issuer}`);
      mounted = provider;
      provider.use(requestRoutes({ host, provider }));
      provider.use(invitationRoutes({ host, provider }));
    },
    migrate: () => migrate(database),
    uninstall: () => uninstall(database),
    addGroup: async ({ description = '', rights = [], ...group }) =>
      void (await addGroup(database, { ...group, description, rights }, tools)),
    changeGroup: (slug, change, actor = 'operator') => changeGroup(database, slug, { ...tools, actor, change }),
    setPolicy: (slug, policy, actor = 'operator') => setPolicy(database, slug, { ...tools, actor, policy }),
    policyOf: (slug) => policyOf(database, slug),
    addRight: ({ name, description = '' }) => addRight(database, { name, description }, tools),
    groupsOf: (accountId) => findClaimFacts(database, accountId, clock()),
    grant: (accountId, wish, actor = 'operator') => grantTo(database, wish, { ...tools, accountId, actor, inside: events.granted }),
    withdraw: (accountId, wish, actor = 'operator') =>
      withdrawFrom(database, wish, { ...tools, accountId, actor, inside: events.withdrawn }),
    ...inviting(host),
    ...inviterCalls(host),
    campaigns: campaignCalls(host),
    requests: requestDesk(host),
    gate: async ({ req, res }, interaction) => {
      if (!mounted) throw new TypeError('gate: call mount(provider) first');
      return gateOf({ host, provider: mounted }, { req, res }, interaction);
    },
    terms: host.terms,
    hold: (visit) => holdPlace(host, visit),
    redeem: async (visit, { redeemer, agreedTo = [], ip, requestId, locale = 'en' }) =>
      redeem(host, { visit, redeemer, agreedTo, from: { ip, requestId }, locale }),
    refuse: (ctx, refusal) => showRefusal({ host }, ctx, refusal),
    deliverMail: async () => (options.send ? deliverMail(database, options.send, host.delivery) : { sent: 0, failed: 0 }),
    remind: async () => {
      await tellOfRequests(host, database, clock());
      return remind(host);
    },
    verifyAudit: (head) => verifyAudit(database, { head }),
  };
}

type Inviting = Pick<
  Guestlist,
  | 'invite'
  | 'resend'
  | 'confirm'
  | 'adopt'
  | 'revoke'
  | 'change'
  | 'waitingForApproval'
  | 'approve'
  | 'reject'
  | 'givenThrough'
  | 'undo'
  | 'find'
  | 'list'
  | 'timeline'
  | 'waitingFor'
  | 'mayInviteTo'
  | 'addTemplate'
  | 'listTemplates'
>;

/** What an inviter can do. */
function inviting(host: InvitationHost): Inviting {
  const { database } = host;
  return {
    // The first form of the call has no address: there is always a link.
    invite: async (options: InviteOptions) => withUrl(host, await invite(host, options)) as IssuedLink,
    resend: (id, actor, { expiresAt } = {}) => resend(host, id, { actor, expiresAt }),
    confirm: (id, actor) => confirm(host, id, { actor }),
    adopt: (id, actor) => adopt(host, id, { actor }),
    revoke: (id, actor) => revoke(host, id, { actor }),
    change: (id, change, actor) => changeInvitation(host, id, { actor, change }),
    waitingForApproval: (id) => waitingForApproval(host, id),
    approve: (invitationId, accountId, actor) => approve(host, { invitationId, accountId, actor }),
    reject: (invitationId, accountId, actor) => reject(host, { invitationId, accountId, actor }),
    givenThrough: (id) => givenThrough(host, id),
    undo: (id, actor, accountIds) => undo(host, id, { actor, accountIds }),
    find: async (id) => {
      const invitation = await findInvitation(database, id);
      return invitation && summarize(host, database, invitation);
    },
    list: async ({ limit = 100, before } = {}) => {
      const found = await listInvitations(database, { limit, before });
      return Promise.all(found.map((invitation) => summarize(host, database, invitation)));
    },
    timeline: (id) => timelineOf(host, id),
    mayInviteTo: (accountId) => mayInviteTo(host, accountId),
    waitingFor: async (accountId) => (await waitingFor(host, accountId)).map(({ id }) => id),
    addTemplate: (template, actor = 'operator') => addTemplate(host, template, { actor }),
    listTemplates: () => listTemplates(host),
  };
}
