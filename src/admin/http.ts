/** What answers of the admin API look like: versions, pages, preferences, limits. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { Failure } from '../errors.ts';
import type { CountingThrottle } from '../lib/throttle.ts';
import type { Download } from './operation.ts';

/** Of an answer: another answer, another version (RFC 9110 §8.8.3). */
export function versionOf(answer: unknown): string {
  return `"${createHash('sha256').update(JSON.stringify(answer)).digest('base64url').slice(0, 22)}"`;
}

/** Throws `version_conflict` where the thing has changed since it was read (RFC 9110 §13.1.1). */
export function requireVersion(condition: string, current: string): void {
  if (!isNamed(tagsOf(condition), current)) throw new Failure('version_conflict');
}

/** Whoever asks has it already (RFC 9110 §13.1.2). */
export function isKnown(condition: string, current: string): boolean {
  return isNamed(
    tagsOf(condition).map((tag) => tag.replace(/^W\//, '')),
    current,
  );
}

const tagsOf = (condition: string) => condition.split(',').map((tag) => tag.trim());
const isNamed = (tags: readonly string[], current: string) => tags.includes('*') || tags.includes(current);

/** RFC 8941 has it as a string in quotes; most send it bare. Throws `wish_invalid`. */
export function idempotencyKeyOf(ctx: Context): string | undefined {
  const key = ctx.get('Idempotency-Key').replace(/^"(.*)"$/, '$1');
  if (!key) return undefined;
  if (!/^[\x21-\x7E]{8,200}$/.test(key))
    throw new Failure('wish_invalid', { field: 'Idempotency-Key', problem: 'must have 8 to 200 visible characters' });
  return key;
}

/** draft-ietf-httpapi-ratelimit-headers. Throws `too_many_requests`. */
export async function countCall(ctx: Context, calls: CountingThrottle, key: string): Promise<void> {
  const { points, perSeconds } = calls.limit;
  ctx.set('RateLimit-Policy', `"calls";q=${points};w=${perSeconds}`);
  try {
    const left = await calls.consume(key);
    ctx.set('RateLimit', `"calls";r=${left.points};t=${left.seconds}`);
  } catch (error) {
    if (error instanceof Failure) ctx.set('RateLimit', `"calls";r=0;t=${error.retryAfterSeconds ?? 1}`);
    throw error;
  }
}

/** A page leads to the next one (RFC 8288), with the same filters. */
export function linkNext(ctx: Context, answer: unknown): void {
  const next = typeof answer === 'object' && answer !== null && 'next' in answer ? answer.next : undefined;
  if (typeof next !== 'string') return;
  const query = new URLSearchParams(ctx.querystring);
  query.set('cursor', next);
  ctx.append('Link', `<?${query}>; rel="next"`);
}

/** RFC 7240. */
export function prefersMinimal(ctx: Context): boolean {
  return /(^|[,;\s])return\s*=\s*"?minimal"?\s*($|[,;])/i.test(ctx.get('Prefer'));
}

export function sendDownload(ctx: Context, { type, chunks, fileName }: Download): void {
  ctx.type = type;
  if (fileName) ctx.attachment(fileName);
  ctx.body = Readable.from(chunks, { objectMode: false });
}
