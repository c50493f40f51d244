/** Another link of the same invitation, who waits for a decision, and templates that are not wanted any more, by command. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { goodPassword, join, openAsNewcomer } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { commandLine, settingsBeside, settingsFor, ways } from './guestlist.ts';

// Each command is a process, which takes a second of a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let server: TestServer;
let settings: Readonly<Record<string, string>>;
const { guestlist, lines, json } = commandLine(() => settings);
// The operator's, who may also say whom they stand in for.
const beside = commandLine(() => settingsBeside(server));

describe.each(ways)('%s', (way) => {
  beforeAll(async () => {
    server = await startTestServer();
    settings = await settingsFor(way, server);
    await server.addGroup('choir');
    await server.guestlist.addRight({ name: 'guestlist:admin' });
    await joinThrough((await server.guestlist.invite({ rights: ['guestlist:admin'] })).url, 'admin@example.org');
    await joinThrough((await server.guestlist.invite({ groups: ['choir'] })).url, 'ada@example.org');
  });
  afterAll(async () => {
    await server?.close();
  });

  async function joinThrough(url: string, email: string): Promise<void> {
    await join(createBrowser(server.issuer), url, { email });
  }

  async function askThrough(url: string, email: string): Promise<void> {
    const browser = createBrowser(server.issuer);
    const asked = { name: 'Somebody', email, password: goodPassword };
    await browser.submit(await openAsNewcomer(browser, url), 'Create account and ask to join', asked);
  }

  const instant = String.raw`\d{4}-\d{2}-\d{2}T[\d:.]+Z`;
  const like = (pattern: string) => expect.stringMatching(new RegExp(`^${pattern}$`));

  it('another link is told once, and the one before leads nowhere', async () => {
    const { id, url } = await json('invite', '--group', 'choir', '--max-uses', '2');
    const shared = await json('invitation', 'share', id);
    expect(shared).toMatchObject({ id, code: like('[0-9A-Z-]+'), needsConfirming: false });
    expect((await createBrowser(server.issuer).open(url)).status).toBe(410);
    await joinThrough(shared.url, 'shared@example.org');
    const [, code, until] = await beside.lines('invitation', 'share', id, '--as', 'admin@example.org');
    expect([code, until]).toEqual([like('Code: [0-9A-Z-]+'), like(`Until ${instant}`)]);
    expect((await beside.guestlist('invitation', 'share', id, '--as', 'ada@example.org')).stderr).toMatch(/^This account may not do that/);
  });

  it('everybody who waits is listed, for an account those it decides about', async () => {
    const { id, url } = await json('invite', '--group', 'choir', '--approval');
    await askThrough(url, 'kim@example.org');
    expect(await lines('invitation', 'waiting')).toEqual([like(`${id}  kim@example\\.org  choir:member  until ${instant}`)]);
    expect(await beside.json('invitation', 'waiting', '--as', 'admin@example.org')).toMatchObject([
      { invitationId: id, email: 'kim@example.org' },
    ]);
    expect((await beside.guestlist('invitation', 'waiting', '--as', 'ada@example.org')).stderr).toMatch(/^This account may not do that/);
    await lines('invitation', 'reject', id, 'kim@example.org');
  });

  it('a template can be removed, unless people ask to be invited by it', async () => {
    await lines('template', 'add', 'passing', '--group', 'choir');
    expect(await lines('template', 'remove', 'passing')).toEqual(['The template passing is gone.']);
    expect((await guestlist('template', 'remove', 'passing')).stderr).toMatch(/^There is no template passing/);
    await lines('template', 'add', 'asked', '--group', 'choir');
    await lines('request', 'open', 'choir', '--template', 'asked');
    expect(await guestlist('template', 'remove', 'asked')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('people ask to be invited'),
    });
    await lines('request', 'open', 'choir');
    await lines('template', 'remove', 'asked');
  });
});
