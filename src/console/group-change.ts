/**
 * `/admin/groups/:slug/change`: its name, its size, where it is in the tree; and archiving it. Whatever others would notice
 * of it is shown before it is done: apps that are told names, and people whose rights or managers would change.
 */
import type { Context } from 'koa';
import { z } from 'zod';
import type { Output } from '../admin/http-client.ts';
import { listClients } from '../client/store.ts';
import { findGroup } from '../group/store.ts';
import { checkForm, type FieldErrors, type Fields, formStatus, optional } from '../lib/form.ts';
import { sha256 } from '../lib/digest.ts';
import { groupsOf } from './group-choices.ts';
import { leadOn } from './done.ts';
import { consoleForm, consoleHref, readConsoleForm } from './forms.ts';
import { claimChanges } from './group-apps.ts';
import type { GroupEffects } from './group-data.ts';
import { complaintOf, numberField, nameLine, severalLines } from './group-fields.ts';
import { choicesOf, groupPath, headOf } from './group-head.ts';
import { listAbove, listRightsOfGroup } from './group-store.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

type Group = Output<'getGroup'>;

const slugOf = (ctx: Context) => String(ctx['params']['slug']);

export async function showChangeGroup(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await changePage(site, ctx, { visitor });
}

type Page = {
  readonly visitor: Visitor;
  readonly typed?: Fields;
  readonly errors?: FieldErrors;
  readonly effects?: GroupEffects;
  readonly seen?: string;
};

async function changePage(site: ConsoleSite, ctx: Context, { visitor, typed, errors = {}, effects, seen = '' }: Page): Promise<void> {
  const slug = slugOf(ctx);
  const doing = { site, ctx, visitor };
  const [group, groups] = await Promise.all([operate(doing, 'getGroup', { params: { slug } }), groupsOf(site, visitor)]);
  const data = {
    ...consoleForm(site, visitor, groupPath(slug, '/change')),
    head: headOf(site, visitor, group),
    typed: typed ?? typedOf(group),
    errors,
    parents: choicesOf(
      groups.filter((one) => one.slug !== slug),
      group.parent,
    ),
    effects,
    seen,
    archiveHref: consoleHref(site, groupPath(slug, '/archive')),
  };
  visitor.show({ page: 'console/group-change', data, status: formStatus(errors) });
}

function typedOf({ name, description, capacity, sensitive, parent }: Group): Fields {
  return {
    name,
    description,
    capacity: capacity === null ? '' : String(capacity),
    parent: parent ?? '',
    ...(sensitive && { sensitive: 'yes' }),
  };
}

const changeForm = z.strictObject({
  name: nameLine(100),
  description: severalLines(500),
  capacity: optional(numberField),
  parent: optional(z.string().max(64, 'other')),
  sensitive: z.literal('yes', 'other').optional(),
});

type Form = z.output<typeof changeForm>;

/** Only what is not so already: the record says what was changed. */
function changeOf({ capacity, parent, sensitive, ...named }: Form, group: Group) {
  const wish = { ...named, capacity: capacity ?? null, parent: parent ?? null, sensitive: sensitive === 'yes' };
  return Object.fromEntries(Object.entries(wish).filter(([name, value]) => value !== group[name as keyof Group]));
}

export async function changeGroup(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const slug = slugOf(ctx);
  const { seen, deed, ...typed } = await readConsoleForm(site, ctx, visitor);
  const form = checkForm(changeForm, typed);
  if (!form.ok) return changePage(site, ctx, { visitor, typed, errors: form.errors });
  const group = await operate({ site, ctx, visitor }, 'getGroup', { params: { slug } });
  const change = changeOf(form.value, group);
  const effects = await effectsOf(site, group, form.value);
  const mark = markOf(change);
  if (deed === 'look' || (isFelt(effects) && seen !== mark)) return changePage(site, ctx, { visitor, typed, effects, seen: mark });
  try {
    if (Object.keys(change).length > 0) await operate({ site, ctx, visitor }, 'changeGroup', { params: { slug }, body: change });
  } catch (error) {
    const known = { group_not_found: { parent: 'other' }, group_cycle: { parent: 'in_itself' }, group_too_deep: { parent: 'too_deep' } };
    return changePage(site, ctx, { visitor, typed, errors: complaintOf(error, known) });
  }
  leadOn(site, ctx, { to: groupPath(slug, '/change'), done: 'saved' });
}

/** What was looked at is what is done. */
function markOf(change: object): string {
  return sha256(JSON.stringify(change)).toString('base64url').slice(0, 22);
}

function isFelt({ claims, gained, lost, newAbove, oldAbove }: GroupEffects): boolean {
  return [claims, gained, lost, newAbove, oldAbove].some((list) => list.length > 0);
}

async function effectsOf(site: ConsoleSite, group: Group, { name, parent }: Form): Promise<GroupEffects> {
  const { database } = site;
  const [clients, above] = await Promise.all([listClients(database), listAbove(database, group.id)]);
  const claims = name === group.name ? [] : claimChanges(clients, { groupId: group.id, slug: group.slug, name: group.name, above }, name);
  if ((parent ?? null) === group.parent) return { claims, gained: [], lost: [], newAbove: [], oldAbove: [] };
  const [now, then] = await Promise.all([reachUnder(site, group.parent ?? undefined), reachUnder(site, parent)]);
  const own = new Set(group.rights);
  const without = (some: readonly string[], others: readonly string[]) => some.filter((one) => !others.includes(one) && !own.has(one));
  return {
    claims,
    gained: without(then.rights, now.rights),
    lost: without(now.rights, then.rights),
    newAbove: without(then.groups, now.groups),
    oldAbove: without(now.groups, then.groups),
  };
}

/** What comes to whatever is in this group, with its own. */
async function reachUnder({ database }: ConsoleSite, slug: string | undefined) {
  const group = slug === undefined ? undefined : await findGroup(database, slug);
  if (!group || group.archived) return { rights: [], groups: [] };
  const [rights, above] = await Promise.all([listRightsOfGroup(database, group.id), listAbove(database, group.id)]);
  return { rights: rights.map(({ name }) => name), groups: [group.name, ...above.map(({ name }) => name)] };
}

export async function askToArchive(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const slug = slugOf(ctx);
  const group = await operate({ site, ctx, visitor }, 'getGroup', { params: { slug } });
  const form = consoleForm(site, visitor, groupPath(slug, '/archive'));
  visitor.show({ page: 'console/group-archive', data: { ...form, head: headOf(site, visitor, group), memberCount: group.memberCount } });
}

/** Or takes it back. */
export async function archiveGroup(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const slug = slugOf(ctx);
  const { restore } = await readConsoleForm(site, ctx, visitor);
  await operate({ site, ctx, visitor }, 'changeGroup', { params: { slug }, body: { archived: restore !== 'yes' } });
  leadOn(site, ctx, { to: groupPath(slug, '/change'), done: 'saved' });
}
