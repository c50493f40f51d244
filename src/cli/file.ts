/** Files that go in and come out, piece by piece, and never as a whole; `-` is what is piped in. */
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInterface } from 'node:readline';
import { Mistake } from './explain.ts';

export type FileBody = { readonly type: string; readonly body: ReadableStream<Uint8Array> };

/** Throws `Mistake` where it cannot be read. */
export async function readable(file: string): Promise<Readable> {
  if (file === '-') return process.stdin;
  try {
    await (await open(file, 'r')).close();
  } catch {
    throw new Mistake(`the file ${file} cannot be read`);
  }
  return createReadStream(file);
}

/** To be sent as it is read. `noted` hears how many bytes have gone. */
export function bodyFrom(type: string, source: AsyncIterable<Uint8Array | string>, noted?: (byteCount: number) => void): FileBody {
  return { type, body: ReadableStream.from(bytesOf(source, noted)) };
}

async function* bytesOf(source: AsyncIterable<Uint8Array | string>, noted?: (byteCount: number) => void): AsyncGenerator<Uint8Array> {
  let byteCount = 0;
  for await (const piece of source) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    byteCount += bytes.length;
    noted?.(byteCount);
    yield bytes;
  }
}

/** Lines of JSON, one after the other. */
export async function* jsonLinesOf<Line>({ body }: Response): AsyncGenerator<Line> {
  if (!body) return;
  const lines = createInterface({ input: Readable.fromWeb(body), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) if (line !== '') yield JSON.parse(line) as Line;
}

/** Into a file for its owner alone: there may be addresses and names in it; without one to the terminal. */
export async function passOn({ body }: Response, file: string | undefined): Promise<void> {
  if (!body) return;
  if (file !== undefined) return pipeline(Readable.fromWeb(body), createWriteStream(file, { mode: 0o600 }));
  endWithReader();
  for await (const piece of body) if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
}

/** Whoever reads what we write, such as `head`, may have seen enough: that is the end, and no mistake. */
function endWithReader(): void {
  if (!process.stdout.listeners('error').includes(leave)) process.stdout.on('error', leave);
}

function leave(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  throw error;
}

const typesByEnd: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
  json: 'application/x-ndjson',
};

/** By the end of its name, unless it is said. Throws `Mistake`. */
export function mediaTypeOf(file: string, format: 'csv' | 'ndjson' | undefined): string {
  const found = typesByEnd[format ?? /\.(\w+)$/.exec(file)?.[1]?.toLowerCase() ?? ''];
  if (found === undefined) throw new Mistake("option '--format' must say what the file is: csv or ndjson");
  return found;
}
