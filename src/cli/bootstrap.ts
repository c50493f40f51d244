/** `guestlist bootstrap`: another invitation for an admin, for whoever has the server's console. */
import type { Command } from 'commander';
import { findPerson } from '../account/find-account.ts';
import { invitations } from '../plugin.ts';
import { inviteAdmin } from '../server/bootstrap.ts';
import { ending, type OutputOptions, print, withDatabase } from './command.ts';

export function addBootstrapCommand(program: Command): void {
  program
    .command('bootstrap')
    .description('print an invitation that makes an admin: one hour, once')
    .option('--json', 'answer in JSON')
    .action(ending(bootstrap));
}

async function bootstrap(options: OutputOptions): Promise<void> {
  await withDatabase(async (context) => {
    const guestlist = invitations({ ...context, issuer: context.config.issuer, person: findPerson });
    const { id, url, code, expiresAt } = await inviteAdmin(guestlist, context);
    print(options, { value: { id, url, code, expiresAt }, lines: [url, `Valid until ${expiresAt.toISOString()}, once.`] });
  });
}
