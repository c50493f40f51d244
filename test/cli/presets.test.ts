/** `client add --preset`: from one command to what is written into the app. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Preset, presets } from '../../src/client/presets.ts';
import { databaseUrlOf } from '../support/command.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startTestServer } from '../support/server.ts';
import { commandLine, settingsFor } from './guestlist.ts';

// Each command is a process, which takes a second of a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const issuer = 'https://id.example.org/guests';
const all: readonly (readonly [string, Preset])[] = presets.map((preset) => [preset.id, preset]);
let testDatabase: TestDatabase;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase?.drop());

const { guestlist, lines, json } = commandLine(() => ({
  DATABASE_URL: databaseUrlOf(testDatabase.connection),
  GUESTLIST_SECRET: 'a secret for tests, 32 characters or more',
  ISSUER: issuer,
}));

it('client presets lists every app, with the page that documents it', async () => {
  expect(await lines('client', 'presets')).toEqual(presets.map(({ id, name }) => `${id}  ${name}`));
  expect(await json('client', 'presets')).toEqual(presets.map(({ id, name, source }) => ({ id, name, source })));
});

it('an app is registered by its name and its address, and the rest is printed for its configuration', async () => {
  const printed = await lines('client', 'add', 'grafana', '--preset', 'grafana', '--base-url', 'https://grafana.example.org');
  expect(printed.slice(0, 6)).toEqual([
    'The app grafana is registered.',
    expect.stringMatching(/^client_secret: \S{40,}$/),
    'It is not shown again.',
    '',
    'grafana.ini:',
    '[server]',
  ]);
  expect(printed).toEqual(
    expect.arrayContaining([
      'root_url = https://grafana.example.org',
      'client_id = grafana',
      'client_secret = CLIENT_SECRET',
      `auth_url = ${issuer}/auth`,
    ]),
  );
});

it('what was said besides goes before the preset', async () => {
  const options = ['--name', 'Pictures', '--first-party', '--redirect-uri', 'https://elsewhere.example.org/back'];
  await lines('client', 'add', 'said', '--preset', 'grafana', '--base-url', 'https://said.example.org', ...options);
  expect(await json('client', 'show', 'said')).toMatchObject({
    ...{ name: 'Pictures', firstParty: true, preset: 'grafana' },
    redirectUris: ['https://elsewhere.example.org/back'],
    postLogoutRedirectUris: ['https://said.example.org/login'],
  });
});

describe.each(all)('%s', (id, preset) => {
  it('what is printed names issuer and client, never the secret, and is shown again as it was', async () => {
    const clientId = `the-${id}`;
    const { client_secret: secret, snippet } = await json(
      'client',
      'add',
      clientId,
      '--preset',
      id,
      '--base-url',
      'https://example.org/app/',
    );
    expect(secret === undefined).toBe(preset.client.authMethod === 'none');
    expect(snippet.text).toContain(issuer);
    expect(snippet.text).toContain(clientId);
    if (secret !== undefined) expect(snippet.text).not.toContain(secret);
    const shown = await json('client', 'show', clientId);
    expect(shown.snippet).toEqual(snippet);
    expect(JSON.stringify(shown)).not.toContain(secret ?? 'client_secret');
    expect(shown).toMatchObject({ preset: id, name: preset.name, firstParty: false, authMethod: preset.client.authMethod });
  });
});

describe('mistakes', () => {
  it.each([
    ['of an app that is not known', ['--preset', 'grafna', '--base-url', 'https://example.org'], '--preset'],
    ['without the address of the app', ['--preset', 'grafana'], '--base-url'],
    ['with what is no address', ['--preset', 'grafana', '--base-url', 'example.org'], '--base-url'],
  ])('%s end with 2, name the option, and register nothing', async (_kind, options, name) => {
    const { exitCode, stdout, stderr } = await guestlist('client', 'add', 'mistaken', ...options);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(name);
    expect((await guestlist('client', 'show', 'mistaken')).exitCode).toBe(1);
  });
});

it('a server elsewhere fills them in and prints the same, with its own address', async () => {
  const server = await startTestServer();
  try {
    const settings = await settingsFor('against a server', server);
    const elsewhere = commandLine(() => settings);
    expect(await elsewhere.lines('client', 'presets')).toEqual(presets.map(({ id, name }) => `${id}  ${name}`));
    const printed = await elsewhere.lines('client', 'add', 'grafana', '--preset', 'grafana', '--base-url', 'https://grafana.example.org');
    expect(printed).toEqual(expect.arrayContaining(['client_id = grafana', `auth_url = ${server.issuer}/auth`]));
    expect((await elsewhere.json('client', 'show', 'grafana')).snippet.text).toBe(printed.slice(5).join('\n'));
    const wrong = await elsewhere.guestlist('client', 'add', 'wrong', '--preset', 'grafna', '--base-url', 'https://example.org');
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/'--preset <app>' must be one of .*grafana/) });
  } finally {
    await server.close();
  }
});

it('what a preset says can be taken away as it is registered', async () => {
  await lines('client', 'add', 'bare', '--preset', 'grafana', '--base-url', 'https://bare.example.org', '--start-url', 'none');
  expect(await json('client', 'show', 'bare')).not.toHaveProperty('startUrl');
});
