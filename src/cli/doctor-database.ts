/** What the doctor asks of the database: opened as it is, and left as it was. */
import { existsSync } from 'node:fs';
import { type Clock, systemClock } from '../lib/clock.ts';
import { type Database, openDatabase } from '../lib/db.ts';
import { pendingMigrations } from '../lib/migrate.ts';
import { secureRandom } from '../lib/random.ts';
import { createSeal } from '../lib/seal.ts';
import { readKeys } from '../oidc/keys.ts';
import { summarizeKeys } from '../oidc/rotation.ts';
import type { Config } from '../server/config.ts';
import { type Check, type Finding, within } from './doctor-check.ts';
import { clockFinding } from './doctor-issuer.ts';
import { failedSince, judgeKeys, judgeQueue } from './doctor-judge.ts';
import { readJobs, readQueue, readServer } from './doctor-store.ts';

type Opened = { readonly database: Database; close(): Promise<void> };

/** Nothing is migrated, and no folder is made. */
export async function openAsItIs({ databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>): Promise<Opened> {
  if (databaseUrl === undefined && !existsSync(dataDir)) throw new Error(`there is no data in ${dataDir} yet: start the server first`);
  const embedded = databaseUrl ? undefined : await startEmbedded(dataDir);
  const database = openDatabase(databaseUrl ?? embedded?.connection ?? '', 4);
  const close = async () => {
    await database.destroy();
    await embedded?.stop();
  };
  try {
    await within(10_000, () => readServer(database));
    return { database, close };
  } catch (error) {
    await within(5_000, close).catch(() => undefined);
    throw error;
  }
}

async function startEmbedded(dataDir: string) {
  const { startEmbeddedPostgres } = await import('../lib/embedded-postgres.ts');
  return startEmbeddedPostgres({ dataDir, role: 'command' });
}

type Asked = { readonly database: Database; readonly config: Config; readonly secret: string | undefined };

export function databaseChecks({ database, config, secret }: Asked, clock: Clock = systemClock): Check[] {
  const advice = 'Bring it up to date: guestlist migrate';
  return [
    { name: 'database', run: () => judgeServer(database, clock) },
    { name: 'migrations', advice, run: () => judgeMigrations(database) },
    {
      name: 'secret and keys',
      advice: 'Give GUESTLIST_SECRET as it was when the keys were stored.',
      run: () => judgeSecret(database, secret),
    },
    {
      name: 'keys',
      advice,
      run: async () => judgeKeys(await keysOf(database, clock()), { rotationDays: config.keyRotationDays, now: clock() }),
    },
    {
      name: 'mail queue',
      advice,
      run: async () => judgeQueue(await readQueue(database, { now: clock(), failedSince: failedSince(clock()) }), clock()),
    },
    { name: 'jobs', run: () => judgeJobs(database, clock()) },
  ];
}

const oldestVersion = 15;

async function judgeServer(database: Database, clock: Clock): Promise<Finding[]> {
  const before = clock();
  const { version, text, now } = await readServer(database);
  const after = clock();
  const isKnown = version >= oldestVersion * 10_000;
  const offMs = Math.max(0, before.getTime() - now.getTime(), now.getTime() - after.getTime());
  return [
    isKnown
      ? { name: 'database', status: 'ok', message: `PostgreSQL ${text}` }
      : {
          name: 'database',
          status: 'fail',
          message: `PostgreSQL ${text} is too old.`,
          advice: `Take PostgreSQL ${oldestVersion} or newer.`,
        },
    clockFinding('database clock', offMs, 'the database'),
  ];
}

async function judgeMigrations(database: Database): Promise<Finding> {
  const name = 'migrations';
  const pending = await pendingMigrations(database);
  if (pending.length === 0) return { name, status: 'ok', message: 'The database is up to date.' };
  return { name, status: 'fail', message: `${pending.length} migrations wait, from ${pending[0]} on.`, advice: 'Run: guestlist migrate' };
}

async function judgeSecret(database: Database, secret: string | undefined): Promise<Finding> {
  const name = 'secret and keys';
  if (secret === undefined)
    return { name, status: 'warn', message: 'There is no secret yet.', advice: 'Start the server, or set GUESTLIST_SECRET.' };
  await readKeys(database, createSeal(secret, secureRandom));
  return { name, status: 'ok', message: 'The secret opens the keys in this database.' };
}

async function keysOf(database: Database, now: Date) {
  return (await summarizeKeys(database, now)).map((key) => ({ ...key, signsUntil: key.signsUntil ?? null }));
}

const lateMs = 15 * 60_000;

async function judgeJobs(database: Database, now: Date): Promise<Finding> {
  const name = 'jobs';
  const advice = 'See that one process runs as a worker: guestlist start without --no-worker and WORKER=off, or guestlist worker.';
  const found = await readJobs(database, now);
  const heardOf = found?.lastRound ?? found?.firstSeen;
  if (!found || !heardOf) return { name, status: 'warn', message: 'No worker has ever run on this database.', advice };
  const silentFor = Math.max(0, Math.round((now.getTime() - heardOf.getTime()) / 60_000));
  if (silentFor > 30) return { name, status: 'fail', message: `No worker has done its round for ${silentFor} minutes.`, advice };
  const lateBy = found.oldestDue ? now.getTime() - found.oldestDue.getTime() : 0;
  if (lateBy > lateMs) return { name, status: 'warn', message: `The oldest job waits for ${Math.round(lateBy / 60_000)} minutes.`, advice };
  if (found.givenUp > 0)
    return {
      name,
      status: 'warn',
      message: `${found.givenUp} jobs were given up.`,
      advice: 'See the log of the worker for what ended them.',
    };
  const heard = found.lastRound ? 'did its round' : 'began';
  return { name, status: 'ok', message: `A worker ${heard} ${silentFor} minutes ago, and no job waits for long.` };
}
