/** `/admin/audit`: who did what, when, from where; as a list, as a file, and the proof that nothing was changed. */
import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { validate as isUuid } from 'uuid';
import { z } from 'zod';
import { type EventFilter, pageOfEvents, type RecordedEvent } from '../audit/list-store.ts';
import { formatHead, parseHead, verifyAudit } from '../audit/verify.ts';
import { findMailbox } from '../account/store.ts';
import { addSeconds } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import { emailKey, emailSchema } from '../lib/email.ts';
import { setPageHeaders } from '../lib/headers.ts';
import { listActions, namesOf } from './audit-store.ts';
import { consoleHref } from './forms.ts';
import { operate } from './operate.ts';
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

/** Days are those of UTC, the last one whole. Somebody's address stands for their account. */
async function filterOf(database: Database, { action, actor, subject, from, until }: AuditQuery): Promise<EventFilter> {
  const [actorId, subjectId] = await Promise.all([idOf(database, actor), idOf(database, subject)]);
  return {
    action: action || undefined,
    actor: actorId,
    subject: subjectId,
    after: from ? new Date(from) : undefined,
    before: until ? addSeconds(new Date(until), daySeconds) : undefined,
  };
}

/** An address of nobody stands for itself. */
async function idOf(database: Database, typed: string): Promise<string | undefined> {
  const parsed = typed.includes('@') ? emailSchema.safeParse(typed) : undefined;
  const mailbox = parsed?.success ? await findMailbox(database, emailKey(parsed.data)) : undefined;
  return (mailbox?.accountId ?? typed) || undefined;
}

function auditHref(site: ConsoleSite, path: '' | '/export', query: Readonly<Record<string, string>>): string {
  const named = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
  return `${consoleHref(site, `/admin/audit${path}`)}${named.size > 0 ? `?${named}` : ''}`;
}

export async function showAudit(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { database } = site;
  const query = querySchema.parse(ctx.query);
  const { after, ...filter } = query;
  const [found, actions] = await Promise.all([
    filterOf(database, query).then((named) =>
      pageOfEvents(database, { ...named, order: 'newest', from: after || undefined, limit: pageSize + 1 }),
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
export async function entriesOf(site: ConsoleSite, events: readonly RecordedEvent[]): Promise<AuditEntry[]> {
  const names = await namesOf(
    site.database,
    events.flatMap(({ actor, subject }) => [actor, subject]),
  );
  return events.map(({ detail, seq, addressBlock, requestId, ...event }) => ({
    ...event,
    seq: seq ?? undefined,
    addressBlock: addressBlock ?? undefined,
    requestId: requestId ?? undefined,
    actorName: names.get(event.actor),
    subjectName: names.get(event.subject),
    actorHref: auditHref(site, '', { actor: event.actor }),
    subjectHref: auditHref(site, '', { subject: event.subject }),
    detail: Object.entries(detail).map(([label, value]) => ({ label, text: typeof value === 'string' ? value : JSON.stringify(value) })),
  }));
}

/** `/admin/audit/export`: written as it is read, the oldest first; on record as well. */
export async function exportAudit(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { after, before, ...filter } = await filterOf(site.database, querySchema.parse(ctx.query));
  const format = ctx.query['format'] === 'csv' ? 'csv' : 'jsonl';
  const span = { after: after?.toISOString(), before: before?.toISOString() };
  const query = Object.fromEntries(Object.entries({ ...filter, ...span, format }).filter(([, value]) => value !== undefined));
  const { type, chunks, fileName } = await operate({ site, ctx, visitor }, 'exportAudit', { query });
  setPageHeaders(ctx);
  ctx.attachment(fileName);
  ctx.type = type;
  ctx.body = Readable.from(chunks);
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
