/** `guestlist uninstall`: drops everything that was ever installed in the database. */
import type { Command } from 'commander';
import { uninstall as dropSchema } from '../lib/migrate.ts';
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
  await withDatabase(async ({ database }) => {
    await dropSchema(database);
    await dropJobs(database);
    print(output, { value: { uninstalled: true }, lines: ['Everything is gone. The rest of the database is as it was.'] });
  });
}
