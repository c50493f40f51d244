/**
 * Several people invited at once, by mail, from addresses that were pasted: first a look at what would become of each,
 * then one invitation for each, within what the member may. Whether somebody has an account or an invitation already is
 * told to nobody but whoever manages the group. Many more at once are a campaign.
 */
import type { Context } from 'koa';
import { z } from 'zod';
import type { Member } from '../account/security.ts';
import type { RowAnswer } from '../campaign/campaign.ts';
import { pastedRows } from '../campaign/pasted.ts';
import { Failure } from '../errors.ts';
import { managerRole } from '../group/policy.ts';
import { plainRole, rolePattern, slugPattern } from '../group/group.ts';
import type { Invitable } from '../invitation/invitable.ts';
import type { OwnInvitations, OwnWish } from '../invitation/own.ts';
import { leadTo, localeOf } from '../lib/answer.ts';
import { addSeconds } from '../lib/clock.ts';
import { checkForm, type FieldErrors, type Fields, formStatus, textOfLines } from '../lib/form.ts';
import { errorsOf } from './invitation-form.ts';
import { lifetimesOf, showWhere } from './invitation-new.ts';
import type { CheckedAddress } from './invitation-pages.ts';
import { ownOf } from './invitation-shown.ts';
import { type PortalSite, portalForm, portalPath, readPortalForm } from './portal.ts';

/** So many at once; each is a mail. */
const mostAddresses = 50;

const severalForm = z.strictObject({
  key: z.string().regex(/^[\w-]{16,64}$/, 'other'),
  step: z.enum(['check', 'send'], 'other'),
  group: z.string('policy_who').regex(slugPattern, 'policy_who'),
  role: z.string().regex(rolePattern, 'policy_role').default(plainRole),
  addresses: z.string({ error: 'addresses_required' }).trim().min(1, 'addresses_required').max(20_000, 'too_long'),
  lasts: z
    .string()
    .regex(/^\d{2,10}$/, 'not_a_time')
    .transform(Number)
    .optional(),
  message: textOfLines(500).optional(),
  locale: z.string().max(20, 'other').optional(),
});

type SeveralForm = z.output<typeof severalForm>;

export async function showSeveral(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const groups = await mailable(ownOf(site, ctx, member));
  const group = groups.length === 1 ? groups[0] : groups.find(({ slug }) => slug === ctx.query['group']);
  if (!group) return showWhere(site, ctx, { groups, path: '/invitations/several' });
  const typed = { role: group.roles[0] ?? plainRole, addresses: '', locale: localeOf(site.renderer, ctx) };
  showForm(site, ctx, { member, group, typed });
}

async function mailable(own: OwnInvitations): Promise<Invitable[]> {
  return (await own.groups()).filter(({ channels }) => channels.includes('mail'));
}

type Page = {
  readonly member: Member;
  readonly group: Invitable;
  readonly typed: Fields;
  readonly errors?: FieldErrors;
  readonly checked?: readonly CheckedAddress[];
  /** So many are on their way, and the others are still in the form. */
  readonly sent?: number;
};

function showForm(site: PortalSite, ctx: Context, { member, group, typed, errors = {}, checked, sent = 0 }: Page): void {
  const isAnother = sent > 0 || errors['form'] === 'form_used';
  const { lifetimes, usualLifetime } = lifetimesOf(group);
  const data = {
    ...portalForm(site, member, '/invitations/several'),
    key: (isAnother ? undefined : typed['key']) ?? site.random(16).toString('base64url'),
    group,
    typed: { lasts: String(usualLifetime), ...typed },
    errors,
    checked,
    sent,
    most: mostAddresses,
    lifetimes,
    locales: site.renderer.texts.locales,
    backHref: portalPath(site, '/invitations'),
  };
  site.show(ctx, { page: 'portal/invitation-several', data, status: formStatus(errors) });
}

export async function inviteSeveral(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const typed = await readPortalForm(site, ctx, member);
  const own = ownOf(site, ctx, member);
  const groups = await mailable(own);
  const group = groups.find(({ slug }) => slug === typed['group']);
  if (!group) return showWhere(site, ctx, { groups, path: '/invitations/several', errors: { group: 'policy_who' } });
  const form = checkForm(severalForm, typed);
  if (!form.ok) return showForm(site, ctx, { member, group, typed, errors: form.errors });
  const looked = await lookAt(site, member, { form: form.value, group });
  if (!looked.ok) return showForm(site, ctx, { member, group, typed, errors: looked.errors });
  const checked = form.value.step === 'check' ? looked.checked : await withOwn(own, form.value, looked.checked);
  const errors = errorsOfAll(checked);
  if (form.value.step === 'check' || errors) return showForm(site, ctx, { member, group, typed, errors: errors ?? {}, checked });
  const outcome = await sendAll(site, own, { form: form.value, typed, checked });
  if (!outcome.errors) return leadTo(ctx, `${portalPath(site, '/invitations')}?sent=${outcome.sent}`);
  const rest = { ...typed, addresses: outcome.rest.join('\n') };
  showForm(site, ctx, { member, group, typed: rest, errors: outcome.errors, sent: outcome.sent });
}

function errorsOfAll(checked: readonly CheckedAddress[]): FieldErrors | undefined {
  if (checked.length > mostAddresses) return { addresses: 'too_many_addresses' };
  if (checked.some(({ answer }) => isWrong(answer))) return { addresses: 'wrong_addresses' };
  return checked.some(({ answer }) => answer === 'valid') ? undefined : { addresses: 'nobody_new' };
}

/** Who stands there twice, or is in, is left out; everything else somebody has to look at. */
function isWrong(answer: RowAnswer['answer']): boolean {
  return !['valid', 'duplicate', 'already_member', 'already_invited'].includes(answer);
}

type Looked = { readonly ok: true; readonly checked: readonly CheckedAddress[] } | { readonly ok: false; readonly errors: FieldErrors };

async function lookAt(
  { guestlist }: PortalSite,
  { account }: Member,
  { form, group }: { readonly form: SeveralForm; readonly group: Invitable },
): Promise<Looked> {
  const texts = new Map([...pastedRows(form.addresses)].map((row) => [row.position, 'email' in row ? (row.email ?? '') : '']));
  const draft = { name: 'portal', inviterId: account.id, wish: { groups: groupsOf(form) }, rows: { pasted: form.addresses } };
  const checked: CheckedAddress[] = [];
  try {
    for await (const { position, answer, name } of guestlist.campaigns.check(draft)) {
      const isTold = group.roles.includes(managerRole) || !answer.startsWith('already_');
      checked.push({ text: texts.get(position) ?? '', answer: isTold ? answer : 'valid', name });
    }
  } catch (error) {
    const errors = error instanceof Failure ? errorsOf(error, { by: 'mail' }) : undefined;
    if (!errors) throw error;
    return { ok: false, errors };
  }
  return { ok: true, checked };
}

function groupsOf({ group, role }: SeveralForm): string[] {
  return [role === plainRole ? group : `${group}:${role}`];
}

/** Whom this form has invited already is not invited already: it was sent twice. */
async function withOwn(own: OwnInvitations, form: SeveralForm, checked: readonly CheckedAddress[]): Promise<CheckedAddress[]> {
  const isOwn = ({ answer, text }: CheckedAddress) => answer === 'already_invited' && own.wasGranted(keyOf(form, text));
  return Promise.all(checked.map(async (one) => ((await isOwn(one)) ? { ...one, answer: 'valid' } : one)));
}

const keyOf = ({ key }: SeveralForm, email: string) => `portal several ${key} ${email}`;

type Sending = { readonly form: SeveralForm; readonly typed: Fields; readonly checked: readonly CheckedAddress[] };
type Sent = { readonly sent: number; readonly rest: readonly string[]; readonly errors: FieldErrors | undefined };

/** One after the other, until one is refused. The form sent twice makes each of them once. */
async function sendAll({ clock }: PortalSite, own: OwnInvitations, { form, typed, checked }: Sending): Promise<Sent> {
  const people = checked.filter(({ answer }) => answer === 'valid');
  const wish = wishOf(form, clock());
  for (const [sent, { text: email, name: label }] of people.entries()) {
    try {
      await own.invite({ ...wish, email, ...(label ? { label } : {}) }, keyOf(form, email), typed);
    } catch (error) {
      const errors = errorsOf(error, { by: 'mail', email });
      if (!errors) throw error;
      return { sent, rest: people.slice(sent).map(({ text }) => text), errors: inThisForm(errors) };
    }
  }
  return { sent: people.length, rest: [], errors: undefined };
}

function wishOf(form: SeveralForm, now: Date): OwnWish {
  const { lasts, message, locale } = form;
  return {
    groups: groupsOf(form),
    channels: ['mail'],
    ...(lasts === undefined ? {} : { expiresAt: addSeconds(now, lasts) }),
    ...(message ? { message } : {}),
    ...(locale ? { locale } : {}),
  };
}

const fieldsHere: readonly string[] = ['group', 'role', 'lasts', 'message', 'locale', 'form'];

/** What the other form has a field for, and this one has not, is about the addresses. */
function inThisForm(errors: FieldErrors): FieldErrors {
  return Object.fromEntries(Object.entries(errors).map(([field, code]) => [fieldsHere.includes(field) ? field : 'addresses', code]));
}
