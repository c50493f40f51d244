import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { count } from '../support/invariants.ts';
import { mailbox } from '../support/mail.ts';
import { becomeMember, join } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createPersonsProgram, createProgram, type Program, type Told } from './calling.ts';

let server: TestServer;
let program: Program;
let manager: Program;

beforeAll(async () => {
  server = await startTestServer();
  program = await createProgram(server);
  for (const slug of ['choir', 'crew']) await server.addGroup(slug);
  const maya = await becomeMember(server, { group: 'choir:manager', email: 'maya@example.org', name: 'Maya' });
  manager = await createPersonsProgram(server, maya.browser);
});
afterAll(() => server.close());

const make = async (body: object) => (await program.call('createInvitation', { body: { groups: ['choir'], ...body } })).json;
// biome-ignore lint/suspicious/noExplicitAny: a test looks into what it expects.
const rowsOf = ({ text }: Told): any[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const load = (type: 'ndjson' | 'csv', body: string, { by = program, dryRun = 'no' } = {}) =>
  by.call('importInvitations', {
    body,
    query: { dryRun },
    headers: { 'content-type': type === 'csv' ? 'text/csv' : 'application/x-ndjson' },
  });

describe('the same to many', () => {
  test('each has an answer of its own, and what is not theirs is not there', async () => {
    const [one, other, foreign] = [await make({}), await make({ email: 'ben@example.org' }), await make({ groups: ['crew'] })];
    const ids = [one.id, other.id, foreign.id, 'nothing', one.id];
    const extended = await manager.call('bulkInvitations', { body: { ids, deed: 'extend', bySeconds: 3_600 } });
    expect(extended.json.items).toEqual([
      { id: one.id, ok: true },
      { id: other.id, ok: true },
      { id: foreign.id, ok: false, code: 'invitation_not_found' },
      { id: 'nothing', ok: false, code: 'invitation_not_found' },
    ]);
    const resent = await program.call('bulkInvitations', { body: { ids, deed: 'resend' } });
    expect(resent.json.items.map(({ code }: { code?: string }) => code)).toEqual([
      'no_addressee',
      undefined,
      'no_addressee',
      'invitation_not_found',
    ]);
    const revoked = await program.call('bulkInvitations', { body: { ids: [one.id, foreign.id], deed: 'revoke' } });
    expect(revoked.json.items.map(({ ok }: { ok: boolean }) => ok)).toEqual([true, true]);
    expect((await program.call('getInvitation', { params: { invitationId: foreign.id } })).json.state).toBe('revoked');
    const past = await program.call('bulkInvitations', { body: { ids: [other.id], deed: 'extend', expiresAt: '2001-01-01T00:00:00Z' } });
    expect(past.json.items).toMatchObject([{ ok: false, code: 'wish_invalid' }]);
    for (const body of [
      { ids: [], deed: 'revoke' },
      { ids: ['a'], deed: 'extend' },
      { ids: ['a'], deed: 'revoke', bySeconds: 60 },
    ])
      expect(await program.call('bulkInvitations', { body })).toMatchObject({ status: 422 });
  });
});

describe('a file of invitations with a key', () => {
  const send = (body: string) =>
    program.call('importInvitations', { body, headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': 'spring-cards' } });

  test('sent again, each row that has nothing of its own to be known by is answered the same', async () => {
    const row = JSON.stringify({ groups: ['choir'] });
    const told = rowsOf(await send(`${row}\n${row}\n`));
    expect(told.map(({ ok }) => ok)).toEqual([true, true]);
    expect(new Set(told.map(({ id }) => id)).size).toBe(2);
    expect(rowsOf(await send(`${row}\n${row}\n${row}\n`)).slice(0, 2)).toEqual(told);
    expect(rowsOf(await send(`${row}\n${JSON.stringify({ groups: ['crew'] })}\n`))[1]).toMatchObject({ ok: false, code: 'key_used' });
  });
});

describe('a file of invitations', () => {
  const file = [
    { groups: ['choir'], email: 'ada@example.org', message: 'Hello, Ada' },
    { groups: ['choir'], key: 'card-1', pin: true, maxUses: 2 },
    { groups: ['nowhere'], email: 'x@example.org' },
    { groups: ['choir'] },
  ];
  const ndjson = `${file.map((row) => JSON.stringify(row)).join('\n')}\n{"groups":["choir"],"groups":[]}\n{"groups":`;

  test('is tried without anything being made', async () => {
    const before = [
      await count(server.database, 'invitation'),
      await count(server.database, 'mail'),
      await count(server.database, 'audit_event'),
    ];
    const told = await load('ndjson', ndjson, { dryRun: 'yes' });
    expect(told.status).toBe(200);
    expect(rowsOf(told)).toEqual([
      { line: 1, ok: true },
      { line: 2, ok: true, key: 'card-1' },
      { line: 3, ok: false, code: 'group_not_found', problem: 'slug nowhere' },
      { line: 4, ok: false, code: 'wish_invalid', problem: 'key: is needed where there is no email' },
      { line: 5, ok: false, code: 'body_malformed' },
      { line: 6, ok: false, code: 'body_malformed' },
    ]);
    const after = [
      await count(server.database, 'invitation'),
      await count(server.database, 'mail'),
      await count(server.database, 'audit_event'),
    ];
    expect(after).toEqual(before);
  });

  test('is made row by row; sent again, it is answered the same and nobody is mailed twice', async () => {
    const [first, again] = [await load('ndjson', ndjson), await load('ndjson', ndjson)];
    const [ada, card, ...refused] = rowsOf(first);
    expect(ada).toEqual({ line: 1, ok: true, id: expect.any(String) });
    expect(card).toMatchObject({
      line: 2,
      ok: true,
      key: 'card-1',
      url: expect.stringContaining('/invite/'),
      pin: expect.stringMatching(/^\d{6}$/),
    });
    expect(refused.map(({ ok }) => ok)).toEqual([false, false, false, false]);
    expect(again.text).toBe(first.text);
    expect(await mailbox(server.database, 'ada@example.org')).toHaveLength(1);
    const other = await load('ndjson', JSON.stringify({ groups: ['choir'], key: 'card-1' }));
    expect(rowsOf(other)).toMatchObject([{ ok: false, code: 'key_used' }]);
  });

  test('can be a table, whose formulas are text', async () => {
    const csv = [
      'E-Mail;Groups;Max uses;Label;Approval;Expires at;Ends;Key',
      'cleo@example.org;choir, crew;;=1+1;yes;2036-01-01T00:00:00Z;86400;',
      ';choir;7;"two\nlines";no;;;k2',
      ';choir;many;;;;;k3',
      ';choir;1;;;;;k4;too many',
    ].join('\r\n');
    const rows = rowsOf(await load('csv', csv));
    expect(rows.map(({ line, ok, problem }) => ({ line, ok, problem }))).toEqual([
      { line: 2, ok: true, problem: undefined },
      { line: 3, ok: false, problem: expect.stringContaining('label') },
      { line: 5, ok: false, problem: expect.stringContaining('maxUses') },
      { line: 6, ok: false, problem: 'row: has more cells than there are columns' },
    ]);
    const { json } = await program.call('getInvitation', { params: { invitationId: rows[0].id } });
    expect(json).toMatchObject({
      grants: ['choir:member', 'crew:member'],
      label: '=1+1',
      approval: true,
      expiresAt: '2036-01-01T00:00:00.000Z',
    });
    const exported = await program.call('exportInvitations', { query: { email: 'cleo' } });
    expect(exported.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(exported.headers.get('content-disposition')).toContain('invitations.csv');
    const [header, row, ...more] = exported.text.trimEnd().split('\r\n');
    expect(header).toMatch(/^"id","state","label","email"/);
    expect(row).toContain(`"'=1+1","cleo@example.org","choir:member crew:member"`);
    expect(more).toEqual([]);
  });

  test('as a whole is refused for a column that is not known, another kind of file, or too much of it', async () => {
    expect(await load('csv', 'email,shoe size\na@example.org,44')).toMatchObject({
      status: 422,
      json: { code: 'wish_invalid', field: 'columns' },
    });
    expect(await load('csv', 'email,e-mail\na@example.org,b@example.org')).toMatchObject({ status: 422, json: { field: 'columns' } });
    expect(await program.call('importInvitations', { body: '{}' })).toMatchObject({ status: 415 });
    expect(await load('ndjson', `${JSON.stringify({ message: 'x'.repeat(60_000) })}\n`.repeat(300))).toMatchObject({ status: 413 });
  });

  test('of a manager makes what they may, and nothing else', async () => {
    const wishes = [
      { groups: ['choir'], key: 'm1' },
      { groups: ['crew'], key: 'm2' },
    ]
      .map((row) => JSON.stringify(row))
      .join('\n');
    expect(rowsOf(await load('ndjson', wishes, { by: manager }))).toMatchObject([
      { ok: true, key: 'm1' },
      { ok: false, key: 'm2', code: 'group_not_found' },
    ]);
  });
});

test('an export goes on where a page ends, and has what its reader may see', async () => {
  const { id, url } = await make({ maxUses: 3 });
  await join(createBrowser(server.issuer), url, { email: 'exported@example.org' });
  const foreign = await make({ groups: ['crew'] });
  const told = await manager.call('exportInvitations', { query: { format: 'ndjson' } });
  expect(told.headers.get('content-type')).toBe('application/x-ndjson');
  const rows = rowsOf(told);
  expect(rows.find((row) => row.id === id)).toMatchObject({ usedCount: 1, maxUses: 3, state: 'open' });
  expect(rows.some((row) => row.id === foreign.id)).toBe(false);
  expect(told.text).not.toContain('/invite/');
  expect(await manager.call('exportInvitations', { query: { group: 'crew' } })).toMatchObject({ status: 404 });
});
