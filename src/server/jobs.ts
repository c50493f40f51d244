/**
 * Work that nobody waits for, by graphile-worker: any number of processes, each job once. That is sweeping, sending
 * mail, and telling apps (`app-jobs.ts`): a trigger adds a job in the transaction that queues something, and whatever is
 * due is looked for each minute.
 */
import { Logger, parseCrontab, type Runner, run, runMigrations, type TaskList } from 'graphile-worker';
import pg from 'pg';
import { z } from 'zod';
import { deleteOldTries } from '../invitation/pin-store.ts';
import { deleteExpiredTokens } from '../account/recovery-store.ts';
import { forgetAttempts } from '../invitation/leak.ts';
import { deleteOldAnswers } from '../invitation/once.ts';
import { forgetInvitees, forgetOffered } from '../invitation/retention.ts';
import { forgetCampaignRows } from '../campaign/retention.ts';
import { forgetRequests } from '../request/retention.ts';
import { deleteExpiredVisits } from '../invitation/visit-store.ts';
import { deleteExpiredConsole } from '../console/session-store.ts';
import { addSeconds, type Clock } from '../lib/clock.ts';
import { type Connection, type Database, execute, inTransaction } from '../lib/db.ts';
import { deleteExpiredThrottles } from '../lib/throttle.ts';
import { sweepExpired } from '../oidc/adapter.ts';
import { deleteOldLogouts } from '../oidc/app-logout-store.ts';
import { forgetBrowsers } from '../oidc/sign-in-store.ts';
import { appCrontab, appTasks, appTriggersSql } from './app-jobs.ts';
import type { AppNews } from './app-news.ts';
import type { Log } from './log.ts';
import type { Post } from './post.ts';

export type Jobs = { stop(): Promise<void> };

type JobArguments = {
  readonly connection: Connection;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined: mail stays where it is. Closed by `stop`. */
  readonly post?: Post | undefined;
  /** Queues reminders, also where nothing sends them. Undefined: that is left to the processes that do. */
  readonly remind?: (() => Promise<unknown>) | undefined;
  /** Makes the invitations of campaigns, until told that it is enough. Undefined: that is left to the processes that do. */
  readonly makeCampaigns?: ((isEnough: () => boolean) => Promise<unknown>) | undefined;
  /** Makes the next signing keys and throws old ones away. Undefined: that is left to the processes that do. */
  readonly tendKeys?: (() => Promise<void>) | undefined;
  /** Undefined: apps hear what there is to hear from other processes. */
  readonly news?: AppNews | undefined;
};

const batchSize = 1_000;

/** Jobs at the same time in one process, and so mails. */
export const concurrency = 3;

/** Not graphile-worker's own default: in a database that is shared, that one may be somebody else's. */
const schema = 'guestlist_jobs';

export async function startJobs({
  connection,
  database,
  clock,
  log,
  post,
  remind,
  makeCampaigns,
  tendKeys,
  news,
}: JobArguments): Promise<Jobs> {
  await installJobs({ connection, database, log, sendsMail: post !== undefined });
  const pool = openPool(connection, log);
  const state = { isStopping: false };
  const runner: Runner = await run({
    pgPool: pool.pgPool,
    schema,
    noHandleSignals: true,
    concurrency,
    logger: jobLogger(log),
    taskList: {
      sweep: async () => sweep(database, clock()),
      ...(remind ? { remind: async () => void (await remind()) } : {}),
      ...(makeCampaigns ? { campaigns: async () => void (await makeCampaigns(() => state.isStopping)) } : {}),
      ...(tendKeys ? { keys: tendKeys } : {}),
      ...mailTasks({ post, clock, state }),
      ...appTasks({ news, clock, state }),
    },
    parsedCronItems: parseCrontab(
      [
        '*/10 * * * * sweep ?max=3',
        ...(remind ? ['*/10 * * * * remind ?max=3'] : []),
        ...(makeCampaigns ? ['* * * * * campaigns ?max=3'] : []),
        ...(tendKeys ? ['7 * * * * keys ?max=3'] : []),
        ...(post ? ['* * * * * mails ?max=3'] : []),
        ...(news ? appCrontab : []),
      ].join('\n'),
    ),
  });
  return {
    async stop() {
      state.isStopping = true;
      const last = setTimeout(() => void post?.close({ force: true }), graceMs);
      await runner.stop();
      clearTimeout(last);
      await post?.close();
      await pool.end();
    },
  };
}

/** How long mails that are being sent may take when we stop. */
const graceMs = 3_000;

function openPool(connection: Connection, log: Log) {
  const settings = typeof connection === 'string' ? { connectionString: connection } : connection;
  const pgPool = new pg.Pool({ ...settings, max: concurrency + 1, application_name: 'guestlist jobs' });
  let isEnding = false;
  // Without a listener, a connection lost while idle would end the process.
  const onError = (error: Error) => {
    // The pool does not wait for its connections to close: the database may end first, as it should.
    if (!isEnding) log.warn({ error }, 'the jobs lost a connection');
  };
  pgPool.on('error', onError);
  pgPool.on('connect', (client) => client.on('error', onError));
  return {
    pgPool,
    async end() {
      isEnding = true;
      await pgPool.end();
    },
  };
}

type MailTasks = { readonly post: Post | undefined; readonly clock: Clock; readonly state: { readonly isStopping: boolean } };

/** Less than the minute after which the next round begins. */
const roundSeconds = 50;

/** Without a post there are none: their jobs are left to the processes that have one. */
function mailTasks({ post, clock, state }: MailTasks): TaskList {
  if (!post) return {};
  return {
    mail: async (payload) => post.deliver(mailJobSchema.parse(payload).id),
    mails: async () => {
      const until = addSeconds(clock(), roundSeconds);
      await post.deliverDue(() => state.isStopping || clock() >= until);
    },
  };
}

const mailJobSchema = z.object({ id: z.string() });

type Installing = Pick<JobArguments, 'connection' | 'database' | 'log'> & { readonly sendsMail: boolean };

/** Any fixed number will do: it only has to be the same in every process. */
const advisoryLock = 7_236_409_121;

/** Brings the jobs' schema up to date. Any number of processes may call it at the same time. */
export async function installJobs({ connection, database, log, sendsMail }: Installing): Promise<void> {
  const pool = openPool(connection, log);
  try {
    await inTransaction(database, async (trx) => {
      await execute(trx, 'select pg_advisory_xact_lock(:advisoryLock)', { advisoryLock });
      await runMigrations({ pgPool: pool.pgPool, schema, logger: jobLogger(log) });
      if (sendsMail) await trx.raw(mailTriggerSql);
      await trx.raw(campaignTriggerSql);
      await trx.raw(appTriggersSql(schema));
    });
  } finally {
    await pool.end();
  }
}

/** In the jobs' schema, which takes the trigger along when it is dropped. Without it, mail waits for the next minute. */
const mailTriggerSql = `
  create or replace function ${schema}.queue_mail() returns trigger language plpgsql as $$
  begin
    perform ${schema}.add_job('mail', json_build_object('id', new.id), job_key := new.id);
    return null;
  end $$;
  do $$ begin
    if not exists (select from pg_trigger where tgrelid = 'guestlist.mail'::regclass and tgname = 'mail_queued') then
      create trigger mail_queued after insert on guestlist.mail for each row execute function ${schema}.queue_mail();
    end if;
  end $$`;

/** Rows are there to be made, or may be made again. Without it, they wait for the next minute. */
const campaignTriggerSql = `
  create or replace function ${schema}.queue_campaigns() returns trigger language plpgsql as $$
  begin
    perform ${schema}.add_job('campaigns', '{}'::json, job_key := 'campaigns', max_attempts := 3);
    return null;
  end $$;
  do $$ begin
    if not exists (select from pg_trigger where tgrelid = 'guestlist.campaign'::regclass and tgname = 'campaign_queued') then
      create trigger campaign_queued after update of stored_at, cancelled_at on guestlist.campaign for each row
        when (new.kind = 'mailed' and new.stored_at is not null and new.cancelled_at is null) execute function ${schema}.queue_campaigns();
    end if;
  end $$`;

/** So long one can see which apps were told, and what came of it. */
const logoutSeconds = 30 * 24 * 60 * 60;

/** So long a session may take to be stored after its browser was noted. */
const browserSeconds = 60 * 60;

/** Everything that is over and that nobody can use any more. */
async function sweep(database: Database, now: Date): Promise<void> {
  await sweepExpired(database, now, batchSize);
  await deleteExpiredVisits(database, now);
  await deleteOldTries(database, now);
  await forgetInvitees(database, now);
  await forgetAttempts(database, now);
  await deleteOldAnswers(database, now);
  await forgetOffered(database, now);
  await forgetRequests(database, now);
  await forgetCampaignRows(database, now);
  await inTransaction(database, (trx) => deleteExpiredTokens(trx, now));
  await deleteExpiredThrottles(database, now);
  await deleteOldLogouts(database, addSeconds(now, -logoutSeconds));
  await forgetBrowsers(database, addSeconds(now, -browserSeconds));
  await deleteExpiredConsole(database, now);
}

/** What the jobs keep in the database. Plugins in other providers have none. */
export async function dropJobs(database: Database): Promise<void> {
  await database.raw('drop schema if exists ?? cascade', [schema]);
}

function jobLogger(log: Log): Logger {
  const levels = { error: 'error', warning: 'warn', info: 'debug', debug: 'debug' } as const;
  return new Logger(() => (level, message) => log[levels[level]]({ job: message }, 'jobs'));
}
