/** Campaigns by command: made from files, looked at, printed, ended. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { commandLine, settingsFor, ways } from './guestlist.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: TestServer;
let folder: string;
let settings: Readonly<Record<string, string>>;
const { guestlist, lines, json } = commandLine(() => settings);
const file = (name: string) => joinPath(folder, name);

describe.each(ways)('%s', (way) => {
  beforeAll(async () => {
    folder = await mkdtemp(joinPath(tmpdir(), 'guestlist-campaign-'));
    server = await startTestServer();
    settings = await settingsFor(way, server);
    await server.addGroup('choir', { name: 'Kammerchor Nord' });
  });
  afterAll(async () => {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('a file is checked, and nothing is stored; then it is made, run and shown', async () => {
    expect(await lines('campaign', 'list')).toEqual(['There is no campaign yet.']);
    await writeFile(file('people.csv'), 'Kontakt;Vorname\nada@example.org;Ada\nwrong;\u001b[31mX\nada@example.org;Ada\n');
    const from = ['--group', 'choir', '--csv', file('people.csv'), '--email-column', 'Kontakt', '--name-column', 'Vorname'];
    expect(await lines('campaign', 'check', ...from)).toEqual([
      '  3  not_an_email',
      '  4  duplicate  ada@example.org  Ada',
      '1 valid, 1 not_an_email, 1 duplicate. Nothing was stored.',
    ]);
    expect((await json('campaign', 'check', ...from)).counts).toEqual({ valid: 1, not_an_email: 1, duplicate: 1 });
    expect(await lines('campaign', 'list')).toEqual(['There is no campaign yet.']);
    const { id, problems, ...made } = await json('campaign', 'create', 'Spring', ...from);
    expect(made).toMatchObject({ state: 'running', waiting: 1, failed: 2, cards: [] });
    expect(problems.length).toBe(2);
    expect((await lines('campaign', 'run', id))[0]).toBe(`${id}  done       mailed  1 made, 0 waiting, 2 failed of 3  Spring`);
    const shown = await lines('campaign', 'show', id, '--rows');
    expect(shown[1]).toBe('made 1, mailed 0, bounced 0, opened 0, started 0, joined 0, declined 0, expired 0, revoked 0');
    expect(shown.at(-3)).toMatch(/^ {2}2 {2}made {2}ada@example\.org {2}Ada {2}\S+$/);
    expect(shown.slice(-2)).toEqual(['  3  not_an_email', '  4  duplicate']);
    await guestlist('campaign', 'export', id, '--file', file('rows.csv'));
    expect((await readFile(file('rows.csv'), 'utf8')).split('\r\n')[1]).toMatch(/^"2","ada@example.org","Ada","made",,"/);
    expect((await stat(file('rows.csv'))).mode & 0o777).toBe(0o600);
    expect((await lines('campaign', 'export', id)).length).toBe(4);
    expect((await lines('campaign', 'cancel', id, '--revoke'))[1]).toBe('1 were revoked.');
    expect((await lines('campaign', 'resume', id))[0]).toContain('done');
  });

  it('cards are written to a file for their owner alone, once, and a code on it opens its invitation', async () => {
    const sheet = file('cards.html');
    const created = await json('campaign', 'create', 'Cards', '--group', 'choir', '--cards', '3', '--pin', '--sheet', sheet);
    expect(created.cards.length).toBe(3);
    expect((await stat(sheet)).mode & 0o777).toBe(0o600);
    const html = await readFile(sheet, 'utf8');
    for (const { url, code, pin } of created.cards) for (const told of [url, code, pin]) expect(html).toContain(told);
    expect((await createBrowser(server.issuer).open(created.cards[0].url)).status).toBe(200);
    expect((await lines('campaign', 'name-card', created.id, '2', 'Ada Park'))[0]).toBe('Card 2 is Ada Park’s.');
    expect((await lines('campaign', 'show', created.id, '--rows')).join('\n')).toMatch(/2 {2}made {4}Ada Park/);
    // Never written over, and not made again.
    expect(await guestlist('campaign', 'run', created.id, '--sheet', sheet)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/there already/),
    });
    expect(await readFile(sheet, 'utf8')).toBe(html);
    await lines('campaign', 'run', created.id, '--sheet', file('again.html'));
    await expect(stat(file('again.html'))).rejects.toThrow();
    const printed = await lines('campaign', 'create', 'More', '--group', 'choir', '--cards', '1');
    expect(printed[1]).toMatch(/^ {2}1 {2}http\S+\/invite\/\S{22} {2}[0-9A-Z-]+$/);
  });

  it('pasted addresses come from a file too', async () => {
    await writeFile(file('people.txt'), 'Ben Okafor <ben@example.org>, eve@example.org');
    const created = await json('campaign', 'create', 'Pasted', '--group', 'choir', '--addresses', file('people.txt'), '--run');
    expect(created).toMatchObject({ state: 'done', made: 2 });
  });

  it('mistakes are told, and nothing is made', async () => {
    const create = (...args: string[]) => guestlist('campaign', 'create', 'Wrong', ...args);
    const before = (await json('campaign', 'list')).length;
    await writeFile(file('latin.csv'), Buffer.from('name\nJ\u00f6rg\n', 'latin1'));
    await writeFile(file('utf16.csv'), Buffer.from('\ufeffemail\nada@example.org\n', 'utf16le'));
    for (const [args, exitCode, sentence] of [
      [['--group', 'choir'], 2, /'--csv', '--addresses' and '--cards'/],
      [['--group', 'choir', '--cards', '1', '--csv', 'x'], 2, /with one of/],
      [['--group', 'choir', '--cards', '0'], 2, /whole number/],
      [['--group', 'choir', '--cards', '1', '--max-uses', '3'], 2, /one person/],
      [['--group', 'choir', '--csv', file('none.csv')], 2, /cannot be read/],
      [['--group', 'choir', '--csv', file('latin.csv')], 2, /no column/],
      [['--group', 'choir', '--csv', file('utf16.csv')], 2, /UTF-16/],
      [['--group', 'choir', '--addresses', file('people.txt'), '--pin'], 2, /'--pin' needs cards/],
      [['--group', 'choir', '--addresses', file('people.txt'), '--sheet', file('x.html')], 2, /'--sheet' goes with '--cards'/],
      [['--group', 'none', '--cards', '1', '--sheet', file('never.html')], 1, /no group none/],
      [['--cards', '1'], 2, /must give something/],
    ] as const) {
      const end = await create(...args);
      expect({ args, ...end }).toMatchObject({ args, exitCode, stderr: expect.stringMatching(sentence) });
    }
    await expect(stat(file('never.html'))).rejects.toThrow();
    expect((await json('campaign', 'list')).length).toBe(before);
    for (const command of ['show', 'run', 'cancel', 'resume', 'export'])
      expect(await guestlist('campaign', command, 'none')).toMatchObject({ exitCode: 1, stderr: 'There is no campaign with this id.\n' });
  });
});
