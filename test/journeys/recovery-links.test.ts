/** The link for a new password: it works once, for an hour, for what it was made for, and by a person's deed alone. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { count, snapshot } from '../support/invariants.ts';
import { mailbox } from '../support/mail.ts';
import { goodPassword, signIn } from '../support/people.ts';
import { whereFound } from '../support/scan.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { type AccountSetting, codeOn, createAccountSetting, deadLink, fieldOn, newPassword } from './account-setting.ts';

let setting: AccountSetting;
let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  setting = await createAccountSetting();
  server = setting.server;
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
  browser = createBrowser(server.issuer);
});

/** Somebody who has not proven the address. */
const member = (email: string) => setting.member(email, { proven: false });
const account = (email: string) => setting.account(email);
const askForReset = (from: Browser, email: string) => setting.askForReset(from, email);
const resetLink = (email: string) => setting.resetLink(email);
const canSignIn = (email: string, password: string) => setting.canSignIn(email, password);

async function openForm(email: string): Promise<Rest> {
  await askForReset(browser, email);
  return browser.open(await resetLink(email));
}

describe('a link', () => {
  test('changes nothing by being opened, however often and by whomever: scanners follow every link of the mail', async () => {
    const email = 'scanned@example.org';
    await member(email);
    await askForReset(browser, email);
    const [mail] = await mailbox(server.database, email);
    const links = [...new Set(`${mail?.text} ${mail?.html}`.match(/http[^\s"<]+/g))];
    expect(links).toEqual([await resetLink(email)]);
    const before = await snapshot(server.database);
    for (const link of links) {
      for (const method of ['GET', 'HEAD', 'GET']) {
        const answer = await fetch(link, { method, redirect: 'manual' });
        expect([answer.status, answer.headers.get('location')]).toEqual([303, '/account/reset']);
        expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
        const cookie = answer.headers.getSetCookie()[0] ?? '';
        expect(cookie).toMatch(/^guestlist_password_reset=[\w-]{43}; path=\/; expires=[^;]+; samesite=lax; httponly$/);
        await fetch(`${server.issuer}/account/reset`, { method, headers: { cookie: cookie.split(';')[0] ?? '' } });
      }
    }
    expect(await snapshot(server.database)).toEqual(before);
    expect((await browser.submit(await browser.open(links[0] ?? ''), 'Set the password', { password: newPassword })).status).toBe(200);
  });

  test('works once: not again, not from another browser, and takes the other links with it', async () => {
    const email = 'once@example.org';
    await member(email);
    await askForReset(browser, email);
    const first = await resetLink(email);
    await askForReset(browser, email);
    const second = await resetLink(email);
    expect(second).not.toBe(first);
    const form = await browser.open(first);
    expect((await browser.submit(form, 'Set the password', { password: newPassword })).status).toBe(200);
    const replay = await browser.submit(form, 'Set the password', { password: 'another very long password 17' });
    expect(codeOn(replay)).toEqual(deadLink);
    for (const link of [first, second]) expect(codeOn(await createBrowser(server.issuer).open(link))).toEqual(deadLink);
    expect(await canSignIn(email, newPassword)).toBe(true);
  });

  test('works once even if it is used ten times at the same moment', async () => {
    const email = 'ten-times@example.org';
    await member(email);
    await askForReset(browser, email);
    const link = await resetLink(email);
    const browsers = Array.from({ length: 10 }, () => createBrowser(server.issuer));
    const forms = await Promise.all(browsers.map((one) => one.open(link)));
    const answers = await Promise.all(
      browsers.map((one, index) => one.submit(forms[index]!, 'Set the password', { password: `${newPassword} ${index}` })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(404)]);
    expect(await canSignIn(email, `${newPassword} ${answers.findIndex(({ status }) => status === 200)}`)).toBe(true);
    expect((await mailbox(server.database, email)).filter(({ kind }) => kind === 'password-changed')).toHaveLength(1);
  });

  test('works for an hour, also for a form that was opened in time', async () => {
    const email = 'late@example.org';
    await member(email);
    const form = await openForm(email);
    server.pass(60 * 60 - 5);
    expect((await browser.open('/account/reset')).status).toBe(200);
    server.pass(6);
    expect(codeOn(await browser.submit(form, 'Set the password', { password: newPassword }))).toEqual(deadLink);
    const page = await browser.open(await resetLink(email));
    expect([codeOn(page), page.heading]).toEqual([deadLink, 'This link no longer works']);
    await server.database.raw('delete from guestlist.throttle');
    expect((await browser.submit(page, 'Send me a mail', { email })).heading).toBe('Look in your mailbox');
    expect(await count(server.database, 'account_token where expires_at <= now()')).toBe(0);
    expect(await canSignIn(email, goodPassword)).toBe(true);
  });

  test.each(['x', 'A'.repeat(43), `${'A'.repeat(43)}/`, '%00', '%F0', encodeURIComponent('a/../b'), 'é'.repeat(50)])(
    'that was never sent looks like one that is over: %s',
    async (token) => {
      const page = await browser.open(`/account/reset/${token}`);
      expect([400, 404]).toContain(page.status);
      expect(page.$('input[name="password"]').length).toBe(0);
      expect(codeOn(await browser.open('/account/reset'))).toEqual(deadLink);
    },
  );

  test('that cannot be one makes the browser forget an earlier one', async () => {
    await member('forgotten-link@example.org');
    expect((await openForm('forgotten-link@example.org')).status).toBe(200);
    expect(codeOn(await browser.open('/account/reset/broken'))).toEqual(deadLink);
    expect(codeOn(await browser.open('/account/reset'))).toEqual(deadLink);
  });

  test('does nothing for an account that was disabled since', async () => {
    const { accountId } = await member('disabled-since@example.org');
    const form = await openForm('disabled-since@example.org');
    await server.database.raw('update guestlist.account set disabled_at = now() where id = ?', [accountId]);
    expect(codeOn(await browser.submit(form, 'Set the password', { password: newPassword }))).toEqual(deadLink);
  });
});

test.each([
  ['no password', '', 'password'],
  ['a short one', 'short one 1234', 'password'],
  ['one that everybody tries', 'passwordpassword', 'password'],
  ['the own address', 'ada.of.the.weak.choir@example.org', 'password'],
])('%s: the same page with the field named, and the link works still', async (_what, password) => {
  const email = 'ada.of.the.weak.choir@example.org';
  if (!(await account(email))) await member(email);
  const page = await browser.submit(await openForm(email), 'Set the password', { password });
  expect(page.status).toBe(422);
  expect(fieldOn(page)).toBe('password');
  expect(page.$('title').text()).toMatch(/^Error: /);
  expect((await browser.submit(page, 'Set the password', { password: newPassword })).heading).toBe('Your new password is set');
});

test.each([
  ['no address', ''],
  ['half an address', 'ada@'],
  ['two addresses', 'a@example.org,b@example.org'],
  ['a header', 'a@example.org\r\nBcc: b@example.org'],
])('%s: the same page with the field named, and no mail', async (_what, email) => {
  const mails = await count(server.database, 'mail');
  const page = await askForReset(browser, email);
  expect([page.status, fieldOn(page)]).toEqual([422, 'email']);
  expect(await count(server.database, 'mail')).toBe(mails);
});

test('no form of another page or another link is taken, nor one with more in it', async () => {
  const email = 'forms@example.org';
  await member(email);
  await member('other-forms@example.org');
  expect(codeOn(await browser.post('/account/forgot', { email }, { 'sec-fetch-site': 'cross-site' })).code).toBe('foreign_origin');
  expect((await browser.post('/account/forgot', { email, account: 'x' })).status).toBe(422);
  const form = await openForm(email);
  const token = String(form.$('[name="form_token"]').attr('value'));
  const fields = { form_token: token, password: newPassword };
  expect(codeOn(await browser.post('/account/reset', fields, { 'sec-fetch-site': 'same-site' })).code).toBe('foreign_origin');
  expect(codeOn(await browser.post('/account/reset', { ...fields, form_token: 'x' })).code).toBe('form_expired');
  expect((await browser.post('/account/reset', { ...fields, email_verified: 'true' })).status).toBe(422);
  expect(codeOn(await createBrowser(server.issuer).post('/account/reset', fields))).toEqual(deadLink);
  await openForm('other-forms@example.org');
  expect(codeOn(await browser.post('/account/reset', fields)).code).toBe('form_expired');
  expect(await canSignIn(email, goodPassword)).toBe(true);
});

test('on https the link rests in a cookie that no other host can plant', async () => {
  const secure = await startTestServer({ issuer: 'https://id.example.org', proxyCount: 1 });
  try {
    const { status, headers } = await fetch(`${secure.origin}/account/reset/${'A'.repeat(43)}`, {
      redirect: 'manual',
      headers: { 'x-forwarded-host': 'id.example.org', 'x-forwarded-proto': 'https' },
    });
    expect(status).toBe(303);
    expect(headers.getSetCookie()[0]).toMatch(
      /^__Host-guestlist_password_reset=A{43}; path=\/; expires=[^;]+; samesite=lax; secure; httponly$/,
    );
  } finally {
    await secure.close();
  }
});

test('everything works beneath a path', async () => {
  const beneath = await createAccountSetting({ issuerPath: '/op' });
  try {
    const email = 'beneath@example.org';
    const person = await beneath.member(email);
    const done = await beneath.reset(person.browser, email);
    expect(done.url).toBe(`${beneath.server.issuer}/account/reset-done`);
    const signInPage = await person.browser.open('/account/security');
    const page = await signIn(person.browser, signInPage, { email, password: newPassword });
    expect([new URL(page.url).pathname, page.heading]).toEqual(['/op/account/security', 'Your account']);
    const home = await createBrowser(beneath.server.issuer).open(done.$('main a.primary').attr('href') ?? '');
    expect(home.heading).toBe('Sign in');
  } finally {
    await beneath.server.close();
  }
});

test('the token and the passwords are nowhere in clear, and in no address that we lead to (SECRETSCAN)', async () => {
  const email = 'secretive@example.org';
  await member(email);
  await askForReset(browser, email);
  const link = await resetLink(email);
  await browser.submit(await browser.open(link), 'Set the password', { password: 'zebra lantern gravity seventy' });
  await browser.open(`${link}/more`);
  await browser.open(link.replace('/account/', '/acount/'));
  const typed = new Set([link, `${link}/more`, link.replace('/account/', '/acount/')]);
  const addresses = browser.trail.filter((address) => !typed.has(address)).join('\n');
  for (const secret of [link.split('/').at(-1) ?? '', 'zebra lantern gravity seventy', goodPassword])
    expect(await whereFound(server, secret, { addresses })).toEqual([]);
});
