/**
 * From a CSV file (RFC 4180, and what spreadsheets make of it) to rows with an address, read as it comes. csv-parse reads
 * each row by itself, so that one that is broken takes no other along. What looks like a formula is text like any other.
 */
import { parse } from 'csv-parse/sync';
import type { RowProblem } from './campaign.ts';
import { type Bytes, encodingProblemOf, type Line, linesOf, longestRow } from './lines.ts';

/** By the name in the first row, or by number, 1 being the first. What is not said is found by its usual names. */
export type Columns = {
  readonly email?: string | number | undefined;
  readonly name?: string | number | undefined;
  /** What makes it the same row. Default: the address. */
  readonly key?: string | number | undefined;
};

export type ReadRow = { readonly position: number } & (
  | { readonly problem: RowProblem }
  | { readonly email: string | undefined; readonly name: string | undefined; readonly key: string | undefined }
);

type Cells = readonly string[];
export type CsvRecord = { readonly position: number } & ({ readonly cells: Cells } | { readonly problem: RowProblem });

/** Throws `TypeError` where the file as a whole cannot be read: it is empty, has no such column, or one name twice. */
export async function* csvRows(csv: Bytes, columns: Columns = {}): AsyncGenerator<ReadRow> {
  let places: Places | undefined;
  for await (const row of csvRecords(csv)) {
    if (!places && 'problem' in row) {
      if (row.problem === 'row_too_long' || row.problem === 'malformed') yield row;
      else throw new TypeError('campaign: rows must be UTF-8, the first one at least');
    } else if (!places && 'cells' in row) {
      places = placesIn(row.cells, columns);
      if (!places.hasHeader) yield pick(row, places);
    } else if (places) yield pick(row, places);
  }
  if (!places) throw new TypeError('campaign: rows must be given: there are no rows');
}

function pick(row: CsvRecord, places: Places): ReadRow {
  if ('problem' in row) return row;
  const cell = (place: number | undefined) => (place === undefined ? undefined : row.cells[place]?.trim() || undefined);
  return { position: row.position, email: cell(places.email), name: cell(places.name), key: cell(places.key) };
}

type Places = {
  readonly email: number;
  readonly name: number | undefined;
  readonly key: number | undefined;
  readonly hasHeader: boolean;
};

const usualNames = {
  email: [
    'email',
    'e-mail',
    'mail',
    'emailaddress',
    'e-mailaddress',
    'mailaddress',
    'address',
    'e-mail-adresse',
    'emailadresse',
    'adresse',
  ],
  name: ['name', 'fullname', 'displayname', 'person', 'vollname', 'anzeigename'],
  key: ['key', 'id', 'rowkey', 'number', 'nr', 'no', 'nummer', 'schlüssel'],
} as const;

const asName = (cell: string) => cell.toLowerCase().replace(/[\s_]/g, '');

/** The first row is a header unless there is an address in it. */
function placesIn(first: Cells, columns: Columns): Places {
  const hasHeader = !first.some((cell) => cell.includes('@'));
  const names = hasHeader ? first.map(asName) : [];
  const place = (column: keyof Columns) => {
    const wished = columns[column];
    if (typeof wished === 'number') return numbered(wished, column);
    if (wished !== undefined) return named(names, [asName(wished)], wished) ?? missing(column, wished);
    return named(names, usualNames[column], column);
  };
  const email = place('email') ?? (hasHeader ? missing('email', 'email') : first.findIndex((cell) => cell.includes('@')));
  return { email, name: place('name'), key: place('key'), hasHeader };
}

function numbered(wished: number, column: string): number {
  if (!Number.isInteger(wished) || wished < 1 || wished > 1_000)
    throw new TypeError(`campaign: columns.${column} must be a whole number from 1 on`);
  return wished - 1;
}

function named(names: readonly string[], wanted: readonly string[], called: string): number | undefined {
  const found = names.flatMap((name, index) => (wanted.includes(name) ? [index] : []));
  if (found.length > 1) throw new TypeError(`campaign: columns must be clear: more than one could be “${called}”: say which by its number`);
  return found[0];
}

function missing(column: string, wished: string): never {
  throw new TypeError(`campaign: columns.${column} must be found: the first row has no column “${wished}”, nor an address`);
}

/** Each row by itself, whatever its cells mean. Blank lines are none. */
export async function* csvRecords(csv: Bytes): AsyncGenerator<CsvRecord> {
  let delimiter: string | undefined;
  let open: Line[] = [];
  for await (const line of linesOf(csv)) {
    if (open.length === 0 && isBlank(line)) continue;
    // What Excel writes first to say it itself.
    const said = delimiter === undefined && line.bytes ? /^sep=([,;\t])$/.exec(line.bytes.toString('latin1'))?.[1] : undefined;
    delimiter = said ?? delimiter ?? delimiterOf(line);
    if (said !== undefined) continue;
    const { done, rest } = settle([...open, line], { delimiter, isLast: false });
    yield* done;
    open = rest;
  }
  yield* settle(open, { delimiter: delimiter ?? ',', isLast: true }).done;
}

function isBlank({ bytes }: Line): boolean {
  return bytes !== undefined && bytes.toString('latin1').trim() === '';
}

/** Whichever stands most often outside of quotes in the first line. */
function delimiterOf({ bytes }: Line): string {
  const bare = (bytes ?? Buffer.alloc(0)).toString('latin1').replace(/"[^"]*"/g, '');
  const [best] = [',', ';', '\t'].map((mark) => ({ mark, count: bare.split(mark).length })).sort((one, other) => other.count - one.count);
  return best?.mark ?? ',';
}

/** A field with line breaks in it; beyond these, a quote that was meant as an apostrophe is likelier. */
const mostLines = 20;

type Settling = { readonly delimiter: string; readonly isLast: boolean };

/** Lines belong together while a quote is open. If they never become a row, the first of them is broken, and it alone. */
function settle(lines: readonly Line[], { delimiter, isLast }: Settling): { readonly done: CsvRecord[]; readonly rest: Line[] } {
  const done: CsvRecord[] = [];
  let queue = [...lines];
  while (queue.length > 0) {
    const { count, row } = firstRow(queue, delimiter);
    if (row === 'open' && !isLast && queue.length < mostLines) return { done, rest: queue };
    if (row !== 'blank') done.push(typeof row === 'object' ? row : brokenBy(queue[0] as Line));
    queue = queue.slice(typeof row === 'object' ? count : 1);
  }
  return { done, rest: [] };
}

function brokenBy({ number, bytes }: Line): CsvRecord {
  return { position: number, problem: bytes ? 'malformed' : 'row_too_long' };
}

type Tried = { readonly count: number; readonly row: CsvRecord | 'open' | 'broken' | 'blank' };

function firstRow(lines: readonly Line[], delimiter: string): Tried {
  for (const [index, line] of lines.slice(0, mostLines).entries()) {
    if (index === 0 && isBlank(line)) return { count: 1, row: 'blank' };
    const row = line.bytes ? rowOf(lines.slice(0, index + 1), delimiter) : 'broken';
    if (row !== 'open') return { count: index + 1, row };
  }
  return { count: lines.length, row: 'open' };
}

function rowOf(lines: readonly Line[], delimiter: string): CsvRecord | 'open' | 'broken' {
  const bytes = Buffer.concat(lines.flatMap((line, index) => [...(index === 0 ? [] : [newline]), line.bytes ?? newline]));
  const position = lines[0]?.number ?? 0;
  if (bytes.length > longestRow) return 'broken';
  const problem = encodingProblemOf(bytes);
  if (problem) return { position, problem };
  if (bytes.includes(0)) return 'broken';
  if (isOpen(bytes)) return 'open';
  try {
    const [cells = []]: string[][] = parse(bytes, { delimiter, relax_column_count: true, record_delimiter: [] });
    return { position, cells };
  } catch {
    return 'broken';
  }
}

const newline = Buffer.from('\n');

function isOpen(bytes: Buffer): boolean {
  let quotes = 0;
  for (let at = bytes.indexOf(34); at >= 0; at = bytes.indexOf(34, at + 1)) quotes += 1;
  return quotes % 2 === 1;
}
