/** Where the pages about invitations are. */
import type Router from '@koa/router';
import { showAnswers } from './answers.ts';
import { forConsole } from './console.ts';
import { actOnMany, askAboutMany, pickInvitations } from './invitation-act.ts';
import { askAboutOne, doToOne } from './invitation-deeds.ts';
import { streamJoined } from './invitation-joined.ts';
import { exportInvitations, showInvitations } from './invitation-list.ts';
import { makeInvitation, showNew } from './invitation-new.ts';
import { showInvitation } from './invitation-page.ts';
import { showPreview } from './invitation-preview.ts';
import { downloadSymbol, endShare, showScreen, showShare } from './invitation-share.ts';
import type { AtConsole } from './routes.ts';
import type { ConsolePage } from './site.ts';
import { requireRecentSignIn } from './step-up.ts';

/** Taking back what many were given is not for a browser that was left open. */
const carefully = (page: ConsolePage): ConsolePage => {
  const careful = requireRecentSignIn(15, page);
  return (site, ctx, visitor) => (ctx['params']['deed'] === 'undo' ? careful : page)(site, ctx, visitor);
};

export function invitationRoutes(router: Router, at: AtConsole): void {
  const reading = (page: ConsolePage) => at(forConsole('invitations:read', page));
  const writing = (page: ConsolePage) => at(forConsole('invitations:write', page));
  router.get('/admin/answers/:name', reading(showAnswers));
  router.get('/admin/invitations', reading(showInvitations));
  router.get('/admin/invitations/export', reading(exportInvitations));
  router.get('/admin/invitations/new', writing(showNew));
  router.post('/admin/invitations/new', writing(makeInvitation));
  router.get('/admin/invitations/drafts/:key/:tab', writing(showPreview));
  router.post('/admin/invitations/pick', writing(pickInvitations));
  router.get('/admin/invitations/act', writing(askAboutMany));
  router.post('/admin/invitations/act', writing(actOnMany));
  router.get('/admin/invitations/:id', reading(showInvitation));
  router.get('/admin/invitations/:id/joined', reading(streamJoined));
  router.get('/admin/invitations/:id/screen', writing(showScreen));
  router.get('/admin/invitations/:id/share.svg', writing(downloadSymbol('svg')));
  router.get('/admin/invitations/:id/share.png', writing(downloadSymbol('png')));
  router.get('/admin/invitations/:id/sheet', writing(showShare));
  router.post('/admin/invitations/:id/sheet/done', writing(endShare));
  router.get('/admin/invitations/:id/:deed', writing(carefully(askAboutOne)));
  router.post('/admin/invitations/:id/:deed', writing(carefully(doToOne)));
}
