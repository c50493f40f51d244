/**
 * Registering, which only an invitation makes possible. The form is the acceptance: *Create account and join*. The
 * password is hashed before the transaction; the account is made inside it, so that a place lost at the last moment
 * leaves no account behind.
 */
import type { Context } from 'koa';
import type { Interaction } from 'oidc-provider';
import { z } from 'zod';
import { type Origin, originOf, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import type { Gate } from '../invitation/gate.ts';
import { ownPath } from '../invitation/host.ts';
import type { Refusal } from '../invitation/respond.ts';
import { addressesOf, agreesTo, documentsOf } from '../invitation/terms.ts';
import { leadTo, localeOf, rulesOf } from '../lib/answer.ts';
import type { Transaction } from '../lib/db.ts';
import { checkForm, type FieldErrors, type Fields, lineOfText } from '../lib/form.ts';
import { newId } from '../lib/random.ts';
import { askHref } from './ask-href.ts';
import { emailKey, emailSchema } from '../lib/email.ts';
import { passwordAcr } from './account.ts';
import {
  type AccountSite,
  actionPath,
  findInteraction,
  finishInteraction,
  loginHintOf,
  occasionOf,
  readInteractionForm,
} from './interaction.ts';
import { minPasswordLength, passwordSchema, weaknessOf } from './password.ts';
import { deleteUnprovenEmail, findAccountByEmail, findMailbox, findPasswordHash, insertAccount, replaceLostEmail } from './store.ts';

export async function showRegistration(site: AccountSite, ctx: Context): Promise<void> {
  const interaction = await findInteraction(site, ctx);
  await showForm(site, ctx, { interaction, fields: { email: loginHintOf(interaction) } });
}

type Shown = { readonly interaction: Interaction; readonly fields: Fields; readonly errors?: FieldErrors; readonly status?: number };

async function showForm(site: AccountSite, ctx: Context, { interaction, fields, errors = {}, status = 200 }: Shown): Promise<void> {
  const { terms } = site.guestlist;
  const gate = await site.guestlist.gate(ctx, interaction);
  if (gate.refusal === 'invitation_required') return showRequired(site, ctx, interaction);
  if (gate.refusal) return refuse(site, ctx, { interaction, code: gate.refusal, visit: gate.visit });
  const data = {
    action: actionPath(site, interaction, 'register'),
    formToken: site.formToken(interaction.uid),
    visitId: gate.visit?.id ?? '',
    email: gate.email ?? fields['email'] ?? '',
    emailFixed: gate.email !== undefined,
    canStartAfresh: errors['email'] === 'email_taken' && (await isUnprovenElsewhere(site, gate)),
    name: fields['name'] ?? '',
    errors,
    occasion: occasionOf(gate) ?? { groupNames: [], inviterName: undefined },
    signInHref: actionPath(site, interaction, 'sign-in'),
    minPasswordLength,
    needsApproval: gate.visit?.invitation.needsApproval ?? false,
    terms,
    documents: documentsOf(terms),
    agreed: agreesTo(terms, fields),
  };
  site.show(ctx, { page: 'account/register', data, status, ...rulesOf(interaction.params) });
}

type Refused = Pick<Refusal, 'code' | 'visit' | 'retryAfterSeconds'> & { readonly interaction: Interaction };

/** What is missing is asked for on a page of the plugin, which leads back to this form. */
async function refuse(site: AccountSite, ctx: Context, { interaction, ...refusal }: Refused): Promise<void> {
  await site.guestlist.refuse(ctx, { ...refusal, back: actionPath(site, interaction, 'register'), ...rulesOf(interaction.params) });
}

/** Somebody made an account with this address and never proved it; whoever is here has. */
async function isUnprovenElsewhere({ database }: AccountSite, { provenEmail }: Gate): Promise<boolean> {
  return provenEmail !== undefined && (await findMailbox(database, emailKey(provenEmail)))?.verified === false;
}

/** The app that they came from is where an invitation would lead them. */
async function showRequired(site: AccountSite, ctx: Context, interaction: Interaction): Promise<void> {
  const data = {
    codeAction: ownPath(site.issuer, '/invite/code'),
    signInHref: actionPath(site, interaction, 'sign-in'),
    requestHref: await askHref(site, { app: String(interaction.params['client_id']) }),
  };
  site.show(ctx, { page: 'invitation/required', data, status: 403, ...rulesOf(interaction.params) });
}

const registrationForm = z.strictObject({
  email: emailSchema,
  name: lineOfText(100),
  password: passwordSchema,
  /** The account that has this address is not theirs: they get a new one. */
  afresh: z.literal('yes').optional(),
});

/** The box counts only if it stood beside what is asked now. */
const agreement = { agree: z.literal('yes', 'required'), documents: z.string() };

type Registration = z.output<typeof registrationForm>;

export async function register(site: AccountSite, ctx: Context): Promise<void> {
  const { interaction, fields: sent } = await readInteractionForm(site, ctx);
  const { visit: shownVisitId, ...typed } = sent;
  const gate = await site.guestlist.gate(ctx, interaction);
  // Where the invitation says which address, nobody else's counts, whatever the form holds.
  const fields = gate.email === undefined ? typed : { ...typed, email: gate.email };
  const repeated = gate.visit?.accountId;
  // Nothing is worked on for strangers, nor for what is closed: judging a password can take half a second of everybody's time.
  if (!gate.visit || (gate.refusal && !repeated)) return showForm(site, ctx, { interaction, fields });
  // The browser has opened another link since the form was shown.
  if (shownVisitId !== gate.visit.id) throw new Failure('review_changed');
  await site.throttles.beforeRegistration(gate.visit.id, ctx.ip);
  const form = await checkRegistration(site, fields);
  if (!form.ok) return showForm(site, ctx, { interaction, fields, errors: form.errors, status: 422 });
  if (repeated && (await isSamePerson(site, repeated, form.value)))
    return finish(site, ctx, { accountId: repeated, answer: gate.visit.answer ?? 'joined' });
  if (gate.refusal) return showForm(site, ctx, { interaction, fields });
  const passwordHash = await site.passwords.hash(form.value.password);
  const locale = localeOf(site.renderer, ctx, interaction.params['ui_locales']);
  const account = { site, from: originOf(ctx), registration: form.value, provenEmail: gate.provenEmail, locale, passwordHash };
  const createAccount = (trx: Transaction, source: AccountSource) => createAccountIn(trx, { ...account, ...source });
  try {
    const redeemer = { createAccount, acr: passwordAcr };
    await finish(
      site,
      ctx,
      await site.guestlist.redeem(gate.visit, { redeemer, agreedTo: addressesOf(site.guestlist.terms), ...originOf(ctx), locale }),
    );
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    await afterRefusal(site, ctx, { interaction, fields, registration: form.value, failure: error });
  }
}

async function checkRegistration({ guestlist: { terms } }: AccountSite, fields: Fields) {
  const form =
    terms.length === 0
      ? checkForm(registrationForm, fields)
      : checkForm(registrationForm.extend(agreement), { documents: '', ...fields, agree: agreesTo(terms, fields) ? 'yes' : '' });
  const password = fields['password'] ?? '';
  const context = [fields['name'] ?? '', fields['email'] ?? '', 'guestlist'].map((text) => text.slice(0, 100));
  const weakness = passwordSchema.safeParse(password).success ? await weaknessOf(password, context) : undefined;
  if (!weakness) return form;
  return { ok: false as const, errors: { ...(form.ok ? {} : form.errors), password: weakness } };
}

type AccountSource = { readonly invitationId: string; readonly now: Date };
type Creation = AccountSource & {
  readonly site: AccountSite;
  readonly from: Origin;
  readonly registration: Registration;
  readonly provenEmail: string | undefined;
  readonly locale: string;
  readonly passwordHash: string;
};

async function createAccountIn(trx: Transaction, creation: Creation): Promise<string> {
  const { site, from, registration, provenEmail, locale, passwordHash, invitationId, now } = creation;
  const id = newId(now, site.random);
  const { name, email, afresh } = registration;
  const isProven = provenEmail !== undefined && emailKey(provenEmail) === emailKey(email);
  if (isProven && afresh) await takeUnprovenEmail(trx, creation, id);
  const emailVerifiedAt = isProven ? now : undefined;
  await insertAccount(trx, { id, name, email, emailVerifiedAt, locale, passwordHash, createdAt: now, invitationId });
  await recordAudit(trx, { at: now, actor: id, from, action: 'account.created', subject: id, detail: { invitationId } }, site.random);
  return id;
}

/** A mailbox belongs to whoever can read it: an account that only claimed it loses it, and with its last address its use. */
async function takeUnprovenEmail(trx: Transaction, { site, from, registration, now }: Creation, actor: string): Promise<void> {
  const claimant = await deleteUnprovenEmail(trx, emailKey(registration.email));
  if (claimant === undefined) return;
  await replaceLostEmail(trx, claimant, now);
  await recordAudit(trx, { at: now, actor, from, action: 'account.email_lost', subject: claimant }, site.random);
}

type Failed = Shown & { readonly registration: Registration; readonly failure: Failure };

/** The same form sent twice: the first one made the account, and this one must lead to it as well. */
async function afterRefusal(site: AccountSite, ctx: Context, { registration, failure, ...sent }: Failed): Promise<void> {
  const { visit } = await site.guestlist.gate(ctx, sent.interaction);
  const accountId = visit?.accountId;
  if (accountId && (await isSamePerson(site, accountId, registration)))
    return finish(site, ctx, { accountId, answer: visit?.answer ?? 'joined' });
  if (failure.code === 'email_taken') return showForm(site, ctx, { ...sent, errors: { email: 'email_taken' }, status: 422 });
  await refuse(site, ctx, { interaction: sent.interaction, code: failure.code, visit, retryAfterSeconds: failure.retryAfterSeconds });
}

async function isSamePerson({ database, passwords }: AccountSite, accountId: string, { email, password }: Registration): Promise<boolean> {
  const account = await findAccountByEmail(database, emailKey(email));
  return account?.id === accountId && passwords.verify(await findPasswordHash(database, accountId), password);
}

/** `create` must be in the result, or the provider asks again. What was accepted is told at the front door at the latest. */
async function finish(
  site: AccountSite,
  ctx: Context,
  { accountId, answer }: { readonly accountId: string; readonly answer: string },
): Promise<void> {
  try {
    await finishInteraction(site, ctx, { login: { accountId, amr: ['pwd'], acr: passwordAcr }, create: {}, invitation: { answer } });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'interaction_expired') throw error;
    leadTo(ctx, ownPath(site.issuer, '/invite'));
  }
}
