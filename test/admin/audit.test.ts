import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordAudit } from '../../src/audit/audit.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createProgram, type Program, type Told } from './calling.ts';

let server: TestServer;
let program: Program;

beforeAll(async () => {
  server = await startTestServer();
  program = await createProgram(server);
});
afterAll(() => server.close());

const record = async (subject: string, actor = 'operator') => {
  const event = { at: server.now(), actor, action: 'grant.added', subject, detail: { grants: ['=1+1'] } } as const;
  await recordAudit(server.database, event, secureRandom);
  server.pass(0.002);
};
const subjectsOf = ({ json }: Told): string[] => json.items.map(({ subject }: { subject: string }) => subject);

describe('the record', () => {
  test('is read by what, who, whom and when, the newest first, page by page', async () => {
    const start = server.now().toISOString();
    for (const subject of ['s1', 's2', 's3']) await record(subject, subject === 's2' ? 'ada' : 'operator');
    const middle = server.now().toISOString();
    await record('s4');
    const list = (query: Record<string, string | number>) => program.call('listAuditEvents', { query: { after: start, ...query } });
    expect(subjectsOf(await list({}))).toEqual(['s4', 's3', 's2', 's1']);
    expect(subjectsOf(await list({ before: middle }))).toEqual(['s3', 's2', 's1']);
    expect(subjectsOf(await list({ after: middle }))).toEqual(['s4']);
    expect(subjectsOf(await list({ actor: 'ada' }))).toEqual(['s2']);
    expect(subjectsOf(await list({ subject: 's3', action: 'grant.added' }))).toEqual(['s3']);
    expect(subjectsOf(await list({ action: 'grant.withdrawn' }))).toEqual([]);
    expect(subjectsOf(await list({ action: 'grant.added', actor: 'operator', before: middle }))).toEqual(['s3', 's1']);
    expect(subjectsOf(await list({ action: 'grant.added', actor: 'ada', subject: 's1' }))).toEqual([]);
    const page = await list({ limit: 2 });
    await record('s5');
    expect(subjectsOf(await list({ limit: 2, cursor: page.json.next }))).toEqual(['s2', 's1']);
    const [newest, next] = page.json.items;
    expect(newest.seq).toBe(next.seq + 1);
  });

  test('is taken along as lines or as a table, all of a span, and that is on record', async () => {
    const after = server.now().toISOString();
    for (let number = 0; number < 1_005; number += 1) await record(`bulk-${number}`);
    const before = server.now().toISOString();
    const lines = await program.call('exportAudit', { query: { after, before } });
    expect(lines.headers.get('content-type')).toMatch(/^application\/x-ndjson/);
    expect(lines.headers.get('content-disposition')).toMatch(/guestlist-audit-[\d-]+\.jsonl/);
    const events = lines.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ subject }) => subject)).toEqual(Array.from({ length: 1_005 }, (_, number) => `bulk-${number}`));
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 1_005 }, (_, index) => events[0].seq + index));
    const table = await program.call('exportAudit', { query: { after, before, format: 'csv', subject: 'bulk-7' } });
    const rows = parse(table.text, { columns: true }) as Record<string, string>[];
    expect(rows).toEqual([expect.objectContaining({ subject: 'bulk-7', detail: '{"grants":["=1+1"]}' })]);
    const { json } = await program.call('listAuditEvents', { query: { action: 'audit.exported' } });
    expect(json.items[0]).toMatchObject({ actor: 'operator', detail: { format: 'csv', after, before } });
  });

  test('what a spreadsheet would take for a formula is text', async () => {
    const after = server.now().toISOString();
    await record('=HYPERLINK("https://evil.example")', '@SUM(A1)');
    const { text } = await program.call('exportAudit', { query: { after, format: 'csv' } });
    const [row] = parse(text, { columns: true }) as Record<string, string>[];
    expect(row).toMatchObject({ subject: `'=HYPERLINK("https://evil.example")`, actor: `'@SUM(A1)` });
  });

  test('is proven to be whole, and a remembered head is found again', async () => {
    const { json } = await program.call('verifyAudit');
    expect(json).toMatchObject({ whole: true, break: null, head: expect.stringMatching(/^\d+:[0-9a-f]{64}$/) });
    await record('later');
    expect((await program.call('verifyAudit', { query: { head: json.head } })).json).toMatchObject({ whole: true });
    const made = `${json.eventCount}:${'0'.repeat(64)}`;
    expect((await program.call('verifyAudit', { query: { head: made } })).json).toMatchObject({
      whole: false,
      break: { kind: 'head_not_found', seq: json.eventCount },
    });
    expect(await program.call('verifyAudit', { query: { head: 'x' } })).toMatchObject({ status: 422 });
  });
});
