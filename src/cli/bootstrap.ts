/** `guestlist bootstrap`: another invitation for an admin, for whoever has the server's console. */
import type { Command } from 'commander';
import { inviteAdmin } from '../server/bootstrap.ts';
import { ending, type OutputOptions, print } from './command.ts';
import { withGuestlist } from './guestlist.ts';

export function addBootstrapCommand(program: Command): void {
  program
    .command('bootstrap')
    .description('print an invitation that makes an admin: one hour, once')
    .option('--json', 'answer in JSON')
    .action(ending(bootstrap));
}

async function bootstrap(options: OutputOptions): Promise<void> {
  await withGuestlist(async ({ guestlist, ...context }) => {
    const { id, url, code, expiresAt } = await inviteAdmin(guestlist, context);
    print(options, { value: { id, url, code, expiresAt }, lines: [url, `Valid until ${expiresAt.toISOString()}, once.`] });
  });
}
