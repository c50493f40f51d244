/**
 * What an app hears of a person's groups: by its mappings, in the ID token, UserInfo, JWT access tokens and introspection
 * alike. Owns the way of mapped claims past oidc-provider, which lets through only names of its configuration, while
 * those of mappings are each app's own. They travel under a symbol, behind what the provider picks by scope.
 */
import type Provider from 'oidc-provider';
import type { AccountClaims, Client, Configuration, FindAccount, KoaContextWithOIDC } from 'oidc-provider';
import { type ClaimRequest, defaultMappings, mapClaims } from '../client/claim-mapping.ts';
import type { ClaimMapping } from '../client/mapping-schema.ts';
import { topOf } from '../client/claim-name.ts';
import { findAttachedGroupIds } from '../client/store.ts';
import { findMembershipFacts } from '../group/membership-facts.ts';
import { grantedScope } from '../invitation/configuration.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';

export type ClaimTools = { readonly database: Database; readonly clock: Clock };

type Asked = { readonly client: Client; readonly accountId: string; readonly request: Omit<ClaimRequest, 'attachedGroups'> };

/** The mapped claims of one place, now. Nothing that was not asked for. */
export async function mappedClaimsOf(
  { database, clock }: ClaimTools,
  { client, accountId, request }: Asked,
): Promise<Record<string, unknown>> {
  const mappings = mappingsOf(client).filter(({ where }) => where.includes(request.use));
  if (mappings.length === 0) return {};
  const facts = await findMembershipFacts(database, accountId, clock());
  const wantsAttached = mappings.some(({ filter }) => filter.kind === 'attached');
  const attachedGroups = wantsAttached ? await findAttachedGroupIds(database, client.clientId) : [];
  return mapClaims(facts, mappings, { ...request, attachedGroups });
}

/** As `client/metadata.ts` gives them to the provider. */
function mappingsOf(client: Client): readonly ClaimMapping[] {
  return (client['claim_mappings'] as readonly ClaimMapping[] | undefined) ?? defaultMappings;
}

const mapped = Symbol('mapped claims');

type WithMapped = AccountClaims & { readonly [mapped]?: Record<string, unknown> };

/** Accounts whose claims carry what the asking app's mappings say. */
export function withMappedClaims(findAccount: FindAccount, tools: ClaimTools): FindAccount {
  return async (ctx, sub, token) => {
    const account = await findAccount(ctx, sub, token);
    if (!account) return undefined;
    // biome-ignore lint/complexity/useMaxParams: the provider's signature
    const claims: typeof account.claims = async (use, scope, asked, rejected) => {
      const plain = await account.claims(use, scope, asked, rejected);
      const { client } = ctx.oidc;
      if (!client || (use !== 'id_token' && use !== 'userinfo')) return plain;
      const claimsParameter = ctx.oidc.entities.Grant?.getOIDCClaimsFiltered(new Set(namesAskedFor(ctx, use))) ?? [];
      const request = { use, grantedScopes: scope.split(' '), claimsParameter } as const;
      return { ...plain, [mapped]: await mappedClaimsOf(tools, { client, accountId: account.accountId, request }) };
    };
    return { ...account, claims };
  };
}

/** Of the `claims` parameter (OIDC Core §5.5) as it came: what the provider hands on has only names that it knows. */
function namesAskedFor({ oidc }: KoaContextWithOIDC, use: 'id_token' | 'userinfo'): string[] {
  const { AuthorizationCode, RefreshToken, AccessToken } = oidc.entities;
  const asked = AuthorizationCode?.claims ?? RefreshToken?.claims ?? AccessToken?.claims;
  return Object.keys(asked?.[use] ?? {});
}

/** What every ID token may say; nobody is asked whether it may. */
const plainClaims = ['sub', 'sid', 'auth_time', 'acr', 'amr', 'iss'];

/** Of the `claims` parameter of this request, whatever takes the person's consent: also what only the app's mappings know. */
export function claimsAskedFor({ oidc }: KoaContextWithOIDC): string[] {
  const { client, params, requestParamClaims } = oidc;
  const parameter = params?.['claims'];
  if (!client || typeof parameter !== 'string') return [];
  const { id_token: idToken, userinfo } = JSON.parse(parameter) as Partial<Record<'id_token' | 'userinfo', object>>;
  const sent = new Set([...Object.keys(idToken ?? {}), ...Object.keys(userinfo ?? {})]);
  const byParameter = mappingsOf(client).filter(({ trigger }) => trigger.claimsParameter && !trigger.always);
  const names = [...requestParamClaims, ...byParameter.map(({ name }) => topOf(name)).filter((name) => sent.has(name))];
  return [...new Set(names)].filter((name) => !plainClaims.includes(name));
}

/** As oidc-provider has it; its types do not say so. */
type ClaimsOfProvider = new (
  available: WithMapped,
  options: object,
) => { readonly available: WithMapped; result(): Promise<Record<string, unknown>> };

/** Behind what the provider picks comes what the mappings say; they cannot name what the provider or the account fills. */
export function releaseMappedClaims(provider: Provider): void {
  const Picked = (provider as unknown as { readonly Claims: ClaimsOfProvider }).Claims;
  class Claims extends Picked {
    override async result(): Promise<Record<string, unknown>> {
      return { ...(await super.result()), ...this.available[mapped] };
    }
  }
  Object.defineProperty(provider, 'Claims', { value: Claims });
}

/** JWT access tokens (RFC 9068 §2.2.3); an opaque one carries nothing that could go stale. */
export function createTokenClaims(tools: ClaimTools): NonNullable<Configuration['extraTokenClaims']> {
  return async (ctx, token) => {
    const { client } = ctx.oidc;
    if (!client || !('accountId' in token) || token.resourceServer?.accessTokenFormat !== 'jwt') return undefined;
    const request = { use: 'access_token', grantedScopes: grantedScope(ctx).split(' '), claimsParameter: [] } as const;
    return mappedClaimsOf(tools, { client, accountId: token.accountId, request });
  };
}
