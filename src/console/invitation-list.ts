/** `/admin/invitations`: those that there are, narrowed by parameters of the address, a page at a time; and as a file. */
import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { z } from 'zod';
import { findMailbox } from '../account/store.ts';
import { states } from '../admin/invitation-schema.ts';
import { Failure } from '../errors.ts';
import { addSeconds } from '../lib/clock.ts';
import { emailKey, emailSchema } from '../lib/email.ts';
import { setPageHeaders } from '../lib/headers.ts';
import { slugPattern } from '../group/group.ts';
import { cursorSchema } from './cursor.ts';
import { groupsOf } from './group-choices.ts';
import { consoleForm, consoleHref } from './forms.ts';
import type { InvitationFilters } from './invitation-data.ts';
import { listedOf } from './invitation-shown.ts';
import { type Operating, operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';
import { leadToStart, listAt, placeIn } from './way-back.ts';

const pageSize = 50;
const daySeconds = 24 * 60 * 60;

/** What makes no sense is as if it were not there. */
const querySchema = z.object({
  state: z.enum(states).or(z.literal('')).catch(''),
  group: z.string().regex(slugPattern).catch(''),
  campaign: z.uuid().catch(''),
  inviter: z.string().trim().max(200).catch(''),
  email: z.string().trim().toLowerCase().max(200).catch(''),
  label: z.string().trim().max(200).catch(''),
  from: z.iso.date().catch(''),
  until: z.iso.date().catch(''),
});

export async function showInvitations(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = querySchema.parse(ctx.query);
  const cursor = cursorSchema.parse(ctx.query['cursor']);
  const doing = { site, ctx, visitor };
  const groups = await groupsOf(site, visitor);
  // A group that is gone since the address was kept is nobody's.
  const filter = groups.some(({ slug }) => slug === typed.group) ? typed : { ...typed, group: '' };
  const wish = await wishOf(site, filter);
  const [campaigns, page] = await Promise.all([
    campaignsFor(doing, typed.campaign),
    operate(doing, 'listInvitations', { query: { ...wish, limit: pageSize, ...(cursor ? { cursor } : {}) } }),
  ]);
  const hrefOf = (more: Readonly<Record<string, string>>, path: '' | '/export' = '') => listHref(site, { ...filter, ...more }, path);
  if (cursor && page.items.length === 0 && !page.next) return leadToStart(ctx, hrefOf({}));
  visitor.show({
    page: 'console/invitations',
    data: {
      filter,
      isNarrowed: Object.values(filter).some((value) => value !== ''),
      groups: groups.map(({ slug: value, name: label }) => ({ value, label })),
      campaigns: campaigns.map(({ id: value, name: label }) => ({ value, label })),
      isAdmin: visitor.caller.isAdmin,
      invitations: await listedOf(site, page.items),
      pick: consoleForm(site, visitor, '/admin/invitations/pick'),
      place: placeIn({ ...filter, ...(cursor ? { cursor } : {}) }),
      isNothingChosen: ctx.query['nothing'] === 'yes',
      listHref: consoleHref(site, '/admin/invitations'),
      newHref: consoleHref(site, '/admin/invitations/new'),
      startHref: cursor ? hrefOf({}) : undefined,
      nextHref: page.next && hrefOf({ cursor: page.next }),
      exportHref: hrefOf({}, '/export'),
    },
  });
}

/** The newest, and the chosen one, however old. */
async function campaignsFor(doing: Operating, chosen: string): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const { items } = await operate(doing, 'listCampaigns', { query: { limit: 50 } });
  if (chosen === '' || items.some(({ id }) => id === chosen)) return items;
  try {
    return [...items, await operate(doing, 'getCampaign', { params: { campaignId: chosen } })];
  } catch (error) {
    if (error instanceof Failure) return items;
    throw error;
  }
}

function listHref(site: Pick<ConsoleSite, 'issuer'>, query: Readonly<Record<string, string>>, path: '' | '/export' = ''): string {
  return consoleHref(site, listAt(`/admin/invitations${path}`, placeIn(query)));
}

/** Days are those of UTC, the last one whole. Somebody's address stands for their account. */
async function wishOf({ database }: ConsoleSite, { from, until, inviter, ...filter }: InvitationFilters) {
  const mailbox = inviter.includes('@') ? emailSchema.safeParse(inviter) : undefined;
  const known = mailbox?.success ? await findMailbox(database, emailKey(mailbox.data)) : undefined;
  const wish = {
    ...filter,
    inviter: known?.accountId ?? inviter,
    createdAfter: from && new Date(from).toISOString(),
    createdBefore: until && addSeconds(new Date(until), daySeconds).toISOString(),
  };
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== ''));
}

export async function exportInvitations(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const query = { ...(await wishOf(site, querySchema.parse(ctx.query))), format: 'csv' as const };
  const { type, chunks, fileName } = await operate({ site, ctx, visitor }, 'exportInvitations', { query });
  setPageHeaders(ctx);
  ctx.attachment(fileName);
  ctx.type = type;
  ctx.body = Readable.from(chunks);
}
