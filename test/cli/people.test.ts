/** Groups with their settings, and accounts: closed and opened, given to and taken from, by command. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { join, signIn } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { commandLine, settingsBeside, settingsFor, ways } from './guestlist.ts';

// Each command is a process, which takes a second of a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: TestServer;
let settings: Readonly<Record<string, string>>;
const { guestlist, lines, json } = commandLine(() => settings);
const beside = commandLine(() => settingsBeside(server));

describe.each(ways)('%s', (way) => {
  beforeAll(async () => {
    server = await startTestServer();
    settings = await settingsFor(way, server);
    await server.guestlist.addGroup({ slug: 'choir', name: 'Choir', rights: ['plan:read'] });
    const { url } = await server.guestlist.invite({ groups: ['choir'] });
    await join(createBrowser(server.issuer), url, { name: 'Ada Park', email: 'ada@example.org' });
  });
  afterAll(() => server?.close());

  it('a group holds so many, is sensitive, is archived and comes back', async () => {
    expect(await json('group', 'add', 'board', '--name', 'Board', '--capacity', '3', '--sensitive')).toMatchObject({
      slug: 'board',
      capacity: 3,
      sensitive: true,
    });
    expect(await lines('group', 'list')).toEqual(['board  Board  (0 of 3 in it, sensitive)', 'choir  Choir  (1 in it)  plan:read']);
    expect(await json('group', 'change', 'board', '--capacity', 'none', '--not-sensitive')).toMatchObject({
      capacity: null,
      sensitive: false,
    });
    expect(await lines('group', 'change', 'choir', '--capacity', '30', '--sensitive')).toEqual([
      'choir  Choir  (1 of 30 in it, sensitive)  plan:read',
    ]);
    expect(await lines('group', 'archive', 'choir')).toEqual(['choir  Choir  (1 of 30 in it, sensitive, archived)  plan:read']);
    expect(await beside.guestlist('invite', '--group', 'choir')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^There is no group choir, or it is archived\. .*guestlist group restore choir\n$/),
    });
    expect((await json('account', 'show', 'ada@example.org')).groups).toEqual([]);
    expect(await json('group', 'restore', 'choir')).toMatchObject({ slug: 'choir', archived: false, capacity: 30, sensitive: true });
    expect((await json('account', 'show', 'ada@example.org')).groups).toEqual(['choir']);
  });

  it('a group is inside another, and moves', async () => {
    expect(await json('group', 'add', 'tenors', '--name', 'Tenors', '--parent', 'choir')).toMatchObject({
      slug: 'tenors',
      parent: 'choir',
    });
    await guestlist('group', 'add', 'high-tenors', '--name', 'High', '--parent', 'tenors');
    const choir = 'choir  Choir  (1 of 30 in it, sensitive)  plan:read';
    expect(await lines('group', 'list')).toEqual([
      'board  Board  (0 in it)',
      choir,
      '  tenors  Tenors  (0 in it)',
      '    high-tenors  High  (0 in it)',
    ]);
    expect(await json('group', 'change', 'tenors', '--name', 'The tenors', '--description', 'Sing high')).toMatchObject({
      slug: 'tenors',
      name: 'The tenors',
      description: 'Sing high',
    });
    await lines('group', 'change', 'tenors', '--name', 'Tenors');
    expect(await lines('group', 'change', 'tenors', '--parent', 'board')).toEqual(['tenors  Tenors  (0 in it)  in board']);
    expect((await json('group', 'list')).map(({ slug, parent }: { slug: string; parent: string | null }) => [slug, parent])).toEqual([
      ['board', null],
      ['tenors', 'board'],
      ['high-tenors', 'tenors'],
      ['choir', null],
    ]);
    const circle = await guestlist('group', 'change', 'board', '--parent', 'high-tenors');
    expect(circle).toMatchObject({ exitCode: 1, stderr: 'The group high-tenors is inside board already: it cannot hold it as well.\n' });
    const itself = await guestlist('group', 'change', 'board', '--parent', 'board');
    expect(itself).toMatchObject({ exitCode: 1, stderr: 'The group board cannot be inside itself.\n' });
    expect(await guestlist('group', 'change', 'board', '--parent', 'nowhere')).toMatchObject({ exitCode: 1 });
    expect(await lines('group', 'change', 'high-tenors', '--parent', 'none')).toEqual(['high-tenors  High  (0 in it)']);
    for (let level = 3; level <= 8; level++)
      await server.guestlist.addGroup({ slug: `l${level}`, name: 'L', parent: level === 3 ? 'tenors' : `l${level - 1}` });
    expect(await guestlist('group', 'change', 'high-tenors', '--parent', 'l8')).toMatchObject({
      exitCode: 1,
      stderr: 'With high-tenors inside l8 there would be more than 8 levels of groups.\n',
    });
  });

  it('somebody is given groups and rights without an invitation, and they are taken away again', async () => {
    await server.guestlist.addRight({ name: 'door:open' });
    const call = ['grant', 'ADA@example.org', '--group', 'board:manager', '--right', 'door:open'];
    expect(await lines(...call)).toEqual(['ada@example.org has now: board:manager door:open']);
    expect(await json(...call)).toMatchObject({ email: 'ada@example.org', granted: [] });
    expect(await lines('withdraw', 'ada@example.org', '--group', 'board')).toEqual(['ada@example.org has no more: board:manager']);
    expect(await json('withdraw', 'ada@example.org', '--group', 'board', '--right', 'door:open')).toMatchObject({
      withdrawn: ['door:open'],
    });
    expect(await lines('withdraw', 'ada@example.org', '--group', 'board', '--right', 'door:open')).toEqual([
      'ada@example.org had nothing of it.',
    ]);
  });

  it('what is given ends by itself after so long, or on a day', async () => {
    await lines('grant', 'ada@example.org', '--right', 'door:open', '--group', 'board', '--grant-expires', '90d');
    const { rows } = await server.database.raw('select ends_at from guestlist.account_right where right_name = ? and ended_at is null', [
      'door:open',
    ]);
    expect(Math.abs(rows[0].ends_at.getTime() - Date.now() - 90 * 86_400_000)).toBeLessThan(60_000);
    await lines('withdraw', 'ada@example.org', '--right', 'door:open', '--group', 'board:member');
  });

  it('what was given before something is refused is told, and stays', async () => {
    expect(await guestlist('grant', 'ada@example.org', '--group', 'board', '--right', 'no:such')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'This much is done: board:member\nThere is no right no:such. Make it with: guestlist right add no:such\n',
    });
    expect(await json('withdraw', 'ada@example.org', '--group', 'board')).toMatchObject({ withdrawn: ['board:member'] });
    for (const [name, stranger] of [
      ['grant', 'no:such'],
      ['withdraw', 'no:such'],
    ] as const)
      expect(await guestlist(name, 'ada@example.org', '--right', stranger)).toMatchObject({ exitCode: 1, stdout: '' });
  });

  it('an account is closed, and opened again', async () => {
    expect(await lines('account', 'disable', 'ADA@Example.org')).toEqual(['ADA@Example.org is let in nowhere any more.']);
    expect(await json('account', 'disable', 'ada@example.org')).toEqual({ email: 'ada@example.org', disabled: false });
    expect((await lines('account', 'show', 'ada@example.org'))[1]).toMatch(/^ {2}disabled since \S+Z$/);
    const { url } = await server.guestlist.invite({ groups: ['board'], maxUses: 5 });
    const browser = createBrowser(server.issuer);
    const refused = await signIn(browser, await browser.submit(await browser.open(url), 'login'), { email: 'ada@example.org' });
    expect(refused.status).toBe(403);
    expect(await lines('account', 'enable', 'ada@example.org')).toEqual(['ada@example.org can sign in again.']);
    const { rows } = await server.database.raw(
      "select action, actor from guestlist.audit_event where action like 'account.%abled' order by at, id",
    );
    expect(rows).toEqual([
      { action: 'account.disabled', actor: 'operator' },
      { action: 'account.enabled', actor: 'operator' },
    ]);
  });

  it('an account shows its further addresses, and whether they are proven', async () => {
    const { id } = await json('account', 'show', 'ada@example.org');
    await server.database.raw(
      `insert into guestlist.account_email (email_key, email, account_id, created_at, verified_at)
    values ('ada@work.example', 'Ada@work.example', :id, now(), now())`,
      { id },
    );
    expect((await lines('account', 'show', 'ada@work.example')).slice(1, 3)).toEqual([
      '  ada@example.org: not verified',
      '  Ada@work.example: verified',
    ]);
    expect((await json('account', 'list'))[0].otherEmails).toEqual([{ email: 'Ada@work.example', verified: true }]);
  });

  it('who came through whom is told, what they issued, and all of it is ended', async () => {
    const { id } = await json('account', 'show', 'ada@example.org');
    await server.guestlist.addGroup({ slug: 'friends', name: 'Friends' });
    await server.guestlist.grant(id, { groups: ['friends:manager'] });
    const { id: invitationId, url } = await server.guestlist.invite({ groups: ['friends'], inviterId: id, maxUses: 2, label: 'Party' });
    await join(createBrowser(server.issuer), url, { name: 'Bea', email: 'bea@example.org' });
    expect(await lines('account', 'tree')).toEqual(['ada@example.org  (1 came through them, 1 stayed)', '  bea@example.org']);
    expect(await lines('account', 'tree', '--limit', '1')).toEqual([
      'ada@example.org  (1 came through them, 1 stayed)',
      'There are more: say --limit, or beneath whom.',
    ]);
    expect(await json('account', 'tree', 'bea@example.org')).toMatchObject([{ email: 'bea@example.org', invitedBy: id, depth: 0 }]);
    expect(await lines('account', 'invitations', 'ada@example.org')).toEqual([
      `${invitationId}  open         1/2  friends:member  Party`,
      expect.stringMatching(/^ {2}\S+Z {2}bea@example\.org$/),
    ]);
    expect(await json('account', 'invitations', 'ada@example.org')).toMatchObject([
      { id: invitationId, state: 'open', redemptions: [{ email: 'bea@example.org', accountCreated: true }] },
    ]);
    expect(await lines('account', 'revoke-invitations', 'ada@example.org', '--undo', '--dry-run')).toEqual([
      `${invitationId}  would be revoked`,
      'Would be taken back:',
      '  bea@example.org  friends:member',
      'They may still invite to friends.',
    ]);
    expect(await json('account', 'revoke-invitations', 'ada@example.org', '--undo')).toMatchObject({
      dryRun: false,
      revoked: [invitationId],
      undone: [{ email: 'bea@example.org', grants: ['friends:member'] }],
      mayStillInviteTo: ['friends'],
    });
    expect((await lines('account', 'revoke-invitations', 'ada@example.org'))[0]).toBe('There is nothing to end.');
  });

  it('the last admin is not closed, and an account is erased once it is meant', async () => {
    await server.guestlist.addRight({ name: 'guestlist:admin' });
    const { id: ada } = await json('account', 'show', 'ada@example.org');
    await server.guestlist.grant(ada, { rights: ['guestlist:admin'] });
    const { url } = await server.guestlist.invite({ rights: ['guestlist:admin'], inviterId: ada });
    await join(createBrowser(server.issuer), url, { name: 'Max', email: 'max@example.org' });
    await server.guestlist.withdraw(ada, { rights: ['guestlist:admin'] });
    expect(await guestlist('account', 'revoke-invitations', 'ada@example.org', '--undo')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^Nobody would be left who can run the server/),
    });
    await lines('grant', 'bea@example.org', '--right', 'guestlist:admin');
    expect(await json('account', 'revoke-invitations', 'ada@example.org', '--undo')).toMatchObject({
      undone: [{ email: 'max@example.org', grants: ['guestlist:admin'] }],
    });
    for (const call of [
      ['account', 'disable', 'bea@example.org'],
      ['account', 'delete', 'bea@example.org', '--yes'],
      ['withdraw', 'bea@example.org', '--right', 'guestlist:admin'],
    ])
      expect(await guestlist(...call)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/^Nobody would be left who can run the server/),
      });
    expect(await guestlist('account', 'delete', 'ada@example.org')).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/--yes/) });
    const { id } = await json('account', 'show', 'ada@work.example');
    expect(await lines('account', 'delete', 'ada@work.example', '--yes')).toEqual([`It is erased. Only its id is left: ${id}`]);
    expect(await guestlist('account', 'show', 'ada@example.org')).toMatchObject({ exitCode: 1 });
  });

  it('an address is that of one account, however alike others are', async () => {
    for (const email of ['eve@example.org.test', 'eva@example.org'])
      await join(createBrowser(server.issuer), (await server.guestlist.invite({ groups: ['board'] })).url, { name: email, email });
    for (const stranger of ['eve@example.org', 'ev@example.org', 'eva@example.or'])
      expect(await guestlist('account', 'disable', stranger)).toMatchObject({
        exitCode: 1,
        stderr: `There is no account with the address ${stranger}.\n`,
      });
    expect(await json('account', 'show', 'EVA@example.org')).toMatchObject({ name: 'eva@example.org' });
    expect(await json('account', 'list', '--limit', '2')).toMatchObject([{ name: 'eva@example.org' }, { name: 'eve@example.org.test' }]);
  });
});
