/** What the operator has set: whether it is fit for production, how good the secret is, and how much room there is. */
import { existsSync, readFileSync } from 'node:fs';
import { access, constants, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../server/config.ts';
import type { Check, Finding } from './doctor-check.ts';

export function settingChecks(config: Config): Check[] {
  return [
    { name: 'settings', run: async () => judgeSettings(config) },
    { name: 'secret', run: async () => judgeSecret(config) },
    { name: 'disk', advice: 'DATA_DIR must be a folder that this user can write to.', run: () => judgeDisk(config) },
  ];
}

/** What production insists on was asked when the settings were read. */
function judgeSettings({ production, databaseUrl, proxyCount, issuer, logLevel }: Config): Finding[] {
  const name = 'settings';
  const hints: readonly (readonly [boolean, string, string])[] = [
    [!production, 'NODE_ENV is not production.', 'Set NODE_ENV=production where people are invited in earnest.'],
    [production && databaseUrl === undefined, 'The database is the embedded one.', 'Set DATABASE_URL for a PostgreSQL that is backed up.'],
    [
      production && proxyCount === 0 && issuer.startsWith('https:'),
      'TRUST_PROXY is 0, and the server itself speaks no TLS.',
      'Set TRUST_PROXY to the number of proxies before it: else all visitors seem to be one.',
    ],
    [logLevel === 'silent', 'LOG_LEVEL is silent.', 'Nobody will know why something failed: leave it out.'],
  ];
  const found = hints.filter(([applies]) => applies);
  if (found.length === 0) return [{ name, status: 'ok', message: 'The settings are those of production.' }];
  return found.map(([, message, advice]) => ({ name, status: 'warn', message, advice }));
}

/** Undefined: there is none yet. It is not made here. */
export function secretOf({ secret, dataDir }: Pick<Config, 'secret' | 'dataDir'>): string | undefined {
  const file = join(dataDir, 'secret');
  return secret ?? (existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined);
}

const enoughBits = 128;
const examples = /secret|password|passwort|change|example|guestlist/i;

/** A guess from above: as if each character had been drawn from those that are in it. */
export function bitsOf(secret: string): number {
  return secret.length * Math.log2(Math.max(1, new Set(secret).size));
}

function judgeSecret(config: Config): Finding {
  const name = 'secret';
  const advice =
    'Take 32 random bytes, such as: openssl rand -base64 32. The keys are sealed with it: change it only before the first start.';
  if (config.secret === undefined)
    return { name, status: config.production ? 'fail' : 'warn', message: 'GUESTLIST_SECRET is not set: one is kept in DATA_DIR.', advice };
  if (bitsOf(config.secret) < enoughBits || examples.test(config.secret))
    return { name, status: config.production ? 'fail' : 'warn', message: 'GUESTLIST_SECRET can be guessed.', advice };
  return { name, status: 'ok', message: `GUESTLIST_SECRET has ${config.secret.length} characters, and looks random.` };
}

const room = { warnBytes: 1024 ** 3, failBytes: 100 * 1024 ** 2 };

async function judgeDisk({ dataDir, databaseUrl, secret }: Config): Promise<Finding> {
  const name = 'disk';
  const isNeeded = databaseUrl === undefined || secret === undefined;
  if (!isNeeded) return { name, status: 'ok', message: 'Nothing is kept in DATA_DIR.' };
  if (!existsSync(dataDir))
    return { name, status: 'warn', message: `There is no ${dataDir} yet.`, advice: 'The server makes it when it starts.' };
  await access(dataDir, constants.R_OK | constants.W_OK);
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  const told = `${dataDir} has ${(free / 1024 ** 3).toFixed(1)} GB of room.`;
  if (free >= room.warnBytes) return { name, status: 'ok', message: told };
  return {
    name,
    status: free < room.failBytes ? 'fail' : 'warn',
    message: told,
    advice: 'Make room: without it nothing is stored any more.',
  };
}
