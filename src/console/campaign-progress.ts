/** How far a campaign is, as it happens. Without a script, the page is asked for again. */
import type { Context } from 'koa';
import { findCampaign } from '../campaign/store.ts';
import { streamEvents } from './event-stream.ts';
import { consoleLocale } from './language.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

export async function streamProgress(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const id = String(ctx['params']['id']);
  await operate({ site, ctx, visitor }, 'getCampaign', { params: { campaignId: id } });
  const words = site.renderer.texts.in(consoleLocale(site, ctx));
  const look = async () => {
    const found = await findCampaign(site.database, id);
    if (!found) return undefined;
    const { rows, waiting, made, failed, state } = found;
    const event = { rows, settled: rows - waiting, state, words: words('console.campaign.progress', { rows, made, failed, waiting }) };
    return { event, isLast: state === 'done' || state === 'cancelled' };
  };
  streamEvents(ctx, { accountId: visitor.account.id, look });
}
