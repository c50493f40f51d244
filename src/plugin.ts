/**
 * The boundary: invitations inside any oidc-provider, ours included. The host keeps its accounts, its login pages, its
 * adapter and its clients; this adds an `invite` parameter, a prompt after login, the pages under `/invite`, and the
 * claims `groups`, `roles` and `entitlements`. Nothing below this file knows what an account of our own server is.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import type { Configuration, Interaction } from 'oidc-provider';
import { Failure } from './errors.ts';
import { addGroup, addRight, type GrantWish, grantTo, withdrawFrom } from './group/manage.ts';
import { findClaimFacts } from './group/store.ts';
import { changeInvitation, type InvitationChange } from './invitation/change.ts';
import { configureProvider } from './invitation/configuration.ts';
import { type Gate, gateOf } from './invitation/gate.ts';
import { holdPlace } from './invitation/hold.ts';
import { basePath, type FindPerson, type GuestlistEvents, type HostApp, type InvitationHost, ownUrl } from './invitation/host.ts';
import { type InviteOptions, invite, type IssuedInvitation, revoke } from './invitation/issue.ts';
import type { InvitationMails, InvitationPages } from './invitation/pages.ts';
import { type Redeemed, type Redeemer, redeem } from './invitation/redeem.ts';
import { type Refusal, showRefusal } from './invitation/respond.ts';
import { invitationRoutes } from './invitation/routes.ts';
import { findInvitation, listInvitations } from './invitation/store.ts';
import { type InvitationSummary, summarize } from './invitation/summary.ts';
import type { Visit } from './invitation/visit.ts';
import { createShow } from './lib/answer.ts';
import { addSeconds, type Clock, systemClock } from './lib/clock.ts';
import type { Database } from './lib/db.ts';
import { migrate, uninstall } from './lib/migrate.ts';
import { createRenderer, type PageFunction } from './lib/page.ts';
import { type Random, secureRandom } from './lib/random.ts';
import type { TextReplacements } from './lib/text.ts';
import { createThrottle } from './lib/throttle.ts';
import { deliverMail, type SendMail } from './mail/deliver.ts';

export type GuestlistOptions = {
  /** PostgreSQL 15 or later, as a knex handle. Everything lives in the schema `guestlist`. */
  readonly database: Database;
  /** The provider's issuer identifier. */
  readonly issuer: string;
  /** Who an account is. Called with the redemption's transaction, which a host on another database may ignore. */
  readonly person: FindPerson;
  /** Apps to lead an invitee to, best first. Default: none. */
  readonly apps?: () => Promise<readonly HostApp[]>;
  /** Shown on every page and mail. Default: Guestlist. */
  readonly brand?: string;
  /** Absolute address of the host's own start page. Default: the issuer's. */
  readonly home?: string;
  /** A folder whose templates (Eta) take the place of ours of the same name. */
  readonly views?: string | undefined;
  /** Functions that take the place of single pages. They get the page's data and the frame, and must escape themselves. */
  readonly pages?: { readonly [Name in keyof InvitationPages]?: PageFunction<InvitationPages[Name]> };
  /** Words by language and key (ICU MessageFormat) that take the place of ours, or add a language. */
  readonly texts?: TextReplacements;
  /** Sends one mail, such as `smtp({ url, from })`. Without it mail is kept in `guestlist.mail`. */
  readonly send?: SendMail;
  readonly events?: GuestlistEvents;
  /** Errors that no request waits for: of `refused`, and of mail. Default: they are dropped. */
  readonly onError?: (error: unknown) => void;
  readonly clock?: Clock;
  readonly random?: Random;
};

/** A request of Koa, Express, Fastify (`raw`) or node:http. */
export type Exchange = { readonly req: IncomingMessage; readonly res: ServerResponse };

export type Registration = {
  readonly redeemer: Redeemer;
  readonly ip?: string | undefined;
  /** Of the mail that follows. Default: en. */
  readonly locale?: string;
};

export type Guestlist = {
  /** The host's configuration with what invitations need, and nothing taken away. Throws where the two cannot go together. */
  configure(configuration: Configuration): Configuration;
  /** Adds the pages. To be called once, after `new Provider` with what `configure` returned. */
  mount(provider: Provider): void;
  /** Creates or updates the schema; returns the names of the steps. */
  migrate(): Promise<string[]>;
  /** Drops the schema with everything in it. The rest of the database stays as it is. */
  uninstall(): Promise<void>;

  /** Throws `group_exists`. Rights that do not exist yet are made. */
  addGroup(group: {
    readonly slug: string;
    readonly name: string;
    readonly description?: string;
    readonly rights?: readonly string[];
  }): Promise<void>;
  /** Throws `right_exists`. */
  addRight(right: { readonly name: string; readonly description?: string }): Promise<void>;
  /** Throws `group_not_found`, `right_not_found`, `client_not_found` (no app, or one that cannot start a sign-in). */
  invite(options: Omit<InviteOptions, 'expiresAt'> & { readonly expiresAt?: Date }): Promise<IssuedInvitation & { readonly url: string }>;
  /** Throws `invitation_not_found`; false if it was revoked before. */
  revoke(invitationId: string, actor: string): Promise<boolean>;
  /** Its times and its places. Throws `invitation_not_found`, `invitation_revoked`, `places_below_used`. */
  change(invitationId: string, change: InvitationChange, actor: string): Promise<void>;
  /** Undefined if there is none. */
  find(invitationId: string): Promise<InvitationSummary | undefined>;
  /** Newest first; for the next page give the last id as `before`. */
  list(page?: { readonly limit?: number; readonly before?: string }): Promise<InvitationSummary[]>;
  /** What apps would learn now. */
  groupsOf(accountId: string): Promise<{ readonly groups: string[]; readonly roles: string[]; readonly entitlements: string[] }>;
  /** Without an invitation. Returns what was new. Throws `group_not_found`, `right_not_found`. */
  grant(accountId: string, wish: GrantWish, actor?: string): Promise<readonly string[]>;
  /** Returns what was ended. */
  withdraw(accountId: string, wish: GrantWish, actor?: string): Promise<readonly string[]>;

  /** For a host's registration page: may this browser register, and for what? */
  gate(exchange: Exchange, interaction?: Interaction): Promise<Gate>;
  /** Keeps a place while somebody registers; returns until when. Throws what the invitation refuses. */
  hold(visit: Visit): Promise<Date>;
  /** Redeems for an account, or makes it in the same transaction. Throws what the invitation refuses. */
  redeem(visit: Visit, registration: Registration): Promise<Redeemed>;
  /** Answers with the page for a refusal of an invitation. */
  refuse(ctx: Context, refusal: Refusal): void;
  /** Hands queued mail to `send`. It happens by itself after each redemption; call it now and then for what failed. */
  deliverMail(): Promise<{ readonly sent: number; readonly failed: number }>;
};

const defaultLifetimeSeconds = 7 * 24 * 60 * 60;

export function invitations(options: GuestlistOptions): Guestlist {
  const host = createHost(options);
  const { database, clock, random, issuer, events } = host;
  const tools = { clock, random };
  let mounted: Provider | undefined;
  const deliver = async () => (options.send ? deliverMail(database, options.send, host) : { sent: 0, failed: 0 });
  return {
    configure: (configuration) => configureProvider(host, configuration),
    mount(provider) {
      if (mounted) throw new TypeError('mount: this guestlist has a provider already; make one guestlist for each');
      if (provider.issuer !== issuer)
        throw new TypeError(`mount: the provider's issuer is ${provider.issuer}, but the option issuer is ${issuer}`);
      mounted = provider;
      provider.use(invitationRoutes({ host, provider }));
    },
    migrate: () => migrate(database),
    uninstall: () => uninstall(database),
    addGroup: async ({ description = '', rights = [], ...group }) =>
      void (await addGroup(database, { ...group, description, rights }, tools)),
    addRight: ({ name, description = '' }) => addRight(database, { name, description }, tools),
    invite: async ({ expiresAt = addSeconds(clock(), defaultLifetimeSeconds), ...wish }) => {
      await refuseUnknownApp(host, wish.landingClientId);
      const issued = await invite(database, { ...wish, expiresAt }, tools);
      return { ...issued, url: ownUrl(issuer, `/invite/${issued.token}`) };
    },
    revoke: (invitationId, actor) => revoke(database, invitationId, { ...tools, actor }),
    change: (invitationId, change, actor) => changeInvitation(database, invitationId, { ...tools, change, actor }),
    find: async (invitationId) => {
      const invitation = await findInvitation(database, invitationId);
      return invitation && summarize(invitation, clock());
    },
    list: async ({ limit = 100, before } = {}) => {
      const now = clock();
      return (await listInvitations(database, { limit, before })).map((invitation) => summarize(invitation, now));
    },
    groupsOf: (accountId) => findClaimFacts(database, accountId, clock()),
    grant: (accountId, wish, actor = 'operator') => grantTo(database, wish, { ...tools, accountId, actor, inside: events.granted }),
    withdraw: (accountId, wish, actor = 'operator') =>
      withdrawFrom(database, wish, { ...tools, accountId, actor, inside: events.withdrawn }),
    gate: async ({ req, res }, interaction) => {
      if (!mounted) throw new TypeError('gate: call mount(provider) first');
      return gateOf({ host, provider: mounted }, { req, res }, interaction);
    },
    hold: (visit) => holdPlace(host, visit),
    redeem: async (visit, { redeemer, ip, locale = 'en' }) => redeem(host, { visit, redeemer, ip, locale }),
    refuse: (ctx, refusal) => showRefusal({ host }, ctx, refusal),
    deliverMail: deliver,
  };
}

async function refuseUnknownApp({ apps }: InvitationHost, clientId: string | undefined): Promise<void> {
  if (clientId === undefined || (await apps()).some((app) => app.clientId === clientId)) return;
  throw new Failure('client_not_found', { clientId });
}

/** Throws `TypeError`, naming the option, for what could never work. */
function createHost(options: GuestlistOptions): InvitationHost {
  const { database, issuer, person, apps = async () => [], brand = 'Guestlist', clock = systemClock, random = secureRandom } = options;
  if (database?.client?.config?.client !== 'pg') throw new TypeError('database: it must be a knex handle with client "pg"');
  if (!URL.parse(issuer)) throw new TypeError('issuer: it must be the issuer identifier of the provider, an absolute address');
  if (typeof person !== 'function') throw new TypeError('person: it must be a function from an account id to a person');
  const { home = ownUrl(issuer, '/'), views, pages, texts, send, events = {}, onError = () => undefined } = options;
  const renderer = createRenderer({ brand, base: basePath(issuer), home: options.home, views, pages, texts });
  return {
    database,
    clock,
    random,
    issuer,
    person,
    apps,
    prompts: { create: false },
    home,
    events,
    onError,
    renderer,
    show: createShow<InvitationPages>(renderer, clock),
    render: renderer.render<InvitationMails>(),
    unknownTokens: createThrottle(database, { name: 'unknown_token', points: 100, perSeconds: 60 }),
    afterCommit: () => void (send && deliverMail(database, send, { clock, onError }).catch(onError)),
  };
}
