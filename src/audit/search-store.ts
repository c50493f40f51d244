/**
 * The record, looked through: by what was done, who did it, to what, and when; the newest first or last, a page at a time.
 * An event's id begins with its time (RFC 9562 §5.7), so every question is answered by an index that ends in the id.
 */
import { type Queryable, rows } from '../lib/db.ts';
import type { AuditAction } from './audit.ts';
import type { StoredEvent } from './store.ts';

export type AuditFilter = {
  readonly action?: AuditAction | undefined;
  /** Account id, `operator`, or `client` and the id of an app. */
  readonly actor?: string | undefined;
  readonly subject?: string | undefined;
  readonly from?: Date | undefined;
  /** Before this instant. */
  readonly until?: Date | undefined;
};

export type AuditPage = AuditFilter & {
  readonly limit: number;
  readonly order: 'newest' | 'oldest';
  /** Id of the last event of the page before. */
  readonly after?: string | undefined;
};

/** With its place in the chain. */
export type LinkedEvent = StoredEvent & { readonly seq: number };

type EventRow = Omit<LinkedEvent, 'seq' | 'addressBlock' | 'requestId'> & {
  readonly seq: string;
  readonly addressBlock: string | null;
  readonly requestId: string | null;
};

export async function searchEvents(db: Queryable, { limit, order, after, ...filter }: AuditPage): Promise<LinkedEvent[]> {
  const { action, actor, subject, from, until } = filter;
  const conditions = [
    action !== undefined && 'action = :action',
    actor !== undefined && 'actor = :actor',
    subject !== undefined && 'subject = :subject',
    from !== undefined && 'id >= :from',
    until !== undefined && 'id < :until',
    after !== undefined && (order === 'newest' ? 'id < :after' : 'id > :after'),
  ].filter((condition) => condition !== false);
  const direction = order === 'newest' ? 'desc' : 'asc';
  const sql = `
    select e.*, l.seq from (
      select id, at, actor, address_block as "addressBlock", request_id as "requestId", action, subject, detail
      from guestlist.audit_event ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''}
      order by id ${direction} limit :limit) e
    join guestlist.audit_link l on l.event_id = e.id order by e.id ${direction}`;
  const bounds = { from: from && idFrom(from), until: until && idFrom(until) };
  const named = Object.entries({ action, actor, subject, ...bounds, after }).filter(([, value]) => value !== undefined);
  const found = await rows<EventRow>(db, sql, { ...Object.fromEntries(named), limit });
  return found.map(({ seq, addressBlock, requestId, ...event }) => ({
    ...event,
    seq: Number(seq),
    addressBlock: addressBlock ?? undefined,
    requestId: requestId ?? undefined,
  }));
}

/** The least id that an event of this instant can have, as text: its first twelve digits are the milliseconds. */
function idFrom(instant: Date): string {
  const digits = Math.max(0, instant.getTime()).toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}`;
}

/** How often it was done in each of these spans; at the most `limit` times are counted in each. */
export async function countEvents(
  db: Queryable,
  {
    actions,
    spans,
    limit,
  }: {
    readonly actions: readonly AuditAction[];
    readonly spans: readonly { readonly from: Date; readonly until: Date }[];
    readonly limit: number;
  },
): Promise<number[]> {
  const sql = `
    select (select count(*)::int from (
      select from guestlist.audit_event e where e.action = any(:actions) and e.id >= span.begins and e.id < span.ends limit :limit) counted) as count
    from unnest(cast(:begins as text[]), cast(:ends as text[])) with ordinality span (begins, ends, position) order by position`;
  const [begins, ends] = [spans.map(({ from }) => idFrom(from)), spans.map(({ until }) => idFrom(until))];
  return (await rows<{ count: number }>(db, sql, { actions: [...actions], begins, ends, limit })).map(({ count }) => count);
}
