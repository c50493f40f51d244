/** SQL of the doctor: it reads, and changes nothing. */
import { firstRow, type Queryable } from '../lib/db.ts';
import type { Queue } from './doctor-judge.ts';

export async function readServer(db: Queryable): Promise<{ readonly version: number; readonly text: string; readonly now: Date }> {
  const sql = `select current_setting('server_version_num')::int as version, current_setting('server_version') as text, clock_timestamp() as now`;
  const found = await firstRow<{ readonly version: number; readonly text: string; readonly now: Date }>(db, sql);
  if (!found) throw new Error('the database does not say what it is');
  return found;
}

export async function readQueue(db: Queryable, { now, failedSince }: { readonly now: Date; readonly failedSince: Date }): Promise<Queue> {
  const pending = 'sent_at is null and cancelled_at is null and failed_at is null';
  const sql = `select (select count(*)::int from guestlist.mail where ${pending}) as waiting,
      (select min(coalesce(next_attempt_at, queued_at)) from guestlist.mail
        where ${pending} and coalesce(next_attempt_at, queued_at) <= :now) as "oldestDue",
      (select count(*)::int from guestlist.mail where failed_at >= :failedSince) as failed`;
  type Row = { readonly waiting: number; readonly oldestDue: Date | null; readonly failed: number };
  const { waiting = 0, oldestDue = null, failed = 0 } = (await firstRow<Row>(db, sql, { now, failedSince })) ?? {};
  return { waiting, oldestDue: oldestDue ?? undefined, failed };
}

export type JobFigures = {
  /** Since when the oldest waits that should run. */
  readonly oldestDue: Date | null;
  /** Tried for the last time. */
  readonly givenUp: number;
  /** When a worker did last what it does every ten minutes. */
  readonly lastRound: Date | null;
  /** When the first worker began. */
  readonly firstSeen: Date | null;
};

/** Undefined: no server has ever run on this database. */
export async function readJobs(db: Queryable, now: Date): Promise<JobFigures | undefined> {
  const there = await firstRow<{ readonly has: boolean }>(db, `select to_regclass('guestlist_jobs.jobs') is not null as has`);
  if (!there?.has) return undefined;
  const sql = `select (select min(run_at) from guestlist_jobs.jobs where run_at <= :now and locked_at is null and attempts < max_attempts) as "oldestDue",
      (select count(*)::int from guestlist_jobs.jobs where attempts >= max_attempts) as "givenUp",
      (select max(last_execution) from guestlist_jobs._private_known_crontabs where identifier = 'sweep') as "lastRound",
      (select min(known_since) from guestlist_jobs._private_known_crontabs where identifier = 'sweep') as "firstSeen"`;
  return firstRow<JobFigures>(db, sql, { now });
}
