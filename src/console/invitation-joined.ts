/**
 * How many have joined, as it happens (server-sent events, HTML §9.2). A stream lasts a minute, then the browser asks for
 * the next one by itself: so whoever may not look any more stops looking, and nobody holds on to a server that is ending.
 */
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from 'koa';
import { findInvitation } from '../invitation/store.ts';
import { setPageHeaders } from '../lib/headers.ts';
import { consoleLocale } from './language.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const everyMs = 1_500;
const rounds = 40;
const retryMs = 1_000;

export async function streamJoined(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const id = String(ctx['params']['id']);
  await operate({ site, ctx, visitor }, 'getInvitation', { params: { invitationId: id } });
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
  let told = -1;
  yield `retry: ${retryMs}\n\n`;
  for (let round = 0; round < rounds && !signal.aborted; round += 1) {
    const found = await findInvitation(database, id);
    if (!found) return;
    const { usedCount: used, maxUses: most } = found;
    if (used !== told) yield `data: ${JSON.stringify({ used, most, words: words('console.screen.joined', { used, most }) })}\n\n`;
    told = used;
    await pause(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
