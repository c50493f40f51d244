/** Brings the database to this version's schema. Any number of processes may call it at the same time. */
import { readdir } from 'node:fs/promises';
import type { Knex } from 'knex';
import type { Database } from './db.ts';

/** Any fixed number will do: it only has to be the same in every process. */
const advisoryLock = 7_236_409_118;

const migrationsDir = new URL('../../migrations/', import.meta.url);

/**
 * Returns the names of the migrations that ran. Schema changes are forward-only. All of it is one transaction on one
 * connection: either the new schema is there, or the old one.
 */
export async function migrate(db: Database): Promise<string[]> {
  return db.transaction(async (trx) => {
    // Ends with the transaction, and so works behind a transaction pooler, too.
    await trx.raw('select pg_advisory_xact_lock(?)', [advisoryLock]);
    await trx.raw('create schema if not exists guestlist');
    const [, names] = await trx.migrate.latest(migrationSettings);
    return names;
  });
}

/** For tests: back to an empty schema. */
export async function rollback(db: Database): Promise<void> {
  await db.migrate.rollback(migrationSettings, true);
}

/** Everything that was ever installed, and nothing else. */
export async function uninstall(db: Database): Promise<void> {
  await db.raw('drop schema if exists guestlist cascade');
}

const source: Knex.MigrationSource<string> = {
  async getMigrations() {
    const files = await readdir(migrationsDir);
    return files.filter((file) => /^\d{4}_[a-z0-9_]+\.(ts|js)$/.test(file)).sort();
  },
  getMigrationName: (file) => file.replace(/\.(ts|js)$/, ''),
  getMigration: async (file) => import(new URL(file, migrationsDir).href),
};

export const migrationSettings: Knex.MigratorConfig = { migrationSource: source, schemaName: 'guestlist', tableName: 'migration' };
