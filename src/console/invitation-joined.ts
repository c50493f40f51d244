/** How many have joined, as it happens. */
import type { Context } from 'koa';
import { findInvitation } from '../invitation/store.ts';
import { streamEvents } from './event-stream.ts';
import { consoleLocale } from './language.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

export async function streamJoined(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const id = String(ctx['params']['id']);
  await operate({ site, ctx, visitor }, 'getInvitation', { params: { invitationId: id } });
  const words = site.renderer.texts.in(consoleLocale(site, ctx));
  const look = async () => {
    const found = await findInvitation(site.database, id);
    if (!found) return undefined;
    const { usedCount: used, maxUses: most } = found;
    return { event: { used, most, words: words('console.screen.joined', { used, most }) } };
  };
  streamEvents(ctx, { accountId: visitor.account.id, look });
}
