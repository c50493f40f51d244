/** The log: one JSON line an event. Paths are written without what follows `/invite/`, `/reset/` or `/confirm/`, queries and bodies never. */
import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Logger;

export function createLog(level: string, destination?: DestinationStream): Log {
  const settings = { level, base: null, serializers: { error: describeError } };
  return destination ? pino(settings, destination) : pino(settings);
}

/** A token in a mistyped address is still a token. */
export function loggedPath(path: string): string {
  return path
    .replace(/((?:reset|confirm)(?:\/|%2f)).*/is, '$1…')
    .replace(/(invite(?:\/|%2f))(?!interaction\/|done$|code$|continue$).*/is, '$1…')
    .replace(/[^\x20-\x7e…]/g, '?')
    .slice(0, 200);
}

/** Drivers hang rows and parameters on their errors: only these four are known to be harmless. */
function describeError(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { message: typeof error };
  const { name, message, stack } = error;
  // A cause may lead back to its error.
  const cause = error.cause && depth < 5 ? { cause: describeError(error.cause, depth + 1) } : {};
  return { name, message, stack, code: (error as { code?: unknown }).code, ...cause };
}
