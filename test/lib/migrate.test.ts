import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { type Connection, type Database, openDatabase, rows } from '../../src/lib/db.ts';
import { migrate, rollback } from '../../src/lib/migrate.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { inDatabase } from '../support/database.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const names = (await readdir(join(root, 'migrations'))).map((file) => file.replace('.ts', '')).sort();
let admin: Database;
let name: string;
let connection: Connection;
let database: Database;

beforeEach(async () => {
  const server = inject('testServer');
  admin = openDatabase(server, 1);
  name = `${inject('testPrefix')}${secureRandom(6).toString('hex')}`;
  await admin.raw('create database ??', [name]);
  connection = inDatabase(server, name);
  database = openDatabase(connection, 3);
});

afterEach(async () => {
  await database.destroy();
  await admin.raw('drop database ?? with (force)', [name]);
  await admin.destroy();
});

/** Everything that a migration can make, as lines of text. */
async function schemaOf(db: Database): Promise<string[]> {
  const found = await rows<{ line: string }>(
    db,
    `
    select format('column %s.%s %s %s null=%s default=%s', table_name, column_name, ordinal_position, udt_name, is_nullable, column_default) as line
      from information_schema.columns where table_schema = 'guestlist'
    union all select format('constraint %s on %s: %s', conname, conrelid::regclass, pg_get_constraintdef(oid))
      from pg_constraint where connamespace = 'guestlist'::regnamespace
    union all select format('index %s', indexdef) from pg_indexes where schemaname = 'guestlist'
    union all select format('trigger %s', pg_get_triggerdef(t.oid))
      from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relnamespace = 'guestlist'::regnamespace and not t.tgisinternal
    union all select format('function %s', pg_get_functiondef(oid)) from pg_proc where pronamespace = 'guestlist'::regnamespace
    union all select format('%s %s %s', relkind, relname, reloptions) from pg_class where relnamespace = 'guestlist'::regnamespace
    order by 1`,
  );
  return found.map(({ line }) => line);
}

it('an empty database gets every step, and a second call has nothing to do', async () => {
  expect(await migrate(database)).toEqual(names);
  expect(await migrate(database)).toEqual([]);
  const [{ count } = { count: 0 }] = await rows<{ count: number }>(database, 'select count(*)::int as count from guestlist.invitation');
  expect(count).toBe(0);
});

it('ten processes at once: each step runs once, and all ten go on', async () => {
  const handles = Array.from({ length: 10 }, () => openDatabase(connection, 2));
  try {
    const ran = await Promise.all(handles.map((handle) => migrate(handle)));
    expect(ran.flat().sort()).toEqual(names);
    expect(await database('guestlist.migration').orderBy('id').pluck('name')).toEqual(names);
    expect(await database('guestlist.migration_lock').pluck('is_locked')).toEqual([0]);
  } finally {
    await Promise.all(handles.map((handle) => handle.destroy()));
  }
});

it('down and up again is the same schema', async () => {
  await migrate(database);
  const before = await schemaOf(database);
  expect(before.length).toBeGreaterThan(150);
  await rollback(database);
  const between = await schemaOf(database);
  expect(between.filter((line) => !line.includes('migration'))).toEqual([]);
  expect(await migrate(database)).toEqual(names);
  expect(await schemaOf(database)).toEqual(before);
});

it('touches nothing outside its own schema, so that removing the product is dropping it', async () => {
  const outside = "select count(*)::int as count from pg_class where relnamespace = 'public'::regnamespace";
  await migrate(database);
  expect(await rows(database, outside)).toEqual([{ count: 0 }]);
  await database.raw('drop schema guestlist cascade');
  expect(await migrate(database)).toEqual(names);
});

it('a step that fails leaves nothing half done, and lets the next try through', async () => {
  await database.raw('create schema guestlist; create table guestlist.client (id text)');
  await expect(migrate(database)).rejects.toThrow(/already exists/);
  expect((await schemaOf(database)).filter((line) => line.startsWith('r ') && !line.includes('migration'))).toEqual(['r client ']);
  await database.raw('drop table guestlist.client');
  expect(await migrate(database)).toEqual(names);
});

it('finds the steps also in a folder whose name has spaces and signs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'my guestlist #1 100% '));
  try {
    await cp(join(root, 'src/lib'), join(folder, 'src/lib'), { recursive: true });
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    await cp(join(root, 'migrations'), join(folder, 'migrations'), { recursive: true });
    await cp(join(root, 'package.json'), join(folder, 'package.json'));
    const program = `
      const { migrationSettings: { migrationSource: source } } = await import('./src/lib/migrate.ts');
      const files = await source.getMigrations([]);
      const steps = await Promise.all(files.map((file) => source.getMigration(file)));
      console.log(JSON.stringify(steps.map((step) => typeof step.up)));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual(names.map(() => 'function'));
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('one connection is enough', async () => {
  const narrow = openDatabase(connection, 1);
  try {
    expect(await migrate(narrow)).toEqual(names);
  } finally {
    await narrow.destroy();
  }
});
