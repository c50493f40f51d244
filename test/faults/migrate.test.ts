/** Ten processes of one deployment find an empty database at the same time. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rollback } from '../../src/lib/migrate.ts';
import { databaseUrlOf, runCommand } from '../support/command.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let testDatabase: TestDatabase;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  await rollback(testDatabase.database);
  await testDatabase.database.raw('drop schema guestlist cascade');
});
afterAll(() => testDatabase?.drop());

it('one of them migrates, and all of them succeed', { timeout: 60_000 }, async () => {
  const environment = { DATABASE_URL: databaseUrlOf(testDatabase.connection) };
  const ends = await Promise.all(Array.from({ length: 10 }, () => runCommand(['migrate', '--json'], environment)));
  expect(ends.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(Array(10).fill({ exitCode: 0, stderr: '' }));
  const migrated: string[][] = ends.map(({ stdout }) => JSON.parse(stdout).migrated);
  const busy = migrated.filter((names) => names.length > 0);
  expect(busy).toEqual([expect.arrayContaining(['0001_start'])]);
  const { rows } = await testDatabase.database.raw('select name from guestlist.migration order by id');
  expect(rows.map(({ name }: { name: string }) => name)).toEqual(busy[0]);
});
