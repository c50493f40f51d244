/**
 * How far a campaign is, as it happens (server-sent events, HTML §9.2). A stream lasts a minute, then the browser asks for
 * the next one by itself: so whoever may not look any more stops looking. Without a script, the page is asked for again.
 */
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from 'koa';
import { findCampaign } from '../campaign/store.ts';
import { setPageHeaders } from '../lib/headers.ts';
import { consoleLocale } from './language.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const everyMs = 1_500;
const rounds = 40;
const retryMs = 1_000;

export async function streamProgress(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const id = String(ctx['params']['id']);
  await operate({ site, ctx, visitor }, 'getCampaign', { params: { campaignId: id } });
  const gone = new AbortController();
  ctx.req.once('close', () => gone.abort());
  setPageHeaders(ctx);
  // A proxy that waits for the end of it would tell nothing.
  ctx.set('X-Accel-Buffering', 'no');
  ctx.type = 'text/event-stream';
  ctx.body = Readable.from(eventsOf(site, { id, locale: consoleLocale(site, ctx), signal: gone.signal }));
}

type Watching = { readonly id: string; readonly locale: string; readonly signal: AbortSignal };

async function* eventsOf({ database, renderer }: ConsoleSite, { id, locale, signal }: Watching): AsyncGenerator<string> {
  const words = renderer.texts.in(locale);
  let told = '';
  yield `retry: ${retryMs}\n\n`;
  for (let round = 0; round < rounds && !signal.aborted; round += 1) {
    const found = await findCampaign(database, id);
    if (!found) return;
    const { rows, waiting, made, failed, state } = found;
    const event = JSON.stringify({
      rows,
      settled: rows - waiting,
      state,
      words: words('console.campaign.progress', { rows, made, failed, waiting }),
    });
    if (event !== told) yield `data: ${event}\n\n`;
    told = event;
    if (state === 'done' || state === 'cancelled') return;
    await pause(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
