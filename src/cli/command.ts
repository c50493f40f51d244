/**
 * What the commands share: the settings, a database for as long as the command runs, and how to answer: for a person
 * in plain lines, with `--json` for a machine. Mistakes in the call end with 2, refusals with 1.
 */
import { InvalidArgumentError } from 'commander';
import { Failure, type FailureCode, type FailureDetail } from '../errors.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { type Database, isOutage, sqlStateOf } from '../lib/db.ts';
import { EmbeddedUnavailableError } from '../lib/embedded-binaries.ts';
import { EmbeddedBusyError } from '../lib/embedded-postgres.ts';
import { type Random, secureRandom } from '../lib/random.ts';
import { WrongSecret } from '../oidc/keys.ts';
import { type Config, ConfigError, readConfig } from '../server/config.ts';
import { openServerDatabase } from '../server/database.ts';
import { PortBusy } from '../server/listen.ts';

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
      process.stderr.write(`${explain(error)}\n`);
      process.exitCode = error instanceof ConfigError ? 2 : 1;
    }
  };
}

/** What is known has a sentence; what is not is shown whole, for whoever has to find out. */
function explain(error: unknown): string {
  if (error instanceof Failure) return sentences[error.code]?.(error.detail) ?? `Refused: ${error.code}`;
  const known = [ConfigError, EmbeddedBusyError, EmbeddedUnavailableError, PortBusy, WrongSecret].some((kind) => error instanceof kind);
  if (known) return (error as Error).message;
  if (isDatabaseTrouble(error)) return `The database cannot be used: ${error.message || sqlStateOf(error)}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Away, or not letting us in: for the operator to mend. A file that is missing looks alike, but has a path. */
function isDatabaseTrouble(error: unknown): error is Error {
  if (!(error instanceof Error) || 'path' in error) return false;
  return isOutage(error) || /^(28...|3D000|42501|ENOTFOUND|EAI_AGAIN|EACCES)$/.test(sqlStateOf(error) ?? '');
}

const sentences: Partial<Record<FailureCode, (detail: FailureDetail) => string>> = {
  account_not_found: ({ email }) => `There is no account with the address ${email}.`,
  client_exists: ({ clientId }) => `There is an app ${clientId} already.`,
  client_not_found: ({ clientId }) => `There is no app ${clientId} with an address where it starts a sign-in (--initiate-login-uri).`,
  group_exists: ({ slug }) => `There is a group ${slug} already.`,
  group_not_found: ({ slug }) => `There is no group ${slug}. Make it with: guestlist group add ${slug} --name <name>`,
  invitation_not_found: () => 'There is no invitation with this id.',
  invitation_revoked: () => 'It was revoked, and that is for good.',
  places_below_used: ({ usedCount }) => `${usedCount} people have used it already: there cannot be fewer places.`,
  right_exists: ({ right }) => `There is a right ${right} already.`,
  right_not_found: ({ right }) => `There is no right ${right}. Make it with: guestlist right add ${right}`,
};

/** For an option that may be given several times. */
export function collect<Value>(parse: (text: string) => Value) {
  return (text: string, before: readonly Value[] = []): Value[] => [...before, parse(text)];
}

/** An option's text that must look like this. */
export function matching(pattern: RegExp, hint: string) {
  return (text: string): string => {
    if (!pattern.test(text)) throw new InvalidArgumentError(hint);
    return text;
  };
}

export function wholeNumber(text: string, limits: { readonly from: number; readonly to: number }): number {
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < limits.from || value > limits.to) {
    throw new InvalidArgumentError(`It must be a whole number from ${limits.from} to ${limits.to}.`);
  }
  return value;
}

/** An absolute address; an app's own scheme is allowed where apps are called. */
export function address(text: string): string {
  const url = URL.parse(text);
  if (!url || /[\s#]/.test(text))
    throw new InvalidArgumentError('It must be an absolute address without #, such as https://app.example.org/callback.');
  return text;
}

/** A length of time (`30m`, `12h`, `7d`, `4w`) or an instant (ISO 8601). Of a day alone, the whole day counts (UTC). */
export function expiry(text: string, now: Date, day: 'its end' | 'its beginning' = 'its end'): Date {
  const [, count, unit] = text.match(/^(\d{1,5})([mhdw])$/) ?? [];
  const unitSeconds = { m: 60, h: 3_600, d: 86_400, w: 604_800 }[unit ?? ''];
  const instant = unitSeconds ? new Date(now.getTime() + Number(count) * unitSeconds * 1000) : isoInstant(text, day);
  if (!instant || instant <= now)
    throw new InvalidArgumentError('It must be a length of time such as 7d or 12h, or a date in the future such as 2030-12-31.');
  return instant;
}

function isoInstant(text: string, part: 'its end' | 'its beginning'): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text)) return undefined;
  const instant = new Date(text);
  const day = text.slice(0, 10);
  // JavaScript reads 31 February as 3 March.
  const exists = !Number.isNaN(instant.getTime()) && new Date(day).toISOString().startsWith(day);
  if (!exists) return undefined;
  return text === day && part === 'its end' ? new Date(instant.getTime() + 86_400_000) : instant;
}
