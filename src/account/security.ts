/**
 * What somebody signed in does with their account: another password, another address. Owns the pages and the question
 * for the current password before anything; the addresses' own rules are in `email-change.ts`.
 */
import type { Context } from 'koa';
import { z } from 'zod';
import { originOf, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { ownPath } from '../invitation/host.ts';
import { leadTo, localeOf } from '../lib/answer.ts';
import { inTransaction } from '../lib/db.ts';
import { emailKey } from '../lib/email.ts';
import { checkForm, type FieldErrors, type Fields, formStatus, readOwnForm } from '../lib/form.ts';
import type { AccountSite } from './interaction.ts';
import { queuePasswordChanged } from './mails.ts';
import { type SecurityDeed, securityDeeds } from './pages.ts';
import { minPasswordLength, passwordSchema, weaknessOf } from './password.ts';
import type { Asked } from './recovery.ts';
import { deleteTokensOf, findPendingEmail, lockAccount } from './recovery-store.ts';
import { type ReturnPath, type SignedIn, signedIn, signInPath } from './sessions.ts';
import { findPasswordHash, replacePasswordHash } from './store.ts';

export type Member = SignedIn;
type MemberPage<Site> = (site: Site, ctx: Context, member: Member) => Promise<void>;
type MemberSite = Pick<AccountSite, 'provider' | 'database' | 'issuer'>;

/** Whoever is not signed in signs in first, and comes back. */
export function forMembers<Site extends MemberSite>(
  page: MemberPage<Site>,
  returnTo: ReturnPath | ((ctx: Context) => ReturnPath) = '/account/security',
) {
  return async (site: Site, ctx: Context): Promise<void> => {
    const member = await signedIn(site, ctx);
    if (member) return page(site, ctx, member);
    const back = typeof returnTo === 'function' ? returnTo(ctx) : returnTo;
    // They gave up signing in: asking again would go round and round.
    leadTo(ctx, ctx.query['error'] === undefined ? signInPath(site, back) : ownPath(site.issuer, '/'));
  };
}

/** Throws `foreign_origin`, `form_expired`. */
export async function readMemberForm({ issuer }: Pick<AccountSite, 'issuer'>, ctx: Context, formToken: string): Promise<Fields> {
  const { form_token, ...fields } = await readOwnForm(ctx.req, new URL(issuer).origin);
  if (form_token !== formToken) throw new Failure('form_expired');
  return fields;
}

/** One for all these forms: each asks for the password, or for a link that was mailed. */
export function memberToken({ formToken }: AccountSite, { sessionUid }: Member): string {
  return formToken(`account ${sessionUid}`);
}

export function askedBy({ renderer }: AccountSite, ctx: Context): Asked {
  return { from: originOf(ctx), locale: localeOf(renderer, ctx) };
}

export function securityPath({ issuer }: AccountSite, done?: SecurityDeed): string {
  return ownPath(issuer, `/account/security${done ? `?done=${done}` : ''}`);
}

export async function showSecurity(site: AccountSite, ctx: Context, { account }: Member): Promise<void> {
  const { id, name, email, emailVerifiedAt, otherEmails } = account;
  const done = z.enum(securityDeeds).safeParse(ctx.query['done']);
  const data = {
    account: { name, email },
    verified: emailVerifiedAt !== undefined,
    others: otherEmails.map((other, index) => ({ email: other.email, href: ownPath(site.issuer, `/account/address/${index + 1}`) })),
    pending: await findPendingEmail(site.database, id, site.clock()),
    done: done.success ? done.data : undefined,
    passwordHref: ownPath(site.issuer, '/account/password'),
    emailHref: ownPath(site.issuer, '/account/email'),
  };
  site.show(ctx, { page: 'account/security', data });
}

/** The hash it matches; undefined: it is wrong. Throws `too_many_requests`, counted together with signing in. */
export async function checkCurrentPassword(
  { database, passwords, throttles }: AccountSite,
  ctx: Context,
  { account, password }: { readonly account: Member['account']; readonly password: string },
): Promise<string | undefined> {
  const key = emailKey(account.email);
  await throttles.beforeSignIn(key, ctx.ip);
  const hash = await findPasswordHash(database, account.id);
  if (!hash || !(await passwords.verify(hash, password))) return undefined;
  await throttles.afterSignIn(key, ctx.ip);
  return hash;
}

export async function showPassword(site: AccountSite, ctx: Context, member: Member): Promise<void> {
  passwordPage(site, ctx, { member });
}

function passwordPage(
  site: AccountSite,
  ctx: Context,
  { member, errors = {} }: { readonly member: Member; readonly errors?: FieldErrors },
) {
  const data = {
    action: ownPath(site.issuer, '/account/password'),
    formToken: memberToken(site, member),
    email: member.account.email,
    errors,
    minPasswordLength,
    forgotHref: ownPath(site.issuer, '/account/forgot'),
    backHref: securityPath(site),
  };
  site.show(ctx, { page: 'account/password', data, status: formStatus(errors) });
}

/** `email` is there for password managers alone. */
const passwordForm = z.strictObject({ current: passwordSchema, password: passwordSchema, email: z.string().optional() });

export async function changePassword(site: AccountSite, ctx: Context, member: Member): Promise<void> {
  const { account } = member;
  const form = checkForm(passwordForm, await readMemberForm(site, ctx, memberToken(site, member)));
  if (!form.ok) return passwordPage(site, ctx, { member, errors: form.errors });
  const { current, password } = form.value;
  const previous = await checkCurrentPassword(site, ctx, { account, password: current });
  if (previous === undefined) return passwordPage(site, ctx, { member, errors: { current: 'password_wrong' } });
  await site.throttles.beforeNewPassword(account.id);
  const weakness = await weaknessOf(password, [account.name, account.email, site.brand, 'guestlist']);
  if (weakness) return passwordPage(site, ctx, { member, errors: { password: weakness } });
  const change = { member, previous, hash: await site.passwords.hash(password), ...askedBy(site, ctx) };
  const { tellApps } = await storePassword(site, change);
  await site.sessions.renew(ctx);
  await tellApps();
  leadTo(ctx, securityPath(site, 'password'));
}

type PasswordChange = Asked & { readonly member: Member; readonly previous: string; readonly hash: string };

/** Throws `form_expired`: the password has changed since it was typed. */
async function storePassword(site: AccountSite, { member, previous, hash, from, locale }: PasswordChange) {
  const { database, clock, random, sessions } = site;
  const { account, sessionUid } = member;
  return inTransaction(database, async (trx) => {
    const now = clock();
    if (!(await lockAccount(trx, account.id))) throw new Failure('account_disabled');
    if (!(await replacePasswordHash(trx, account.id, { previous, hash }))) throw new Failure('form_expired');
    await deleteTokensOf(trx, account.id);
    await queuePasswordChanged(site, trx, { account, by: 'person', locale, now });
    const entry = { at: now, actor: account.id, from, action: 'account.password_changed', subject: account.id } as const;
    await recordAudit(trx, { ...entry, detail: { by: 'person' } }, random);
    return sessions.end(trx, { accountId: account.id, keptUid: sessionUid });
  });
}
