/**
 * Registering, which only an invitation makes possible. The form is the acceptance: *Create account and join*. The
 * password is hashed before the transaction; the account is made inside it, so that a place lost at the last moment
 * leaves no account behind.
 */
import type { Context } from 'koa';
import type { Interaction } from 'oidc-provider';
import { z } from 'zod';
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { ownPath } from '../invitation/host.ts';
import { leadTo, localeOf, rulesOf } from '../lib/answer.ts';
import type { Transaction } from '../lib/db.ts';
import { checkForm, type FieldErrors, type Fields, lineOfText } from '../lib/form.ts';
import { newId } from '../lib/random.ts';
import { emailKey, emailSchema } from './email.ts';
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
import { findAccountByEmail, findPasswordHash, insertAccount } from './store.ts';

export async function showRegistration(site: AccountSite, ctx: Context): Promise<void> {
  const interaction = await findInteraction(site, ctx);
  await showForm(site, ctx, { interaction, fields: { email: loginHintOf(interaction) } });
}

type Shown = { readonly interaction: Interaction; readonly fields: Fields; readonly errors?: FieldErrors; readonly status?: number };

async function showForm(site: AccountSite, ctx: Context, { interaction, fields, errors = {}, status = 200 }: Shown): Promise<void> {
  const gate = await site.guestlist.gate(ctx, interaction);
  if (gate.refusal === 'invitation_required') return showRequired(site, ctx, interaction);
  if (gate.refusal) return site.guestlist.refuse(ctx, { code: gate.refusal, visit: gate.visit, ...rulesOf(interaction.params) });
  const data = {
    action: actionPath(site, interaction, 'register'),
    formToken: site.formToken(interaction.uid),
    visitId: gate.visit?.id ?? '',
    email: fields['email'] ?? '',
    name: fields['name'] ?? '',
    errors,
    occasion: occasionOf(gate) ?? { groupNames: [], inviterName: undefined },
    signInHref: actionPath(site, interaction, 'sign-in'),
    minPasswordLength,
  };
  site.show(ctx, { page: 'account/register', data, status, ...rulesOf(interaction.params) });
}

function showRequired(site: AccountSite, ctx: Context, interaction: Interaction): void {
  const data = { codeAction: ownPath(site.issuer, '/invite/code'), signInHref: actionPath(site, interaction, 'sign-in') };
  site.show(ctx, { page: 'invitation/required', data, status: 403, ...rulesOf(interaction.params) });
}

const registrationForm = z.strictObject({
  email: emailSchema,
  name: lineOfText(100),
  password: passwordSchema,
});

type Registration = z.output<typeof registrationForm>;

export async function register(site: AccountSite, ctx: Context): Promise<void> {
  const { interaction, fields: sent } = await readInteractionForm(site, ctx);
  const { visit: shownVisitId, ...fields } = sent;
  const gate = await site.guestlist.gate(ctx, interaction);
  const repeated = gate.visit?.accountId;
  // Nothing is worked on for strangers, nor for what is closed: judging a password can take half a second of everybody's time.
  if (!gate.visit || (gate.refusal && !repeated)) return showForm(site, ctx, { interaction, fields });
  // The browser has opened another link since the form was shown.
  if (shownVisitId !== gate.visit.id) throw new Failure('review_changed');
  await site.throttles.beforeRegistration(gate.visit.id, ctx.ip);
  const form = await checkRegistration(fields);
  if (!form.ok) return showForm(site, ctx, { interaction, fields, errors: form.errors, status: 422 });
  if (repeated && (await isSamePerson(site, repeated, form.value))) return finish(site, ctx, { accountId: repeated, answer: 'joined' });
  if (gate.refusal) return showForm(site, ctx, { interaction, fields });
  const passwordHash = await site.passwords.hash(form.value.password);
  const createAccount = (trx: Transaction, source: AccountSource) =>
    createAccountIn(trx, { site, ip: ctx.ip, registration: form.value, passwordHash, ...source });
  try {
    const locale = localeOf(site.renderer, ctx, interaction.params['ui_locales']);
    await finish(site, ctx, await site.guestlist.redeem(gate.visit, { redeemer: { createAccount }, ip: ctx.ip, locale }));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    await afterRefusal(site, ctx, { interaction, fields, registration: form.value, failure: error });
  }
}

async function checkRegistration(fields: Fields) {
  const form = checkForm(registrationForm, fields);
  const password = fields['password'] ?? '';
  const context = [fields['name'] ?? '', fields['email'] ?? '', 'guestlist'].map((text) => text.slice(0, 100));
  const weakness = passwordSchema.safeParse(password).success ? await weaknessOf(password, context) : undefined;
  if (!weakness) return form;
  return { ok: false as const, errors: { ...(form.ok ? {} : form.errors), password: weakness } };
}

type AccountSource = { readonly invitationId: string; readonly now: Date };
type Creation = AccountSource & {
  readonly site: AccountSite;
  readonly ip: string;
  readonly registration: Registration;
  readonly passwordHash: string;
};

async function createAccountIn(trx: Transaction, { site, ip, registration, passwordHash, invitationId, now }: Creation): Promise<string> {
  const id = newId(now, site.random);
  const { name, email } = registration;
  await insertAccount(trx, { id, name, email, passwordHash, createdAt: now, invitationId });
  await recordAudit(
    trx,
    { at: now, actor: id, actorIp: ip, action: 'account.created', subject: id, detail: { invitationId } },
    site.random,
  );
  return id;
}

type Refused = Shown & { readonly registration: Registration; readonly failure: Failure };

/** The same form sent twice: the first one made the account, and this one must lead to it as well. */
async function afterRefusal(site: AccountSite, ctx: Context, { registration, failure, ...sent }: Refused): Promise<void> {
  const { visit } = await site.guestlist.gate(ctx, sent.interaction);
  const accountId = visit?.accountId;
  if (accountId && (await isSamePerson(site, accountId, registration))) return finish(site, ctx, { accountId, answer: 'joined' });
  if (failure.code === 'email_taken') return showForm(site, ctx, { ...sent, errors: { email: 'email_taken' }, status: 422 });
  site.guestlist.refuse(ctx, {
    code: failure.code,
    visit,
    retryAfterSeconds: failure.retryAfterSeconds,
    ...rulesOf(sent.interaction.params),
  });
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
    await finishInteraction(site, ctx, { login: { accountId, amr: ['pwd'] }, create: {}, invitation: { answer } });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'interaction_expired') throw error;
    leadTo(ctx, ownPath(site.issuer, '/invite'));
  }
}
