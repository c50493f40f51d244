/** What other programs call us with: checked by a schema like everything that comes from outside. */
import type { z } from 'zod';

/** Throws `TypeError`, naming the call, the option and what is wrong with it. */
export function checkArguments<Schema extends z.ZodType>(call: string, schema: Schema, given: unknown): z.output<Schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') throw new TypeError(`${call}: ${[...issue.path, issue.keys[0]].join('.')} is no option`);
  throw new TypeError(`${call}: ${issue?.path.join('.') || 'the argument'} ${issue?.message ?? 'is not right'}`);
}
