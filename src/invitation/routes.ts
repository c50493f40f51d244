/** Every path of the invitation slice, in one list. All lie under `/invite`, so that the interaction cookie reaches them. */
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { askForCode, enterCode, goOn, openLink, showDone, showInvitation } from './front-door.ts';
import { accept, decline, showQuestion, switchAccount } from './question.ts';
import { leadTo } from '../lib/answer.ts';
import { serveAssets } from '../lib/assets.ts';
import { pathOf, showRefusals, type Site } from './respond.ts';

export function invitationRoutes(site: Site): Middleware {
  const at =
    (handler: (site: Site, ctx: Context) => Promise<void>): Middleware =>
    (ctx) =>
      handler(site, ctx);
  const router = new Router();
  router.use(showRefusals(site));
  router.get('/invite', at(showInvitation));
  router.get('/invite/assets/:file', serveAssets());
  router.get('/invite/code', at(askForCode));
  router.post('/invite/code', at(enterCode));
  router.post('/invite/continue', at(goOn));
  router.get(
    '/invite/continue',
    leadsTo(site, () => '/invite'),
  );
  router.get('/invite/done', at(showDone));
  router.get('/invite/interaction/:uid', at(showQuestion));
  router.post('/invite/interaction/:uid/accept', at(accept));
  router.post('/invite/interaction/:uid/decline', at(decline));
  router.post('/invite/interaction/:uid/switch', at(switchAccount));
  router.get(
    '/invite/interaction/:uid/:action',
    leadsTo(site, ({ uid = '' }) => `/invite/interaction/${encodeURIComponent(uid)}`),
  );
  router.get('/invite/:token', at(openLink));
  return router.routes() as unknown as Middleware;
}

/** A reload of a page that a form led to asks for the form's address: the page of the form is meant. */
function leadsTo(site: Site, path: (params: Readonly<Record<string, string>>) => string): Middleware {
  return (ctx) => leadTo(ctx, pathOf(site, path(ctx['params'])));
}
