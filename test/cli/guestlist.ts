/** The command line as a person and as a program would read it, on the database of a test or against its server. */
import { expect } from 'vitest';
import { createProgram } from '../admin/calling.ts';
import { type CommandEnd, databaseUrlOf, runCommand } from '../support/command.ts';
import { testSecret } from '../support/mail.ts';
import type { JourneyServer } from '../support/server.ts';

type Settings = Readonly<Record<string, string>>;

/** The settings are asked for at each call: the database is made later than this. */
export function commandLine(environment: () => Settings) {
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

export const ways = ['on the database', 'against a server'] as const;
export type Way = (typeof ways)[number];

/** For the operator, beside the server. */
export function settingsBeside({ connection, issuer }: JourneyServer): Settings {
  return { DATABASE_URL: databaseUrlOf(connection), GUESTLIST_SECRET: testSecret, ISSUER: issuer };
}

/** Of a server that is elsewhere, an app's credentials are all there is: no database answers. */
export async function settingsFor(way: Way, server: JourneyServer, scope?: string): Promise<Settings> {
  if (way === 'on the database') return settingsBeside(server);
  const { clientId, clientSecret } = await createProgram(server, scope);
  return {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:9/nothing',
    GUESTLIST_URL: server.issuer,
    GUESTLIST_CLIENT_ID: clientId,
    GUESTLIST_CLIENT_SECRET: clientSecret,
  };
}
