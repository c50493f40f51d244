/** `/admin/groups/:slug/policy`: what whoever invites to a group keeps to, in plain words, and every knob of it. */
import type { Context } from 'koa';
import { z } from 'zod';
import type { Input } from '../admin/http-client.ts';
import { rolePattern } from '../group/group.ts';
import { defaultPolicy, type GroupPolicy } from '../group/policy.ts';
import { domainSchema } from '../lib/email.ts';
import { checkForm, type FieldErrors, type Fields, formStatus, optional } from '../lib/form.ts';
import { leadOn } from './done.ts';
import { consoleForm, readConsoleForm } from './forms.ts';
import { complaintOf, numberField } from './group-fields.ts';
import { groupPath, headOf } from './group-head.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

export async function showPolicy(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await policyPage(site, ctx, { visitor });
}

type Page = { readonly visitor: Visitor; readonly typed?: Fields; readonly errors?: FieldErrors };

async function policyPage(site: ConsoleSite, ctx: Context, { visitor, typed, errors = {} }: Page): Promise<void> {
  const slug = String(ctx['params']['slug']);
  const doing = { site, ctx, visitor };
  const [group, wire] = await Promise.all([
    operate(doing, 'getGroup', { params: { slug } }),
    operate(doing, 'getPolicy', { params: { slug } }),
  ]);
  const policy: GroupPolicy = { ...defaultPolicy, ...(wire as Partial<GroupPolicy>) };
  const data = {
    ...consoleForm(site, visitor, groupPath(slug, '/policy')),
    head: headOf(site, visitor, group),
    policy,
    mayChange: visitor.caller.isAdmin,
    typed: typed ?? typedOf(policy),
    errors,
  };
  visitor.show({ page: 'console/group-policy', data, status: formStatus(errors) });
}

const units = { minutes: 60, hours: 3_600, days: 86_400 } as const;
type Unit = keyof typeof units;

/** In the largest unit that it is a whole number of. */
function lengthOf(name: string, seconds: number | undefined): Fields {
  if (seconds === undefined) return { [name]: '', [`${name}_unit`]: 'days' };
  const unit = (['days', 'hours'] as const).find((one) => seconds % units[one] === 0) ?? 'minutes';
  return { [name]: String(Math.ceil(seconds / units[unit])), [`${name}_unit`]: unit };
}

function typedOf({ who, roles, channels, maxPlaces, perDay, domains, approval, pinForLinks, ...lengths }: GroupPolicy): Fields {
  return {
    who,
    roles: roles?.join(', ') ?? '',
    ...Object.fromEntries(channels.map((channel) => [channel, 'yes'])),
    ...lengthOf('lifetime', lengths.maxLifetimeSeconds),
    ...lengthOf('stay', lengths.membershipSeconds),
    places: maxPlaces === undefined ? '' : String(maxPlaces),
    per_day: perDay === undefined ? '' : String(perDay),
    domains: domains.join(', '),
    ...(approval && { approval: 'yes' }),
    ...(pinForLinks && { pin: 'yes' }),
  };
}

/** What is between commas, spaces or lines. */
const several = (one: z.ZodType<string>, complaint: string) =>
  z
    .string()
    .max(10_000, 'too_long')
    .default('')
    .transform((text, context) => {
      const parsed = text
        .split(/[\s,;]+/)
        .filter(Boolean)
        .map((part) => one.safeParse(part));
      if (parsed.length > 50) context.addIssue({ code: 'custom', message: 'too_long' });
      if (parsed.some(({ success }) => !success)) context.addIssue({ code: 'custom', message: complaint });
      return parsed.flatMap(({ data }) => data ?? []);
    });

const yes = z.literal('yes', 'other').optional();
const unit = z.enum(Object.keys(units) as [Unit, ...Unit[]], 'other').default('days');

const policyForm = z
  .strictObject({
    who: z.enum(['admins', 'managers', 'members'], 'other'),
    roles: several(z.string().regex(rolePattern), 'not_a_role'),
    mail: yes,
    link: yes,
    lifetime: optional(numberField),
    lifetime_unit: unit,
    places: optional(numberField),
    per_day: optional(numberField),
    pin: yes,
    domains: several(domainSchema as z.ZodType<string>, 'not_a_domain'),
    approval: yes,
    stay: optional(numberField),
    stay_unit: unit,
  })
  .refine(({ mail, link }) => mail || link, { path: ['channels'], message: 'no_channel' });

function bodyOf(form: z.output<typeof policyForm>): Input<'setPolicy'>['body'] {
  const { who, roles, mail, link, places, per_day: perDay, pin, domains, approval } = form;
  const seconds = (count: number | undefined, by: Unit) => (count === undefined ? undefined : count * units[by]);
  const wish = {
    who,
    roles: roles.length > 0 ? roles : undefined,
    channels: [...(mail ? ['mail'] : []), ...(link ? ['link'] : [])],
    maxLifetimeSeconds: seconds(form.lifetime, form.lifetime_unit),
    maxPlaces: places,
    pinForLinks: pin === 'yes',
    domains,
    approval: approval === 'yes',
    perDay,
    membershipSeconds: seconds(form.stay, form.stay_unit),
  };
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
}

const fieldOf = { maxLifetimeSeconds: 'lifetime', membershipSeconds: 'stay', maxPlaces: 'places', perDay: 'per_day' };

export async function setPolicy(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const slug = String(ctx['params']['slug']);
  const { deed, ...typed } = await readConsoleForm(site, ctx, visitor);
  if (deed === 'remove') await operate({ site, ctx, visitor }, 'removePolicy', { params: { slug } });
  else {
    const form = checkForm(policyForm, typed);
    if (!form.ok) return policyPage(site, ctx, { visitor, typed, errors: form.errors });
    try {
      await operate({ site, ctx, visitor }, 'setPolicy', { params: { slug }, body: bodyOf(form.value) });
    } catch (error) {
      return policyPage(site, ctx, { visitor, typed, errors: complaintOf(error, {}, fieldOf) });
    }
  }
  leadOn(site, ctx, { to: groupPath(slug, '/policy'), done: 'saved' });
}
