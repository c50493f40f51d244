/** Brings the database to this version's schema. Any number of processes may call it at the same time. */
import { readdir } from 'node:fs/promises';
import type { Knex } from 'knex';
import { type Database, firstRow, rows } from './db.ts';

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

/** Names of those that would run; changes nothing. */
export async function pendingMigrations(db: Database): Promise<string[]> {
  const there = await firstRow<{ readonly has: boolean }>(db, "select to_regclass('guestlist.migration') is not null as has");
  const done = there?.has ? await rows<{ readonly name: string }>(db, 'select name from guestlist.migration') : [];
  const names = (await readMigrations()).map(nameOfMigration);
  return names.filter((name) => !done.some((one) => one.name === name));
}

/** For tests: back to an empty schema. */
export async function rollback(db: Database): Promise<void> {
  await db.migrate.rollback(migrationSettings, true);
}

/** Everything that was ever installed, and nothing else. */
export async function uninstall(db: Database): Promise<void> {
  await db.raw('drop schema if exists guestlist cascade');
}

async function readMigrations(): Promise<string[]> {
  const files = await readdir(migrationsDir);
  return files.filter((file) => /^\d{4}_[a-z0-9_]+\.(ts|js)$/.test(file)).sort();
}

function nameOfMigration(file: string): string {
  return file.replace(/\.(ts|js)$/, '');
}

const source: Knex.MigrationSource<string> = {
  getMigrations: readMigrations,
  getMigrationName: nameOfMigration,
  getMigration: async (file) => import(new URL(file, migrationsDir).href),
};

export const migrationSettings: Knex.MigratorConfig = { migrationSource: source, schemaName: 'guestlist', tableName: 'migration' };
