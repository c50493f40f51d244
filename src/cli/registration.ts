/** `guestlist client registration-token|registration-tokens|revoke-registration-token`: letting apps register themselves. */
import type { Command } from 'commander';
import type { Output } from '../admin/http-client.ts';
import { Failure } from '../errors.ts';
import { withCalls } from './calls.ts';
import { type CommandContext, ending, examples, type OutputOptions, print } from './command.ts';
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
    .addHelpText('after', examples('client registration-token', 'client registration-token --lasts 1d --uses 5'))
    .action(ending(add));
  client
    .command('registration-tokens')
    .description('show the tokens that are good')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('client registration-tokens'))
    .action(ending(list));
  client
    .command('revoke-registration-token')
    .description('let nobody register with it any more; apps that did so stay')
    .argument('<id>')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('client revoke-registration-token 0199f3f0-0000-7000-8000-000000000001'))
    .action(ending(revoke));
}

type AddOptions = OutputOptions & { readonly lasts: number; readonly uses: number };

async function add({ lasts, uses, ...output }: AddOptions): Promise<void> {
  await withCalls(async ({ api, local }) => {
    const { initialAccessToken, id, endsAt } = await api.createRegistrationToken({ body: { lastsSeconds: lasts, uses } });
    const lines = [
      `initial access token: ${initialAccessToken}`,
      'It is not shown again.',
      `For ${appsOf(uses)}, until ${endsAt}. Id: ${id}`,
      ...notice(local),
    ];
    print(output, { value: { id, initial_access_token: initialAccessToken, uses, endsAt }, lines });
  });
}

function appsOf(count: number): string {
  return count === 1 ? 'one app' : `${count} apps`;
}

/** As this command has the settings; the server's may differ, and those of another one are not known here. */
function notice(local: CommandContext | undefined): string[] {
  return local?.config.clientRegistration === 'off' ? ['No server takes it before CLIENT_REGISTRATION is set to token.'] : [];
}

async function list(output: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const { items: tokens } = await api.listRegistrationTokens();
    print(output, { value: tokens, lines: tokens.length > 0 ? tokens.map(lineOf) : ['There is no token that is good.'] });
  });
}

function lineOf({ id, uses, usesLeft, createdAt, endsAt }: Output<'listRegistrationTokens'>['items'][number]): string {
  return `${id}  ${usesLeft} of ${appsOf(uses)} left  made ${createdAt}  until ${endsAt}`;
}

async function revoke(id: string, output: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    try {
      await api.revokeRegistrationToken({ params: { registrationTokenId: id } });
    } catch (error) {
      throw error instanceof Failure && isNoToken(error) ? new Mistake(`there is no token ${id} that is good`) : error;
    }
    print(output, { value: { id, revoked: true }, lines: ['Nobody can register with it any more.'] });
  });
}

function isNoToken({ code, detail }: Failure): boolean {
  return code === 'link_not_found' || (code === 'wish_invalid' && detail['field'] === 'registrationTokenId');
}
