/** How an interaction of ours ends: with an answer for the provider, or, if it is over already, by starting again from the visit. */
import type { Context } from 'koa';
import { Failure } from '../errors.ts';
import { leadTo } from '../lib/answer.ts';
import { readVisitCookie } from './cookie.ts';
import { ignoreSessionNotFound } from './gate.ts';
import type { InvitationAnswer } from './prompt.ts';
import { pathOf, type Site } from './site.ts';
import { visitOf } from './visit.ts';

/** From the visit, which outlives every interaction. */
export async function startAgain(site: Site, ctx: Context): Promise<void> {
  const { host } = site;
  const visit = await visitOf(host.database, readVisitCookie(host.issuer, ctx), host.clock());
  if (!visit) throw new Failure('interaction_expired');
  leadTo(ctx, pathOf(site, visit.answer ? '/invite/done' : '/invite'));
}

/** Only after the transaction: it needs a connection of its own. The same answer may have been faster in another request. */
export async function finish(site: Site, ctx: Context, invitation: InvitationAnswer): Promise<void> {
  const options = { mergeWithLastSubmission: 'answer' in invitation };
  const returnTo = await site.provider.interactionResult(ctx.req, ctx.res, { invitation }, options).catch(ignoreSessionNotFound);
  if (!returnTo) return startAgain(site, ctx);
  leadTo(ctx, returnTo);
}
