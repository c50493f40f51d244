/** The real command line, in a process of its own. */
import { execFile } from 'node:child_process';
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

export function runCommand(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<CommandEnd> {
  const env = { ...shellEnvironment, ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ exitCode: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

/** As `DATABASE_URL` has it; a socket's folder goes into the query. */
export function databaseUrlOf(connection: Connection): string {
  if (typeof connection === 'string') return connection;
  const { host, port, user, database } = connection;
  return `postgres://${user}@localhost/${database}?host=${encodeURIComponent(host)}&port=${port}`;
}
