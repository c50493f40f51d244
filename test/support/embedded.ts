/**
 * What the tests of the embedded PostgreSQL share: a folder for their databases, other processes, and a look at
 * what runs. `prepareEmbedded` makes one database for the file, and stops whatever a test has left running.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { claimFolder } from '../../src/lib/embedded-owner.ts';
import { type EmbeddedOptions, type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/lib/embedded-postgres.ts';
import { scratchFolder } from './global-setup.ts';

/** Of the file that runs. */
export let scratch = '';
/** A folder whose database exists, with one row; tests take a copy, which is quicker than a first start. */
export let prepared = '';
const started: EmbeddedPostgres[] = [];
export const children: ChildProcess[] = [];

/** To be called once in each file. */
export function prepareEmbedded(): void {
  beforeAll(async () => {
    scratch = await mkdtemp(join(await scratchFolder(), 'guestlist-test-embedded-'));
    prepared = join(scratch, 'prepared');
    await chmod(scratch, 0o711);
    // Keeps a run beside this one from clearing it away as forgotten.
    await claimFolder(scratch, 'test', async () => false);
    const server = await start(prepared);
    await query(server, 'create table note (words text)');
    await query(server, "insert into note values ('kept')");
    await server.stop();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const server of started.splice(0)) await server.stop('fast');
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));
}

export async function start(dataDir: string, options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, role: 'server', durable: false, ...options });
  started.push(server);
  return server;
}

export async function copyOfPrepared(name: string): Promise<string> {
  const dataDir = join(scratch, name);
  await copy(prepared, dataDir);
  return dataDir;
}

/** By `cp`, which is much quicker than Node's for a thousand files. */
export async function copy(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-R', from, to]);
}

export async function query({ connection }: EmbeddedPostgres, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client(connection);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

export const notes = (server: EmbeddedPostgres) => query(server, 'select words from note');

/** Another Guestlist process on this folder; resolves when its database is ready. */
export async function startElsewhere(dataDir: string, role = 'server'): Promise<ChildProcess> {
  const child = launchElsewhere(dataDir, role);
  await once(child.stdout!, 'data');
  return child;
}

export function launchElsewhere(dataDir: string, role: string): ChildProcess {
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
export async function serverProcesses(dataDir: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    if (folder.startsWith(dataDir)) found.push(Number(pid));
  }
  return found;
}

/** The supervisor, its watcher, the watcher's `cat`, and the server itself. */
export async function processGroup(member: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,pgid=']);
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const group = pairs.find(([pid]) => pid === member)?.[1];
  return pairs.filter(([, pgid]) => pgid === group).map(([pid]) => pid!);
}

export async function untilNoServer(dataDir: string): Promise<void> {
  for (let waits = 0; (await serverProcesses(dataDir)).length > 0; waits += 1) {
    if (waits > 100) throw new Error('The server outlived its owner');
    await sleep(50);
  }
}

export async function postmasterOf(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10);
}

export async function refusal(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error('It was not refused'),
    (error: Error) => error,
  );
}
