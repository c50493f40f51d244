/** SQL for the report of a campaign: why nothing came of rows. */
import { type Queryable, rows } from '../lib/db.ts';

/** The most frequent first. `retried`: how many of them would be tried again (`retryFailed` of `campaign/store.ts`). */
export async function countFailures(db: Queryable, id: string): Promise<{ code: string; count: number; retried: number }[]> {
  const sql = `select failure as code, count(*)::int as count, count(row_key)::int as retried from guestlist.campaign_row
    where campaign_id = :id and failed_at is not null group by failure order by count(*) desc, failure limit 50`;
  return rows(db, sql, { id });
}
