/** `guestlist uninstall` takes away what is ours, and nothing of anybody else's. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { databaseUrlOf, runCommand } from '../support/command.ts';
import { createTestDatabase } from '../support/database.ts';

vi.setConfig({ testTimeout: 60_000 });

it('asks to be told twice, and then leaves nothing', async () => {
  const own = await createTestDatabase();
  const call = (...args: string[]) => runCommand(['uninstall', ...args], { DATABASE_URL: databaseUrlOf(own.connection) });
  const schemas = async () =>
    (await own.database.raw(`select nspname from pg_namespace where nspname in ('guestlist', 'guestlist_jobs')`)).rows.length;
  try {
    await own.database.raw('create schema guestlist_jobs; create schema graphile_worker; create table graphile_worker.theirs (id int)');
    const refused = await call();
    expect({ exitCode: refused.exitCode, named: refused.stderr.includes('--yes'), schemas: await schemas() }).toEqual({
      exitCode: 2,
      named: true,
      schemas: 2,
    });
    const done = await call('--yes', '--json');
    expect({ exitCode: done.exitCode, said: JSON.parse(done.stdout), schemas: await schemas() }).toEqual({
      exitCode: 0,
      said: { uninstalled: true },
      schemas: 0,
    });
    await own.database.raw('select from graphile_worker.theirs');
  } finally {
    await own.drop();
  }
});

it('needs to be told which database, and makes none', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'guestlist-'));
  const answer = await runCommand(['uninstall', '--yes'], { DATA_DIR: join(parent, 'data') });
  expect(answer).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('DATABASE_URL is needed') });
  expect(await readdir(parent)).toEqual([]);
  await rm(parent, { recursive: true });
});
