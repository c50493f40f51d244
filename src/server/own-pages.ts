/** Pages that belong to no slice: the start page, and the mailbox of a server that sends no mail. */
import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import { validate as isUuid } from 'uuid';
import { findAccountById } from '../account/store.ts';
import { Failure } from '../errors.ts';
import { ownPath } from '../invitation/host.ts';
import type { PageOf, Show } from '../lib/answer.ts';
import type { Database } from '../lib/db.ts';
import { findMail, listMail } from '../mail/outbox.ts';
import type { Pages } from './pages.ts';

export type OwnSite = {
  readonly issuer: string;
  readonly database: Database;
  readonly provider: Provider;
  readonly show: Show<PageOf<Pages>>;
};

export async function showHome({ issuer, database, provider, show }: OwnSite, ctx: Context): Promise<void> {
  const { accountId } = await provider.Session.get(ctx);
  const account = accountId ? await findAccountById(database, accountId) : undefined;
  const data = {
    codeAction: ownPath(issuer, '/invite/code'),
    account: account && { name: account.name, email: account.email },
    signOutHref: provider.pathFor('end_session'),
  };
  show(ctx, { page: 'server/home', data });
}

export async function showMailbox({ database, show }: OwnSite, ctx: Context): Promise<void> {
  show(ctx, { page: 'mail/mailbox', data: { mails: await listMail(database, 100) } });
}

export async function showMail({ database, show }: OwnSite, ctx: Context): Promise<void> {
  const { id } = ctx['params'];
  const mail = isUuid(id) ? await findMail(database, id) : undefined;
  if (!mail) throw new Failure('page_not_found');
  show(ctx, { page: 'mail/message', data: { mail } });
}
