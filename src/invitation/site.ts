/** What every page of this slice needs: where it is, what is offered, and the proof that a form came from a page of ours. */
import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import { sha256 } from '../lib/digest.ts';
import { maskEmail } from '../lib/email.ts';
import { type Fields, readOwnForm } from '../lib/form.ts';
import { type InvitationHost, ownPath } from './host.ts';
import type { Invitation } from './invitation.ts';
import { type Offer, offerLines } from './pages.ts';
import type { VisitHandle } from './visit.ts';

export type Site = { readonly host: InvitationHost; readonly provider: Provider };

export function pathOf({ host }: Pick<Site, 'host'>, path: string): string {
  return ownPath(host.issuer, path);
}

export function offerOf({ inviterName, message, grants, expiresAt }: Invitation, now: Date, added = grants): Offer {
  return { inviterName, message, lines: offerLines(grants, now, added), expiresAt };
}

/** As others may see it; undefined: for whoever has it. */
export function addressedTo({ addressee }: Invitation): string | undefined {
  return addressee && maskEmail(addressee.email);
}

/**
 * Proves that a form came from a page made for this visit and this purpose. It is a digest over the visit's handle,
 * which only this browser has, so there is no secret of the server to keep.
 */
export function formToken(handle: VisitHandle | undefined, ...purpose: readonly (string | undefined)[]): string {
  return handle === undefined ? '' : sha256([handle, ...purpose].join('\n')).toString('base64url');
}

/** Throws `foreign_origin`, and what `readForm` throws. */
export async function readSiteForm({ host }: Pick<Site, 'host'>, ctx: Context): Promise<Fields> {
  return readOwnForm(ctx.req, new URL(host.issuer).origin);
}

/** Inside another app's window (state V): sessions and password managers of the browser are not there. */
export function isEmbedded(ctx: Context): boolean {
  return /FBAN|FBAV|Instagram|BytedanceWebview|LinkedInApp|\bLine\/|; wv\)/.test(ctx.get('User-Agent'));
}
