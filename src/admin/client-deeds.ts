/** What an app would get for a person, what it was told, tokens with which apps register themselves; and keys. Admins alone. */
import { z } from 'zod';
import { accountOf } from '../account/manage.ts';
import { signingAlgorithms } from '../client/client.ts';
import { addRegistrationToken, revokeRegistrationToken } from '../client/registration.ts';
import { listGoodTokens } from '../client/registration-store.ts';
import { Failure } from '../errors.ts';
import { listLogoutFates } from '../oidc/app-logout-store.ts';
import { rotateKeys, summarizeKeys } from '../oidc/rotation.ts';
import { requireScopes } from './access.ts';
import { findKnownClient } from './clients.ts';
import { type Call, json } from './operation.ts';
import { instant, line, uuid } from './schema.ts';

const clientParams = z.strictObject({ clientId: line(100).min(1) });
const jwt = z.object({ header: z.record(z.string(), z.unknown()), payload: z.record(z.string(), z.unknown()) });

const logout = z
  .object({
    clientId: z.string(),
    accountId: z.string(),
    queuedAt: instant,
    deliveredAt: instant.nullable(),
    failedAt: instant.nullable(),
    nextAttemptAt: instant.nullable(),
    attempts: z.int(),
    failure: z.string().nullable(),
  })
  .meta({ id: 'AppLogout' });

const key = z
  .object({
    id: z.string(),
    algorithm: z.string(),
    state: z.enum(['waiting', 'signing', 'retiring', 'retired']),
    createdAt: instant,
    signsFrom: instant,
    signsUntil: instant.nullable(),
    publishedUntil: instant.nullable(),
  })
  .meta({ id: 'Key' });

function toolsOf({ site: { clock, random }, by }: Call) {
  return { clock, random, ...by };
}

export const clientDeedOperations = {
  previewClient: json({
    scope: 'clients:read',
    adminOnly: true,
    summary: 'The tokens that an app would get for a person, before anybody signs in',
    description:
      'Nobody can use them: they are signed by a key that is thrown away. It tells what accounts:read tells, and needs it as well.',
    params: clientParams,
    body: z.strictObject({
      accountId: line(200).min(1),
      scope: line(4_000).optional(),
      claims: z
        .record(line(100), z.record(line(100), z.unknown()))
        .optional()
        .meta({ description: 'The `claims` parameter, OIDC Core §5.5' }),
      resource: line(2_000).optional(),
    }),
    answer: z.object({
      idToken: jwt.nullable(),
      userinfo: z.record(z.string(), z.unknown()).nullable(),
      accessToken: jwt.nullable().meta({ description: 'null: it is opaque' }),
      introspection: z.record(z.string(), z.unknown()).nullable(),
    }),
    refusals: ['client_not_found', 'account_not_found', 'account_disabled', 'invitation_required', 'client_invalid'],
    example: { body: { accountId: '0199f3f0-0000-7000-8000-000000000002' } },
    run: async (call, { params: { clientId }, body }) => {
      requireScopes(call.caller, ['accounts:read']);
      await findKnownClient(call, clientId);
      // Before the app is asked whom it lets in.
      await accountOf(call.database, { accountId: body.accountId });
      const shown = await call.site.preview({ clientId, ...body }, call.database);
      const { idToken = null, userinfo = null, accessToken = null, introspection = null } = shown;
      return { idToken: idToken as never, userinfo, accessToken: accessToken as never, introspection };
    },
  }),
  listAppLogouts: json({
    scope: 'clients:read',
    adminOnly: true,
    summary: 'What became of telling apps that somebody was signed out of them, the newest first',
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(10_000).default(100), clientId: line(100).optional() }),
    answer: z.object({ items: z.array(logout) }),
    run: async ({ database }, { query: { limit, clientId } }) => {
      const fates = await listLogoutFates(database, { clientId, limit });
      return {
        items: fates.map((fate) => ({
          ...fate,
          deliveredAt: fate.deliveredAt ?? null,
          failedAt: fate.failedAt ?? null,
          nextAttemptAt: fate.nextAttemptAt ?? null,
          failure: fate.failure ?? null,
        })),
      };
    },
  }),
  createRegistrationToken: json({
    scope: 'clients:write',
    adminOnly: true,
    summary: 'Let apps register themselves (RFC 7591)',
    body: z.strictObject({ lastsSeconds: z.int().min(60).max(31_536_000).default(604_800), uses: z.int().min(1).max(1_000).default(1) }),
    answer: z.object({ id: z.string(), initialAccessToken: z.string(), endsAt: instant }),
    creates: true,
    tellsOnce: true,
    status: 201,
    location: () => '/registration-tokens',
    example: { body: { uses: 2 } },
    run: async (call, { body }) => {
      const { id, token, endsAt } = await addRegistrationToken(call.database, body, toolsOf(call));
      return { id, initialAccessToken: token, endsAt };
    },
  }),
  listRegistrationTokens: json({
    scope: 'clients:read',
    adminOnly: true,
    summary: 'Those that are good; never what they are',
    answer: z.object({
      items: z.array(z.object({ id: z.string(), uses: z.int(), usesLeft: z.int(), createdAt: instant, endsAt: instant })),
    }),
    run: async ({ database, now }) => ({ items: await listGoodTokens(database, now) }),
  }),
  revokeRegistrationToken: json({
    scope: 'clients:write',
    adminOnly: true,
    summary: 'Let nobody register with it any more; apps that did so stay',
    params: z.strictObject({ registrationTokenId: uuid }),
    refusals: ['link_not_found'],
    run: async (call, { params: { registrationTokenId } }) => {
      if (!(await revokeRegistrationToken(call.database, registrationTokenId, toolsOf(call)))) throw new Failure('link_not_found');
      return undefined;
    },
  }),
  listKeys: json({
    scope: 'keys:read',
    adminOnly: true,
    summary: 'The keys that sign tokens; their private parts are shown to nobody',
    answer: z.object({ items: z.array(key) }),
    run: async ({ database, now }) => {
      const keys = await summarizeKeys(database, now);
      return { items: keys.map((one) => ({ ...one, signsUntil: one.signsUntil ?? null, publishedUntil: one.publishedUntil ?? null })) };
    },
  }),
  rotateKeys: json({
    scope: 'keys:write',
    adminOnly: true,
    summary: 'Publish new keys; 25 hours later they sign instead of the old ones, and nobody notices',
    description:
      '`atOnce`, after a compromise: do not wait, and take the old keys away at once. Whatever they signed is refused from then on.',
    body: z.strictObject({ algorithms: z.array(z.enum(signingAlgorithms)).min(1).max(4).optional(), atOnce: z.boolean().default(false) }),
    answer: z.object({ items: z.array(z.object({ id: z.string(), algorithm: z.string(), signsFrom: instant, isNew: z.boolean() })) }),
    creates: true,
    status: 201,
    location: () => '/keys',
    example: { body: { algorithms: ['ES256'] } },
    run: async (call, { body: { algorithms, atOnce } }) => {
      const { clock, random, seal } = call.site;
      const wish = { algorithms: algorithms && [...new Set(algorithms)], atOnce, ...call.by };
      const rotations = await rotateKeys({ database: call.database, seal, clock, random }, wish);
      return { items: [...rotations] };
    },
  }),
};
