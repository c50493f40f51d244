/** Answers about tokens (RFC 7662): what the app that has one would hear of groups, and that a lost group is heard of at once. */
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { hasAccess } from './access.ts';
import { type ClaimTools, mappedClaimsOf } from './claims.ts';

export function tellIntrospection(provider: Provider, tools: ClaimTools) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    if (ctx.oidc?.route !== 'introspection' || (ctx.body as { active?: boolean } | undefined)?.active !== true) return;
    const { AccessToken, RefreshToken } = ctx.oidc.entities;
    const token = AccessToken ?? RefreshToken;
    const client = token?.clientId === undefined ? undefined : await provider.Client.find(token.clientId);
    if (!token || !client) return;
    const { accountId } = token;
    if (!(await hasAccess(tools, { client, accountId }))) ctx.body = { active: false };
    else if (AccessToken) {
      const request = { use: 'introspection', grantedScopes: (token.scope ?? '').split(' '), claimsParameter: [] } as const;
      ctx.body = { ...(await mappedClaimsOf(tools, { client, accountId, request })), ...(ctx.body as object) };
    }
  };
}
