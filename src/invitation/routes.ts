/** Every path of the invitation slice, in one list. All lie under `/invite`, so that the interaction cookie reaches them. */
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { askForNewLink, declineAtDoor, showCalendar, showDone } from './afterwards.ts';
import { askForCode, enterCode, goOn, openLink, showInvitation } from './front-door.ts';
import { accept, decline, switchAccount } from './answers.ts';
import { showQuestion } from './question.ts';
import { leadTo } from '../lib/answer.ts';
import { serveAssets } from '../lib/assets.ts';
import { chooseLanguage } from './language.ts';
import { showRefusals } from './respond.ts';
import { pathOf, type Site } from './site.ts';
import { enterEmailCode, enterPin, sendEmailCode } from './step-forms.ts';
import { changeStop, showStop } from './stop-pages.ts';
import { chooseWaiting, leaveWaiting, showWaiting } from './waiting.ts';

export function invitationRoutes(site: Site): Middleware {
  const at =
    (handler: (site: Site, ctx: Context) => Promise<void>): Middleware =>
    (ctx) =>
      handler(site, ctx);
  const router = new Router();
  router.use(showRefusals(site));
  router.get('/invite', at(showInvitation));
  router.get('/invite/assets/:file', serveAssets());
  router.post('/invite/language', at(chooseLanguage));
  router.get('/invite/code', at(askForCode));
  router.post('/invite/code', at(enterCode));
  router.post('/invite/continue', at(goOn));
  router.post('/invite/pin', at(enterPin));
  router.post('/invite/email', at(sendEmailCode));
  router.post('/invite/email/code', at(enterEmailCode));
  router.post('/invite/decline', at(declineAtDoor));
  router.post('/invite/ask', at(askForNewLink));
  router.get('/invite/opens.ics', at(showCalendar));
  router.get('/invite/stop/:handle', at(showStop));
  router.post('/invite/stop/:handle', at(changeStop));
  router.get('/invite/waiting', at(showWaiting));
  router.post('/invite/waiting', at(chooseWaiting));
  router.get('/invite/done', at(showDone));
  for (const path of [
    '/invite/continue',
    '/invite/pin',
    '/invite/email',
    '/invite/email/code',
    '/invite/decline',
    '/invite/ask',
    '/invite/language',
  ])
    router.get(
      path,
      leadsTo(site, () => '/invite'),
    );
  router.get('/invite/interaction/:uid', at(showQuestion));
  router.post('/invite/interaction/:uid/accept', at(accept));
  router.post('/invite/interaction/:uid/decline', at(decline));
  router.post('/invite/interaction/:uid/switch', at(switchAccount));
  router.post('/invite/interaction/:uid/waiting', at(chooseWaiting));
  router.post('/invite/interaction/:uid/later', at(leaveWaiting));
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
