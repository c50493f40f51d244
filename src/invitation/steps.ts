/**
 * The steps that may lie between a link and its answer: the PIN, and the mailbox. Each is a page shown in the place of
 * the one that cannot be shown yet; `step-forms.ts` takes what is typed and leads back there.
 */
import type { Context } from 'koa';
import type { AnswerRules } from '../lib/answer.ts';
import { maskEmail } from '../lib/email.ts';
import type { FieldErrors } from '../lib/form.ts';
import { readVisitCookie } from './cookie.ts';
import { pinStandingOf } from './pin.ts';
import { codeStateOf } from './proof.ts';
import { addressedTo, formToken, isEmbedded, pathOf, type Site } from './site.ts';
import type { Visit } from './visit.ts';

type Place = Pick<Site, 'host'>;

export type Step = {
  readonly visit: Visit;
  /** A path of ours, put there by ourselves: the form token covers it. */
  readonly back: string;
  readonly errors?: FieldErrors;
  /** As typed. */
  readonly email?: string | undefined;
  readonly rules?: AnswerRules;
  /** If something is to be put right; default: 422. */
  readonly status?: number;
};

export type StepForm = { readonly kind: 'pin' | 'email'; readonly visit: Visit; readonly back: string };

export function stepToken({ host }: Place, ctx: Context, { kind, visit, back }: StepForm): string {
  return formToken(readVisitCookie(host.issuer, ctx), kind, visit.id, back);
}

/** H. */
export async function showPinStep(site: Place, ctx: Context, step: Step): Promise<void> {
  const { host } = site;
  const { visit, back, errors = {} } = step;
  const standing = await pinStandingOf(host.database, { invitation: visit.invitation, channel: visit.channel, now: host.clock() });
  host.show(ctx, {
    ...rulesOf(step),
    page: 'invitation/pin',
    data: {
      inviterName: visit.invitation.inviterName,
      errors,
      triesLeft: standing.state === 'open' ? standing.triesLeft : 0,
      action: pathOf(site, '/invite/pin'),
      back,
      formToken: stepToken(site, ctx, { ...step, kind: 'pin' }),
      embedded: isEmbedded(ctx),
    },
  });
}

/** A step on the way is no refusal: 200, unless something typed is to be put right. */
function rulesOf({ rules = {}, errors = {}, status = 422 }: Step): AnswerRules {
  const { formTargets, uiLocales } = rules;
  return { ...(formTargets ? { formTargets } : {}), uiLocales, status: Object.keys(errors).length > 0 ? status : 200 };
}

/** C: which mailbox, and then the code that was sent there. */
export async function showEmailStep(site: Place, ctx: Context, step: Step & { readonly again?: boolean }): Promise<void> {
  const { host } = site;
  const { visit, back, errors = {}, email } = step;
  const sent = await codeStateOf(host, visit.id);
  const { addressee, domains } = visit.invitation;
  const asksForCode = sent !== undefined && !sent.expired && !sent.proven && step.again !== true;
  host.show(ctx, {
    ...rulesOf(step),
    page: 'invitation/email',
    data: {
      step: asksForCode ? 'code' : 'address',
      addressedTo: addressee && addressee.rule !== 'any' ? addressedTo(visit.invitation) : undefined,
      email: email ?? (asksForCode ? maskEmail(sent.email) : ''),
      domains,
      errors,
      sendAction: pathOf(site, '/invite/email'),
      checkAction: pathOf(site, '/invite/email/code'),
      canResend: sent?.canResend ?? true,
      back,
      formToken: stepToken(site, ctx, { ...step, kind: 'email' }),
      embedded: isEmbedded(ctx),
    },
  });
}
