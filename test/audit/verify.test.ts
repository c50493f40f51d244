/** Whoever has the whole database can change the record behind its back. It is noticed, and where. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { recordAudit } from '../../src/audit/audit.ts';
import { listLinks } from '../../src/audit/store.ts';
import { formatHead, type Head, parseHead, verifyAudit } from '../../src/audit/verify.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let own: TestDatabase;
let head: Head;

beforeEach(async () => {
  own = await createTestDatabase();
  for (const subject of ['a', 'b', 'c', 'd', 'e']) await record(subject);
  head = (await verifyAudit(own.database)).head!;
});
afterEach(() => own?.drop());

const record = (subject: string) =>
  recordAudit(own.database, { at: systemClock(), actor: 'ada', action: 'grant.added', subject, detail: { n: 1 } }, secureRandom);

/** As somebody who owns the tables. */
async function tamper(...deeds: string[]): Promise<void> {
  const { database } = own;
  for (const table of ['audit_event', 'audit_link']) await database.raw(`alter table guestlist.${table} disable trigger user`);
  await database.raw('alter table guestlist.audit_link drop constraint if exists audit_link_event_id_fkey');
  for (const deed of deeds) await database.raw(deed);
  for (const table of ['audit_event', 'audit_link']) await database.raw(`alter table guestlist.${table} enable trigger user`);
}

const idAt = (seq: number) => `(select event_id from guestlist.audit_link where seq = ${seq})`;

async function eventIdAt(seq: number): Promise<string> {
  const [link] = await listLinks(own.database, { from: seq, limit: 1 });
  return link!.eventId;
}

it('an untouched record is whole, with and without a head, and goes on being so', async () => {
  expect(await verifyAudit(own.database)).toEqual({
    eventCount: 5,
    head: { seq: 5, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    break: undefined,
  });
  expect(await verifyAudit(own.database, { head })).toMatchObject({ eventCount: 5, break: undefined });
  await record('f');
  expect(await verifyAudit(own.database, { head })).toMatchObject({ eventCount: 6, head: { seq: 6 }, break: undefined });
});

it('an empty record is whole, but not if there was something', async () => {
  await tamper('delete from guestlist.audit_link', 'delete from guestlist.audit_event');
  expect(await verifyAudit(own.database)).toEqual({ eventCount: 0, head: undefined, break: undefined });
  expect((await verifyAudit(own.database, { head })).break).toEqual({ kind: 'head_not_found', seq: 5 });
});

it.each([
  `at = at + interval '1 microsecond'`,
  `actor = 'bob'`,
  `actor = null`,
  `address_block = ''`,
  `request_id = 'null'`,
  `action = 'grant.withdrawn'`,
  `subject = subject || ' '`,
  `detail = '{"n": 1.0}'`,
  `detail = detail || '{"m": null}'`,
])('a changed event is found: %s', async (change) => {
  const eventId = await eventIdAt(3);
  await own.database.raw('alter table guestlist.audit_event alter actor drop not null');
  await tamper(`update guestlist.audit_event set ${change} where id = ${idAt(3)}`);
  expect(await verifyAudit(own.database)).toMatchObject({ eventCount: 2, head: { seq: 2 }, break: { kind: 'changed', seq: 3, eventId } });
});

it('a changed link is found, and two that changed places', async () => {
  await tamper(`update guestlist.audit_link set hash = sha256(hash) where seq = 5`);
  expect((await verifyAudit(own.database)).break).toEqual({ kind: 'changed', seq: 5, eventId: await eventIdAt(5) });
  await tamper(
    'alter table guestlist.audit_link drop constraint audit_link_event_id_key',
    `update guestlist.audit_link l set event_id = o.event_id from guestlist.audit_link o where l.seq + o.seq = 5 and l.seq in (2, 3)`,
  );
  expect((await verifyAudit(own.database)).break).toMatchObject({ kind: 'changed', seq: 2 });
});

it('a removed event is found', async () => {
  const eventId = await eventIdAt(4);
  await tamper(`delete from guestlist.audit_event where id = ${idAt(4)}`);
  expect((await verifyAudit(own.database)).break).toEqual({ kind: 'missing', seq: 4, eventId });
});

it.each([1, 4])('a link removed with its event is found: number %s', async (seq) => {
  await tamper(`delete from guestlist.audit_event where id = ${idAt(seq)}`, `delete from guestlist.audit_link where seq = ${seq}`);
  expect((await verifyAudit(own.database)).break).toEqual({ kind: 'missing', seq });
});

it('a removed event whose gap was closed is found', async () => {
  await tamper(
    `delete from guestlist.audit_event where id = ${idAt(3)}`,
    'delete from guestlist.audit_link where seq = 3',
    'update guestlist.audit_link set seq = 3 where seq = 4',
    'update guestlist.audit_link set seq = 4 where seq = 5',
  );
  expect((await verifyAudit(own.database)).break).toMatchObject({ kind: 'changed', seq: 3 });
});

const forged = `insert into guestlist.audit_event (id, at, actor, action, subject) values ('forged', now(), 'ada', 'grant.added', 'x')`;

it('an event that was written past the chain is found', async () => {
  await tamper(forged);
  expect(await verifyAudit(own.database)).toMatchObject({ eventCount: 5, break: { kind: 'unlinked', eventId: 'forged' } });
});

it('an event that was put before the beginning is found', async () => {
  await tamper(forged, `insert into guestlist.audit_link values (-9223372036854775808, 'forged', sha256(''))`);
  expect((await verifyAudit(own.database)).break).toEqual({ kind: 'missing', seq: 1 });
});

it('an end that was cut off is found by the head that was remembered, and by nothing else', async () => {
  await tamper(`delete from guestlist.audit_event where id = ${idAt(5)}`, 'delete from guestlist.audit_link where seq = 5');
  expect(await verifyAudit(own.database)).toMatchObject({ eventCount: 4, break: undefined });
  expect((await verifyAudit(own.database, { head })).break).toEqual({ kind: 'head_not_found', seq: 5 });
  await record('instead');
  expect(await verifyAudit(own.database)).toMatchObject({ eventCount: 5, break: undefined });
  expect((await verifyAudit(own.database, { head })).break).toEqual({ kind: 'head_not_found', seq: 5 });
});

it('a chain that was written anew, with right hashes, is found by the head', async () => {
  await tamper(`update guestlist.audit_event set actor = 'bob' where id = ${idAt(2)}`);
  const links = await listLinks(own.database, { from: undefined, limit: 9 });
  let hash = '';
  for (const { seq, text = '' } of links) {
    hash = createHash('sha256').update(hash, 'hex').update(text).digest('hex');
    await tamper(`update guestlist.audit_link set hash = '\\x${hash}' where seq = ${seq}`);
  }
  expect(await verifyAudit(own.database)).toMatchObject({ eventCount: 5, break: undefined });
  expect((await verifyAudit(own.database, { head })).break).toEqual({ kind: 'head_not_found', seq: 5 });
});

it('functions that were replaced in the database deceive nobody', async () => {
  await own.database.raw(`create or replace function guestlist.append_audit_link(event guestlist.audit_event) returns void language sql as $$
    insert into guestlist.audit_link
      select newest.seq + 1, event.id, sha256(newest.hash) from guestlist.audit_link newest order by seq desc limit 1 $$`);
  await record('deceived');
  expect((await verifyAudit(own.database)).break).toMatchObject({ kind: 'changed', seq: 6 });
});

it('more than one page is proven to the end', { timeout: 60_000 }, async () => {
  await own.database.raw(`insert into guestlist.audit_event (id, at, actor, action, subject)
    select 'bulk-' || lpad(n::text, 6, '0'), now(), 'operator', 'grant.added', 'bulk' from generate_series(1, 9995) n`);
  expect(await verifyAudit(own.database, { head })).toMatchObject({ eventCount: 10_000, break: undefined });
  await tamper(`update guestlist.audit_event set actor = 'bob' where id = ${idAt(10_000)}`);
  expect((await verifyAudit(own.database)).break).toMatchObject({ kind: 'changed', seq: 10_000 });
});

it('a head is written as a number and a hash, and read back', () => {
  expect(parseHead(formatHead(head))).toEqual(head);
  for (const wrong of ['', '5', `5:${'g'.repeat(64)}`, `5:${'0'.repeat(63)}`, `-5:${'0'.repeat(64)}`, ` 5:${'0'.repeat(64)}`]) {
    expect(parseHead(wrong), wrong).toBeUndefined();
  }
});
