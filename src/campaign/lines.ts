/**
 * From bytes to lines, however long they are: no more of one is kept than a row may have. Owns line ends and the byte
 * order mark; what a line says is `csv.ts`.
 */
import { isUtf8 } from 'node:buffer';
import type { RowProblem } from './campaign.ts';

/** Bytes of one row. */
export const longestRow = 65_536;

export type Line = {
  /** 1 is the first. */
  readonly number: number;
  /** Undefined: it is longer than a row may be, and was thrown away. */
  readonly bytes: Buffer | undefined;
};

export type Bytes = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string> | Uint8Array | string;

const utf8Mark = Buffer.from([0xef, 0xbb, 0xbf]);

/** LF, CR LF or CR end a line. Throws `TypeError` for UTF-16, which has no such lines. */
export async function* linesOf(bytes: Bytes): AsyncGenerator<Line> {
  let number = 0;
  for await (const line of rawLines(typeof bytes === 'string' || bytes instanceof Uint8Array ? [bytes] : bytes)) {
    number += 1;
    yield { number, bytes: number === 1 && line ? withoutMark(line) : line };
  }
}

function withoutMark(line: Buffer): Buffer {
  if ((line[0] === 0xff && line[1] === 0xfe) || (line[0] === 0xfe && line[1] === 0xff) || line.subarray(0, 8).includes(0))
    throw new TypeError('campaign: rows must be UTF-8; this is UTF-16, which spreadsheets save as “Unicode text”');
  return line.subarray(0, 3).equals(utf8Mark) ? line.subarray(3) : line;
}

type Pending = { parts: Buffer[]; size: number };

async function* rawLines(chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>): AsyncGenerator<Buffer | undefined> {
  let pending: Pending = { parts: [], size: 0 };
  let endedInCr = false;
  for await (const given of chunks) {
    const chunk = typeof given === 'string' ? Buffer.from(given) : Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    let start = endedInCr && chunk[0] === lf ? 1 : 0;
    if (chunk.length > 0) endedInCr = chunk.at(-1) === cr;
    for (let end = nextEnd(chunk, start); end >= 0; end = nextEnd(chunk, start)) {
      keep(pending, chunk.subarray(start, end));
      yield whole(pending);
      pending = { parts: [], size: 0 };
      start = chunk[end] === cr && chunk[end + 1] === lf ? end + 2 : end + 1;
    }
    keep(pending, chunk.subarray(start));
  }
  if (pending.size > 0) yield whole(pending);
}

const [lf, cr] = [10, 13];

function nextEnd(chunk: Buffer, start: number): number {
  const [atLf, atCr] = [chunk.indexOf(lf, start), chunk.indexOf(cr, start)];
  return atLf < 0 || atCr < 0 ? Math.max(atLf, atCr) : Math.min(atLf, atCr);
}

/** A copy: a chunk that is kept for one short line would be kept whole. */
function keep(pending: Pending, part: Buffer): void {
  pending.size += part.length;
  if (pending.size <= longestRow) pending.parts.push(Buffer.from(part));
  else pending.parts = [];
}

function whole({ parts, size }: Pending): Buffer | undefined {
  return size > longestRow ? undefined : Buffer.concat(parts);
}

/** Undefined: it is UTF-8. */
export function encodingProblemOf(bytes: Buffer): Extract<RowProblem, 'latin1' | 'not_utf8'> | undefined {
  if (isUtf8(bytes)) return undefined;
  return looksLikeLatin1(bytes) ? 'latin1' : 'not_utf8';
}

/** In both, letters with accents stand from 0xC0 on; what a truncated UTF-8 leaves behind lies below as well. */
function looksLikeLatin1(bytes: Buffer): boolean {
  return bytes.every((byte) => byte < 0x80 || byte >= 0xa0);
}
