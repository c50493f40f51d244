/** The groups that somebody looks after, to choose from, without counting who is in them. */
import { managesGroup } from '../admin/access.ts';
import { type GroupNode, listGroupTree } from '../group/store.ts';
import type { ConsoleSite, Visitor } from './site.ts';

export async function groupsOf(site: Pick<ConsoleSite, 'database'>, { caller }: Pick<Visitor, 'caller'>): Promise<GroupNode[]> {
  return (await listGroupTree(site.database)).filter(({ slug }) => managesGroup(caller, slug));
}
