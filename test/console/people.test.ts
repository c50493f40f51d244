/** People in the console: looking for them, what is known of one, and what is done to one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accept, type Member } from '../journeys/setting.ts';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { type ConsoleSetting, createConsoleSetting, goOn, openConsole } from './setting.ts';
import { join, signIn } from '../support/people.ts';

let setting: ConsoleSetting;
let admin: Browser;
let ben: Member;
let cleo: Member;

beforeAll(async () => {
  setting = await createConsoleSetting();
  ({ browser: admin } = await setting.admin('ada'));
  ben = await setting.manager('ben', 'choir');
  cleo = await setting.member('cleo');
  const wish = { groups: ['choir'], inviterId: ben.accountId, inviterName: 'ben', maxUses: 3 };
  const { url } = await setting.guestlist.invite(wish);
  await accept(cleo, url);
  await join(createBrowser(setting.server.issuer), url, { name: 'dora', email: 'dora@example.org' });
  await openConsole(admin, '/admin/people');
});
afterAll(() => setting.server.close());

const rowsOn = ({ $ }: Rest) =>
  $('tbody tr')
    .map((_, row) => $(row).text().replace(/\s+/g, ' ').trim())
    .get();
const textOf = ({ $ }: Rest) => $('main').text().replace(/\s+/g, ' ');
const pathOf = ({ accountId }: Pick<Member, 'accountId'>, page = '') => `/admin/people/${accountId}${page}`;
const actionsOf = async (subject: string, action: string): Promise<number> => {
  const sql = 'select count(*)::int as n from guestlist.audit_event where subject = ? and action = ?';
  return (await setting.server.database.raw(sql, [subject, action])).rows[0].n;
};

describe('the list', () => {
  test('is looked through by the first letters of a name, or of an address', async () => {
    expect(rowsOn(await admin.open('/admin/people?find=CLE'))).toEqual([expect.stringContaining('cleo@example.org')]);
    expect(rowsOn(await admin.open('/admin/people?find=ben%40ex'))).toEqual([expect.stringContaining('ben@example.org')]);
    expect(rowsOn(await admin.open('/admin/people?find=%25'))).toEqual([]);
    expect(rowsOn(await admin.open('/admin/people?group=choir')).length).toBe(3);
    expect(rowsOn(await admin.open('/admin/people?group=nowhere')).length).toBeGreaterThan(2);
    expect(textOf(await admin.open('/admin/people?find=zzz'))).toContain('There is nobody like that');
  });

  test('goes on page by page without a gap or a double', async () => {
    await setting.crowd(60);
    let page = await admin.open('/admin/people');
    const seen = rowsOn(page);
    expect(seen.length).toBe(50);
    for (let next = page.$('a[rel=next]').attr('href'); next; next = page.$('a[rel=next]').attr('href')) {
      page = await admin.open(next);
      seen.push(...rowsOn(page));
    }
    expect([seen.length, new Set(seen).size]).toEqual([64, 64]);
  });

  test('is the admins’ alone', async () => {
    await openConsole(ben.browser, '/admin/groups');
    for (const path of ['/admin/people', pathOf(cleo), pathOf(cleo, '/access'), pathOf(cleo, '/data'), pathOf(cleo, '/delete')])
      expect([path, (await ben.browser.open(path)).status]).toEqual([path, 403]);
  });
});

describe('one person', () => {
  test('is shown with what they have, and by what', async () => {
    const page = await admin.open(pathOf(cleo));
    expect(page.heading).toBe('cleo');
    expect(rowsOn(page)).toEqual([
      expect.stringMatching(/Kammerchor Nord.*Invited by \u2068ben\u2069/),
      expect.stringContaining('door:open'),
    ]);
    expect((await admin.open('/admin/people/nobody')).status).toBe(404);
  });

  test('is shown among those who brought them and whom they brought', async () => {
    const page = await admin.open(pathOf(ben, '/invitations'));
    // Cleo was there before.
    const names = page
      .$('.inviters a')
      .map((_, link) => page.$(link).text())
      .get();
    expect(names.filter((name) => name !== 'Invitation')).toEqual(['dora']);
    expect(rowsOn(page)).toEqual([expect.stringContaining('2 of 3')]);
    const doras = await admin.open(pathOf({ accountId: await setting.accountIdOf('dora@example.org') }, '/invitations'));
    expect(doras.$('.inviters').text()).toContain('ben');
  });

  test('is shown with what is on record of them', async () => {
    expect(textOf(await admin.open(pathOf(cleo, '/log')))).toContain('Account created');
  });

  test('takes their data along, and that is on record', async () => {
    const file = await admin.open(pathOf(cleo, '/data'));
    expect(file.headers['content-disposition']).toMatch(/^attachment/);
    expect(JSON.parse(file.html)).toMatchObject({ account: [{ name: 'cleo' }] });
    expect(await actionsOf(cleo.accountId, 'account.exported')).toBe(1);
  });
});

describe('what is done to somebody', () => {
  test('signing out of one browser leaves the others', async () => {
    const other = await setting.again(cleo);
    const before = await admin.open(pathOf(cleo, '/access'));
    const count = rowsOn(before).length;
    expect(count).toBeGreaterThan(1);
    const after = await admin.submit(before, 'Sign out');
    expect(rowsOn(after).length).toBe(count - 1);
    const none = await admin.submit(await admin.open(pathOf(cleo, '/signout')), 'Sign them out');
    expect(rowsOn(none).length).toBe(0);
    expect((await other.open('/me')).url).not.toMatch(/\/me$/);
  });

  test('a reset mails them a link and changes nothing', async () => {
    await admin.submit(await admin.open(pathOf(cleo, '/reset')), 'Send the link');
    expect((await setting.mailsTo(cleo.email))[0]).toMatch(/password|reset/);
  });

  test('disabling shuts them out, enabling lets them in again', async () => {
    const disabled = await admin.submit(await admin.open(pathOf(cleo, '/disable')), 'Disable it');
    expect(textOf(disabled)).toContain('This account is disabled');
    expect(rowsOn(await admin.open('/admin/people?disabled=yes'))).toEqual([expect.stringContaining('cleo')]);
    const enabled = await admin.submit(await admin.open(pathOf(cleo, '/enable')), 'Enable it');
    expect(textOf(enabled)).not.toContain('This account is disabled');
  });

  test('revoking all ends what they offered, as it was said before', async () => {
    const ask = await admin.open(pathOf(ben, '/revoke'));
    expect(textOf(ask)).toMatch(/\d open invitations end|One open invitation ends/);
    expect(textOf(ask)).toContain('choir');
    const done = await admin.submit(ask, 'Revoke everything', { undo: 'yes' });
    expect(rowsOn(done).every((row) => row.includes('Revoked'))).toBe(true);
    expect((await setting.guestlist.groupsOf(cleo.accountId)).groups).toEqual([]);
  });

  test('revoking all does not take the right to run the server from the last one who has it', async () => {
    const [boss, heir] = [await setting.admin('boss'), await setting.member('heir')];
    const { url } = await setting.guestlist.invite({ rights: ['guestlist:admin'], inviterId: boss.accountId });
    await accept(heir, url);
    const toRun = { rights: ['guestlist:admin'] };
    const others = [boss.accountId, await setting.accountIdOf('ada@example.org')];
    for (const id of others) await setting.guestlist.withdraw(id, toRun);
    await openConsole(heir.browser, '/admin/people');
    const revoke = async () => heir.browser.submit(await heir.browser.open(pathOf(boss, '/revoke')), 'Revoke everything', { undo: 'yes' });
    const refused = await revoke();
    expect([refused.status, refused.$('body').attr('data-code')]).toEqual([409, 'last_admin']);
    expect((await setting.guestlist.groupsOf(heir.accountId)).entitlements).toContain('guestlist:admin');
    await setting.guestlist.grant(others[1] ?? '', toRun);
    await revoke();
    expect((await setting.guestlist.groupsOf(heir.accountId)).entitlements).not.toContain('guestlist:admin');
  });

  test('deleting has to be typed, and a sign-in of long ago is not enough', async () => {
    const gone = await setting.member('gone');
    const ask = await admin.open(pathOf(gone, '/delete'));
    expect((await admin.submit(ask, 'Delete it for good', { email: 'other@example.org' })).status).toBe(422);
    setting.server.pass(11 * 60);
    const again = await admin.submit(ask, 'Delete it for good', { email: gone.email });
    expect(again.heading).not.toBe('People');
    expect(await actionsOf(gone.accountId, 'account.erased')).toBe(0);
    const held = await goOn(admin, await signIn(admin, again, { email: 'ada@example.org' }));
    expect(held.heading).toBe('You’re signed in again');
    const done = await admin.submit(held, 'Go on with it');
    expect([done.heading, await actionsOf(gone.accountId, 'account.erased')]).toEqual(['People', 1]);
  });
});
