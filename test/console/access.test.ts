/** Who gets into the console, what they see there, and how fast that ends. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBrowser, type Rest } from '../support/browser.ts';
import { signIn } from '../support/people.ts';
import { type ConsoleSetting, createConsoleSetting, goOn, openConsole, sessionCookie } from './setting.ts';

let setting: ConsoleSetting;
beforeAll(async () => {
  setting = await createConsoleSetting();
});
afterAll(() => setting.server.close());

const menuOf = ({ $ }: Rest) =>
  $('.side nav a')
    .map((_, link) => $(link).text())
    .get();

const pathOf = ({ url }: Rest) => new URL(url).pathname;

const managersMenu = ['Invitations', 'Campaigns', 'Requests', 'Approvals', 'Groups'];
const noReach = { status: 403, heading: 'This is for people who run groups' };

describe('what one reaches', () => {
  test('an admin sees everything, a manager what is theirs, with the page they are on', async () => {
    const ada = await setting.admin('ada');
    const audit = await openConsole(ada.browser, '/admin/audit');
    expect(menuOf(audit)).toEqual(['Dashboard', ...managersMenu, 'Rights', 'Apps', 'People', 'Audit log', 'Settings']);
    expect(audit.$('.side [aria-current="page"]').text()).toBe('Audit log');
    const ben = await setting.manager('ben', 'choir');
    const refused = await openConsole(ben.browser, '/admin/audit');
    expect({ status: refused.status, code: refused.$('body').attr('data-code'), menu: menuOf(refused) }).toEqual({
      status: 403,
      code: 'access_denied',
      menu: managersMenu,
    });
    expect(refused.html).not.toContain('Entries, the newest first');
  });

  test('a manager’s way in leads to their invitations', async () => {
    const { browser } = await setting.manager('cleo', 'choir');
    await openConsole(browser, '/admin');
    expect(browser.trail.at(-1)).toMatch(/\/admin\/invitations$/);
  });

  test('whoever runs nothing gets a friendly page, and no session', async () => {
    const { browser } = await setting.member('dora', { groups: ['choir'] });
    expect(await openConsole(browser, '/admin')).toMatchObject(noReach);
    expect(await sessionCookie(browser, setting)).toBeUndefined();
  });
});

describe('it ends at once', () => {
  test('for whoever loses their role, and comes back with it', async () => {
    const { browser, accountId } = await setting.admin('emil');
    await openConsole(browser, '/admin/audit');
    await setting.guestlist.withdraw(accountId, { rights: ['guestlist:admin'] }, 'operator');
    expect(await browser.open('/admin/audit')).toMatchObject(noReach);
    await setting.guestlist.grant(accountId, { rights: ['guestlist:admin'] });
    expect((await browser.open('/admin/audit')).heading).toBe('Audit log');
  });

  test('for a manager whose group is archived or taken away', async () => {
    const { browser, accountId } = await setting.manager('fritz', 'choir', 'stage');
    await openConsole(browser, '/admin/audit');
    await setting.guestlist.withdraw(accountId, { groups: ['choir:manager'] }, 'operator');
    expect(menuOf(await browser.open('/admin/audit'))).toEqual(managersMenu);
    await setting.guestlist.withdraw(accountId, { groups: ['stage:manager'] }, 'operator');
    expect(await browser.open('/admin/audit')).toMatchObject(noReach);
  });

  test('for an account that is disabled', async () => {
    const { browser, accountId } = await setting.admin('gil');
    await openConsole(browser, '/admin');
    await setting.server.database.raw('update guestlist.account set disabled_at = now() where id = ?', [accountId]);
    const page = await openConsole(browser, '/admin/audit');
    expect([pathOf(page).startsWith('/interaction/'), page.heading]).toEqual([true, 'Sign in']);
  });

  test('when the session at the provider ends, and the next one takes signing in', async () => {
    const { browser, accountId } = await setting.admin('hana');
    await openConsole(browser, '/admin');
    const { rows } = await setting.server.database.raw(
      "select uid from guestlist.oidc_payload where kind = 'Session' and payload ->> 'accountId' = ?",
      [accountId],
    );
    await setting.server.database.raw("delete from guestlist.oidc_payload where kind = 'Session' and uid = ?", [rows[0].uid]);
    expect((await openConsole(browser, '/admin/audit')).heading).toBe('Sign in');
    const left = await setting.server.database.raw('select count(*)::int as n from guestlist.console_session where account_id = ?', [
      accountId,
    ]);
    expect(left.rows[0].n).toBe(0);
  });

  test('when they sign out of everything', async () => {
    const { browser } = await setting.admin('ina');
    await openConsole(browser, '/admin');
    await browser.submit(await browser.open('/session/end'), 'Sign out');
    expect((await openConsole(browser, '/admin/audit')).heading).toBe('Sign in');
  });

  test('when somebody else signs in with the same browser', async () => {
    const jule = await setting.admin('jule');
    await openConsole(jule.browser, '/admin');
    const kai = await setting.member('kai', { groups: ['choir'] });
    const page = await jule.browser.open((await setting.app.begin({ prompt: 'login' })).url);
    await signIn(jule.browser, page, { email: kai.email });
    const after = await openConsole(jule.browser, '/admin/audit');
    expect([after.status, after.heading]).not.toEqual([200, 'Audit log']);
  });

  test('for a cookie that was copied, when its owner leaves', async () => {
    const { browser } = await setting.admin('lou');
    await openConsole(browser, '/admin');
    const thief = createBrowser(setting.server.issuer);
    const cookie = await sessionCookie(browser, setting);
    await thief.jar.setCookie(String(cookie), setting.server.issuer);
    expect((await thief.open('/admin/audit')).heading).toBe('Audit log');
    const left = await browser.submit(await browser.open('/admin/audit'), 'Leave the console');
    expect(left.heading).toBe('You’ve left the console');
    expect((await thief.open('/admin/audit')).heading).toBe('Sign in');
  });

  test('after half an hour without a request, and after half a day with them', async () => {
    const { browser } = await setting.admin('mia');
    const isStillIn = async () => (await browser.open('/admin/audit')).heading === 'Audit log';
    await openConsole(browser, '/admin');
    setting.server.pass(29 * 60);
    expect(await isStillIn()).toBe(true);
    setting.server.pass(31 * 60);
    expect(await isStillIn()).toBe(false);
    await openConsole(browser, '/admin');
    for (let minutes = 0; minutes < 11.5 * 60; minutes += 25) {
      setting.server.pass(25 * 60);
      expect(await isStillIn()).toBe(true);
    }
    setting.server.pass(29 * 60);
    expect(await isStillIn()).toBe(false);
  });
});

describe('a form', () => {
  const tokenOn = ({ $ }: Rest) => String($('form[action$="/admin/sign-out"] input[name="form_token"]').first().attr('value'));

  test('of another session is refused', async () => {
    const [nils, olga] = [await setting.admin('nils'), await setting.admin('olga')];
    const foreign = tokenOn(await openConsole(olga.browser, '/admin/audit'));
    await openConsole(nils.browser, '/admin/audit');
    const page = await nils.browser.post('/admin/sign-out', { form_token: foreign });
    expect([page.status, page.$('body').attr('data-code')]).toEqual([403, 'form_expired']);
    expect((await nils.browser.open('/admin/audit')).heading).toBe('Audit log');
  });

  test.each([
    ['of another site', { 'sec-fetch-site': 'cross-site' }],
    ['of a neighbouring host', { 'sec-fetch-site': 'same-site' }],
    ['of an old browser at another origin', { 'sec-fetch-site': undefined, origin: 'https://evil.example' }],
  ])('%s is refused, with a cookie and without', async (_, headers) => {
    const { browser } = await setting.admin(`p${Object.values(headers).join('').replace(/\W/g, '')}`);
    const form_token = tokenOn(await openConsole(browser, '/admin/audit'));
    for (const sender of [browser, createBrowser(setting.server.issuer)]) {
      const page = await sender.post('/admin/sign-out', { form_token }, headers as Record<string, string>);
      expect([page.status, page.$('body').attr('data-code')]).toEqual([403, 'foreign_origin']);
    }
    expect((await browser.open('/admin/audit')).heading).toBe('Audit log');
  });

  test('that was left open too long waits until its writer has signed in again, and goes on by their button', async () => {
    const { browser, email } = await setting.admin('quin');
    const page = await openConsole(browser, '/admin/audit');
    setting.server.pass(31 * 60);
    const held = await goOn(browser, await browser.submit(page, 'Leave the console', { note: 'typed <b>' }));
    expect([held.heading, held.$('input[name="note"]').attr('value')]).toEqual(['You’re signed in again', 'typed <b>']);
    const stored = await setting.server.database.raw('select fields from guestlist.console_held_form');
    expect(stored.rows.map(({ fields }: { fields: Buffer }) => fields.toString('latin1')).join()).not.toContain('typed');
    const other = await setting.admin('rosa');
    expect((await openConsole(other.browser, pathOf(held) as '/admin')).status).toBe(404);
    expect((await browser.submit(held, 'Go on with it')).heading).toBe('You’ve left the console');
    expect(email).toBe('quin@example.org');
  });
});

describe('what is dangerous', () => {
  test('takes a recent sign-in, with the password, and leads back', async () => {
    const { browser, email } = await setting.admin('sami');
    const page = await openConsole(browser, '/admin/audit');
    expect((await browser.open('/admin/audit/export?format=jsonl')).status).toBe(200);
    setting.server.pass(20 * 60);
    await browser.open('/admin/audit');
    setting.server.pass(11 * 60);
    const asked = await browser.open('/admin/audit/export?format=jsonl', { referer: page.url });
    expect(asked.heading).toBe('Sign in');
    expect(asked.$('input[name="email"]').attr('value')).toBe(email);
    const back = await goOn(browser, await signIn(browser, asked, { email }));
    expect(pathOf(back)).toBe('/admin/audit');
    expect((await browser.open('/admin/audit/export?format=jsonl')).headers['content-type']).toContain('x-ndjson');
  });

  test('is not done by whoever else signs in then', async () => {
    const { browser } = await setting.admin('tom');
    await openConsole(browser, '/admin/audit');
    const uma = await setting.member('uma', { groups: ['choir'] });
    setting.server.pass(29 * 60);
    await browser.open('/admin/audit');
    setting.server.pass(5 * 60);
    const after = await goOn(browser, await signIn(browser, await browser.open('/admin/audit/export'), { email: uma.email }));
    expect(after.headers['content-disposition']).toBeUndefined();
    expect((await openConsole(browser, '/admin/audit')).heading).not.toBe('Audit log');
  });
});
