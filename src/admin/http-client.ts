/**
 * The admin API for programs in TypeScript, published as `oidc-guestlist/client`. Its types are those of the operations
 * themselves; at run time it knows nothing but their places (`paths.ts`), so that it runs wherever there is `fetch`.
 */
import type { z } from 'zod';
import type { AllOperations } from './operations.ts';
import { apiBase, doneOnce, type OperationId, paths } from './paths.ts';

export type { OperationId };

type Schema<Operation, Part extends string> = Operation extends { readonly [Name in Part]?: infer Found } ? NonNullable<Found> : never;
type Part<Operation, Name extends string> = [Schema<Operation, Name>] extends [never]
  ? object
  : Schema<Operation, Name> extends z.ZodType
    ? { readonly [Key in Name]: z.input<Schema<Operation, Name>> }
    : object;
type OptionalPart<Operation, Name extends string> = [Schema<Operation, Name>] extends [never]
  ? object
  : Schema<Operation, Name> extends z.ZodType
    ? { readonly [Key in Name]?: z.input<Schema<Operation, Name>> }
    : object;

type Sending = {
  /** The same key with the same body gives the same answer. Default, for what makes something: a new one for each call. */
  readonly idempotencyKey?: string;
  /** The `ETag` that was read: refused with `version_conflict` if it has changed since. */
  readonly ifMatch?: string;
  readonly signal?: AbortSignal;
};

type File = { readonly body: NonNullable<RequestInit['body']>; readonly type: string };
type BodyOf<Operation> = Operation extends { readonly kind: 'upload' } ? File : Part<Operation, 'body'>;

/** What a call takes, as it goes over the wire: instants are RFC 3339 text. */
export type Input<Id extends OperationId> = Part<AllOperations[Id], 'params'> &
  OptionalPart<AllOperations[Id], 'query'> &
  BodyOf<AllOperations[Id]> &
  Sending;

type JsonAnswer<Operation> = [Schema<Operation, 'answer'>] extends [never]
  ? undefined
  : Schema<Operation, 'answer'> extends z.ZodType
    ? z.input<Schema<Operation, 'answer'>>
    : undefined;

/** What comes back; a file comes as a `Response`, to be read as it arrives. */
export type Output<Id extends OperationId> = AllOperations[Id] extends { readonly kind: 'json' } ? JsonAnswer<AllOperations[Id]> : Response;

export type Client = {
  readonly [Id in OperationId]: object extends Input<Id>
    ? (input?: Input<Id>) => Promise<Output<Id>>
    : (input: Input<Id>) => Promise<Output<Id>>;
};

export type ClientOptions = {
  /** The issuer, such as `https://id.example.org`. */
  readonly url: string;
  /** An access token for the resource `<issuer>/api` (RFC 8707), or where to get one for each call. */
  readonly token: string | (() => string | Promise<string>);
  readonly fetch?: typeof fetch;
  /** How often a call that was not heard, or came too often, is made again where that cannot count twice. Default: 2. */
  readonly retries?: number;
};

/** The server said no (RFC 9457). `code` is stable. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly problem: Readonly<Record<string, unknown>>;
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(response: Response, problem: Readonly<Record<string, unknown>>) {
    const code = String(problem['code'] ?? 'server_error');
    super(`${response.status} ${code}${typeof problem['field'] === 'string' ? `: ${problem['field']} ${problem['problem']}` : ''}`);
    this.name = 'ApiError';
    this.status = response.status;
    this.code = code;
    this.problem = problem;
    this.requestId = response.headers.get('x-request-id') ?? undefined;
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    this.retryAfterSeconds = Number.isFinite(seconds) ? seconds : undefined;
  }
}

/** Calls throw `ApiError`, and what `fetch` throws. */
export function createClient(options: ClientOptions): Client {
  const ids = Object.keys(paths) as OperationId[];
  return Object.fromEntries(ids.map((id) => [id, (input?: AnyInput) => call(options, id, input)])) as never;
}

type AnyInput = Sending & {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly type?: string;
};

async function call(options: ClientOptions, id: OperationId, input: AnyInput = {}): Promise<unknown> {
  const { fetch: send = fetch, retries = 2, token } = options;
  const [method = 'GET', path = ''] = paths[id].split(' ');
  const idempotencyKey = input.idempotencyKey ?? (doneOnce.has(id) ? crypto.randomUUID() : undefined);
  const address = `${options.url.replace(/\/$/, '')}${apiBase}${fill(path, input.params)}${queryOf(input.query)}`;
  for (let attempt = 0; ; attempt += 1) {
    const headers = headersOf({ ...input, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) });
    const bearer = typeof token === 'string' ? token : await token();
    const request = { method, headers: { ...headers, authorization: `Bearer ${bearer}` }, ...bodyOf(input), ...signalOf(input) };
    const response = await send(address, request as RequestInit).catch((error: unknown) => {
      if (!canRepeat(id, input, undefined) || attempt >= retries || input.signal?.aborted) throw error;
      return undefined;
    });
    if (response?.ok) return answerOf(response);
    if (response && (!canRepeat(id, input, response.status) || attempt >= retries)) throw new ApiError(response, await problemOf(response));
    await pause(response, attempt);
  }
}

/** What came too often was not done. What nobody heard of may have been: only what is done once all the same is sent again. */
function canRepeat(id: OperationId, { type }: AnyInput, status: number | undefined): boolean {
  // A file may be a stream, which can be read once.
  if (type !== undefined) return false;
  if (status === 429) return true;
  return (status === undefined || [502, 503, 504].includes(status)) && (doneOnce.has(id) || /^(GET|PUT|DELETE) /.test(paths[id]));
}

function fill(path: string, params: Readonly<Record<string, unknown>> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
}

function queryOf(query: Readonly<Record<string, unknown>> = {}): string {
  const said = Object.entries(query).filter(([, value]) => value !== undefined);
  return said.length > 0 ? `?${new URLSearchParams(said.map(([name, value]): [string, string] => [name, String(value)]))}` : '';
}

function headersOf({ body, type, idempotencyKey, ifMatch }: AnyInput): Record<string, string> {
  return {
    accept: '*/*',
    ...(body === undefined ? {} : { 'content-type': type ?? 'application/json' }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
  };
}

function bodyOf({ body, type }: AnyInput): object {
  if (body === undefined) return {};
  return type === undefined ? { body: JSON.stringify(body) } : { body, duplex: 'half' };
}

function signalOf({ signal }: AnyInput): object {
  return signal ? { signal } : {};
}

async function answerOf(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  const type = response.headers.get('content-type') ?? '';
  return /^application\/json\b/.test(type) ? response.json() : response;
}

async function problemOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await response.json()) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

async function pause(response: Response | undefined, attempt: number): Promise<void> {
  const seconds = Number(response?.headers.get('retry-after') ?? Number.NaN);
  await new Promise((resolve) => setTimeout(resolve, Number.isFinite(seconds) ? seconds * 1_000 : 200 * 2 ** attempt));
}

type PageInput = { readonly query?: { readonly cursor?: string | undefined } };

/** Everything on all pages of a list: `for await (const account of each((query) => client.listAccounts({ query })))`. */
export async function* each<Item>(
  list: (query: NonNullable<PageInput['query']>) => Promise<{ readonly items: readonly Item[]; readonly next?: string | undefined }>,
): AsyncGenerator<Item> {
  let cursor: string | undefined;
  do {
    const { items, next } = await list(cursor === undefined ? {} : { cursor });
    yield* items;
    cursor = next;
  } while (cursor !== undefined);
}
