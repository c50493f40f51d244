/**
 * The map of the members' API, and what each call passes: who calls, how often, and for browsers from where. Refusals go
 * up to the server, which answers programs with problem+json (RFC 9457).
 */
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Client } from '../client/client.ts';
import { Failure } from '../errors.ts';
import type { Throttle } from '../lib/throttle.ts';
import type { Guestlist } from '../plugin.ts';
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
      await handler(callOf(site.guestlist, ctx, caller));
    };
  const router = new Router({ prefix: '/api/me' });
  router.use(withRules);
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

/** Who may not is told why (RFC 6750 §3), and nothing is kept by anybody on the way. */
async function withRules(ctx: Context, next: () => Promise<unknown>): Promise<void> {
  ctx.set({ 'Cache-Control': 'no-store', Vary: 'Origin', 'X-Content-Type-Options': 'nosniff' });
  try {
    await next();
  } catch (error) {
    const challenge = error instanceof Failure ? challenges[error.code] : undefined;
    if (challenge !== undefined) ctx.set('WWW-Authenticate', challenge);
    throw error;
  }
}

const challenges: Readonly<Partial<Record<Failure['code'], string>>> = {
  access_token_required: 'Bearer',
  access_token_invalid: 'Bearer error="invalid_token"',
  insufficient_scope: 'Bearer error="insufficient_scope", scope="invitations"',
};

/** A single-page app calls from the origin that it is redirected to. No cookie is read here. */
function allowOrigin(ctx: Context, { redirectUris }: Client): void {
  const origin = ctx.get('Origin');
  if (origin === '' || origin === 'null' || !redirectUris.some((uri) => URL.parse(uri)?.origin === origin)) return;
  ctx.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': 'Location, Retry-After, WWW-Authenticate' });
}

/** A browser asks without the token, so that nobody can say for whom: what it may read is decided when it comes with it. */
function answerPreflight(ctx: Context): void {
  ctx.set({
    'Access-Control-Allow-Origin': ctx.get('Origin') || '*',
    'Access-Control-Allow-Methods': 'GET, POST',
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, Idempotency-Key',
    'Access-Control-Max-Age': '600',
  });
  ctx.status = 204;
}
