/** The pages of `email-change.ts`: another address, its confirmation, and what to do with a further one. */
import type { Context } from 'koa';
import { z } from 'zod';
import { Failure } from '../errors.ts';
import { ownPath } from '../invitation/host.ts';
import { leadTo } from '../lib/answer.ts';
import { emailKey, emailSchema } from '../lib/email.ts';
import { checkForm, type FieldErrors, formStatus } from '../lib/form.ts';
import { askForEmailChange, confirmEmailChange, findEmailChange, makeFirst, removeAddress } from './email-change.ts';
import type { AccountSite } from './interaction.ts';
import { forgetToken, openedToken, openMailedLink } from './mail-link.ts';
import { passwordSchema } from './password.ts';
import { askedBy, checkCurrentPassword, type Member, memberToken, readMemberForm, securityPath } from './security.ts';

export async function showEmail(site: AccountSite, ctx: Context, member: Member): Promise<void> {
  emailPage(site, ctx, { member });
}

type EmailPage = { readonly member: Member; readonly email?: string | undefined; readonly errors?: FieldErrors };

function emailPage(site: AccountSite, ctx: Context, { member, email = '', errors = {} }: EmailPage): void {
  const data = {
    action: ownPath(site.issuer, '/account/email'),
    formToken: memberToken(site, member),
    address: member.account.email,
    email,
    errors,
    backHref: securityPath(site),
  };
  site.show(ctx, { page: 'account/email', data, status: formStatus(errors) });
}

const emailForm = z.strictObject({ email: emailSchema, current: passwordSchema });

export async function sendEmailChange(site: AccountSite, ctx: Context, member: Member): Promise<void> {
  const { account } = member;
  const fields = await readMemberForm(site, ctx, memberToken(site, member));
  const again = (errors: FieldErrors) => emailPage(site, ctx, { member, email: fields['email'], errors });
  const form = checkForm(emailForm, fields);
  if (!form.ok) return again(form.errors);
  const { email, current } = form.value;
  const key = emailKey(email);
  if (account.emailVerifiedAt && key === emailKey(account.email)) return again({ email: 'email_unchanged' });
  if ((await checkCurrentPassword(site, ctx, { account, password: current })) === undefined) return again({ current: 'password_wrong' });
  await site.throttles.beforeMail(key, ctx.ip);
  await askForEmailChange(site, { accountId: account.id, email, ...askedBy(site, ctx) });
  leadTo(ctx, ownPath(site.issuer, '/account/email/sent'));
}

export async function showChangeSent(site: AccountSite, ctx: Context): Promise<void> {
  site.show(ctx, { page: 'account/mailed', data: { purpose: 'change', backHref: securityPath(site) } });
}

export async function openConfirm({ issuer }: AccountSite, ctx: Context): Promise<void> {
  openMailedLink(issuer, 'email_change', ctx);
}

/** Throws `link_not_found`. */
export async function showConfirm(site: AccountSite, ctx: Context, member: Member): Promise<void> {
  const token = openedToken(site.issuer, 'email_change', ctx);
  const address = await findEmailChange(site, { token, accountId: member.account.id });
  if (token === undefined || address === undefined) throw new Failure('link_not_found');
  const formToken = site.formToken(`confirm ${token}`);
  const data = { action: ownPath(site.issuer, '/account/confirm'), formToken, address, backHref: securityPath(site) };
  site.show(ctx, { page: 'account/confirm', data });
}

/** Throws `link_not_found`, `email_taken`. */
export async function confirmEmail(site: AccountSite, ctx: Context, member: Member): Promise<void> {
  const token = openedToken(site.issuer, 'email_change', ctx);
  // Bound to the address that the page named: another link may have been opened since.
  await readMemberForm(site, ctx, site.formToken(`confirm ${token}`));
  await confirmEmailChange(site, { token, accountId: member.account.id, ...askedBy(site, ctx) });
  forgetToken(site.issuer, 'email_change', ctx);
  leadTo(ctx, securityPath(site, 'email'));
}

/** By its place in the list: an address has no business in an address bar. Throws `page_not_found`. */
export async function showAddress(site: AccountSite, ctx: Context, member: Member): Promise<void> {
  const place = /^[1-9]\d{0,2}$/.test(ctx['params']['place']) ? Number(ctx['params']['place']) : 0;
  const address = member.account.otherEmails[place - 1]?.email;
  if (address === undefined) throw new Failure('page_not_found');
  addressPage(site, ctx, { member, address });
}

type AddressPage = { readonly member: Member; readonly address: string; readonly errors?: FieldErrors };

function addressPage(site: AccountSite, ctx: Context, { member, address, errors = {} }: AddressPage): void {
  const action = ownPath(site.issuer, '/account/address');
  const data = { action, formToken: memberToken(site, member), address, errors, backHref: securityPath(site) };
  site.show(ctx, { page: 'account/address', data, status: formStatus(errors) });
}

const addressForm = z.strictObject({ address: z.string(), current: passwordSchema, deed: z.enum(['first', 'removed'], 'required') });

/** Throws `page_not_found`: there is no such address. */
export async function changeAddress(site: AccountSite, ctx: Context, member: Member): Promise<void> {
  const { account } = member;
  const fields = await readMemberForm(site, ctx, memberToken(site, member));
  const address = account.otherEmails.find(({ email }) => email === fields['address'])?.email;
  if (address === undefined) throw new Failure('page_not_found');
  const again = (errors: FieldErrors) => addressPage(site, ctx, { member, address, errors });
  const form = checkForm(addressForm, fields);
  if (!form.ok) return again(form.errors);
  const { current, deed } = form.value;
  if ((await checkCurrentPassword(site, ctx, { account, password: current })) === undefined) return again({ current: 'password_wrong' });
  const change = { accountId: account.id, key: emailKey(address), ...askedBy(site, ctx) };
  await (deed === 'first' ? makeFirst(site, change) : removeAddress(site, change));
  leadTo(ctx, securityPath(site, deed));
}
