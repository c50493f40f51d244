/** The whole thing can be taken out again. */
import { expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeOn } from './making.ts';

test('uninstalling leaves the rest of the database as it was', async () => {
  const fresh = await createTestDatabase();
  const { database } = fresh;
  await database.raw('drop schema guestlist cascade');
  await database.raw(
    'create table public.theirs (id int primary key, note text); create view public.seen as select note from public.theirs',
  );
  await database.raw(`insert into public.theirs values (1, 'kept')`);
  const before = await dumpOf(database);
  const guestlist = makeOn(database);
  await guestlist.migrate();
  await guestlist.addGroup({ slug: 'gone', name: 'Gone' });
  await guestlist.invite({ groups: ['gone'] });
  expect(await dumpOf(database)).not.toEqual(before);
  await guestlist.uninstall();
  expect(await dumpOf(database)).toEqual(before);
  await guestlist.uninstall();
  expect(await guestlist.migrate()).not.toEqual([]);
  await fresh.drop();
});

/** Everything in the database that is not PostgreSQL's own: what there is, and what is in it. */
async function dumpOf(database: TestDatabase['database']): Promise<readonly string[]> {
  const { rows } = await database.raw(`
    select 'schema ' || nspname as line from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
    union all select 'class ' || relkind::text || ' ' || oid::regclass from pg_class
      where relnamespace in (select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')
    union all select 'function ' || oid::regprocedure from pg_proc
      where pronamespace in (select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')
    union all select 'extension ' || extname from pg_extension
    union all select 'type ' || oid::regtype from pg_type where typnamespace in (select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')
    union all select 'row ' || t::text from public.theirs t
    order by 1`);
  return rows.map(({ line }: { line: string }) => line);
}
