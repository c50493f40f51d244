/** Pages that belong to no slice: the start page, and the mailbox of a server that sends no mail. */
import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import { validate as isUuid } from 'uuid';
import { askHref } from '../account/ask-href.ts';
import { signInPath } from '../account/sessions.ts';
import { findAccountById } from '../account/store.ts';
import { personAsCaller } from '../admin/access.ts';
import { adminScopes } from '../client/own-scopes.ts';
import { entriesOf } from '../console/frame.ts';
import { Failure } from '../errors.ts';
import { ownPath } from '../invitation/host.ts';
import type { PageOf, Show } from '../lib/answer.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import type { Seal } from '../lib/seal.ts';
import { setPageHeaders } from '../lib/headers.ts';
import { findMail, listMail, type QueuedMail } from '../mail/outbox.ts';
import type { Guestlist } from '../plugin.ts';
import type { Pages } from './pages.ts';

export type OwnSite = {
  readonly issuer: string;
  readonly database: Database;
  /** The mailbox of a development server opens what rests sealed. */
  readonly seal: Seal;
  readonly provider: Provider;
  readonly clock: Clock;
  readonly guestlist: Pick<Guestlist, 'waitingFor' | 'requests'>;
  readonly show: Show<PageOf<Pages>>;
};

export async function showHome({ issuer, database, clock, provider, guestlist, show }: OwnSite, ctx: Context): Promise<void> {
  const { accountId } = await provider.Session.get(ctx);
  const account = accountId ? await findAccountById(database, accountId) : undefined;
  const data = {
    codeAction: ownPath(issuer, '/invite/code'),
    account: account && { name: account.name, email: account.email },
    signOutHref: provider.pathFor('end_session'),
    signInHref: signInPath({ provider, issuer }, '/'),
    forgotHref: ownPath(issuer, '/account/forgot'),
    portalHref: ownPath(issuer, '/me'),
    consoleHref: account && (await reachesConsole({ issuer, database, clock }, account.id)) ? ownPath(issuer, '/admin') : undefined,
    requestHref: await askHref({ issuer, guestlist }),
    waitingHref: account && (await guestlist.waitingFor(account.id)).length > 0 ? ownPath(issuer, '/invite/waiting') : undefined,
  };
  show(ctx, { page: 'server/home', data });
}

async function reachesConsole(
  { issuer, database, clock }: Pick<OwnSite, 'issuer' | 'database' | 'clock'>,
  accountId: string,
): Promise<boolean> {
  const caller = await personAsCaller(database, { accountId, clientId: undefined, scopes: new Set(adminScopes), now: clock() });
  return entriesOf({ issuer }, caller).length > 0;
}

export async function showMailbox({ database, seal, show }: OwnSite, ctx: Context): Promise<void> {
  show(ctx, { page: 'mail/mailbox', data: { mails: await listMail(database, 100, seal) } });
}

export async function showMail(site: OwnSite, ctx: Context): Promise<void> {
  site.show(ctx, { page: 'mail/message', data: { mail: await mailOf(site, ctx) } });
}

async function mailOf({ database, seal }: OwnSite, ctx: Context): Promise<QueuedMail> {
  const { id } = ctx['params'];
  const mail = isUuid(id) ? await findMail(database, id, seal) : undefined;
  if (!mail) throw new Failure('page_not_found');
  return mail;
}

/** As it is sent. Its own styles apply; nothing in it runs, loads, or is of our origin. */
export async function showMailHtml(site: OwnSite, ctx: Context): Promise<void> {
  const { html } = await mailOf(site, ctx);
  setPageHeaders(ctx, { secretAddress: true });
  ctx.set(
    'Content-Security-Policy',
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox",
  );
  ctx.type = 'html';
  ctx.body = html;
}
