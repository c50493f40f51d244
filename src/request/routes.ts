/** Every path of this slice, in one list. They lie under `/invite`, where a host has room for us already. */
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { createShow, leadTo } from '../lib/answer.ts';
import { createThrottle } from '../lib/throttle.ts';
import { showRefusals } from '../invitation/respond.ts';
import { pathOf, type Site } from '../invitation/site.ts';
import {
  confirmByMail,
  openConfirmation,
  type RequestSite,
  sendRequest,
  showConfirmation,
  showDone,
  showForm,
  showGroups,
  showSent,
} from './form-pages.ts';
import type { RequestPages } from './pages.ts';
import { approveOnPage, declineOnPage, showQueue } from './queue-pages.ts';

export function requestRoutes(base: Site): Middleware {
  const { renderer, clock, database } = base.host;
  const site: RequestSite = {
    ...base,
    showRequest: createShow<RequestPages>(renderer, clock),
    requestsFromPlace: createThrottle(database, { name: 'request_from', points: 10, perSeconds: 60 * 60 }),
    requestsToMailbox: createThrottle(database, { name: 'request_to', points: 3, perSeconds: 60 * 60 }),
  };
  const at =
    (handler: (site: RequestSite, ctx: Context) => Promise<void>): Middleware =>
    (ctx) =>
      handler(site, ctx);
  const router = new Router();
  router.use(showRefusals(site));
  router.get('/invite/request', at(showGroups));
  router.get('/invite/request/:slug', at(showForm));
  router.post('/invite/request/:slug', at(sendRequest));
  router.get('/invite/request-sent', at(showSent));
  router.get('/invite/request-confirm', at(showConfirmation));
  router.post('/invite/request-confirm', at(confirmByMail));
  router.get('/invite/request-confirm/:token', at(openConfirmation));
  router.get('/invite/request-done', at(showDone));
  router.get('/invite/requests', at(showQueue));
  router.post('/invite/requests/approve', at(approveOnPage));
  router.post('/invite/requests/decline', at(declineOnPage));
  for (const path of ['/invite/requests/approve', '/invite/requests/decline'])
    router.get(path, (ctx) => leadTo(ctx, pathOf(site, '/invite/requests')));
  return router.routes() as unknown as Middleware;
}
