import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBinaries } from '../../src/lib/embedded-binaries.ts';
import type { EmbeddedEvent } from '../../src/lib/embedded-postgres.ts';
import {
  children,
  copyOfPrepared,
  launchElsewhere,
  notes,
  prepareEmbedded,
  prepared,
  query,
  refusal,
  scratch,
  serverProcesses,
  start,
  startElsewhere,
} from '../support/embedded.ts';

prepareEmbedded();

const busy = /^Guestlist is already running on this data folder \(process \d+\)\. Stop it first, or choose another folder with DATA_DIR\.$/;

/** Begun early, because it takes ten seconds of waiting. */
let lateRefusal: Promise<Error>;
let endless: ChildProcess;

beforeAll(async () => {
  const occupied = await copyOfPrepared('occupied');
  endless = await startElsewhere(occupied, 'command');
  // Not to be ended after the first test.
  children.splice(0);
  lateRefusal = refusal(start(occupied));
});

afterAll(async () => {
  endless.stdin!.end();
  await once(endless, 'exit');
});

describe('one after the other', () => {
  it('a second start finds the rows of the first, quickly', async () => {
    const began = performance.now();
    const server = await start(prepared);
    const tookMs = performance.now() - began;
    expect(await notes(server)).toEqual([{ words: 'kept' }]);
    expect(tookMs).toBeLessThan(2_000);
  });

  it('the database is closed to other users and to the network', async () => {
    const server = await start(prepared);
    const modes = await Promise.all(
      [server.connection.host, join(prepared, 'postgres'), join(prepared, 'postgres.log')].map((path) => stat(path)),
    );
    expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['700', '700', '600']);
    expect(await query(server, 'show listen_addresses')).toEqual([{ listen_addresses: '' }]);
  });

  it('texts are sorted and folded alike on every machine', async () => {
    const server = await start(prepared);
    expect(await query(server, "select lower('ÅÉ') as folded, 'Z' < 'a' as by_code_point")).toEqual([
      { folded: 'åé', by_code_point: true },
    ]);
  });

  it('settings of the caller win over ours', async () => {
    const server = await start(prepared, { settings: { max_connections: '17' } });
    expect(await query(server, 'show max_connections')).toEqual([{ max_connections: '17' }]);
  });

  it('a start that was killed at the beginning leaves nothing half-made', async () => {
    const dataDir = join(scratch, 'interrupted');
    const child = launchElsewhere(dataDir, 'server');
    while (!(await readdir(dataDir).catch(() => [])).some((name) => name.startsWith('postgres.new-'))) await sleep(5);
    child.kill('SIGKILL');
    const server = await start(dataDir);
    expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
    await start(dataDir);
    expect((await readdir(dataDir)).filter((name) => name.includes('new'))).toEqual([]);
  });

  it('a reason stands in the sentence when PostgreSQL does not start, and the folder is free again', async () => {
    const { message } = await refusal(start(prepared, { settings: { shared_buffers: 'plenty' } }));
    expect(message).toMatch(/^The database did not start \(invalid value for parameter "shared_buffers": "plenty"\)/);
    expect(await notes(await start(prepared))).toEqual([{ words: 'kept' }]);
  });
});

describe('at the same time', () => {
  it('a second server is refused at once, with a sentence', async () => {
    const dataDir = await copyOfPrepared('second');
    await startElsewhere(dataDir);
    const began = performance.now();
    const error = await refusal(start(dataDir));
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(error.name).toBe('EmbeddedBusyError');
    expect(error.message).toMatch(busy);
  });

  it('of six simultaneous starts one gets the folder', async () => {
    const dataDir = await copyOfPrepared('race');
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => start(dataDir)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('a command joins a running server, and leaves it running', async () => {
    const dataDir = await copyOfPrepared('join');
    const server = await start(dataDir);
    const command = await start(dataDir, { role: 'command' });
    expect([server.launched, command.launched]).toEqual([true, false]);
    expect(await notes(command)).toEqual([{ words: 'kept' }]);
    await command.stop();
    expect(await notes(server)).toEqual([{ words: 'kept' }]);
  });

  it('a command that launched the database waits at its end for a command that joined', async () => {
    const dataDir = await copyOfPrepared('two-commands');
    const first = await start(dataDir, { role: 'command' });
    const second = await start(dataDir, { role: 'command' });
    expect([first.launched, second.launched]).toEqual([true, false]);
    const stopping = first.stop();
    expect(await Promise.race([stopping, sleep(300, 'waits')])).toBe('waits');
    expect(await notes(second)).toEqual([{ words: 'kept' }]);
    await second.stop();
    await stopping;
    expect(await serverProcesses(dataDir)).toEqual([]);
  });

  it('a server waits for a command to finish', async () => {
    const dataDir = await copyOfPrepared('wait');
    const command = await startElsewhere(dataDir, 'command');
    const events: EmbeddedEvent[] = [];
    const starting = start(dataDir, { onEvent: (event) => events.push(event) });
    await sleep(300);
    command.stdin!.end();
    expect(await notes(await starting)).toEqual([{ words: 'kept' }]);
    expect(events).toEqual([{ type: 'waiting', pid: command.pid }]);
  });
});

describe('in difficult places', () => {
  it('a path may have spaces, quotes and commas', async () => {
    const server = await start(await copyOfPrepared(`a "b", it's`));
    expect(await notes(server)).toEqual([{ words: 'kept' }]);
  });

  it('a path may be longer than a socket address, and the folder made for the socket goes with the server', async () => {
    await mkdir(join(scratch, 'long'.repeat(30)));
    const server = await start(await copyOfPrepared(`${'long'.repeat(30)}/data`));
    expect(await notes(server)).toEqual([{ words: 'kept' }]);
    const { host } = server.connection;
    expect([host.length < 100, (await stat(host)).mode & 0o777]).toEqual([true, 0o700]);
    await server.stop();
    expect(await stat(host).catch(() => 'gone')).toBe('gone');
  });

  it('a platform without a package is told to set DATABASE_URL', async () => {
    const { arch } = process;
    Object.defineProperty(process, 'arch', { value: 'mips' });
    const { message } = await refusal(findBinaries(scratch)).finally(() => Object.defineProperty(process, 'arch', { value: arch }));
    expect(message).toMatch(/^There is no embedded PostgreSQL for \w+-mips here\. Set DATABASE_URL/);
  });
});

it('a server is refused when a command does not finish within ten seconds', async () => {
  expect((await lateRefusal).message).toMatch(busy);
});
