/** The policy of a group, by command; and the invitation that keeps to it. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { join } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { commandLine, settingsBeside, settingsFor, ways } from './guestlist.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: TestServer;
let settings: Readonly<Record<string, string>>;
const { guestlist, lines, json } = commandLine(() => settings);
const beside = commandLine(() => settingsBeside(server));
const usual = ['choir  managers invite, by mail or link', 'They may give: plain membership, and what they are themselves'];

describe.each(ways)('%s', (way) => {
  beforeAll(async () => {
    server = await startTestServer();
    settings = await settingsFor(way, server);
    await server.addGroup('choir', { name: 'Kammerchor Nord' });
    const { url } = await server.guestlist.invite({ groups: ['choir'] });
    await join(createBrowser(server.issuer), url, { email: 'mia@example.org', name: 'Mia' });
  });
  afterAll(() => server?.close());

  it('shows what holds without one', async () => {
    expect(await lines('group', 'policy', 'choir')).toEqual(usual);
  });

  it('keeps what was said, changes what is said, and forgets what it is told to', async () => {
    const limits = [
      '--max-lifetime',
      '2d',
      '--max-places',
      '3',
      '--pin-for-links',
      '--domain',
      '*.choir.example',
      '--approval',
      '--per-day',
      '5',
    ];
    const all = ['--who', 'members', '--role', 'member', '--channel', 'link', ...limits, '--membership-lasts', '90d'];
    expect(await lines('group', 'policy', 'choir', ...all)).toEqual([
      'choir  members invite, by link',
      'They may give: member',
      'Invitations are good for 2d at most',
      'Invitations are for 3 at most',
      'Links need a PIN',
      'Only for mailboxes in *.choir.example',
      'Somebody decides about each who accepts',
      'Each inviter offers 5 places at most within 24 hours',
      'Memberships last 90d at most',
    ]);
    const changed = ['--no-approval', '--no-pin-for-links', '--per-day', 'none', '--max-lifetime', '36h', '--membership-lasts', 'none'];
    expect(await json('group', 'policy', 'choir', ...changed)).toEqual({
      group: 'choir',
      who: 'members',
      roles: ['member'],
      channels: ['link'],
      maxLifetimeSeconds: 36 * 3_600,
      maxPlaces: 3,
      pinForLinks: false,
      domains: ['*.choir.example'],
      approval: false,
    });
    expect(await lines('group', 'policy', 'choir', '--clear', '--max-places', '2')).toEqual([...usual, 'Invitations are for 2 at most']);
    expect(await lines('group', 'policy', 'choir', '--clear')).toEqual(usual);
    expect(await lines('group', 'policy', 'choir')).toEqual(usual);
  });

  it('a member invites by it, and is told what they may not; the operator is not bound', async () => {
    const byMia = ['invite', '--group', 'choir', '--by', 'mia@example.org'];
    expect(await beside.guestlist(...byMia)).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^This account may not do that/) });
    await lines('group', 'policy', 'choir', '--who', 'members', '--max-lifetime', '2d', '--max-places', '3', '--per-day', '4');
    const made = await beside.json(...byMia, '--max-uses', '3');
    expect(Date.parse(made.expiresAt) - Date.parse(made.createdAt)).toBe(2 * 86_400_000);
    for (const [more, told] of [
      [['--max-uses', '4'], 'Invitations to choir may not have so many places: say --max-uses.'],
      [['--expires', '3d'], 'Invitations to choir may not be good for so long: say --expires.'],
      [['--max-uses', '2'], 'This account has offered as many places in choir as it may within a day.'],
    ] as const)
      expect(await beside.guestlist(...byMia, ...more)).toMatchObject({
        exitCode: 1,
        stderr: `${told} See: guestlist group policy choir\n`,
      });
    expect(await beside.guestlist('invite', '--group', 'choir:manager', '--by', 'mia@example.org')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^This account may not give that role in choir\./),
    });
    expect(await beside.json('invite', '--group', 'choir', '--max-uses', '40')).toMatchObject({ maxUses: 40 });
  });

  it.each([
    [['--who', 'everybody'], /--who/],
    [['--role', 'No Role'], /--role/],
    [['--channel', 'pigeon'], /--channel/],
    [['--max-places', '0'], /--max-places/],
    [['--max-lifetime', 'soon'], /--max-lifetime/],
    [['--max-lifetime', '1m', '--domain', '*'], /--domain/],
    [['--per-day', '1.5'], /--per-day/],
  ])('%j is a mistake in the call', async (args, told) => {
    expect(await guestlist('group', 'policy', 'choir', ...args)).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(told) });
  });

  it('of a group that is not there there is none', async () => {
    expect(await guestlist('group', 'policy', 'nowhere')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/There is no group nowhere/),
    });
  });
});
