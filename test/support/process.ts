/**
 * The real server in a process of its own, to be interrupted and killed, on a data folder that outlives it. Owns
 * leaving nothing behind: each process leads a group that is ended after the test, and folders are removed with
 * whatever still works in them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { claimFolder } from '../../src/lib/embedded-owner.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { type CommandEnd, shellEnvironment } from './command.ts';
import { scratchFolder } from './global-setup.ts';

type Environment = Readonly<Record<string, string>>;

export type ServerProcess = {
  readonly pid: number;
  /** What it has printed so far. */
  readonly printed: { stdout: string; stderr: string };
  /** What the greeting says, by its labels, such as `Issuer`. */
  greeting(): Readonly<Record<string, string>>;
  /** To the process alone, or to its group as a terminal does. */
  signal(name: NodeJS.Signals, to?: 'process' | 'group'): void;
  readonly ended: Promise<CommandEnd>;
};

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const running = new Set<ChildProcess>();
const scratchFolders: string[] = [];

process.on('exit', () => {
  for (const child of running) killGroup(child);
});

/** Runs `guestlist start`. With nothing of our own environment but what a shell needs. */
export function launchServer(environment: Environment, args: readonly string[] = []): ServerProcess {
  const env = { ...shellEnvironment, ...environment };
  const child = spawn(process.execPath, [main, 'start', ...args], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const printed = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed.stderr += text));
  const ended = once(child, 'close').then(([code, signal]): CommandEnd => {
    running.delete(child);
    return { exitCode: signal === null ? Number(code) : 128, ...printed };
  });
  const pid = child.pid ?? 0;
  const greeting = () =>
    Object.fromEntries([...printed.stdout.matchAll(/^ {2}(\S.{19})(\S+)/gm)].map(([, label, text]) => [label?.trim(), text]));
  return { pid, printed, greeting, signal: (name, to = 'process') => void process.kill(to === 'group' ? -pid : pid, name), ended };
}

/** Like `launchServer`, and waits for the greeting. */
export async function startServerProcess(environment: Environment, args: readonly string[] = []): Promise<ServerProcess> {
  const server = launchServer(environment, args);
  let end: CommandEnd | undefined;
  void server.ended.then((told) => {
    end = told;
  });
  while (!/Data {16}.*\n\n/.test(server.printed.stdout)) {
    if (end) throw new Error(`the server did not start: ${JSON.stringify(end)}`);
    await sleep(10);
  }
  return server;
}

/** A port that is free, and so is the one after it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + (secureRandom(2).readUInt16BE() % 12_000);
    const [first, second] = [await tryToListen(port), await tryToListen(port + 1)];
    first?.close();
    second?.close();
    if (first && second) return port;
  }
}

function tryToListen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, () => resolve(server));
  });
}

/** A name for a data folder that does not exist yet. */
export async function newDataDir(): Promise<string> {
  const scratch = await mkdtemp(join(await scratchFolder(), 'guestlist-test-process-'));
  scratchFolders.push(scratch);
  // As root, PostgreSQL runs as another user, who has to pass through.
  await chmod(scratch, 0o711);
  // Keeps a run of the tests beside this one from clearing it away as forgotten.
  await claimFolder(scratch, 'test', async () => false);
  return join(scratch, 'data');
}

/** After each test or file: ends every process that was started here, and removes every folder. */
export async function cleanUp(): Promise<void> {
  for (const child of running) {
    killGroup(child);
    await once(child, 'close').catch(() => undefined);
  }
  for (const scratch of scratchFolders.splice(0)) {
    for (const pid of await processesOn(scratch)) kill(pid);
    await untilNobodyWorksOn(scratch);
    await rm(scratch, { recursive: true, force: true });
  }
}

export async function untilNobodyWorksOn(folder: string): Promise<void> {
  for (let waits = 0; (await processesOn(folder)).length > 0; waits += 1) {
    if (waits > 100) throw new Error(`still at work on ${folder}: ${(await processesOn(folder)).join(' ')}`);
    await sleep(50);
  }
}

/** Every process that works in the folder, or has it in its command line: PostgreSQL with its children and supervisor. */
export async function processesOn(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [place, command] = await Promise.all([
      readlink(`/proc/${pid}/cwd`).catch(() => ''),
      readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
    ]);
    if (place.startsWith(folder) || command.includes(folder)) found.push(Number(pid));
  }
  return found;
}

/** Only PostgreSQL itself: postmaster and children, not the supervisor that is told of their end. */
export async function postgresProcesses(dataDir: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await processesOn(dataDir)) {
    const program = await readlink(`/proc/${pid}/exe`).catch(() => '');
    if (program.endsWith('/bin/postgres')) found.push(pid);
  }
  return found;
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has ended meanwhile, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) kill(-pid);
}
