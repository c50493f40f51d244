/**
 * When the provider asks about an invitation. Owns the `invite` parameter of the authorization request, the prompt
 * that comes after login, and the check that lets a person change accounts without losing the visit. The question
 * itself is a page of `routes.ts`.
 */
import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type { InvitationHost } from './host.ts';

import { parseToken, tokenDigest } from './token.ts';
import { beginVisit, type Visit, type VisitAnswer, visitOf } from './visit.ts';
import { findToken } from './visit-store.ts';
import { unseenWaiting, waitingReason } from './waiting-list.ts';
import { readVisitCookie, writeVisitCookie } from './cookie.ts';

const { Check, Prompt } = interactionPolicy;

/** What our pages tell the provider, as `result.invitation` of the interaction. */
export type InvitationAnswer = { readonly answer: VisitAnswer } | { readonly switchAccount: true };

/** Stands in the parameter's place for a token that leads nowhere: no token is ever kept in a request. */
const leadsNowhere = 'unknown';
const pushedPrefix = 'sha256:';

/**
 * The `invite` parameter (extraParams validator). What arrives is a visit's id, made by our own front door, or a
 * token from an app. The token is swapped before anything is stored: for a digest in a pushed request, which has no
 * browser yet, and for a visit everywhere else. A digest counts only in the provider's own stored request: somebody
 * who read digests from a copy of the database can do nothing with them.
 */
export async function swapInviteParameter(host: InvitationHost, ctx: KoaContextWithOIDC, value: string | undefined): Promise<void> {
  const { params, route, entities } = ctx.oidc;
  if (value === undefined || !params) return;
  if (route === 'pushed_authorization_request') {
    const token = parseToken(value);
    params['invite'] = token ? `${pushedPrefix}${tokenDigest(token).toString('hex')}` : leadsNowhere;
  } else if (entities.PushedAuthorizationRequest) {
    params['invite'] = await beginVisitFor(host, ctx, pushedDigest(value));
  } else if (!isVisitId(value)) {
    const token = parseToken(value);
    params['invite'] = await beginVisitFor(host, ctx, token && tokenDigest(token));
  }
}

function pushedDigest(value: string): Buffer | undefined {
  return value.startsWith(pushedPrefix) ? Buffer.from(value.slice(pushedPrefix.length), 'hex') : undefined;
}

function isVisitId(value: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
}

async function beginVisitFor(host: InvitationHost, ctx: KoaContextWithOIDC, digest: Buffer | undefined): Promise<string> {
  const token = digest && (await findToken(host.database, digest));
  if (!token) return leadsNowhere;
  const { id, handle } = await beginVisit(host.database, token, { now: host.clock(), random: host.random });
  writeVisitCookie(host.issuer, ctx, handle);
  visitHandles.set(ctx, handle);
  return id;
}

/** A cookie written in this request is not yet in its headers. */
const visitHandles = new WeakMap<KoaContextWithOIDC, string>();

/** Goes after `login`: the person is known, the app has not been answered. */
export function invitationPrompt(host: InvitationHost): interactionPolicy.Prompt {
  return new Prompt(
    { name: 'invitation', requestable: false },
    new Check('invitation_unanswered', 'an invitation waits for an answer', 'interaction_required', (ctx) => isUnanswered(host, ctx)),
    new Check(waitingReason, 'invitations to this person wait', 'interaction_required', (ctx) => hasUnseen(host, ctx)),
  );
}

/** Once, and only right after somebody has signed in: never in the way of a silent sign-in at one more app. */
async function hasUnseen(host: InvitationHost, { oidc }: KoaContextWithOIDC): Promise<boolean> {
  const result = oidc.result as { invitation?: InvitationAnswer; login?: { accountId?: string } } | undefined;
  const accountId = result?.login?.accountId ?? oidc.session?.accountId;
  if (!result?.login || result.invitation || accountId === undefined || oidc.params?.['invite'] !== undefined) return false;
  return !oidc.prompts.has('none') && (await unseenWaiting(host, accountId)).length > 0;
}

/** For the `login` prompt: the person asked for another account on the invitation's page. */
export function switchAccountCheck(): interactionPolicy.Check {
  return new Check('switch_account', 'another account was asked for', (ctx) => {
    const result = ctx.oidc.result as { invitation?: InvitationAnswer; login?: unknown } | undefined;
    return result?.invitation !== undefined && 'switchAccount' in result.invitation && !result.login;
  });
}

/**
 * With the parameter, always until answered. Without it, only if this browser holds a visit whose Continue button a
 * person pressed; a silent request (`prompt=none`) is then left alone, for it did not ask for an invitation.
 */
async function isUnanswered(host: InvitationHost, ctx: KoaContextWithOIDC): Promise<boolean> {
  const given = (ctx.oidc.result as { invitation?: InvitationAnswer } | undefined)?.invitation;
  if (given && 'answer' in given) return false;
  const asked = ctx.oidc.params?.['invite'];
  if (asked === leadsNowhere) return true;
  const visit = await visitOf(host.database, visitHandles.get(ctx) ?? readVisitCookie(host.issuer, ctx), host.clock());
  if (asked !== undefined) return !isAnswered(visit, asked);
  return !ctx.oidc.prompts.has('none') && visit?.continuedAt !== undefined && visit.answer === undefined;
}

function isAnswered(visit: Visit | undefined, asked: unknown): boolean {
  return visit?.id === asked && visit?.answer !== undefined && visit.answer !== 'declined';
}
