/**
 * From lines of JSON, an object in each (NDJSON), to rows with an address, read as they come. A line that is none is
 * broken by itself; what else an object has is not looked at.
 */
import { isStorableJson } from '../lib/plain-text.ts';
import type { Columns, ReadRow } from './csv.ts';
import { type Bytes, encodingProblemOf, linesOf } from './lines.ts';

/** Columns are names of an object's; what is not said is `email`, `name` and `key`. Throws `TypeError` where there is no line at all. */
export async function* ndjsonRows(ndjson: Bytes, { email = 'email', name = 'name', key = 'key' }: Columns = {}): AsyncGenerator<ReadRow> {
  let isEmpty = true;
  for await (const { number: position, bytes } of linesOf(ndjson)) {
    if (bytes?.toString('latin1').trim() === '') continue;
    isEmpty = false;
    const row = bytes ? (encodingProblemOf(bytes) ?? objectIn(bytes)) : 'row_too_long';
    if (typeof row === 'string') yield { position, problem: row };
    else yield { position, email: textIn(row, email), name: textIn(row, name), key: textIn(row, key) };
  }
  if (isEmpty) throw new TypeError('campaign: rows must be given: there are no rows');
}

type Row = Readonly<Record<string, unknown>>;

function objectIn(bytes: Buffer): Row | 'malformed' {
  const value = parsed(bytes.toString('utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'malformed';
  return isStorableJson(JSON.stringify(value)) ? (value as Row) : 'malformed';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A number is a key as good as any. */
function textIn(row: Row, property: string | number): string | undefined {
  const value = Object.hasOwn(row, property) ? row[property] : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() || undefined : undefined;
}
