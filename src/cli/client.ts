/** `guestlist client add|change|show|list|remove|rotate-secret|presets`: relying apps. A secret is printed once. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Client as Api, Output } from '../admin/http-client.ts';
import { presets } from '../client/presets.ts';
import { withCalls } from './calls.ts';
import { addLogoutsCommand } from './client-logouts.ts';
import { addClientOptions, type ClientOptions, clientId, wishOf } from './client-options.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { Mistake } from './explain.ts';
import { lengthOfTime } from './option.ts';
import { addPreviewCommands } from './preview.ts';
import { addRegistrationCommands } from './registration.ts';
import { remoteSettings } from './remote.ts';
import { visible } from './visible.ts';
import { defined, withoutNulls } from './wish.ts';

export function addClientCommand(program: Command): void {
  const client = program.command('client').description('apps that sign people in');
  addClientOptions(
    client
      .command('add')
      .description('register an app; prints its secret once')
      .argument('<client_id>', 'as the app will send it', clientId),
  )
    .option('--preset <app>', 'fill all of it in for a known app, see client presets; needs --base-url')
    .option('--base-url <url>', 'where that app lives')
    .addHelpText(
      'after',
      examples(
        'client add wiki --redirect-uri https://wiki.example.org/callback --required-group choir',
        'client add grafana --preset grafana --base-url https://grafana.example.org',
        "client add automation --service --scope 'invitations:write groups:read'",
      ),
    )
    .action(ending(add));
  addClientOptions(client.command('change').description('change an app; every server hears of it at once').argument('<client_id>'))
    .addHelpText('after', examples('client change wiki --required-group none --access-token-lasts 30m'))
    .action(ending(change));
  client
    .command('show')
    .description('show one')
    .argument('<client_id>')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('client show wiki'))
    .action(ending(show));
  client
    .command('list')
    .description('show all')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('client list'))
    .action(ending(list));
  client
    .command('remove')
    .description('let nobody get there any more')
    .argument('<client_id>')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('client remove wiki'))
    .action(ending(remove));
  client
    .command('rotate-secret')
    .description('another secret; those before go on for a while')
    .argument('<client_id>')
    .option('--overlap <7d>', 'how long those before go on; 7d without it', lengthOfTime({ mostYears: 1 }))
    .option('--now', 'those before end at once')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('client rotate-secret wiki --overlap 2d', 'client rotate-secret wiki --now'))
    .action(ending(rotate));
  addPreviewCommands(client);
  addLogoutsCommand(client);
  addRegistrationCommands(client);
  client
    .command('presets')
    .description('known apps')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('client presets'))
    .action(ending(listPresets));
}

type AddOptions = OutputOptions & ClientOptions & { readonly preset?: string; readonly baseUrl?: string };

async function add(id: string, { preset, baseUrl, ...options }: AddOptions, command: Command): Promise<void> {
  const wish = wishOf(options, readFileSync);
  if (preset === undefined && !options.service && !wish.redirectUris)
    command.error("error: required option '--redirect-uri <uri>' not specified");
  await withCalls(async ({ api }) => {
    if (preset !== undefined) await refuseUnknown(api, preset);
    const { clientSecret, snippet } = await api.createClient({ body: defined({ ...wish, id, preset, baseUrl }) as { id: string } });
    const lines = [`The app ${id} is registered.`, ...secretLines(clientSecret), ...snippetLines(snippet)];
    print(options, { value: defined({ client_id: id, client_secret: clientSecret, snippet }), lines });
  });
}

async function refuseUnknown(api: Api, preset: string): Promise<void> {
  const { items } = await api.listClientPresets();
  if (!items.some((known) => known.id === preset))
    throw new Mistake(`option '--preset <app>' must be one of ${items.map((known) => known.id).join(', ')}`);
}

function secretLines(secret: string | undefined): string[] {
  return secret === undefined ? [] : [`client_secret: ${secret}`, 'It is not shown again.'];
}

function snippetLines(snippet: Output<'getClient'>['snippet']): string[] {
  return snippet ? ['', `${snippet.place}:`, snippet.text] : [];
}

async function change(id: string, options: OutputOptions & ClientOptions, command: Command): Promise<void> {
  const wish = wishOf(options, readFileSync);
  if (Object.keys(wish).length === 0) command.error('error: say what to change, with one of the options of client add');
  await withCalls(async ({ api }) => {
    const { client, clientSecret } = await api.changeClient({ params: { clientId: id }, body: wish });
    const value = defined({ ...withoutNulls(client), client_secret: clientSecret });
    print(options, { value, lines: [...describe(client), ...secretLines(clientSecret)] });
  });
}

async function show(id: string, options: OutputOptions): Promise<void> {
  const params = { clientId: id };
  await withCalls(async ({ api }) => {
    const [{ snippet, ...client }, { items }] = [await api.getClient({ params }), await api.listClientSecrets({ params })];
    const lines = [
      ...describe(client),
      ...items.map(({ createdAt, endsAt }) => `  a secret of ${createdAt}${endsAt === null ? '' : `, until ${endsAt}`}`),
      ...snippetLines(snippet),
    ];
    const secrets = items.map(({ createdAt, endsAt }) => withoutNulls({ createdAt, endsAt }));
    print(options, { value: defined({ ...withoutNulls(client), secrets, snippet }), lines });
  });
}

type Client = Output<'listClients'>['items'][number];

function describe(client: Client): string[] {
  const { id, name, authMethod, redirectUris, scope, requiredGroup, withoutPkce, pairwise, firstParty, mappings, signingAlg } = client;
  return [
    `${id}  ${visible(name)}${firstParty ? '  (first party)' : ''}`,
    `  signs in with ${authMethod}, tokens signed with ${signingAlg}${pairwise ? ', pairwise subjects' : ''}`,
    ...(withoutPkce === null ? [] : [`  WITHOUT PKCE: ${withoutPkce}`]),
    ...redirectUris.map((uri) => `  comes back to ${visible(uri)}`),
    ...(requiredGroup === null ? [] : [`  only for ${requiredGroup}`]),
    ...(client.registeredBy === null ? [] : [`  registered itself with the token ${client.registeredBy}`]),
    `  may ask for ${scope}`,
    ...(mappings ?? []).map((mapping) => `  hears ${mapping['name']} (${mapping['source']}, ${mapping['format']}) in ${placesOf(mapping)}`),
  ];
}

function placesOf({ where }: Readonly<Record<string, unknown>>): string {
  return Array.isArray(where) ? where.join(', ') : '';
}

async function list(options: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const { items: clients } = await api.listClients();
    const lines = clients.map(({ id, name, authMethod, requiredGroup, registeredBy }) =>
      `${id}  ${visible(name)}  ${authMethod}  ${registeredBy === null ? '' : 'registered itself  '}${requiredGroup ?? ''}`.trimEnd(),
    );
    print(options, { value: clients.map(withoutNulls), lines: lines.length > 0 ? lines : ['There is no app yet.'] });
  });
}

async function remove(id: string, options: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    await api.removeClient({ params: { clientId: id } });
    print(options, { value: { client_id: id, removed: true }, lines: [`The app ${id} is gone.`] });
  });
}

type RotateOptions = OutputOptions & { readonly overlap?: number; readonly now?: true };

async function rotate(id: string, { overlap, now, ...output }: RotateOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const body = defined({ overlapSeconds: now ? 0 : overlap });
    const { clientSecret, othersEndAt } = await api.rotateClientSecret({ params: { clientId: id }, body });
    const lines = [...secretLines(clientSecret), now ? 'Those before opened their last door.' : `Those before end at ${othersEndAt}.`];
    print(output, { value: { client_id: id, client_secret: clientSecret, othersEndAt }, lines });
  });
}

/** Ours are known without a database. */
async function listPresets(options: OutputOptions): Promise<void> {
  const ours = presets.map(({ id, name, source }) => ({ id, name, source }));
  const value = remoteSettings(process.env) ? await withCalls(async ({ api }) => (await api.listClientPresets()).items) : ours;
  print(options, { value, lines: value.map(({ id, name }) => `${id}  ${name}`) });
}
