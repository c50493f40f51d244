/**
 * `/admin/invitations/new`: one page for a link, for one address or for many, with a preview beside it. What is typed can
 * be looked at before anything is made: it rests as a draft, for this session alone, and its address holds a name for it.
 */
import type { Context } from 'koa';
import { z } from 'zod';
import type { Output } from '../admin/http-client.ts';
import { createOnlyOnce } from '../admin/once.ts';
import { acrValues } from '../account/account.ts';
import { listApps } from '../client/store.ts';
import type { Once } from '../invitation/once.ts';
import { leadTo, localeOf } from '../lib/answer.ts';
import type { Transaction } from '../lib/db.ts';
import { checkForm, type FieldErrors, type Fields, formStatus } from '../lib/form.ts';
import { leadOn } from './done.ts';
import { consoleForm, consoleHref, readConsoleForm } from './forms.ts';
import { lookAtAddresses } from './invitation-check.ts';
import type { CheckedAddresses, InvitationNewData, PreviewTab } from './invitation-data.ts';
import { bodyOf, campaignWishOf, errorsOfWish, gathered, type InviteForm, inviteForm } from './invitation-form.ts';
import { keepShared } from './invitation-share.ts';
import { findKept, keep } from './kept.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const tabs = ['mail', 'page', 'apps'] as const satisfies readonly PreviewTab[];
const seeSchema = z
  .enum([...tabs, 'check'])
  .optional()
  .catch(undefined);
const draftKeySchema = z.string().regex(/^[\w-]{16,64}$/);

const onlyOnce = createOnlyOnce();

export async function findDraft(site: ConsoleSite, visitor: Visitor, key: unknown): Promise<Fields | undefined> {
  const name = draftKeySchema.safeParse(key);
  return name.success ? ((await findKept(site, visitor, { kind: 'draft', name: name.data })) as Fields | undefined) : undefined;
}

export async function showNew(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = await findDraft(site, visitor, ctx.query['draft']);
  const see = typed && seeSchema.parse(ctx.query['see']);
  await showForm(site, ctx, { visitor, typed: typed ?? usual(site, ctx), errors: {}, see });
}

function usual(site: ConsoleSite, ctx: Context): Fields {
  const group = typeof ctx.query['group'] === 'string' ? { [`group:${ctx.query['group']}`]: 'yes' } : {};
  return { ...group, who: 'link', key: site.random(16).toString('base64url'), locale: localeOf(site.renderer, ctx) };
}

type Form = {
  readonly visitor: Visitor;
  readonly typed: Fields;
  readonly errors: FieldErrors;
  readonly see?: PreviewTab | 'check' | undefined;
  readonly checked?: CheckedAddresses | undefined;
};

async function showForm(site: ConsoleSite, ctx: Context, { visitor, typed, errors, see, checked }: Form): Promise<void> {
  const key = errors['form'] === 'form_used' || !typed['key'] ? site.random(16).toString('base64url') : typed['key'];
  const tab = tabs.find((one) => one === see);
  const data: InvitationNewData = {
    ...consoleForm(site, visitor, '/admin/invitations/new'),
    ...(await choicesOf(site, ctx, visitor)),
    key,
    typed,
    errors,
    checked: checked ?? (await checkOf(site, ctx, { visitor, typed, see })),
    preview: tab && { tab, src: consoleHref(site, `/admin/invitations/drafts/${key}/${tab}`) },
    importHref: consoleHref(site, '/admin/campaigns'),
    listHref: consoleHref(site, '/admin/invitations'),
  };
  visitor.show({ page: 'console/invitation-new', data, frames: true, status: formStatus(errors) });
}

type Choices = Pick<InvitationNewData, 'groups' | 'rights' | 'templates' | 'apps' | 'tokenApps' | 'locales' | 'strengths'>;

/** Only what they may give. */
async function choicesOf(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<Choices> {
  const doing = { site, ctx, visitor };
  const { isAdmin } = visitor.caller;
  const [groups, rights, templates, apps, clients] = await Promise.all([
    site.guestlist.mayInviteTo(visitor.account.id),
    isAdmin ? operate(doing, 'listRights', {}) : undefined,
    operate(doing, 'listTemplates', {}),
    listApps(site.database),
    isAdmin ? operate(doing, 'listClients', {}) : undefined,
  ]);
  return {
    groups,
    rights: rights?.items.map(({ name }) => name) ?? [],
    templates: templates.items.map(({ name }) => name),
    apps,
    tokenApps: clients?.items.map(({ id: clientId, name }) => ({ clientId, name })) ?? [],
    locales: site.renderer.texts.locales,
    strengths: acrValues,
  };
}

type Checking = Pick<Form, 'visitor' | 'typed' | 'see'>;

async function checkOf(site: ConsoleSite, ctx: Context, { visitor, typed, see }: Checking): Promise<CheckedAddresses | undefined> {
  if (!see || typed['who'] !== 'mail' || !typed['addresses']?.trim()) return undefined;
  const form = checkForm(inviteForm, gathered(typed) as Fields);
  // Without a group it can be told all the same which addresses are none; with one that is not theirs, nothing.
  if (!form.ok) return undefined;
  try {
    return (await lookAtAddresses(site, ctx, { visitor, form: form.value })).checked;
  } catch (error) {
    if (!errorsOfWish(error)) throw error;
    return undefined;
  }
}

export async function makeInvitation(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const fields = await readConsoleForm(site, ctx, visitor);
  const see = seeSchema.parse(fields['see']);
  if (see && draftKeySchema.safeParse(fields['key']).success) return showDraft(site, ctx, { visitor, fields, see });
  const form = checkForm(inviteForm, gathered(fields) as Fields);
  if (!form.ok) return showForm(site, ctx, { visitor, typed: fields, errors: form.errors });
  try {
    const wrong = await (form.value.who === 'link'
      ? makeOne(site, ctx, { visitor, fields, form: form.value })
      : makeMailed(site, ctx, { visitor, fields, form: form.value }));
    if (wrong) await showForm(site, ctx, { visitor, typed: fields, ...wrong });
  } catch (error) {
    const errors = errorsOfWish(error);
    if (!errors) throw error;
    await showForm(site, ctx, { visitor, typed: fields, errors });
  }
}

type Drafting = { readonly visitor: Visitor; readonly fields: Fields; readonly see: PreviewTab | 'check' };

async function showDraft(site: ConsoleSite, ctx: Context, { visitor, fields, see }: Drafting): Promise<void> {
  const name = String(fields['key']);
  await keep(site, visitor, { kind: 'draft', name, value: fields });
  const place = see === 'check' ? 'addresses' : 'preview';
  leadTo(ctx, `${consoleHref(site, '/admin/invitations/new')}?${new URLSearchParams({ draft: name, see })}#${place}`);
}

type Making = { readonly visitor: Visitor; readonly fields: Fields; readonly form: InviteForm };
type Wrong = Pick<Form, 'errors' | 'checked'> | undefined;

function onceOf({ visitor, fields, form }: Making): Once {
  return { accountId: visitor.account.id, key: `console new ${form.key}`, wish: JSON.stringify(fields) };
}

type Issued = Output<'createInvitation'>;

async function makeOne(site: ConsoleSite, ctx: Context, making: Making): Promise<Wrong> {
  const { visitor, form } = making;
  const body = bodyOf(form, { now: site.clock(), email: undefined });
  const issue = (transaction: Transaction) => operate({ site, ctx, visitor, transaction }, 'createInvitation', { body });
  await passOn(site, ctx, { visitor, issued: await onlyOnce(site, onceOf(making), issue) });
  return undefined;
}

async function passOn(
  site: ConsoleSite,
  ctx: Context,
  { visitor, issued }: { readonly visitor: Visitor; readonly issued: Issued },
): Promise<void> {
  const path = `/admin/invitations/${encodeURIComponent(issued.id)}` as const;
  if (await keepShared(site, visitor, issued)) leadTo(ctx, consoleHref(site, `${path}/sheet`));
  else leadOn(site, ctx, { to: path, done: 'sent' });
}

/** The addresses are not what they would have to be. */
class NotMailed extends Error {
  readonly wrong: NonNullable<Wrong>;
  constructor(wrong: NonNullable<Wrong>) {
    super('nothing was mailed');
    this.wrong = wrong;
  }
}

/** They are looked at only where it is the first time: whoever sends the form twice has invited them already. */
async function makeMailed(site: ConsoleSite, ctx: Context, making: Making): Promise<Wrong> {
  const { visitor } = making;
  try {
    const made = await onlyOnce(site, onceOf(making), (transaction) => mailAll(site, ctx, { ...making, transaction }));
    if ('issued' in made) await passOn(site, ctx, { visitor, issued: made.issued });
    else leadOn(site, ctx, { to: `/admin/campaigns/${encodeURIComponent(made.campaignId)}`, done: 'created' });
    return undefined;
  } catch (error) {
    if (error instanceof NotMailed) return error.wrong;
    throw error;
  }
}

/** One is an invitation, several are a campaign. Throws `NotMailed`. */
async function mailAll(
  site: ConsoleSite,
  ctx: Context,
  { visitor, form, transaction }: Making & { readonly transaction: Transaction },
): Promise<{ readonly issued: Issued } | { readonly campaignId: string }> {
  const doing = { site, ctx, visitor, transaction };
  const { checked, people, complaint } = await lookAtAddresses(site, ctx, { visitor, form, transaction });
  if (complaint) throw new NotMailed({ checked, errors: { addresses: form.addresses.trim() === '' ? 'addresses_required' : complaint } });
  const [first] = people;
  if (people.length === 1 && first) {
    const body = bodyOf(form, { now: site.clock(), email: first.email });
    return { issued: await operate(doing, 'createInvitation', { body }) };
  }
  // A PIN has to be told to somebody: of many that are mailed it would be in nobody's hands.
  if (form.pin) throw new NotMailed({ checked, errors: { pin: 'pin_for_one' } });
  const body = {
    name: form.label ?? `${site.clock().toISOString().slice(0, 10)} (${people.length})`,
    wish: campaignWishOf(form, site.clock()),
    rows: people.map(({ email, name: person }) => ({ email, ...(person ? { name: person } : {}) })),
  };
  return { campaignId: (await operate(doing, 'createCampaign', { body })).id };
}
