/** What the schemas of the admin API share. One schema reads what is sent, writes what is answered, and makes the OpenAPI document. */
import { z } from 'zod';
import { slugPattern } from '../group/group.ts';
import { Failure } from '../errors.ts';
import { isPlainText } from '../lib/plain-text.ts';

/** RFC 3339 on the wire, with any offset; in UTC when it is answered. */
export const instant = z
  .codec(z.iso.datetime({ offset: true }), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() })
  .refine((date) => date.getTime() > 0 && date.getUTCFullYear() < 10_000, 'must be between the years 1970 and 9999')
  .meta({ description: 'RFC 3339', override: { type: 'string', format: 'date-time' }, examples: ['2030-05-01T12:00:00Z'] });

/** One line of text: no control characters, nothing that turns the direction of writing around. */
export const line = (most: number) =>
  z
    .string()
    .max(most)
    .refine((text) => isPlainText(text) && !/[\r\n]/.test(text), 'must be one line without control characters');

export const lines = (most: number) => z.string().max(most).refine(isPlainText, 'must have no control characters');

export const slug = z
  .string()
  .regex(slugPattern)
  .meta({ examples: ['choir'] });
export const uuid = z.uuid().meta({ examples: ['0199f3f0-0000-7000-8000-000000000001'] });
export const count = z.int().min(1).max(100_000_000);

/** `choir`, `choir:manager`. */
export const groupGrant = z
  .string()
  .max(130)
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}(:[a-z0-9][a-z0-9._-]{0,63})?$/, 'must be a group, or a group and a role such as choir:manager');
export const rightName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\x21-\x7E]+$/, 'must be visible ASCII characters without spaces');

const keySchema = z
  .array(z.union([line(400), z.number(), z.null()]))
  .min(1)
  .max(4);

export type Cursor = z.output<typeof keySchema>;

/** The sort key of the last thing on a page: whatever is added meanwhile, the next page begins after it. */
export function toCursor(key: Cursor): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** Throws `wish_invalid`. */
export function fromCursor<Key extends z.ZodType>(cursor: string | undefined, key: Key): z.output<Key> | undefined {
  if (cursor === undefined) return undefined;
  const parsed = keySchema.safeParse(parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  const result = key.safeParse(parsed.data);
  if (!parsed.success || !result.success) throw new Failure('wish_invalid', { field: 'cursor', problem: 'is not one of ours' });
  return result.data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const page = {
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: 'Most things on a page' }),
  cursor: z
    .string()
    .regex(/^[\w-]{1,2000}$/)
    .optional()
    .meta({ description: 'As `next` of the page before had it' }),
};

/** A page of things. `next` is missing on the last one. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().optional().meta({ description: 'For the next page: send it as `cursor`' }) });

/** Without what was not said: a use case tells `undefined` from nothing. */
export function said<Body extends object>(body: Body): { [Name in keyof Body]: Exclude<Body[Name], undefined> } {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as never;
}

type Paged<Item> = { readonly items: Item[]; readonly next?: string };

/** Of one thing more than fits on the page, to know whether there is another page. */
export function toPage<Row>(rows: readonly Row[], limit: number, keyOf: (row: Row) => Cursor): Paged<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last !== undefined ? { next: toCursor(keyOf(last)) } : {}) };
}
