/** Campaigns from files and as files: every row has its answer, and what cannot be read leaves nothing behind. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createProgram, type Program } from './calling.ts';

let server: TestServer;
let program: Program & { readonly clientId: string };

beforeAll(async () => {
  server = await startTestServer();
  await server.addGroup('choir');
  program = await createProgram(server);
});
afterAll(() => server?.close());
beforeEach(() => server.database.raw('delete from guestlist.throttle'));

const csv = 'text/csv; charset=utf-8';
const ndjson = 'application/x-ndjson';
const wish = JSON.stringify({ groups: ['choir'] });

type Import = { readonly type?: string; readonly query?: Readonly<Record<string, string>>; readonly key?: string };

const importRows = (body: string, { type = csv, query = {}, key }: Import = {}) => {
  const headers = { 'content-type': type, ...(key && { 'idempotency-key': key }) };
  return program.call('importCampaign', { query: { name: 'File', wish, ...query }, body, headers });
};

const linesIn = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const stored = async () => (await server.database.raw('select count(*)::int as n from guestlist.campaign')).rows[0].n;

describe('a file with a key', () => {
  const file = 'email\nkim@example.net\nlou@example.net\n';

  test('is stored once however often it is sent, at once too, and is answered the same', async () => {
    const before = await stored();
    const told = await Promise.all(Array.from({ length: 5 }, () => importRows(file, { key: 'spring-2030' })));
    told.push(await importRows(file, { key: 'spring-2030' }));
    expect(await stored()).toBe(before + 1);
    expect(new Set(told.map(({ status }) => status))).toEqual(new Set([200]));
    const ofRows = ({ text }: { text: string }) => linesIn(text).map(({ position, answer }) => [position, answer]);
    for (const one of told) expect(ofRows(one)).toEqual(ofRows(told[0] as { text: string }));
    expect(new Set(told.map(({ text }) => linesIn(text).at(-1).campaign.id)).size).toBe(1);
  });

  test('is refused where another file, or another wish, came with it; a dry run takes no key', async () => {
    await importRows(file, { key: 'summer-2030', query: { dryRun: 'yes' } });
    expect((await importRows(file, { key: 'summer-2030' })).status).toBe(200);
    const before = await stored();
    const others = [await importRows(`${file}max@example.net\n`, { key: 'summer-2030' })];
    others.push(await importRows(file, { key: 'summer-2030', query: { name: 'Other' } }));
    expect(others.map(({ status, json }) => [status, json.code])).toEqual(Array(2).fill([422, 'key_used']));
    expect(await stored()).toBe(before);
  });
});

describe('a file', () => {
  const file = 'Mitglied;Adresse\nAda;ada@example.net\nBen;nowhere\nCy;cy@example.net\nAda;ADA@example.net\n';
  const query = { emailColumn: 'Adresse', nameColumn: '1' };

  test('is tried without anything being stored, then stored with the same answers, row by row', async () => {
    const before = await stored();
    const dry = await importRows(file, { query: { ...query, dryRun: 'yes' } });
    expect([dry.status, dry.headers.get('content-type')]).toEqual([200, ndjson]);
    const answers = linesIn(dry.text);
    expect(answers).toEqual([
      { position: 2, answer: 'valid', email: 'ada@example.net', name: 'Ada' },
      { position: 3, answer: 'not_an_email', email: null, name: null },
      { position: 4, answer: 'valid', email: 'cy@example.net', name: 'Cy' },
      { position: 5, answer: 'duplicate', email: 'ADA@example.net', name: 'Ada' },
      { counts: { valid: 2, not_an_email: 1, duplicate: 1 } },
    ]);
    expect(await stored()).toBe(before);

    const told = linesIn((await importRows(file, { query })).text);
    const { campaign, counts } = told.at(-1);
    expect(counts).toEqual({ valid: 2, not_an_email: 1, duplicate: 1 });
    expect(campaign).toMatchObject({ name: 'File', kind: 'mailed', rows: 4, waiting: 2, failed: 2 });
    const answered = ({ position, answer }: { position: number; answer: string }) => [position, answer];
    expect(told.slice(0, -1).map(answered)).toEqual(answers.slice(0, -1).map(answered));
    const { rows } = await server.database.raw(
      "select detail from guestlist.audit_event where subject = ? and action = 'campaign.created'",
      [campaign.id],
    );
    expect(rows).toEqual([{ detail: expect.objectContaining({ client: program.clientId, rows: 4 }) }]);
  });

  test('of lines of JSON is read with names of its own; what is no object is answered, and takes no other along', async () => {
    const rows = [
      '{"mail":"dora@example.net","name":"Dora","more":[1]}',
      'not json',
      '["eve@example.net"]',
      '',
      '{"mail":"eve@example.net","name":"\\ud800"}',
      '{"mail":17}',
      '{"mail":"finn@example.net","key":5}',
    ];
    const told = await importRows(rows.join('\n'), { type: ndjson, query: { emailColumn: 'mail', dryRun: 'yes' } });
    expect(linesIn(told.text).map(({ position, answer, counts }) => counts ?? [position, answer])).toEqual([
      [1, 'valid'],
      [2, 'malformed'],
      [3, 'malformed'],
      [5, 'malformed'],
      [6, 'not_an_email'],
      [7, 'valid'],
      { valid: 2, malformed: 3, not_an_email: 1 },
    ]);
  });

  test('that cannot be read at all is refused with a status, and nothing of it stays', async () => {
    const before = await stored();
    const refused: [string, Import, number, string][] = [
      ['', {}, 422, 'wish_invalid'],
      ['name,place\nAda,Bonn\n', {}, 422, 'wish_invalid'],
      ['a@example.net\n', { query: { emailColumn: 'street' } }, 422, 'wish_invalid'],
      ['a@example.net\n', { type: 'application/json' }, 415, 'media_type_unsupported'],
      ['a@example.net\n', { query: { wish: '{"groups":' } }, 422, 'wish_invalid'],
      ['a@example.net\n', { query: { wish: '{"groups":["choir"],"maxUses":5}' } }, 422, 'wish_invalid'],
      ['a@example.net\n', { query: { wish: '{"groups":["nowhere"]}' } }, 404, 'group_not_found'],
    ];
    for (const [body, more, status, code] of refused)
      for (const dryRun of ['yes', 'no'])
        expect(await importRows(body, { ...more, query: { ...more.query, dryRun } }), body).toMatchObject({ status, json: { code } });
    expect(await stored()).toBe(before);
  });

  test('broken off in the middle leaves nothing behind', async () => {
    const countRows = async () => (await server.database.raw('select count(*)::int as n from guestlist.campaign_row')).rows[0].n;
    const [campaigns, rows] = [await stored(), await countRows()];
    const cable = new AbortController();
    const half = Array.from({ length: 3_000 }, (_, index) => `broken${index}@example.net\n`).join('');
    const sent = fetch(`${server.issuer}/api/v1/campaigns/import?${new URLSearchParams({ name: 'Broken', wish })}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${program.token}`, 'content-type': csv },
      body: new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(`email\n${half}`)) }),
      signal: cable.signal,
      duplex: 'half',
    });
    await expect.poll(countRows, { timeout: 15_000 }).toBeGreaterThan(rows);
    cable.abort();
    await expect(sent).rejects.toThrow();
    await expect.poll(stored, { timeout: 15_000 }).toBe(campaigns);
    expect(await countRows()).toBe(rows);
  });
});

test('what came of each row is a file: CSV that no spreadsheet runs, or lines of JSON', async () => {
  const told = linesIn((await importRows('email,name\ngus@example.net,=1+1\nnobody,\n')).text);
  const params = { campaignId: told.at(-1).campaign.id };
  const table = await program.call('exportCampaign', { params });
  expect(table.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(table.headers.get('content-disposition')).toContain(`campaign-${params.campaignId}.csv`);
  expect(table.text).toContain(`"'=1+1"`);
  expect(table.text.trimEnd().split('\r\n').length).toBe(3);
  const lines = await program.call('exportCampaign', { params, query: { format: 'ndjson' } });
  expect(linesIn(lines.text)).toMatchObject([
    { position: 2, email: 'gus@example.net', name: '=1+1', state: 'waiting', madeAt: null },
    { position: 3, email: null, state: 'failed', failure: 'not_an_email', failedAt: expect.stringMatching(/Z$/) },
  ]);
});
