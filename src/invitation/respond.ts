/**
 * How a refusal is shown: what happened, whose move it is, one way on. Neighbours: `front-door.ts` and `question.ts`
 * decide what to show, `steps.ts` has the pages that ask for something more.
 */
import type { Context, Middleware } from 'koa';
import { Failure, statusOf } from '../errors.ts';
import type { AnswerRules } from '../lib/answer.ts';
import { readVisitCookie } from './cookie.ts';
import type { GuestlistEvents, InvitationHost } from './host.ts';
import { pinLockOf } from './pin.ts';
import { looksRenewable } from './renewal.ts';
import { formToken, pathOf, type Site } from './site.ts';
import { showEmailStep, showPinStep } from './steps.ts';
import type { Visit } from './visit.ts';

/** A refusal is a page with its status, and a surprise is the host's to answer. */
export function showRefusals(site: Site): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      await showRefusal(site, ctx, { code: error.code, visit: undefined, retryAfterSeconds: error.retryAfterSeconds });
    }
  };
}

export type Refusal = AnswerRules & {
  readonly code: Failure['code'];
  readonly visit: Visit | undefined;
  /** Where the person was, to come back to when a PIN was typed or a mailbox proven: a path of ours. Default: `/invite`. */
  readonly back?: string;
  readonly retryAfterSeconds?: number | undefined;
  readonly declineAction?: string;
  readonly switchAction?: string;
  readonly signInAction?: string;
  readonly formToken?: string;
};

/** A PIN and a mailbox are asked for on pages of their own; everything else is told. */
export async function showRefusal(site: Pick<Site, 'host'>, ctx: Context, refusal: Refusal): Promise<void> {
  const { code, visit, back = pathOf(site, '/invite') } = refusal;
  if (visit && code === 'pin_required') return showPinStep(site, ctx, { visit, back, rules: refusal });
  if (visit && code === 'email_not_verified') return showEmailStep(site, ctx, { visit, back, rules: refusal });
  return tellRefusal(site, ctx, refusal);
}

const supportHelps: readonly Failure['code'][] = [
  'invitation_revoked',
  'invitation_suspended',
  'account_disabled',
  'removed_from_group',
  'approval_rejected',
];

const wantsNewLink: readonly Failure['code'][] = ['invitation_expired', 'invitation_used_up', 'invitation_replaced'];

async function tellRefusal(site: Pick<Site, 'host'>, ctx: Context, refusal: Refusal): Promise<void> {
  const { code, visit, back: _, declineAction, switchAction, signInAction, formToken: token = '', ...answer } = refusal;
  const invitation = visit?.invitation;
  const retryAt = await retryOf(site.host, refusal);
  const { retryAfterSeconds = retryAt && Math.ceil((retryAt.getTime() - site.host.clock().getTime()) / 1000), ...rules } = answer;
  if (retryAfterSeconds !== undefined) ctx.set('Retry-After', String(retryAfterSeconds));
  const sendsLink = invitation !== undefined && wantsNewLink.includes(code) && looksRenewable(invitation, site.host.clock());
  const canAsk = sendsLink || (invitation?.inviterId !== undefined && wantsNewLink.includes(code));
  const data = {
    code,
    expiresAt: invitation?.expiresAt,
    startsAt: invitation?.startsAt,
    singleUse: invitation?.maxUses === 1,
    inviterName: invitation?.inviterName,
    domains: invitation?.domains ?? [],
    retryAt,
    declineAction,
    switchAction,
    signInAction,
    formToken: token,
    askAction: canAsk ? pathOf(site, '/invite/ask') : undefined,
    sendsLink,
    askToken: canAsk ? formToken(readVisitCookie(site.host.issuer, ctx), 'ask') : '',
    calendarHref: code === 'invitation_not_started' && visit ? pathOf(site, '/invite/opens.ics') : undefined,
    supportHref: supportHelps.includes(code) ? site.host.support : undefined,
    codePage: pathOf(site, '/invite/code'),
  };
  tellRefused(site.host, { code, invitationId: invitation?.id });
  site.host.show(ctx, { status: statusOf(code), ...rules, page: 'invitation/refused', data });
}

async function retryOf({ database, clock }: InvitationHost, { code, visit }: Refusal): Promise<Date | undefined> {
  if (code !== 'pin_locked' || !visit) return undefined;
  return (await pinLockOf(database, { invitation: visit.invitation, channel: visit.channel, now: clock() }))?.until;
}

/** Afterwards: what goes wrong there is not the visitor's affair. */
function tellRefused({ events, onError }: InvitationHost, refusal: Parameters<NonNullable<GuestlistEvents['refused']>>[0]): void {
  void Promise.resolve(refusal).then(events.refused).catch(onError);
}
