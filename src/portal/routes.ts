/** Every route of the portal. They are mounted by `server/routes.ts`. */
import type Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { arrivedAt } from '../account/sessions.ts';
import { ownPath } from '../invitation/host.ts';
import { leadTo } from '../lib/answer.ts';
import { changeName, showAccount, showName } from './account.ts';
import { deleteAccount, showDelete, showDeleted } from './delete.ts';
import { exportData, showData } from './export.ts';
import { showGroups } from './groups.ts';
import { invitationPages } from './invitation-routes.ts';
import { leave, showLeave } from './leave.ts';
import { atPortal, type PortalPage, type PortalSite } from './portal.ts';
import { endApp, endOthers, endSession, showEndApp, showEndOthers, showEndSession, showSessions } from './sessions.ts';

export type AtPortal = (handler: (site: PortalSite, ctx: Context) => Promise<void>) => Middleware;

export function portalRoutes(router: Router, at: AtPortal): void {
  const form = (path: string, show: PortalPage, act: PortalPage) => {
    router.get(path, at(atPortal(show)));
    router.post(path, at(atPortal(act)));
  };
  router.get('/me/arrived', at(leadOn));
  router.get('/me', at(atPortal(showGroups)));
  form('/me/groups/:slug/leave', showLeave, leave);
  invitationPages(router, at);
  router.get('/me/sessions', at(atPortal(showSessions)));
  form('/me/sessions/others/end', showEndOthers, endOthers);
  form('/me/sessions/:id/end', showEndSession, endSession);
  form('/me/apps/:id/end', showEndApp, endApp);
  router.get('/me/account', at(atPortal(showAccount)));
  form('/me/account/name', showName, changeName);
  form('/me/data', showData, exportData);
  form('/me/delete', showDelete, deleteAccount);
  router.get('/me/deleted', at(showDeleted));
}

/** From signing in to the page that they set out for. */
async function leadOn({ issuer }: PortalSite, ctx: Context): Promise<void> {
  leadTo(ctx, ownPath(issuer, arrivedAt(ctx)));
}
