/**
 * The question itself, as a prompt of the provider: "Join Kammerchor Nord as Ada Park?" Answers are Join, Not now and
 * Use another account. Owns reading who is asked about which visit; what joining does is `redeem.ts`.
 */
import type { Context } from 'koa';
import type { Interaction } from 'oidc-provider';
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { leadTo, localeOf, rulesOf } from '../lib/answer.ts';
import { inTransaction } from '../lib/db.ts';
import { readVisitCookie } from './cookie.ts';
import { ignoreSessionNotFound } from './gate.ts';
import type { HostPerson } from './host.ts';
import type { Decision } from './invitation.ts';
import type { InvitationAnswer } from './prompt.ts';
import { preview, redeem } from './redeem.ts';
import { formToken, offerOf, pathOf, readSiteForm, showRefusal, type Site } from './respond.ts';
import { markAnswered } from './store.ts';
import { type Visit, type VisitHandle, visitOf } from './visit.ts';

type Question = {
  readonly interaction: Interaction;
  readonly accountId: string;
  readonly handle: VisitHandle | undefined;
  /** Undefined: this browser does not hold the visit that is asked about. */
  readonly visit: Visit | undefined;
  readonly formToken: string;
};

export async function showQuestion(site: Site, ctx: Context): Promise<void> {
  const question = await findQuestion(site, ctx);
  if (!question) return startAgain(site, ctx);
  const { visit, accountId } = question;
  if (!visit) return showRefusedQuestion(site, ctx, { question, code: 'invitation_not_found' });
  const decision = await preview(site.host, visit, accountId);
  if (decision.outcome === 'refused') return showRefusedQuestion(site, ctx, { question, code: decision.code });
  const person = await site.host.person(accountId, site.host.database);
  if (!person) return showRefusedQuestion(site, ctx, { question, code: 'account_disabled' });
  site.host.show(ctx, {
    page: 'invitation/join',
    data: joinData(site, question, { visit, person, decision }),
    ...rulesOf(question.interaction.params),
  });
}

type Known = { readonly visit: Visit; readonly person: HostPerson; readonly decision: Exclude<Decision, { outcome: 'refused' }> };

function joinData(site: Site, question: Question, { visit, person, decision }: Known) {
  return {
    offer: offerOf(visit.invitation, site.host.clock(), decision.outcome === 'join' ? [...decision.newGrants] : []),
    account: { name: person.name, email: person.email },
    formToken: question.formToken,
    acceptAction: actionOf(site, question, 'accept'),
    declineAction: actionOf(site, question, 'decline'),
    switchAction: actionOf(site, question, 'switch'),
  };
}

function actionOf(site: Site, { interaction }: Question, action: 'accept' | 'decline' | 'switch'): string {
  return pathOf(site, `/invite/interaction/${interaction.uid}/${action}`);
}

function showRefusedQuestion(
  site: Site,
  ctx: Context,
  { question, code }: { readonly question: Question; readonly code: Failure['code'] },
): void {
  const declineAction = actionOf(site, question, 'decline');
  showRefusal(site, ctx, {
    code,
    visit: question.visit,
    declineAction,
    formToken: question.formToken,
    ...rulesOf(question.interaction.params),
  });
}

/** Undefined: the interaction is over, was never ours, or the session behind it has changed. */
async function findQuestion({ host, provider }: Site, ctx: Context): Promise<Question | undefined> {
  const interaction = await provider.interactionDetails(ctx.req, ctx.res).catch(ignoreSessionNotFound);
  const accountId = interaction?.session?.accountId ?? interaction?.lastSubmission?.login?.accountId;
  if (!interaction || !accountId || interaction.prompt.name !== 'invitation' || interaction.uid !== ctx['params']['uid']) return undefined;
  const handle = readVisitCookie(host.issuer, ctx);
  const held = await visitOf(host.database, handle, host.clock());
  const asked = interaction.params['invite'];
  const visit = held && (asked === undefined || asked === held.id) && isAnswerableBy(held, accountId) ? held : undefined;
  return { interaction, accountId, handle, visit, formToken: formToken(handle, interaction.uid, accountId, visit?.id) };
}

/** An answered visit offers nothing any more, but the one who answered may see again what came of it. */
function isAnswerableBy({ answer, accountId }: Visit, asked: string): boolean {
  return answer === undefined || answer === 'declined' || accountId === asked;
}

/** From the visit, which outlives every interaction. */
async function startAgain(site: Site, ctx: Context): Promise<void> {
  const { host } = site;
  const visit = await visitOf(host.database, readVisitCookie(host.issuer, ctx), host.clock());
  if (!visit) throw new Failure('interaction_expired');
  leadTo(ctx, pathOf(site, visit.answer ? '/invite/done' : '/invite'));
}

/** The question a form answers, or undefined if it cannot be answered any more. Throws `review_changed`. */
async function questionOfForm(site: Site, ctx: Context): Promise<Question | undefined> {
  const fields = await readSiteForm(site, ctx);
  const question = await findQuestion(site, ctx);
  if (question && fields['form_token'] !== question.formToken) throw new Failure('review_changed');
  return question;
}

export async function accept(site: Site, ctx: Context): Promise<void> {
  const question = await questionOfForm(site, ctx);
  if (!question) return startAgain(site, ctx);
  const { visit, accountId, interaction } = question;
  if (!visit) return showRefusedQuestion(site, ctx, { question, code: 'invitation_not_found' });
  try {
    const locale = localeOf(site.host.renderer, ctx, interaction.params['ui_locales']);
    const { answer } = await redeem(site.host, { visit, redeemer: { accountId }, ip: ctx.ip, locale });
    await finish(site, ctx, { answer });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    showRefusedQuestion(site, ctx, { question, code: error.code });
  }
}

/** Leaves the invitation as it is and goes on with signing in. */
export async function decline(site: Site, ctx: Context): Promise<void> {
  const question = await questionOfForm(site, ctx);
  if (!question) return startAgain(site, ctx);
  if (question.visit && !question.visit.answer) await recordDecline(site, ctx, { visit: question.visit, accountId: question.accountId });
  await finish(site, ctx, { answer: 'declined' });
}

async function recordDecline(
  { host }: Site,
  ctx: Context,
  { visit, accountId }: { readonly visit: Visit; readonly accountId: string },
): Promise<void> {
  const now = host.clock();
  await inTransaction(host.database, async (trx) => {
    await markAnswered(trx, visit.id, { answer: 'declined', accountId, now });
    const entry = { at: now, actor: accountId, actorIp: ctx.ip, action: 'invitation.declined', subject: visit.invitation.id } as const;
    await recordAudit(trx, entry, host.random);
    await host.events.declined?.({ invitationId: visit.invitation.id, accountId }, trx);
  });
}

export async function switchAccount(site: Site, ctx: Context): Promise<void> {
  if (!(await questionOfForm(site, ctx))) return startAgain(site, ctx);
  await finish(site, ctx, { switchAccount: true });
}

/** Only after the transaction: it needs a connection of its own. The same answer may have been faster in another request. */
async function finish(site: Site, ctx: Context, invitation: InvitationAnswer): Promise<void> {
  const options = { mergeWithLastSubmission: 'answer' in invitation };
  const returnTo = await site.provider.interactionResult(ctx.req, ctx.res, { invitation }, options).catch(ignoreSessionNotFound);
  if (!returnTo) return startAgain(site, ctx);
  leadTo(ctx, returnTo);
}
