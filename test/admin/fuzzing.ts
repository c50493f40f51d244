/**
 * Requests made from the OpenAPI document, right and wrong, one after the other against a real server: none may end in a
 * surprise, and none that is refused may change anything.
 */
import { request as send } from 'undici';
import fc from 'fast-check';
import { operations } from '../../src/admin/operations.ts';
import type { Operation } from '../../src/admin/operation.ts';
import { openApiDocument } from '../../src/admin/openapi.ts';
import { apiBase, type OperationId, placeOf } from '../../src/admin/paths.ts';
import type { JourneyServer } from '../support/server.ts';
import { arbitraryOf, type JsonSchema, type Schemas } from './arbitrary.ts';
import { createProgram, type Program } from './calling.ts';
import { seedWorld, type World } from './world.ts';

type Parameter = { readonly in: string; readonly name: string; readonly schema: JsonSchema; readonly required?: boolean };
type Described = {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  readonly responses?: Readonly<Record<string, { readonly description: string }>>;
};

export type Tally = {
  sent: number;
  readonly byStatus: Record<string, number>;
  readonly reached: Set<OperationId>;
  readonly wrong: string[];
};

export type FuzzOptions = { readonly requests: number; readonly seed: number; readonly onProgress?: (tally: Tally) => void };

/** What a refusal may leave behind: counts of calls, and the record that somebody tried. */
const mayChange = ['throttle', 'told_answer', 'audit_event', 'audit_head', 'console_session'];

export async function fuzz(server: JourneyServer, { requests, seed, onProgress }: FuzzOptions): Promise<Tally> {
  const world = await seedWorld(server);
  await watchTables(server);
  // Each may call so often in a minute.
  const programs = await Promise.all(Array.from({ length: 24 }, () => createProgram(server)));
  const ids = Object.keys(operations) as OperationId[];
  const shots = Object.fromEntries(ids.map((id) => [id, shotsAt(id, world)])) as Record<OperationId, fc.Arbitrary<Shot>>;
  const tally: Tally = { sent: 0, byStatus: {}, reached: new Set(), wrong: [] };
  await touchedTables(server);
  for (const id of rounds(ids, requests)) {
    const [shot] = fc.sample(shots[id], { numRuns: 1, seed: seed + tally.sent });
    const place = tally.sent % programs.length;
    const status = await shoot({ server, program: programs[place] as Program, tally }, { ...(shot as Shot), id });
    if (status === 401) {
      // New keys that sign at once end all tokens.
      programs[place] = await createProgram(server);
      await touchedTables(server);
    }
    if (tally.sent % 500 === 0) onProgress?.(tally);
    if (tally.sent % 200 === 0) {
      await world.refresh();
      await touchedTables(server);
    }
  }
  return tally;
}

function* rounds(ids: readonly OperationId[], requests: number): Generator<OperationId> {
  for (let index = 0; index < requests; index += 1) yield ids[index % ids.length] as OperationId;
}

type Shot = {
  readonly path: string;
  readonly query: string;
  readonly body: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
};

const document = openApiDocument('http://localhost');
const schemas = (document.components?.schemas ?? {}) as Schemas;

function describedAs(id: OperationId): Described {
  const { method, path } = placeOf(id);
  return (document.paths?.[path] as Readonly<Record<string, Described>> | undefined)?.[method.toLowerCase()] ?? {};
}

function shotsAt(id: OperationId, world: World): fc.Arbitrary<Shot> {
  const { path } = placeOf(id);
  const described = describedAs(id);
  const params = (described.parameters ?? []).filter((parameter) => parameter.in === 'path');
  const queries = (described.parameters ?? []).filter((parameter) => parameter.in === 'query');
  const filled = fc
    .tuple(...params.map(({ name, schema }) => paramOf(name, schema, world)))
    .map((values) =>
      params.reduce(
        (text, { name }, index) => text.replace(`{${name}}`, encodeURIComponent(String(values[index]).slice(0, 500).toWellFormed()) || '-'),
        path,
      ),
    );
  const query = fc
    .record(Object.fromEntries(queries.map(({ name, schema }) => [name, arbitraryOf(schema, schemas)])), { requiredKeys: [] })
    .map((values) => new URLSearchParams(Object.entries(values).map(([name, value]): [string, string] => [name, textOf(value)])).toString())
    // A longer address is not for us to answer: Node ends the connection (RFC 6585 §5).
    .map((text) => text.slice(0, 6_000).replace(/%.?$/, ''));
  return fc.record({
    path: filled,
    query,
    body: bodyOf(operations[id] as Operation, described),
    headers: headersOf(operations[id] as Operation),
  });
}

function paramOf(name: string, schema: JsonSchema, world: World): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.nat().map((index) => world.pick(name, index)) },
    { weight: 1, arbitrary: arbitraryOf(schema, schemas) },
    { weight: 1, arbitrary: fc.constantFrom('\u0000', '%', '..', 'x'.repeat(500), '\u202e', "';--") },
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.toWellFormed() : (JSON.stringify(value) ?? '');
}

function bodyOf(operation: Operation, { requestBody }: Described): fc.Arbitrary<string | undefined> {
  if (operation.kind === 'upload')
    return fc.oneof(fc.constantFrom('email\nada@example.org\n', '{"email":"a@b.example"}\n', '"', '\ufeffemail;name\r\n'), fc.string());
  const schema = requestBody?.content['application/json']?.schema;
  if (!schema) return fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constant('{"x":1}') });
  const values = arbitraryOf(schema, schemas).map((value) => JSON.stringify(value) ?? '{}');
  const broken = fc.constantFrom(
    '{',
    '{"a":1,"a":2}',
    `${'['.repeat(50_000)}`,
    '{"a":"\\ud800"}',
    '\ufeff{}',
    'null',
    '1e999',
    '"text"',
    '[]',
    '\u0000',
  );
  const example =
    operation.kind === 'json' && operation.example?.body !== undefined ? [fc.constant(JSON.stringify(operation.example.body))] : [];
  return fc.oneof({ weight: 10, arbitrary: fc.oneof(...example, values) }, { weight: 1, arbitrary: broken });
}

function headersOf(operation: Operation): fc.Arbitrary<Readonly<Record<string, string>>> {
  const type = operation.kind === 'upload' ? (operation.takes[0] ?? '') : 'application/json';
  const types = fc.oneof(
    { weight: 12, arbitrary: fc.constant(type) },
    { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/x-www-form-urlencoded', 'x', '') },
  );
  const more = fc.constantFrom<Readonly<Record<string, string>>>(
    {},
    {},
    {},
    { 'if-match': '"x"' },
    { prefer: 'return=minimal' },
    { 'idempotency-key': 'some-key-again' },
  );
  return fc.tuple(types, more).map(([contentType, others]) => ({ ...(contentType ? { 'content-type': contentType } : {}), ...others }));
}

type Range = { readonly server: JourneyServer; readonly program: Program; readonly tally: Tally };

async function shoot(
  { server, program, tally }: Range,
  { id, path, query, body, headers }: Shot & { readonly id: OperationId },
): Promise<number> {
  const { method } = placeOf(id);
  const url = `${server.issuer}${apiBase}${path}${query ? `?${query}` : ''}`;
  const sent = method === 'GET' ? {} : { body: body ?? '' };
  const response = await send(url, { method, headers: { ...headers, authorization: `Bearer ${program.token}` }, ...sent });
  const text = await response.body.text();
  const status = response.statusCode;
  tally.sent += 1;
  tally.byStatus[status] = (tally.byStatus[status] ?? 0) + 1;
  if (status < 300) tally.reached.add(id);
  const touched = await touchedTables(server);
  const told = `${method} ${path}?${query.slice(0, 200)} ${JSON.stringify(headers)} ${body?.slice(0, 500)} → ${status} ${text.slice(0, 300)}`;
  if (status >= 500) tally.wrong.push(told);
  if (status >= 400 && touched.length > 0) tally.wrong.push(`${touched.join(', ')} changed: ${told}`);
  if (status >= 400 && !/^application\/problem\+json/.test(String(response.headers['content-type'])))
    tally.wrong.push(`no problem: ${told}`);
  if (!isDocumented(id, status, text)) tally.wrong.push(`not in the document: ${told}`);
  return status;
}

/** The document names each status, and each code that is answered with it. */
function isDocumented(id: OperationId, status: number, text: string): boolean {
  const { description } = describedAs(id).responses?.[status] ?? {};
  if (status < 400) return description !== undefined;
  const { code } = JSON.parse(text) as { code: string };
  // An id such as `..` has led elsewhere.
  return ['page_not_found', 'method_not_allowed'].includes(code) || (description?.split(', ').includes(code) ?? false);
}

/** Notes every change of every table, inside the transaction that makes it. */
async function watchTables({ database }: JourneyServer): Promise<void> {
  await database.raw(`
    create table public.touched (name text);
    create function public.touch() returns trigger language plpgsql as $$ begin insert into public.touched values (tg_table_name); return null; end $$;
    do $$ declare t text; begin
      for t in select tablename from pg_tables where schemaname = 'guestlist' loop
        execute format('create trigger touch after insert or update or delete on guestlist.%I for each row execute function public.touch()', t);
      end loop; end $$`);
}

async function touchedTables({ database }: JourneyServer): Promise<string[]> {
  const { rows } = await database.raw('with gone as (delete from public.touched returning name) select distinct name from gone');
  return rows.map(({ name }: { name: string }) => name).filter((name: string) => !mayChange.includes(name));
}
