/**
 * `guestlist api <operation>`: every operation of the admin API by its name, also those that no other command has. What is
 * wrong with a call is told in the names of the API, as it was called by them.
 */
import { createReadStream, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { text as readText } from 'node:stream/consumers';
import { Argument, type Command, InvalidArgumentError } from 'commander';
import type { Operation } from '../admin/operation.ts';
import { type OperationId, paths, placeOf } from '../admin/paths.ts';
import { Failure } from '../errors.ts';
import { printAnswer } from './api-answer.ts';
import { withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { worded } from './complaint.ts';
import { Mistake } from './explain.ts';
import { collect } from './option.ts';
import { tableOf } from './table.ts';

const ids = Object.keys(paths) as OperationId[];

export function addApiCommand(program: Command): void {
  program
    .command('api')
    .description('call any operation of the admin API')
    .addArgument(new Argument('[operation]', 'its name, such as listMembers; --list shows all').choices(ids).argParser(operationId))
    // There are too many to name them all.
    .configureHelp({ argumentDescription: ({ description }) => description })
    .option('--list', 'show all operations')
    .option('--param <name=value>', 'what its path names; may be repeated', collect(pair))
    .option('--query <name=value>', 'what narrows a list, and the like; may be repeated', collect(pair))
    .option('--body <json|@file|->', 'what is sent, as JSON; @file: what is in that file; -: from standard input')
    .option('--file <path|->', 'the file that is sent, where the operation takes one; -: from standard input')
    .option('--type <media type>', 'of that file; by the end of its name without it')
    .option('--as <email>', 'the account that does it; without it the operator')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      examples(
        'api --list',
        'api listMembers --param slug=choir --query limit=20',
        `api createGroup --body '{"slug":"tenors","name":"Tenors"}'`,
        'api exportAudit --query format=csv > audit.csv',
      ),
    )
    .action(ending(api));
}

function operationId(text: string): OperationId {
  const found = ids.find((id) => id === text);
  if (found) return found;
  const alike = ids.filter((id) => id.toLowerCase().includes(text.toLowerCase()) && text.length > 2).slice(0, 5);
  throw new InvalidArgumentError(
    `There is no such operation${alike.length > 0 ? `, but ${alike.join(', ')}` : ''}. See: guestlist api --list`,
  );
}

type Pair = readonly [name: string, value: string];

function pair(text: string): Pair {
  const [, name, value] = text.match(/^([\w-]+)=(.*)$/s) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It must be a name and a value, such as slug=choir.');
  return [name, value];
}

type Options = OutputOptions & {
  readonly list?: boolean;
  readonly param?: readonly Pair[];
  readonly query?: readonly Pair[];
  readonly body?: string;
  readonly file?: string;
  readonly type?: string;
  readonly as?: string;
};

async function api(id: OperationId | undefined, options: Options, command: Command): Promise<void> {
  const { operations } = await import('../admin/operations.ts');
  if (options.list) return listOperations(operations, options);
  if (id === undefined) return command.error("error: say which operation; 'guestlist api --list' shows all");
  const input = await inputOf(id, operations[id] as Operation, options);
  await withCalls(async ({ api: client }) => {
    const call = client[id] as (given: object) => Promise<unknown>;
    try {
      await printAnswer(options, await call(input));
    } catch (error) {
      throw error instanceof Failure ? inItsOwnWords(error) : error;
    }
  }, options.as);
}

function listOperations(operations: Readonly<Record<OperationId, Operation>>, options: OutputOptions): void {
  const value = ids.map((operation) => {
    const { summary, scope } = operations[operation];
    return { operation, ...placeOf(operation), summary, scope };
  });
  const rows = value.map(({ operation, method, path, summary }) => ({ operation, method, path, summary }));
  print(options, { value, lines: linesOf(rows) });
}

/** In full: whoever looks for an operation reads all of it. */
function linesOf(
  rows: readonly { readonly operation: string; readonly method: string; readonly path: string; readonly summary: string }[],
) {
  const table = tableOf(rows.map(({ summary: _, ...row }) => row));
  return table.slice(1).map((line, index) => `${line.padEnd(Math.max(...table.map((other) => other.length)))}  ${rows[index]?.summary}`);
}

/** Throws `Mistake` for what needs no server to be told. */
async function inputOf(id: OperationId, operation: Operation, { param = [], query = [], body, file, type }: Options): Promise<object> {
  if (body !== undefined && (operation.kind !== 'json' || !operation.body)) throw new Mistake(`${id} takes no '--body'`);
  if (file !== undefined && operation.kind !== 'upload') throw new Mistake(`${id} takes no '--file'`);
  return {
    ...paramsOf(id, param),
    ...(query.length > 0 ? { query: Object.fromEntries(query) } : {}),
    ...(body === undefined ? emptyBody(operation) : { body: await jsonOf(body) }),
    ...(operation.kind === 'upload' ? uploadOf({ id, takes: operation.takes, file, type }) : {}),
  };
}

function paramsOf(id: OperationId, param: readonly Pair[]): object {
  const { method, path } = placeOf(id);
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const params = Object.fromEntries(param);
  const missing = named.find((name) => !params[name]);
  if (missing) throw new Mistake(`option '--param ${missing}=…' is needed: ${method} ${path}`);
  const stray = Object.keys(params).find((name) => !named.includes(name));
  if (stray) throw new Mistake(`${id} has no '--param ${stray}=…': ${method} ${path}`);
  return named.length > 0 ? { params } : {};
}

/** Where everything in it may be left out, so may the option. */
function emptyBody(operation: Operation): object {
  return operation.kind === 'json' && operation.body?.safeParse({}).success ? { body: {} } : {};
}

async function jsonOf(said: string): Promise<unknown> {
  try {
    if (said === '-') return JSON.parse(await readText(process.stdin));
    return JSON.parse(said.startsWith('@') ? await readFile(said.slice(1), 'utf8') : said);
  } catch {
    throw new Mistake("option '--body' must be JSON, or @ and the name of a file of JSON that can be read");
  }
}

const typesByEnd: Readonly<Record<string, string>> = { csv: 'text/csv', ndjson: 'application/x-ndjson', jsonl: 'application/x-ndjson' };

type Upload = {
  readonly id: OperationId;
  readonly takes: readonly string[];
  readonly file: string | undefined;
  readonly type: string | undefined;
};

/** Read as it is sent. */
function uploadOf({ id, takes, file, type: said }: Upload): object {
  if (file === undefined) throw new Mistake(`${id} needs '--file': ${takes.join(' or ')}`);
  const type = said ?? typesByEnd[/\.(\w+)$/.exec(file)?.[1]?.toLowerCase() ?? ''] ?? (takes.length === 1 ? takes[0] : undefined);
  if (type === undefined) throw new Mistake(`option '--type' must say what the file is: ${takes.join(' or ')}`);
  if (file !== '-' && !statSync(file, { throwIfNoEntry: false })?.isFile())
    throw new Mistake("option '--file' must name a file that can be read");
  return { type, body: ReadableStream.from(file === '-' ? process.stdin : createReadStream(file)) };
}

function inItsOwnWords({ code, detail, complaints, ...rest }: Failure): Error {
  if (code === 'client_invalid') return new Mistake(String(detail['complaint']));
  if (code !== 'wish_invalid') return new Failure(code, detail, rest.retryAfterSeconds ?? { complaints });
  const all = complaints.map(({ pointer, problem }) => [pointer.slice(1).replaceAll('/', '.'), problem] as const);
  const told = all.length > 0 ? all : [[String(detail['field'] ?? ''), String(detail['problem'] ?? '')] as const];
  return new Mistake(told.map(([field, problem]) => `${field || 'it'} ${worded(problem)}`).join('; '));
}
