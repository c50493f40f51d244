/** The server's one secret, from which its keys are derived. In development it is made by itself and kept in a file. */
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../lib/random.ts';
import type { Config } from './config.ts';

export function serverSecret({ secret, dataDir }: Pick<Config, 'secret' | 'dataDir'>, random: Random): string {
  return secret ?? secretFromFile(join(dataDir, 'secret'), dataDir, random);
}

function secretFromFile(file: string, folder: string, random: Random): string {
  mkdirSync(folder, { recursive: true });
  if (!existsSync(file)) placeSecret(file, random);
  return readFileSync(file, 'utf8').trim();
}

/** Whole or not at all, and never over an existing one: two processes may start at the same time, and the first has won. */
function placeSecret(file: string, random: Random): void {
  const draft = `${file}.${random(6).toString('hex')}`;
  writeFileSync(draft, random(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
}
