/** Who is in a group, by hand: taking somebody out, and putting somebody in without asking them. */
import type { Context } from 'koa';
import { z } from 'zod';
import { findMailbox } from '../account/store.ts';
import { Failure } from '../errors.ts';
import { plainRole, rolePattern } from '../group/group.ts';
import { emailKey, emailSchema } from '../lib/email.ts';
import { checkForm, type FieldErrors, type Fields, formStatus, optional } from '../lib/form.ts';
import { leadOn } from './done.ts';
import { consoleForm, readConsoleForm } from './forms.ts';
import { complaintOf, dayField } from './group-fields.ts';
import { groupPath, headOf } from './group-head.ts';
import { findMember } from './people-store.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const whoSchema = z.object({ account: z.string().min(1).max(200), role: z.string().regex(rolePattern).optional() });

export async function askToRemove(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const slug = String(ctx['params']['slug']);
  const group = await operate({ site, ctx, visitor }, 'getGroup', { params: { slug } });
  const who = whoSchema.safeParse(ctx.query);
  const { account, role = '' } = who.data ?? { account: '' };
  const person = await findMember(site.database, { groupId: group.id, accountId: account, now: site.clock() });
  if (!person) throw new Failure('account_not_found', { accountId: account });
  const data = {
    ...consoleForm(site, visitor, groupPath(slug, '/remove')),
    head: headOf(site, visitor, group),
    person: person.name || (person.email ?? account),
    hidden: { account, ...(role && { role }) },
    role,
  };
  visitor.show({ page: 'console/group-remove', data });
}

export async function removeMember(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const slug = String(ctx['params']['slug']);
  const form = checkForm(whoSchema, await readConsoleForm(site, ctx, visitor));
  if (!form.ok) throw new Failure('form_invalid');
  const { account: accountId, role } = form.value;
  await operate({ site, ctx, visitor }, 'removeMember', { params: { slug, accountId }, query: role === undefined ? {} : { role } });
  leadOn(site, ctx, { to: groupPath(slug), done: 'removed' });
}

export async function showAddMember(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await addPage(site, ctx, { visitor, typed: { role: plainRole }, errors: {} });
}

type Page = { readonly visitor: Visitor; readonly typed: Fields; readonly errors: FieldErrors };

async function addPage(site: ConsoleSite, ctx: Context, { visitor, typed, errors }: Page): Promise<void> {
  const slug = String(ctx['params']['slug']);
  const group = await operate({ site, ctx, visitor }, 'getGroup', { params: { slug } });
  const data = { ...consoleForm(site, visitor, groupPath(slug, '/add')), head: headOf(site, visitor, group), typed, errors };
  visitor.show({ page: 'console/group-add', data, status: formStatus(errors) });
}

const addForm = z.strictObject({
  email: emailSchema,
  role: z.string().trim().regex(rolePattern, 'not_a_role'),
  until: optional(dayField),
});

export async function addMember(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const slug = String(ctx['params']['slug']);
  const typed = await readConsoleForm(site, ctx, visitor);
  const again = (errors: FieldErrors) => addPage(site, ctx, { visitor, typed, errors });
  const form = checkForm(addForm, typed);
  if (!form.ok) return again(form.errors);
  const { email, role, until } = form.value;
  const accountId = (await findMailbox(site.database, emailKey(email)))?.accountId;
  if (accountId === undefined) return again({ email: 'nobody_with_it' });
  if (until !== undefined && new Date(until) <= site.clock()) return again({ until: 'in_the_past' });
  try {
    const body = { accountId, role, ...(until !== undefined && { endsAt: until }) };
    const { added } = await operate({ site, ctx, visitor }, 'addMember', { params: { slug }, body });
    if (added.length === 0) return again({ email: 'in_already' });
  } catch (error) {
    return again(complaintOf(error, {}, { endsAt: 'until' }));
  }
  leadOn(site, ctx, { to: groupPath(slug), done: 'added' });
}
