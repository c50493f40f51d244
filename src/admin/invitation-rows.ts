/**
 * Rows of a file of invitations: NDJSON, each line what `POST /invitations` takes, or CSV with the same names in its first
 * row, where lists have commas, semicolons or spaces between them. Owns reading them; one that is broken takes no other along.
 */
import { csvRecords } from '../campaign/csv.ts';
import { linesOf } from '../campaign/lines.ts';
import { Failure } from '../errors.ts';
import { parseJson } from './body.ts';
import { type InvitationRow, invitationRow } from './invitation-schema.ts';
import type { Upload } from './operation.ts';
import { checkPart } from './problem.ts';
import { type RowRefusal, refusalOf } from './row-answer.ts';

export type ReadRow = { readonly line: number } & ({ readonly row: InvitationRow } | { readonly refusal: RowRefusal });

const mostBytes = 16 * 1024 * 1024;

/** As a whole, before anything is done or answered: most programs listen only when they have said everything. */
export async function readWhole({ chunks }: Upload): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > mostBytes) throw new Failure('body_too_large');
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

/** Throws `wish_invalid` where the file as a whole cannot be read: a column that is not known, or UTF-16. */
export async function* readRows(type: string, file: Buffer): AsyncGenerator<ReadRow> {
  for await (const { line, read } of type === 'text/csv' ? csvRows(file) : jsonRows(file)) yield { line, ...checked(read) };
}

type Raw = { readonly line: number; readonly read: () => unknown };

function checked(read: () => unknown): { readonly row: InvitationRow } | { readonly refusal: RowRefusal } {
  try {
    return { row: checkPart(invitationRow, read(), 'body') as InvitationRow };
  } catch (error) {
    return { refusal: refusalOf(error) };
  }
}

async function* jsonRows(file: Buffer): AsyncGenerator<Raw> {
  for await (const { number: line, bytes } of linesOf(file)) {
    if (bytes?.toString('latin1').trim() === '') continue;
    yield { line, read: () => (bytes ? parseJson(bytes) : tooLong()) };
  }
}

function tooLong(): never {
  throw new Failure('wish_invalid', { field: 'row', problem: 'is too long' });
}

async function* csvRows(file: Buffer): AsyncGenerator<Raw> {
  let columns: readonly Column[] | undefined;
  for await (const record of csvRecords(file)) {
    const { position: line } = record;
    if (!columns) columns = 'cells' in record ? columnsOf(record.cells) : broken(record.problem);
    else if ('cells' in record) yield { line, read: cellsReader(columns, record.cells) };
    else yield { line, read: () => broken(record.problem) };
  }
}

function broken(problem: string): never {
  throw new Failure('wish_invalid', { field: 'row', problem });
}

type Column = { readonly name: string; readonly read: (cell: string) => unknown };

const asText = (cell: string) => cell;
const asList = (cell: string) => cell.split(/[\s,;|]+/).filter((part) => part !== '');
const asNumber = (cell: string) => (/^\d{1,12}$/.test(cell) ? Number(cell) : cell);
const asBoolean = (cell: string) => ({ true: true, yes: true, '1': true, false: false, no: false, '0': false })[cell.toLowerCase()] ?? cell;

const readers: Readonly<Record<string, Column['read']>> = {
  ...Object.fromEntries(Object.keys(invitationRow.shape).map((name) => [name, asText])),
  ...Object.fromEntries(['groups', 'rights', 'domains', 'channels'].map((name) => [name, asList])),
  maxUses: asNumber,
  approval: asBoolean,
  reminders: asBoolean,
  pin: (cell) => (asBoolean(cell) === true && cell !== '1' ? true : cell),
  ends: (cell) => (/^\d+$/.test(cell) ? { afterSeconds: Number(cell) } : { at: cell }),
};

/** Upper and lower case, spaces and underscores in a name do not matter. */
const plain = (name: string) => name.toLowerCase().replace(/[\s_-]/g, '');
const known: ReadonlyMap<string, string> = new Map(Object.keys(readers).map((name) => [plain(name), name]));

function columnsOf(header: readonly string[]): Column[] {
  const names = header.map((cell) => known.get(plain(cell)) ?? unknownColumn(cell, 'is not known'));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) unknownColumn(twice, 'is there twice');
  return names.map((name) => ({ name, read: readers[name] ?? asText }));
}

function unknownColumn(cell: string, problem: string): never {
  throw new Failure('wish_invalid', { field: 'columns', problem: `“${cell.slice(0, 50)}” ${problem}` });
}

/** An empty cell says nothing. */
function cellsReader(columns: readonly Column[], cells: readonly string[]): () => unknown {
  return () => {
    if (cells.slice(columns.length).some((cell) => cell !== '')) broken('has more cells than there are columns');
    const said = columns.flatMap(({ name, read }, index) => {
      const cell = cells[index]?.trim() ?? '';
      return cell === '' ? [] : [[name, read(cell)] as const];
    });
    return Object.fromEntries(said);
  };
}
