/** `guestlist client add|change|show|list|remove|secret`: relying apps. A secret is printed once. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Client } from '../client/client.ts';
import { addClient, changeClient, type ClientChange, type ClientTools, removeClient, rotateSecret } from '../client/manage.ts';
import { presetClient } from '../client/preset-client.ts';
import { findPreset, needsBaseUrl, presets, snippetOf } from '../client/presets.ts';
import { listSecrets } from '../client/secret-store.ts';
import { findClient, listClients } from '../client/store.ts';
import { Failure } from '../errors.ts';
import { createSeal } from '../lib/seal.ts';
import { createComplaintAbout } from '../oidc/clients.ts';
import { addLogoutsCommand } from './client-logouts.ts';
import { addClientOptions, type ClientOptions, clientId, wishOf } from './client-options.ts';
import { addPreviewCommands } from './preview.ts';
import { type CommandContext, ending, type OutputOptions, print, withDatabase } from './command.ts';
import { Mistake } from './explain.ts';
import { knownSecret } from './guestlist.ts';
import { lengthOfTime } from './option.ts';
import { addRegistrationCommands } from './registration.ts';
import { visible } from './visible.ts';
import { defined } from './wish.ts';

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
    .action(ending(add));
  addClientOptions(client.command('change').description('change an app; every server hears of it at once').argument('<client_id>')).action(
    ending(change),
  );
  client.command('show').description('show one').argument('<client_id>').option('--json', 'answer in JSON').action(ending(show));
  client.command('list').description('show all').option('--json', 'answer in JSON').action(ending(list));
  client
    .command('remove')
    .description('let nobody get there any more')
    .argument('<client_id>')
    .option('--json', 'answer in JSON')
    .action(ending(remove));
  client
    .command('rotate-secret')
    .description('another secret; those before go on for a while')
    .argument('<client_id>')
    .option('--overlap <7d>', 'how long those before go on; 7d without it', lengthOfTime({ mostYears: 1 }))
    .option('--now', 'those before end at once')
    .option('--json', 'answer in JSON')
    .action(ending(rotate));
  addPreviewCommands(client);
  addLogoutsCommand(client);
  addRegistrationCommands(client);
  client.command('presets').description('known apps').option('--json', 'answer in JSON').action(ending(listPresets));
}

export async function withClients<Result>(
  work: (context: CommandContext & { readonly tools: ClientTools }) => Promise<Result>,
): Promise<Result> {
  return withDatabase(async (context) => {
    const { config, clock, random } = context;
    const seal = createSeal(await knownSecret(context), random);
    return work({ ...context, tools: { clock, random, seal, actor: 'operator', complaintAbout: createComplaintAbout(config.issuer) } });
  });
}

type AddOptions = OutputOptions & ClientOptions & { readonly preset?: string; readonly baseUrl?: string };

async function add(id: string, { preset: presetId, baseUrl, ...options }: AddOptions, command: Command): Promise<void> {
  const ofPreset = presetId === undefined ? {} : presetWish(presetId, baseUrl ?? '');
  const wish = { ...ofPreset, ...wishOf(options, readFileSync) };
  const { redirectUris } = wish;
  if (!redirectUris) command.error("error: required option '--redirect-uri <uri>' not specified");
  await withClients(async ({ config, database, tools }) => {
    const { clientSecret } = await addClient(database, { ...wish, id, redirectUris: redirectUris ?? [] }, tools);
    const snippet =
      presetId === undefined ? undefined : snippetFor(presetId, { issuer: config.issuer, clientId: id, baseUrl: baseUrl ?? '' });
    const lines = [
      `The app ${id} is registered.`,
      ...(clientSecret ? [`client_secret: ${clientSecret}`, 'It is not shown again.'] : []),
      ...(snippet ? ['', `${snippet.place}:`, snippet.text] : []),
    ];
    print(options, { value: defined({ client_id: id, client_secret: clientSecret, snippet }), lines });
  });
}

function presetOf(id: string) {
  const preset = findPreset(id);
  if (!preset) throw new Mistake(`option '--preset <app>' must be one of ${presets.map((known) => known.id).join(', ')}`);
  return preset;
}

function presetWish(id: string, baseUrl: string): ClientChange {
  const preset = presetOf(id);
  const wish = presetClient(preset, baseUrl);
  if (wish) return wish;
  const example = needsBaseUrl(preset) ? ', such as https://app.example.org' : '';
  throw new Mistake(`option '--base-url <url>' must be the address of ${preset.name}${example}`);
}

function snippetFor(id: string, values: { readonly issuer: string; readonly clientId: string; readonly baseUrl: string }) {
  return snippetOf(presetOf(id), values);
}

async function change(id: string, options: OutputOptions & ClientOptions, command: Command): Promise<void> {
  const wish = wishOf(options, readFileSync);
  if (Object.keys(wish).length === 0) command.error('error: say what to change, with one of the options of client add');
  await withClients(async ({ database, tools }) => {
    const { client, clientSecret } = await changeClient(database, id, { ...tools, change: wish });
    const lines = [...describe(client), ...(clientSecret ? [`client_secret: ${clientSecret}`, 'It is not shown again.'] : [])];
    print(options, { value: defined({ ...client, client_secret: clientSecret }), lines });
  });
}

async function known(database: CommandContext['database'], id: string): Promise<Client> {
  const client = await findClient(database, id);
  if (!client) throw new Failure('client_not_found', { clientId: id });
  return client;
}

async function show(id: string, options: OutputOptions): Promise<void> {
  await withDatabase(async ({ database, clock, config }) => {
    const client = await known(database, id);
    const secrets = (await listSecrets(database, id, clock())).map(({ createdAt, endsAt }) => ({ createdAt, endsAt }));
    const snippet = client.preset ? snippetFor(client.preset, { issuer: config.issuer, clientId: id, baseUrl: baseOf(client) }) : undefined;
    const lines = [
      ...describe(client),
      ...secrets.map(
        ({ createdAt, endsAt }) => `  a secret of ${createdAt.toISOString()}${endsAt ? `, until ${endsAt.toISOString()}` : ''}`,
      ),
      ...(snippet ? ['', `${snippet.place}:`, snippet.text] : []),
    ];
    print(options, { value: defined({ ...client, secrets, snippet }), lines });
  });
}

/** As it was when the preset filled it in, by the address that people come back to. */
function baseOf({ redirectUris: [first = ''], startUrl }: Client): string {
  return startUrl ?? URL.parse(first)?.origin ?? '';
}

function describe(client: Client): string[] {
  const { id, name, authMethod, redirectUris, scope, requiredGroup, withoutPkce, pairwise, firstParty, mappings, signingAlg } = client;
  return [
    `${id}  ${visible(name)}${firstParty ? '  (first party)' : ''}`,
    `  signs in with ${authMethod}, tokens signed with ${signingAlg}${pairwise ? ', pairwise subjects' : ''}`,
    ...(withoutPkce === undefined ? [] : [`  WITHOUT PKCE: ${withoutPkce}`]),
    ...redirectUris.map((uri) => `  comes back to ${visible(uri)}`),
    ...(requiredGroup === undefined ? [] : [`  only for ${requiredGroup}`]),
    ...(client.registeredBy === undefined ? [] : [`  registered itself with the token ${client.registeredBy}`]),
    `  may ask for ${scope}`,
    ...(mappings ?? []).map((mapping) => `  hears ${mapping.name} (${mapping.source}, ${mapping.format}) in ${mapping.where.join(', ')}`),
  ];
}

async function list(options: OutputOptions): Promise<void> {
  await withDatabase(async ({ database }) => {
    const clients = await listClients(database);
    const lines = clients.map(({ id, name, authMethod, requiredGroup, registeredBy }) =>
      `${id}  ${visible(name)}  ${authMethod}  ${registeredBy ? 'registered itself  ' : ''}${requiredGroup ?? ''}`.trimEnd(),
    );
    print(options, { value: clients, lines: lines.length > 0 ? lines : ['There is no app yet.'] });
  });
}

async function remove(id: string, options: OutputOptions): Promise<void> {
  await withClients(async ({ database, tools }) => {
    await removeClient(database, id, tools);
    print(options, { value: { client_id: id, removed: true }, lines: [`The app ${id} is gone.`] });
  });
}

type RotateOptions = OutputOptions & { readonly overlap?: number; readonly now?: true };

async function rotate(id: string, { overlap, now, ...output }: RotateOptions): Promise<void> {
  await withClients(async ({ database, tools }) => {
    const { clientSecret, othersEndAt } = await rotateSecret(database, id, { ...tools, overlapSeconds: now ? 0 : overlap });
    const lines = [
      `client_secret: ${clientSecret}`,
      'It is not shown again.',
      now ? 'Those before opened their last door.' : `Those before end at ${othersEndAt.toISOString()}.`,
    ];
    print(output, { value: { client_id: id, client_secret: clientSecret, othersEndAt }, lines });
  });
}

async function listPresets(options: OutputOptions): Promise<void> {
  const value = presets.map(({ id, name, source }) => ({ id, name, source }));
  print(options, { value, lines: value.map(({ id, name }) => `${id}  ${name}`) });
}
