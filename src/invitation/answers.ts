/**
 * The answers to the question: Join, Not now, and Use another account. Between Join and joining may lie what has to be
 * agreed to first (`terms.ts`). What joining does is `redeem.ts`.
 */
import type { Context } from 'koa';
import { originOf } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { localeOf, rulesOf } from '../lib/answer.ts';
import { type FieldErrors, formStatus } from '../lib/form.ts';
import { recordDecline } from './afterwards.ts';
import { finish, startAgain } from './finish.ts';
import type { Term } from './pages.ts';
import { actionOf, type Question, questionOfForm, showRefusedQuestion } from './question.ts';
import { redeem } from './redeem.ts';
import type { Site } from './site.ts';
import { addressesOf, agreesTo, documentsOf, showedTerms, termsOwed } from './terms.ts';
import type { Visit } from './visit.ts';

export async function accept(site: Site, ctx: Context): Promise<void> {
  const question = await questionOfForm(site, ctx);
  if (!question) return startAgain(site, ctx);
  const { visit, accountId, acr, interaction, fields } = question;
  if (!visit) return showRefusedQuestion(site, ctx, { question, code: 'invitation_not_found' });
  try {
    const terms = await termsOwed(site.host, { visit, accountId, acr });
    if (terms.length > 0 && !agreesTo(terms, fields)) {
      // Whoever comes from the question has forgotten nothing.
      const errors: FieldErrors = showedTerms(terms, fields) ? { agree: 'required' } : {};
      return showTerms(site, ctx, { question, visit, terms, errors });
    }
    const locale = localeOf(site.host.renderer, ctx, interaction.params['ui_locales']);
    const agreedTo = addressesOf(terms);
    const { answer } = await redeem(site.host, { visit, redeemer: { accountId, acr }, agreedTo, from: originOf(ctx), locale });
    await finish(site, ctx, { answer });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const person = await site.host.person(accountId, site.host.database);
    await showRefusedQuestion(site, ctx, { question, code: error.code, person });
  }
}

type Owing = { readonly question: Question; readonly visit: Visit; readonly terms: readonly Term[]; readonly errors: FieldErrors };

/** J. */
function showTerms(site: Site, ctx: Context, { question, visit, terms, errors }: Owing): void {
  const data = {
    terms,
    documents: documentsOf(terms),
    needsApproval: visit.invitation.needsApproval,
    errors,
    formToken: question.formToken,
    acceptAction: actionOf(site, question, 'accept'),
    declineAction: actionOf(site, question, 'decline'),
  };
  const status = formStatus(errors);
  site.host.show(ctx, { page: 'invitation/terms', data, status, ...rulesOf(question.interaction.params) });
}

/** Leaves the invitation as it is and goes on with signing in. */
export async function decline(site: Site, ctx: Context): Promise<void> {
  const question = await questionOfForm(site, ctx);
  if (!question) return startAgain(site, ctx);
  if (question.visit && !question.visit.answer) await recordDecline(site, ctx, { visit: question.visit, accountId: question.accountId });
  await finish(site, ctx, { answer: 'declined' });
}

export async function switchAccount(site: Site, ctx: Context): Promise<void> {
  if (!(await questionOfForm(site, ctx))) return startAgain(site, ctx);
  await finish(site, ctx, { switchAccount: true });
}
