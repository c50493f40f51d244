/** The OpenAPI document for people: one page, from our own files alone, that works without a script. In English, like the document. */
import { type FailureCode, statusOf } from '../errors.ts';
import type { Operation } from './operation.ts';
import type { openApiDocument } from './openapi.ts';
import { operations } from './operations.ts';
import { apiBase, type OperationId, placeOf } from './paths.ts';

type Document = ReturnType<typeof openApiDocument>;
type Parameter = {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: { readonly type?: string; readonly enum?: readonly unknown[]; readonly default?: unknown };
};

export type DocsSite = { readonly base: string; readonly brand: string; readonly document: Document };

export function docsPage({ base, brand, document }: DocsSite): string {
  const ids = Object.keys(operations) as OperationId[];
  const tags = [...Map.groupBy(ids, tagOf)];
  return `<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(`${brand}: admin API`)}</title>
<meta name="robots" content="noindex, nofollow">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${base}/invite/assets/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="${base}/invite/assets/guestlist.css">
<link rel="stylesheet" href="${base}/invite/assets/api.css">
</head>
<body>
<header class="top"><a class="brand" href="${base}/"><img src="${base}/invite/assets/mark.svg" alt="" width="32" height="32"><span>${text(brand)}</span></a></header>
<main class="api">
<h1>Admin API</h1>
<p>${text(document.info?.description ?? '')} As a file: <a href="${base}${apiBase}/openapi.json">openapi.json</a>.</p>
<nav aria-label="Contents"><ul>${tags.map(([tag]) => `<li><a href="#${text(tag)}">${text(tag)}</a></li>`).join('')}</ul></nav>
${tags.map(([tag, found]) => sectionOf(tag, found, document)).join('\n')}
</main>
</body>
</html>
`;
}

function tagOf(id: OperationId): string {
  return placeOf(id).path.split('/')[1] ?? '';
}

function sectionOf(tag: string, ids: readonly OperationId[], document: Document): string {
  return `<section aria-labelledby="${text(tag)}"><h2 id="${text(tag)}">${text(tag)}</h2>${ids.map((id) => operationOf(id, document)).join('')}</section>`;
}

function operationOf(id: OperationId, document: Document): string {
  const operation = operations[id] as Operation;
  const { method, path } = placeOf(id);
  const described = (document.paths as Record<string, Record<string, { parameters?: Parameter[] }>>)[path]?.[method.toLowerCase()];
  return `<article id="${id}"><h3><span class="method">${method}</span> <code>${text(`${apiBase}${path}`)}</code></h3>
<p>${text(operation.summary)}${operation.description ? `. ${text(operation.description)}` : ''}</p>
<dl><dt>Scope</dt><dd><code>${operation.scope}</code>${operation.adminOnly ? ' (admins and apps)' : ''}</dd>
<dt>Client</dt><dd><code>client.${id}()</code></dd>${refusalsOf(operation)}</dl>
${tableOf((described?.parameters ?? []).filter(({ name }) => !ofAll.has(name)))}${exampleOf(operation, path)}</article>`;
}

/** Said once, in `docs/api.md`, and not with each of them. */
const ofAll: ReadonlySet<string> = new Set(['If-None-Match', 'Prefer']);

function refusalsOf({ refusals = [] }: Operation): string {
  if (refusals.length === 0) return '';
  return `<dt>Refusals</dt><dd>${refusals.map((code: FailureCode) => `<code>${code}</code> (${statusOf(code)})`).join(', ')}</dd>`;
}

function tableOf(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return '';
  const rows = parameters.map(
    (parameter) => `<tr><th scope="row"><code>${text(parameter.name)}</code></th><td>${text(wordsOf(parameter))}</td></tr>`,
  );
  return `<table><caption>Parameters</caption><tbody>${rows.join('')}</tbody></table>`;
}

function wordsOf({ in: place, required, description, schema }: Parameter): string {
  const choices = schema?.enum ? ` (${schema.enum.join(', ')})` : '';
  const usual = schema?.default === undefined ? '' : `, default ${schema.default}`;
  return `${place}${required ? '' : ', optional'}${usual}${choices}${description ? `. ${description}` : ''}`;
}

function exampleOf(operation: Operation, path: string): string {
  const { query, body } = operation.example ?? {};
  if (query === undefined && body === undefined) return '';
  const search = query ? `${path}?${new URLSearchParams(query as Record<string, string>)}\n` : '';
  return `<pre tabindex="0" aria-label="Example"><code>${text(`${search}${body === undefined ? '' : JSON.stringify(body, null, 2)}`)}</code></pre>`;
}

function text(words: string): string {
  return words.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
