/** `guestlist client registration-token`, beside a server that takes it. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import { registeringAt, redirect_uris } from '../oidc/registering.ts';
import { commandLine, settingsBeside, settingsFor, ways } from './guestlist.ts';

vi.setConfig({ testTimeout: 60_000 });

let server: TestServer;
let settings: Readonly<Record<string, string>>;
let taken = 'token';
const { guestlist, lines, json } = commandLine(() => ({ ...settings, CLIENT_REGISTRATION: taken }));
const beside = commandLine(() => settingsBeside(server));

describe.each(ways)('%s', (way) => {
  beforeAll(async () => {
    server = await startTestServer({ clientRegistration: 'token' });
    settings = await settingsFor(way, server);
    taken = 'token';
  });
  afterAll(() => server?.close());

  it('makes a token, prints it once, and marks the app that registers with it', async () => {
    expect(await lines('client', 'registration-tokens')).toEqual(['There is no token that is good.']);
    const made = await json('client', 'registration-token', '--lasts', '1h', '--uses', '2');
    expect(made).toEqual({
      id: expect.any(String),
      initial_access_token: expect.stringMatching(/^[\w-]{43}$/),
      uses: 2,
      endsAt: expect.any(String),
    });
    expect(Date.parse(made.endsAt) - Date.now()).toBeGreaterThan(3_500_000);

    const { status, body } = await registeringAt(server).register(made.initial_access_token, { redirect_uris, client_name: 'Shop' });
    expect(status).toBe(201);
    const [listed, ...others] = await lines('client', 'registration-tokens');
    expect(others).toEqual([]);
    expect(listed).toMatch(new RegExp(`^${made.id}  1 of 2 apps left  made \\S+Z  until \\S+Z$`));
    expect(listed).not.toContain(made.initial_access_token);
    expect(await lines('client', 'show', String(body['client_id']))).toContain(`  registered itself with the token ${made.id}`);
    expect(await lines('client', 'list')).toContain(`${body['client_id']}  Shop  client_secret_basic  registered itself`);

    expect(await lines('client', 'revoke-registration-token', made.id)).toEqual(['Nobody can register with it any more.']);
    expect((await registeringAt(server).register(made.initial_access_token, { redirect_uris })).status).toBe(401);
    expect(await guestlist('client', 'revoke-registration-token', made.id)).toMatchObject({
      exitCode: 2,
      stderr: `error: there is no token ${made.id} that is good\n`,
    });
    const actions = (await beside.json('audit', 'list', '--subject', made.id)).map(({ action }: { action: string }) => action);
    expect(actions.toSorted()).toEqual(['registration_token.created', 'registration_token.revoked']);
  });

  it('is for one app and seven days, unless told otherwise, and says when no server takes it', async () => {
    const made = await lines('client', 'registration-token');
    expect(made).toEqual([
      expect.stringMatching(/^initial access token: [\w-]{43}$/),
      'It is not shown again.',
      expect.stringMatching(/^For one app, until \S+Z\. Id: \S+$/),
    ]);
    const until = Date.parse(/until (\S+)\./.exec(made[2] ?? '')?.[1] ?? '');
    expect(Math.abs(until - Date.now() - 7 * 86_400_000)).toBeLessThan(60_000);
    taken = 'off';
    const told = await lines('client', 'registration-token');
    expect(told.includes('No server takes it before CLIENT_REGISTRATION is set to token.')).toBe(way === 'on the database');
    expect(await guestlist('client', 'revoke-registration-token', 'no-id')).toMatchObject({
      exitCode: 2,
      stderr: 'error: there is no token no-id that is good\n',
    });
    for (const args of [
      ['--uses', '0'],
      ['--uses', '1001'],
      ['--lasts', '2y'],
      ['--lasts', '500d'],
    ])
      expect((await guestlist('client', 'registration-token', ...args)).exitCode).toBe(2);
  });
});
