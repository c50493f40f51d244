/** What an inviter can do by command: every limit, every channel, and what is done about an invitation that is out. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { mailbox, mailedLink } from '../support/mail.ts';
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
    await server.guestlist.addGroup({ slug: 'board', name: 'Board', sensitive: true });
    await server.guestlist.addRight({ name: 'guestlist:admin' });
    await server.guestlist.addRight({ name: 'door:open' });
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

  /** Whatever must be known to nobody but whom it was shown or mailed to. */
  const secrets: string[] = [];
  function keep(secret: string): string {
    secrets.push(secret);
    return secret;
  }

  async function keepMailed(address: string): Promise<string> {
    const url = await mailedLink(server.database, address);
    keep(url.split('/invite/')[1]!);
    return url;
  }

  const instant = String.raw`\d{4}-\d{2}-\d{2}T[\d:.]+Z`;

  function like(pattern: string) {
    return expect.stringMatching(new RegExp(`^${pattern}$`));
  }

  describe('an invitation to one address', () => {
    it('goes by mail alone: its link is in nobody’s answer', async () => {
      const call = ['invite', '--group', 'choir', '--email', 'Cleo@Example.org'];
      const words = ['--inviter-name', 'Maya Lind', '--message', 'Hello\r\nBcc: all@example.org', '--locale', 'de'];
      expect(await lines(...call, ...words)).toEqual([
        'It is mailed to Cleo@Example.org.',
        like(`For one person, until ${instant}\\. Id: \\S+`),
      ]);
      await keepMailed('Cleo@Example.org');
      const [mail] = await mailbox(server.database, 'Cleo@Example.org');
      expect(mail?.subject).toBe('Du bist eingeladen: Group choir');
      expect(mail?.text).toContain('Maya Lind');
      expect(mail?.text).toMatch(/^> Hello\n> Bcc: all@/m);

      const answer = await json('invite', '--group', 'choir', '--email', 'Dan@Example.org', '--email-rule', 'verify');
      const url = await keepMailed('Dan@Example.org');
      expect(answer).toMatchObject({ mailedTo: 'Dan@Example.org', email: 'Dan@Example.org', emailRule: 'verify', state: 'open' });
      expect(Object.keys(answer)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(url|code|token)$/)]));
      expect(JSON.stringify(answer)).not.toContain(secrets.at(-1));

      await joinThrough(url, 'dan@example.org');
      expect(await lines('account', 'show', 'dan@example.org')).toContain('  Dan@Example.org: verified');
    });

    it('is mailed once more, with another end if it has run out', async () => {
      const { id } = await json('invite', '--group', 'choir', '--email', 'eve@example.org', '--channel', 'mail', '--channel', 'link');
      const first = await keepMailed('eve@example.org');
      await server.database.raw("update guestlist.invitation set expires_at = now() - interval '1 day' where id = ?", [id]);
      expect(await guestlist('invitation', 'resend', id)).toEqual({
        exitCode: 1,
        stdout: '',
        stderr: 'It has run out. Give it a new end with --expires.\n',
      });
      expect(await lines('invitation', 'resend', id, '--expires', '2d')).toEqual([
        'It is mailed to eve@example.org again. Earlier mails lead nowhere any more.',
        like(`Until ${instant}`),
      ]);
      expect(await keepMailed('eve@example.org')).not.toBe(first);
      expect((await createBrowser(server.issuer).open(first)).status).toBe(410);
    });
  });

  describe('the limits of an invitation', () => {
    it('are shown, and the PIN is told once', async () => {
      const limits = ['--domain', 'Example.org', '--domain', '*.example.org', '--acr', 'urn:guestlist:acr:pwd', '--approval'];
      const made = await json(
        'invite',
        '--group',
        'choir',
        '--email',
        'fay@example.org',
        '--channel',
        'link',
        '--pin',
        'k7w2-p9',
        ...limits,
      );
      keep(made.url.split('/invite/')[1]);
      expect(made).toMatchObject({ pin: keep('K7W2P9'), hasPin: true, approval: true });
      expect(made.mailedTo).toBe(undefined);
      expect(await lines('invitation', 'show', made.id)).toEqual([
        `${made.id}  open         0/1  choir:member`,
        like(`Until ${instant}`),
        'For fay@example.org: nobody else (exact)',
        'Only for mailboxes in example.org *.example.org',
        'Needs a sign-in of urn:guestlist:acr:pwd',
        'Needs its PIN',
        'Somebody decides about each who accepts',
      ]);
      const [pin] = (await lines('invitation', 'change', made.id, '--pin')).slice(-1);
      expect(pin).toMatch(/^PIN: \d{6} \(tell it by other means; it is not shown again\)$/);
      generatedPins.push(pin?.slice(5, 11) ?? '');
      expect(await json('invitation', 'change', made.id, '--no-pin')).toMatchObject({ hasPin: false });
      expect(await mailbox(server.database, 'fay@example.org')).toEqual([]);
    });

    it('can be a longer time: added to its end, or from now if it is over', async () => {
      const { id, expiresAt } = await json('invite', '--right', 'door:open', '--expires', '2d');
      const longer = await json('invitation', 'extend', id, '1w');
      expect(Date.parse(longer.expiresAt) - Date.parse(expiresAt)).toBe(7 * 86_400_000);
      const tooEarly = new Date(Date.parse(expiresAt)).toISOString();
      expect(await guestlist('invitation', 'extend', id, tooEarly)).toMatchObject({
        exitCode: 2,
        stdout: '',
        stderr: `error: it is good until ${longer.expiresAt} already; to end it earlier: guestlist invitation change ${id} --expires\n`,
      });
      await server.database.raw("update guestlist.invitation set expires_at = now() - interval '30 days' where id = ?", [id]);
      const again = await lines('invitation', 'extend', id, '1d');
      expect(again[0]).toBe(`${id}  open         0/1  door:open`);
      expect(Math.abs(Date.parse(again[1]!.slice(6)) - Date.now() - 86_400_000)).toBeLessThan(60_000);
    });
  });

  const generatedPins: string[] = [];

  describe('a sensitive group', () => {
    it('needs a second person, who may', async () => {
      const said = await lines('invite', '--group', 'board', '--email', 'gus@example.org', '--by', 'admin@example.org');
      const [, id = ''] = said[1]?.match(/Id: (\S+)$/) ?? [];
      expect([said[0], said[2]]).toEqual([
        'It is mailed to gus@example.org once it is confirmed.',
        `Nobody can use it before somebody else confirms it: guestlist invitation confirm ${id} --as <email>`,
      ]);
      expect(await lines('invitation', 'list', '--limit', '1')).toEqual([`${id}  suspended    0/1  board:member`]);
      expect(await lines('invitation', 'show', id)).toEqual(expect.arrayContaining(['By admin@example.org', said[2]]));
      expect(await mailbox(server.database, 'gus@example.org')).toEqual([]);
      const confirmAs = (email: string) => beside.guestlist('invitation', 'confirm', id, '--as', email);
      expect((await confirmAs('admin@example.org')).stderr).toMatch(/^Somebody else than whoever made it/);
      expect((await confirmAs('ada@example.org')).stderr).toMatch(/^This account may not do that/);
      // Whoever made it in the admin's name is not a second person either.
      expect((await guestlist('invitation', 'confirm', id)).stderr).toMatch(/^Somebody else than whoever made it/);
      await beside.guestlist('grant', 'ada@example.org', '--right', 'guestlist:admin');
      expect((await confirmAs('ada@example.org')).stdout).toBe('It is confirmed, and can be used.\n');
      await beside.guestlist('withdraw', 'ada@example.org', '--right', 'guestlist:admin');
      await keepMailed('gus@example.org');
    });

    it('is confirmed by an account where the operator has made it', async () => {
      const { id, needsConfirming } = await json('invite', '--group', 'board');
      expect(needsConfirming).toBe(true);
      expect(await beside.json('invitation', 'confirm', id, '--as', 'admin@example.org')).toMatchObject({ id, state: 'open' });
    });
  });

  it('nobody invites to what they could not give', async () => {
    expect(await guestlist('invite', '--group', 'choir', '--by', 'ada@example.org')).toMatchObject({
      exitCode: 1,
      stderr: 'This account may not do that: an admin could, or a manager of the groups. Nobody decides about themselves.\n',
    });
  });

  describe('who accepts', () => {
    it('waits for approval, is let in or turned down, and it can all be undone', async () => {
      const { id, url } = await json('invite', '--group', 'choir', '--right', 'door:open', '--max-uses', '3', '--approval');
      keep(url.split('/invite/')[1]);
      for (const name of ['hal', 'ida', 'jan']) await askThrough(url, `${name}@example.org`);
      expect((await lines('invitation', 'show', id)).filter((line) => line.startsWith('  '))).toEqual(
        ['hal', 'ida', 'jan'].map((name) => like(`  ${instant}  ${name}@example\\.org  waits for approval, until ${instant}`)),
      );
      expect(await beside.lines('invitation', 'approve', id, 'hal@example.org', '--as', 'admin@example.org')).toEqual([
        'hal@example.org is in.',
      ]);
      expect(await json('invitation', 'approve', id, 'IDA@example.org')).toMatchObject({ email: 'ida@example.org', decision: 'approved' });
      expect(await lines('invitation', 'reject', id, 'jan@example.org')).toEqual(['jan@example.org was turned down, and is told by mail.']);
      expect((await guestlist('invitation', 'approve', id, 'jan@example.org')).stderr).toBe('This was decided before.\n');
      expect(await json('invitation', 'show', id)).toMatchObject({
        usedCount: 2,
        redemptions: [{ email: 'hal@example.org' }, { email: 'ida@example.org' }],
        waitingForApproval: [],
      });

      expect(await lines('invitation', 'undo', id, '--dry-run')).toEqual([
        'Would be taken back:',
        like('  (hal|ida)@example\\.org  choir:member door:open'),
        like('  (hal|ida)@example\\.org  choir:member door:open'),
      ]);
      expect(await json('invitation', 'undo', id, '--account', 'ida@example.org')).toMatchObject({
        id,
        dryRun: false,
        given: [{ accountId: expect.any(String), email: 'ida@example.org', grants: ['choir:member', 'door:open'] }],
      });
      expect(await lines('invitation', 'undo', id)).toEqual(['Taken back:', '  hal@example.org  choir:member door:open']);
      expect(await lines('invitation', 'undo', id)).toEqual(['There is nothing to take back.']);

      const told = (await lines('invitation', 'timeline', id)).map((line) => line.split('  ').slice(1, 3).join(' '));
      expect(told.filter((line) => !line.startsWith('server '))).toEqual([
        'operator invitation.created',
        'hal@example.org invitation.approval_asked',
        'ida@example.org invitation.approval_asked',
        'jan@example.org invitation.approval_asked',
        'admin@example.org invitation.approved',
        'operator invitation.approved',
        'operator invitation.rejected',
        'operator invitation.undone',
        'operator invitation.undone',
      ]);
      expect((await json('invitation', 'timeline', id))[0]).toMatchObject({ who: 'operator', what: 'invitation.created' });
    });
  });

  describe('a template', () => {
    it('says what the other options do not', async () => {
      const call = ['template', 'add', 'tenors', '--group', 'choir', '--max-uses', '5', '--label', 'Tenors', '--lifetime', '30d'];
      expect(await lines(...call, '--grant-lasts', '90d', '--pin')).toEqual([
        'The template tenors is there: guestlist invite --template tenors',
      ]);
      expect((await guestlist(...call)).stderr).toBe('There is a template tenors already.\n');
      const wish = {
        groups: ['choir'],
        maxUses: 5,
        label: 'Tenors',
        lifetimeSeconds: 2_592_000,
        ends: { afterSeconds: 7_776_000 },
        pin: true,
      };
      expect(await json('template', 'list')).toEqual([{ name: 'tenors', wish, createdAt: like(instant) }]);
      expect(await lines('template', 'list')).toEqual([like('tenors  choir  \\{.*"maxUses":5.*\\}')]);
      const made = await json('invite', '--template', 'tenors', '--max-uses', '2');
      generatedPins.push(made.pin);
      expect(made).toMatchObject({ grants: ['choir:member'], maxUses: 2, label: 'Tenors', hasPin: true, pin: like('\\d{6}') });
      expect(Math.abs(Date.parse(made.expiresAt) - Date.now() - 30 * 86_400_000)).toBeLessThan(60_000);
    });

    it('may have no reminders, as an invitation may', async () => {
      await lines('template', 'add', 'quiet', '--group', 'choir', '--no-reminders');
      const made = [
        await json('invite', '--group', 'choir', '--email', 'loud@example.org'),
        await json('invite', '--group', 'choir', '--email', 'quiet@example.org', '--no-reminders'),
        await json('invite', '--template', 'quiet', '--email', 'quieter@example.org'),
      ];
      for (const email of ['loud', 'quiet', 'quieter']) await keepMailed(`${email}@example.org`);
      const rows = await server
        .database('guestlist.invitation')
        .whereIn(
          'id',
          made.map(({ id }) => id),
        )
        .orderBy('id');
      expect(rows.map(({ reminders }) => reminders)).toEqual([true, false, false]);
    });
  });

  it('no PIN and no token is in the record of what was done, nor anywhere in clear', async () => {
    const { database } = server;
    const { rows: tables } = await database.raw("select tablename from pg_tables where schemaname = 'guestlist'");
    expect(secrets.length).toBeGreaterThan(5);
    for (const { tablename } of tables) {
      const { rows } = await database.raw('select cast(t as text) as line from guestlist.:table: t', { table: tablename });
      const text = rows.map(({ line }: { line: string }) => line).join('\n');
      for (const secret of secrets) expect(text.includes(secret), `${tablename}: ${secret}`).toBe(false);
    }
    // Six digits are found by chance in what has an instant or an id.
    expect(generatedPins).toEqual([like('\\d{6}'), like('\\d{6}')]);
    const { rows } = await database.raw('select cast(detail as text) as detail from guestlist.audit_event');
    const details = rows.map(({ detail }: { detail: string }) => detail).join('\n');
    expect(details).toContain('"hasPin"');
    for (const pin of generatedPins) expect(details).not.toContain(pin);
  });
});
