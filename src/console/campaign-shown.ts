/** Campaigns as the console shows them: what the API answers, with dates, and with names for what they give. */
import type { Output } from '../admin/http-client.ts';
import { type ConsolePath, consoleHref } from './forms.ts';
import type { ListedCampaign } from './campaign-data.ts';
import type { ConsoleSite } from './site.ts';

export type WireCampaign = Output<'getCampaign'>;

export function campaignPath(id: string, page = ''): ConsolePath {
  return `/admin/campaigns/${encodeURIComponent(id)}${page}`;
}

/** By slug. */
export type GroupNames = ReadonlyMap<string, string>;

export function campaignOf(site: Pick<ConsoleSite, 'issuer'>, campaign: WireCampaign, names: GroupNames): ListedCampaign {
  const { id, name, kind, state, rows, waiting, made, failed, createdAt, groups, rights } = campaign;
  return {
    ...{ id, name, kind, state, rows, waiting, made, failed },
    href: consoleHref(site, campaignPath(id)),
    createdAt: new Date(createdAt),
    gives: givesOf({ groups, rights }, names),
  };
}

/** `Choir`, `Choir (manager)`, `wiki:edit`. */
export function givesOf(
  { groups = [], rights = [] }: { readonly groups?: readonly string[]; readonly rights?: readonly string[] },
  names: GroupNames,
) {
  const places = groups.map((grant) => {
    const [slug = '', role] = grant.split(':');
    return `${names.get(slug) ?? slug}${role === undefined ? '' : ` (${role})`}`;
  });
  return [...places, ...rights];
}
