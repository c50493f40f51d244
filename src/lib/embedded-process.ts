/**
 * Programs of the embedded PostgreSQL that never outlive us. Owns the supervisor, restarting with growing
 * pauses, and getting out of the way of an earlier server on the same files. Knows nothing of folders' layout.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Binaries, asUser, cleanEnvironment } from './embedded-binaries.ts';
import { commandOf, isThere, worksIn } from './embedded-pid.ts';

/**
 * `cat` ends when our end of the pipe closes, also when we are killed: the program is then interrupted (a fast,
 * clean shutdown). When the program ends by itself, the shell ends with its code. Signals meant for us leave the
 * shell alone, so that we can stop in order.
 */
const supervisor = `
trap '' INT TERM HUP
exec 3<&0
"$0" "$@" </dev/null 3<&- &
program=$!
{ cat <&3 >/dev/null; kill -INT $program; } &
watcher=$!
exec 3<&-
wait $program
code=$?
kill -KILL $watcher 2>/dev/null
exit $code`;

export type Running = {
  /** Resolves with the exit code, which is above 128 after a signal. */
  readonly exited: Promise<number>;
  /** Asks the program to end; `exited` tells when it has. */
  end(): void;
  /** Whether it keeps our own process from ending. If we end, so does it. */
  hold(held: boolean): void;
};

export type Command = {
  readonly program: string;
  readonly args: readonly string[];
  readonly log: number;
  readonly environment?: Record<string, string>;
};

/** Starts one of the package's programs in a process group of its own, out of reach of Ctrl-C. */
export function supervise({ folder, identity }: Binaries, { program, args, log, environment }: Command): Running {
  const [file = 'sh', ...rest] = [...identity.wrapper, 'sh', '-c', supervisor, join(folder, 'bin', program), ...args];
  const env = { ...cleanEnvironment(), ...environment };
  const child = spawn(file, rest, { ...asUser(identity), env, cwd: '/', detached: true, stdio: ['pipe', log, log] });
  const pipe = child.stdin as Socket;
  pipe.on('error', () => pipe.destroy());
  const exited = once(child, 'exit').then(
    ([code, signal]) => (signal === null ? Number(code) : 128),
    () => 127,
  );
  // Also when only the shell was killed: the closed pipe lets its watcher end the program.
  void exited.then(() => pipe.destroy());
  return {
    exited,
    end: () => pipe.destroy(),
    hold: (held) => {
      child[held ? 'ref' : 'unref']();
      pipe[held ? 'ref' : 'unref']();
    },
  };
}

export type KeeperEvent =
  | { readonly type: 'lost'; readonly code: number; readonly retryMs: number }
  | { readonly type: 'restart_failed'; readonly message: string; readonly retryMs: number }
  | { readonly type: 'restarted' };

export type Launch = (signal: AbortSignal) => Promise<Running>;

export type Keeper = { stop(): Promise<void> };

const shortestPauseMs = 100;
const longestPauseMs = 30_000;
/** A server that lived this long was healthy: its next end begins with the shortest pause again. */
const healthyMs = 60_000;

/** Launches, and launches again whenever it ends, until stopped. Only the first launch may fail. */
export async function keepRunning(launch: Launch, onEvent: (event: KeeperEvent) => void): Promise<Keeper> {
  const stopping = new AbortController();
  let running = await launch(stopping.signal);
  running.hold(false);

  async function relaunch(firstPauseMs: number): Promise<number> {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      await sleep(pauseMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (stopping.signal.aborted) return pauseMs;
      try {
        running = await launch(stopping.signal);
        running.hold(stopping.signal.aborted);
        onEvent({ type: 'restarted' });
        return Math.min(pauseMs * 2, longestPauseMs);
      } catch (error) {
        if (stopping.signal.aborted) return pauseMs;
        onEvent({ type: 'restart_failed', message: (error as Error).message, retryMs: Math.min(pauseMs * 2, longestPauseMs) });
      }
    }
  }

  async function watch(): Promise<void> {
    let retryMs = shortestPauseMs;
    while (!stopping.signal.aborted) {
      const since = performance.now();
      const code = await running.exited;
      if (stopping.signal.aborted) return;
      if (performance.now() - since > healthyMs) retryMs = shortestPauseMs;
      onEvent({ type: 'lost', code, retryMs });
      retryMs = await relaunch(retryMs);
    }
  }

  const watching = watch();
  return {
    async stop() {
      stopping.abort();
      running.hold(true);
      running.end();
      await watching;
      running.end();
      await running.exited;
    },
  };
}

/**
 * A server left on these files is asked to stop and waited for. Returns a process number that PostgreSQL should
 * overlook: it stands in the lock file of a server that is gone, and belongs to somebody else by now.
 */
export async function settleEarlierServer(cluster: string): Promise<number | undefined> {
  for (let waits = 0; waits < 3_000; waits += 1) {
    const pid = (await readLockFile(cluster))?.pid;
    if (!pid || !isThere(pid)) return undefined;
    if (!(await worksIn(pid, cluster))) return pid;
    if (!(await commandOf(pid)).includes(`cluster_name=${serverMark}`)) return undefined;
    if (waits === 0) process.kill(pid, 'SIGINT');
    await sleep(20);
  }
  return undefined;
}

/** Tells our servers from one that an operator has started on the same files by hand: PostgreSQL then refuses ours. */
export const serverMark = 'guestlist';

export type LockFile = { readonly pid: number; readonly port: number; readonly socketFolder: string; readonly ready: boolean };

/** `postmaster.pid`: process, folder, start, port, socket folder, address, memory, status, one a line. Survives a crash as it was. */
export async function readLockFile(cluster: string): Promise<LockFile | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const [pid, , , port, socketFolder = '', , , status = ''] = text.split('\n');
  return pid ? { pid: Number(pid), port: Number(port), socketFolder, ready: status.trim() === 'ready' } : undefined;
}
