/**
 * The OpenAPI 3.1 document, made from the schemas that read and write: there is no second source. Owns how operations are
 * told to other programs; what they are is with each of them.
 */
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject, type ZodOpenApiResponsesObject } from 'zod-openapi';
import { adminScopes } from '../client/own-scopes.ts';
import { type FailureCode, statusOf } from '../errors.ts';
import { ownUrl } from '../invitation/host.ts';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';
import { apiBase, apiVersion, type OperationId, placeOf } from './paths.ts';

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable; see the error table' }),
    errors: z.array(z.object({ pointer: z.string(), problem: z.string() })).optional(),
  })
  .loose()
  .meta({ id: 'Problem', description: 'RFC 9457' });

export function openApiDocument(issuer: string): ReturnType<typeof createDocument> {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const [id, operation] of Object.entries(operations) as [OperationId, Operation][]) {
    const { method, path } = placeOf(id);
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(id, operation) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Guestlist admin API',
      version: apiVersion,
      description:
        'Everything that the console and the command line can do. Errors are problem+json (RFC 9457) with stable codes; lists are paged by cursor.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: ownUrl(issuer, apiBase) }],
    tags: [...new Set(Object.keys(operations).map((id) => tagOf(id as OperationId)))].map((name) => ({ name })),
    security: [{ oauth: [] }],
    paths: paths as ZodOpenApiPathsObject,
    components: { securitySchemes: { oauth: securityOf(issuer) } },
  });
}

function securityOf(issuer: string) {
  const scopes = Object.fromEntries(adminScopes.map((scope) => [scope, descriptionOf(scope)]));
  const [authorizationUrl, tokenUrl] = [ownUrl(issuer, '/auth'), ownUrl(issuer, '/token')];
  return {
    type: 'oauth2',
    description: `Access tokens are JWTs (RFC 9068) for the resource ${ownUrl(issuer, '/api')} (RFC 8707).`,
    flows: { clientCredentials: { tokenUrl, scopes }, authorizationCode: { authorizationUrl, tokenUrl, scopes } },
  } as const;
}

function descriptionOf(scope: string): string {
  const [what, verb] = scope.split(':');
  return `${verb === 'read' ? 'See' : 'Change'} ${what}`;
}

/** The first noun of the path. */
function tagOf(id: OperationId): string {
  return placeOf(id).path.split('/')[1] ?? '';
}

const changed = {
  'If-Match': z.string().optional().meta({ description: 'The `ETag` that was read: refused if it has changed since' }),
};
const known = {
  'If-None-Match': z.string().optional().meta({ description: 'The `ETag` that was read: no answer if it is still that' }),
};
const preferences = {
  Prefer: z
    .string()
    .optional()
    .meta({ description: '`return=minimal` leaves the answer out', examples: ['return=minimal'] }),
};
const repeats = {
  'Idempotency-Key': z
    .string()
    .min(8)
    .max(200)
    .optional()
    .meta({ description: 'The same key with the same body within 24 hours gives the same answer' }),
};

function describe(id: OperationId, operation: Operation): ZodOpenApiOperationObject {
  const { summary, description, scope, params, query, creates, example } = operation;
  const header = {
    ...(creates ? repeats : {}),
    ...(hasCondition(id, operation) ? changed : {}),
    ...(isShown(id, operation) ? known : {}),
    ...(isLeftOut(id, operation) ? preferences : {}),
  };
  const requestParams = {
    ...(params ? { path: params } : {}),
    ...(query ? { query } : {}),
    ...(Object.keys(header).length > 0 ? { header: z.object(header) } : {}),
  };
  const body = bodyOf(operation);
  return {
    operationId: id,
    summary,
    ...(description ? { description } : {}),
    tags: [tagOf(id)],
    security: [{ oauth: [scope] }],
    requestParams: requestParams as NonNullable<ZodOpenApiOperationObject['requestParams']>,
    ...(body ? { requestBody: { required: example?.body !== undefined, content: body } } : {}),
    responses: responsesOf(id, operation),
  };
}

/** What is changed has a version; a list that something is added to has none. */
function hasCondition(id: OperationId, { kind }: Operation): boolean {
  const { method, path } = placeOf(id);
  return kind === 'json' && method !== 'GET' && (method !== 'POST' || path.includes('{'));
}

function isShown(id: OperationId, { kind }: Operation): boolean {
  return kind === 'json' && placeOf(id).method === 'GET';
}

function isLeftOut(id: OperationId, operation: Operation): boolean {
  return operation.kind === 'json' && operation.answer !== undefined && !operation.tellsOnce && placeOf(id).method !== 'GET';
}

function bodyOf(operation: Operation) {
  if (operation.kind === 'upload')
    return Object.fromEntries(operation.takes.map((type) => [type, { schema: { type: 'string' } as const }]));
  if (operation.kind === 'download' || !operation.body) return undefined;
  const example = operation.example?.body;
  return { 'application/json': { schema: operation.body as z.ZodType, ...(example === undefined ? {} : { example }) } };
}

const usual: readonly FailureCode[] = [
  'access_token_required',
  'access_token_invalid',
  'insufficient_scope',
  'access_denied',
  'too_many_requests',
];

const retryAfter = { 'Retry-After': { description: 'In so many seconds', schema: { type: 'integer' } } } as const;

function responsesOf(id: OperationId, operation: Operation): ZodOpenApiResponsesObject {
  const sent: FailureCode[] = operation.params || operation.query || operation.kind !== 'download' ? ['wish_invalid'] : [];
  const bodies: FailureCode[] = operation.kind === 'download' ? [] : ['body_malformed', 'media_type_unsupported', 'body_too_large'];
  const conflicts: FailureCode[] = [
    ...(operation.creates ? (['key_used'] as const) : []),
    ...(hasCondition(id, operation) ? (['version_conflict'] as const) : []),
  ];
  const codes = [...usual, ...sent, ...bodies, ...(operation.refusals ?? []), ...conflicts];
  const byStatus = Map.groupBy(codes, statusOf);
  const refusals = [...byStatus].map(([status, found]) => [
    String(status),
    {
      description: [...new Set(found)].join(', '),
      ...(status === 429 ? { headers: retryAfter } : {}),
      content: { 'application/problem+json': { schema: problem } },
    },
  ]);
  const without = {
    ...(isShown(id, operation) ? { '304': { description: 'It is still what `If-None-Match` says' } } : {}),
    ...(isLeftOut(id, operation) && (operation.status ?? 200) === 200 ? { '204': { description: 'Done, and left out' } } : {}),
  };
  return { ...successOf(id, operation), ...without, ...Object.fromEntries(refusals) };
}

const text = (description: string) => ({ description, schema: { type: 'string' } }) as const;

/** Of an answer that has one. */
function headersOf(id: OperationId, operation: Operation) {
  const isPaged = operation.kind === 'json' && operation.answer instanceof z.ZodObject && 'next' in operation.answer.shape;
  return {
    ...(isShown(id, operation) ? { ETag: text('Its version: another answer has another') } : {}),
    ...(isShown(id, operation) && isPaged ? { Link: text('The next page, as `rel="next"` (RFC 8288)') } : {}),
    ...(operation.kind === 'json' && operation.location ? { Location: text('Where it is') } : {}),
  };
}

function successOf(id: OperationId, operation: Operation): ZodOpenApiResponsesObject {
  const { status = 200 } = operation;
  if (operation.kind === 'download')
    return {
      '200': {
        description: 'As it is read',
        content: Object.fromEntries(
          operation.gives.map((type) => [type, { schema: { type: type === 'application/json' ? 'object' : 'string' } }]),
        ),
      },
    };
  if (operation.kind === 'upload' && !operation.answer)
    return { '200': { description: 'A line for each row', content: { 'application/x-ndjson': { schema: { type: 'string' } } } } };
  if (!operation.answer) return { '204': { description: 'Done' } };
  return {
    [String(status)]: {
      description: 'Done',
      headers: headersOf(id, operation),
      content: { 'application/json': { schema: operation.answer as z.ZodType } },
    },
  } as ZodOpenApiResponsesObject;
}
