/**
 * The boundary: invitations inside any oidc-provider, ours included. The host keeps its accounts, its login pages, its
 * adapter and its clients; this adds an `invite` parameter, a prompt after login, the pages under `/invite`, and the
 * claims `groups`, `roles` and `entitlements`. Nothing below this file knows what an account of our own server is.
 */
import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import type { Configuration, Interaction } from 'oidc-provider';
import { Failure, type FailureCode } from './errors.ts';
import { configureProvider } from './invitation/configuration.ts';
import { readVisitCookie } from './invitation/cookie.ts';
import { type FindPerson, type HostApp, type InvitationHost, ownUrl } from './invitation/host.ts';
import { stateOf } from './invitation/invitation.ts';
import { type InviteOptions, invite, type IssuedInvitation, revoke } from './invitation/issue.ts';
import type { InvitationMails, InvitationPages } from './invitation/pages.ts';
import { type Redeemed, type Redeemer, redeem } from './invitation/redeem.ts';
import { type Refusal, showRefusal } from './invitation/respond.ts';
import { invitationRoutes } from './invitation/routes.ts';
import { type Visit, visitOf } from './invitation/visit.ts';
import { createShow } from './lib/answer.ts';
import { addSeconds, type Clock, systemClock } from './lib/clock.ts';
import type { Database } from './lib/db.ts';
import { migrate } from './lib/migrate.ts';
import { createRenderer } from './lib/page.ts';
import { type Random, secureRandom } from './lib/random.ts';
import { createThrottle } from './lib/throttle.ts';

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
  /** A folder whose templates take the place of ours of the same name. */
  readonly views?: string | undefined;
  readonly clock?: Clock;
  readonly random?: Random;
};

/** May this browser register? Only an open gate lets a registration be redeemed. */
export type Gate = { readonly visit: Visit | undefined; readonly refusal: FailureCode | undefined };

export type Guestlist = {
  /** The host's configuration with what invitations need, and nothing taken away. */
  configure(configuration: Configuration): Configuration;
  /** Adds the pages. To be called once, after `new Provider`. */
  mount(provider: Provider): void;
  /** Creates or updates the schema; returns the names of the steps. */
  migrate(): Promise<string[]>;
  /** Throws `group_not_found`, `right_not_found`, `client_not_found` (no app, or one that cannot start a sign-in). */
  invite(options: Omit<InviteOptions, 'expiresAt'> & { readonly expiresAt?: Date }): Promise<IssuedInvitation & { readonly url: string }>;
  /** Throws `invitation_not_found`; false if it was revoked before. */
  revoke(invitationId: string, actor: string): Promise<boolean>;
  gate(ctx: Context, interaction: Interaction): Promise<Gate>;
  /** Answers with the page for a refusal of an invitation. */
  refuse(ctx: Context, refusal: Refusal): void;
  /** Creates the account and redeems for it, in one transaction. Throws what the invitation refuses. */
  redeem(visit: Visit, registration: { readonly redeemer: Redeemer; readonly ip?: string; readonly locale: string }): Promise<Redeemed>;
};

const defaultLifetimeSeconds = 7 * 24 * 60 * 60;

export function invitations(options: GuestlistOptions): Guestlist {
  const host = createHost(options);
  const { database, clock, random, issuer } = host;
  return {
    configure: (configuration) => configureProvider(host, configuration),
    mount: (provider) => void provider.use(invitationRoutes({ host, provider })),
    migrate: () => migrate(database),
    invite: async ({ expiresAt = addSeconds(clock(), defaultLifetimeSeconds), ...wish }) => {
      await refuseUnknownApp(host, wish.landingClientId);
      const issued = await invite(database, { ...wish, expiresAt }, { clock, random });
      return { ...issued, url: invitationUrl(issuer, issued.token) };
    },
    revoke: (invitationId, actor) => revoke(database, invitationId, { clock, random, actor }),
    gate: (ctx, interaction) => gateOf(host, ctx, interaction),
    refuse: (ctx, refusal) => showRefusal({ host }, ctx, refusal),
    redeem: (visit, registration) => redeem(host, { visit, ...registration }),
  };
}

async function refuseUnknownApp({ apps }: InvitationHost, clientId: string | undefined): Promise<void> {
  if (clientId === undefined || (await apps()).some((app) => app.clientId === clientId)) return;
  throw new Failure('client_not_found', { clientId });
}

function invitationUrl(issuer: string, token: string): string {
  return ownUrl(issuer, `/invite/${token}`);
}

function createHost({
  apps = async () => [],
  brand = 'Guestlist',
  clock = systemClock,
  random = secureRandom,
  ...options
}: GuestlistOptions): InvitationHost {
  const { database, issuer, person } = options;
  const renderer = createRenderer({ brand, base: new URL(issuer).pathname.replace(/\/$/, ''), overrides: options.views });
  const unknownTokens = createThrottle(database, { name: 'unknown_token', points: 100, perSeconds: 60 });
  const show = createShow<InvitationPages>(renderer, clock);
  return { database, clock, random, issuer, person, apps, renderer, show, render: renderer.render<InvitationMails>(), unknownTokens };
}

async function gateOf(host: InvitationHost, ctx: Context, { params }: Interaction): Promise<Gate> {
  const now = host.clock();
  const visit = await visitOf(host.database, readVisitCookie(host.issuer, ctx), now);
  const asked = params['invite'];
  if (asked !== undefined && asked !== visit?.id) return { visit: undefined, refusal: 'invitation_not_found' };
  if (!visit) return { visit, refusal: 'invitation_required' };
  // Answered here before: to somebody who asks for it by name it is used, to anybody else it is as if there were none.
  if (visit.answer && visit.answer !== 'declined') return { visit, refusal: asked ? 'invitation_used_up' : 'invitation_required' };
  const state = stateOf(visit.invitation, now);
  return { visit, refusal: state === 'open' ? undefined : `invitation_${state}` };
}
