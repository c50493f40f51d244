/**
 * Campaigns from files, and their rows as files. A file is read as it comes and never held whole; its answer begins when it
 * has been read, so that a program may send all of it before it reads anything, and a status says how that went.
 */
import { createHash, type Hash } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '../errors.ts';
import type { CampaignRow, RowOutcome } from '../campaign/campaign.ts';
import type { CampaignDraft, CampaignSource } from '../campaign/draft.ts';
import { campaignName, campaignWish, draftFrom, toAnswer, toRow, toWire } from './campaign-schema.ts';
import { findTheirs, wishRefusals } from './campaigns.ts';
import { type Call, type Chunks, download, type Repeat, upload, type Upload } from './operation.ts';
import { line, uuid } from './schema.ts';

/** JSON in a query. */
const wishInQuery = z
  .string()
  .max(8_000)
  .transform((text, ctx): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      ctx.addIssue({ code: 'custom', message: 'must be JSON' });
      return z.NEVER;
    }
  })
  .pipe(campaignWish)
  .meta({
    description: 'What each row is given, as JSON: see CampaignWish',
    examples: ['{"groups":["choir"]}'],
    override: { type: 'string' },
  });

/** A number is a column's place; anything else its name. */
const column = line(200).min(1).optional().meta({ description: 'Name or number of a column; for lines of JSON the name of a property' });

const query = z.strictObject({
  name: campaignName,
  wish: wishInQuery,
  inviterId: line(255).min(1).optional().meta({ description: 'The account that invites; only an app that acts for itself can say' }),
  emailColumn: column,
  nameColumn: column,
  keyColumn: column,
  dryRun: z.enum(['yes', 'no']).default('no'),
});

type Query = z.output<typeof query>;

const columnOf = (text: string | undefined) => (text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : text);

function sourceOf({ type, chunks }: Upload, { emailColumn, nameColumn, keyColumn }: Query): CampaignSource {
  const columns = { email: columnOf(emailColumn), name: columnOf(nameColumn), key: columnOf(keyColumn) };
  return type === 'text/csv' ? { csv: chunks, columns } : { ndjson: chunks, columns };
}

const ndjson = 'application/x-ndjson';

export const campaignFileOperations = {
  importCampaign: upload({
    scope: 'campaigns:write',
    summary: 'A campaign by mail from a file, or a dry run of it',
    description:
      'CSV with a column of addresses, or an object in each line (NDJSON); 50,000 rows at most. Each row is answered in a line of its own, as RowAnswer; the last line has `counts`, and `campaign` as it is stored. Rows that cannot be used take no other along; an address that is in already or was invited by an earlier try is not invited again.',
    query,
    takes: ['text/csv', ndjson],
    creates: true,
    refusals: wishRefusals,
    example: { query: { name: 'Spring', wish: '{"groups":["choir"]}', dryRun: 'yes' } },
    run: async (call, { query: given, body }) => {
      if (given.dryRun === 'yes') return { type: ndjson, chunks: await checked(call, await draftOf(call, given, body)) };
      const { repeat } = call;
      return {
        type: ndjson,
        chunks: answered(call, await (repeat ? storedOnce({ ...call, repeat }, given, body) : stored(call, given, body))),
      };
    },
  }),
  exportCampaign: download({
    scope: 'campaigns:read',
    summary: 'Every row with its state and times',
    description: 'The CSV is safe to open in a spreadsheet: nothing in it is taken for a formula.',
    params: z.strictObject({ campaignId: uuid }),
    query: z.strictObject({ format: z.enum(['csv', 'ndjson']).default('csv') }),
    gives: ['text/csv', ndjson],
    refusals: ['campaign_not_found'],
    run: async (call, { params: { campaignId }, query: { format } }) => {
      await findTheirs(call, campaignId);
      const { campaigns } = call.guestlist;
      const fileName = `campaign-${campaignId}.${format}`;
      if (format === 'csv') return { type: 'text/csv; charset=utf-8', chunks: campaigns.exportCsv(campaignId), fileName };
      return { type: ndjson, chunks: linesOf(campaigns.exportRows(campaignId), (row: CampaignRow) => toRow(row)), fileName };
    },
  }),
};

/** Throws as `check`. Of the file nothing is kept but its answers, as bytes. */
async function checked({ guestlist }: Call, draft: CampaignDraft): Promise<Chunks> {
  const counts: Record<string, number> = {};
  const answers: Buffer[] = [];
  for await (const chunk of linesOf(counted(guestlist.campaigns.check(draft), counts), toAnswer)) answers.push(Buffer.from(chunk));
  answers.push(Buffer.from(`${JSON.stringify({ counts })}\n`));
  return (async function* () {
    yield* answers;
  })();
}

function draftOf(call: Call, given: Query, body: Upload): Promise<CampaignDraft> {
  const { name, wish, inviterId } = given;
  return draftFrom(call, { name, inviterId, wish, rows: sourceOf(body, given) });
}

/** Returns the campaign's id. Throws as `create`. */
async function stored(call: Call, given: Query, body: Upload): Promise<string> {
  return (await call.guestlist.campaigns.create(await draftOf(call, given, body), call.by.from)).id;
}

/** As `stored`. Throws `key_used` where another file, or another wish, came with the same key. */
async function storedOnce(call: Call & { readonly repeat: Repeat }, given: Query, body: Upload): Promise<string> {
  const digest = createHash('sha256');
  const seen: Upload = { ...body, chunks: digested(body.chunks, digest) };
  const told = await call.repeat.once(JSON.stringify(given), async (trx) => {
    const id = await stored({ ...call, database: trx, guestlist: call.site.guestlist.within(trx) }, given, seen);
    return { id, digest: digest.copy().digest('base64') };
  });
  // Of a file that was stored before, nothing has been read yet.
  for await (const _ of seen.chunks);
  if (digest.digest('base64') !== told.digest) throw new Failure('key_used');
  return told.id;
}

async function* digested(chunks: AsyncIterable<Buffer>, digest: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    digest.update(chunk);
    yield chunk;
  }
}

/** What was stored is read again: in between nothing is held. */
async function* answered(call: Call, id: string): AsyncGenerator<string> {
  const counts: Record<string, number> = {};
  yield* linesOf(counted(call.guestlist.campaigns.answers(id), counts), toAnswer);
  yield `${JSON.stringify({ counts, campaign: toWire(await findTheirs(call, id)) })}\n`;
}

async function* counted(rows: AsyncIterable<RowOutcome>, counts: Record<string, number>): AsyncGenerator<RowOutcome> {
  for await (const row of rows) {
    counts[row.answer] = (counts[row.answer] ?? 0) + 1;
    yield row;
  }
}

const linesAtOnce = 500;

async function* linesOf<Row>(rows: AsyncIterable<Row>, toLine: (row: Row) => unknown): AsyncGenerator<string> {
  let lines: string[] = [];
  for await (const row of rows) {
    lines.push(`${JSON.stringify(toLine(row))}\n`);
    if (lines.length < linesAtOnce) continue;
    yield lines.join('');
    lines = [];
  }
  if (lines.length > 0) yield lines.join('');
}
