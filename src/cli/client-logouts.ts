/** `guestlist client logouts`: what became of telling apps that somebody was signed out of them. */
import type { Command } from 'commander';
import { type LogoutFate, listLogoutFates } from '../oidc/app-logout-store.ts';
import { ending, type OutputOptions, print, withDatabase } from './command.ts';
import { wholeNumber } from './option.ts';
import { visible } from './visible.ts';

export function addLogoutsCommand(client: Command): void {
  client
    .command('logouts')
    .description('show what became of the newest back-channel logouts')
    .argument('[client_id]', 'of this app alone')
    .option('--limit <n>', 'how many', (text) => wholeNumber(text, { from: 1, to: 10_000 }), 100)
    .option('--json', 'answer in JSON')
    .action(ending(logouts));
}

async function logouts(clientId: string | undefined, { limit, ...output }: OutputOptions & { readonly limit: number }): Promise<void> {
  await withDatabase(async ({ database }) => {
    const fates = await listLogoutFates(database, { clientId, limit });
    print(output, { value: fates, lines: fates.length > 0 ? fates.map(line) : ['No app had to be told yet.'] });
  });
}

function line(fate: LogoutFate): string {
  return `${fate.queuedAt.toISOString()}  ${visible(fate.clientId)}  ${visible(fate.accountId)}  ${fateOf(fate)}`;
}

function fateOf({ deliveredAt, failedAt, failure, nextAttemptAt, attempts }: LogoutFate): string {
  const tries = attempts === 1 ? '1 try' : `${attempts} tries`;
  if (deliveredAt) return `told ${deliveredAt.toISOString()}, ${tries}`;
  if (failedAt) return `failed ${failedAt.toISOString()}, ${tries}: ${failure}`;
  return nextAttemptAt ? `waits until ${nextAttemptAt.toISOString()}, ${tries}: ${failure}` : `waits, ${tries}`;
}
