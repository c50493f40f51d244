/** `/admin/groups/:slug/rights`: what comes with being in a group, one right more or one less. Admins alone. */
import type { Context } from 'koa';
import { z } from 'zod';
import type { Output } from '../admin/http-client.ts';
import { Failure } from '../errors.ts';
import { rightPattern } from '../group/group.ts';
import { leadOn } from './done.ts';
import { consoleForm, readConsoleForm } from './forms.ts';
import type { RightsForm } from './group-data.ts';
import { groupPath } from './group-head.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

type Changing = { readonly site: ConsoleSite; readonly ctx: Context; readonly visitor: Visitor };

/** Undefined: not for this visitor. */
export async function rightsFormOf(doing: Changing, { slug, rights }: Output<'getGroup'>): Promise<RightsForm | undefined> {
  const { site, visitor } = doing;
  if (!visitor.caller.isAdmin) return undefined;
  const { items } = await operate(doing, 'listRights', {});
  const more = items.flatMap(({ name }) => (rights.includes(name) ? [] : [name]));
  return { ...consoleForm(site, visitor, groupPath(slug, '/rights')), more, own: rights };
}

const right = z.string().regex(rightPattern);
const changeSchema = z.union([z.strictObject({ add: right }), z.strictObject({ take: right })]);

export async function changeRights(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const slug = String(ctx['params']['slug']);
  const form = changeSchema.safeParse(await readConsoleForm(site, ctx, visitor));
  if (!form.success) throw new Failure('form_invalid');
  const doing = { site, ctx, visitor };
  if ('add' in form.data) await operate(doing, 'addGroupRight', { params: { slug, right: form.data.add } });
  else await operate(doing, 'removeGroupRight', { params: { slug, right: form.data.take } });
  leadOn(site, ctx, { to: groupPath(slug), done: 'saved' });
}
