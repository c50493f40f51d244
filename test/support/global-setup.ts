/**
 * One PostgreSQL for a whole run of the tests: an embedded one, or the one of TEST_DATABASE_URL (a user who may
 * create databases). Owns the migrated template that `database.ts` copies, and leaves nothing behind.
 */
import { chmod, mkdtemp, readdir, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { systemClock } from '../../src/lib/clock.ts';
import { type Connection, type Database, openDatabase } from '../../src/lib/db.ts';
import { isOwned } from '../../src/lib/embedded-owner.ts';
import { startEmbeddedPostgres } from '../../src/lib/embedded-postgres.ts';
import { migrate } from '../../src/lib/migrate.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { inDatabase } from './database.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the tests may create databases. */
    testServer: Connection;
    /** Begins the name of every database of this run. */
    testPrefix: string;
  }
}

type Server = { readonly connection: Connection; stop(): Promise<void> };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const url = process.env['TEST_DATABASE_URL'];
  const server = url ? { connection: url, stop: async () => undefined } : await embeddedServer();
  const admin = openDatabase(server.connection, 1);
  const prefix = newPrefix();
  const teardown = async () => {
    await dropWhere(admin, (name) => name.startsWith(prefix));
    await admin.destroy();
    await server.stop();
  };
  try {
    await dropWhere(admin, isForgotten);
    await makeTemplate(admin, server.connection, `${prefix}template`);
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('testServer', server.connection);
  project.provide('testPrefix', prefix);
  return teardown;
}

async function embeddedServer(): Promise<Server> {
  const parent = await scratchFolder();
  await removeForgottenFolders(parent);
  const dataDir = await mkdtemp(join(parent, folderPrefix));
  // As root, the server runs as another user, who has to pass through.
  await chmod(dataDir, 0o711);
  const server = await startEmbeddedPostgres({ dataDir, role: 'test', durable: false, settings: { max_connections: '200' } });
  return {
    connection: server.connection,
    async stop() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const folderPrefix = 'guestlist-test-';
const enoughBytes = 2 ** 30;

/** In memory where there is plenty: a copy of the template then takes 30 ms and not 100 to 300. */
export async function scratchFolder(): Promise<string> {
  const memory = await statfs('/dev/shm').catch(() => undefined);
  return memory && memory.bavail * memory.bsize > enoughBytes ? '/dev/shm' : tmpdir();
}

const minuteMs = 60_000;

/** Of runs that were killed. A young folder may belong to a run that is just beginning. */
async function removeForgottenFolders(parent: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(folderPrefix));
  for (const folder of names.map((name) => join(parent, name))) {
    const found = await stat(folder).catch(() => undefined);
    const old = found !== undefined && systemClock().getTime() - found.mtimeMs > minuteMs;
    if (old && !(await isOwned(folder))) await rm(folder, { recursive: true, force: true });
  }
}

async function makeTemplate(admin: Database, server: Connection, name: string): Promise<void> {
  await admin.raw('create database ??', [name]);
  const database = openDatabase(inDatabase(server, name), 2);
  await migrate(database).finally(() => database.destroy());
  // Nobody can hold a connection to it by mistake, which would make every copy fail.
  await admin.raw('alter database ?? allow_connections false', [name]);
}

const dayMs = 86_400_000;

/** The second of the start is in the name, so that a later run can tell what a killed one has left. */
function newPrefix(): string {
  const second = Math.floor(systemClock().getTime() / 1000);
  return `guestlist_test_${second}_${secureRandom(4).toString('hex')}_`;
}

function isForgotten(name: string): boolean {
  const second = /^guestlist_test_(\d+)_[0-9a-f]{8}_/.exec(name)?.[1];
  return second !== undefined && systemClock().getTime() - Number(second) * 1000 > dayMs;
}

async function dropWhere(admin: Database, isChosen: (name: string) => boolean): Promise<void> {
  const own = admin('pg_database').whereRaw('datname like ? and datdba = (select oid from pg_roles where rolname = current_user)', [
    'guestlist_test_%',
  ]);
  const names: string[] = await own.pluck('datname');
  for (const name of names.filter(isChosen)) await admin.raw('drop database if exists ?? with (force)', [name]);
}
