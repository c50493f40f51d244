/**
 * The form by which an invitation is made: what may stand in it, what it wishes for, and in which field a refusal belongs.
 * It decides nothing about who may what: that is for the use case, the same as for programs.
 */
import { z } from 'zod';
import type { Input } from '../admin/http-client.ts';
import { Failure } from '../errors.ts';
import { plainRole } from '../group/group.ts';
import type { PolicyRule } from '../group/policy.ts';
import { addSeconds } from '../lib/clock.ts';
import { domainSchema } from '../lib/email.ts';
import { type FieldErrors, type Fields, lineOfText, optional, textOfLines } from '../lib/form.ts';

/** In the order of the page. */
const inviteFields = [
  'who',
  'addresses',
  'groups',
  'places',
  'lasts',
  'until',
  'message',
  'pin',
  'label',
  'template',
  'approval',
  'email_rule',
  'domains',
  'start',
  'stay',
  'stay_until',
  'acr',
  'landing',
  'locale',
] as const;

type InviteField = (typeof inviteFields)[number];

const seconds = z
  .string()
  .regex(/^\d{2,10}$/, 'not_a_time')
  .transform(Number);

/** A day, as people choose it; or an instant, as a program may say it. */
export const dayOrInstant = z.union([z.iso.date(), z.iso.datetime({ offset: true })], 'not_a_date');

export const placesField = z
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

const yes = z.literal('yes', 'other').optional();

export const inviteForm = z
  .strictObject({
    /** Made up for this page: a form that is sent twice makes one invitation. */
    key: z.string().regex(/^[\w-]{16,64}$/, 'other'),
    who: z.enum(['link', 'mail'], 'other'),
    addresses: z.string().max(60_000, 'too_many_addresses').default(''),
    groups: z.array(z.string()),
    rights: z.array(z.string()),
    places: optional(placesField),
    lasts: optional(seconds),
    until: optional(dayOrInstant),
    message: optional(textOfLines(500)),
    pin: yes,
    label: optional(lineOfText(100)),
    template: optional(z.string().max(64, 'other')),
    approval: yes,
    email_rule: optional(z.enum(['exact', 'verify', 'any'], 'other')),
    domains: optional(domains),
    start: optional(dayOrInstant),
    stay: optional(seconds),
    stay_until: optional(dayOrInstant),
    acr: optional(z.string().max(200, 'other')),
    landing: optional(z.string().max(200, 'other')),
    locale: optional(z.string().max(20, 'other')),
    /** Whose tokens the preview shows. */
    app: optional(z.string().max(200, 'other')),
  })
  .refine(({ groups, rights, template }) => groups.length + rights.length > 0 || template !== undefined, {
    path: ['groups'],
    message: 'nothing_given',
  });

export type InviteForm = z.output<typeof inviteForm>;

/** Boxes `group:choir` with their `role:choir`, and `right:docs` become lists. */
export function gathered(fields: Fields): Record<string, unknown> {
  const rest: Record<string, unknown> = {};
  const groups: string[] = [];
  const rights: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    const [kind, rest_] = [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)];
    if (kind === 'group') {
      const role = fields[`role:${rest_}`] ?? plainRole;
      groups.push(role === plainRole ? rest_ : `${rest_}:${role}`);
    } else if (kind === 'right') rights.push(rest_);
    else if (kind !== 'role' && name !== 'see') rest[name] = value;
  }
  return { ...rest, groups, rights };
}

/** The server knows no time zone but UTC; pages show the instant in the reader's own. */
export function endOfDay(text: string): Date {
  return new Date(text.length > 10 ? text : `${text}T23:59:59Z`);
}

type Body = Input<'createInvitation'>['body'];

/** Only what was said: what was not is as the template or the group has it. `email`: the one to be mailed. */
export function bodyOf(form: InviteForm, { now, email }: { readonly now: Date; readonly email: string | undefined }): Body {
  return without({
    ...sharedOf(form, now),
    email,
    channels: email === undefined ? undefined : ['mail'],
    // An address is one person.
    maxUses: email === undefined ? form.places : undefined,
    emailRule: email === undefined ? undefined : form.email_rule,
    pin: form.pin && true,
  }) as Body;
}

/** Of many: each is mailed, for one person. */
export function campaignWishOf(form: InviteForm, now: Date): Input<'createCampaign'>['body']['wish'] {
  return without({ ...sharedOf(form, now), emailRule: form.email_rule }) as Input<'createCampaign'>['body']['wish'];
}

function sharedOf(form: InviteForm, now: Date) {
  const { groups, rights, template, label, message, approval, start, acr, landing, locale } = form;
  const expiresAt = form.until !== undefined ? endOfDay(form.until) : form.lasts === undefined ? undefined : addSeconds(now, form.lasts);
  return {
    groups: groups.length > 0 ? groups : undefined,
    rights: rights.length > 0 ? rights : undefined,
    template,
    label,
    message,
    approval: approval && true,
    domains: form.domains?.length ? form.domains : undefined,
    startsAt: start && new Date(start).toISOString(),
    expiresAt: expiresAt?.toISOString(),
    ends: endsOf(form),
    acr,
    landingClientId: landing,
    locale,
  };
}

function endsOf({ stay, stay_until: until }: InviteForm) {
  if (until !== undefined) return { at: endOfDay(until).toISOString() };
  return stay === undefined ? undefined : { afterSeconds: stay };
}

function without(wish: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined && value !== 0));
}

const fieldOfRule: Readonly<Record<PolicyRule, InviteField>> = {
  who: 'groups',
  role: 'groups',
  channel: 'who',
  lifetime: 'until',
  places: 'places',
  pin: 'pin',
  domain: 'domains',
  approval: 'approval',
  quota: 'places',
  length: 'stay',
};

const fieldOfOption: Readonly<Record<string, InviteField>> = {
  groups: 'groups',
  rights: 'groups',
  email: 'addresses',
  addresses: 'addresses',
  channels: 'who',
  emailRule: 'email_rule',
  maxUses: 'places',
  expiresAt: 'until',
  startsAt: 'start',
  ends: 'stay_until',
  domains: 'domains',
  message: 'message',
  label: 'label',
  name: 'label',
  locale: 'locale',
  landingClientId: 'landing',
  template: 'template',
  acr: 'acr',
  pin: 'pin',
  approval: 'approval',
};

/** Where on the page it is said. Undefined: it has nothing to do with what was typed. */
export function errorsOfWish(error: unknown): FieldErrors | undefined {
  if (!(error instanceof Failure)) return undefined;
  const { code, detail } = error;
  if (code === 'policy_refused') {
    const rule = detail['rule'] as PolicyRule;
    return { [fieldOfRule[rule]]: `policy_${rule}` };
  }
  if (code === 'wish_invalid') return errorsOfOption(String(detail['field']), String(detail['problem']));
  const simple: Partial<Record<Failure['code'], FieldErrors>> = {
    grant_not_allowed: { groups: 'policy_who' },
    group_not_found: { groups: 'policy_who' },
    right_not_found: { groups: 'policy_who' },
    client_not_found: { landing: 'other' },
    template_not_found: { template: 'other' },
    places_below_used: { places: 'places_below_used' },
    key_used: { form: 'form_used' },
  };
  return simple[code];
}

function errorsOfOption(option: string, problem: string): FieldErrors | undefined {
  const [first = ''] = option.replace(/^wish\./, '').split('.');
  const field = fieldOfOption[first];
  if (!field) return undefined;
  if (field === 'stay_until') return { stay_until: 'over_too_soon' };
  if (field === 'until') return { until: /future|past/.test(problem) ? 'in_the_past' : 'too_far' };
  if (field === 'start') return { start: 'starts_too_late' };
  return { [field]: 'other' };
}
