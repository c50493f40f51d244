/** What the pages about one app share: which one it is, and a secret that is told once. */
import type { Context } from 'koa';
import { z } from 'zod';
import type { Output } from '../admin/http-client.ts';
import { Failure } from '../errors.ts';
import { addSeconds } from '../lib/clock.ts';
import { groupsOf } from './group-choices.ts';
import type { AppHead, GroupChoice } from './app-data.ts';
import { type ConsoleForm, consoleForm, consoleHref, type ConsolePath } from './forms.ts';
import { findKept, keep, keptSeconds } from './kept.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

export type ShownClient = Output<'getClient'>;

export const idOf = (ctx: Context): string => String(ctx['params']['clientId']);

export function appPath(id: string, below: '' | `/${string}` = ''): `/admin/${string}` {
  return `/admin/apps/${encodeURIComponent(id)}${below}`;
}

/** Throws `client_not_found`. */
export async function findApp(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<ShownClient> {
  return operate({ site, ctx, visitor }, 'getClient', { params: { clientId: idOf(ctx) } });
}

export function headOf(site: ConsoleSite, { id, name }: Pick<ShownClient, 'id' | 'name'>): AppHead {
  const href = (below: '' | `/${string}`) => consoleHref(site, appPath(id, below));
  return {
    id,
    name,
    listHref: consoleHref(site, '/admin/apps'),
    href: href(''),
    tabs: { overview: href(''), settings: href('/settings'), told: href('/claims'), logouts: href('/logouts') },
  };
}

/** With those among `kept` that have been archived since they were chosen. */
export async function groupChoices(
  site: ConsoleSite,
  { visitor, kept = [] }: { readonly visitor: Visitor; readonly kept?: readonly (string | null)[] },
): Promise<GroupChoice[]> {
  const groups = await groupsOf(site, visitor);
  return groups
    .filter(({ slug, archived }) => !archived || kept.includes(slug))
    .map(({ slug, name, archived: isArchived }) => ({ value: slug, label: name, isArchived }));
}

const toldSchema = z.object({ secret: z.string(), until: z.iso.datetime().transform((text) => new Date(text)) });

/** Whoever comes back from another window finds it for a while; afterwards there is only another one. */
export async function tellSecret(site: ConsoleSite, visitor: Visitor, { name, secret }: { name: string; secret: string }): Promise<void> {
  await keep(site, visitor, { kind: 'secret', name, value: { secret, until: addSeconds(site.clock(), keptSeconds) } });
}

export async function toldSecret(
  site: ConsoleSite,
  visitor: Visitor,
  { name, path }: { readonly name: string; readonly path: ConsolePath },
): Promise<(ConsoleForm & z.output<typeof toldSchema>) | undefined> {
  const found = await findKept(site, visitor, { kind: 'secret', name });
  return found === undefined ? undefined : { ...toldSchema.parse(found), ...consoleForm(site, visitor, path) };
}

/** What the server says against it, in its own words. Others are thrown again. */
export function complaintOf(error: unknown): string {
  if (!(error instanceof Failure)) throw error;
  const { code, detail } = error;
  if (code === 'client_invalid') return String(detail['complaint']);
  if (code === 'wish_invalid') return `${detail['field']} ${detail['problem']}`;
  if (code === 'group_not_found') return `There is no group ${detail['slug']}`;
  throw error;
}
