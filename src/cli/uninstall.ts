/** `guestlist uninstall`: drops everything that was ever installed in the database. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { uninstall as dropSchema } from '../lib/migrate.ts';
import { type Config, ConfigError, readConfig } from '../server/config.ts';
import { dropJobs } from '../server/jobs.ts';
import { ending, type OutputOptions, print, withDatabase } from './command.ts';

export function addUninstallCommand(program: Command): void {
  program
    .command('uninstall')
    .description('drop the schema guestlist with everything in it: accounts, invitations, groups')
    .option('--yes', 'I know that it cannot be taken back')
    .option('--json', 'answer in JSON')
    .action(ending(uninstall));
}

async function uninstall({ yes = false, ...output }: OutputOptions & { readonly yes?: boolean }, command: Command): Promise<void> {
  if (!yes) command.error("error: option '--yes' is needed: everything will be gone, and cannot be brought back");
  refuseWithoutDatabase(readConfig(process.env));
  await withDatabase(async ({ database }) => {
    await dropSchema(database);
    await dropJobs(database);
    print(output, { value: { uninstalled: true }, lines: ['Everything is gone. The rest of the database is as it was.'] });
  });
}

/** Without the variable, a new database would be made and found empty, and the one that was meant would stay as it is. */
function refuseWithoutDatabase({ databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>): void {
  if (databaseUrl || existsSync(join(dataDir, 'postgres'))) return;
  throw new ConfigError([`DATABASE_URL is needed: there is no database in ${dataDir}`]);
}
