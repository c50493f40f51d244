/** Many invitations by command: written as a file, made from one with an answer for each row, and the same done to each. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { mailbox } from '../support/mail.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { commandLine, settingsFor, ways } from './guestlist.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let server: TestServer;
let folder: string;
let settings: Readonly<Record<string, string>>;
const { guestlist, lines, json } = commandLine(() => settings);
const file = (name: string) => joinPath(folder, name);

describe.each(ways)('%s', (way) => {
  beforeAll(async () => {
    folder = await mkdtemp(joinPath(tmpdir(), 'guestlist-files-'));
    server = await startTestServer();
    settings = await settingsFor(way, server);
    await server.addGroup('choir');
  });
  afterAll(async () => {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('a dry run answers each row that would be refused, and makes nothing', async () => {
    await writeFile(
      file('people.csv'),
      'email;groups;key\nada@example.org;choir;\nnobody;choir;\neve@example.org;none;\n;choir;k1\n'.replaceAll(';', ','),
    );
    const { exitCode, stdout, stderr } = await guestlist('invitation', 'import', file('people.csv'), '--dry-run');
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^ {2}3 {2}wish_invalid {2}email/),
      expect.stringMatching(/^ {2}4 {2}group_not_found {2}slug none/),
      '2 could be made, 2 refused. Nothing was made.',
    ]);
    expect(await lines('invitation', 'list')).toEqual(['There is no invitation yet.']);
  });

  it('a file is imported: each row is answered, links are told once, and mails are sent', async () => {
    const answer = await guestlist('invitation', 'import', file('people.csv'), '--json');
    expect(answer.exitCode).toBe(1);
    const { made, refused, rows } = JSON.parse(answer.stdout);
    expect({ made, refused, lines: rows.map(({ line, ok }: { line: number; ok: boolean }) => [line, ok]) }).toEqual({
      made: 2,
      refused: 2,
      lines: [
        [2, true],
        [3, false],
        [4, false],
        [5, true],
      ],
    });
    expect((await createBrowser(server.issuer).open(rows[3].url)).status).toBe(200);
    expect((await mailbox(server.database, 'ada@example.org')).length).toBe(1);
    await writeFile(file('more.ndjson'), '{"groups":["choir"],"key":"k2","label":"Tenors of spring","maxUses":3,"pin":true}\n');
    const [row, figures] = await lines('invitation', 'import', file('more.ndjson'));
    expect(row).toMatch(/^ {2}1 {2}\S{36} {2}http\S+\/invite\/\S{22} {2}[0-9A-Z-]+ {2}PIN \d{6}$/);
    expect(figures).toBe('1 made, 0 refused.');
  });

  it('they are listed and exported by the same filters', async () => {
    expect((await lines('invitation', 'list', '--email', 'ada@')).length).toBe(1);
    expect((await lines('invitation', 'list', '--label', 'TENORS')).length).toBe(1);
    expect(await lines('invitation', 'list', '--state', 'revoked')).toEqual(['There is no such invitation.']);
    expect((await json('invitation', 'list', '--group', 'choir', '--inviter', 'operator')).length).toBe(3);
    expect((await json('invitation', 'list', '--created-before', '2020-01-01')).length).toBe(0);
    const csv = await lines('invitation', 'export', '--email', 'ada@');
    expect(csv.map((line) => line.split(',').slice(1, 4).join(' '))).toEqual(['"state" "label" "email"', '"open"  "ada@example.org"']);
    await guestlist('invitation', 'export', '--format', 'ndjson', '--file', file('all.ndjson'));
    expect(
      (await readFile(file('all.ndjson'), 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).grants),
    ).toEqual(Array.from({ length: 3 }, () => ['choir:member']));
    expect((await stat(file('all.ndjson'))).mode & 0o777).toBe(0o600);
  });

  it('the same is done to many, with an answer for each', async () => {
    const ids = (await json('invitation', 'list')).map(({ id }: { id: string }) => id);
    expect(await lines('invitation', 'bulk', 'extend', ...ids, '--by', '7d')).toEqual(['3 done, 0 refused.']);
    const none = '0198c0de-0000-7000-8000-000000000000';
    const revoked = await guestlist('invitation', 'bulk', 'revoke', ids[0], none);
    expect(revoked).toEqual({ exitCode: 1, stdout: `  ${none}  invitation_not_found\n1 done, 1 refused.\n`, stderr: '' });
    expect((await json('invitation', 'list', '--state', 'revoked')).length).toBe(1);
    expect((await lines('invitation', 'tokens', ids[1])).length).toBe(1);
    expect(await lines('invitation', 'leaks', ids[1])).toEqual(['Nothing points to a link in the wrong hands.']);
  });

  it.each([
    [['import', 'none.csv'], /none\.csv cannot be read/],
    [['import', '/etc/hostname'], /'--format'/],
    [['bulk', 'dance', 'x'], /one of revoke, resend, extend/],
    [['bulk', 'extend', 'x'], /'--by' goes with extend/],
    [['bulk', 'revoke', 'x', '--expires', '7d'], /'--expires' goes with resend/],
    [['list', '--state', 'new'], /'--state <state>'.*Allowed choices/],
    [['export', '--created-after', 'yesterday'], /'--created-after <date>'/],
  ])('a mistake ends with 2: %j', async (args, message) => {
    expect(await guestlist('invitation', ...args)).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(message) });
  });
});
