/** A database of its own for each test file: a copy of the migrated template, made in some tens of milliseconds. */
import { inject } from 'vitest';
import { type Connection, type Database, openDatabase } from '../../src/lib/db.ts';
import { secureRandom } from '../../src/lib/random.ts';

export type TestDatabase = {
  readonly database: Database;
  /** For a server or worker that opens connections of its own. */
  readonly connection: Connection;
  /** Closes `database` and removes it, with whoever is still connected. */
  drop(): Promise<void>;
};

export async function createTestDatabase({ poolSize = 10 } = {}): Promise<TestDatabase> {
  const server = inject('testServer');
  const prefix = inject('testPrefix');
  const name = `${prefix}${secureRandom(6).toString('hex')}`;
  await asAdmin(server, (admin) => admin.raw('create database ?? template ??', [name, `${prefix}template`]));
  const connection = inDatabase(server, name);
  const database = openDatabase(connection, poolSize);
  return {
    database,
    connection,
    async drop() {
      await database.destroy();
      await asAdmin(server, (admin) => admin.raw('drop database ?? with (force)', [name]));
    },
  };
}

async function asAdmin(server: Connection, work: (admin: Database) => Promise<unknown>): Promise<void> {
  const admin = openDatabase(server, 1);
  try {
    await work(admin);
  } finally {
    await admin.destroy();
  }
}

export function inDatabase(server: Connection, database: string): Connection {
  if (typeof server !== 'string') return { ...server, database };
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}
