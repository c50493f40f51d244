/**
 * News for a page that is open (server-sent events, HTML §9.2). A stream lasts a minute, then the browser asks for the next
 * one by itself: so whoever may not look any more stops looking, and nobody holds on to a server that is ending.
 *
 * Of one person few are open at once, in one process: each looks into the database again and again, and over HTTP/1.1 a
 * browser has six connections to a server, all of which they would take. The oldest makes room, and asks again after a while.
 */
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from 'koa';
import { setPageHeaders } from '../lib/headers.ts';

const everyMs = 1_500;
const rounds = 40;
const retryMs = 1_000;
const laterMs = 15_000;
export const mostStreams = 4;

/** Undefined: there is nothing to look at any more. */
export type Look = () => Promise<{ readonly event: object; readonly isLast?: boolean } | undefined>;

/** Of each person, the oldest first. */
const open = new Map<string, Set<AbortController>>();

export function streamEvents(ctx: Context, { accountId, look }: { readonly accountId: string; readonly look: Look }): void {
  if (ctx.res.closed) return;
  const { signal } = openStream(ctx, accountId);
  setPageHeaders(ctx);
  // A proxy that waits for the end of it would tell nothing.
  ctx.set('X-Accel-Buffering', 'no');
  ctx.type = 'text/event-stream';
  ctx.body = Readable.from(eventsOf(look, signal));
}

function openStream(ctx: Context, accountId: string): AbortController {
  const theirs = open.get(accountId) ?? new Set();
  const stream = new AbortController();
  open.set(accountId, theirs.add(stream));
  for (const oldest of [...theirs].slice(0, -mostStreams)) {
    theirs.delete(oldest);
    oldest.abort();
  }
  ctx.res.once('close', () => {
    theirs.delete(stream);
    if (theirs.size === 0 && open.get(accountId) === theirs) open.delete(accountId);
    stream.abort();
  });
  return stream;
}

async function* eventsOf(look: Look, signal: AbortSignal): AsyncGenerator<string> {
  let told = '';
  yield `retry: ${retryMs}\n\n`;
  for (let round = 0; round < rounds && !signal.aborted; round += 1) {
    const found = await look();
    if (!found) return;
    const event = JSON.stringify(found.event);
    if (event !== told) yield `data: ${event}\n\n`;
    told = event;
    if (found.isLast) return;
    await pause(everyMs, undefined, { signal }).catch(() => undefined);
  }
  if (signal.aborted) yield `retry: ${laterMs}\n\n`;
}
