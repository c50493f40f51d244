/** The record: who did what, when, from where; to take along, and the proof that it is what was written. Admins alone. */
import { z } from 'zod';
import { recordAudit } from '../audit/audit.ts';
import { eachEvent, type EventFilter, pageOfEvents, type RecordedEvent } from '../audit/list-store.ts';
import { formatHead, parseHead, verifyAudit } from '../audit/verify.ts';
import { toCsv } from '../campaign/report.ts';
import { type Chunks, download, json } from './operation.ts';
import { fromCursor, instant, line, page, pageOf, toPage } from './schema.ts';

const event = z
  .object({
    id: z.string(),
    seq: z.int().nullable().meta({ description: 'Its place in the chain' }),
    at: instant,
    actor: z.string().meta({ description: 'An account, `operator`, or somebody who is no account' }),
    action: z.string(),
    subject: z.string(),
    addressBlock: z.string().nullable().meta({ description: 'Where from: an address, of IPv6 its /64; null: the command line' }),
    requestId: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEvent' });

const filters = {
  action: line(100)
    .optional()
    .meta({ examples: ['invitation.redeemed'] }),
  actor: line(300).optional(),
  subject: line(300).optional(),
  after: instant.optional().meta({ description: 'From this moment on' }),
  before: instant.optional().meta({ description: 'Up to this moment, itself not counted' }),
};

const formats = { jsonl: 'application/x-ndjson', csv: 'text/csv' } as const;
const columns = ['seq', 'id', 'at', 'actor', 'action', 'subject', 'address_block', 'request_id', 'detail'] as const;

function toCells({ seq, id, at, actor, action, subject, addressBlock, requestId, detail }: RecordedEvent): string[] {
  return [String(seq ?? ''), id, at.toISOString(), actor, action, subject, addressBlock ?? '', requestId ?? '', JSON.stringify(detail)];
}

async function* written(events: AsyncIterable<RecordedEvent>, format: keyof typeof formats): Chunks {
  if (format === 'csv') yield toCsv([columns]);
  for await (const one of events) yield format === 'csv' ? toCsv([toCells(one)]) : `${JSON.stringify(one)}\n`;
}

export const auditOperations = {
  listAuditEvents: json({
    scope: 'audit:read',
    summary: 'What was done, the newest first',
    query: z.strictObject({ ...page, ...filters }),
    answer: pageOf(event),
    run: async ({ database }, { query: { limit, cursor, ...filter } }) => {
      const [from] = fromCursor(cursor, z.tuple([z.string()])) ?? [];
      const events = await pageOfEvents(database, { ...filter, order: 'newest', from, limit: limit + 1 });
      return toPage(events, limit, ({ id }) => [id]);
    },
  }),
  exportAudit: download({
    scope: 'audit:read',
    summary: 'The record of a span of time, the oldest first, written as it is read',
    description:
      'That it was taken along is on record as well. In CSV, what a spreadsheet would take for a formula begins with an apostrophe.',
    query: z.strictObject({ format: z.enum(['jsonl', 'csv']).default('jsonl'), ...filters }),
    gives: Object.values(formats),
    example: { query: { format: 'csv' } },
    run: async ({ database, site, by, now }, { query: { format, ...filter } }) => {
      const span: EventFilter = { ...filter, before: filter.before ?? now };
      const detail = { format, after: span.after?.toISOString(), before: span.before?.toISOString() };
      await recordAudit(database, { at: now, ...by, action: 'audit.exported', subject: 'audit', detail }, site.random);
      const fileName = `guestlist-audit-${now.toISOString().slice(0, 10)}.${format}`;
      return { type: formats[format], fileName, chunks: written(eachEvent(site.database, span), format) };
    },
  }),
  verifyAudit: json({
    scope: 'audit:read',
    summary: 'Proves that nothing on record was changed or removed',
    description:
      'It computes the whole chain again, which takes some seconds for each million entries. Keep `head` elsewhere, and send it next time.',
    query: z.strictObject({
      head: line(100)
        .refine((text) => parseHead(text) !== undefined, 'must be a number, a colon and 64 hexadecimal digits, as `head` has them')
        .optional()
        .meta({ description: 'What an earlier answer had, to notice an end that was cut off' }),
    }),
    answer: z
      .object({
        whole: z.boolean(),
        eventCount: z.int().meta({ description: 'As far as the chain is whole' }),
        head: z.string().nullable(),
        break: z
          .object({
            kind: z.enum(['changed', 'missing', 'unlinked', 'head_not_found']),
            seq: z.int().nullable(),
            eventId: z.string().nullable(),
          })
          .nullable()
          .meta({ description: 'The first thing that is wrong' }),
      })
      .meta({ id: 'AuditVerdict' }),
    run: async ({ database }, { query: { head: remembered } }) => {
      const verdict = await verifyAudit(database, { head: remembered === undefined ? undefined : parseHead(remembered) });
      const { eventCount, head, break: found } = verdict;
      return {
        whole: found === undefined,
        eventCount,
        head: head ? formatHead(head) : null,
        break: found ? { kind: found.kind, seq: found.seq ?? null, eventId: found.eventId ?? null } : null,
      };
    },
  }),
};
