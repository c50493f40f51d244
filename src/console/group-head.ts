/** What the pages about one group share: where they are, and who may see which. */
import { managesGroup } from '../admin/access.ts';
import type { Output } from '../admin/http-client.ts';
import { type ConsolePath, consoleHref } from './forms.ts';
import type { Choice, GroupHead } from './group-data.ts';
import type { ConsoleSite, Visitor } from './site.ts';

type Group = Output<'getGroup'>;

/** A group may be called `new`, which is another page. */
export function groupPath(slug: string, page = ''): ConsolePath {
  const path = page || (slug === 'new' ? '/members' : '');
  return `/admin/groups/${encodeURIComponent(slug)}${path}`;
}

export function headOf(site: ConsoleSite, visitor: Visitor, { slug, name, archived }: Group): GroupHead {
  const href = (page?: string) => consoleHref(site, groupPath(slug, page));
  const change = visitor.caller.isAdmin ? href('/change') : undefined;
  return { slug, name, archived, hrefs: { members: href(), policy: href('/policy'), change } };
}

/** As far as it is the visitor's business. */
export function groupHref(site: ConsoleSite, { caller }: Visitor, slug: string): string | undefined {
  return managesGroup(caller, slug) ? consoleHref(site, groupPath(slug)) : undefined;
}

/** Groups to choose from, as a tree. `kept` can be chosen although it is archived: it was chosen before. */
export function choicesOf(groups: readonly Pick<Group, 'slug' | 'name' | 'depth' | 'archived'>[], kept?: string | null): Choice[] {
  return groups
    .filter(({ slug, archived }) => !archived || slug === kept)
    .map(({ slug, name, depth }) => ({ value: slug, label: `${'– '.repeat(depth)}${name} (${slug})` }));
}
