/**
 * The map of the members' API, and what each call passes: who calls, how often, and for browsers from where. Refusals go
 * up to the server, which answers programs with problem+json (RFC 9457).
 */
import Router from '@koa/router';
import type { Middleware } from 'koa';
import type { Throttle } from '../lib/throttle.ts';
import type { Guestlist } from '../plugin.ts';
import { allowOrigin, answerPreflight, withRules } from './browsers.ts';
import { createCallerOf, type TokenSite } from './access-token.ts';
import { type Call, callOf, invite, list, reissue, resend, revoke, show, showGroups } from './me.ts';

export type ApiSite = TokenSite & { readonly guestlist: Guestlist; readonly calls: Throttle };

export function apiRoutes(site: ApiSite): Middleware {
  const callerOf = createCallerOf(site);
  const at =
    (handler: (call: Call) => Promise<void>): Middleware =>
    async (ctx) => {
      const caller = await callerOf(ctx.get('Authorization') || undefined);
      allowOrigin(ctx, caller.client);
      await site.calls.consume(caller.accountId);
      await handler(callOf(site, ctx, caller));
    };
  const router = new Router({ prefix: '/api/me' });
  router.use(withRules(site.issuer));
  router.get('/groups', at(showGroups));
  router.get('/invitations', at(list));
  router.post('/invitations', at(invite));
  router.get('/invitations/:id', at(show));
  router.post('/invitations/:id/resend', at(resend));
  router.post('/invitations/:id/revoke', at(revoke));
  router.post('/invitations/:id/reissue', at(reissue));
  for (const path of ['/groups', '/invitations', '/invitations/:id', '/invitations/:id/:deed']) router.options(path, answerPreflight);
  return router.routes() as unknown as Middleware;
}
