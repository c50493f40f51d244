/**
 * The folders of the embedded PostgreSQL: data, socket, log. Owns making them, whole or not at all, and handing
 * them to the user who runs the server. The caller holds the claim on `dataDir`.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, chown, lchown, lstat, mkdir, mkdtemp, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Binaries, EmbeddedUnavailableError } from './embedded-binaries.ts';
import { serverMark, supervise } from './embedded-process.ts';

export type Place = {
  /** As the operator wrote it, for messages. */
  readonly given: string;
  readonly dataDir: string;
  readonly cluster: string;
  readonly logFile: string;
};

/** The name of the user and of the database. */
export const ownName = 'guestlist';

export async function makePlace(given: string): Promise<Place> {
  try {
    // As root, the folder must let the unprivileged server through to its own folders, which are closed.
    await mkdir(given, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    await access(given, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new EmbeddedUnavailableError(
      `The data folder ${given} cannot be used by this user. Choose another folder with DATA_DIR, or set DATABASE_URL.`,
      cause,
    );
  }
  const dataDir = await realpath(given);
  return { given, dataDir, cluster: join(dataDir, 'postgres'), logFile: join(dataDir, 'postgres.log') };
}

/** Makes the database on the first start, and answers whether this was one. */
export async function ensureCluster(place: Place, binaries: Binaries, durable: boolean): Promise<boolean> {
  await removeDrafts(place);
  const version = await readFile(join(place.cluster, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined) await createCluster(place, binaries, durable);
  else refuseOtherVersion(version.trim(), binaries.version);
  await giveTo(place.cluster, binaries.identity.owner);
  // PostgreSQL refuses a folder that others may read, which a restored copy may be.
  await chmod(place.cluster, 0o700);
  return version === undefined;
}

/** What a start that was killed has left behind. A program of it may be writing still: then the next start removes it. */
async function removeDrafts({ dataDir }: Place): Promise<void> {
  const drafts = (await readdir(dataDir)).filter((name) => /^(postgres|native)\.new-/.test(name));
  for (const name of drafts) await rm(join(dataDir, name), { recursive: true, force: true }).catch(() => undefined);
}

function refuseOtherVersion(stored: string, ours: string): void {
  if (ours.split('.')[0] === stored) return;
  throw new EmbeddedUnavailableError(
    `This data folder was made by PostgreSQL ${stored}, and this Guestlist brings PostgreSQL ${ours}. ` +
      'Move the data with the older version and DATABASE_URL, or choose another folder with DATA_DIR.',
  );
}

const initdbArgs = [
  ...['--username', ownName, '--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
  ...['--auth-local', 'trust', '--auth-host', 'reject', '--data-checksums', '--no-instructions'],
];

async function createCluster(place: Place, binaries: Binaries, durable: boolean): Promise<void> {
  const draft = await mkdtemp(`${place.cluster}.new-`);
  await giveTo(draft, binaries.identity.owner);
  const args = [...initdbArgs, ...(durable ? [] : ['--no-sync']), '--pgdata', draft];
  await withLog(place, async (log, from) => {
    const code = await supervise(binaries, { program: 'initdb', args, log }).exited;
    if (code !== 0) throw new EmbeddedUnavailableError(await withReason('The database could not be created', place, from));
  });
  await rename(draft, place.cluster);
  if (durable) await syncFolder(place.dataDir);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

/** The top last: if we are killed on the way, the next start sees that it has to go on. Tools that copy or restore leave mixed owners. */
async function giveTo(folder: string, owner: number | undefined): Promise<void> {
  if (owner === undefined) return;
  const nearest = ['', ...(await readdir(folder))].map(async (name) => (await lstat(join(folder, name))).uid);
  if ((await Promise.all(nearest)).every((uid) => uid === owner)) return;
  for (const name of await readdir(folder, { recursive: true })) await lchown(join(folder, name), owner, owner);
  await chown(folder, owner, owner);
}

/** `sun_path`: 108 bytes with the closing zero on Linux, 104 on macOS. */
const longestSocketPath = process.platform === 'linux' ? 107 : 103;

/** A folder that only the server's user and we can enter: that is the whole authentication. */
export async function makeSocketFolder({ dataDir }: Place, { identity }: Binaries): Promise<string> {
  const inside = join(dataDir, 'socket');
  const folder = fits(inside) ? inside : temporaryFolder(dataDir);
  const made = await mkdir(folder, { mode: 0o700 }).then(
    () => true,
    () => false,
  );
  // Ours to mend; in the shared temporary folder somebody else may have been there first, and be waiting for us to trust it.
  if (!made && folder === inside) await chmod(folder, 0o700);
  const found = await lstat(folder);
  if (!found.isDirectory() || ![process.getuid?.(), identity.owner].includes(found.uid) || (found.mode & 0o077) !== 0) {
    throw new EmbeddedUnavailableError(`The folder ${folder}, meant for the database's socket, is not safe. Remove it and start again.`);
  }
  if (identity.owner !== undefined && found.uid !== identity.owner) await lchown(folder, identity.owner, identity.owner);
  return folder;
}

function temporaryFolder(dataDir: string): string {
  const name = `guestlist-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`;
  const usual = join(tmpdir(), name);
  return fits(usual) ? usual : join('/tmp', name);
}

function fits(folder: string): boolean {
  return Buffer.byteLength(socketFile(folder)) <= longestSocketPath;
}

export function socketFile(folder: string): string {
  return join(folder, '.s.PGSQL.5432');
}

const largestLogBytes = 10_000_000;

/** The log as an open file for a program's output, and where this output begins. Ours is closed as soon as the program has its own. */
export async function withLog<Result>({ logFile }: Place, work: (log: number, from: number) => Promise<Result> | Result): Promise<Result> {
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size > largestLogBytes) await rename(logFile, `${logFile}.1`);
  const log = await open(logFile, 'a', 0o600);
  try {
    return await work(log.fd, size > largestLogBytes ? 0 : size);
  } finally {
    await log.close();
  }
}

/** A sentence with the last reason that a program wrote, without paths the operator did not name. */
export async function withReason(sentence: string, { logFile, dataDir, given }: Place, from: number): Promise<string> {
  const text = (await readFile(logFile).catch(() => Buffer.of())).subarray(from).toString();
  const reason = [...text.matchAll(/(?:FATAL|PANIC|error): +(.+)/g)].at(-1)?.[1]?.replaceAll(dataDir, given);
  return `${sentence}${reason ? ` (${reason})` : ''}. The file postgres.log in the data folder tells more.`;
}

const smallServer: Record<string, string> = {
  listen_addresses: '',
  port: '5432',
  unix_socket_permissions: '0700',
  cluster_name: serverMark,
  max_connections: '50',
  shared_buffers: '64MB',
  max_wal_size: '512MB',
  // Parallel workers need /dev/shm, of which containers have little.
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // The log must not hold what people entered: no statements, no "Key (email)=(…)".
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

const forgetful: Record<string, string> = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

export type ServerOptions = { readonly socketFolder: string; readonly durable: boolean; readonly settings: Record<string, string> };

export function serverArgs({ cluster }: Place, { socketFolder, durable, settings }: ServerOptions): string[] {
  // A list of folders: quotes keep a comma or a space in the path together.
  const socketList = `"${socketFolder.replaceAll('"', '""')}"`;
  const all = { ...smallServer, ...(durable ? {} : forgetful), unix_socket_directories: socketList, ...settings };
  return ['-D', cluster, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}
