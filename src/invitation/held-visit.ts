/** The visit that a browser holds. Whatever is answered to it then is in the invitation's language, as far as nobody has chosen. */
import type { Context } from 'koa';
import { noteInvitationLocale } from '../lib/language.ts';
import { readVisitCookie } from './cookie.ts';
import type { InvitationHost } from './host.ts';
import { type Visit, type VisitHandle, visitOf } from './visit.ts';

export type OpenVisit = { readonly visit: Visit; readonly handle: VisitHandle };

export async function heldVisit(
  { database, issuer, clock }: Pick<InvitationHost, 'database' | 'issuer' | 'clock'>,
  ctx: Pick<Context, 'cookies' | 'req'>,
): Promise<OpenVisit | undefined> {
  const handle = readVisitCookie(issuer, ctx);
  const visit = await visitOf(database, handle, clock());
  if (!visit || !handle) return undefined;
  noteInvitationLocale(ctx.req, visit.invitation.locale);
  return { visit, handle };
}
