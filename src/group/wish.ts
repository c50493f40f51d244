/** What may be asked for about groups and rights: the one description of a slug, a right and a wish for them. */
import { z } from 'zod';
import { isPlainText, tidyText } from '../lib/plain-text.ts';
import { domainSchema } from '../lib/email.ts';
import { plainRole, rightPattern, rolePattern, slugPattern } from './group.ts';

/** A line as people read it: no control characters, and none that turn the direction of what follows. */
export const plainLine = (maxLength: number) =>
  z
    .string()
    .max(maxLength, `must have ${maxLength} characters or fewer`)
    .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]*$/u, 'must have no control characters');

/** Several lines of plain text, as people write them. */
export const plainText = (maxLength: number) =>
  z
    .string()
    .max(maxLength, `must have ${maxLength} characters or fewer`)
    .transform(tidyText)
    .refine(isPlainText, 'must have no control characters');

const slugSchema = z
  .string()
  .regex(slugPattern, 'must be lower-case letters, digits, dots, dashes or underscores, 64 at most, and must not begin with system:');
const rightSchema = z.string().regex(rightPattern, 'must look like wiki:edit');

const capacitySchema = z.int('must be a whole number').min(1, 'must be 1 or more').max(1_000_000, 'must be 1000000 or less');

export const newGroupSchema = z.object({
  slug: slugSchema,
  name: plainLine(100).min(1, 'must not be empty'),
  description: plainLine(500),
  rights: z.array(rightSchema),
  capacity: capacitySchema.optional(),
  sensitive: z.boolean().optional(),
  parent: slugSchema.optional(),
});

export const groupChangeSchema = z.object({
  name: plainLine(100).min(1, 'must not be empty').optional(),
  description: plainLine(500).optional(),
  capacity: capacitySchema.nullable().optional(),
  sensitive: z.boolean().optional(),
  archived: z.boolean().optional(),
  parent: slugSchema.nullable().optional(),
});

const secondsSchema = (most: number) => z.int('must be a whole number').min(60, 'must be 60 or more').max(most, `must be ${most} or less`);

export const policySchema = z.strictObject({
  who: z.enum(['admins', 'managers', 'members'], 'must be admins, managers or members').default('managers'),
  roles: z
    .array(z.string().regex(rolePattern, 'must be lower-case letters, digits, dots, dashes or underscores'))
    .min(1, 'must not be empty')
    .max(50, 'must be 50 or fewer')
    .optional(),
  channels: z
    .array(z.enum(['mail', 'link'], 'must be mail or link'))
    .min(1, 'must not be empty')
    .default(['mail', 'link']),
  maxLifetimeSeconds: secondsSchema(315_576_000).optional(),
  maxPlaces: capacitySchema.optional(),
  pinForLinks: z.boolean().default(false),
  domains: z.array(domainSchema).max(50, 'must be 50 or fewer').default([]),
  approval: z.boolean().default(false),
  perDay: capacitySchema.optional(),
  membershipSeconds: secondsSchema(3_155_760_000).optional(),
});

export const newRightSchema = z.object({ name: rightSchema, description: plainLine(500) });

export const grantWishSchema = z.object({
  groups: z.array(z.string().refine(isGroupWish, 'must be a slug, or a slug and a role: choir or choir:manager')).optional(),
  rights: z.array(rightSchema).optional(),
  ends: z
    .union(
      [z.object({ at: z.date() }), z.object({ afterSeconds: z.int().min(60).max(3_155_760_000) })],
      'must be { at: date } or { afterSeconds: 60 or more }',
    )
    .optional(),
});

function isGroupWish(text: string): boolean {
  const [slug = '', role = plainRole, ...more] = text.split(':');
  return more.length === 0 && slugPattern.test(slug) && rolePattern.test(role);
}
