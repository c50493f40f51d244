/** Everything that is wrong with what was sent, all at once (RFC 9457 §3, `errors`). */
import type { z } from 'zod';
import { type Complaint, Failure } from '../errors.ts';

type Part = 'path' | 'query' | 'body';

/** Throws `wish_invalid`: the first complaint by name, and all of them by pointer (RFC 6901). */
export function checkPart<Schema extends z.ZodType>(schema: Schema | undefined, given: unknown, part: Part): z.output<Schema> | undefined {
  if (!schema) {
    const isEmpty = given === undefined || (typeof given === 'object' && given !== null && Object.keys(given).length === 0);
    if (isEmpty) return undefined;
    throw complaining([{ pointer: '', problem: `there is nothing to say in the ${part}` }], part);
  }
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw complaining(result.error.issues.flatMap(complaintsOf).slice(0, 50), part);
}

function complaintsOf(issue: z.core.$ZodIssue): Complaint[] {
  if (issue.code !== 'unrecognized_keys') return [{ pointer: pointerOf(issue.path), problem: issue.message }];
  return issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), problem: 'is not known here' }));
}

function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((name) => `/${String(name).slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function complaining(complaints: readonly Complaint[], part: Part): Failure {
  const [first = { pointer: '', problem: 'is not right' }] = complaints;
  const field = first.pointer.slice(1).replaceAll('/', '.') || part;
  return new Failure('wish_invalid', { field, problem: first.problem }, { complaints });
}

/** What only the use case could tell says where as well, as what the schemas tell does. Anything else as it is. */
export function pointing(error: unknown): unknown {
  if (!(error instanceof Failure) || error.code !== 'wish_invalid' || error.complaints.length > 0) return error;
  const { field = '', problem = '' } = error.detail;
  const pointer = pointerOf(field === '' || field === 'body' ? [] : String(field).split('.'));
  return new Failure(error.code, error.detail, { complaints: [{ pointer, problem: String(problem) }] });
}
