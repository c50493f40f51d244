/** The record as it is written: one chain over all transactions, whatever they do at the same time, and no way to change it. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type AuditEvent, originOf, recordAudit } from '../../src/audit/audit.ts';
import { listEvents, listLinks } from '../../src/audit/store.ts';
import { verifyAudit } from '../../src/audit/verify.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { inTransaction, type Queryable } from '../../src/lib/db.ts';
import { migrate, migrationSettings } from '../../src/lib/migrate.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let own: TestDatabase;
let lastSeq = 0;

beforeAll(async () => {
  own = await createTestDatabase({ poolSize: 20 });
});
afterAll(() => own?.drop());
beforeEach(async () => {
  lastSeq = (await verifyAudit(own.database)).eventCount;
});

const record = (db: Queryable, subject: string, more: Partial<AuditEvent> = {}) =>
  recordAudit(db, { at: systemClock(), actor: 'operator', action: 'grant.added', subject, ...more }, secureRandom);

/** Subjects since the test began, in the order of the chain. */
async function chained(): Promise<string[]> {
  const { rows } = await own.database.raw(
    'select subject from guestlist.audit_link join guestlist.audit_event on id = event_id where seq > ? order by seq',
    [lastSeq],
  );
  return rows.map(({ subject }: { subject: string }) => subject);
}

async function expectWhole(eventCount: number): Promise<void> {
  expect(await verifyAudit(own.database)).toMatchObject({ eventCount: lastSeq + eventCount, break: undefined });
}

it('each event is linked when its transaction commits, those of one transaction in the order they were written', async () => {
  await record(own.database, 'alone');
  await inTransaction(own.database, async (trx) => {
    for (const subject of ['first', 'second', 'third']) await record(trx, subject);
    expect((await trx('guestlist.audit_link').where('seq', '>', lastSeq)).length).toBe(1);
  });
  expect(await chained()).toEqual(['alone', 'first', 'second', 'third']);
  await expectWhole(4);
});

it('what is rolled back leaves no link and no gap', async () => {
  await record(own.database, 'before');
  const failing = inTransaction(own.database, async (trx) => {
    await record(trx, 'never');
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  await inTransaction(own.database, async (trx) => {
    await trx.raw('savepoint half');
    await record(trx, 'taken back');
    await trx.raw('rollback to savepoint half');
    await record(trx, 'after');
  });
  expect(await chained()).toEqual(['before', 'after']);
  await expectWhole(2);
});

it('twenty connections at once make one chain, also when some of them roll back', async () => {
  const attempts = Array.from({ length: 200 }, (_, index) =>
    inTransaction(own.database, async (trx) => {
      await record(trx, `racer-${index}`);
      await record(trx, `racer-${index}`);
      if (index % 5 === 0) throw new Error('rolled back');
    }),
  );
  const ends = await Promise.allSettled(attempts);
  expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(160);
  const subjects = await chained();
  expect(subjects).toHaveLength(320);
  expect(subjects.filter((subject, index) => index % 2 === 1 && subject !== subjects[index - 1])).toEqual([]);
  await expectWhole(320);
});

it('a transaction that cannot see the newest link is to be tried again, and forks nothing', async () => {
  const stale = own.database.transaction(
    async (trx) => {
      await trx.raw('select from guestlist.audit_event limit 1');
      await record(own.database, 'newer');
      await record(trx, 'stale');
    },
    { isolationLevel: 'repeatable read' },
  );
  await expect(stale).rejects.toMatchObject({ code: '40001' });
  expect(await chained()).toEqual(['newer']);
  await expectWhole(1);
});

it('twelve thousand events of one transaction are linked at its commit', { timeout: 60_000 }, async () => {
  const count = 12_000;
  await own.database.raw(
    `insert into guestlist.audit_event (id, at, actor, action, subject)
    select 'bulk-' || lpad(n::text, 6, '0'), now(), 'operator', 'grant.added', 'bulk' from generate_series(1, ?) n`,
    [count],
  );
  await expectWhole(count);
});

it('no setting of a session changes what is hashed', async () => {
  const settings = [
    `set local timezone to 'Pacific/Kiritimati'`,
    `set local datestyle to 'German, DMY'`,
    `set local intervalstyle to 'iso_8601'`,
    'set local extra_float_digits to -10',
    `set local bytea_output to 'escape'`,
    `set local search_path to ''`,
  ];
  const at = new Date('1999-12-31T23:59:59.987Z');
  await inTransaction(own.database, async (trx) => {
    for (const setting of settings) await trx.raw(setting);
    await record(trx, 'far away', { at, detail: { rate: 0.1 + 0.2, huge: 1e300, when: '2030-01-01T00:00:00+14:00' } });
  });
  await expectWhole(1);
  await inTransaction(own.database, async (trx) => {
    for (const setting of settings) await trx.raw(setting);
    expect((await verifyAudit(trx)).break).toBeUndefined();
  });
  const [link] = await listLinks(own.database, { from: lastSeq + 1, limit: 1 });
  expect(JSON.parse(link?.text ?? '')).toEqual([
    expect.any(String),
    '946684799.987000',
    'operator',
    null,
    null,
    'grant.added',
    'far away',
    { rate: 0.30000000000000004, huge: 1e300, when: '2030-01-01T00:00:00+14:00' },
  ]);
});

it('detail in every script is kept and proven', async () => {
  const detail = {
    name: 'Žofie “Ω” 合唱団 🎶 \u2068עברית\u2069 ',
    quote: '"\\"\\\\\n\t\u0001\u007f\u2028',
    combining: 'e\u0301 is not \u00e9',
    nested: [{ ключ: [null, true, -0.5] }],
  };
  await record(own.database, 'ß-Straße', { detail });
  expect((await listEvents(own.database, { limit: 1 }))[0]).toMatchObject({ subject: 'ß-Straße', detail });
  await expectWhole(1);
});

it('the hash is SHA-256 of the hash before it and of the text', async () => {
  await record(own.database, 'one');
  await record(own.database, 'two');
  const [one, two] = await listLinks(own.database, { from: lastSeq + 1, limit: 2 });
  const due = createHash('sha256')
    .update(one?.hash ?? '')
    .update(two?.text ?? '');
  expect(two?.hash.toString('hex')).toBe(due.digest('hex'));
});

it.each(['audit_event', 'audit_link'])('nothing in %s can be changed or removed', async (table) => {
  await record(own.database, 'lasting');
  const key = table === 'audit_event' ? 'id' : 'event_id';
  const deeds = [
    `update guestlist.${table} set ${key} = 'other'`,
    `update guestlist.${table} set ${key} = ${key} where false`,
    `delete from guestlist.${table}`,
    `truncate guestlist.${table} cascade`,
    `insert into guestlist.${table} select * from guestlist.${table} limit 1 on conflict (${key}) do update set ${key} = 'other'`,
  ];
  for (const deed of deeds) await expect(own.database.raw(deed), deed).rejects.toThrow('audit events are append-only');
  await expectWhole(1);
});

it('keeps the request and the block of the address, and for the command line neither', async () => {
  const ctx = { ip: '2001:db8:1:2:3:4:5:6', state: { requestId: 'r-1' } };
  await record(own.database, 'by request', { from: originOf(ctx) });
  await record(own.database, 'broken off', { from: originOf({ ip: '', state: { requestId: 7 } }) });
  await record(own.database, 'by command');
  expect(await listEvents(own.database, { limit: 3 })).toMatchObject([
    { subject: 'by command', addressBlock: undefined, requestId: undefined },
    { subject: 'broken off', addressBlock: undefined, requestId: undefined },
    { subject: 'by request', addressBlock: '2001:db8:1:2::/64', requestId: 'r-1' },
  ]);
});

it('entries from before the chain are linked in the order of their ids', async () => {
  const older = await createTestDatabase();
  try {
    const { database } = older;
    const names: string[] = await database('guestlist.migration').where('name', '>=', '0006').orderBy('id', 'desc').pluck('name');
    for (const name of names) await database.migrate.down({ ...migrationSettings, name });
    await database.raw(`insert into guestlist.audit_event (id, at, actor, actor_ip, action, subject)
      values ('b', '2026-01-02', 'ada', '192.0.2.1', 'account.signed_in', 'ada'), ('c', '2026-01-01', 'ada', null, 'account.created', 'ada'),
        ('a', '2026-01-03', 'operator', null, 'group.created', 'choir')`);
    await migrate(database);
    await record(database, 'later');
    expect((await listLinks(database, { from: undefined, limit: 9 })).map(({ seq, eventId }) => [seq, eventId])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [4, expect.any(String)],
    ]);
    expect((await listEvents(database, { limit: 9, subject: 'ada' })).map(({ addressBlock }) => addressBlock)).toEqual([
      undefined,
      '192.0.2.1',
    ]);
    expect(await verifyAudit(database)).toMatchObject({ eventCount: 4, break: undefined });
  } finally {
    await older.drop();
  }
});
