/** `guestlist client add`: a relying app. Its secret is printed once. */
import { type Command, InvalidArgumentError } from 'commander';
import { clientIdPattern, defaultScope, strayScopes, toMetadata } from '../client/client.ts';
import { addClient, type NewClient } from '../client/register.ts';
import { systemClock } from '../lib/clock.ts';
import { complaintAbout } from '../oidc/client-check.ts';
import { createSeal } from '../lib/seal.ts';
import { ending, type OutputOptions, print, withDatabase } from './command.ts';
import { knownSecret } from './guestlist.ts';
import { address, collect, matching } from './option.ts';

type AddOptions = OutputOptions & {
  readonly name?: string;
  readonly redirectUri: readonly string[];
  readonly postLogoutRedirectUri?: readonly string[];
  readonly initiateLoginUri?: string;
  readonly backchannelLogoutUri?: string;
  readonly resource?: readonly string[];
  readonly public?: boolean;
  readonly firstParty?: boolean;
  readonly scope: string;
};

export function addClientCommand(program: Command): void {
  program
    .command('client')
    .description('apps that sign people in')
    .command('add')
    .description('register an app; prints its secret once')
    .argument('<client_id>', 'as the app will send it', matching(clientIdPattern, 'It must have 1 to 100 visible ASCII characters.'))
    .requiredOption('--redirect-uri <uri>', 'where people come back to; may be repeated', collect(address))
    .option('--name <name>', 'shown to people', matching(/^.{1,100}$/u, 'It must have 1 to 100 characters.'))
    .option('--initiate-login-uri <uri>', 'where the app starts a sign-in: invitees are led there', httpAddress)
    .option('--post-logout-redirect-uri <uri>', 'where people go after signing out; may be repeated', collect(address))
    .option('--backchannel-logout-uri <uri>', 'where the app hears of sign-outs', httpAddress)
    .option('--resource <uri>', 'an API it may get tokens for; may be repeated', collect(address))
    .option('--public', 'it cannot keep a secret: a browser or phone app')
    .option('--first-party', 'of your own house: people are not asked for consent')
    .option(
      '--scope <scopes>',
      'what it may ask for',
      matching(/^[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*$/, 'It must be names with single spaces between.'),
      defaultScope,
    )
    .option('--json', 'answer in JSON')
    .action(ending(add));
}

function httpAddress(text: string): string {
  if (!/^https?:\/\//.test(address(text))) throw new InvalidArgumentError('It must start with https:// (or http://).');
  return text;
}

async function add(clientId: string, options: AddOptions, command: Command): Promise<void> {
  await withDatabase(async (context) => {
    const { config, database, clock, random } = context;
    const wish = {
      id: clientId,
      name: options.name ?? clientId,
      redirectUris: options.redirectUri,
      postLogoutRedirectUris: options.postLogoutRedirectUri ?? [],
      initiateLoginUri: options.initiateLoginUri,
      backchannelLogoutUri: options.backchannelLogoutUri,
      resources: options.resource ?? [],
      scope: options.scope,
      firstParty: options.firstParty ?? false,
      isPublic: options.public ?? false,
    };
    refuseUnusable(wish, config.issuer, command);
    const seal = createSeal(await knownSecret(context), random);
    const { clientSecret } = await addClient(database, wish, { clock, random, seal });
    const lines = [
      `The app ${clientId} is registered.`,
      ...(clientSecret ? [`client_secret: ${clientSecret}`, 'It is not shown again.'] : []),
    ];
    print(options, { value: { client_id: clientId, client_secret: clientSecret }, lines });
  });
}

function refuseUnusable({ isPublic, ...wish }: NewClient, issuer: string, command: Command): void {
  const stray = strayScopes(wish);
  if (stray) command.error(`error: --scope has ${stray}, which means nothing here; scopes of an API need its --resource`);
  const secret = isPublic ? undefined : 'a placeholder as long as a secret';
  const complaint = complaintAbout(
    toMetadata({ ...wish, secretSealed: secret === undefined ? undefined : Buffer.from(secret), createdAt: systemClock() }, secret),
    issuer,
  );
  if (complaint) command.error(`error: ${complaint.replace('redirect_uris', '--redirect-uri')}`);
}
