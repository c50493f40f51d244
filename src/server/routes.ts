/**
 * The map: every route of the server that is not the provider's own (those are in its discovery document) or the
 * plugin's (`invitation/routes.ts`). Pages of an interaction lie under `/interaction/:uid`, where its cookie is sent.
 */
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { findInteraction, type AccountSite } from '../account/interaction.ts';
import { register, showRegistration } from '../account/register.ts';
import { showSignIn, signIn } from '../account/sign-in.ts';
import { answerConsent, type ConsentSite, showConsent } from '../consent/routes.ts';
import { Failure } from '../errors.ts';
import { type OwnSite, showHome, showMail, showMailbox } from './own-pages.ts';

export type ServerSite = AccountSite & ConsentSite & OwnSite & { readonly showsMailbox: boolean };

export function serverRoutes(site: ServerSite): Middleware {
  const at =
    (handler: (site: ServerSite, ctx: Context) => Promise<void>): Middleware =>
    (ctx) =>
      handler(site, ctx);
  const router = new Router();
  router.get('/', at(showHome));
  router.get('/robots.txt', showRobots);
  router.get('/interaction/:uid', at(showInteraction));
  router.get('/interaction/:uid/sign-in', at(showSignIn));
  router.post('/interaction/:uid/sign-in', at(signIn));
  router.get('/interaction/:uid/register', at(showRegistration));
  router.post('/interaction/:uid/register', at(register));
  router.get('/interaction/:uid/consent', at(showConsent));
  router.post('/interaction/:uid/consent', at(answerConsent));
  if (site.showsMailbox) {
    router.get('/mailbox', at(showMailbox));
    router.get('/mailbox/:id', at(showMail));
  }
  return router.routes() as unknown as Middleware;
}

/** Nothing here is for search engines. */
function showRobots(ctx: Context): void {
  ctx.body = 'User-agent: *\nDisallow: /\n';
}

const pageOfPrompt: Readonly<Record<string, (site: ServerSite, ctx: Context) => Promise<void>>> = {
  login: showSignIn,
  create: showRegistration,
  consent: showConsent,
};

async function showInteraction(site: ServerSite, ctx: Context): Promise<void> {
  const { prompt } = await findInteraction(site, ctx);
  const show = pageOfPrompt[prompt.name];
  if (!show) throw new Failure('interaction_expired');
  await show(site, ctx);
}
