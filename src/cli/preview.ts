/** `guestlist client preview|lint`: what an app would get for a person, and what would go wrong with it. */
import type { Command } from 'commander';
import { withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { Mistake } from './explain.ts';
import { address } from './option.ts';
import { defined, withoutNulls } from './wish.ts';

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
    .addHelpText('after', examples('client preview wiki ada@example.org'))
    .action(ending(preview));
  client
    .command('lint')
    .description('what would go wrong with what an app hears of groups')
    .argument('<client_id>')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('client lint wiki'))
    .action(ending(lint));
}

type PreviewOptions = OutputOptions & { readonly scope?: string; readonly claims?: string; readonly resource?: string };

async function preview(clientId: string, email: string, { scope, claims, resource, ...output }: PreviewOptions): Promise<void> {
  const asked = defined({ scope, claims: claims === undefined ? undefined : readClaims(claims), resource });
  await withCalls(async ({ api, accountIdOf }) => {
    const accountId = await accountIdOf(email);
    const shown = await api.previewClient({ params: { clientId }, body: { ...asked, accountId } });
    const { idToken, userinfo, accessToken, introspection } = shown;
    const part = (title: string, value: unknown) =>
      value === undefined || value === null ? [] : [`${title}:`, JSON.stringify(value, null, 2), ''];
    const lines = [
      ...part('ID token', idToken?.payload),
      ...part('UserInfo', userinfo),
      ...part('Access token', accessToken?.payload ?? (resource === undefined ? 'opaque' : undefined)),
      ...part('Introspection', introspection),
    ];
    print(output, { value: withoutNulls(shown), lines });
  });
}

function readClaims(text: string): Record<string, Record<string, unknown>> {
  try {
    const claims: unknown = JSON.parse(text);
    if (
      typeof claims === 'object' &&
      claims !== null &&
      Object.values(claims).every((member) => typeof member === 'object' && member !== null)
    )
      return claims as Record<string, Record<string, unknown>>;
  } catch {
    // Told below.
  }
  throw new Mistake(`option '--claims <json>' must be JSON such as {"id_token":{"groups":null}}`);
}

async function lint(clientId: string, options: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const { items } = await api.lintClient({ params: { clientId } });
    const lines = items.map(({ level, text }) => `${level}: ${text}`);
    print(options, { value: items, lines: lines.length > 0 ? lines : ['Nothing to say against it.'] });
  });
}
