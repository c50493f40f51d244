/**
 * A real PostgreSQL of our own, for when the operator has none: started on a folder, watched over, stopped with
 * us. Owns who may use the folder at the same time, and when the server is ready. Its neighbours: -owner (the
 * claim on the folder), -binaries (what to run, as whom), -cluster (folders and settings), -process (supervision).
 *
 * Killing us, PostgreSQL, or both, or pulling the plug, needs no hand afterwards: the next start recovers.
 */
import { once } from 'node:events';
import { rmdir } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { sqlStateOf } from './db.ts';
import { type Binaries, EmbeddedUnavailableError, findBinaries } from './embedded-binaries.ts';
import {
  ensureCluster,
  makePlace,
  makeSocketFolder,
  ownName,
  type Place,
  serverArgs,
  socketFile,
  withLog,
  withReason,
} from './embedded-cluster.ts';
import { claimFolder, type Owner, type Role } from './embedded-owner.ts';
import {
  type KeeperEvent,
  keepRunning,
  type Launch,
  readLockFile,
  type Running,
  settleEarlierServer,
  supervise,
} from './embedded-process.ts';

export type EmbeddedConnection = { readonly host: string; readonly port: number; readonly user: string; readonly database: string };

/** `created` on the first start on a folder; `waiting` while a command that owns the folder finishes. */
export type EmbeddedEvent = KeeperEvent | { readonly type: 'created' } | { readonly type: 'waiting'; readonly pid: number };

export type EmbeddedOptions = {
  readonly dataDir: string;
  /** A server or a test has the folder for itself; a command joins whoever runs on it. */
  readonly role: Role;
  /** False: quicker, and a power cut may destroy the data. For tests. */
  readonly durable?: boolean;
  /** PostgreSQL settings, over ours. */
  readonly settings?: Record<string, string>;
  readonly onEvent?: (event: EmbeddedEvent) => void;
};

export type EmbeddedPostgres = {
  readonly connection: EmbeddedConnection;
  /** False when we joined a server that somebody else runs, and will stop. */
  readonly launched: boolean;
  /** `fast` ends all connections; `smart` waits for commands that joined. By default a command stops smart. */
  stop(mode?: 'fast' | 'smart'): Promise<void>;
};

/** Somebody else has the data folder. The message is for the operator. */
export class EmbeddedBusyError extends Error {
  readonly pid: number;

  constructor(pid: number) {
    super(`Guestlist is already running on this data folder (process ${pid}). Stop it first, or choose another folder with DATA_DIR.`);
    this.name = 'EmbeddedBusyError';
    this.pid = pid;
  }
}

const pollMs = 100;

/** Throws `EmbeddedBusyError`, or `EmbeddedUnavailableError` where PostgreSQL cannot run. */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const place = await makePlace(options.dataDir);
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    const claim = await claimFolder(place.dataDir, options.role, () => answers(place));
    if (claim.held) return launchHere(place, options, claim.release);
    const joined = options.role === 'command' ? await join(place) : undefined;
    if (joined) return joined;
    if (waitedMs >= patienceMs(claim.owner, options.role)) throw new EmbeddedBusyError(claim.owner.pid);
    if (waitedMs === 0 && claim.owner.role === 'command') options.onEvent?.({ type: 'waiting', pid: claim.owner.pid });
    await sleep(pollMs);
  }
}

function patienceMs(owner: Owner, role: Role): number {
  // To join, the database must be ready: on a first start or after a crash that takes its time.
  if (role === 'command') return 30_000;
  // A server does not end by itself, but one that was just stopped or killed needs a moment to be gone.
  return owner.role === 'command' ? 10_000 : 500;
}

async function launchHere(place: Place, options: EmbeddedOptions, release: () => Promise<void>): Promise<EmbeddedPostgres> {
  try {
    const { durable = true, settings = {}, onEvent = () => undefined } = options;
    const binaries = await findBinaries(place.dataDir);
    // Of a killed owner: it removes files on its way out.
    await settleEarlierServer(place.cluster);
    if (await ensureCluster(place, binaries, durable)) onEvent({ type: 'created' });
    const socketFolder = await makeSocketFolder(place, binaries);
    const connection = { host: socketFolder, port: 5432, user: ownName, database: ownName };
    const args = serverArgs(place, { socketFolder, durable, settings });
    const keeper = await keepRunning(launcher({ place, binaries, args, connection }), onEvent);
    const stop = async (mode: 'fast' | 'smart'): Promise<void> => {
      const turn = mode === 'smart' ? await waitForJoined(connection) : undefined;
      await keeper.stop();
      await turn?.end().catch(() => undefined);
      await rmdir(socketFolder).catch(() => undefined);
      await release();
    };
    let stopped: Promise<void> | undefined;
    return {
      connection,
      launched: true,
      stop: (mode = options.role === 'command' ? 'smart' : 'fast') => {
        stopped ??= stop(mode);
        return stopped;
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

type Recipe = {
  readonly place: Place;
  readonly binaries: Binaries;
  readonly args: readonly string[];
  readonly connection: EmbeddedConnection;
};

const lingeringAttempts = 40;

function launcher(recipe: Recipe): Launch {
  return async (signal) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await launchOnce(recipe, signal);
      } catch (error) {
        // Sessions of a killed server notice its death when they next wait for something; until then they keep its memory.
        const lingers = error instanceof EmbeddedUnavailableError && error.message.includes('still in use');
        if (!lingers || signal.aborted || attempt >= lingeringAttempts) throw error;
        await sleep(250);
      }
    }
  };
}

async function launchOnce({ place, binaries, args, connection }: Recipe, signal: AbortSignal): Promise<Running> {
  const overlooked = await settleEarlierServer(place.cluster);
  const environment: Record<string, string> = overlooked ? { PG_GRANDPARENT_PID: String(overlooked) } : {};
  return withLog(place, async (log, from) => {
    const running = supervise(binaries, { program: 'postgres', args, log, environment });
    let ended = false;
    void running.exited.then(() => {
      ended = true;
    });
    while (!ended && !signal.aborted) {
      if ((await readLockFile(place.cluster))?.ready && (await isReady(connection))) return running;
      await sleep(10);
    }
    running.end();
    await running.exited;
    throw new EmbeddedUnavailableError(await withReason('The database did not start', place, from));
  });
}

/** Connects, and makes our database if the first start got no further than the server. */
async function isReady(connection: EmbeddedConnection): Promise<boolean> {
  try {
    const client = await connect(connection);
    await client.end();
    return true;
  } catch (error) {
    if (sqlStateOf(error) === '3D000') await createDatabase(connection);
    return false;
  }
}

async function createDatabase(connection: EmbeddedConnection): Promise<void> {
  const client = await connect({ ...connection, database: 'postgres' });
  await client.query(`create database ${ownName}`).finally(() => client.end());
}

async function connect(connection: EmbeddedConnection): Promise<Client> {
  const client = new Client({ ...connection, ssl: false, application_name: 'guestlist keeper', connectionTimeoutMillis: 5_000 });
  // Told also to the query in progress; without a listener a lost connection would end our process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** Shared by each command that joined, taken alone by the command that wants to stop the server: any number will do. */
const joinLock = 7_236_409_119;

/** Undefined while the server is not ready, or about to stop. */
async function join(place: Place): Promise<EmbeddedPostgres | undefined> {
  const lock = await readLockFile(place.cluster);
  if (!lock?.ready) return undefined;
  const connection = { host: lock.socketFolder, port: lock.port, user: ownName, database: ownName };
  const client = await connect(connection).catch(() => undefined);
  try {
    await client?.query("set lock_timeout = '1s'");
    await client?.query('select pg_advisory_lock_shared($1)', [joinLock]);
  } catch {
    await client?.end().catch(() => undefined);
    return undefined;
  }
  return client && { connection, launched: false, stop: holdLightly(client) };
}

/** The connection shall not keep the command from ending, until the command itself waits for its end. */
function holdLightly(client: Client): () => Promise<void> {
  // Left out of the types of pg 8.
  const held = client as Client & { ref(): void; unref(): void };
  held.unref();
  return async () => {
    held.ref();
    await held.end().catch(() => undefined);
  };
}

/** The connection that holds the lock: while it lives, nobody else can join. */
async function waitForJoined(connection: EmbeddedConnection): Promise<Client | undefined> {
  const client = await connect(connection).catch(() => undefined);
  await client?.query('select pg_advisory_lock($1)', [joinLock]).catch(() => undefined);
  return client;
}

async function answers(place: Place): Promise<boolean> {
  const lock = await readLockFile(place.cluster);
  if (!lock) return false;
  const socket = createConnection(socketFile(lock.socketFolder));
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}
