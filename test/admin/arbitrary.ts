/** From the JSON Schemas of the OpenAPI document to values: mostly right ones, and some that are wrong in one place. */
import fc from 'fast-check';

export type JsonSchema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly examples?: readonly unknown[];
};

export type Schemas = Readonly<Record<string, JsonSchema>>;

/** What programs send by mistake, or on purpose. */
const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1e308, 2 ** 53 + 2, '', ' ', '\u0000', '\ud800', 'ﬀ', '../..', '{}', '%00', '=1+1'),
  fc.constantFrom<unknown>([], {}, [[[[[[]]]]]], { __proto__: { a: 1 } }, { constructor: 1 }, 'x'.repeat(70_000), '2030-02-30T00:00:00Z'),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.double(),
  fc.jsonValue({ maxDepth: 3 }),
);

export function arbitraryOf(schema: JsonSchema, schemas: Schemas, depth = 0): fc.Arbitrary<unknown> {
  const right = rightOf(schema, schemas, depth);
  // Deep down a mistake is as likely as on the surface.
  return fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: junk });
}

function rightOf(schema: JsonSchema, schemas: Schemas, depth: number): fc.Arbitrary<unknown> {
  const next = (part: JsonSchema) => arbitraryOf(part, schemas, depth + 1);
  if (schema.$ref) return next(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices && depth < 8) return fc.oneof(...choices.map(next));
  return typedOf(schema, schemas, depth);
}

function typedOf(schema: JsonSchema, schemas: Schemas, depth: number): fc.Arbitrary<unknown> {
  const next = (part: JsonSchema) => arbitraryOf(part, schemas, depth + 1);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'object') return objectOf(schema, schemas, depth);
  if (type === 'array')
    return fc.array(next(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: Math.min(schema.maxItems ?? 3, 3) });
  if (type === 'string') return stringOf(schema);
  if (type === 'integer') return fc.integer({ min: Math.max(schema.minimum ?? 0, -1_000), max: Math.min(schema.maximum ?? 100, 5_000) });
  if (type === 'number') return fc.double({ noNaN: true });
  if (type === 'boolean') return fc.boolean();
  if (type === 'null') return fc.constant(null);
  return fc.jsonValue({ maxDepth: 2 });
}

function objectOf(schema: JsonSchema, schemas: Schemas, depth: number): fc.Arbitrary<unknown> {
  const properties = Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, part]) => [name, arbitraryOf(part, schemas, depth + 1)]),
  );
  const known = fc.record(properties, { requiredKeys: (schema.required ?? []).filter((name) => name in properties) });
  const more = typeof schema.additionalProperties === 'object' && depth < 4 ? schema.additionalProperties : undefined;
  const extra = more
    ? fc.dictionary(fc.constantFrom('choir', 'wiki:edit', 'name', 'x'), arbitraryOf(more, schemas, depth + 1), { maxKeys: 2 })
    : fc.oneof(
        { weight: 20, arbitrary: fc.constant({}) },
        { weight: 1, arbitrary: fc.dictionary(fc.string({ maxLength: 12 }), junk, { maxKeys: 1 }) },
      );
  return fc.tuple(known, extra).map(([one, other]) => ({ ...one, ...(other as object) }));
}

function stringOf({ examples, format, pattern, minLength = 0, maxLength = 60 }: JsonSchema): fc.Arbitrary<unknown> {
  const likely = examples && examples.length > 0 ? [fc.constantFrom(...examples)] : [];
  if (format === 'date-time')
    return fc.date({ min: new Date('2025-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }).map((date) => date.toISOString());
  if (format === 'uuid') return fc.oneof(...likely, fc.uuid());
  if (format === 'email') return fc.oneof(...likely, fc.emailAddress());
  const texts = fc.oneof(
    fc.constantFrom('choir', 'board', 'wiki:edit', 'ada@example.org', 'member', 'https://app.example.org/', 'Ada'),
    fc.string({ minLength, maxLength: Math.min(maxLength, 60) }),
  );
  return fc.oneof(...likely, pattern ? fc.oneof(patterned(pattern), texts) : texts);
}

/** Some patterns look ahead, which cannot be turned around. */
function patterned(pattern: string): fc.Arbitrary<unknown> {
  try {
    return fc.stringMatching(new RegExp(pattern.replace('(?!system:)', ''))).map((text) => text.slice(0, 200));
  } catch {
    return fc.constant('x');
  }
}
