/**
 * The front door: what somebody meets who opens a link, types a code, or comes back after answering. Opening a link
 * only begins a visit and moves on to a clean address; it uses up nothing, however often it is done.
 *
 *     GET /invite/TOKEN ──► GET /invite ──► POST /invite/continue ──► the provider … ──► GET /invite/done
 */
import type { Context } from 'koa';
import { z } from 'zod';
import { leadTo } from '../lib/answer.ts';
import { checkForm } from '../lib/form.ts';
import { addressBlock } from '../lib/throttle.ts';
import { writeVisitCookie } from './cookie.ts';
import { arrivalOf } from './arrival.ts';
import { factsOf } from './facts.ts';
import { heldVisit, type OpenVisit } from './held-visit.ts';
import { ownUrl } from './host.ts';
import { type Facts, refusalAtDoor, refusalOfPin, stateOf } from './invitation.ts';
import { noteOpening } from './leak.ts';
import { showRefusal } from './respond.ts';
import { addressedTo, formToken, isEmbedded, offerOf, pathOf, readSiteForm, type Site } from './site.ts';
import { isMistypedCode, parseToken, tokenDigest } from './token.ts';
import { beginVisit, type Visit } from './visit.ts';
import { findToken, markContinued, type TokenRow } from './visit-store.ts';

/** The first-party client of the front door: it gets a session for the person, and neither code nor token. */
export const frontDoorClientId = 'guestlist';

export async function currentVisit({ host }: Site, ctx: Context): Promise<OpenVisit | undefined> {
  return heldVisit(host, ctx);
}

export async function openLink(site: Site, ctx: Context): Promise<void> {
  const token = await tokenOf(site, ctx, ctx['params']['token']);
  if (!token) return showCodePage(site, ctx, { notFound: true, secretAddress: true });
  // A link preview asks with HEAD: it needs no visit.
  if (ctx.method === 'GET') await visitToken(site, ctx, token);
  leadTo(ctx, pathOf(site, '/invite'));
}

/** Undefined: it leads nowhere, however it is written. Only such tries are counted, so that nobody can lock others out. */
async function tokenOf({ host }: Site, ctx: Context, text: unknown): Promise<TokenRow | undefined> {
  const token = parseToken(text);
  // An unreadable token is looked up as well: it takes the same time as an unknown one.
  const found = await findToken(host.database, token ? tokenDigest(token) : Buffer.alloc(32));
  if (!found) await host.unknownTokens.consume(addressBlock(ctx.ip));
  return found;
}

async function visitToken(site: Site, ctx: Context, token: TokenRow): Promise<void> {
  const { host, provider } = site;
  const visit = (await currentVisit(site, ctx))?.visit;
  if (visit?.tokenId === token.id && visit.channel === token.channel && visit.answer === undefined) return;
  const { handle } = await beginVisit(host.database, token, { now: host.clock(), random: host.random, arrival: arrivalOf(ctx.query) });
  writeVisitCookie(host.issuer, ctx, handle);
  // The same browser once more.
  if (visit?.tokenId === token.id) return;
  const { accountId } = await provider.Session.get(ctx);
  await noteOpening(host, { tokenId: token.id, ip: ctx.ip || undefined, accountId });
}

/** `/invite`: the invitation this browser holds, or the place to type a code. */
export async function showInvitation(site: Site, ctx: Context): Promise<void> {
  const current = await currentVisit(site, ctx);
  if (!current) return showCodePage(site, ctx, { notFound: false });
  const { visit, handle } = current;
  // "Not now" can be taken back; the other answers stand.
  if (visit.answer && visit.answer !== 'declined') return leadTo(ctx, pathOf(site, '/invite/done'));
  const { accountId, person } = await signedIn(site, ctx);
  const facts = await factsOf(site.host, site.host.database, { visit, accountId, now: site.host.clock() });
  const code = refusalOnLanding(facts, { isSignedIn: person !== undefined, now: site.host.clock() });
  if (code === 'invitation_used_up') return showUsedUp(site, ctx, current);
  if (code) return showRefusal(site, ctx, { code, visit });
  const { addressee, needsApproval } = visit.invitation;
  site.host.show(ctx, {
    page: 'invitation/landing',
    data: {
      offer: offerOf(visit.invitation, site.host.clock()),
      addressedTo: addressedTo(visit.invitation),
      signedInAs: person && { name: person.name, email: person.email },
      formToken: formToken(handle, 'continue'),
      continueAction: pathOf(site, '/invite/continue'),
      declineAction: addressee && !visit.answer ? pathOf(site, '/invite/decline') : undefined,
      needsApproval,
      embedded: isEmbedded(ctx),
    },
  });
}

/** A full invitation is still good news to somebody who is in already: that is for the next page to say. */
function refusalOnLanding(facts: Facts, { isSignedIn, now }: { readonly isSignedIn: boolean; readonly now: Date }) {
  const isFull = stateOf(facts, now) === 'used_up' && !isSignedIn;
  return refusalAtDoor(facts, now) ?? (isFull ? 'invitation_used_up' : refusalOfPin(facts));
}

async function showUsedUp(site: Site, ctx: Context, { visit, handle }: OpenVisit): Promise<void> {
  const signInAction = pathOf(site, '/invite/continue');
  await showRefusal(site, ctx, { code: 'invitation_used_up', visit, signInAction, formToken: formToken(handle, 'continue') });
}

async function signedIn({ host, provider }: Site, ctx: Context) {
  const { accountId } = await provider.Session.get(ctx);
  return { accountId, person: accountId === undefined ? undefined : await host.person(accountId, host.database) };
}

type CodePage = { readonly notFound: boolean; readonly mistyped?: boolean; readonly secretAddress?: boolean };

function showCodePage(site: Site, ctx: Context, { notFound, mistyped = false, secretAddress = false }: CodePage): void {
  const errors: Record<string, string> = mistyped ? { code: 'mistyped' } : {};
  const status = notFound ? 404 : mistyped ? 422 : 200;
  const data = { notFound, errors, codeAction: pathOf(site, '/invite/code') };
  site.host.show(ctx, { page: 'invitation/code', data, status, secretAddress });
}

/** Always the place to type a code, also for somebody who holds an invitation that leads nowhere. */
export async function askForCode(site: Site, ctx: Context): Promise<void> {
  showCodePage(site, ctx, { notFound: false });
}

/** A whole pasted link is as good as a code. */
export async function enterCode(site: Site, ctx: Context): Promise<void> {
  const { code = '' } = await readSiteForm(site, ctx);
  const text = code.trim().match(/\/invite\/([A-Za-z0-9_-]+)/)?.[1] ?? code;
  if (isMistypedCode(text)) return showCodePage(site, ctx, { notFound: false, mistyped: true });
  const token = await tokenOf(site, ctx, text);
  if (!token) return showCodePage(site, ctx, { notFound: true });
  await visitToken(site, ctx, token);
  leadTo(ctx, pathOf(site, '/invite'));
}

const continueForm = z.strictObject({ form_token: z.string(), way: z.enum(['join', 'create', 'login']) });

/** A person pressed Continue: from here on the provider leads, by way of signing in or registering. */
export async function goOn(site: Site, ctx: Context): Promise<void> {
  const { host } = site;
  const form = checkForm(continueForm, await readSiteForm(site, ctx));
  const current = await currentVisit(site, ctx);
  if (!form.ok || !current || form.value.form_token !== formToken(current.handle, 'continue')) return leadTo(ctx, pathOf(site, '/invite'));
  await markContinued(host.database, current.visit.id, host.clock());
  leadTo(ctx, authorizationUrl(site, current.visit, form.value.way));
}

/** `response_type=none`: the provider establishes who this is and what they answer, and issues nothing. */
function authorizationUrl({ host, provider }: Site, visit: Visit, way: 'join' | 'create' | 'login'): string {
  const query = new URLSearchParams({
    client_id: frontDoorClientId,
    response_type: 'none',
    scope: 'openid',
    redirect_uri: ownUrl(host.issuer, '/invite/done'),
    state: visit.id,
    invite: visit.id,
    // A host without the prompt `create` has its way to registering on its sign-in page.
    ...(way === 'login' || (way === 'create' && host.prompts.create) ? { prompt: way } : {}),
  });
  return `${provider.pathFor('authorization')}?${query}`;
}
