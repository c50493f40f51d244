/**
 * The question itself, as a prompt of the provider: "Join Kammerchor Nord as Ada Park?" Owns reading who is asked about
 * which visit, and showing it, or why it cannot be asked. The answers are `answers.ts`.
 */
import type { Context } from 'koa';
import type { Interaction } from 'oidc-provider';
import { Failure } from '../errors.ts';
import { rulesOf } from '../lib/answer.ts';
import { emailKey } from '../lib/email.ts';
import type { Fields } from '../lib/form.ts';
import { readVisitCookie } from './cookie.ts';
import { emailsOf } from './facts.ts';
import { ignoreSessionNotFound } from './gate.ts';
import { heldVisit } from './held-visit.ts';
import type { HostPerson } from './host.ts';
import type { Decision } from './invitation.ts';
import { startAgain } from './finish.ts';
import { codeStateOf } from './proof.ts';
import { preview } from './redeem.ts';
import { showRefusal } from './respond.ts';
import { addressedTo, formToken, offerOf, pathOf, readSiteForm, type Site } from './site.ts';
import { stepToken } from './steps.ts';
import type { Visit, VisitHandle } from './visit.ts';
import { isAskedAboutWaiting, showWaitingQuestion } from './waiting.ts';

export type Question = {
  readonly interaction: Interaction;
  readonly accountId: string;
  /** How strongly they signed in. */
  readonly acr: string | undefined;
  readonly handle: VisitHandle | undefined;
  /** Undefined: this browser does not hold the visit that is asked about. */
  readonly visit: Visit | undefined;
  readonly formToken: string;
};

export async function showQuestion(site: Site, ctx: Context): Promise<void> {
  const question = await findQuestion(site, ctx);
  if (!question) return startAgain(site, ctx);
  const { visit, accountId, acr, interaction } = question;
  const person = await site.host.person(accountId, site.host.database);
  if (!person) return showRefusedQuestion(site, ctx, { question, code: 'account_disabled' });
  if (isAskedAboutWaiting(interaction, visit)) return showWaitingQuestion(site, ctx, { interaction, accountId, person });
  if (!visit) return showRefusedQuestion(site, ctx, { question, code: 'invitation_not_found' });
  const decision = await preview(site.host, visit, { accountId, acr });
  if (decision.outcome === 'refused') return showRefusedQuestion(site, ctx, { question, code: decision.code, person });
  const data = joinData(site, question, { visit, person, decision });
  site.host.show(ctx, { page: 'invitation/join', data, ...rulesOf(interaction.params) });
}

type Known = { readonly visit: Visit; readonly person: HostPerson; readonly decision: Exclude<Decision, { outcome: 'refused' }> };

function joinData(site: Site, question: Question, { visit, person, decision }: Known) {
  const added = 'newGrants' in decision ? [...decision.newGrants] : [];
  return {
    offer: offerOf(visit.invitation, site.host.clock(), added),
    account: { name: person.name, email: person.email },
    needsApproval: decision.outcome === 'ask' || decision.outcome === 'awaiting_approval',
    formToken: question.formToken,
    acceptAction: actionOf(site, question, 'accept'),
    declineAction: actionOf(site, question, 'decline'),
    switchAction: actionOf(site, question, 'switch'),
  };
}

export function actionOf(site: Site, { interaction }: Question, action: 'accept' | 'decline' | 'switch'): string {
  return pathOf(site, `/invite/interaction/${interaction.uid}/${action}`);
}

/** The page that comes back after a PIN or a mailbox. */
function pageOf(site: Site, { interaction }: Question): string {
  return pathOf(site, `/invite/interaction/${interaction.uid}`);
}

type Refused = { readonly question: Question; readonly code: Failure['code']; readonly person?: HostPerson | undefined };

export async function showRefusedQuestion(site: Site, ctx: Context, { question, code, person }: Refused): Promise<void> {
  const { visit, interaction } = question;
  if (visit && person && (await isForSomebodyElse(site, { visit, person, code })))
    return showMismatch(site, ctx, { question, visit, person, code });
  // Another account may have what this one lacks, or sign in as it should.
  const helps = ['sign_in_too_weak', 'email_mismatch', 'email_domain_not_allowed', 'account_disabled'].includes(code);
  await showRefusal(site, ctx, {
    code,
    visit,
    back: pageOf(site, question),
    declineAction: actionOf(site, question, 'decline'),
    ...(helps ? { switchAction: actionOf(site, question, 'switch') } : {}),
    formToken: question.formToken,
    ...rulesOf(interaction.params),
  });
}

type Wrong = { readonly visit: Visit; readonly person: HostPerson; readonly code: Failure['code'] };

/** G, until a code is on its way: then it is asked for. */
async function isForSomebodyElse({ host }: Site, { visit, person, code }: Wrong): Promise<boolean> {
  const { addressee } = visit.invitation;
  if (!addressee || (code !== 'email_mismatch' && code !== 'email_not_verified')) return false;
  if (emailsOf(person).some(({ key }) => key === emailKey(addressee.email))) return false;
  const sent = await codeStateOf(host, visit.id);
  return sent === undefined || sent.expired || sent.proven;
}

async function showMismatch(
  site: Site,
  ctx: Context,
  { question, visit, person, code }: Wrong & { readonly question: Question },
): Promise<void> {
  const back = pageOf(site, question);
  const data = {
    addressedTo: addressedTo(visit.invitation) ?? '',
    account: { name: person.name, email: person.email },
    proveAction: code === 'email_not_verified' ? pathOf(site, '/invite/email') : undefined,
    proveToken: stepToken(site, ctx, { kind: 'email', visit, back }),
    back,
    switchAction: actionOf(site, question, 'switch'),
    declineAction: actionOf(site, question, 'decline'),
    formToken: question.formToken,
  };
  site.host.show(ctx, {
    page: 'invitation/mismatch',
    data,
    status: code === 'email_mismatch' ? 409 : 200,
    ...rulesOf(question.interaction.params),
  });
}

/** Undefined: the interaction is over, was never ours, or the session behind it has changed. */
async function findQuestion({ host, provider }: Site, ctx: Context): Promise<Question | undefined> {
  const interaction = await provider.interactionDetails(ctx.req, ctx.res).catch(ignoreSessionNotFound);
  const accountId = interaction?.session?.accountId ?? interaction?.lastSubmission?.login?.accountId;
  if (!interaction || !accountId || interaction.prompt.name !== 'invitation' || interaction.uid !== ctx['params']['uid']) return undefined;
  const handle = readVisitCookie(host.issuer, ctx);
  const held = (await heldVisit(host, ctx))?.visit;
  const asked = interaction.params['invite'];
  const visit = held && (asked === undefined || asked === held.id) && isAnswerableBy(held, accountId) ? held : undefined;
  const acr = interaction.lastSubmission?.login?.acr ?? interaction.session?.acr;
  return { interaction, accountId, acr, handle, visit, formToken: formToken(handle, interaction.uid, accountId, visit?.id) };
}

/** An answered visit offers nothing any more, but the one who answered may see again what came of it. */
function isAnswerableBy({ answer, accountId }: Visit, asked: string): boolean {
  return answer === undefined || answer === 'declined' || accountId === asked;
}

/** The question a form answers, or undefined if it cannot be answered any more. Throws `review_changed`. */
export async function questionOfForm(site: Site, ctx: Context): Promise<(Question & { readonly fields: Fields }) | undefined> {
  const fields = await readSiteForm(site, ctx);
  const question = await findQuestion(site, ctx);
  if (question && fields['form_token'] !== question.formToken) throw new Failure('review_changed');
  return question && { ...question, fields };
}
