/** `guestlist api`: every operation by its name, in both ways. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type OperationId, paths } from '../../src/admin/paths.ts';
import { shellEnvironment } from '../support/command.ts';
import { becomeMember } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { commandLine, settingsFor, ways } from './guestlist.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: TestServer;
let settings: Readonly<Record<string, string>>;
const folder = mkdtempSync(joinPath(tmpdir(), 'guestlist-'));
const { guestlist, lines, json } = commandLine(() => settings);
const file = (name: string, content: string) => {
  const path = joinPath(folder, name);
  writeFileSync(path, content);
  return path;
};

afterAll(() => rmSync(folder, { recursive: true }));

it('all operations are listed, with their place and what they do', async () => {
  settings = {};
  const { stdout, exitCode } = await guestlist('api', '--list');
  expect(exitCode).toBe(0);
  const listed = stdout.trimEnd().split('\n');
  expect(listed.map((line) => line.split(/\s+/).slice(0, 3).join(' '))).toEqual(
    (Object.keys(paths) as OperationId[]).map((id) => `${id} ${paths[id]}`),
  );
  expect(listed[0]).toMatch(/^listGroups +GET +\/groups +All groups/);
  expect((await json('api', '--list'))[0]).toEqual({
    operation: 'listGroups',
    method: 'GET',
    path: '/groups',
    summary: expect.any(String),
    scope: 'groups:read',
  });
});

describe.each(ways)('%s', (way) => {
  beforeAll(async () => {
    server = await startTestServer();
    settings = await settingsFor(way, server);
  });
  afterAll(() => server?.close());

  it('things are made, listed as a table, shown by name and value, and removed', async () => {
    expect(await json('api', 'createGroup', '--body', '{"slug":"choir","name":"Kammerchor","rights":["plan:read"]}')).toMatchObject({
      slug: 'choir',
      parent: null,
    });
    const body = file('board.json', JSON.stringify({ slug: 'board', name: 'Board' }));
    expect((await lines('api', 'createGroup', '--body', `@${body}`)).map((line) => line.split(/ {2,}/))).toEqual(
      expect.arrayContaining([
        ['slug', 'board'],
        ['memberCount', '0'],
        ['sensitive', 'false'],
      ]),
    );
    const [head, ...rows] = await lines('api', 'listGroups');
    expect(head?.split(/ {2,}/).slice(0, 4)).toEqual(['id', 'slug', 'name', 'rights']);
    expect(rows.map((row) => row.split(/ {2,}/).slice(1, 3))).toEqual([
      ['board', 'Board'],
      ['choir', 'Kammerchor'],
    ]);
    for (const row of rows) expect(row.indexOf(row.includes('Board') ? 'Board' : 'Kammerchor')).toBe(head?.indexOf('name'));
    expect(await lines('api', 'removePolicy', '--param', 'slug=choir')).toEqual(['It is done.']);
    expect(await json('api', 'removePolicy', '--param', 'slug=choir')).toBe(null);
    expect(await lines('api', 'listMembers', '--param', 'slug=choir')).toEqual(['There is nothing.']);
  });

  it('a list goes on where the page before ended', async () => {
    for (const name of ['ada', 'bea', 'cem']) await becomeMember(server, { group: 'choir', email: `${name}@example.org`, name });
    const members = ['api', 'listMembers', '--param', 'slug=choir', '--query', 'limit=2'];
    const page = await lines(...members);
    expect(page).toHaveLength(4);
    const cursor = /^There is more: --query (cursor=.+)$/.exec(page[3] ?? '')?.[1] ?? '';
    const next = await lines(...members, '--query', cursor);
    expect(next).toHaveLength(2);
    expect(next[1]).toContain('ada@example.org');
  });

  it('a file goes in, and a file comes out', async () => {
    const rows = file('rows.csv', 'email,name\ndora@example.org,Dora\nnonsense,Nobody\n');
    const call = ['api', 'importCampaign', '--query', 'name=Spring', '--query', 'wish={"groups":["choir"]}', '--query', 'dryRun=yes'];
    const answers = (await lines(...call, '--file', rows)).map((line) => JSON.parse(line));
    expect(answers).toHaveLength(3);
    expect(answers[2].counts).toEqual(expect.any(Object));
    const lost = joinPath(folder, 'rows');
    expect(await guestlist(...call)).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/needs '--file': text\/csv or /) });
    expect(await guestlist(...call, '--file', lost)).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/'--type' must say/) });
    expect(await guestlist(...call, '--file', lost, '--type', 'text/csv')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/'--file' must name/),
    });
    const audit = (await lines('api', 'exportAudit')).map((line) => JSON.parse(line).action);
    expect(audit).toContain('group.created');
  });

  it('a body comes from standard input', async () => {
    const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
    const env = { ...shellEnvironment, ...settings };
    const child = spawn(process.execPath, [main, 'api', 'createRight', '--body', '-', '--json'], { env });
    child.stdin.end('{"name":"door:open"}');
    expect(JSON.parse(await text(child.stdout))).toEqual({ name: 'door:open', description: '' });
  });

  it.each([
    [
      ['createGroup', '--body', '{"slug":"A","capacity":0,"x":1}'],
      /^error: slug .*; name is needed; capacity must be 1 or more; x is not known here\n$/,
    ],
    [['createGroup', '--body', '{'], /^error: option '--body' must be JSON/],
    [['createGroup', '--body', '@/does/not/exist'], /^error: option '--body' must be JSON/],
    [['createGroup', '--body', '{"slug":"x","name":"X"}', '--file', 'x'], /createGroup takes no '--file'/],
    [['listGroups', '--body', '{}'], /listGroups takes no '--body'/],
    [['listGroups', '--query', 'colour=red'], /^error: colour is not known here/],
    [['listGroups', '--query', 'archived'], /It must be a name and a value/],
    [['getGroup'], /option '--param slug=…' is needed: GET \/groups\/\{slug\}/],
    [['getGroup', '--param', 'slug=x', '--param', 'id=1'], /getGroup has no '--param id=…'/],
    [['groups'], /There is no such operation, but listGroups/],
    [[], /say which operation/],
  ])('%j is a mistake in the call', async (args, told) => {
    expect(await guestlist('api', ...args)).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(told) });
  });

  it('what is refused has its sentence', async () => {
    expect(await guestlist('api', 'getGroup', '--param', 'slug=nobody')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^There is no group nobody/),
    });
  });
});
