/** `/admin/groups`: all groups as a tree, and making one. Managers see theirs and those beneath. */
import type { Context } from 'koa';
import { z } from 'zod';
import { countedMembers, slugPattern } from '../group/group.ts';
import { checkForm, type FieldErrors, type Fields, formStatus, optional } from '../lib/form.ts';
import { groupsOf } from './group-choices.ts';
import { leadOn } from './done.ts';
import { consoleForm, consoleHref, readConsoleForm } from './forms.ts';
import { choicesOf, groupPath } from './group-head.ts';
import { complaintOf, numberField, nameLine, severalLines } from './group-fields.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const findSchema = z.string().trim().max(100).catch('');

export async function showGroups(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { items } = await operate({ site, ctx, visitor }, 'listGroups', {});
  const find = findSchema.parse(ctx.query['find']);
  const wanted = find.toLowerCase();
  const found = items.filter(({ slug, name }) => slug.includes(wanted) || name.toLowerCase().includes(wanted));
  // Of a manager the tree begins with what is theirs; of what was looked for there is no tree.
  const top = find ? Number.POSITIVE_INFINITY : Math.min(...items.map(({ depth }) => depth));
  visitor.show({
    page: 'console/groups',
    data: {
      mostCounted: countedMembers.inLists,
      groups: found.map(({ slug, name, depth, memberCount, capacity, sensitive, archived }) => ({
        ...{ slug, name, memberCount, capacity, sensitive, archived },
        depth: Math.max(0, depth - top),
        href: consoleHref(site, groupPath(slug)),
      })),
      find,
      listHref: consoleHref(site, '/admin/groups'),
      newHref: visitor.caller.isAdmin ? consoleHref(site, '/admin/groups/new') : undefined,
    },
  });
}

export async function showNewGroup(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await newPage(site, ctx, { visitor, typed: {}, errors: {} });
}

type Page = { readonly visitor: Visitor; readonly typed: Fields; readonly errors: FieldErrors };

async function newPage(site: ConsoleSite, ctx: Context, { visitor, typed, errors }: Page): Promise<void> {
  const doing = { site, ctx, visitor };
  const [groups, { items: rights }] = await Promise.all([groupsOf(site, visitor), operate(doing, 'listRights', {})]);
  const data = {
    ...consoleForm(site, visitor, '/admin/groups/new'),
    typed,
    errors,
    parents: choicesOf(groups),
    rights: rights.map(({ name }) => name),
  };
  visitor.show({ page: 'console/group-new', data, status: formStatus(errors) });
}

const newForm = z.strictObject({
  name: nameLine(100),
  slug: z.string().trim().min(1, 'required').regex(slugPattern, 'not_a_slug'),
  description: severalLines(500),
  parent: optional(z.string().max(64, 'other')),
  capacity: optional(numberField),
  sensitive: z.literal('yes', 'other').optional(),
});

export async function makeGroup(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = await readConsoleForm(site, ctx, visitor);
  const again = (errors: FieldErrors) => newPage(site, ctx, { visitor, typed, errors });
  const boxes = Object.keys(typed).filter((name) => name.startsWith('right:'));
  const form = checkForm(newForm, Object.fromEntries(Object.entries(typed).filter(([name]) => !boxes.includes(name))));
  if (!form.ok) return again(form.errors);
  const { sensitive, ...wish } = form.value;
  const body = { ...wish, sensitive: sensitive === 'yes', rights: boxes.map((name) => name.slice(6)) };
  try {
    await operate({ site, ctx, visitor }, 'createGroup', { body: JSON.parse(JSON.stringify(body)) });
  } catch (error) {
    return again(
      complaintOf(error, {
        group_exists: { slug: 'slug_taken' },
        group_not_found: { parent: 'other' },
        group_too_deep: { parent: 'too_deep' },
      }),
    );
  }
  leadOn(site, ctx, { to: groupPath(form.value.slug), done: 'created' });
}
