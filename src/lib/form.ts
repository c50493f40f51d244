/**
 * Forms as people send them: small, urlencoded, each field once. Owns reading the body and turning a schema's
 * complaints into one short code per field, which pages translate.
 */
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { Failure } from '../errors.ts';
import { isOwnOrigin } from './origin.ts';
import { isPlainText, tidyText } from './plain-text.ts';

/** One code per field: `required`, `too_short`, …; see `field.<code>` in the texts. */
export type FieldErrors = Readonly<Record<string, string>>;
export type Fields = Readonly<Record<string, string>>;

const maxBytes = 64 * 1024;

/** Like `readForm`, for forms of our own pages alone: throws `foreign_origin` before anything is read. */
export async function readOwnForm(request: IncomingMessage, ownOrigin: string): Promise<Fields> {
  if (!isOwnOrigin(request.headers, ownOrigin)) throw new Failure('foreign_origin');
  return readForm(request);
}

/** Throws `body_too_large`; anything that is not a plain form throws `form_invalid`. */
export async function readForm(request: IncomingMessage): Promise<Fields> {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers['content-type'] ?? '')) throw new Failure('form_invalid');
  const fields = Object.create(null) as Record<string, string>;
  for (const [name, value] of parsedBefore(request) ?? new URLSearchParams(await readText(request))) {
    if (name in fields) throw new Failure('form_invalid', { field: name });
    fields[name] = value;
  }
  return fields;
}

/** A framework around us may have read the body already, as `body`. What is not plain text there was no plain form. */
function parsedBefore(request: IncomingMessage & { readonly body?: unknown }): [string, string][] | undefined {
  const { body } = request;
  if (!request.readableEnded || typeof body !== 'object' || body === null) return undefined;
  return Object.entries(body).map(([name, value]) => {
    if (typeof value !== 'string') throw new Failure('form_invalid', { field: name });
    return [name, value];
  });
}

/**
 * Did a mail program send this to stop a mail with one click (RFC 8058 §3.1)? It may be urlencoded or multipart.
 * Throws `body_too_large`.
 */
export async function readOneClick(request: IncomingMessage & { readonly body?: unknown }): Promise<boolean> {
  if (request.readableEnded) return (request.body as Fields | undefined)?.['List-Unsubscribe'] === 'One-Click';
  const text = await readText(request);
  return (
    new URLSearchParams(text).get('List-Unsubscribe') === 'One-Click' ||
    /^content-disposition: *form-data; *name="?List-Unsubscribe"?\s*?\r?\n(?:[^\r\n]+\r?\n)*\r?\nOne-Click\s*?\r?\n/im.test(text)
  );
}

/** Throws `body_too_large`; `form_invalid` where the sender left. */
export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  try {
    // Not destroyed when it is left early: a destroyed request has lost its socket, and with it the address it came from.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      byteCount += chunk.length;
      if (byteCount > maxBytes) throw new Failure('body_too_large');
      chunks.push(chunk);
    }
  } catch (error) {
    request.resume();
    // What else can go wrong is that the sender leaves.
    throw error instanceof Failure ? error : new Failure('form_invalid');
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Of a page with a form: 422 if something on it is to be put right. */
export function formStatus(errors: FieldErrors): 200 | 422 {
  return Object.keys(errors).length > 0 ? 422 : 200;
}

export type Checked<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly errors: FieldErrors };

/** Schemas give their complaint codes as messages. A field nobody asked for is a complaint about the form. */
export function checkForm<Schema extends z.ZodType>(schema: Schema, fields: Fields): Checked<z.output<Schema>> {
  const result = schema.safeParse({ ...fields });
  if (result.success) return { ok: true, value: result.data };
  const errors: Record<string, string> = {};
  for (const issue of result.error.issues) {
    const field = issue.path[0] === undefined ? 'form' : String(issue.path[0]);
    errors[field] ??= issue.code === 'unrecognized_keys' ? 'unknown_field' : issue.message;
  }
  return { ok: false, errors };
}

/** What need not be said may come empty, or not at all. Not a union with `''`: that one would keep the schema's complaint to itself. */
export function optional<Schema extends z.ZodType>(schema: Schema) {
  return z
    .string()
    .transform((text) => (text === '' ? undefined : text))
    .pipe(schema.optional() as z.ZodType<z.output<Schema> | undefined, string | undefined>)
    .optional();
}

/**
 * A line of text from a person: trimmed, NFC, no control or invisible direction characters. What is much too long is not
 * even normalized: putting thousands of accents in order takes long.
 */
export function lineOfText(maxCodePoints: number): z.ZodType<string> {
  return z
    .string({ error: 'required' })
    .max(10 * maxCodePoints, 'too_long')
    .transform((text) => text.normalize('NFC').trim())
    .pipe(
      z
        .string()
        .min(1, 'required')
        .refine((text) => [...text].length <= maxCodePoints, 'too_long')
        .refine((text) => text.isWellFormed() && !/[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u.test(text), 'bad_characters'),
    );
}

/** Several lines from a person, or none: line breaks as LF, else as `lineOfText`. */
export function textOfLines(maxCodePoints: number): z.ZodType<string> {
  return z
    .string({ error: 'required' })
    .max(10 * maxCodePoints, 'too_long')
    .transform(tidyText)
    .pipe(
      z
        .string()
        .refine((text) => [...text].length <= maxCodePoints, 'too_long')
        .refine(isPlainText, 'bad_characters'),
    );
}
