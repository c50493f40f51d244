/** Every page sample at an address of its own, with the real stylesheets, scripts and headers: what people and programs look at. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import Koa from 'koa';
import { serveAssets } from '../../src/lib/assets.ts';
import { setPageHeaders } from '../../src/lib/headers.ts';
import { htmlPages, isMail, pageAt } from '../views/render.ts';

export type Area = 'invitee' | 'portal' | 'console' | 'mail';

export type Shown = { readonly id: number; readonly area: Area; readonly title: string; html(locale: string): string };

const areas: Readonly<Record<string, Area>> = { portal: 'portal', console: 'console', campaign: 'console' };

export const shown: readonly Shown[] = htmlPages.map(({ title, name, data }, id) => ({
  id,
  title,
  area: isMail(name) ? 'mail' : (areas[name.split('/')[0] ?? ''] ?? 'invitee'),
  html: (locale) => pageAt('/here', name, { data, locale }),
}));

export type SampleServer = { hrefOf(sample: Shown, locale: string): string; close(): void };

export async function serveSamples(): Promise<SampleServer> {
  const router = new Router();
  router.get('/op/invite/assets/:file', serveAssets());
  router.get('/sample/:locale/:id', (ctx) => {
    setPageHeaders(ctx, { connects: true, frames: true });
    // Mails bring their own styles, which no page may.
    if (shown[Number(ctx['params'].id)]?.area === 'mail') ctx.remove('Content-Security-Policy');
    ctx.type = 'html';
    // A page that goes on by itself would be gone before anybody has seen it.
    ctx.body = shown[Number(ctx['params'].id)]?.html(String(ctx['params'].locale)).replace(/<meta http-equiv="refresh"[^>]*>/, '');
  });
  const server = createServer(new Koa().use(router.routes()).callback());
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    hrefOf: ({ id }, locale) => `http://localhost:${port}/sample/${locale}/${id}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
