/** `/admin/requests/desks`: where one can ask to be invited, what an approval gives, and what decides by itself. */
import type { Context } from 'koa';
import { z } from 'zod';
import { domainSchema } from '../lib/email.ts';
import { checkForm, type FieldErrors, type Fields, formStatus, optional } from '../lib/form.ts';
import { ownUrl } from '../invitation/host.ts';
import { groupsOf } from './group-choices.ts';
import { leadOn } from './done.ts';
import { type ConsolePath, consoleForm, consoleHref, type ConsoleForm, readConsoleForm } from './forms.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';
import { errorsOfWish, placesField } from './invitation-form.ts';

type Desk = { readonly slug: string; readonly name: string; readonly isOpen: boolean };

export type DesksData = {
  'console/request-desks': {
    readonly desks: readonly (Desk & { readonly href: string })[];
    readonly listHref: string;
    readonly groupsHref: string;
  };
  'console/request-desk': ConsoleForm & {
    readonly desk: Desk & { readonly template: string; readonly url: string };
    readonly templates: readonly string[];
    readonly rules: readonly { readonly domain: string; readonly decision: 'approve' | 'decline'; readonly perDay: number | undefined }[];
    readonly typed: Fields;
    readonly errors: FieldErrors;
    readonly listHref: string;
    readonly desksHref: string;
  };
};

export async function showDesks(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const found = await desksOf(site, ctx, visitor);
  const desks = found.map(({ slug, name, isOpen }) => ({ slug, name, isOpen, href: consoleHref(site, `/admin/requests/desks/${slug}`) }));
  visitor.show({
    page: 'console/request-desks',
    data: { desks, listHref: consoleHref(site, '/admin/requests'), groupsHref: consoleHref(site, '/admin/groups') },
  });
}

/** Each group of theirs, whether one ever could ask there or not. */
async function desksOf(site: ConsoleSite, ctx: Context, visitor: Visitor) {
  const doing = { site, ctx, visitor };
  const [groups, { items: desks }] = await Promise.all([groupsOf(site, visitor), operate(doing, 'listRequestDesks', {})]);
  const live = groups.filter(({ archived }) => !archived);
  return live.map(({ slug, name }) => {
    const desk = desks.find((one) => one.slug === slug);
    return { slug, name, isKnown: desk !== undefined, isOpen: desk?.open ?? false, template: desk?.template ?? '' };
  });
}

const pathOf = (slug: string): ConsolePath => `/admin/requests/desks/${encodeURIComponent(slug)}`;

export async function showDesk(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await show(site, ctx, { visitor, typed: {}, errors: {} });
}

type Showing = { readonly visitor: Visitor; readonly typed: Fields; readonly errors: FieldErrors };

async function show(site: ConsoleSite, ctx: Context, { visitor, typed, errors }: Showing): Promise<void> {
  const doing = { site, ctx, visitor };
  const slug = String(ctx['params']['slug']);
  // Throws what is to be said of a group that is not theirs.
  await operate(doing, 'getGroup', { params: { slug } });
  const found = (await desksOf(site, ctx, visitor)).find((one) => one.slug === slug);
  const { name = slug, isKnown = false, isOpen = false, template = '' } = found ?? {};
  const [templates, rules] = await Promise.all([
    operate(doing, 'listTemplates', {}),
    isKnown ? operate(doing, 'listRequestRules', { params: { slug } }) : undefined,
  ]);
  const data = {
    ...consoleForm(site, visitor, pathOf(slug)),
    desk: { slug, name, isOpen, template, url: ownUrl(site.issuer, `/invite/request/${slug}`) },
    templates: templates.items.map((one) => one.name),
    rules: (rules?.items ?? []).map(({ domain, decision, perDay }) => ({ domain, decision, perDay: perDay ?? undefined })),
    typed,
    errors,
    listHref: consoleHref(site, '/admin/requests'),
    desksHref: consoleHref(site, '/admin/requests/desks'),
  };
  visitor.show({ page: 'console/request-desk', data, status: formStatus(errors) });
}

const deskForm = z.discriminatedUnion('deed', [
  z.strictObject({ deed: z.literal('open'), template: optional(z.string().max(64, 'other')) }),
  z.strictObject({ deed: z.literal('close') }),
  z.strictObject({
    deed: z.literal('rule'),
    domain: z.union([z.literal('*'), domainSchema], 'not_a_domain'),
    decision: z.enum(['approve', 'decline'], 'other'),
    per_day: optional(placesField),
  }),
  z.strictObject({ deed: z.literal('unrule'), domain: z.string().max(260, 'not_a_domain') }),
]);

export async function changeDesk(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const fields = await readConsoleForm(site, ctx, visitor);
  const form = checkForm(deskForm, fields);
  if (!form.ok) return show(site, ctx, { visitor, typed: fields, errors: form.errors });
  const to = pathOf(String(ctx['params']['slug']));
  try {
    await doIt(site, ctx, { visitor, form: form.value });
    leadOn(site, ctx, { to, done: form.value.deed === 'unrule' ? 'removed' : 'saved' });
  } catch (error) {
    const errors = errorsOfWish(error);
    if (!errors) throw error;
    await show(site, ctx, { visitor, typed: fields, errors });
  }
}

type Wished = { readonly visitor: Visitor; readonly form: z.output<typeof deskForm> };

async function doIt(site: ConsoleSite, ctx: Context, { visitor, form }: Wished): Promise<void> {
  const doing = { site, ctx, visitor };
  const slug = String(ctx['params']['slug']);
  switch (form.deed) {
    case 'open':
      await operate(doing, 'openRequestDesk', { params: { slug }, body: form.template === undefined ? {} : { template: form.template } });
      return;
    case 'close':
      await operate(doing, 'closeRequestDesk', { params: { slug } });
      return;
    case 'rule': {
      const { domain, decision, per_day: perDay } = form;
      const body = { decision, ...(perDay === undefined || decision === 'decline' ? {} : { perDay }) };
      await operate(doing, 'setRequestRule', { params: { slug, domain }, body });
      return;
    }
    case 'unrule':
      await operate(doing, 'removeRequestRule', { params: { slug, domain: form.domain } });
  }
}
