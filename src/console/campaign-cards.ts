/**
 * Cards to print: made all at once, and their links and PINs can be seen for a while by whoever made them, in this session
 * alone; afterwards nobody can look them up. The sheet is a page that runs nothing and that no browser keeps.
 */
import type { Context } from 'koa';
import { z } from 'zod';
import { Failure } from '../errors.ts';
import { localeOf } from '../lib/answer.ts';
import { inTransaction } from '../lib/db.ts';
import { setPageHeaders } from '../lib/headers.ts';
import { leadOn } from './done.ts';
import { consoleForm, consoleHref, readConsoleForm } from './forms.ts';
import { campaignPath } from './campaign-shown.ts';
import { findKept, forgetKept, keep } from './kept.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const idOf = (ctx: Context) => String(ctx['params']['id']);

const cardsSchema = z.array(
  z.object({
    position: z.int(),
    invitationId: z.string(),
    name: z
      .string()
      .nullish()
      .transform((name) => name ?? undefined),
    url: z.string(),
    code: z.string(),
    pin: z
      .string()
      .nullish()
      .transform((pin) => pin ?? undefined),
    expiresAt: z.iso.datetime().transform((text) => new Date(text)),
    places: z.array(z.string()),
  }),
);

export async function cardsOf(site: ConsoleSite, visitor: Visitor, id: string) {
  const found = await findKept(site, visitor, { kind: 'cards', name: id });
  return found === undefined ? undefined : cardsSchema.parse(found);
}

/** What cannot be told again is kept in the same moment: both happen, or neither. */
export async function makeCards(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<number> {
  const id = idOf(ctx);
  return inTransaction(site.database, async (transaction) => {
    const { cards } = await operate({ site, ctx, visitor, transaction }, 'runCampaign', { params: { campaignId: id }, body: {} });
    const inside = { ...site, database: transaction } as ConsoleSite;
    const before = (await findKept(inside, visitor, { kind: 'cards', name: id })) as unknown[] | undefined;
    if (cards.length > 0) await keep(inside, visitor, { kind: 'cards', name: id, value: [...(before ?? []), ...cards] });
    return cards.length;
  });
}

async function requireCards(site: ConsoleSite, ctx: Context, visitor: Visitor) {
  const cards = await cardsOf(site, visitor, idOf(ctx));
  if (!cards) throw new Failure('page_not_found');
  return cards;
}

export async function showCards(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const id = idOf(ctx);
  const { name } = await operate({ site, ctx, visitor }, 'getCampaign', { params: { campaignId: id } });
  const cards = await requireCards(site, ctx, visitor);
  const data = {
    ...consoleForm(site, visitor, campaignPath(id, '/cards/done')),
    name,
    count: cards.length,
    sheetHref: consoleHref(site, campaignPath(id, '/cards/sheet')),
    campaignHref: consoleHref(site, campaignPath(id)),
  };
  visitor.show({ page: 'console/campaign-cards', data });
}

export async function showSheet(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await operate({ site, ctx, visitor }, 'getCampaign', { params: { campaignId: idOf(ctx) } });
  const cards = await requireCards(site, ctx, visitor);
  const locale = localeOf(site.renderer, ctx);
  setPageHeaders(ctx, { secretAddress: true });
  ctx.set('Content-Language', locale);
  ctx.type = 'html';
  ctx.body = site.guestlist.campaigns.sheet(cards, { locale });
}

export async function endCards(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await readConsoleForm(site, ctx, visitor);
  await forgetKept(site, visitor, { kind: 'cards', name: idOf(ctx) });
  leadOn(site, ctx, { to: campaignPath(idOf(ctx)), done: 'cardsForgotten' });
}
