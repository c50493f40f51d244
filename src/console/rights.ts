/** `/admin/rights`: what there is to be allowed, which groups bring it, who has it by themselves; making, giving and taking. */
import type { Context } from 'koa';
import { z } from 'zod';
import { findMailbox } from '../account/store.ts';
import { Failure } from '../errors.ts';
import { rightPattern } from '../group/group.ts';
import { emailKey, emailSchema } from '../lib/email.ts';
import { checkForm, type FieldErrors, type Fields, formStatus, optional } from '../lib/form.ts';
import { groupsOf } from './group-choices.ts';
import { leadOn } from './done.ts';
import { type ConsolePath, consoleForm, consoleHref, readConsoleForm } from './forms.ts';
import { complaintOf, dayField, severalLines } from './group-fields.ts';
import { groupPath } from './group-head.ts';
import { operate } from './operate.ts';
import type { RightPageData } from './right-data.ts';
import { countHolders, listHolders } from './right-store.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const pageSize = 50;
/** Above it, one more or less makes no difference to anybody. */
const most = 1_000;

export const rightPath = (right: string): ConsolePath => `/admin/rights/one?${new URLSearchParams({ right })}`;

export async function showRights(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await listPage(site, ctx, { visitor, typed: {}, errors: {} });
}

type Page = { readonly visitor: Visitor; readonly typed: Fields; readonly errors: FieldErrors };

async function listPage(site: ConsoleSite, ctx: Context, { visitor, typed, errors }: Page): Promise<void> {
  const doing = { site, ctx, visitor };
  const [{ items: rights }, groups] = await Promise.all([operate(doing, 'listRights', {}), groupsOf(site, visitor)]);
  const names = rights.map(({ name }) => name);
  const counts = await countHolders(site.database, { rights: names, now: site.clock(), limit: most + 1 });
  const nameOf = new Map(groups.map(({ slug, name }) => [slug, name]));
  const data = {
    ...consoleForm(site, visitor, '/admin/rights'),
    typed,
    errors,
    most,
    rights: rights.map(({ name, description, groups: slugs }) => ({
      name,
      description,
      href: consoleHref(site, rightPath(name)),
      groups: slugs.map((slug) => nameOf.get(slug) ?? slug),
      count: counts.get(name) ?? 0,
    })),
  };
  visitor.show({ page: 'console/rights', data, status: formStatus(errors) });
}

const nameField = z.string().trim().min(1, 'name_required').regex(rightPattern, 'not_a_right');
const newForm = z.strictObject({ name: nameField, description: severalLines(500) });

export async function makeRight(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = await readConsoleForm(site, ctx, visitor);
  const again = (errors: FieldErrors) => listPage(site, ctx, { visitor, typed, errors });
  const form = checkForm(newForm, typed);
  if (!form.ok) return again(form.errors);
  try {
    await operate({ site, ctx, visitor }, 'createRight', { body: form.value });
  } catch (error) {
    return again(complaintOf(error, { right_exists: { name: 'right_taken' } }));
  }
  leadOn(site, ctx, { to: '/admin/rights', done: 'created' });
}

const querySchema = z.object({
  right: z.string().regex(rightPattern).catch(''),
  after: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional()
    .catch(undefined),
});

export async function showRight(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { right } = querySchema.parse(ctx.query);
  await rightPage(site, ctx, { visitor, right, typed: {}, errors: {} });
}

async function rightPage(
  site: ConsoleSite,
  ctx: Context,
  { visitor, right, typed, errors }: Page & { readonly right: string },
): Promise<void> {
  const doing = { site, ctx, visitor };
  const [{ items: rights }, groups] = await Promise.all([operate(doing, 'listRights', {}), groupsOf(site, visitor)]);
  const found = rights.find(({ name }) => name === right);
  if (!found) throw new Failure('right_not_found', { right });
  const { after } = querySchema.parse(ctx.query);
  const holders = await listHolders(site.database, { right, before: after, limit: pageSize + 1, now: site.clock() });
  const shown = holders.slice(0, pageSize);
  const last = holders.length > pageSize ? shown.at(-1) : undefined;
  const data: RightPageData = {
    ...found,
    groups: groups
      .filter(({ slug }) => found.groups.includes(slug))
      .map(({ slug, name }) => ({ name, href: consoleHref(site, groupPath(slug)) })),
    holders: shown.map(({ accountId, name, email, since, until, invitationId, inviterName }) => ({
      name: name || email || accountId,
      email: email ?? undefined,
      href: consoleHref(site, `/admin/people/${encodeURIComponent(accountId)}`),
      since,
      until: until ?? undefined,
      invitationHref: invitationId === null ? undefined : consoleHref(site, `/admin/invitations/${encodeURIComponent(invitationId)}`),
      inviterName: inviterName ?? undefined,
      takeHref: consoleHref(site, takePath(accountId, right)),
    })),
    give: consoleForm(site, visitor, '/admin/rights/give'),
    typed,
    errors,
    startHref: after === undefined ? undefined : consoleHref(site, rightPath(right)),
    nextHref: last && `${consoleHref(site, rightPath(right))}&after=${last.id}`,
  };
  visitor.show({ page: 'console/right', data, status: formStatus(errors) });
}

export const takePath = (account: string, right: string): ConsolePath => `/admin/rights/take?${new URLSearchParams({ account, right })}`;

const giveForm = z.strictObject({ right: nameField, email: emailSchema, until: optional(dayField) });

export async function giveRight(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = await readConsoleForm(site, ctx, visitor);
  const right = typed['right'] ?? '';
  const again = (errors: FieldErrors) => rightPage(site, ctx, { visitor, right, typed, errors });
  const form = checkForm(giveForm, typed);
  if (!form.ok) return again(form.errors);
  const { email, until } = form.value;
  const accountId = (await findMailbox(site.database, emailKey(email)))?.accountId;
  if (accountId === undefined) return again({ email: 'nobody_with_it' });
  if (until !== undefined && new Date(until) <= site.clock()) return again({ until: 'in_the_past' });
  const body = until === undefined ? {} : { endsAt: until };
  const { added } = await operate({ site, ctx, visitor }, 'giveRight', { params: { accountId, right }, body });
  if (added.length === 0) return again({ email: 'has_it_already' });
  leadOn(site, ctx, { to: rightPath(right), done: 'added' });
}

const takeSchema = z.object({ account: z.string().min(1).max(200), right: z.string().regex(rightPattern) });

export async function askToTake(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const who = takeSchema.safeParse(ctx.query);
  if (!who.success) throw new Failure('page_not_found');
  const { account: accountId, right } = who.data;
  const { name, email } = await operate({ site, ctx, visitor }, 'getAccount', { params: { accountId } });
  const form = consoleForm(site, visitor, '/admin/rights/take');
  const data = { ...form, right, person: name || email, hidden: who.data, backHref: consoleHref(site, rightPath(right)) };
  visitor.show({ page: 'console/right-take', data });
}

export async function takeRight(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const form = checkForm(takeSchema, await readConsoleForm(site, ctx, visitor));
  if (!form.ok) throw new Failure('form_invalid');
  const { account: accountId, right } = form.value;
  await operate({ site, ctx, visitor }, 'takeRight', { params: { accountId, right } });
  leadOn(site, ctx, { to: rightPath(right), done: 'removed' });
}
