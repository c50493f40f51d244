import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Database,
  execute,
  firstRow,
  inTransaction,
  isOutage,
  openDatabase,
  rows,
  sqlStateOf,
  type Transaction,
  violates,
} from '../../src/lib/db.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = testDatabase.database;
  await database.raw(
    'create table thing (id integer primary key, name text constraint thing_name unique, count integer not null default 0)',
  );
});

beforeEach(async () => {
  await database.raw("truncate thing; insert into thing values (1, 'one'), (2, 'two')");
});

afterAll(() => testDatabase.drop());

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => {
      throw new Error(`did not fail but gave ${String(value)}`);
    },
    (error: unknown) => error,
  );
}

async function counts(): Promise<number[]> {
  return (await rows<{ count: number }>(database, 'select count from thing order by id')).map(({ count }) => count);
}

describe('a statement', () => {
  it('takes its values by name, as values', async () => {
    const name = "x'; drop table thing; --";
    expect(await execute(database, 'insert into thing (id, name) values (:id, :name)', { id: 3, name })).toBe(1);
    expect(await firstRow(database, 'select id from thing where name = :name and id = :id', { name, id: 3 })).toEqual({ id: 3 });
  });

  it('gives its rows, the first of them, or how many it touched', async () => {
    expect(await rows(database, 'select id from thing order by id')).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await firstRow(database, 'select id from thing where id = 9')).toBeUndefined();
    expect(await execute(database, 'update thing set count = 1')).toBe(2);
    expect(await execute(database, 'update thing set count = 1 where id = 9')).toBe(0);
  });

  it('that lacks a value is a mistake, not a null', async () => {
    await failureOf(rows(database, 'select id from thing where name is not distinct from :name', { name: undefined }));
  });
});

describe('a transaction', () => {
  it('is there as a whole, or not at all', async () => {
    const mistake = new Error('no');
    const work = inTransaction(database, async (trx) => {
      await execute(trx, 'update thing set count = 5');
      throw mistake;
    });
    expect(await failureOf(work)).toBe(mistake);
    expect(await counts()).toEqual([0, 0]);
    expect(await inTransaction(database, async (trx) => execute(trx, 'update thing set count = 5'))).toBe(2);
    expect(await counts()).toEqual([5, 5]);
  });

  it('is tried again after a deadlock: in the end both have done their work, once', async () => {
    const meeting = meetingOf(2);
    let attempts = 0;
    const addOne = async (first: number, second: number) =>
      inTransaction(database, async (trx) => {
        attempts += 1;
        await trx.raw("set local deadlock_timeout = '50ms'").catch(() => undefined);
        await execute(trx, 'update thing set count = count + 1 where id = :first', { first });
        await meeting();
        await execute(trx, 'update thing set count = count + 1 where id = :second', { second });
      });
    await Promise.all([addOne(1, 2), addOne(2, 1)]);
    expect(attempts).toBe(3);
    expect(await counts()).toEqual([2, 2]);
  });

  it('is tried again when it could not be put in order with another', async () => {
    let attempts = 0;
    await inTransaction(database, async (trx) => {
      attempts += 1;
      await trx.raw('set transaction isolation level repeatable read');
      await rows(trx, 'select count from thing');
      if (attempts === 1) await execute(database, 'update thing set count = count + 1 where id = 1');
      await execute(trx, 'update thing set count = count + 1 where id = 1');
    });
    expect(attempts).toBe(2);
    expect(await counts()).toEqual([2, 0]);
  });

  it('gives up after four attempts, and says why', async () => {
    let attempts = 0;
    const work = inTransaction(database, async (trx) => {
      attempts += 1;
      await trx.raw("do $$ begin raise exception 'again' using errcode = '40001'; end $$");
    });
    expect(sqlStateOf(await failureOf(work))).toBe('40001');
    expect(attempts).toBe(4);
  });

  it('is not tried again after any other error', async () => {
    let attempts = 0;
    const work = inTransaction(database, async (trx) => {
      attempts += 1;
      await execute(trx, "insert into thing (id, name) values (3, 'one')");
    });
    expect(sqlStateOf(await failureOf(work))).toBe('23505');
    expect(attempts).toBe(1);
  });

  it('does not wait for a lock for ever, and that counts as an outage', async () => {
    const error = await inTransaction(database, async (holder) => {
      await execute(holder, 'update thing set count = 9 where id = 1');
      return failureOf(
        inTransaction(database, async (trx) => {
          expect(await firstRow(trx, "select current_setting('lock_timeout') as limit")).toEqual({ limit: '10s' });
          await trx.raw("set local lock_timeout = '50ms'");
          await execute(trx, 'update thing set count = 1 where id = 1');
        }),
      );
    });
    expect(sqlStateOf(error)).toBe('55P03');
    expect(isOutage(error)).toBe(true);
  });

  it('leaves its lock timeout to nobody', async () => {
    const single = openDatabase(testDatabase.connection, 1);
    await inTransaction(single, async () => undefined);
    expect(await firstRow(single, "select current_setting('lock_timeout') as limit")).toEqual({ limit: '0' });
    await single.destroy();
  });
});

/** Resolves for all when the last of the first `count` has arrived; later ones do not wait. */
function meetingOf(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let missing = count;
  return () => {
    missing -= 1;
    if (missing <= 0) resolve();
    return promise;
  };
}

describe('a constraint', () => {
  it('is told by its name', async () => {
    const error = await failureOf(execute(database, "insert into thing (id, name) values (3, 'one')"));
    expect(violates(error, 'thing_name')).toBe(true);
    expect(violates(error, 'thing_pkey')).toBe(false);
    expect(isOutage(error)).toBe(false);
    expect(violates(await failureOf(execute(database, "insert into thing (id, name) values (1, 'x')")), 'thing_pkey')).toBe(true);
  });

  it.each([[undefined], [null], ['23505'], [{ code: '23505', constraint: 'thing_name' }], [new Error('thing_name')]])(
    'is not violated by %s',
    (error) => {
      expect(violates(error, 'thing_name')).toBe(false);
    },
  );
});

describe('an outage', () => {
  const killMe = 'select pg_terminate_backend(pg_backend_pid())';

  it('is a backend that is killed at work', async () => {
    expect(isOutage(await failureOf(rows(database, killMe)))).toBe(true);
    // The dying connection may meet one more statement before it is gone.
    await expect.poll(() => rows(database, 'select 1 as one').catch(() => [])).toEqual([{ one: 1 }]);
  });

  it('is a backend that is killed between two statements of a transaction', async () => {
    const error = await failureOf(
      inTransaction(database, async (trx) => {
        const pid = await pidOf(trx);
        await rows(database, 'select pg_terminate_backend(:pid)', { pid });
        await expect.poll(() => rows(database, 'select from pg_stat_activity where pid = :pid', { pid })).toEqual([]);
        await execute(trx, 'update thing set count = 7');
      }),
    );
    expect(isOutage(error), String(error)).toBe(true);
    expect(await counts()).toEqual([0, 0]);
  });

  it('is over as soon as the database is back: idle connections that died are not used', async () => {
    const other = openDatabase(testDatabase.connection, 3);
    await Promise.all([1, 2, 3].map(() => rows(other, 'select pg_sleep(0.05)')));
    await rows(
      database,
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await rows(other, 'select 1 as one')).toEqual([{ one: 1 }]);
    await other.destroy();
  });

  it('is a database that is not there', async () => {
    const { port } = await closedPort();
    const nowhere = openDatabase({ host: '127.0.0.1', port, user: 'nobody', database: 'nothing' }, 1);
    expect(isOutage(await failureOf(rows(nowhere, 'select 1')))).toBe(true);
    await nowhere.destroy();
  });

  it('is a socket that is not there', async () => {
    const nowhere = openDatabase({ host: '/nonexistent', port: 5432, user: 'nobody', database: 'nothing' }, 1);
    expect(isOutage(await failureOf(rows(nowhere, 'select 1')))).toBe(true);
    await nowhere.destroy();
  });

  it('is a server that does not answer', { timeout: 15_000 }, async () => {
    const silent = createServer((socket) => void socket.resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const nowhere = openDatabase(
      { host: '127.0.0.1', port: (silent.address() as AddressInfo).port, user: 'nobody', database: 'nothing' },
      1,
    );
    expect(isOutage(await failureOf(rows(nowhere, 'select 1')))).toBe(true);
    await nowhere.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  it.each(['select 1/0', 'select * from nothing', 'selekt', "select 'x'::integer", 'insert into thing values (null)'])(
    'is not a mistake in a statement: %s',
    async (sql) => {
      expect(isOutage(await failureOf(rows(database, sql)))).toBe(false);
    },
  );

  it.each([[undefined], ['57P01'], [{ code: '57P01' }], [new Error('terminated')], [Object.assign(new Error('x'), { code: 42 })]])(
    'is not %s',
    (error) => {
      expect(isOutage(error)).toBe(false);
    },
  );
});

async function pidOf(trx: Transaction): Promise<number> {
  return (await firstRow<{ pid: number }>(trx, 'select pg_backend_pid() as pid'))?.pid ?? 0;
}

async function closedPort(): Promise<{ port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  await new Promise((resolve) => connect(port, '127.0.0.1').once('error', resolve));
  return { port };
}
