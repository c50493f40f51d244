/** `/admin/audit`: who did what, when, from where; as a list, as a file, and the proof that nothing was changed. */
import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { validate as isUuid } from 'uuid';
import { z } from 'zod';
import type { AuditAction } from '../audit/audit.ts';
import { type AuditFilter, type LinkedEvent, searchEvents } from '../audit/search-store.ts';
import { formatHead, parseHead, verifyAudit } from '../audit/verify.ts';
import { findMailbox } from '../account/store.ts';
import { toCsv } from '../campaign/report.ts';
import { addSeconds } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import { emailKey, emailSchema } from '../lib/email.ts';
import { setPageHeaders } from '../lib/headers.ts';
import { listActions, namesOf } from './audit-store.ts';
import { consoleHref } from './forms.ts';
import type { AuditEntry } from './pages.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const pageSize = 50;
const daySeconds = 24 * 60 * 60;

/** As it is in the address; what makes no sense is as if it were not there. */
const querySchema = z.object({
  action: z
    .string()
    .regex(/^[a-z_.]{1,60}$/)
    .catch(''),
  actor: z.string().trim().max(200).catch(''),
  subject: z.string().trim().max(200).catch(''),
  from: z.iso.date().catch(''),
  until: z.iso.date().catch(''),
  after: z.string().refine(isUuid).catch(''),
});

type AuditQuery = z.output<typeof querySchema>;

/** Days are those of UTC, the last one whole. */
function filterOf({ action, actor, subject, from, until }: AuditQuery): AuditFilter {
  return {
    action: (action || undefined) as AuditAction | undefined,
    actor: actor || undefined,
    subject: subject || undefined,
    from: from ? new Date(from) : undefined,
    until: until ? addSeconds(new Date(until), daySeconds) : undefined,
  };
}

function auditHref(site: ConsoleSite, path: '' | '/export', query: Readonly<Record<string, string>>): string {
  const named = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
  return `${consoleHref(site, `/admin/audit${path}`)}${named.size > 0 ? `?${named}` : ''}`;
}

/** Somebody's address stands for their account; of nobody's, there is nothing. */
async function idOf(database: Database, typed: string | undefined): Promise<string | undefined> {
  if (typed === undefined || !typed.includes('@')) return typed;
  const parsed = emailSchema.safeParse(typed);
  return (parsed.success ? (await findMailbox(database, emailKey(parsed.data)))?.accountId : undefined) ?? typed;
}

async function namedFilter(database: Database, query: AuditQuery): Promise<AuditFilter> {
  const { actor, subject, ...filter } = filterOf(query);
  const [actorId, subjectId] = await Promise.all([idOf(database, actor), idOf(database, subject)]);
  return { ...filter, actor: actorId, subject: subjectId };
}

export async function showAudit(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { database } = site;
  const { after, ...filter } = querySchema.parse(ctx.query);
  const [found, actions] = await Promise.all([
    namedFilter(database, { after, ...filter }).then((named) =>
      searchEvents(database, { ...named, limit: pageSize + 1, order: 'newest', after: after || undefined }),
    ),
    listActions(database),
  ]);
  const events = found.slice(0, pageSize);
  const last = found.length > pageSize ? events.at(-1) : undefined;
  visitor.show({
    page: 'console/audit',
    data: {
      filter,
      actions,
      entries: await entriesOf(site, events),
      isNarrowed: Object.values(filter).some((value) => value !== ''),
      listHref: auditHref(site, '', {}),
      startHref: after ? auditHref(site, '', filter) : undefined,
      nextHref: last && auditHref(site, '', { ...filter, after: last.id }),
      exportHrefs: {
        csv: auditHref(site, '/export', { ...filter, format: 'csv' }),
        jsonl: auditHref(site, '/export', { ...filter, format: 'jsonl' }),
      },
      chainHref: consoleHref(site, '/admin/audit/chain'),
    },
  });
}

/** With the names of the people in it, and where to see more of the same. */
export async function entriesOf(site: ConsoleSite, events: readonly LinkedEvent[]): Promise<AuditEntry[]> {
  const names = await namesOf(
    site.database,
    events.flatMap(({ actor, subject }) => [actor, subject]),
  );
  return events.map(({ detail, ...event }) => ({
    ...event,
    actorName: names.get(event.actor),
    subjectName: names.get(event.subject),
    actorHref: auditHref(site, '', { actor: event.actor }),
    subjectHref: auditHref(site, '', { subject: event.subject }),
    detail: Object.entries(detail).map(([label, value]) => ({ label, text: typeof value === 'string' ? value : JSON.stringify(value) })),
  }));
}

const fileSize = 1_000;

/** `/admin/audit/export`: read as it is sent, the oldest first. */
export async function exportAudit({ database, clock }: ConsoleSite, ctx: Context): Promise<void> {
  const filter = await namedFilter(database, querySchema.parse(ctx.query));
  const format = ctx.query['format'] === 'csv' ? 'csv' : 'jsonl';
  setPageHeaders(ctx);
  ctx.attachment(`audit-${clock().toISOString().slice(0, 10)}.${format}`);
  ctx.type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson';
  ctx.body = Readable.from(format === 'csv' ? csvOf(pagesOf(database, filter)) : linesOf(pagesOf(database, filter)));
}

async function* pagesOf(database: Database, filter: AuditFilter): AsyncGenerator<LinkedEvent[]> {
  for (let after: string | undefined; ; ) {
    const page = await searchEvents(database, { ...filter, limit: fileSize, order: 'oldest', after });
    if (page.length > 0) yield page;
    if (page.length < fileSize) return;
    after = page.at(-1)?.id;
  }
}

async function* linesOf(pages: AsyncIterable<LinkedEvent[]>): AsyncGenerator<string> {
  for await (const page of pages) yield page.map((event) => `${JSON.stringify(event)}\n`).join('');
}

async function* csvOf(pages: AsyncIterable<LinkedEvent[]>): AsyncGenerator<string> {
  yield toCsv([['seq', 'id', 'at', 'actor', 'address_block', 'request_id', 'action', 'subject', 'detail']]);
  for await (const page of pages)
    yield toCsv(
      page.map(({ seq, id, at, actor, addressBlock = '', requestId = '', action, subject, detail }) => [
        ...[String(seq), id, at.toISOString(), actor, addressBlock, requestId, action, subject],
        JSON.stringify(detail),
      ]),
    );
}

/** `/admin/audit/chain`: whether it is what was written; with a `head` that was kept elsewhere, also that its end is. */
export async function showChain(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = typeof ctx.query['head'] === 'string' ? ctx.query['head'].trim() : '';
  const remembered = parseHead(typed);
  const { eventCount, head, break: found } = await verifyAudit(site.database, { head: remembered });
  visitor.show({
    page: 'console/audit-chain',
    data: {
      eventCount,
      head: head && formatHead(head),
      broken: found && { kind: found.kind, seq: found.seq, eventId: found.eventId },
      typed,
      isMistyped: typed !== '' && !remembered,
      action: consoleHref(site, '/admin/audit/chain'),
      listHref: consoleHref(site, '/admin/audit'),
    },
  });
}
