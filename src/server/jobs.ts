/** Work that nobody waits for, by graphile-worker: any number of processes, each job once. Today that is sweeping. */
import { Logger, parseCrontab, type Runner, run } from 'graphile-worker';
import pg from 'pg';
import { deleteExpiredVisits } from '../invitation/store.ts';
import type { Clock } from '../lib/clock.ts';
import type { Connection, Database } from '../lib/db.ts';
import { deleteExpiredThrottles } from '../lib/throttle.ts';
import { sweepExpired } from '../oidc/adapter.ts';
import type { Log } from './log.ts';

export type Jobs = { stop(): Promise<void> };

type JobArguments = { readonly connection: Connection; readonly database: Database; readonly clock: Clock; readonly log: Log };

const batchSize = 1_000;

/** Not graphile-worker's own default: in a database that is shared, that one may be somebody else's. */
const schema = 'guestlist_jobs';

export async function startJobs({ connection, database, clock, log }: JobArguments): Promise<Jobs> {
  const settings = typeof connection === 'string' ? { connectionString: connection } : connection;
  const pgPool = new pg.Pool({ ...settings, max: 3, application_name: 'guestlist jobs' });
  // Without a listener, a connection lost while idle would end the process.
  let isStopping = false;
  const onError = (error: Error) => {
    // The pool does not wait for its connections to close: the database may end first, as it should.
    if (!isStopping) log.warn({ error }, 'the jobs lost a connection');
  };
  pgPool.on('error', onError);
  pgPool.on('connect', (client) => client.on('error', onError));
  const runner: Runner = await run({
    pgPool,
    schema,
    noHandleSignals: true,
    concurrency: 1,
    logger: jobLogger(log),
    taskList: { sweep: async () => sweep(database, clock()) },
    parsedCronItems: parseCrontab('*/10 * * * * sweep ?max=3'),
  });
  return {
    async stop() {
      await runner.stop();
      isStopping = true;
      await pgPool.end();
    },
  };
}

/** Everything that is over and that nobody can use any more. */
async function sweep(database: Database, now: Date): Promise<void> {
  await sweepExpired(database, now, batchSize);
  await deleteExpiredVisits(database, now);
  await deleteExpiredThrottles(database, now);
}

/** What the jobs keep in the database. Plugins in other providers have none. */
export async function dropJobs(database: Database): Promise<void> {
  await database.raw('drop schema if exists ?? cascade', [schema]);
}

function jobLogger(log: Log): Logger {
  const levels = { error: 'error', warning: 'warn', info: 'debug', debug: 'debug' } as const;
  return new Logger(() => (level, message) => log[levels[level]]({ job: message }, 'jobs'));
}
