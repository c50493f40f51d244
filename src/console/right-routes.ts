/** Where the pages about rights are. The name of a right stands in the query: it may have slashes. */
import type Router from '@koa/router';
import { forConsole } from './console.ts';
import { askToTake, giveRight, makeRight, showRight, showRights, takeRight } from './rights.ts';
import type { AtConsole } from './routes.ts';
import { requireRecentSignIn } from './step-up.ts';

export function rightRoutes(router: Router, at: AtConsole): void {
  router.get('/admin/rights', at(forConsole('groups:write', showRights)));
  router.post('/admin/rights', at(forConsole('groups:write', makeRight)));
  router.get('/admin/rights/one', at(forConsole('groups:write', showRight)));
  router.post('/admin/rights/give', at(forConsole('groups:write', requireRecentSignIn(30, giveRight))));
  router.get('/admin/rights/take', at(forConsole('groups:write', askToTake)));
  router.post('/admin/rights/take', at(forConsole('groups:write', takeRight)));
}
