/**
 * A small relying app, to see an OpenID provider work from the other side: signing in, joining, using an invitation,
 * refreshing, signing out. Owns its own sessions and pages, and nothing else: it knows the provider only by its issuer
 * address and imports nothing from the rest of `src`, like any stranger's app. Sessions and waiting sign-ins live in the
 * memory of this one process and are gone when it stops; a real app would keep them in its database.
 *
 * Neighbours in this folder: `routes.ts` answers requests, `provider.ts` speaks OpenID Connect, `sessions.ts`
 * remembers, `pages.ts` shows. Whoever starts it (the command line) owns the listening socket.
 */
import Router from '@koa/router';
import Koa, { type Context, type Next } from 'koa';
import { requireSameOrigin, setSecurityHeaders } from './guard.ts';
import { refusalPage } from './pages.ts';
import { createProvider } from './provider.ts';
import { Refusal } from './refusal.ts';
import { createRoutes } from './routes.ts';
import { createSessions } from './sessions.ts';
import { stylesheet } from './stylesheet.ts';

export type DemoOptions = {
  /** The provider's issuer, exactly as its discovery document spells it. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where browsers reach this app; an origin, without a path. */
  readonly baseUrl: string;
  readonly clock: () => Date;
};

export function createDemoApp(options: DemoOptions): Koa {
  const routes = createRoutes({ options, sessions: createSessions(options.clock), provider: createProvider(options) });
  const sameOrigin = requireSameOrigin(options.baseUrl);
  const router = new Router();
  router.get('/', routes.home);
  router.get('/demo.css', sendStylesheet);
  router.get('/login', routes.login);
  router.post('/login', routes.loginByPost);
  router.post('/invitation', sameOrigin, routes.useInvitation);
  router.get('/callback', routes.callback);
  router.post('/refresh', sameOrigin, routes.refresh);
  router.post('/logout', sameOrigin, routes.logout);
  router.post('/backchannel-logout', routes.backchannelLogout);

  const app = new Koa();
  app.use(setSecurityHeaders(options));
  app.use(showRefusals);
  app.use(router.routes());
  app.use(() => Promise.reject(new Refusal('not_found')));
  return app;
}

function sendStylesheet(ctx: Context): void {
  ctx.set('Cache-Control', 'no-cache');
  ctx.type = 'css';
  ctx.body = stylesheet;
}

async function showRefusals(ctx: Context, next: Next): Promise<void> {
  try {
    await next();
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal('surprise', { cause: error });
    const page = refusalPage(refusal);
    ctx.status = page.status;
    ctx.type = 'html';
    ctx.body = page.body;
    // Koa prints the stack only. The errors of openid-client keep responses in `cause`, which must not be printed.
    if (page.status >= 500) ctx.app.emit('error', refusal.cause ?? refusal, ctx);
  }
}
