/** Lists of invitations, narrowed by what is indexed; the state that one has is told by its own rule, not by SQL. */
import { z } from 'zod';
import { Failure } from '../errors.ts';
import { findGroup } from '../group/store.ts';
import type { InvitationSummary } from '../invitation/summary.ts';
import { requireGroup, sightOf } from './access.ts';
import type { Filters, ShownInvitation } from './invitation-schema.ts';
import { type InvitationFilter, seekInvitations, type Sought } from './invitation-store.ts';
import { withDetails } from './invitation-shown.ts';
import type { Call } from './operation.ts';
import { fromCursor, toCursor } from './schema.ts';

export type InvitationPage = { readonly items: ShownInvitation[]; readonly next?: string };

/** So many are looked at for one page, a few at first: where few fit, the page is short, and there is a next one. */
const looks = [500, 2_000, 5_000];
/** What is found in vain costs more than what is looked at. */
const mostShown = 200;

type Wish = Filters & { readonly limit: number; readonly cursor?: string | undefined };

/** Newest first. Throws `group_not_found`, `wish_invalid`. */
export async function listPage(call: Call, { limit, cursor, ...wish }: Wish): Promise<InvitationPage> {
  const filter = await filterOf(call, wish);
  const found: InvitationSummary[] = [];
  let [before] = fromCursor(cursor, z.tuple([z.string()])) ?? [];
  for (const [index, most] of looks.entries()) {
    const wanted = index === 0 ? limit + 1 : Math.min(mostShown, 3 * (limit + 1 - found.length));
    const sought: Sought = await seek(call, { filter, before, looks: Math.max(most, wanted), most: wanted });
    const summaries = await call.guestlist.findAll(sought.ids);
    found.push(...summaries.filter(({ state }) => wish.state === undefined || state === wish.state));
    before = sought.reached;
    if (found.length > limit || before === undefined) break;
  }
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1)?.id : before;
  return { items: await withDetails(call, shown), ...(last === undefined ? {} : { next: toCursor([last]) }) };
}

type Seeking = { readonly filter: InvitationFilter; readonly before: string | undefined; readonly looks: number; readonly most: number };

function seek({ database, caller, now }: Call, seeking: Seeking): Promise<Sought> {
  return seekInvitations(database, { ...seeking, sight: sightOf(caller), now });
}

async function filterOf({ caller, database }: Call, wish: Filters): Promise<InvitationFilter> {
  const { state, group, inviter, campaign: campaignId, email: emailPrefix, label: labelPrefix, createdAfter, createdBefore } = wish;
  if (group !== undefined) requireGroup(caller, group);
  const found = group === undefined ? undefined : await findGroup(database, group);
  if (group !== undefined && !found) throw new Failure('group_not_found', { slug: group });
  return { state, groupId: found?.id, inviter, campaignId, emailPrefix, labelPrefix, createdAfter, createdBefore };
}

/** Every one of them, a page at a time. */
export async function* listAll(call: Call, wish: Filters): AsyncGenerator<ShownInvitation[]> {
  for (let cursor: string | undefined; ; ) {
    const { items, next } = await listPage(call, { ...wish, limit: 500, cursor });
    if (items.length > 0) yield items;
    if (next === undefined) return;
    cursor = next;
  }
}
