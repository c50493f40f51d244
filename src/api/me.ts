/**
 * What apps do for the person whose access token they hold: invite, within what that person may, and look after the
 * invitations that are theirs. Owns how that looks over HTTP; the use cases are `invitation/own.ts`, the same as for
 * people. Neighbours: `access-token.ts` (who calls), `wish.ts` (what may be asked for), `routes.ts`.
 */
import type { Context } from 'koa';
import type { z } from 'zod';
import { originOf } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import type { OwnInvitations, OwnIssued } from '../invitation/own.ts';
import type { InvitationSummary } from '../invitation/summary.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import { readText } from '../lib/form.ts';
import type { Guestlist } from '../plugin.ts';
import type { Caller } from './access-token.ts';
import { type Gift, giftOf, requireTokenOf } from './gift.ts';
import { asWish, checkWish, inviteBody, nothing, pageQuery, resendBody, toOwnWish } from './wish.ts';

export type Call = {
  readonly ctx: Context;
  readonly own: OwnInvitations;
  /** What is offered must be within the token. Throws `insufficient_scope`. */
  readonly requireMayGive: (gift: Gift) => Promise<void>;
};

type Site = { readonly database: Database; readonly guestlist: Guestlist; readonly clock: Clock };

/** What the call may do, and where it comes from. */
export function callOf({ database, guestlist, clock }: Site, ctx: Context, { accountId, client, scopes }: Caller): Call {
  return {
    ctx,
    own: guestlist.own({ accountId, from: { ...originOf(ctx), clientId: client.id } }),
    requireMayGive: (gift) => requireTokenOf({ accountId, now: clock() }, { database, guestlist, scopes }, gift),
  };
}

export async function showGroups({ ctx, own }: Call): Promise<void> {
  ctx.body = { groups: await own.groups() };
}

export async function invite({ ctx, own, requireMayGive: mayGive }: Call): Promise<void> {
  const wish = toOwnWish(checkWish(inviteBody, await readJson(ctx)));
  await mayGive(wish);
  const issued = await asWish(own.invite(wish, keyOf(ctx)));
  ctx.status = 201;
  ctx.set('Location', `${ctx.path}/${issued.id}`);
  ctx.body = toIssued(issued);
}

/** RFC 8941 has it as a string in quotes; most apps send it bare. */
function keyOf(ctx: Context): string | undefined {
  const key = ctx.get('Idempotency-Key').replace(/^"(.*)"$/, '$1');
  if (!key) return undefined;
  if (!/^[\x21-\x7E]{8,200}$/.test(key))
    throw new Failure('wish_invalid', { field: 'Idempotency-Key', problem: 'must have 8 to 200 characters' });
  return key;
}

/** For the next page, `before` is the last id. */
export async function list({ ctx, own }: Call): Promise<void> {
  const page = checkWish(pageQuery, { ...ctx.query });
  const found = await own.list(page);
  const last = found.length === page.limit ? found.at(-1)?.id : undefined;
  ctx.body = { invitations: found.map(toShown), ...(last === undefined ? {} : { next: last }) };
}

export async function show({ ctx, own }: Call): Promise<void> {
  ctx.body = toShown(await own.find(idOf(ctx)));
}

export async function resend({ ctx, own, requireMayGive: mayGive }: Call): Promise<void> {
  const { expiresAt } = checkWish(resendBody, await readJson(ctx));
  await mayGive(giftOf(await own.find(idOf(ctx))));
  await asWish(own.resend(idOf(ctx), { expiresAt }));
  ctx.body = toShown(await own.find(idOf(ctx)));
}

export async function revoke({ ctx, own }: Call): Promise<void> {
  checkWish(nothing, await readJson(ctx));
  await own.revoke(idOf(ctx));
  ctx.body = toShown(await own.find(idOf(ctx)));
}

export async function reissue({ ctx, own, requireMayGive: mayGive }: Call): Promise<void> {
  checkWish(nothing, await readJson(ctx));
  await mayGive(giftOf(await own.find(idOf(ctx))));
  const issued = await own.reissue(idOf(ctx));
  ctx.status = 201;
  ctx.body = toIssued(issued);
}

function idOf(ctx: Context): string {
  return String(ctx['params']['id']);
}

/** The only answers that hold a link. */
function toIssued({ id, url, code, pin, expiresAt, maxUses, needsConfirming }: OwnIssued) {
  return { id, url, code, pin, expiresAt, maxUses, needsConfirming };
}

/** Named one by one: nothing else about an invitation is for apps. */
function toShown(invitation: InvitationSummary) {
  const { id, state, label, grants, email, emailRule, domains, acr, approval, hasPin, confirmedAt } = invitation;
  const { usedCount, maxUses, startsAt, expiresAt, createdAt, revokedAt } = invitation;
  return {
    ...{ id, state, label, grants, email, emailRule, domains, acr, approval, hasPin, confirmedAt },
    ...{ usedCount, maxUses, startsAt, expiresAt, createdAt, revokedAt },
  };
}

/** An empty body is an empty object. Throws `wish_invalid`, `body_too_large`. */
async function readJson(ctx: Context): Promise<z.core.util.JSONType> {
  const text = await readText(ctx.req);
  if (text === '') return {};
  if (!ctx.is('json', '+json')) throw new Failure('wish_invalid', { field: 'Content-Type', problem: 'must be application/json' });
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure('wish_invalid', { field: '', problem: 'the body is not JSON' });
  }
}
