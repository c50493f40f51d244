/** Bodies of the admin API: JSON that can be read in one way only, or a file that is read as it comes. */
import type { Context } from 'koa';
import { parse as parseStrictly } from 'lossless-json';
import { Failure } from '../errors.ts';
import { isStorableJson } from '../lib/plain-text.ts';

const maxJsonBytes = 1024 * 1024;
const maxFileBytes = 128 * 1024 * 1024;

/**
 * An empty body is undefined. Throws `media_type_unsupported`, `body_too_large`, and `body_malformed` for what is not UTF-8,
 * not JSON, or has a name twice: two programs on the way would read it differently (RFC 8259 §4).
 */
export async function readJson(ctx: Context): Promise<unknown> {
  const bytes = await readAll(ctx);
  if (bytes.length === 0) return undefined;
  if (!ctx.is('json', '+json')) throw new Failure('media_type_unsupported', { accepted: 'application/json' });
  return parseJson(bytes);
}

/** Throws `body_malformed`. */
export function parseJson(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    // It knows a name that is there twice; numbers stay what they are.
    parseStrictly(text, undefined, { parseNumber: Number, onDuplicateKey: refuse });
    if (!isStorableJson(JSON.stringify(value))) throw new SyntaxError('no text can have NUL or unpaired surrogates');
    return value;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError) throw new Failure('body_malformed');
    throw error;
  }
}

function refuse(): never {
  throw new SyntaxError('a name is there twice');
}

async function readAll(ctx: Context): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of chunksOf(ctx, maxJsonBytes)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Throws `media_type_unsupported`; `body_too_large` as soon as it is. */
export function readFile(ctx: Context, types: readonly string[]): { readonly type: string; readonly chunks: AsyncIterable<Buffer> } {
  const type = ctx.is(...types);
  if (!type) throw new Failure('media_type_unsupported', { accepted: types.join(', ') });
  return { type, chunks: chunksOf(ctx, maxFileBytes) };
}

async function* chunksOf({ req }: Context, maxBytes: number): AsyncGenerator<Buffer> {
  let byteCount = 0;
  try {
    // Not destroyed when it is left early: a destroyed request has lost its socket, and the answer with it.
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      byteCount += chunk.length;
      if (byteCount > maxBytes) throw new Failure('body_too_large');
      yield chunk;
    }
  } catch (error) {
    throw error instanceof Failure ? error : new Failure('body_malformed');
  } finally {
    req.resume();
  }
}
