/**
 * What the pages of this slice have in common: the offer, the form token, and refusals. Neighbours:
 * `front-door.ts` and `question.ts` decide what to show, `pages.ts` says what each page is given.
 */
import type { Context, Middleware } from 'koa';
import type Provider from 'oidc-provider';
import { Failure, statusOf } from '../errors.ts';
import type { AnswerRules } from '../lib/answer.ts';
import { sha256 } from '../lib/digest.ts';
import { type Fields, readOwnForm } from '../lib/form.ts';
import { type GuestlistEvents, type InvitationHost, ownPath } from './host.ts';
import type { Invitation } from './invitation.ts';
import { type Offer, offerLines } from './pages.ts';
import type { Visit, VisitHandle } from './visit.ts';

export type Site = { readonly host: InvitationHost; readonly provider: Provider };

export function pathOf({ host }: Pick<Site, 'host'>, path: string): string {
  return ownPath(host.issuer, path);
}

export function offerOf(invitation: Invitation, now: Date, added = invitation.grants): Offer {
  return { inviterName: invitation.inviterName, lines: offerLines(invitation.grants, now, added), expiresAt: invitation.expiresAt };
}

/**
 * Proves that a form came from a page made for this visit and this purpose. It is a digest over the visit's handle,
 * which only this browser has, so there is no secret of the server to keep.
 */
export function formToken(handle: VisitHandle | undefined, ...purpose: readonly (string | undefined)[]): string {
  return handle === undefined ? '' : sha256([handle, ...purpose].join('\n')).toString('base64url');
}

/** Throws `foreign_origin`, and what `readForm` throws. */
export async function readSiteForm({ host }: Site, ctx: Context): Promise<Fields> {
  return readOwnForm(ctx.req, new URL(host.issuer).origin);
}

/** A refusal is a page with its status, and a surprise is the host's to answer. */
export function showRefusals(site: Site): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      showRefusal(site, ctx, { code: error.code, visit: undefined, retryAfterSeconds: error.retryAfterSeconds });
    }
  };
}

export type Refusal = AnswerRules & {
  readonly code: Failure['code'];
  readonly visit: Visit | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly declineAction?: string;
  readonly signInAction?: string;
  readonly formToken?: string;
};

export function showRefusal(
  site: Pick<Site, 'host'>,
  ctx: Context,
  { code, visit, retryAfterSeconds, declineAction, signInAction, formToken = '', ...answer }: Refusal,
): void {
  if (retryAfterSeconds !== undefined) ctx.set('Retry-After', String(retryAfterSeconds));
  const invitation = visit?.invitation;
  const data = {
    code,
    expiresAt: invitation?.expiresAt,
    startsAt: invitation?.startsAt,
    singleUse: invitation?.maxUses === 1,
    inviterName: invitation?.inviterName,
    declineAction,
    signInAction,
    formToken,
    codePage: pathOf(site, '/invite/code'),
  };
  tellRefused(site.host, { code, invitationId: invitation?.id });
  site.host.show(ctx, { status: statusOf(code), ...answer, page: 'invitation/refused', data });
}

/** Afterwards: what goes wrong there is not the visitor's affair. */
function tellRefused({ events, onError }: InvitationHost, refusal: Parameters<NonNullable<GuestlistEvents['refused']>>[0]): void {
  void Promise.resolve(refusal).then(events.refused).catch(onError);
}
