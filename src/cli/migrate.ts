/** `guestlist migrate`: brings the database up to date. Starting does it too; this is for those who deploy in steps. */
import type { Command } from 'commander';
import { readConfig } from '../server/config.ts';
import { openServerDatabase } from '../server/database.ts';
import { installJobs } from '../server/jobs.ts';
import { createLog } from '../server/log.ts';
import { ending, type OutputOptions, print } from './command.ts';

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('bring the database up to date')
    .option('--json', 'answer in JSON')
    .action(ending(migrateDatabase));
}

async function migrateDatabase(options: OutputOptions): Promise<void> {
  const config = readConfig(process.env);
  const { migrated, connection, database, close } = await openServerDatabase(config, { role: 'command' });
  try {
    await installJobs({ connection, database, log: createLog('silent'), sendsMail: config.smtp !== undefined });
  } finally {
    await close();
  }
  const lines = migrated.length > 0 ? migrated.map((name) => `Done: ${name}`) : ['The database is up to date.'];
  print(options, { value: { migrated }, lines });
}
