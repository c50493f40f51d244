/** For the knex command line only; the server migrates by itself. */
import { migrationSettings } from './src/lib/migrate.ts';

export default {
  client: 'pg',
  connection: process.env['DATABASE_URL'],
  migrations: migrationSettings,
};
