/** Which database: the operator's, or the embedded one under the data folder. Either way it is brought up to date. */
import { type Connection, type Database, openDatabase } from '../lib/db.ts';
import { type EmbeddedEvent, startEmbeddedPostgres } from '../lib/embedded-postgres.ts';
import { migrate } from '../lib/migrate.ts';
import type { Config } from './config.ts';

export type ServerDatabase = {
  readonly database: Database;
  readonly connection: Connection;
  /** Names of the migrations that ran just now. */
  readonly migrated: readonly string[];
  close(): Promise<void>;
};

/** Few are faster than many on one hot invitation, and a code exchange holds one for a moment only. */
const poolSize = 10;

export type DatabaseRole = 'server' | 'command';

/** Throws `EmbeddedBusyError` if another server has the data folder. */
export async function openServerDatabase(
  { databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>,
  { role, onEvent = () => undefined }: { readonly role: DatabaseRole; readonly onEvent?: (event: EmbeddedEvent) => void },
): Promise<ServerDatabase> {
  const embedded = databaseUrl ? undefined : await startEmbeddedPostgres({ dataDir, role, onEvent });
  const connection = databaseUrl ?? embedded?.connection;
  if (!connection) throw new Error('there is no database');
  const database = openDatabase(connection, poolSize);
  const close = async () => {
    await database.destroy();
    await embedded?.stop();
  };
  try {
    return { database, connection, migrated: await migrate(database), close };
  } catch (error) {
    await close();
    throw error;
  }
}
