/** `/me/invitations`: what somebody signed in offers to others. */
import type Router from '@koa/router';
import { askAbout, reissueInvitation, resendInvitation, revokeInvitation } from './invitation-deeds.ts';
import { showInvitations } from './invitation-list.ts';
import { makeInvitation, showNew } from './invitation-new.ts';
import { showInvitation } from './invitation-page.ts';
import { inviteSeveral, showSeveral } from './invitation-several.ts';
import { endShare, showShare } from './invitation-share.ts';
import { atPortal } from './portal.ts';
import type { AtPortal } from './routes.ts';

export function invitationPages(router: Router, at: AtPortal): void {
  router.get('/me/invitations', at(atPortal(showInvitations)));
  router.get('/me/invitations/new', at(atPortal(showNew)));
  router.post('/me/invitations/new', at(atPortal(makeInvitation)));
  router.get('/me/invitations/several', at(atPortal(showSeveral)));
  router.post('/me/invitations/several', at(atPortal(inviteSeveral)));
  router.get('/me/invitations/:id', at(atPortal(showInvitation)));
  router.get('/me/invitations/:id/share', at(atPortal(showShare)));
  router.post('/me/invitations/:id/share', at(atPortal(endShare)));
  router.get('/me/invitations/:id/revoke', at(atPortal(askAbout('revoke'))));
  router.post('/me/invitations/:id/revoke', at(atPortal(revokeInvitation)));
  router.get('/me/invitations/:id/resend', at(atPortal(askAbout('resend'))));
  router.post('/me/invitations/:id/resend', at(atPortal(resendInvitation)));
  router.get('/me/invitations/:id/reissue', at(atPortal(askAbout('reissue'))));
  router.post('/me/invitations/:id/reissue', at(atPortal(reissueInvitation)));
}
