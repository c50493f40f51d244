/** How the doctor asks: each question by itself, none for longer than it may, and none that takes another along. */
import { ApiError } from '../admin/http-client.ts';
import { Failure } from '../errors.ts';
import { explain } from './explain.ts';

export type Finding = {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly message: string;
  /** What to do. */
  readonly advice?: string;
};

export type Check = {
  readonly name: string;
  /** Default: 15 s. */
  readonly limitMs?: number;
  /** Throws what it is told by what it asks: that is a `fail`, with `advice`. */
  readonly run: () => Promise<Finding | readonly Finding[]>;
  readonly advice?: string;
};

const usualLimitMs = 15_000;

/** At the same time; told in their order. */
export async function runChecks(checks: readonly Check[]): Promise<Finding[]> {
  return (await Promise.all(checks.map(runCheck))).flat();
}

async function runCheck({ name, limitMs = usualLimitMs, run, advice }: Check): Promise<readonly Finding[]> {
  try {
    return [await within(limitMs, run)].flat();
  } catch (error) {
    return [{ name, status: 'fail', message: reasonOf(error), ...(advice === undefined ? {} : { advice }) }];
  }
}

/** Throws when the time is over; what was asked goes on, and nobody listens. */
export async function within<Result>(limitMs: number, work: () => Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`there is no answer after ${limitMs / 1_000} seconds`)), limitMs);
  try {
    return await Promise.race([work(), promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** In one line, for the operator. */
export function reasonOf(error: unknown): string {
  if (error instanceof Failure || error instanceof ApiError) return explain(error).text;
  if (!(error instanceof Error)) return String(error);
  const cause = error.message === 'fetch failed' && error.cause instanceof Error ? error.cause : error;
  const code = 'code' in cause ? String(cause.code) : cause.name;
  return cause.message || code;
}
