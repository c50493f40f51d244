/**
 * The form by which a member invites: what may stand in it, what it wishes for, and in which field a refusal belongs. It
 * decides nothing about who may what: that is `invitation/own.ts`, the same as for apps.
 */
import { z } from 'zod';
import { Failure } from '../errors.ts';
import { plainRole, rolePattern, slugPattern } from '../group/group.ts';
import type { PolicyRule } from '../group/policy.ts';
import type { OwnWish } from '../invitation/own.ts';
import { addSeconds } from '../lib/clock.ts';
import { domainSchema, emailSchema } from '../lib/email.ts';
import { type Checked, checkForm, type FieldErrors, type Fields, lineOfText, optional, textOfLines } from '../lib/form.ts';

/** In the order of the page. */
export const invitationFields = [
  'group',
  'role',
  'by',
  'email',
  'places',
  'lasts',
  'until',
  'message',
  'pin',
  'approval',
  'stay',
  'stay_until',
  'domains',
  'email_rule',
  'label',
  'locale',
  'landing',
] as const;

export type InvitationField = (typeof invitationFields)[number];

const seconds = z
  .string()
  .regex(/^\d{2,10}$/, 'not_a_time')
  .transform(Number)
  .refine((count) => count >= 60, 'not_a_time');

/** A day, as people choose it; or an instant, as a program may say it. */
const dayOrInstant = z.union([z.iso.date(), z.iso.datetime({ offset: true })], 'not_a_date');

const places = z
  .string()
  .regex(/^\s*\d{1,7}\s*$/, 'not_a_number')
  .transform(Number)
  .refine((count) => count >= 1 && count <= 1_000_000, 'not_a_number');

const domains = z
  .string()
  .max(10_000, 'too_long')
  .transform((text, context) => {
    const parsed = text
      .split(/[\s,;]+/)
      .filter(Boolean)
      .map((domain) => domainSchema.safeParse(domain));
    if (parsed.length > 50) context.addIssue({ code: 'custom', message: 'too_long' });
    if (parsed.some(({ success }) => !success)) context.addIssue({ code: 'custom', message: 'not_a_domain' });
    return parsed.flatMap(({ data }) => data ?? []);
  });

const invitationForm = z.strictObject({
  /** Made up for this page: a form that is sent twice makes one invitation. */
  key: z.string().regex(/^[\w-]{16,64}$/, 'other'),
  group: z.string('policy_who').regex(slugPattern, 'policy_who'),
  role: z.string().regex(rolePattern, 'policy_role').default(plainRole),
  by: z.enum(['mail', 'link', 'both'], 'policy_channel'),
  email: optional(emailSchema),
  places: optional(places),
  lasts: optional(seconds),
  until: optional(dayOrInstant),
  message: optional(textOfLines(500)),
  /** `links`: if there is a link to be passed on. */
  pin: z.enum(['yes', 'links'], 'other').optional(),
  approval: z.enum(['yes', 'no'], 'other').optional(),
  stay: optional(seconds),
  stay_until: optional(dayOrInstant),
  domains: optional(domains),
  email_rule: optional(z.enum(['exact', 'verify', 'any'], 'other')),
  label: optional(lineOfText(100)),
  locale: optional(z.string().max(20, 'other')),
  landing: optional(z.string().max(200, 'other')),
});

export type InvitationForm = z.output<typeof invitationForm>;

/** What is wrong with a field by itself, and with fields that do not go together. */
export function checkInvitationForm(fields: Fields): Checked<InvitationForm> {
  const form = checkForm(invitationForm, fields);
  if (!form.ok || form.value.by === 'link' || form.value.email !== undefined) return form;
  return { ok: false, errors: { email: 'address_required' } };
}

export type Wished = { readonly ok: true; readonly wish: OwnWish } | { readonly ok: false; readonly errors: FieldErrors };

/** `longestSeconds`: as the group has it, so that the last day it allows can be chosen as a day. */
export function wishOf(form: InvitationForm, { now, longestSeconds }: Within): Wished {
  const { group, role, by, email, places: maxUses, message, pin, approval, label, locale, landing } = form;
  const expiresAt = endOf(form, { now, longestSeconds });
  if (expiresAt && expiresAt <= now) return { ok: false, errors: { until: 'in_the_past' } };
  const ends = stayOf(form);
  const wish = {
    groups: [role === plainRole ? group : `${group}:${role}`],
    channels: by === 'both' ? ['mail', 'link'] : [by],
    expiresAt,
    ends,
    email,
    emailRule: email === undefined ? undefined : form.email_rule,
    // An address is one person.
    maxUses: email === undefined ? maxUses : undefined,
    message,
    pin: pin === 'yes' || (pin === 'links' && by !== 'mail') || undefined,
    approval: approval && approval === 'yes',
    domains: form.domains?.length ? form.domains : undefined,
    label,
    locale,
    landingClientId: landing,
  };
  return { ok: true, wish: withoutUnsaid(wish) };
}

/** Only what was said: what was not is as the group has it. */
function withoutUnsaid(wish: Readonly<Record<string, unknown>>): OwnWish {
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined)) as OwnWish;
}

type Within = { readonly now: Date; readonly longestSeconds: number | undefined };

function endOf({ until, lasts }: InvitationForm, { now, longestSeconds }: Within): Date | undefined {
  if (until === undefined) return lasts === undefined ? undefined : addSeconds(now, lasts);
  if (until.length > 10) return new Date(until);
  const latest = longestSeconds === undefined ? undefined : addSeconds(now, longestSeconds);
  const end = lastSecondOf(until);
  return latest && latest < end && latest >= new Date(until) ? latest : end;
}

/** The server knows no time zone but UTC; pages show the instant in the reader's own. */
function lastSecondOf(day: string): Date {
  return new Date(`${day}T23:59:59Z`);
}

function stayOf({ stay, stay_until: until }: InvitationForm): OwnWish['ends'] {
  if (until !== undefined) return { at: until.length > 10 ? new Date(until) : lastSecondOf(until) };
  return stay === undefined ? undefined : { afterSeconds: stay };
}

const fieldOfRule: Readonly<Record<PolicyRule, InvitationField>> = {
  who: 'group',
  role: 'role',
  channel: 'by',
  lifetime: 'until',
  places: 'places',
  pin: 'pin',
  domain: 'domains',
  approval: 'approval',
  quota: 'places',
  length: 'stay',
};

/** By the words of `invitation/wish.ts`. */
const fieldOfOption: Readonly<Record<string, InvitationField>> = {
  groups: 'group',
  channels: 'by',
  email: 'email',
  emailRule: 'email_rule',
  maxUses: 'places',
  expiresAt: 'until',
  ends: 'stay',
  domains: 'domains',
  message: 'message',
  label: 'label',
  locale: 'locale',
  landingClientId: 'landing',
  pin: 'pin',
};

/** Where on the page it is said. Undefined: it has nothing to do with what was typed. */
export function errorsOf(error: unknown, form: Pick<InvitationForm, 'by'> & Partial<InvitationForm>): FieldErrors | undefined {
  if (error instanceof TypeError) return errorsOfOption(error.message);
  if (!(error instanceof Failure)) return undefined;
  switch (error.code) {
    case 'policy_refused':
      return errorsOfRule(error.detail['rule'] as PolicyRule, form);
    // A group that is not there looks like one of others.
    case 'grant_not_allowed':
    case 'group_not_found':
      return { group: 'policy_who' };
    case 'client_not_found':
      return { landing: 'other' };
    case 'key_used':
      return { form: 'form_used' };
    default:
      return undefined;
  }
}

function errorsOfRule(rule: PolicyRule, { email, until }: Partial<InvitationForm>): FieldErrors {
  if (rule === 'domain' && email !== undefined) return { email: 'policy_domain' };
  if (rule === 'lifetime' && until === undefined) return { lasts: 'policy_lifetime' };
  return { [fieldOfRule[rule]]: `policy_${rule}` };
}

function errorsOfOption(message: string): FieldErrors | undefined {
  const [, option = '', at] = /^invite: (\w+)(\.at)?/.exec(message) ?? [];
  const field = at ? 'stay_until' : fieldOfOption[option];
  if (!field) return undefined;
  return { [field]: field === 'stay_until' ? 'over_too_soon' : field === 'until' ? 'too_far' : 'other' };
}
