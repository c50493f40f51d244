/** How often something was done: each span of time by the index that `list-store.ts` reads, and counted up to a limit. */
import { type Queryable, rows } from '../lib/db.ts';
import { firstId } from '../lib/random.ts';
import type { AuditAction } from './audit.ts';

export type CountOfEvents = {
  readonly actions: readonly AuditAction[];
  /** From the first instant on, up to the second, itself not counted. */
  readonly spans: readonly { readonly from: Date; readonly until: Date }[];
  /** In each span, no more are counted. */
  readonly limit: number;
};

/** In the order of the spans. */
export async function countEvents(db: Queryable, { actions, spans, limit }: CountOfEvents): Promise<number[]> {
  const sql = `
    select (select count(*)::int from (
      select from guestlist.audit_event e where e.action = any(:actions) and e.id >= span.begins and e.id < span.ends limit :limit) counted) as count
    from unnest(cast(:begins as text[]), cast(:ends as text[])) with ordinality span (begins, ends, position) order by position`;
  const [begins, ends] = [spans.map(({ from }) => firstId(from)), spans.map(({ until }) => firstId(until))];
  return (await rows<{ count: number }>(db, sql, { actions: [...actions], begins, ends, limit })).map(({ count }) => count);
}
