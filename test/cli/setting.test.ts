/** `guestlist setting`: the same on the database and against a server. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import { commandLine, settingsFor, ways } from './guestlist.ts';

vi.setConfig({ testTimeout: 60_000 });

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

describe.each(ways)('%s', (way) => {
  let settings: Awaited<ReturnType<typeof settingsFor>> = {};
  const { guestlist, lines, json } = commandLine(() => settings);
  beforeAll(async () => {
    settings = await settingsFor(way, server);
  });

  it('sets, lists and unsets, and says where each value is from', async () => {
    expect(await lines('setting', 'set', 'brand', 'Kammerchor Nord')).toEqual(['brand        Kammerchor Nord  (stored)']);
    const { settings: known, facts } = await json('setting', 'list');
    expect(known.brand).toMatchObject({ value: 'Kammerchor Nord', source: 'stored' });
    expect(facts.issuer).toBe(server.issuer);
    expect(await lines('setting', 'unset', 'brand')).toEqual(['brand        Guestlist  (default)']);
  });

  it('takes a logo from a file', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'logo-')), 'logo.svg');
    await writeFile(file, '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10"><path d="M0 0h20v10z"/></svg>');
    expect(await lines('setting', 'set', 'logo', file)).toEqual(['logo         image/svg+xml 20×10  (stored)']);
    await lines('setting', 'unset', 'logo');
    expect((await guestlist('setting', 'set', 'logo', '/no/such/file')).exitCode).toBe(2);
  });

  it('refuses what cannot be with a sentence', async () => {
    const { exitCode, stderr } = await guestlist('setting', 'set', 'accent', '#ffcc00');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error: .*accent.* has a contrast of 1\.\d.*the nearest colour that has it is #[0-9a-f]{6}/);
    const unknown = await guestlist('setting', 'set', 'colour', 'red');
    expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining('accent-dark')]);
  });
});
