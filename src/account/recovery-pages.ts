/** The pages of `recovery.ts`: asking for a link, and the form behind it. */
import type { Context } from 'koa';
import { z } from 'zod';
import { originOf } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { isStep } from '../invitation/gate.ts';
import { ownPath } from '../invitation/host.ts';
import { leadTo, localeOf } from '../lib/answer.ts';
import { checkForm, type FieldErrors, formStatus, readOwnForm } from '../lib/form.ts';
import { emailKey, emailSchema } from '../lib/email.ts';
import { noSoonerThan } from '../lib/steady.ts';
import type { AccountSite } from './interaction.ts';
import { forgetToken, openedToken, openMailedLink } from './mail-link.ts';
import { minPasswordLength, passwordSchema, weaknessOf } from './password.ts';
import { askForReset, findReset, resetPassword } from './recovery.ts';
import { signInPath } from './sessions.ts';

type Forgot = { readonly email?: string; readonly errors?: FieldErrors; readonly linkFailed?: boolean };

export async function showForgot(site: AccountSite, ctx: Context): Promise<void> {
  forgotPage(site, ctx, {});
}

function forgotPage({ issuer, show }: AccountSite, ctx: Context, { email = '', errors = {}, linkFailed = false }: Forgot): void {
  const status = linkFailed ? 404 : formStatus(errors);
  const data = { action: ownPath(issuer, '/account/forgot'), email, errors, linkFailed };
  show(ctx, { page: 'account/forgot', data, status });
}

const forgotForm = z.strictObject({ email: emailSchema });

/** Longer than the work takes, shorter than anybody notices: only a mail that is kept wakes whoever sends it. */
const steadyMs = 100;

/** There is nothing of this browser's that a form token could be bound to: that the form is ours is enough. */
export async function sendReset(site: AccountSite, ctx: Context): Promise<void> {
  const fields = await readOwnForm(ctx.req, new URL(site.issuer).origin);
  const form = checkForm(forgotForm, fields);
  if (!form.ok) return forgotPage(site, ctx, { email: fields['email'] ?? '', errors: form.errors });
  const { email } = form.value;
  await site.throttles.beforeMail(emailKey(email), ctx.ip);
  await noSoonerThan(steadyMs, () => askForReset(site, { email, from: originOf(ctx), locale: localeOf(site.renderer, ctx) }));
  leadTo(ctx, ownPath(site.issuer, '/account/forgot/sent'));
}

export async function showResetSent({ issuer, show }: AccountSite, ctx: Context): Promise<void> {
  show(ctx, { page: 'account/mailed', data: { purpose: 'reset', backHref: ownPath(issuer, '/') } });
}

export async function openReset({ issuer }: AccountSite, ctx: Context): Promise<void> {
  openMailedLink(issuer, 'password_reset', ctx);
}

type ResetForm = { readonly email: string; readonly token: string; readonly errors?: FieldErrors };

export async function showReset(site: AccountSite, ctx: Context): Promise<void> {
  const token = openedToken(site.issuer, 'password_reset', ctx);
  const reset = await findReset(site, token);
  if (!token || !reset) return forgotPage(site, ctx, { linkFailed: true });
  resetPage(site, ctx, { email: reset.email, token });
}

function resetPage(site: AccountSite, ctx: Context, { email, token, errors = {} }: ResetForm): void {
  const action = ownPath(site.issuer, '/account/reset');
  const data = { action, formToken: site.formToken(`reset ${token}`), email, errors, minPasswordLength };
  site.show(ctx, { page: 'account/reset', data, status: formStatus(errors) });
}

/** `email` is there for password managers alone. */
const resetForm = z.strictObject({ password: passwordSchema, email: z.string().optional() });

/** Signs nobody in: whoever has the mail does not thereby have this browser. */
export async function reset(site: AccountSite, ctx: Context): Promise<void> {
  const { form_token, ...fields } = await readOwnForm(ctx.req, new URL(site.issuer).origin);
  const token = openedToken(site.issuer, 'password_reset', ctx);
  const found = await findReset(site, token);
  if (!token || !found) return forgotPage(site, ctx, { linkFailed: true });
  if (form_token !== site.formToken(`reset ${token}`)) throw new Failure('form_expired');
  await site.throttles.beforeNewPassword(found.accountId);
  const form = checkForm(resetForm, fields);
  const weakness = form.ok && (await weaknessOf(form.value.password, [found.name, found.email, site.brand, 'guestlist']));
  if (!form.ok || weakness)
    return resetPage(site, ctx, { email: found.email, token, errors: form.ok ? { password: weakness || '' } : form.errors });
  const passwordHash = await site.passwords.hash(form.value.password);
  const asked = { from: originOf(ctx), locale: localeOf(site.renderer, ctx) };
  const { key, tellApps } = await resetPassword(site, { token, passwordHash, ...asked });
  forgetToken(site.issuer, 'password_reset', ctx);
  // Earlier slips are forgiven: nobody should have to wait now.
  await site.throttles.afterSignIn(key, ctx.ip);
  await tellApps();
  leadTo(ctx, ownPath(site.issuer, '/account/reset-done'));
}

export async function showResetDone(site: AccountSite, ctx: Context): Promise<void> {
  const { visit, refusal } = await site.guestlist.gate(ctx);
  const isUsable = visit !== undefined && (refusal === undefined || isStep(refusal));
  const data = { signInHref: signInPath(site, '/'), invitationHref: isUsable ? ownPath(site.issuer, '/invite') : undefined };
  site.show(ctx, { page: 'account/reset-done', data });
}
