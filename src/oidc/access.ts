/**
 * Apps that are for one group alone (design §4B): whoever is not in it gets neither a code nor another token. Owns the
 * question, the prompt that stands before the app, and that tokens which are out stop working at once; that the app
 * hears of it is the business of others.
 */
import { type Client, type FindAccount, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { isInside } from '../group/membership-facts.ts';
import type { ClaimTools } from './claims.ts';

const { Check, Prompt } = interactionPolicy;

/** Undefined: it is for everybody. */
function requiredGroupOf(client: Client | undefined): string | undefined {
  const slug = client?.['required_group'];
  return typeof slug === 'string' ? slug : undefined;
}

type Entry = { readonly client: Client | undefined; readonly accountId: string };

/** Whether the app is for this person. */
export async function hasAccess({ database, clock }: ClaimTools, { client, accountId }: Entry): Promise<boolean> {
  const slug = requiredGroupOf(client);
  return slug === undefined || isInside(database, { accountId, slug, now: clock() });
}

/** With a token in hand, somebody who has lost the app's group is nobody: no refresh, no UserInfo, no exchange of a code. */
export function withRequiredGroup(findAccount: FindAccount, tools: ClaimTools): FindAccount {
  return async (ctx, sub, token) => {
    const account = await findAccount(ctx, sub, token);
    if (!account || !token || (await hasAccess(tools, { client: ctx.oidc.client, accountId: sub }))) return account;
    return undefined;
  };
}

/** After the invitation, which may just have given the group. A silent sign-in is told `access_denied`. */
export function accessPrompt(tools: ClaimTools): interactionPolicy.Prompt {
  return new Prompt(
    { name: 'access', requestable: false },
    new Check('group_required', 'the person is not in the group that this app is for', 'access_denied', (ctx) => isOutside(tools, ctx)),
  );
}

/** Whoever is signed in here stands before an app that is not for them. */
export async function isOutside(tools: ClaimTools, { oidc: { client, session } }: KoaContextWithOIDC): Promise<boolean> {
  return session?.accountId !== undefined && !(await hasAccess(tools, { client, accountId: session.accountId }));
}
