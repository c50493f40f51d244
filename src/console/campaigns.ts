/** `/admin/campaigns`: those that there are, the newest first, with how far each is. */
import type { Context } from 'koa';
import { cursorSchema } from './cursor.ts';
import { groupsOf } from './group-choices.ts';
import { consoleHref } from './forms.ts';
import { campaignOf, type GroupNames } from './campaign-shown.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const pageSize = 25;

export async function showCampaigns(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const cursor = cursorSchema.parse(ctx.query['cursor']);
  const doing = { site, ctx, visitor };
  const [{ items, next }, names] = await Promise.all([
    operate(doing, 'listCampaigns', { query: { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) } }),
    groupNames(site, visitor),
  ]);
  const listHref = consoleHref(site, '/admin/campaigns');
  visitor.show({
    page: 'console/campaigns',
    data: {
      campaigns: items.map((item) => campaignOf(site, item, names)),
      newHref: consoleHref(site, '/admin/campaigns/new'),
      startHref: cursor === undefined ? undefined : listHref,
      nextHref: next && `${listHref}?${new URLSearchParams({ cursor: next })}`,
    },
  });
}

export async function groupNames(site: ConsoleSite, visitor: Visitor): Promise<GroupNames> {
  const groups = await groupsOf(site, visitor);
  return new Map(groups.map(({ slug, name }) => [slug, name]));
}
