/** Signing in with address and password. Whatever is wrong, the answer is the same, and takes as long. */
import type { Context } from 'koa';
import type { Interaction } from 'oidc-provider';
import { z } from 'zod';
import { originOf, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { type Gate, isStep } from '../invitation/gate.ts';
import { ownPath } from '../invitation/host.ts';
import { rulesOf } from '../lib/answer.ts';
import { checkForm, type FieldErrors } from '../lib/form.ts';
import { type Account, passwordAcr } from './account.ts';
import { emailKey, emailSchema } from '../lib/email.ts';
import {
  type AccountSite,
  actionPath,
  findInteraction,
  finishInteraction,
  loginHintOf,
  occasionOf,
  readInteractionForm,
} from './interaction.ts';
import { passwordSchema } from './password.ts';
import { isPasswordHash } from './recovery-store.ts';
import { findAccountByEmail, findPasswordHash, replacePasswordHash } from './store.ts';

type Entered = { readonly email?: string | undefined; readonly errors?: FieldErrors; readonly status?: number };

export async function showSignIn(site: AccountSite, ctx: Context): Promise<void> {
  const interaction = await findInteraction(site, ctx);
  await showForm(site, ctx, { interaction, email: loginHintOf(interaction) });
}

async function showForm(
  site: AccountSite,
  ctx: Context,
  { interaction, email = '', errors = {}, status = 200 }: Entered & { readonly interaction: Interaction },
) {
  const gate = await site.guestlist.gate(ctx, interaction);
  const client = await site.provider.Client.find(String(interaction.params['client_id']));
  const data = {
    action: actionPath(site, interaction, 'sign-in'),
    formToken: site.formToken(interaction.uid),
    email,
    errors,
    occasion: willBeAsked(interaction, gate) ? occasionOf(gate) : undefined,
    clientName: client?.clientName,
    registerHref: gate.visit && (!gate.refusal || isStep(gate.refusal)) ? actionPath(site, interaction, 'register') : undefined,
    codePage: ownPath(site.issuer, '/invite/code'),
    forgotHref: ownPath(site.issuer, '/account/forgot'),
  };
  site.show(ctx, { page: 'account/sign-in', data, status, ...rulesOf(interaction.params) });
}

/** Opening a link is no wish to join: any page can make a browser do that. */
function willBeAsked({ params }: Interaction, { visit }: Gate): boolean {
  return params['invite'] !== undefined || (visit?.continuedAt !== undefined && visit.answer === undefined);
}

const signInForm = z.strictObject({
  email: emailSchema,
  password: passwordSchema,
});

export async function signIn(site: AccountSite, ctx: Context): Promise<void> {
  const { interaction, fields } = await readInteractionForm(site, ctx);
  const form = checkForm(signInForm, fields);
  if (!form.ok) return showForm(site, ctx, { interaction, email: fields['email'], errors: form.errors, status: 422 });
  const { account, hash } = await authenticate(site, ctx, form.value);
  if (!account) return showForm(site, ctx, { interaction, email: fields['email'], errors: { form: 'sign_in_failed' }, status: 422 });
  if (account.disabledAt) throw new Failure('account_disabled');
  const now = site.clock();
  await recordAudit(
    site.database,
    { at: now, actor: account.id, from: originOf(ctx), action: 'account.signed_in', subject: account.id },
    site.random,
  );
  await finishInteraction(site, ctx, { login: { accountId: account.id, amr: ['pwd'], acr: passwordAcr } });
  // It was changed meanwhile, and with it all sign-ins were ended: this one has to be among them.
  if (!(await isPasswordHash(site.database, account.id, hash))) await interaction.destroy();
}

type Known = { readonly account: Account; readonly hash: string };

async function authenticate(
  site: AccountSite,
  ctx: Context,
  { email, password }: z.output<typeof signInForm>,
): Promise<Known | { readonly account?: undefined; readonly hash?: undefined }> {
  const { database, passwords, throttles } = site;
  const key = emailKey(email);
  await throttles.beforeSignIn(key, ctx.ip);
  const account = await findAccountByEmail(database, key);
  // Looked for either way: how long it takes tells nothing.
  const hash = await findPasswordHash(database, account?.id ?? 'nobody');
  if (!(await passwords.verify(hash, password)) || !account || !hash) return {};
  await throttles.afterSignIn(key, ctx.ip);
  if (!passwords.isOutdated(hash)) return { account, hash };
  const renewed = await passwords.hash(password);
  return { account, hash: (await replacePasswordHash(database, account.id, { previous: hash, hash: renewed })) ? renewed : hash };
}
