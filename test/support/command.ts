/** The real command line, in a process of its own. */
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Connection } from '../../src/lib/db.ts';

export type CommandEnd = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** With nothing of our own environment but what a shell needs, and compiled code kept from one process to the next. */
export const shellEnvironment: Readonly<Record<string, string | undefined>> = {
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/guestlist-test', import.meta.url)),
};

/** In a process that runs one command after the other, where the database is there already; else in one of its own. */
export function runCommand(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<CommandEnd> {
  const isQuick = /^postgres/.test(environment['DATABASE_URL'] ?? '') && !['start', 'worker'].includes(args[0] ?? '');
  return isQuick ? runInHost(args, environment) : runAlone(args, environment);
}

/** As from a shell. */
function runAlone(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<CommandEnd> {
  const env = { ...shellEnvironment, ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ exitCode: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

let host: ChildProcess | undefined;
const waiting = new Map<number, (end: CommandEnd) => void>();

function runInHost(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<CommandEnd> {
  host ??= startHost();
  const { promise, resolve } = Promise.withResolvers<CommandEnd>();
  const id = waiting.size === 0 ? 1 : Math.max(...waiting.keys()) + 1;
  waiting.set(id, resolve);
  host.send({ id, args, env: { ...shellEnvironment, ...environment } });
  return promise;
}

/** It ends with us. */
function startHost(): ChildProcess {
  const child = fork(fileURLToPath(new URL('command-host.ts', import.meta.url)), {
    env: { ...shellEnvironment },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.on('message', ({ id, ...end }: CommandEnd & { readonly id: number }) => {
    waiting.get(id)?.(end);
    waiting.delete(id);
  });
  child.unref();
  return child;
}

/** As `DATABASE_URL` has it; a socket's folder goes into the query. */
export function databaseUrlOf(connection: Connection): string {
  if (typeof connection === 'string') return connection;
  const { host, port, user, database } = connection;
  return `postgres://${user}@localhost/${database}?host=${encodeURIComponent(host)}&port=${port}`;
}
