/**
 * Answers about tokens (RFC 7662): what the app that has one would hear of groups, and that a lost group and a disabled
 * account are heard of at once.
 */
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { findAccountById } from '../account/store.ts';
import { hasAccess } from './access.ts';
import { type ClaimTools, mappedClaimsOf } from './claims.ts';

export function tellIntrospection(provider: Provider, tools: ClaimTools) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    if (ctx.oidc?.route !== 'introspection' || (ctx.body as { active?: boolean } | undefined)?.active !== true) return;
    const { AccessToken, RefreshToken, Client: asking } = ctx.oidc.entities;
    const token = AccessToken ?? RefreshToken;
    if (!token) return;
    const { accountId, clientId = '' } = token;
    const client = clientId === asking?.clientId ? asking : await provider.Client.find(clientId);
    const account = await findAccountById(tools.database, accountId);
    if (!client || !account || account.disabledAt || !(await hasAccess(tools, { client, accountId }))) ctx.body = { active: false };
    else if (AccessToken) {
      const request = { use: 'introspection', grantedScopes: (token.scope ?? '').split(' '), claimsParameter: [] } as const;
      ctx.body = { ...(await mappedClaimsOf(tools, { client, accountId, request })), ...(ctx.body as object) };
    }
  };
}
