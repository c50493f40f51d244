/**
 * What a provider's configuration needs for invitations, added to what the host has. Owns no page and no rule: it only
 * ties the `invite` parameter, the prompt, the front door's client and the group claims to oidc-provider's settings.
 * Nothing of the host's is changed in place, and nothing is taken away.
 */
import { type Configuration, errors as providerErrors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { groupClaims, groupClaimsOf } from '../group/claims.ts';
import { leadTo } from '../lib/answer.ts';
import { readVisitCookie } from './cookie.ts';
import { frontDoorClientId } from './front-door.ts';
import { ownPath, type InvitationHost, ownUrl } from './host.ts';
import { invitationPrompt, swapInviteParameter, switchAccountCheck } from './prompt.ts';

/** Throws `TypeError`, naming the setting, where the host has something of its own in the very place we need. */
export function configureProvider(host: InvitationHost, configuration: Configuration): Configuration {
  refuseConflicts(configuration);
  if (configuration.acrValues) host.strengths.acrValues = [...configuration.acrValues];
  host.prompts.create = configuration.interactions?.policy?.some(({ name }) => name === 'create') ?? false;
  return {
    ...configuration,
    clients: [...(configuration.clients ?? []), frontDoorClient(host.issuer)],
    scopes: [...new Set([...(configuration.scopes ?? ['openid', 'offline_access']), ...groupClaims])],
    claims: withGroupClaims(configuration.claims),
    // The provider's own default has `none`.
    ...(configuration.responseTypes ? { responseTypes: [...new Set([...configuration.responseTypes, 'none' as const])] } : {}),
    extraParams: withInvite(host, configuration.extraParams),
    interactions: withInvitationPrompt(host, configuration.interactions),
    findAccount: host.tellsGroups ? withGroups(host, configuration.findAccount) : configuration.findAccount,
    extraTokenClaims: host.tellsGroups ? withTokenClaims(host, configuration.extraTokenClaims) : configuration.extraTokenClaims,
    loadExistingGrant: withFrontDoorGrant(configuration.loadExistingGrant),
    ...(configuration.renderError ? { renderError: withWayBack(host, configuration.renderError) } : {}),
  };
}

function refuseConflicts({ claims = {}, clients = [], extraParams = [], features, interactions }: Configuration): void {
  const refuse = (setting: string, why: string) => {
    throw new TypeError(`${setting}: ${why}`);
  };
  const ownClaims = Object.entries(claims).flatMap(([name, list]) => [name, ...(Array.isArray(list) ? list : Object.keys(list ?? {}))]);
  const taken = groupClaims.find((name) => ownClaims.includes(name));
  if (taken) refuse('claims', `${taken} is a claim of your own already, and would be overwritten`);
  if (clients.some(({ client_id }) => client_id === frontDoorClientId))
    refuse('clients', `the client_id ${frontDoorClientId} is needed for the front door`);
  if (namesOf(extraParams).includes('invite')) refuse('extraParams', 'invite is a parameter of your own already');
  const prompts = (interactions?.policy ?? interactionPolicy.base()).map(({ name }) => name);
  if (!prompts.includes('login')) refuse('interactions.policy', 'there is no login prompt that the invitation could follow');
  if (prompts.includes('invitation')) refuse('interactions.policy', 'there is a prompt named invitation already');
  // On unless switched off: they take the place of `interactions.url`, and know no prompt but login and consent.
  if (features?.devInteractions?.enabled !== false)
    refuse('features.devInteractions', 'they would answer instead of the invitation’s page; set { enabled: false }');
}

type ExtraParams = NonNullable<Configuration['extraParams']>;

function namesOf(extraParams: ExtraParams): string[] {
  return isList(extraParams) ? [...extraParams] : Object.keys(extraParams);
}

/** An array or a set. */
function isList(extraParams: ExtraParams): extraParams is Extract<ExtraParams, Iterable<string>> {
  return Symbol.iterator in extraParams;
}

function frontDoorClient(issuer: string) {
  return {
    client_id: frontDoorClientId,
    token_endpoint_auth_method: 'none' as const,
    grant_types: [],
    response_types: ['none' as const],
    // The second for whoever decides about requests.
    redirect_uris: [ownUrl(issuer, '/invite/done'), ownUrl(issuer, '/invite/requests')],
  };
}

/** Listed under `openid` too: with `conformIdTokenClaims` only that scope's claims reach an ID token of the code flow. */
function withGroupClaims(claims: Configuration['claims'] = {}): NonNullable<Configuration['claims']> {
  const own = Object.fromEntries(groupClaims.map((name) => [name, [name]]));
  const openid = claims['openid'] ?? ['sub'];
  const names = Array.isArray(openid) ? openid : Object.keys(openid as object);
  return { ...claims, ...own, openid: [...new Set([...names, ...groupClaims])] };
}

function withInvite(host: InvitationHost, extraParams: ExtraParams = []): ExtraParams {
  const theirs = isList(extraParams) ? Object.fromEntries([...extraParams].map((name) => [name, null])) : extraParams;
  const invite = (ctx: KoaContextWithOIDC, value: string | undefined) => swapInviteParameter(host, ctx, value);
  return { ...theirs, invite };
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
export function grantedScope({ oidc }: KoaContextWithOIDC): string {
  const { AuthorizationCode, RefreshToken, Grant } = oidc.entities;
  const asked = [AuthorizationCode?.scope ?? RefreshToken?.scope, oidc.params?.['scope']].filter((scope) => typeof scope === 'string');
  const granted = Grant?.getOIDCScope().split(' ') ?? [];
  return granted.filter((scope) => asked.every((list) => list.split(' ').includes(scope))).join(' ');
}

type LoadExistingGrant = NonNullable<Configuration['loadExistingGrant']>;

/** What oidc-provider does by itself. */
export const standardGrant: LoadExistingGrant = async ({ oidc }) => {
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

type RenderError = NonNullable<Configuration['renderError']>;

/** The same answer sent twice: the one that comes second finds its interaction gone. The front door knows what came of it. */
function withWayBack(host: InvitationHost, renderError: RenderError): RenderError {
  return (ctx, out, error) => {
    const cameSecond = ctx.oidc.route === 'resume' && error instanceof providerErrors.SessionNotFound;
    if (!cameSecond || !readVisitCookie(host.issuer, ctx)) return renderError(ctx, out, error);
    leadTo(ctx, ownPath(host.issuer, '/invite'));
  };
}
