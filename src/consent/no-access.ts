/** The page before an app that is for one group alone (design §4B): an invitation, another account, or back. */
import type { Context } from 'koa';
import { askHref } from '../account/ask-href.ts';
import { actionPath, findInteraction, finishInteraction, readInteractionForm } from '../account/interaction.ts';
import { findAccountById } from '../account/store.ts';
import { Failure } from '../errors.ts';
import { ownPath } from '../invitation/host.ts';
import { rulesOf } from '../lib/answer.ts';
import type { Guestlist } from '../plugin.ts';
import type { ConsentSite } from './routes.ts';

export type AccessSite = ConsentSite & { readonly guestlist: Pick<Guestlist, 'requests'> };

export async function showNoAccess(site: AccessSite, ctx: Context): Promise<void> {
  const interaction = await findInteraction(site, ctx);
  if (interaction.prompt.name !== 'access') throw new Failure('interaction_expired');
  const account = await findAccountById(site.database, interaction.session?.accountId ?? '');
  const clientId = String(interaction.params['client_id']);
  const client = await site.provider.Client.find(clientId);
  if (!account || !client) throw new Failure('interaction_expired');
  const group = String(client['required_group']);
  const data = {
    clientName: client.clientName ?? clientId,
    account: { name: account.name, email: account.email },
    codeAction: ownPath(site.issuer, '/invite/code'),
    requestHref: await askHref(site, { group, app: clientId }),
    signInHref: actionPath(site, interaction, 'sign-in'),
    leaveAction: actionPath(site, interaction, 'leave'),
    formToken: site.formToken(interaction.uid),
  };
  site.show(ctx, { page: 'consent/no-access', data, status: 403, ...rulesOf(interaction.params) });
}

/** Back to the app, with empty hands. */
export async function leaveApp(site: AccessSite, ctx: Context): Promise<void> {
  const { interaction } = await readInteractionForm(site, ctx);
  if (interaction.prompt.name !== 'access') throw new Failure('interaction_expired');
  await finishInteraction(site, ctx, { error: 'access_denied', error_description: 'the person is not in the group that this app is for' });
}
