/** A campaign that is not one yet: what was typed and the file that came with it, for this session alone; and its dry run. */
import type { Context } from 'koa';
import { z } from 'zod';
import type { Download } from '../admin/operation.ts';
import { csvRecords } from '../campaign/csv.ts';
import { pastedRows } from '../campaign/pasted.ts';
import { Failure } from '../errors.ts';
import type { Transaction } from '../lib/db.ts';
import { checkForm, type Fields } from '../lib/form.ts';
import { mayBeTold } from './invitation-check.ts';
import type { CheckedRow, ColumnChoice, CsvColumn, DryRun } from './campaign-data.ts';
import { type CampaignForm, campaignForm, wishOf } from './campaign-form.ts';
import { gathered } from './invitation-form.ts';
import { findKept, forgetKept, keep } from './kept.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const keptSchema = z.object({
  fields: z.record(z.string(), z.string()),
  file: z.object({ name: z.string(), text: z.string() }).optional(),
});

/** `text`: its bytes, in Base64. */
export type KeptFile = { readonly name: string; readonly text: string };
export type Draft = { readonly key: string; readonly fields: Fields; readonly file: KeptFile | undefined };

export const draftKey = z.string().regex(/^[\w-]{22}$/);

export async function keepDraft(site: ConsoleSite, visitor: Visitor, { key, ...value }: Draft): Promise<void> {
  await keep(site, visitor, { kind: 'import', name: key, value });
}

/** Undefined: it is over, or was never here. */
export async function findCampaignDraft(site: ConsoleSite, visitor: Visitor, given: unknown): Promise<Draft | undefined> {
  const key = draftKey.safeParse(given);
  const found = key.success ? await findKept(site, visitor, { kind: 'import', name: key.data }) : undefined;
  if (found === undefined || !key.success) return undefined;
  const { fields, file } = keptSchema.parse(found);
  return { key: key.data, fields, file };
}

/** From now on its pages lead to what was made of it: whoever goes back is not told that there is nothing. */
export async function endDraft(
  site: ConsoleSite,
  visitor: Visitor,
  { key, id }: { readonly key: string; readonly id: string },
): Promise<void> {
  await keep(site, visitor, { kind: 'made', name: key, value: id });
  await forgetKept(site, visitor, { kind: 'import', name: key });
}

/** Undefined: nothing was made of it, or a while ago. The id of the campaign. */
export async function findMade(site: ConsoleSite, visitor: Visitor, given: unknown): Promise<string | undefined> {
  const key = draftKey.safeParse(given);
  return key.success
    ? z
        .string()
        .optional()
        .parse(await findKept(site, visitor, { kind: 'made', name: key.data }))
    : undefined;
}

/** It was checked when it was kept. Throws `page_not_found` if it is none any more. */
export function formOfDraft({ fields }: Draft): CampaignForm {
  const form = checkForm(campaignForm, gathered(fields) as Fields);
  if (!form.ok) throw new Failure('page_not_found');
  return form.value;
}

export const noColumns: ColumnChoice = { email: '', name: '', key: '' };

const bytesOf = ({ text }: KeptFile) => Buffer.from(text, 'base64');

/** As the first two rows have them. */
export async function columnsOf(file: KeptFile): Promise<CsvColumn[]> {
  const first: (readonly string[])[] = [];
  try {
    for await (const record of csvRecords(bytesOf(file))) {
      if ('cells' in record) first.push(record.cells);
      if (first.length === 2) break;
    }
  } catch (error) {
    // What cannot be read at all is told by the dry run.
    if (!(error instanceof TypeError)) throw error;
  }
  const [head = [], sample = []] = first;
  return head
    .slice(0, 50)
    .map((name, index) => ({ number: index + 1, name: name.trim().slice(0, 60), example: (sample[index] ?? '').trim().slice(0, 60) }));
}

type Doing = { readonly site: ConsoleSite; readonly ctx: Context; readonly visitor: Visitor; readonly transaction?: Transaction };
type Trying = { readonly draft: Draft; readonly form: CampaignForm; readonly columns: ColumnChoice };

/** Throws what the wish is refused for, and `wish_invalid` of rows that cannot be read. */
export async function tryOut(doing: Doing, { draft, form, columns }: Trying): Promise<DryRun> {
  const rows = await answersTo(doing, { draft, form, columns });
  const answered = rows.map((row) => (mayBeTold(doing.visitor, form, row.answer) ? row : { ...row, answer: 'valid' }));
  const wrong = answered.filter(({ answer }) => answer !== 'valid');
  const counts = Object.entries(Object.groupBy(wrong, ({ answer }) => answer)).map(([answer, found = []]) => ({
    answer,
    count: found.length,
  }));
  return {
    valid: answered.length - wrong.length,
    others: counts.sort((one, other) => other.count - one.count),
    wrong: wrong.slice(0, mostWrong),
    sample: answered.filter(({ answer }) => answer === 'valid').slice(0, mostSample),
  };
}

const mostWrong = 200;
const mostSample = 5;

async function answersTo(doing: Doing, { draft, form, columns }: Trying): Promise<CheckedRow[]> {
  const wish = wishOf(form, doing.site.clock());
  if (form.source !== 'file') {
    const { items } = await operate(doing, 'checkCampaign', { body: { name: form.name, wish, ...rowsOf(form) } });
    return items.map(toChecked);
  }
  const answer = await importFile(doing, { draft, form, columns, dryRun: 'yes' });
  const lines = await linesOf(answer);
  return lines.flatMap((line) => ('position' in line ? [toChecked(line as never)] : []));
}

type WireRow = { readonly position: number; readonly answer: string; readonly email: string | null; readonly name: string | null };
const toChecked = ({ position, answer, email, name }: WireRow): CheckedRow => ({
  position,
  answer,
  email: email ?? undefined,
  name: name ?? undefined,
});

function rowsOf({ source, addresses, cards = 1 }: CampaignForm) {
  if (source === 'cards') return { cards };
  const rows = [...pastedRows(addresses)].map((row) =>
    'email' in row ? { email: row.email ?? '', name: row.name ?? '' } : { email: '', name: '' },
  );
  return { rows: rows.map(({ email, name }) => ({ email: email.slice(0, 1_000), ...(name ? { name: name.slice(0, 1_000) } : {}) })) };
}

async function importFile(doing: Doing, { draft, form, columns, dryRun }: Trying & { readonly dryRun: 'yes' | 'no' }): Promise<Download> {
  const { file } = draft;
  if (!file) throw new Failure('wish_invalid', { field: 'rows', problem: 'must be given' });
  const said = Object.entries(columns).flatMap(([name, number]) => (number === '' ? [] : [[`${name}Column`, number]]));
  const query = { name: form.name, wish: JSON.stringify(wishOf(form, doing.site.clock())), dryRun, ...Object.fromEntries(said) };
  const body = { type: 'text/csv', chunks: chunksOf(file) };
  return (await operate(doing, 'importCampaign', { query, body: body as never, type: 'text/csv' })) as unknown as Download;
}

async function* chunksOf(file: KeptFile): AsyncGenerator<Buffer> {
  yield bytesOf(file);
}

async function linesOf({ chunks }: Download): Promise<object[]> {
  const parts: string[] = [];
  for await (const chunk of chunks) parts.push(chunk.toString());
  return parts
    .join('')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** Throws as `tryOut`. The id of what was made. */
export async function makeOf(doing: Doing, { draft, form, columns }: Trying): Promise<string> {
  if (form.source === 'file') {
    const lines = await linesOf(await importFile(doing, { draft, form, columns, dryRun: 'no' }));
    return (lines.at(-1) as { readonly campaign: { readonly id: string } }).campaign.id;
  }
  const body = { name: form.name, wish: wishOf(form, doing.site.clock()), ...rowsOf(form) };
  return (await operate(doing, 'createCampaign', { body })).id;
}
