/**
 * A form of ours that may bring a file along (RFC 7578). It is taken apart by the parser of the platform itself (Fetch,
 * `Response.formData`), which reads whole bodies: so one that is larger than any list of addresses is not let in.
 */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import { Failure } from '../errors.ts';
import type { Fields } from '../lib/form.ts';
import { isOwnOrigin } from '../lib/origin.ts';
import { type ConsolePath, consoleForm, readConsoleForm, refuseNul } from './forms.ts';
import type { ConsoleSite, Visitor } from './site.ts';

/** 50,000 rows of a hundred bytes each. */
const maxBytes = 5_000_000;

export type UploadedFile = { readonly name: string; readonly bytes: Buffer };
export type Uploaded = { readonly fields: Fields; readonly file: UploadedFile | undefined };

/** Throws `foreign_origin`, `form_expired`, `form_invalid`, `body_too_large`. A field without a file is none. */
export async function readUpload(site: ConsoleSite, ctx: Context, visitor: Pick<Visitor, 'session'>): Promise<Uploaded> {
  if (!/^multipart\/form-data\s*;/i.test(ctx.get('Content-Type'))) {
    return { fields: await readConsoleForm(site, ctx, visitor), file: undefined };
  }
  if (!isOwnOrigin(ctx.headers, new URL(site.issuer).origin)) throw new Failure('foreign_origin');
  const parts = [...(await partsOf(ctx))];
  const { form_token, ...fields } = textOf(parts);
  if (form_token !== consoleForm(site, visitor, ctx.path as ConsolePath).formToken) throw new Failure('form_expired');
  refuseNul(fields);
  const file = parts.find(([name, value]) => name === 'file' && typeof value !== 'string' && value.size > 0)?.[1];
  return { fields, file: file instanceof File ? await toFile(file) : undefined };
}

/** A field for a file that was left empty comes as one, or as text, as the sender likes. */
function textOf(parts: readonly (readonly [string, unknown])[]): Fields {
  const fields = Object.create(null) as Record<string, string>;
  for (const [name, value] of parts) {
    if (name === 'file' || typeof value !== 'string') continue;
    if (name in fields) throw new Failure('form_invalid', { field: name });
    fields[name] = value;
  }
  return fields;
}

async function partsOf(ctx: Context) {
  const body = new Uint8Array(await readBody(ctx.req));
  try {
    return await new Response(body, { headers: { 'Content-Type': ctx.get('Content-Type') } }).formData();
  } catch {
    throw new Failure('form_invalid');
  }
}

async function toFile(file: File): Promise<UploadedFile> {
  return { name: file.name.slice(0, 200), bytes: Buffer.from(await file.arrayBuffer()) };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  try {
    // Not destroyed when it is left early: then nobody could be told.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      byteCount += chunk.length;
      if (byteCount > maxBytes) throw new Failure('body_too_large');
      chunks.push(chunk);
    }
  } catch (error) {
    request.resume();
    throw error instanceof Failure ? error : new Failure('form_invalid');
  }
  return Buffer.concat(chunks);
}
