/** The admin API without a server between: the operations themselves, on the database, as the operator or as an account. */
import { accountWith } from '../account/manage.ts';
import { type Caller, personAsCaller } from '../admin/access.ts';
import type { Client } from '../admin/http-client.ts';
import type { Operation } from '../admin/operation.ts';
import { operations } from '../admin/operations.ts';
import type { OperationId } from '../admin/paths.ts';
import { isDownload, perform, readGiven } from '../admin/perform.ts';
import { adminScopes } from '../client/own-scopes.ts';
import { type App, createApp } from '../server/app.ts';
import { createLog } from '../server/log.ts';
import type { CommandContext } from './command.ts';
import { knownSecret } from './guestlist.ts';

/** `as`: the address of an account. Throws `account_not_found`, `WrongSecret`. */
export async function createLocalClient(context: CommandContext, as: string | undefined): Promise<Client> {
  const [app, caller] = [await appFor(context), await callerFor(context, as)];
  return clientOf(app, caller);
}

/** Nobody gives a command a password: what hashing costs is saved. */
const hashCost = { memoryCost: 1_024, timeCost: 1, parallelism: 1 };

async function appFor(context: CommandContext): Promise<App> {
  const { config, ...tools } = context;
  return createApp({ ...config, ...tools, hashCost, secret: await knownSecret(context), log: createLog('silent'), showsMailbox: false });
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

/** Everything goes through the schemas as it would over the wire. */
function clientOf({ admin: site }: App, caller: Caller): Client {
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
