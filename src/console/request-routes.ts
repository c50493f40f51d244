/** Where those who wait for somebody's word are: approvals and requests. */
import type Router from '@koa/router';
import { askToReject, decideApprovals, showApprovals } from './approvals.ts';
import { forConsole } from './console.ts';
import { changeDesk, showDesk, showDesks } from './request-desks.ts';
import { askToDecline, decideRequests, showRequests } from './requests.ts';
import type { AtConsole } from './routes.ts';

export function requestRoutes(router: Router, at: AtConsole): void {
  router.get('/admin/approvals', at(forConsole('invitations:write', showApprovals)));
  router.post('/admin/approvals/decide', at(forConsole('invitations:write', decideApprovals)));
  router.get('/admin/approvals/reject', at(forConsole('invitations:write', askToReject)));
  router.get('/admin/requests', at(forConsole('requests:read', showRequests)));
  router.post('/admin/requests/decide', at(forConsole('requests:write', decideRequests)));
  router.get('/admin/requests/decline', at(forConsole('requests:write', askToDecline)));
  router.get('/admin/requests/desks', at(forConsole('requests:read', showDesks)));
  router.get('/admin/requests/desks/:slug', at(forConsole('requests:read', showDesk)));
  router.post('/admin/requests/desks/:slug', at(forConsole('requests:write', changeDesk)));
}
