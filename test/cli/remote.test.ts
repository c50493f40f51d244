/** A command against a server: what it refuses is told in the same words, and what is in between has words of its own. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTokenSource, remoteSettings } from '../../src/cli/remote.ts';
import { addSeconds } from '../../src/lib/clock.ts';
import { createPersonsProgram } from '../admin/calling.ts';
import type { CommandEnd } from '../support/command.ts';
import { becomeMember } from '../support/people.ts';
import { freePort } from '../support/process.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { commandLine, settingsBeside, settingsFor } from './guestlist.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

type Settings = Readonly<Record<string, string>>;

let server: TestServer;
let elsewhere: Settings;

beforeAll(async () => {
  server = await startTestServer();
  elsewhere = await settingsFor('against a server', server);
  await server.addGroup('choir');
  await server.guestlist.addRight({ name: 'plan:read' });
  await server.addClient({ id: 'wiki', redirectUris: ['https://wiki.example.org/'] });
  await server.addClient({ id: 'phone', redirectUris: ['org.example.phone:/cb'], authMethod: 'none' });
});
afterAll(() => server.close());

const run = (settings: Settings, ...args: string[]): Promise<CommandEnd> => commandLine(() => settings).guestlist(...args);

type Call = readonly [exitCode: number, told: RegExp, args: readonly string[]];

const refused: readonly Call[] = [
  [2, /option '--name' must not be empty/, ['group', 'add', 'new', '--name', '']],
  [2, /option '--name' must have \d+ characters or fewer/, ['group', 'add', 'new', '--name', 'a'.repeat(300)]],
  [2, /option '--name' must .* control characters/, ['group', 'add', 'new', '--name', 'a\u0007']],
  [2, /option '--domain' must have 50 items or fewer/, ['group', 'policy', 'choir', ...Array(51).fill(['--domain', 'example.org']).flat()]],
  [2, /option '--description' must have 500 characters or fewer/, ['right', 'add', 'x:y', '--description', 'a'.repeat(600)]],
  [2, /it authenticates without a secret/, ['client', 'rotate-secret', 'phone']],
  [2, /--redirect-uri/, ['client', 'change', 'wiki', '--redirect-uri', `https://wiki.example.org/${'a'.repeat(3_000)}`]],
  [2, /option '--claims <json>'/, ['client', 'preview', 'wiki', 'ada@example.org', '--claims', '1']],
  [1, /There is no app nothing/, ['client', 'show', 'nothing']],
  [1, /There is an app wiki already/, ['client', 'add', 'wiki', '--redirect-uri', 'https://a.example/']],
  [1, /There is no group nobody, or it is archived/, ['group', 'change', 'nobody', '--sensitive']],
  [1, /There is a right plan:read already/, ['right', 'add', 'plan:read']],
  [1, /There is no account with the address nobody@example\.org/, ['account', 'show', 'nobody@example.org']],
  [1, /There is no account with the address nonsense/, ['account', 'delete', 'nonsense', '--yes']],
  [1, /There is no account with the address/, ['grant', 'a'.repeat(300), '--group', 'choir']],
];

describe('the same words as on the database', () => {
  it.each(refused)('exit code %i, and %s', async (exitCode, told, args) => {
    const here = await run(settingsBeside(server), ...args);
    expect(here).toEqual({ exitCode, stdout: '', stderr: expect.stringMatching(told) });
    expect(await run(elsewhere, ...args)).toEqual(here);
  });
});

describe('who calls', () => {
  it.each<[string, Settings, number, RegExp]>([
    ['no token', { GUESTLIST_CLIENT_SECRET: '' }, 2, /^error: GUESTLIST_TOKEN, or GUESTLIST_CLIENT_ID and .* must be set/],
    ['a wrong secret', { GUESTLIST_CLIENT_SECRET: 'wrong' }, 1, /^The server does not take that token, or these credentials/],
    ['no such app', { GUESTLIST_CLIENT_ID: 'nobody' }, 1, /^The server does not take that token, or these credentials/],
    ['an app for people', { GUESTLIST_CLIENT_ID: 'phone' }, 1, /^The server does not take that token, or these credentials/],
    ['a wrong token', { GUESTLIST_TOKEN: 'wrong' }, 1, /^The server does not take that token/],
    ['a token over an open line', { GUESTLIST_URL: 'http://id.example.org' }, 2, /^error: GUESTLIST_URL must start with https:/],
    ['no address', { GUESTLIST_URL: 'id.example.org' }, 2, /^error: GUESTLIST_URL must be the issuer/],
  ])('with %s is told so', async (_what, wrong, exitCode, told) => {
    const end = await run({ ...elsewhere, ...wrong }, 'group', 'list');
    expect(end).toMatchObject({ exitCode, stdout: '' });
    expect(end.stderr).toMatch(told);
    expect(end.stderr.trimEnd()).not.toContain('\n');
  });

  it('an app may what its scopes say; nobody does it in somebody else’s name', async () => {
    const few = await settingsFor('against a server', server, 'groups:read');
    expect(await run(few, 'group', 'list')).toMatchObject({ exitCode: 0 });
    expect(await run(few, 'right', 'add', 'x:y')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'The token is not good for that: it needs the scope groups:write.\n',
    });
    const asAda = ['account', 'revoke-invitations', 'ada@example.org', '--as', 'ada@example.org'];
    expect(await run(elsewhere, ...asAda)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/'--as' is for a command on the database/),
    });
  });

  it('a command that lasts longer than a token gets another one', async () => {
    const remote = remoteSettings(elsewhere);
    if (!remote) throw new Error('it is not against a server');
    let now = new Date('2030-01-01T00:00:00Z');
    const token = createTokenSource(remote, () => now);
    const [first, same] = await Promise.all([token(), token()]);
    expect(same).toBe(first);
    now = addSeconds(now, 7 * 60);
    expect(await token()).toBe(first);
    now = addSeconds(now, 2 * 60);
    const second = await token();
    expect(second).not.toBe(first);
    expect(await token()).toBe(second);
  });

  it('a manager sees their groups, and no more', async () => {
    await server.addGroup('board');
    const manager = await becomeMember(server, { group: 'choir', email: 'manager@example.org' });
    await server.guestlist.grant(manager.accountId, { groups: ['choir:manager'] });
    const { token } = await createPersonsProgram(server, manager.browser);
    const theirs = { GUESTLIST_URL: server.issuer, GUESTLIST_TOKEN: token, DATABASE_URL: 'postgres://nobody@127.0.0.1:9/nothing' };
    expect((await run(theirs, 'group', 'list')).stdout).toMatch(/^choir /);
    expect((await run(theirs, 'group', 'list')).stdout).not.toContain('board');
    expect(await run(theirs, 'group', 'policy', 'board')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^There is no group board/),
    });
    expect(await run(theirs, 'account', 'list')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^This account may not do that/),
    });
  });
});

describe('in between', () => {
  it('nobody answers', async () => {
    const gone = { GUESTLIST_URL: `http://localhost:${await freePort()}` };
    for (const settings of [
      { ...elsewhere, ...gone },
      { ...elsewhere, ...gone, GUESTLIST_TOKEN: 'x' },
    ])
      expect(await run(settings, 'group', 'list')).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/^The server that GUESTLIST_URL names cannot be reached: .+\n$/),
      });
  });

  it('another server answers, or a newer one with a code of its own', async () => {
    const answers: Readonly<Record<string, readonly [status: number, type: string, body: string]>> = {
      '/site': [404, 'text/html', '<h1>Not found</h1>'],
      '/newer': [409, 'application/problem+json', '{"code":"moon_too_full","title":"Conflict","status":409}'],
    };
    const stranger = createServer((request, response) => {
      const [status, type, body] = answers[/^\/\w+/.exec(request.url ?? '')?.[0] ?? ''] ?? [500, 'text/plain', ''];
      response.writeHead(status, { 'content-type': type }).end(body);
    });
    await new Promise<void>((resolve) => stranger.listen(0, 'localhost', resolve));
    const origin = `http://localhost:${(stranger.address() as AddressInfo).port}`;
    const at = (path: string, token = 'x') =>
      run({ ...elsewhere, GUESTLIST_URL: `${origin}${path}`, GUESTLIST_TOKEN: token }, 'group', 'list');
    try {
      expect((await at('/site')).stderr).toBe('What answers at GUESTLIST_URL is not the admin API, or cannot reach it (404).\n');
      expect(await at('/site', '')).toMatchObject({
        exitCode: 2,
        stderr: expect.stringMatching(/^error: GUESTLIST_URL must be the issuer/),
      });
      expect((await at('/newer')).stderr).toBe('The server refuses it: moon_too_full (409, Conflict)\n');
    } finally {
      stranger.close();
    }
  });
});
