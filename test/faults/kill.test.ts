/** The server, and the database under it, killed while people register: no half account, no place lost or given twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from '../../src/lib/db.ts';
import { readLockFile } from '../../src/lib/embedded-process.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createBrowser, type Rest } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { findContradictions } from '../support/invariants.ts';
import { register } from '../support/people.ts';
import { cleanUp, freePort, kill, newDataDir, postgresProcesses, startServerProcess, untilNobodyWorksOn } from '../support/process.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });
afterEach(cleanUp);

type Place = { readonly DATA_DIR: string; readonly PORT: string };

const people = 20;
const places = 10;
const emailOf = (person: number) => `person-${person}@example.org`;

async function newPlace(): Promise<Place> {
  return { DATA_DIR: await newDataDir(), PORT: String(await freePort()) };
}

async function guestlist(place: Place, ...args: string[]) {
  const { exitCode, stdout, stderr } = await runCommand([...args, '--json'], place);
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Beside the running server, as its own connections come. */
async function inDatabase<Result>({ DATA_DIR }: Place, work: (database: Database) => Promise<Result>): Promise<Result> {
  const lock = await readLockFile(`${DATA_DIR}/postgres`);
  if (!lock) throw new Error('the database is away');
  const database = openDatabase({ host: lock.socketFolder, port: lock.port, user: 'guestlist', database: 'guestlist' }, 1);
  return work(database).finally(() => database.destroy());
}

async function membersOf(place: Place): Promise<string[]> {
  return inDatabase(place, (database) =>
    database('guestlist.account_email').join('guestlist.redemption', 'account_email.account_id', 'redemption.account_id').pluck('email'),
  );
}

/** Everybody stands before the form, or before a page that says it is full. */
async function line(issuer: string, url: string, persons: readonly number[]) {
  return Promise.all(
    persons.map(async (person) => {
      const browser = createBrowser(issuer);
      const landing = await browser.open(url);
      return { person, browser, page: isFull(landing) ? landing : await browser.submit(landing, 'create') };
    }),
  );
}

type Answer = {
  readonly person: number;
  /** Undefined: the connection broke. */
  readonly rest: Rest | undefined;
  /** The form was answered by leading on, which the server does when it has committed. */
  readonly acknowledged: boolean;
};
type Waiting = Awaited<ReturnType<typeof line>>;

/** All at once. `onJoined` is told of each that is in. */
async function rush(waiting: Waiting, onJoined: () => void = () => undefined): Promise<Answer[]> {
  return Promise.all(
    waiting.map(async ({ person, browser, page }) => {
      if (isFull(page)) return { person, rest: page, acknowledged: false };
      const rest = await register(browser, page, { name: `Person ${person}`, email: emailOf(person) }).catch(() => undefined);
      if (isIn(rest)) onJoined();
      return { person, rest, acknowledged: !browser.trail.at(-1)?.endsWith('/register') };
    }),
  );
}

function isIn(rest: Rest | undefined): boolean {
  return rest?.status === 200 && rest.url.includes('/invite/done');
}

const isFull = (rest: Rest | undefined) => rest?.status === 410;

/** After one to four have got in: the others are on their way. */
function duringRush(deed: () => void): () => void {
  const at = 1 + (secureRandom(1).readUInt8() % 4);
  let joined = 0;
  return () => {
    joined += 1;
    if (joined === at) deed();
  };
}

/** After the accident: everybody who was told that they are in, is in; the books agree. */
async function expectHonest(place: Place, answers: readonly Answer[]): Promise<string[]> {
  const members = await membersOf(place);
  expect(await inDatabase(place, findContradictions)).toEqual([]);
  expect(members).toEqual(expect.arrayContaining(answers.filter(({ acknowledged }) => acknowledged).map(({ person }) => emailOf(person))));
  return members;
}

/** Those still outside try again: exactly the free places are filled, and the rest are told so. */
async function expectRestGetsIn(place: Place, { id, url }: { id: string; url: string }, members: readonly string[]): Promise<void> {
  const outside = Array.from({ length: people }, (_, person) => person).filter((person) => !members.includes(emailOf(person)));
  const answers = await rush(await line(`http://localhost:${place.PORT}`, url, outside));
  expect(answers.filter(({ rest }) => isIn(rest))).toHaveLength(places - members.length);
  expect(answers.filter(({ rest }) => isFull(rest))).toHaveLength(people - places);
  expect(await inDatabase(place, findContradictions)).toEqual([]);
  const shown = await guestlist(place, 'invitation', 'show', id);
  expect(shown).toMatchObject({ state: 'used_up', usedCount: places, maxUses: places });
  expect(shown.redemptions).toHaveLength(places);
}

async function everybody(issuer: string, url: string): Promise<Waiting> {
  return line(
    issuer,
    url,
    Array.from({ length: people }, (_, person) => person),
  );
}

it('the server is killed while twenty register through a link of ten places', async () => {
  const place = await newPlace();
  const server = await startServerProcess(place);
  await guestlist(place, 'group', 'add', 'choir', '--name', 'Choir');
  const invitation = await guestlist(place, 'invite', '--group', 'choir', '--max-uses', String(places));
  const waiting = await everybody(server.greeting()['Issuer']!, invitation.url);
  const onJoined = duringRush(() => server.signal('SIGKILL'));
  const answers = await rush(waiting, onJoined);
  expect(answers.some(({ rest }) => rest === undefined)).toBe(true);
  await server.ended;
  await untilNobodyWorksOn(place.DATA_DIR);

  const again = await startServerProcess(place);
  const members = await expectHonest(place, answers);
  expect(members.length).toBeLessThanOrEqual(places);
  await expectRestGetsIn(place, invitation, members);
  again.signal('SIGINT');
  expect((await again.ended).exitCode).toBe(0);
});

it('the database is killed while twenty register: the server says so, and goes on when it is back', async () => {
  const place = await newPlace();
  const server = await startServerProcess(place);
  const issuer = server.greeting()['Issuer']!;
  await guestlist(place, 'group', 'add', 'choir', '--name', 'Choir');
  const invitation = await guestlist(place, 'invite', '--group', 'choir', '--max-uses', String(places));
  const waiting = await everybody(issuer, invitation.url);
  const victims = await postgresProcesses(place.DATA_DIR);
  expect(victims.length).toBeGreaterThan(3);
  const onJoined = duringRush(() => {
    for (const pid of victims) kill(pid);
  });
  const answers = await rush(waiting, onJoined);

  // Everybody had an answer: they are in, it was full, or "try again".
  const refused = answers.flatMap(({ rest }) => (isIn(rest) || isFull(rest) ? [] : [rest]));
  expect(refused.length).toBeGreaterThan(0);
  for (const rest of refused) {
    expect(rest?.status).toBe(503);
    expect(Number(rest?.headers['retry-after'])).toBeGreaterThan(0);
  }

  await untilAnswering(`${issuer}/invite`);
  const members = await expectHonest(place, answers);
  await expectRestGetsIn(place, invitation, members);
  expect(server.printed.stderr).toBe('');
  server.signal('SIGINT');
  expect((await server.ended).exitCode).toBe(0);
  expect(await postgresProcesses(place.DATA_DIR)).toEqual([]);
});

/** Meanwhile every answer is a 503 with `Retry-After`. */
async function untilAnswering(url: string): Promise<void> {
  for (let waits = 0; waits < 200; waits += 1) {
    const response = await fetch(url, { headers: { cookie: `guestlist_visit=${'x'.repeat(43)}` } });
    await response.text();
    if (response.status === 200) return;
    expect({ status: response.status, retryAfter: Number(response.headers.get('retry-after')) > 0 }).toEqual({
      status: 503,
      retryAfter: true,
    });
    await sleep(50);
  }
  throw new Error('the database did not come back');
}
