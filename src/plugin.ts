/**
 * The boundary: invitations inside any oidc-provider, ours included. The host keeps its accounts, its login pages, its
 * adapter and its clients; this adds an `invite` parameter, a prompt after login, the pages under `/invite`, and the
 * claims `groups`, `roles` and `entitlements`. Nothing below this file knows what an account of our own server is.
 */
import type { Context } from 'koa';
import { type Configuration, type Interaction, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type Provider from 'oidc-provider';
import { Failure, type FailureCode } from './errors.ts';
import { groupClaims, groupClaimsOf } from './group/claims.ts';
import { readVisitCookie } from './invitation/cookie.ts';
import { frontDoorClientId } from './invitation/front-door.ts';
import { type FindPerson, type HostApp, type InvitationHost, ownUrl } from './invitation/host.ts';
import { stateOf } from './invitation/invitation.ts';
import { type InviteOptions, invite, type IssuedInvitation, revoke } from './invitation/issue.ts';
import type { InvitationMails, InvitationPages } from './invitation/pages.ts';
import { invitationPrompt, swapInviteParameter, switchAccountCheck } from './invitation/prompt.ts';
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
    configure: (configuration) => configure(host, configuration),
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

function configure(host: InvitationHost, configuration: Configuration): Configuration {
  return {
    ...configuration,
    clients: [...(configuration.clients ?? []), frontDoorClient(host.issuer)],
    scopes: [...new Set([...(configuration.scopes ?? ['openid', 'offline_access']), ...groupClaims])],
    claims: withGroupClaims(configuration.claims),
    responseTypes: [...new Set([...(configuration.responseTypes ?? ['code', 'none']), 'none' as const])],
    extraParams: withInvite(host, configuration.extraParams),
    interactions: withInvitationPrompt(host, configuration.interactions),
    findAccount: withGroups(host, configuration.findAccount),
    extraTokenClaims: withTokenClaims(host, configuration.extraTokenClaims),
    loadExistingGrant: withFrontDoorGrant(configuration.loadExistingGrant),
  };
}

function frontDoorClient(issuer: string) {
  return {
    client_id: frontDoorClientId,
    token_endpoint_auth_method: 'none' as const,
    grant_types: [],
    response_types: ['none' as const],
    redirect_uris: [ownUrl(issuer, '/invite/done')],
  };
}

/** Listed under `openid` too: with `conformIdTokenClaims` only that scope's claims reach an ID token of the code flow. */
function withGroupClaims(claims: Configuration['claims'] = {}): NonNullable<Configuration['claims']> {
  const own = Object.fromEntries(groupClaims.map((name) => [name, [name]]));
  const openid = claims['openid'] ?? ['sub'];
  const names = Array.isArray(openid) ? openid : Object.keys(openid as object);
  return { ...claims, ...own, openid: [...new Set([...names, ...groupClaims])] };
}

function withInvite(host: InvitationHost, extraParams: Configuration['extraParams'] = []): NonNullable<Configuration['extraParams']> {
  const theirs = Array.isArray(extraParams) ? Object.fromEntries(extraParams.map((name) => [name, null])) : extraParams;
  return {
    ...theirs,
    invite: (ctx: KoaContextWithOIDC, value: string | undefined) => swapInviteParameter(host, ctx, value),
  };
}

function withInvitationPrompt(
  host: InvitationHost,
  interactions: Configuration['interactions'] = {},
): NonNullable<Configuration['interactions']> {
  const { url = (_ctx, { uid }) => ownUrl(host.issuer, `/interaction/${uid}`) } = interactions;
  return {
    ...interactions,
    policy: policyWithInvitations(host, interactions.policy ?? interactionPolicy.base()),
    url: (ctx, interaction) =>
      interaction.prompt.name === 'invitation' ? ownUrl(host.issuer, `/invite/interaction/${interaction.uid}`) : url(ctx, interaction),
  };
}

/** The host's policy is copied, prompt by prompt; its own objects stay as they are. */
function policyWithInvitations(host: InvitationHost, policy: readonly interactionPolicy.Prompt[]) {
  const copy = interactionPolicy.base();
  copy.clear();
  for (const prompt of policy) {
    if (prompt.name !== 'login') copy.add(prompt);
    else {
      copy.add(Object.assign(Object.create(prompt), { checks: [...prompt.checks, switchAccountCheck()] }));
      copy.add(invitationPrompt(host));
    }
  }
  return copy;
}

type FindAccount = NonNullable<Configuration['findAccount']>;

function withGroups(
  host: InvitationHost,
  findAccount: FindAccount = (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
): FindAccount {
  return async (ctx, sub, token) => {
    const account = await findAccount(ctx, sub, token);
    if (!account) return undefined;
    // biome-ignore lint/complexity/useMaxParams: the provider's signature
    const claims: typeof account.claims = async (use, scope, asked, rejected) => ({
      ...(await account.claims(use, scope, asked, rejected)),
      ...(await groupClaimsOf(host.database, account.accountId, { request: { scope, claims: asked }, now: host.clock() })),
    });
    return Object.assign(Object.create(account), { claims });
  };
}

type ExtraTokenClaims = NonNullable<Configuration['extraTokenClaims']>;

/** JWT access tokens say what RFC 9068 §2.2.3.1 lets them; an opaque token carries nothing that could go stale. */
function withTokenClaims(host: InvitationHost, extraTokenClaims: ExtraTokenClaims = () => undefined): ExtraTokenClaims {
  return async (ctx, token) => {
    const theirs = await extraTokenClaims(ctx, token);
    if (!('accountId' in token) || token.resourceServer?.accessTokenFormat !== 'jwt') return theirs;
    const request = { scope: grantedScope(ctx) };
    return { ...theirs, ...(await groupClaimsOf(host.database, token.accountId, { request, now: host.clock() })) };
  };
}

/** OIDC scopes that were asked for and granted; a token's own `scope` has only those of its resource server. */
function grantedScope({ oidc }: KoaContextWithOIDC): string {
  const { AuthorizationCode, RefreshToken, Grant } = oidc.entities;
  const asked = [AuthorizationCode?.scope ?? RefreshToken?.scope, oidc.params?.['scope']].filter((scope) => typeof scope === 'string');
  const granted = Grant?.getOIDCScope().split(' ') ?? [];
  return granted.filter((scope) => asked.every((list) => list.split(' ').includes(scope))).join(' ');
}

type LoadExistingGrant = NonNullable<Configuration['loadExistingGrant']>;

const standardGrant: LoadExistingGrant = async ({ oidc }) => {
  const grantId = oidc.result?.consent?.grantId ?? (oidc.client && oidc.session?.grantIdFor(oidc.client.clientId));
  return grantId ? oidc.provider.Grant.find(grantId) : undefined;
};

/** The front door asks nobody for consent: its client learns nothing but that somebody is signed in. */
function withFrontDoorGrant(loadExistingGrant: LoadExistingGrant = standardGrant): LoadExistingGrant {
  return async (ctx) => {
    const { client, session, provider } = ctx.oidc;
    if (client?.clientId !== frontDoorClientId || !session?.accountId) return loadExistingGrant(ctx);
    const existing = await standardGrant(ctx);
    if (existing) return existing;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid');
    await grant.save();
    return grant;
  };
}
