/** Relying apps, their secrets, and what they would hear. Admins alone. */
import { z } from 'zod';
import { presetClient } from '../client/preset-client.ts';
import { findPreset, presets, snippetOf } from '../client/presets.ts';
import { authMethods, type Client, clientIdPattern, grantTypes, signingAlgorithms } from '../client/client.ts';
import { lintClient } from '../client/lint.ts';
import { addClient, changeClient, type ClientTools, removeClient, rotateSecret } from '../client/manage.ts';
import { sentenceOf } from '../client/mapping-lint.ts';
import { claimMappingsSchema } from '../client/mapping-schema.ts';
import { listSecrets } from '../client/secret-store.ts';
import { findClient, listClients } from '../client/store.ts';
import { isAdminScope } from '../client/own-scopes.ts';
import { Failure } from '../errors.ts';
import { requireScopes } from './access.ts';
import { type Call, json } from './operation.ts';
import { instant, line, said, slug } from './schema.ts';

const clientId = z.string().regex(clientIdPattern);
const address = line(2_000);
const seconds = z
  .int()
  .min(60)
  .max(180 * 86_400);
const scopeNames = line(4_000);

/** Every setting of an app but its secrets; what cannot be together is refused by `checkClient`. */
const settings = {
  name: line(100).min(1),
  authMethod: z.enum(authMethods),
  jwks: z.object({ keys: z.array(z.record(line(100), z.unknown())).max(20) }),
  jwksUri: address,
  redirectUris: z.array(address).max(50),
  postLogoutRedirectUris: z.array(address).max(50),
  initiateLoginUri: address,
  backchannelLogoutUri: address,
  startUrl: address,
  resources: z.array(address).max(50),
  scope: scopeNames,
  grantTypes: z.array(z.enum(grantTypes)).min(1).max(3),
  signingAlg: z.enum(signingAlgorithms),
  firstParty: z.boolean(),
  requiredGroup: slug,
  withoutPkce: line(200).meta({ description: 'Why it cannot use PKCE; without it, it must' }),
  pairwise: z.boolean(),
  lifetimes: z.strictObject({
    idTokenSeconds: seconds.optional(),
    accessTokenSeconds: seconds.optional(),
    refreshTokenSeconds: seconds.optional(),
  }),
  mappings: claimMappingsSchema,
  attachedGroups: z.array(slug).max(500),
};

const removable = [
  'jwks',
  'jwksUri',
  'initiateLoginUri',
  'backchannelLogoutUri',
  'startUrl',
  'requiredGroup',
  'withoutPkce',
  'mappings',
] as const;

const removableOrNull = Object.fromEntries(removable.map((name) => [name, settings[name].nullable().optional()])) as {
  [Name in (typeof removable)[number]]: z.ZodOptional<z.ZodNullable<(typeof settings)[Name]>>;
};

const newClient = z.strictObject({
  ...z.strictObject(settings).partial().shape,
  ...removableOrNull,
  id: clientId,
  preset: line(100).optional().meta({ description: 'Fills in what is not said, for a known app; see GET /client-presets' }),
  baseUrl: address.optional().meta({ description: 'Where the app of the preset lives' }),
});

const secondsOrNull = seconds.nullable().optional().meta({ description: 'null: as for everybody' });

const clientChange = z.strictObject({
  ...z.strictObject(settings).partial().shape,
  ...removableOrNull,
  lifetimes: z
    .strictObject({ idTokenSeconds: secondsOrNull, accessTokenSeconds: secondsOrNull, refreshTokenSeconds: secondsOrNull })
    .optional(),
});

const client = z
  .object({
    ...settings,
    id: z.string(),
    jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).nullable(),
    jwksUri: z.string().nullable(),
    initiateLoginUri: z.string().nullable(),
    backchannelLogoutUri: z.string().nullable(),
    startUrl: z.string().nullable(),
    requiredGroup: z.string().nullable(),
    withoutPkce: z.string().nullable(),
    mappings: z
      .array(z.record(z.string(), z.unknown()))
      .nullable()
      .meta({ description: 'null: groups, roles and entitlements, each by the scope of its name' }),
    preset: z.string().nullable(),
    registeredBy: z
      .string()
      .nullable()
      .meta({ description: 'The token that it registered itself with; null: it was registered by somebody here' }),
    createdAt: instant,
  })
  .meta({ id: 'Client' });

const params = z.strictObject({ clientId });

function toWire({ lifetimes, ...known }: Client): z.output<typeof client> {
  const orNull = Object.fromEntries(Object.entries(known).map(([name, value]) => [name, value ?? null]));
  return { ...orNull, lifetimes: said(lifetimes) } as z.output<typeof client>;
}

export async function findKnownClient({ database }: Pick<Call, 'database'>, id: string): Promise<Client> {
  const found = await findClient(database, id);
  if (!found) throw new Failure('client_not_found', { clientId: id });
  return found;
}

function toolsOf({ site, by }: Call): ClientTools {
  const { clock, random, seal, complaintAboutClient } = site;
  return { clock, random, seal, complaintAbout: complaintAboutClient, ...by };
}

/** Whoever sets up an app, or gets its secret, can do what it can. Throws `insufficient_scope`. */
function requireScopesOf({ caller }: Call, { scope = '' }: { readonly scope?: string | undefined }): void {
  requireScopes(caller, scope.split(' ').filter(isAdminScope));
}

/** Throws `wish_invalid`. */
function ofPreset(id: string | undefined, baseUrl: string | undefined) {
  if (id === undefined) return {};
  const preset = findPreset(id);
  if (!preset) throw new Failure('wish_invalid', { field: 'preset', problem: 'is not known; see GET /client-presets' });
  const wish = presetClient(preset, baseUrl ?? '');
  if (!wish) throw new Failure('wish_invalid', { field: 'baseUrl', problem: `must be the address of ${preset.name}` });
  return wish;
}

const snippet = z
  .object({ place: z.string(), language: z.string(), text: z.string() })
  .optional()
  .meta({ description: 'What to write into the app' });

const shownClient = z.object({ ...client.shape, snippet }).meta({ id: 'ShownClient' });

const withSecret = z.object({
  client,
  clientSecret: z.string().optional().meta({ description: 'Told this once' }),
  snippet,
});

/** null: it is not to be there. */
function withoutNulls(wish: object): object {
  return Object.fromEntries(
    Object.entries(said(wish)).map(([name, value]) => [name, name === 'lifetimes' ? withoutNulls(value as object) : (value ?? undefined)]),
  );
}

function snippetFor({ site: { issuer } }: Call, { preset: id, id: known, startUrl, redirectUris: [first = ''] }: Client, baseUrl?: string) {
  const preset = id === undefined ? undefined : findPreset(id);
  return preset && snippetOf(preset, { issuer, clientId: known, baseUrl: baseUrl ?? startUrl ?? URL.parse(first)?.origin ?? '' });
}

export const clientOperations = {
  listClients: json({
    scope: 'clients:read',
    adminOnly: true,
    summary: 'All apps',
    answer: z.object({ items: z.array(client) }),
    run: async ({ database }) => ({ items: (await listClients(database)).map(toWire) }),
  }),
  createClient: json({
    scope: 'clients:write',
    adminOnly: true,
    summary: 'Register an app',
    description: 'null: without it, whatever the preset says. Scopes of this API can be given as far as the token has them.',
    creates: true,
    tellsOnce: true,
    status: 201,
    body: newClient,
    answer: withSecret,
    refusals: ['client_exists', 'client_invalid', 'group_not_found'],
    location: ({ client: made }) => `/clients/${encodeURIComponent(made.id)}`,
    example: { body: { id: 'wiki', name: 'Wiki', redirectUris: ['https://wiki.example.org/callback'], requiredGroup: 'choir' } },
    run: async (call, { body: { preset, baseUrl, ...wish } }) => {
      const base = ofPreset(preset, baseUrl);
      const full: object = { redirectUris: [], ...base, ...withoutNulls(wish) };
      requireScopesOf(call, full as { readonly scope?: string });
      const { clientSecret } = await addClient(call.database, full as never, toolsOf(call));
      const made = await findKnownClient(call, wish.id);
      return { client: toWire(made), clientSecret, snippet: snippetFor(call, made, baseUrl) };
    },
  }),
  getClient: json({
    scope: 'clients:read',
    adminOnly: true,
    summary: 'One app',
    params,
    answer: shownClient,
    refusals: ['client_not_found'],
    run: async (call, { params: { clientId: id } }) => {
      const found = await findKnownClient(call, id);
      return { ...toWire(found), snippet: snippetFor(call, found) };
    },
  }),
  changeClient: json({
    scope: 'clients:write',
    adminOnly: true,
    summary: 'Change an app; every server hears of it at once',
    description: 'null takes a setting away. With another way to authenticate, a secret is made where one is needed.',
    params,
    body: clientChange,
    answer: withSecret,
    tellsOnce: true,
    refusals: ['client_not_found', 'client_invalid', 'group_not_found'],
    example: { body: { startUrl: 'https://wiki.example.org/', requiredGroup: null } },
    run: async (call, { params: { clientId: id }, body }) => {
      requireScopesOf(call, await findKnownClient(call, id));
      requireScopesOf(call, body);
      const { client: changed, clientSecret } = await changeClient(call.database, id, { ...toolsOf(call), change: withoutNulls(body) });
      return { client: toWire(changed), clientSecret, snippet: snippetFor(call, changed) };
    },
  }),
  removeClient: json({
    scope: 'clients:write',
    adminOnly: true,
    summary: 'Let nobody get there any more',
    params,
    refusals: ['client_not_found'],
    run: async (call, { params: { clientId: id } }) => {
      await removeClient(call.database, id, toolsOf(call));
      return undefined;
    },
  }),
  listClientSecrets: json({
    scope: 'clients:read',
    adminOnly: true,
    summary: 'When its secrets were made, and end; never what they are',
    params,
    answer: z.object({ items: z.array(z.object({ id: z.string(), createdAt: instant, endsAt: instant.nullable() })) }),
    refusals: ['client_not_found'],
    run: async (call, { params: { clientId: id } }) => {
      await findKnownClient(call, id);
      const secrets = await listSecrets(call.database, id, call.now);
      return { items: secrets.map(({ id: secretId, createdAt, endsAt }) => ({ id: secretId, createdAt, endsAt: endsAt ?? null })) };
    },
  }),
  rotateClientSecret: json({
    scope: 'clients:write',
    adminOnly: true,
    summary: 'Another secret; those before go on for a while',
    params,
    body: z.strictObject({ overlapSeconds: z.int().min(0).max(31_536_000).optional() }),
    answer: z.object({ clientSecret: z.string(), othersEndAt: instant }),
    creates: true,
    tellsOnce: true,
    status: 201,
    refusals: ['client_not_found', 'client_invalid'],
    example: { body: { overlapSeconds: 86_400 } },
    run: async (call, { params: { clientId: id }, body: { overlapSeconds } }) => {
      requireScopesOf(call, await findKnownClient(call, id));
      return rotateSecret(call.database, id, { ...toolsOf(call), overlapSeconds });
    },
  }),
  lintClient: json({
    scope: 'clients:read',
    adminOnly: true,
    summary: 'What would go wrong with what it hears of groups',
    params,
    answer: z.object({
      items: z.array(
        z.object({ code: z.string(), level: z.enum(['warning', 'refusal']), path: z.string(), text: z.string() }).meta({ id: 'Finding' }),
      ),
    }),
    refusals: ['client_not_found'],
    run: async (call, { params: { clientId: id } }) => {
      const findings = await lintClient(call.database, await findKnownClient(call, id), call.now);
      return { items: findings.map((finding) => ({ ...finding, text: sentenceOf(finding) })) };
    },
  }),
  listClientPresets: json({
    scope: 'clients:read',
    adminOnly: true,
    summary: 'Known apps, for `preset`',
    answer: z.object({ items: z.array(z.object({ id: z.string(), name: z.string(), source: z.string() })) }),
    run: async () => ({ items: presets.map(({ id, name, source }) => ({ id, name, source })) }),
  }),
};
