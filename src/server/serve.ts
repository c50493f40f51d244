/** The server as a function, for those who start it from a program of their own. */
import { type Clock, systemClock } from '../lib/clock.ts';
import { type Random, secureRandom } from '../lib/random.ts';
import { readConfig } from './config.ts';
import { createLog } from './log.ts';
import { type Started, startServer } from './start.ts';

export type ServeOptions = {
  readonly clock?: Clock;
  readonly random?: Random;
  /** See `AppOptions`. */
  readonly trustedOrigins?: readonly string[];
};

/** Settings are those of the environment, see README. Throws `ConfigError` and what `startServer` throws. */
export async function serve(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  { clock = systemClock, random = secureRandom, trustedOrigins = [] }: ServeOptions = {},
): Promise<Started> {
  const config = readConfig(environment);
  return startServer({ config, clock, random, log: createLog(config.logLevel), trustedOrigins });
}
