/**
 * What the commands share: the settings, a database for as long as the command runs, and how to answer: for a person
 * in plain lines, with `--json` for a machine. Mistakes in the call end with 2, refusals with 1. Neighbours: `option.ts`
 * (from text to values), `explain.ts` (from errors to sentences), `guestlist.ts` (the plugin).
 */
import { CommanderError } from 'commander';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import { type Random, secureRandom } from '../lib/random.ts';
import { type Config, readConfig } from '../server/config.ts';
import { openServerDatabase } from '../server/database.ts';
import { explain } from './explain.ts';

export type CommandContext = { readonly config: Config; readonly database: Database; readonly clock: Clock; readonly random: Random };

/** Uses the running server's database, or starts it for the while. */
export async function withDatabase<Result>(work: (context: CommandContext) => Promise<Result>): Promise<Result> {
  const config = readConfig(process.env);
  const opened = await openServerDatabase(config, { role: 'command' });
  try {
    return await work({ config, database: opened.database, clock: systemClock, random: secureRandom });
  } finally {
    await opened.close();
  }
}

/** For `--help`: what somebody would type. */
export function examples(...calls: readonly string[]): string {
  return `\n${calls.length === 1 ? 'Example' : 'Examples'}:\n${calls.map((call) => `  $ guestlist ${call}\n`).join('')}`;
}

export type OutputOptions = { readonly json?: boolean };

export function print({ json = false }: OutputOptions, answer: { readonly value: unknown; readonly lines: readonly string[] }): void {
  process.stdout.write(json ? `${JSON.stringify(answer.value, null, 2)}\n` : answer.lines.map((line) => `${line}\n`).join(''));
}

/** Runs a command to its end: the exit code says what came of it. */
export function ending<Arguments extends readonly unknown[]>(command: (...given: Arguments) => Promise<void>) {
  return async (...given: Arguments): Promise<void> => {
    try {
      await command(...given);
    } catch (error) {
      // A mistake in the call, told already.
      if (error instanceof CommanderError) throw error;
      const { text, exitCode } = explain(error);
      process.stderr.write(`${text}\n`);
      process.exitCode = exitCode;
    }
  };
}
