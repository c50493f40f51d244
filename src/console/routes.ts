/** Every route of the console. They are mounted by `server/routes.ts`. */
import type Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { Failure } from '../errors.ts';
import { appRoutes } from './app-routes.ts';
import { exportAudit, showAudit, showChain } from './audit.ts';
import { forConsole } from './console.ts';
import { showDashboard } from './dashboard.ts';
import { campaignRoutes } from './campaign-routes.ts';
import { groupRoutes } from './group-routes.ts';
import { peopleRoutes } from './people-routes.ts';
import { rightRoutes } from './right-routes.ts';
import { showHeldForm } from './held-form.ts';
import { settingRoutes } from './setting-routes.ts';
import { invitationRoutes } from './invitation-routes.ts';
import { requestRoutes } from './request-routes.ts';
import { finishSignIn } from './sign-in.ts';
import { showSignedOut, signOut } from './sign-out.ts';
import type { ConsoleSite } from './site.ts';
import { requireRecentSignIn } from './step-up.ts';

export type AtConsole = (handler: (site: ConsoleSite, ctx: Context) => Promise<void>) => Middleware;

export function consoleRoutes(router: Router, at: AtConsole): void {
  router.get('/admin/callback', at(finishSignIn));
  router.get('/admin/signed-out', at(showSignedOut));
  router.post('/admin/sign-out', at(forConsole(undefined, signOut)));
  router.get('/admin/held/:id', at(forConsole(undefined, showHeldForm)));
  router.get('/admin', at(forConsole(undefined, showDashboard)));
  router.get('/admin/audit', at(forConsole('audit:read', showAudit)));
  router.get('/admin/audit/export', at(forConsole('audit:read', requireRecentSignIn(30, exportAudit, 'before'))));
  router.get('/admin/audit/chain', at(forConsole('audit:read', showChain)));
  invitationRoutes(router, at);
  requestRoutes(router, at);
  groupRoutes(router, at);
  rightRoutes(router, at);
  peopleRoutes(router, at);
  campaignRoutes(router, at);
  appRoutes(router, at);
  settingRoutes(router, at);
  // The last one: whatever else is asked for is not there, with the way to what is.
  router.get('/admin/{*rest}', at(forConsole(undefined, showNothing)));
}

async function showNothing(): Promise<void> {
  throw new Failure('page_not_found');
}
