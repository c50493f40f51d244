/** `guestlist client logouts`: what became of telling apps that somebody was signed out of them. */
import type { Command } from 'commander';
import type { Output } from '../admin/http-client.ts';
import { withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { wholeNumber } from './option.ts';
import { visible } from './visible.ts';

export function addLogoutsCommand(client: Command): void {
  client
    .command('logouts')
    .description('show what became of the newest back-channel logouts')
    .argument('[client_id]', 'of this app alone')
    .option('--limit <n>', 'how many', (text) => wholeNumber(text, { from: 1, to: 10_000 }), 100)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('client logouts', 'client logouts wiki --limit 20'))
    .action(ending(logouts));
}

async function logouts(clientId: string | undefined, { limit, ...output }: OutputOptions & { readonly limit: number }): Promise<void> {
  await withCalls(async ({ api }) => {
    const { items: fates } = await api.listAppLogouts({ query: { clientId, limit } });
    print(output, { value: fates, lines: fates.length > 0 ? fates.map(line) : ['No app had to be told yet.'] });
  });
}

type Fate = Output<'listAppLogouts'>['items'][number];

function line(fate: Fate): string {
  return `${fate.queuedAt}  ${visible(fate.clientId)}  ${visible(fate.accountId)}  ${fateOf(fate)}`;
}

function fateOf({ deliveredAt, failedAt, failure, nextAttemptAt, attempts }: Fate): string {
  const tries = attempts === 1 ? '1 try' : `${attempts} tries`;
  if (deliveredAt) return `told ${deliveredAt}, ${tries}`;
  if (failedAt) return `failed ${failedAt}, ${tries}: ${failure}`;
  return nextAttemptAt ? `waits until ${nextAttemptAt}, ${tries}: ${failure}` : `waits, ${tries}`;
}
