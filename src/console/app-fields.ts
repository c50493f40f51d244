/** Fields that forms about apps share, with the codes of their complaints. */
import { z } from 'zod';

export const webAddress = z
  .string()
  .max(2_000, 'too_long')
  .refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text) && !/[\s#]/.test(text), 'not_an_address');

/** An app of a device may have a scheme of its own (RFC 8252 §7.1). */
const anyAddress = z
  .string()
  .max(2_000, 'too_long')
  .refine((text) => URL.canParse(text) && !/[\s#]/.test(text), 'not_an_address');

/** Empty: undefined. */
export function optionalLine<Out>(schema: z.ZodType<Out, string>) {
  return z
    .string()
    .trim()
    .transform((text) => (text === '' ? undefined : text))
    .pipe(schema.optional())
    .optional();
}

/** One in a line. */
export const webAddresses = z
  .string()
  .max(30_000, 'too_long')
  .transform((text) =>
    text
      .split(/\s+/)
      .map((line) => line.trim())
      .filter(Boolean),
  )
  .pipe(z.array(anyAddress).max(50, 'too_long'))
  .default([]);

export const yes = z.literal('yes', 'other').optional();
