/** `guestlist client preview|lint`: what an app would get for a person, and what would go wrong with it. */
import type { Command } from 'commander';
import { accountWith } from '../account/manage.ts';
import { lintClient } from '../client/lint.ts';
import { sentenceOf } from '../client/mapping-lint.ts';
import { findClient } from '../client/store.ts';
import { Failure } from '../errors.ts';
import { previewFor } from '../server/preview.ts';
import { ending, type OutputOptions, print, withDatabase } from './command.ts';
import { Mistake } from './explain.ts';
import { knownSecret } from './guestlist.ts';
import { address } from './option.ts';

export function addPreviewCommands(client: Command): void {
  client
    .command('preview')
    .description('the tokens that an app would get for a person, before anybody signs in')
    .argument('<client_id>')
    .argument('<email>')
    .option('--scope <scopes>', 'what it asks for; everything it may without it')
    .option('--claims <json>', 'the claims parameter, such as {"id_token":{"groups":null}}')
    .option('--resource <uri>', 'for a JWT access token', address)
    .option('--json', 'answer in JSON')
    .action(ending(preview));
  client
    .command('lint')
    .description('what would go wrong with what an app hears of groups')
    .argument('<client_id>')
    .option('--json', 'answer in JSON')
    .action(ending(lint));
}

type PreviewOptions = OutputOptions & { readonly scope?: string; readonly claims?: string; readonly resource?: string };

async function preview(clientId: string, email: string, { scope, claims, resource, ...output }: PreviewOptions): Promise<void> {
  await withDatabase(async (context) => {
    const { config, database, clock, random } = context;
    const { id: accountId } = await accountWith(database, email);
    const tools = { database, clock, random, issuer: config.issuer, secret: await knownSecret(context) };
    const shown = await previewFor(tools, {
      clientId,
      accountId,
      scope,
      claims: claims === undefined ? undefined : readClaims(claims),
      resource,
    });
    const part = (title: string, value: unknown) => (value === undefined ? [] : [`${title}:`, JSON.stringify(value, null, 2), '']);
    const lines = [
      ...part('ID token', shown.idToken?.payload),
      ...part('UserInfo', shown.userinfo),
      ...part(
        'Access token',
        shown.accessToken?.payload ?? (shown.accessToken === undefined && resource === undefined ? 'opaque' : undefined),
      ),
      ...part('Introspection', shown.introspection),
    ];
    print(output, { value: shown, lines });
  });
}

function readClaims(text: string): Readonly<Record<string, object>> {
  try {
    const claims: unknown = JSON.parse(text);
    if (
      typeof claims === 'object' &&
      claims !== null &&
      Object.values(claims).every((member) => typeof member === 'object' && member !== null)
    )
      return claims as Readonly<Record<string, object>>;
  } catch {
    // Told below.
  }
  throw new Mistake(`option '--claims <json>' must be JSON such as {"id_token":{"groups":null}}`);
}

async function lint(clientId: string, options: OutputOptions): Promise<void> {
  await withDatabase(async ({ database, clock }) => {
    const client = await findClient(database, clientId);
    if (!client) throw new Failure('client_not_found', { clientId });
    const findings = (await lintClient(database, client, clock())).map((finding) => ({ ...finding, text: sentenceOf(finding) }));
    const lines = findings.map(({ level, text }) => `${level}: ${text}`);
    print(options, { value: findings, lines: lines.length > 0 ? lines : ['Nothing to say against it.'] });
  });
}
