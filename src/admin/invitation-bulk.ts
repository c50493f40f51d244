/** Many invitations at once: deeds with an answer for each, and files in and out. Each is done by itself: one refusal stops no other. */
import { z } from 'zod';
import { toCsv } from '../campaign/report.ts';
import { Failure } from '../errors.ts';
import { inTransaction } from '../lib/db.ts';
import { extend } from './invitation-deeds.ts';
import { listAll } from './invitation-list.ts';
import { type ReadRow, readRows, readWhole } from './invitation-rows.ts';
import {
  type Extension,
  extension,
  filters,
  invitation,
  invitationId,
  type InvitationRow,
  type NewInvitation,
  type ShownInvitation,
} from './invitation-schema.ts';
import { requireGivable, requireInvitation } from './invitation-shown.ts';
import { issue } from './invitation-wish.ts';
import { type Call, download, json, upload } from './operation.ts';
import { rowAnswer } from './row-answer.ts';

const bulkDeed = z
  .strictObject({
    ids: z.array(invitationId).min(1).max(500),
    deed: z.enum(['revoke', 'resend', 'extend']),
    ...extension.shape,
  })
  .refine(({ deed, bySeconds, expiresAt }) => {
    if (deed === 'revoke') return bySeconds === undefined && expiresAt === undefined;
    return deed === 'extend' ? (bySeconds === undefined) !== (expiresAt === undefined) : bySeconds === undefined;
  }, 'extend needs bySeconds or expiresAt, resend takes expiresAt alone, revoke neither');

const deedAnswer = z
  .object({ id: z.string(), ok: z.boolean(), code: z.string().optional(), problem: z.string().optional() })
  .meta({ id: 'BulkAnswer', description: 'Of one that was refused, the code and what is wrong' });

type Doing = Extension & { readonly deed: 'revoke' | 'resend' | 'extend' };

async function doOne(call: Call, id: string, { deed, ...until }: Doing): Promise<object> {
  const found = await (deed === 'revoke' ? requireInvitation : requireGivable)(call, id);
  if (deed === 'revoke') await call.guestlist.revoke(id, call.by);
  else if (deed === 'resend') await call.guestlist.resend(id, call.by, until.expiresAt ? { expiresAt: until.expiresAt } : {});
  else await extend(call, found, until);
  return {};
}

/** A dry run ends with it. */
const takenBack = new Error('taken back');

/** What would be refused, each for itself: limits on a day's invitations do not add up. */
async function tryOne({ site, ...call }: Call, wish: NewInvitation): Promise<object> {
  try {
    return await inTransaction(site.database, async (trx) => {
      await issue({ ...call, site, database: trx, guestlist: site.guestlist.within(trx) }, wish);
      throw takenBack;
    });
  } catch (error) {
    if (error !== takenBack) throw error;
    return {};
  }
}

/** The same row with the same key is answered the same for a day, and nothing is sent twice. */
async function makeOne(call: Call, { key, ...wish }: InvitationRow, line: number): Promise<object> {
  const { accountId, clientId } = call.caller;
  const text = JSON.stringify(wish);
  const rowKey = key ?? (wish.email === undefined ? call.repeat && `${call.repeat.key} ${line}` : text);
  if (rowKey === undefined) throw new Failure('wish_invalid', { field: 'key', problem: 'is needed where there is no email' });
  const once = { accountId: `import ${accountId ?? `client ${clientId}`}`, key: rowKey, wish: text };
  const { id, url, code, pin, needsConfirming } = await issue(call, wish, once);
  return { id, url, linkCode: code, pin, ...(needsConfirming ? { awaitsConfirmation: true } : {}) };
}

async function* answers(call: Call, rows: AsyncIterable<ReadRow>, { isDry }: { readonly isDry: boolean }): AsyncGenerator<string> {
  for await (const { line, ...read } of rows) {
    const key = 'row' in read && read.row.key !== undefined ? { key: read.row.key } : {};
    const told = 'row' in read ? await rowAnswer(() => makeOrTry(call, read.row, { line, isDry })) : read.refusal;
    yield `${JSON.stringify({ line, ...key, ...told })}\n`;
  }
}

function makeOrTry(call: Call, row: InvitationRow, { line, isDry }: { readonly line: number; readonly isDry: boolean }): Promise<object> {
  const { key, ...wish } = row;
  const isRefused = key === undefined && wish.email === undefined && !call.repeat;
  if (!isDry || isRefused) return makeOne(call, row, line);
  return tryOne(call, wish);
}

const columns = [
  'id',
  'state',
  'label',
  'email',
  'grants',
  'usedCount',
  'maxUses',
  'waitingCount',
  'startsAt',
  'expiresAt',
  'createdAt',
  'revokedAt',
  'inviterId',
  'inviterName',
  'approval',
  'hasPin',
  'campaignId',
] as const satisfies readonly (keyof ShownInvitation)[];

function cellOf(value: ShownInvitation[(typeof columns)[number]]): string {
  if (value instanceof Date) return value.toISOString();
  return Array.isArray(value) ? value.join(' ') : String(value ?? '');
}

async function* exported(pages: AsyncIterable<ShownInvitation[]>, format: 'csv' | 'ndjson'): AsyncGenerator<string> {
  if (format === 'csv') yield toCsv([columns]);
  for await (const page of pages) {
    if (format === 'csv') yield toCsv(page.map((shown) => columns.map((name) => cellOf(shown[name]))));
    else yield page.map((shown) => `${JSON.stringify(z.encode(invitation, shown))}\n`).join('');
  }
}

const ndjson = 'application/x-ndjson';

export const invitationBulkOperations = {
  bulkInvitations: json({
    scope: 'invitations:write',
    summary: 'Do the same to many, with an answer for each',
    body: bulkDeed,
    answer: z.object({ items: z.array(deedAnswer) }),
    example: { body: { ids: ['0199f3f0-0000-7000-8000-000000000001'], deed: 'extend', bySeconds: 604_800 } },
    run: async (call, { body: { ids, ...doing } }) => {
      const items: z.output<typeof deedAnswer>[] = [];
      for (const id of new Set(ids)) items.push({ id, ...(await rowAnswer(() => doOne(call, id, doing))) });
      return { items };
    },
  }),
  importInvitations: upload({
    scope: 'invitations:write',
    summary: 'Make invitations from a file, with a line for each row',
    description:
      'NDJSON, each line what `POST /invitations` takes, or CSV with the same names in its first row; 16 MB at most. A row can have a `key`, and must where it has no email and the file came without an `Idempotency-Key`: sent again within a day with the same key, it is answered the same and nothing is sent twice. The answer is NDJSON: `{line, ok, id, url, pin}`, or `{line, ok, code, problem}`.',
    query: z.strictObject({ dryRun: z.enum(['yes', 'no']).optional().meta({ description: 'yes: nothing is made, and nothing counted' }) }),
    takes: [ndjson, 'text/csv'],
    creates: true,
    tellsOnce: true,
    refusals: ['body_too_large'],
    run: async (call, { query: { dryRun }, body }) => {
      const rows = readRows(body.type, await readWhole(body));
      return { type: ndjson, chunks: answers(call, await begun(rows), { isDry: dryRun === 'yes' }) };
    },
  }),
  exportInvitations: download({
    scope: 'invitations:read',
    summary: 'Invitations as a file, filtered like the list',
    query: z.strictObject({ format: z.enum(['csv', 'ndjson']).default('csv'), ...filters }),
    gives: ['text/csv', ndjson],
    refusals: ['group_not_found'],
    run: async (call, { query: { format, ...wish } }) => {
      const pages = await begun(listAll(call, wish));
      const type = format === 'csv' ? 'text/csv; charset=utf-8' : ndjson;
      return { type, chunks: exported(pages, format), fileName: `invitations.${format}` };
    },
  }),
};

/** What is wrong with the whole of it is thrown here, before there is an answer. */
async function begun<Item>(items: AsyncGenerator<Item>): Promise<AsyncGenerator<Item>> {
  const first = await items.next();
  return (async function* () {
    if (!first.done) yield first.value;
    yield* items;
  })();
}
