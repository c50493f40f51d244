/** Starting and stopping the real server on a data folder, as on somebody's own machine. */
import { createServer } from 'node:http';
import { afterEach, expect, it, vi } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { join } from '../support/people.ts';
import { cleanUp, freePort, launchServer, newDataDir, processesOn, type ServerProcess, startServerProcess } from '../support/process.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });
afterEach(cleanUp);

type Place = { readonly DATA_DIR: string; readonly PORT: string };

async function newPlace(): Promise<Place> {
  return { DATA_DIR: await newDataDir(), PORT: String(await freePort()) };
}

async function secondsUntil(event: Promise<unknown>): Promise<number> {
  const since = performance.now();
  await event;
  return (performance.now() - since) / 1000;
}

async function expectCleanStop(server: ServerProcess, place: Place): Promise<void> {
  const seconds = await secondsUntil(server.ended);
  expect(await server.ended).toMatchObject({ exitCode: 0, stderr: '' });
  expect(seconds).toBeLessThan(10);
  expect(await processesOn(place.DATA_DIR)).toEqual([]);
}

it('the first start greets with everything there is to try, the command line works beside it, and Ctrl-C leaves nothing running', async () => {
  const place = await newPlace();
  const server = await startServerProcess(place, ['--demo']);
  const issuer = `http://localhost:${place.PORT}`;
  const link = expect.stringMatching(new RegExp(`^${issuer}/invite/[A-Za-z0-9_-]{22}$`));
  const greeting = server.greeting();
  expect(greeting).toEqual({
    Issuer: issuer,
    'First admin': link,
    'Try it: invitation': link,
    'Try it: demo app': `http://localhost:${Number(place.PORT) + 1}`,
    Mailbox: `${issuer}/mailbox`,
    Data: 'embedded',
  });

  const [admin, demo, mailbox] = await Promise.all([
    createBrowser(issuer).open(greeting['First admin']!),
    createBrowser(greeting['Try it: demo app']!).open('/'),
    createBrowser(issuer).open(greeting['Mailbox']!),
  ]);
  expect([admin.status, demo.status, mailbox.status]).toEqual([200, 200, 200]);
  expect(demo.heading).toBe('Welcome');

  const invited = await runCommand(['invite', '--group', 'choir', '--json'], place);
  expect(invited).toMatchObject({ exitCode: 0, stderr: '' });
  const joined = await join(createBrowser(issuer), JSON.parse(invited.stdout).url, { email: 'ada@example.org' });
  expect(joined.heading).toBe('You’re in!');
  const shown = await runCommand(['account', 'show', 'ada@example.org', '--json'], place);
  expect(JSON.parse(shown.stdout)).toMatchObject({ groups: ['choir'], entitlements: ['music:download', 'plan:read'] });

  server.signal('SIGINT', 'group');
  await expectCleanStop(server, place);
});

it('a second server on the same folder is refused at once, and the first does not notice', async () => {
  const place = await newPlace();
  const first = await startServerProcess(place);
  const second = launchServer({ ...place, PORT: String(await freePort()) });
  expect(await secondsUntil(second.ended)).toBeLessThan(5);
  expect(await second.ended).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: `Guestlist is already running on this data folder (process ${first.pid}). Stop it first, or choose another folder with DATA_DIR.\n`,
  });
  const home = await createBrowser(first.greeting()['Issuer']!).open('/');
  expect(home.status).toBe(200);

  // Connections that browsers keep open do not hold it up.
  first.signal('SIGTERM');
  await expectCleanStop(first, place);
});

it.each([
  ['its own port', 0, []],
  ['the demo app’s port', 1, ['--demo']],
])('if %s is in use, it says so and leaves no database running', async (_name, offset, args) => {
  const place = await newPlace();
  const port = Number(place.PORT) + offset;
  const occupant = createServer().listen(port);
  try {
    expect(await launchServer(place, args).ended).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining(`ort ${port} is in use`),
    });
    expect(await processesOn(place.DATA_DIR)).toEqual([]);
  } finally {
    occupant.close();
  }
});
