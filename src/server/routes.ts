/**
 * The map: every route of the server that is not the provider's own (those are in its discovery document) or the
 * plugin's (`invitation/routes.ts`). Pages of an interaction lie under `/interaction/:uid`, where its cookie is sent.
 */
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { findInteraction, type AccountSite } from '../account/interaction.ts';
import {
  changeAddress,
  confirmEmail,
  openConfirm,
  sendEmailChange,
  showAddress,
  showChangeSent,
  showConfirm,
  showEmail,
} from '../account/address-pages.ts';
import { openReset, reset, sendReset, showForgot, showReset, showResetDone, showResetSent } from '../account/recovery-pages.ts';
import { register, showRegistration } from '../account/register.ts';
import { changePassword, forMembers, showPassword, showSecurity } from '../account/security.ts';
import { showSignIn, signIn } from '../account/sign-in.ts';
import { consoleRoutes } from '../console/routes.ts';
import type { ConsoleSite } from '../console/site.ts';
import { answerConsent, type ConsentSite, showConsent } from '../consent/routes.ts';
import { leaveApp, showNoAccess } from '../consent/no-access.ts';
import { Failure } from '../errors.ts';
import { ownPath } from '../invitation/host.ts';
import { leadTo } from '../lib/answer.ts';
import type { PortalSite } from '../portal/portal.ts';
import { portalRoutes } from '../portal/routes.ts';
import { type BrandSite, showBrandStyle, showLogo } from './brand.ts';
import { type OwnSite, showHome, showMail, showMailbox, showMailHtml } from './own-pages.ts';

export type ServerSite = AccountSite & PortalSite & ConsoleSite & ConsentSite & OwnSite & BrandSite & { readonly showsMailbox: boolean };

export function serverRoutes(site: ServerSite): Middleware {
  const at =
    (handler: (site: ServerSite, ctx: Context) => Promise<void>): Middleware =>
    (ctx) =>
      handler(site, ctx);
  const router = new Router();
  router.get('/', at(showHome));
  router.get('/robots.txt', showRobots);
  router.get('/brand/logo', at(showLogo));
  router.get('/brand/style.css', at(showBrandStyle));
  // As people say it; the pages are the plugin's.
  for (const path of ['/request-invitation', '/request-invitation/:slug'])
    router.get(path, (ctx) => {
      const { slug } = ctx['params'];
      leadTo(ctx, `${ownPath(site.issuer, `/invite/request${slug ? `/${encodeURIComponent(slug)}` : ''}`)}${ctx.search}`);
    });
  router.get('/interaction/:uid', at(showInteraction));
  router.get('/interaction/:uid/sign-in', at(showSignIn));
  router.post('/interaction/:uid/sign-in', at(signIn));
  router.get('/interaction/:uid/register', at(showRegistration));
  router.post('/interaction/:uid/register', at(register));
  router.get('/interaction/:uid/consent', at(showConsent));
  router.post('/interaction/:uid/consent', at(answerConsent));
  router.post('/interaction/:uid/leave', at(leaveApp));
  accountRoutes(router, at);
  portalRoutes(router, at);
  consoleRoutes(router, at);
  if (site.showsMailbox) {
    router.get('/mailbox', at(showMailbox));
    router.get('/mailbox/:id', at(showMail));
    router.get('/mailbox/:id/html', at(showMailHtml));
  }
  return router.routes() as unknown as Middleware;
}

type At = (handler: (site: ServerSite, ctx: Context) => Promise<void>) => Middleware;

/** What somebody does with their own account: without a sign-in as long as a mail proves who it is, else with one. */
function accountRoutes(router: Router, at: At): void {
  router.get('/account/forgot', at(showForgot));
  router.post('/account/forgot', at(sendReset));
  router.get('/account/forgot/sent', at(showResetSent));
  router.get('/account/reset', at(showReset));
  router.post('/account/reset', at(reset));
  router.get('/account/reset/:token', at(openReset));
  router.get('/account/reset-done', at(showResetDone));
  router.get('/account/security', at(forMembers(showSecurity)));
  router.get('/account/password', at(forMembers(showPassword)));
  router.post('/account/password', at(forMembers(changePassword)));
  router.get('/account/email', at(forMembers(showEmail)));
  router.post('/account/email', at(forMembers(sendEmailChange)));
  router.get('/account/email/sent', at(showChangeSent));
  router.get('/account/confirm', at(forMembers(showConfirm, '/account/confirm')));
  router.post('/account/confirm', at(forMembers(confirmEmail, '/account/confirm')));
  router.get('/account/confirm/:token', at(openConfirm));
  router.get('/account/address', at(forMembers(showSecurity)));
  router.post('/account/address', at(forMembers(changeAddress)));
  router.get('/account/address/:place', at(forMembers(showAddress)));
}

/** Nothing here is for search engines. */
function showRobots(ctx: Context): void {
  ctx.body = 'User-agent: *\nDisallow: /\n';
}

const pageOfPrompt: Readonly<Record<string, (site: ServerSite, ctx: Context) => Promise<void>>> = {
  login: showSignIn,
  create: showRegistration,
  consent: showConsent,
  access: showNoAccess,
};

async function showInteraction(site: ServerSite, ctx: Context): Promise<void> {
  const { prompt } = await findInteraction(site, ctx);
  const show = pageOfPrompt[prompt.name];
  if (!show) throw new Failure('interaction_expired');
  await show(site, ctx);
}
