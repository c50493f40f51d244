/**
 * Calling the admin API from a command: of the server that `GUESTLIST_URL` names, with a token; without it by ourselves, on
 * the database, as the operator. Both ways it is the same operation, with the same rules and the same answer.
 */
import { adminScopes } from '../client/own-scopes.ts';
import { type Caller, personAsCaller } from '../admin/access.ts';
import { ApiError, type Client, createClient, type Output } from '../admin/http-client.ts';
import type { Operation } from '../admin/operation.ts';
import { operations } from '../admin/operations.ts';
import type { OperationId } from '../admin/paths.ts';
import { isDownload, perform, readGiven } from '../admin/perform.ts';
import { accountWith } from '../account/manage.ts';
import { errors, Failure, type FailureCode } from '../errors.ts';
import { createLog } from '../server/log.ts';
import { type App, createApp } from '../server/app.ts';
import { type CommandContext, withDatabase } from './command.ts';
import { Mistake } from './explain.ts';
import { knownSecret } from './guestlist.ts';
import { createTokenSource, remoteSettings } from './remote.ts';

export type Calls = {
  readonly api: Client;
  /** By any of its addresses. Throws `account_not_found`. */
  accountIdOf(email: string): Promise<string>;
  /** Undefined: the server is another one's. */
  readonly local: CommandContext | undefined;
};

/** `as`: the address of the account that does it; without it the operator, or whoever has the token. */
export async function withCalls<Result>(work: (calls: Calls) => Promise<Result>, as?: string): Promise<Result> {
  const remote = remoteSettings(process.env);
  if (remote) {
    if (as !== undefined) throw new Mistake("option '--as' is for a command on the database; with GUESTLIST_URL, the token says who it is");
    const api = inOurWords(createClient({ url: remote.url, token: createTokenSource(remote) }));
    return work({ api, local: undefined, accountIdOf: (email) => findAccountId(api, email) });
  }
  return withDatabase(async (context) => {
    const app = await appFor(context);
    const caller = await callerFor(context, as);
    const api = localClient(app, caller);
    return work({ api, local: context, accountIdOf: async (email) => (await accountWith(context.database, email)).id });
  });
}

async function appFor(context: CommandContext): Promise<App> {
  const { config, ...tools } = context;
  return createApp({ ...config, ...tools, secret: await knownSecret(context), log: createLog('silent'), showsMailbox: false });
}

async function callerFor({ database, clock }: CommandContext, as: string | undefined): Promise<Caller> {
  const scopes = new Set<string>(adminScopes);
  if (as === undefined) return { accountId: undefined, clientId: undefined, scopes, isAdmin: true, managed: [] };
  const { id: accountId } = await accountWith(database, as);
  return personAsCaller(database, { accountId, clientId: undefined, scopes, now: clock() });
}

type Sent = {
  readonly params?: unknown;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly type?: string;
};

/** The same calls without a server between: everything goes through the schemas as it would over the wire. */
function localClient({ admin: site }: App, caller: Caller): Client {
  const call = async (id: OperationId, sent: Sent = {}) => {
    const operation = operations[id] as Operation;
    const doing = { site, caller, from: undefined, database: site.database };
    const query = Object.fromEntries(Object.entries(sent.query ?? {}).filter(([, value]) => value !== undefined));
    const body = operation.kind === 'upload' ? { type: sent.type, chunks: sent.body } : wireOf(sent.body);
    const answer = await perform(doing, id, readGiven(operation, { params: sent.params ?? {}, query, body }, doing));
    return isDownload(operation, answer) ? new Response(ReadableStream.from(bytesOf(answer.chunks))) : answer;
  };
  return Object.fromEntries(Object.keys(operations).map((id) => [id, (sent?: Sent) => call(id as OperationId, sent)])) as never;
}

function wireOf(body: unknown): unknown {
  return body === undefined ? undefined : JSON.parse(JSON.stringify(body));
}

async function* bytesOf(chunks: AsyncIterable<string | Buffer>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

/** What the server refuses is told like what we refuse ourselves. */
function inOurWords(client: Client): Client {
  const translated = Object.entries(client).map(([id, call]) => [
    id,
    async (input: never) => {
      try {
        return await (call as (input: never) => Promise<unknown>)(input);
      } catch (error) {
        throw error instanceof ApiError ? failureOf(error) : error;
      }
    },
  ]);
  return Object.fromEntries(translated) as never;
}

function failureOf(error: ApiError): Error {
  const { code, problem, retryAfterSeconds } = error;
  if (!(code in errors)) return error;
  const detail = Object.fromEntries(
    Object.entries(problem).filter((entry): entry is [string, string | number] => ['string', 'number'].includes(typeof entry[1])),
  );
  return new Failure(code as FailureCode, detail, retryAfterSeconds);
}

async function findAccountId(api: Client, email: string): Promise<string> {
  const { items }: Output<'listAccounts'> = await api.listAccounts({ query: { email, limit: 2 } });
  const found = items.find((account) => account.email?.toLowerCase() === email.toLowerCase()) ?? items[0];
  if (!found) throw new Failure('account_not_found', { email });
  return found.id;
}
