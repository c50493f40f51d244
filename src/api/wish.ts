/** What an app may ask for, as JSON: strict, for a name that nobody knows is most often a limit that was meant. */
import { z } from 'zod';
import { Failure } from '../errors.ts';
import type { OwnWish } from '../invitation/own.ts';

const line = (most: number) => z.string().max(most);
const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const names = z.array(line(300)).max(50);

export const inviteBody = z.strictObject({
  groups: names.optional(),
  rights: names.optional(),
  ends: z.union([z.strictObject({ at: instant }), z.strictObject({ afterSeconds: z.int() })]).optional(),
  template: line(200).optional(),
  maxUses: z.int().optional(),
  startsAt: instant.optional(),
  expiresAt: instant.optional(),
  label: line(200).optional(),
  message: line(500).optional(),
  locale: line(20).optional(),
  landingClientId: line(200).optional(),
  email: line(320).optional(),
  emailRule: z.enum(['exact', 'verify', 'any']).optional(),
  channels: z
    .array(z.enum(['mail', 'link']))
    .min(1)
    .max(2)
    .optional(),
  domains: names.optional(),
  acr: line(200).optional(),
  approval: z.boolean().optional(),
  reminders: z.boolean().optional(),
  pin: z.union([z.literal(true), line(100)]).optional(),
}) satisfies z.ZodType<unknown>;

export const resendBody = z.strictObject({ expiresAt: instant.optional() });

export const nothing = z.strictObject({});

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  before: z
    .string()
    .regex(/^[\w-]{1,100}$/, 'is no id')
    .optional(),
});

/** Throws `wish_invalid`, which names the member and what is wrong with it. */
export function checkWish<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]] : (issue?.path ?? []);
  throw new Failure('wish_invalid', { field: path.join('.').slice(0, 100), problem: issue?.message ?? 'is not right' });
}

/** Without what was not said. */
export function toOwnWish(body: z.output<typeof inviteBody>): OwnWish {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as OwnWish;
}

/** What only the use case can tell is a mistake of the app's all the same: `invite: expiresAt must be in the future`. */
export async function asWish<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    const said = error instanceof TypeError && /^(?:invite|resend): (\S+) (.*)$/s.exec(error.message);
    if (!said) throw error;
    throw new Failure('wish_invalid', { field: said[1] ?? '', problem: said[2] ?? '' });
  }
}
