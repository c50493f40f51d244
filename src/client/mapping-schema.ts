/** What a claim mapping may be: every knob, in one strict schema. What the knobs do is in `claim-mapping.ts`. */
import { z } from 'zod';
import { claimFormats } from './claim-format.ts';
import { type ClaimPath, complaintAboutName, type NameComplaint, overagePathOf, overlap, pathOf } from './claim-name.ts';

/** Where a claim can be told: the ID token, UserInfo, a JWT access token (RFC 9068), an introspection answer (RFC 7662). */
export const claimUses = ['id_token', 'userinfo', 'access_token', 'introspection'] as const;
export type ClaimUse = (typeof claimUses)[number];

/** Of Entra ID's 200 groups in a token; above it, apps behave as if there were none. */
const defaultMaximum = 200;

const nameComplaints: Readonly<Record<NameComplaint, string>> = {
  claim_name_malformed: 'must be 1 to 200 visible ASCII characters without quotes, and at most 6 names between dots, none of them empty',
  claim_name_unsafe: 'must not contain __proto__, constructor or prototype',
  reserved_claim: 'is a claim that the protocol or the account itself fills',
};

const nameSchema = z.string().superRefine((name, ctx) => {
  const complaint = complaintAboutName(name);
  if (complaint) ctx.addIssue({ code: 'custom', message: nameComplaints[complaint], params: { code: complaint, name } });
});

/** Slugs, `slug:role`, names of rights; nothing that an object could stumble over. */
const keySchema = z.string().regex(/^[a-z0-9][a-z0-9._:/-]{0,199}$/, 'must be a slug, slug:role, or the name of a right');
const textSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(200, 'must have 200 characters or fewer')
  .refine((text) => text.isWellFormed(), 'must be well-formed text');

const valueSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('slug') }),
  z.strictObject({ kind: z.literal('id') }),
  z.strictObject({ kind: z.literal('name') }),
  z.strictObject({ kind: z.literal('prefix'), prefix: textSchema }),
  z.strictObject({
    kind: z.literal('table'),
    table: z.record(keySchema, z.union([textSchema, z.array(textSchema).max(100, 'must have 100 values or fewer')])),
    unlisted: z.enum(['drop', 'keep']),
  }),
]);

const filterSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('attached') }),
  z.strictObject({
    kind: z.literal('list'),
    names: z.array(keySchema).min(1, 'must name at least one').max(500, 'must name 500 or fewer'),
  }),
  z.strictObject({
    kind: z.literal('pattern'),
    pattern: z
      .string()
      .regex(/^[a-z0-9._:/*?-]{1,100}$/, 'must be made of what slugs are made of, * for any run and ? for any one character'),
  }),
]);

const scopeSchema = z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]{1,100}$/, 'must be the name of a scope');

const triggerSchema = z
  .strictObject({
    scopes: z.array(scopeSchema).max(20, 'must be 20 scopes or fewer').default([]),
    claimsParameter: z.boolean().default(true),
    always: z.boolean().default(false),
  })
  .refine(({ scopes, claimsParameter, always }) => scopes.length > 0 || claimsParameter || always, 'must leave a way to ask for the claim');

const finite = z.number().refine(Number.isFinite, 'must be a finite number');
const constantSchema = z.union([textSchema, finite, z.boolean(), z.array(textSchema).max(100, 'must have 100 values or fewer')]);

const knobs = z.strictObject({
  name: nameSchema,
  source: z.enum(['groups', 'roles', 'entitlements', 'constant']),
  value: valueSchema.default({ kind: 'slug' }),
  format: z.enum(claimFormats).default('array'),
  where: z
    .array(z.enum(claimUses))
    .min(1, 'must name at least one place')
    .refine((uses) => new Set(uses).size === uses.length, 'must name each place once'),
  filter: filterSchema.default({ kind: 'all' }),
  ancestors: z.boolean().default(false),
  empty: z.enum(['present', 'absent']).default('present'),
  maximum: z.int().min(1, 'must be 1 or more').max(10_000, 'must be 10000 or less').nullable().default(defaultMaximum),
  trigger: triggerSchema,
  constant: constantSchema.optional(),
  otherwise: constantSchema.optional(),
});

type Knobs = z.output<typeof knobs>;
type Complaint = readonly [path: keyof Knobs, message: string];

/** Knobs that have no meaning together. */
function* contradictions({ source, value, format, filter, ancestors, constant, otherwise }: Knobs): Generator<Complaint> {
  if (source === 'constant' && constant === undefined) yield ['constant', 'must be given where the source is constant'];
  if (source !== 'constant' && constant !== undefined) yield ['constant', 'must only be given where the source is constant'];
  if (otherwise !== undefined && (source !== 'constant' || filter.kind === 'all'))
    yield ['otherwise', 'must only be given for a constant with a filter'];
  if (format === 'roles' && source !== 'groups') yield ['format', 'must be another one: only groups have roles'];
  if (source !== 'entitlements') return;
  if (value.kind === 'id' || value.kind === 'name') yield ['value', 'must be another one: a right has only its name'];
  if (filter.kind === 'attached') yield ['filter', 'must be another one: groups are attached to a client, rights are not'];
  if (ancestors) yield ['ancestors', 'must be false: rights have no ancestors'];
}

/** One claim of one client. */
export const claimMappingSchema = knobs.superRefine((mapping, ctx) => {
  for (const [path, message] of contradictions(mapping)) ctx.addIssue({ code: 'custom', path: [path], message });
});

export type ClaimMapping = z.output<typeof claimMappingSchema>;

/** All claims of one client. Names may meet in different places; in one place, each leads somewhere else. */
export const claimMappingsSchema = z
  .array(claimMappingSchema)
  .max(20, 'must be 20 mappings or fewer')
  .superRefine((mappings, ctx) => {
    for (const [index, mapping] of mappings.entries()) {
      const other = mappings.slice(0, index).find((earlier) => collide(earlier, mapping));
      if (!other) continue;
      const message = `must not be written where ${other.name} is written`;
      ctx.addIssue({
        code: 'custom',
        path: [index, 'name'],
        message,
        params: { code: 'overlapping_claims', name: mapping.name, other: other.name },
      });
    }
  });

function collide(one: ClaimMapping, other: ClaimMapping): boolean {
  const meet = one.where.some((use) => other.where.includes(use));
  return meet && placesOf(one).some((place) => placesOf(other).some((otherPlace) => overlap(place, otherPlace)));
}

function placesOf({ name, source, maximum }: ClaimMapping): ClaimPath[] {
  return source === 'constant' || maximum === null ? [pathOf(name)] : [pathOf(name), overagePathOf(name)];
}
