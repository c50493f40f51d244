/** The command line as a person and as a program would read it, on the database of a test. */
import { expect } from 'vitest';
import { type CommandEnd, runCommand } from '../support/command.ts';

/** The settings are asked for at each call: the database is made later than this. */
export function commandLine(environment: () => Readonly<Record<string, string>>) {
  const guestlist = (...args: string[]): Promise<CommandEnd> => runCommand(args, environment());
  const lines = async (...args: string[]): Promise<string[]> => {
    const { exitCode, stdout, stderr } = await guestlist(...args);
    expect({ args, exitCode, stderr }).toEqual({ args, exitCode: 0, stderr: '' });
    return stdout.trimEnd().split('\n');
  };
  return {
    guestlist,
    lines,
    // biome-ignore lint/suspicious/noExplicitAny: each command has its own shape, which the test states.
    json: async (...args: string[]): Promise<any> => JSON.parse((await lines(...args, '--json')).join('\n')),
  };
}
