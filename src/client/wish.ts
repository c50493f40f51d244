/** What a client can be, before the provider is asked. */
import { z } from 'zod';
import { slugPattern } from '../group/group.ts';
import { authMethods, type Client, clientIdPattern, grantTypes, signingAlgorithms } from './client.ts';
import { claimMappingsSchema } from './mapping-schema.ts';
import { strayScopes } from './metadata.ts';
import { isAdminScope } from './own-scopes.ts';

const address = z
  .string()
  .max(2_000, 'is too long')
  .refine((text) => URL.canParse(text) && !/[\s#]/.test(text), 'must be an absolute address without #');
const webAddress = address.refine((text) => /^https?:\/\//.test(text), 'must start with https:// (or http://)');
const addresses = z.array(address).max(50, 'must be 50 or fewer');
const slug = z.string().regex(slugPattern, 'must be the slug of a group');
const seconds = (most: number) =>
  z.int('must be a whole number').min(60, 'must be 60 seconds or more').max(most, `must be ${most} seconds or less`).optional();

/** Public keys alone (RFC 7517 §9.2): whoever sends a private one by mistake should hear of it. */
const jwk = z
  .looseObject({ kty: z.enum(['RSA', 'EC', 'OKP'], 'must be RSA, EC or OKP') })
  .refine((key) => !['d', 'p', 'q', 'k'].some((part) => part in key), 'must be a public key: this one has a private part');

const clientSchema = z
  .strictObject({
    id: z.string().regex(clientIdPattern, 'must have 1 to 100 visible ASCII characters'),
    name: z.string().regex(/^[^\p{Cc}\p{Zl}\p{Zp}]{1,100}$/u, 'must have 1 to 100 characters'),
    authMethod: z.enum(authMethods),
    jwks: z.strictObject({ keys: z.array(jwk).min(1, 'must have one key or more').max(20, 'must be 20 or fewer') }).optional(),
    jwksUri: webAddress.optional(),
    redirectUris: addresses,
    postLogoutRedirectUris: addresses,
    initiateLoginUri: webAddress.optional(),
    backchannelLogoutUri: webAddress.optional(),
    startUrl: webAddress.optional(),
    resources: addresses,
    scope: z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*$/, 'must be names with single spaces between'),
    grantTypes: z.array(z.enum(grantTypes)).min(1),
    signingAlg: z.enum(signingAlgorithms),
    firstParty: z.boolean(),
    requiredGroup: slug.optional(),
    withoutPkce: z.string().min(1, 'must say why').max(200, 'is too long').optional(),
    pairwise: z.boolean(),
    lifetimes: z.strictObject({
      idTokenSeconds: seconds(3_600),
      accessTokenSeconds: seconds(3_600),
      refreshTokenSeconds: seconds(180 * 86_400),
    }),
    mappings: claimMappingsSchema.optional(),
    attachedGroups: z.array(slug).max(500, 'must be 500 or fewer'),
    preset: z.string().max(100).optional(),
    registeredBy: z.string().optional(),
    createdAt: z.date(),
  })
  .refine(
    isNobodySpecial,
    'registered itself: it cannot be first party, do without PKCE, run the server, or have resources, attached groups or claims of its own',
  )
  .refine(({ authMethod, jwks, jwksUri }) => [jwks, jwksUri].filter(Boolean).length === (authMethod === 'private_key_jwt' ? 1 : 0), {
    path: ['jwks'],
    message: 'or jwksUri must be given with private_key_jwt, and not otherwise',
  })
  .refine(({ grantTypes: types, redirectUris }) => types.includes('authorization_code') === redirectUris.length > 0, {
    path: ['redirectUris'],
    message: 'must be one or more with the grant type authorization_code, and none without it',
  })
  .refine(({ grantTypes: types, authMethod }) => !types.includes('client_credentials') || authMethod !== 'none', {
    path: ['grantTypes'],
    message: 'has client_credentials, for which it must be able to prove who it is',
  })
  .refine(({ authMethod, withoutPkce }) => authMethod !== 'none' || withoutPkce === undefined, {
    path: ['withoutPkce'],
    message: 'must not be said of a public client: it has nothing else to prove itself with',
  });

/** What an app says of itself is not what the operator says of it: it could come to live at another address tomorrow. */
function isNobodySpecial(
  client: {
    readonly [Name in 'registeredBy' | 'withoutPkce' | 'mappings' | 'preset']?: unknown;
  } & Pick<Client, 'firstParty' | 'resources' | 'attachedGroups' | 'grantTypes' | 'scope'>,
): boolean {
  const { registeredBy, firstParty, withoutPkce, mappings, preset, resources, attachedGroups } = client;
  if (registeredBy === undefined) return true;
  if (client.grantTypes.includes('client_credentials') || client.scope.split(' ').some(isAdminScope)) return false;
  return !firstParty && !withoutPkce && !mappings && !preset && resources.length === 0 && attachedGroups.length === 0;
}

/** The first complaint, with the setting it is about; undefined: it can be. */
export function checkClient(client: Client): string | undefined {
  const result = clientSchema.safeParse(client);
  const [issue] = result.error?.issues ?? [];
  if (issue) return `${issue.path.join('.') || 'the client'} ${issue.message}`;
  const stray = strayScopes(client);
  return stray ? `scope has ${stray}, which means nothing here; scopes of an API need its resource` : undefined;
}
