/**
 * Asking whether an app may know what it asks for. Owns the consent page and the `Grant` that remembers the answer
 * (oidc-provider's word, not ours). First-party clients never come here; `oidc/provider.ts` sees to that.
 */
import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import type { Interaction } from 'oidc-provider';
import { z } from 'zod';
import { type AccountSite, actionPath, findInteraction, finishInteraction, readInteractionForm } from '../account/interaction.ts';
import { findAccountById } from '../account/store.ts';
import { Failure } from '../errors.ts';
import { type PageOf, type Show, rulesOf } from '../lib/answer.ts';
import { checkForm } from '../lib/form.ts';
import type { ConsentPages } from './pages.ts';

export type ConsentSite = Pick<AccountSite, 'database' | 'issuer' | 'provider' | 'formToken'> & {
  readonly show: Show<PageOf<ConsentPages>>;
};

/** What is missing from the Grant, as the provider's own consent prompt found it. */
type Missing = {
  readonly missingOIDCScope?: readonly string[];
  readonly missingOIDCClaims?: readonly string[];
  readonly missingResourceScopes?: Readonly<Record<string, readonly string[]>>;
};

export async function showConsent(site: ConsentSite, ctx: Context): Promise<void> {
  const interaction = await findInteraction(site, ctx);
  refuseOtherPrompt(interaction);
  const { missingOIDCScope = [], missingOIDCClaims = [], missingResourceScopes = {} } = interaction.prompt.details as Missing;
  const account = await findAccountById(site.database, interaction.session?.accountId ?? '');
  const client = await site.provider.Client.find(String(interaction.params['client_id']));
  if (!account || !client) throw new Failure('interaction_expired');
  const data = {
    action: actionPath(site, interaction, 'consent'),
    formToken: site.formToken(interaction.uid),
    clientName: client.clientName ?? client.clientId,
    account: { name: account.name, email: account.email },
    scopes: missingOIDCScope.filter((scope) => scope !== 'openid'),
    claims: missingOIDCClaims,
    resources: Object.entries(missingResourceScopes).map(([resource, scopes]) => ({ resource, scopes })),
  };
  site.show(ctx, { page: 'consent/consent', data, ...rulesOf(interaction.params) });
}

/** Before somebody has signed in there is nobody to allow anything. */
function refuseOtherPrompt({ prompt }: Interaction): void {
  if (prompt.name !== 'consent') throw new Failure('interaction_expired');
}

const consentForm = z.strictObject({ answer: z.enum(['allow', 'deny']) });

export async function answerConsent(site: ConsentSite, ctx: Context): Promise<void> {
  const { interaction, fields } = await readInteractionForm(site, ctx);
  refuseOtherPrompt(interaction);
  const form = checkForm(consentForm, fields);
  if (!form.ok) throw new Failure('form_invalid');
  const result =
    form.value.answer === 'allow'
      ? { consent: { grantId: await saveGrant(site.provider, interaction) } }
      : { error: 'access_denied', error_description: 'the person did not allow it' };
  await finishInteraction(site, ctx, result);
}

async function saveGrant(provider: Provider, { grantId, session, params, prompt }: Interaction): Promise<string> {
  const { missingOIDCScope, missingOIDCClaims, missingResourceScopes = {} } = prompt.details as Missing;
  const known = grantId ? await provider.Grant.find(grantId) : undefined;
  const grant = known ?? new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params['client_id']) });
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '));
  if (missingOIDCClaims) grant.addOIDCClaims([...missingOIDCClaims]);
  for (const [resource, scopes] of Object.entries(missingResourceScopes)) grant.addResourceScope(resource, scopes.join(' '));
  return grant.save();
}
