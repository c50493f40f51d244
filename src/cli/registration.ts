/** `guestlist client registration-token|registration-tokens|revoke-registration-token`: letting apps register themselves. */
import type { Command } from 'commander';
import { addRegistrationToken, revokeRegistrationToken } from '../client/registration.ts';
import { listGoodTokens, type RegistrationToken } from '../client/registration-store.ts';
import type { Config } from '../server/config.ts';
import { ending, type OutputOptions, print, withDatabase } from './command.ts';
import { Mistake } from './explain.ts';
import { lengthOfTime, wholeNumber } from './option.ts';

const usualSeconds = 7 * 24 * 60 * 60;

export function addRegistrationCommands(client: Command): void {
  client
    .command('registration-token')
    .description('let an app register itself; prints the token for it once')
    .option('--lasts <7d>', 'until when it is good; 7d without it', lengthOfTime({ mostYears: 1 }), usualSeconds)
    .option('--uses <n>', 'how many apps can register with it; one without it', (text) => wholeNumber(text, { from: 1, to: 1_000 }), 1)
    .option('--json', 'answer in JSON')
    .action(ending(add));
  client
    .command('registration-tokens')
    .description('show the tokens that are good')
    .option('--json', 'answer in JSON')
    .action(ending(list));
  client
    .command('revoke-registration-token')
    .description('let nobody register with it any more; apps that did so stay')
    .argument('<id>')
    .option('--json', 'answer in JSON')
    .action(ending(revoke));
}

type AddOptions = OutputOptions & { readonly lasts: number; readonly uses: number };

async function add({ lasts, uses, ...output }: AddOptions): Promise<void> {
  await withDatabase(async ({ config, database, ...tools }) => {
    const { token, id, endsAt } = await addRegistrationToken(database, { lastsSeconds: lasts, uses }, { ...tools, actor: 'operator' });
    const lines = [
      `initial access token: ${token}`,
      'It is not shown again.',
      `For ${appsOf(uses)}, until ${endsAt.toISOString()}. Id: ${id}`,
      ...notice(config),
    ];
    print(output, { value: { id, initial_access_token: token, uses, endsAt }, lines });
  });
}

function appsOf(count: number): string {
  return count === 1 ? 'one app' : `${count} apps`;
}

/** As this command has the settings; the server's may differ. */
function notice({ clientRegistration }: Config): string[] {
  return clientRegistration === 'off' ? ['No server takes it before CLIENT_REGISTRATION is set to token.'] : [];
}

async function list(output: OutputOptions): Promise<void> {
  await withDatabase(async ({ database, clock }) => {
    const tokens = await listGoodTokens(database, clock());
    print(output, { value: tokens, lines: tokens.length > 0 ? tokens.map(lineOf) : ['There is no token that is good.'] });
  });
}

function lineOf({ id, uses, usesLeft, createdAt, endsAt }: RegistrationToken): string {
  return `${id}  ${usesLeft} of ${appsOf(uses)} left  made ${createdAt.toISOString()}  until ${endsAt.toISOString()}`;
}

async function revoke(id: string, output: OutputOptions): Promise<void> {
  await withDatabase(async ({ database, clock, random }) => {
    const isRevoked = await revokeRegistrationToken(database, id, { clock, random, actor: 'operator' });
    if (!isRevoked) throw new Mistake(`there is no token ${id} that is good`);
    print(output, { value: { id, revoked: true }, lines: ['Nobody can register with it any more.'] });
  });
}
