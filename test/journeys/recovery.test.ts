/** A forgotten password: the mail proves the mailbox, and everything else that led into the account ends. */
import * as oidc from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Browser, createBrowser } from '../support/browser.ts';
import { count } from '../support/invariants.ts';
import { mailbox } from '../support/mail.ts';
import { goodPassword, join, openAsNewcomer, signIn } from '../support/people.ts';
import type { TestServer } from '../support/server.ts';
import { type AccountSetting, codeOn, createAccountSetting, newPassword, wrongPassword } from './account-setting.ts';

let setting: AccountSetting;
let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  setting = await createAccountSetting({ support: 'mailto:help@example.org' });
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
const reset = (from: Browser, email: string) => setting.reset(from, email);
const resetLink = (email: string) => setting.resetLink(email);
const isSignedIn = (somebody: Browser) => setting.isSignedIn(somebody);
const canSignIn = (email: string, password: string) => setting.canSignIn(email, password);

test('from the sign-in page to a new password: proven by the mail, and everything else has ended (E2)', async () => {
  const email = 'forgetful@example.org';
  const elsewhere = await member(email);
  const tokens = await setting.app.signInSilently(elsewhere.browser);
  expect((await account(email))?.emailVerifiedAt).toBeUndefined();

  const signInPage = await browser.open((await setting.app.begin()).url);
  const forgot = await browser.open(signInPage.$('a:contains("Forgot your password?")').attr('href') ?? '');
  const sent = await browser.submit(forgot, 'Send me a mail', { email });
  expect([sent.url, sent.heading]).toEqual([`${server.issuer}/account/forgot/sent`, 'Look in your mailbox']);
  const form = await browser.open(await resetLink(email));
  expect([form.url, form.heading]).toEqual([`${server.issuer}/account/reset`, 'Choose a new password']);
  expect(form.$('[name="email"]').attr('value')).toBe(email);
  const done = await browser.submit(form, 'Set the password', { password: newPassword });
  expect([done.url, done.heading]).toEqual([`${server.issuer}/account/reset-done`, 'Your new password is set']);

  expect(await isSignedIn(browser)).toBe(false);
  expect(await isSignedIn(elsewhere.browser)).toBe(false);
  await expect(oidc.refreshTokenGrant(setting.app.config, tokens.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
  await expect(oidc.fetchUserInfo(setting.app.config, tokens.access_token, elsewhere.accountId)).rejects.toThrow();
  expect(await canSignIn(email, goodPassword)).toBe(false);
  const home = await signIn(browser, await browser.open(done.$('main a.primary').attr('href') ?? ''), { email, password: newPassword });
  expect([new URL(home.url).pathname, home.heading]).toEqual(['/', 'Welcome to Guestlist']);
  expect((await account(email))?.emailVerifiedAt).toBeInstanceOf(Date);
  expect((await setting.app.signInSilently(browser)).refresh_token).toBeTruthy();

  const [news] = await mailbox(server.database, email);
  expect(news).toMatchObject({ kind: 'password-changed', subject: 'Your password at Guestlist was changed' });
  for (const part of [`${server.issuer}/account/forgot`, 'mailto:help@example.org']) expect(news?.text).toContain(part);
  const { rows } = await server.database.raw(
    `select e.actor, e.action, e.detail from guestlist.audit_event e join guestlist.audit_link l on l.event_id = e.id
      where e.subject = ? and e.action ~ 'password|verified' order by l.seq`,
    [elsewhere.accountId],
  );
  expect(rows).toEqual([
    { actor: 'stranger', action: 'account.password_reset_asked', detail: {} },
    { actor: elsewhere.accountId, action: 'account.email_verified', detail: {} },
    { actor: elsewhere.accountId, action: 'account.password_changed', detail: { by: 'mail' } },
  ]);
});

describe('whether an address has an account (M1)', () => {
  test('is told by no page: known, unknown, disabled', async () => {
    await member('known@example.org');
    const paused = await member('paused@example.org');
    await server.database.raw('update guestlist.account set disabled_at = now() where id = ?', [paused.accountId]);
    const answers: object[] = [];
    for (const email of ['known@example.org', 'unknown@example.org', 'paused@example.org']) {
      const fresh = createBrowser(server.issuer);
      const page = await askForReset(fresh, email);
      const { date: _date, 'x-request-id': _id, ...headers } = page.headers;
      answers.push({ status: page.status, url: page.url, html: page.html, headers, trail: fresh.trail });
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    expect(await mailbox(server.database, 'unknown@example.org')).toEqual([]);
    expect((await mailbox(server.database, 'paused@example.org')).map(({ kind }) => kind)).toEqual(['joined', 'invited']);
    expect(await count(server.database, `account_token where email_key <> 'known@example.org'`)).toBe(0);
    expect(await count(server.database, `account_token where email_key = 'known@example.org'`)).toBe(1);
  });

  test('is told by no limit: three mails an hour to one mailbox, however it is spelled, and a hundred from one place', async () => {
    await member('limited@example.org');
    const spellings = (name: string) => [`${name}@example.org`, `${name.toUpperCase()}@example.org`, `${name}+x@example.org`];
    const fourth: object[] = [];
    for (const name of ['limited', 'nobody-at-all']) {
      for (const email of spellings(name)) expect((await askForReset(browser, email)).status).toBe(200);
      const { html, ...page } = await askForReset(browser, `${name}@example.org`);
      expect(Number(page.headers['retry-after'])).toBeGreaterThan(3_000);
      fourth.push({ ...codeOn({ html, ...page }), text: page.$('main').text() });
    }
    expect(fourth[0]).toMatchObject({ status: 429, code: 'too_many_requests' });
    expect(fourth[1]).toEqual(fourth[0]);
    server.pass(60 * 60);
    await server.database.raw(`delete from guestlist.throttle where key like 'account_mail:%'`);
    await server.database.raw(`update guestlist.throttle set points = 100 where key like 'account_mail_place:%'`);
    expect((await askForReset(browser, 'limited@example.org')).status).toBe(429);
    expect(await count(server.database, `throttle where key like 'account_mail:%'`)).toBe(0);
  });
});

test('the mail goes to the address as the account has it, however it is typed (D9)', async () => {
  await member('Cased.Name@Example.org');
  await askForReset(browser, 'cased.NAME@example.ORG');
  expect((await mailbox(server.database, 'Cased.Name@Example.org')).map(({ kind }) => kind)).toEqual([
    'password-reset',
    'joined',
    'invited',
  ]);
  expect(await mailbox(server.database, 'cased.NAME@example.ORG')).toEqual([]);
});

test('no header decides where the link leads (J1)', async () => {
  await member('poisoned@example.org');
  const evil = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' };
  await browser.post('/account/forgot', { email: 'poisoned@example.org' }, evil);
  const [mail] = await mailbox(server.database, 'poisoned@example.org');
  expect(`${mail?.text}${mail?.html}`).not.toContain('evil.example');
  expect(await resetLink('poisoned@example.org')).toMatch(new RegExp(`^${server.issuer}/account/reset/`));
  expect((await browser.post('/account/forgot', { email: 'poisoned@example.org' }, { host: 'evil.example' })).status).toBe(421);
});

test('whoever proves the address of an account gets it without the addresses that others had added (E3)', async () => {
  const email = 'claimed@example.org';
  const somebody = await member(email);
  await setting.addFurther(somebody, 'squatter@example.org');
  await reset(browser, email);
  expect(await account(email)).toMatchObject({ id: somebody.accountId, otherEmails: [] });
  expect(await account('squatter@example.org')).toBeUndefined();
  expect((await mailbox(server.database, 'squatter@example.org')).length).toBe(0);
});

test('a further address that is proven is as good as the first one, and both are told', async () => {
  const email = 'first@example.org';
  const somebody = await setting.member(email);
  await setting.addFurther(somebody, 'further@example.org');
  await reset(browser, 'further@example.org');
  expect(await account(email)).toMatchObject({ email, otherEmails: [{ email: 'further@example.org', verified: true }] });
  for (const address of [email, 'further@example.org'])
    expect((await mailbox(server.database, address))[0]).toMatchObject({ kind: 'password-changed' });
});

test('a sign-in that was answered but not finished ends too', async () => {
  const email = 'half-signed-in@example.org';
  await member(email);
  const attacker = createBrowser(server.issuer);
  const page = await attacker.open((await setting.app.begin()).url);
  const action = new URL(page.$('form').attr('action') ?? '', page.url).href;
  const token = String(page.$('[name="form_token"]').attr('value'));
  const answered = await fetch(action, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: await attacker.jar.getCookieString(action), 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ form_token: token, email, password: goodPassword }),
  });
  const resume = answered.headers.get('location') ?? '';
  expect(resume).toContain('/auth/');
  await reset(browser, email);
  const rest = await attacker.open(resume);
  expect(codeOn(rest)).toEqual({ status: 400, code: 'interaction_expired' });
  expect(await isSignedIn(attacker)).toBe(false);
});

test('after a reset nobody has to wait because of earlier slips', async () => {
  const email = 'slips@example.org';
  await member(email);
  const page = await browser.open((await setting.app.begin()).url);
  for (let slip = 0; slip < 11; slip += 1) await signIn(browser, page, { email, password: wrongPassword });
  expect((await signIn(browser, page, { email })).status).toBe(429);
  await reset(browser, email);
  expect(await canSignIn(email, newPassword)).toBe(true);
});

test('whoever holds an invitation goes on with it', async () => {
  const email = 'invited-again@example.org';
  await member(email);
  await server.addGroup('board', { name: 'Vorstand' });
  const { url } = await server.guestlist.invite({ groups: ['board'] });
  await openAsNewcomer(browser, url);
  const done = await reset(browser, email);
  const invitation = await browser.open(done.$('main a.primary').attr('href') ?? '');
  expect([invitation.url, invitation.heading]).toEqual([`${server.issuer}/invite`, 'You’re invited to \u2068Vorstand\u2069']);
  await join(createBrowser(server.issuer), url, { email: 'was-faster@example.org' });
  expect((await browser.open('/account/reset-done')).$('main a.primary').text()).toBe('Sign in');
});

test('the mail speaks the language of whoever asked', async () => {
  await member('deutsch@example.org');
  await browser.post('/account/forgot', { email: 'deutsch@example.org' }, { 'accept-language': 'de' });
  expect((await mailbox(server.database, 'deutsch@example.org'))[0]?.subject).toBe('Ein neues Passwort für Guestlist');
});

test('a browser that never stops asking is signed out all the same', async () => {
  const email = 'restless@example.org';
  const { browser: restless } = await member(email);
  await setting.app.signInSilently(restless);
  await askForReset(browser, email);
  const form = await browser.open(await resetLink(email));
  const url = (await setting.app.begin({ prompt: 'none' })).url;
  let isOver = false;
  const askOn = async () => {
    while (!isOver) await restless.open(url);
  };
  const asking = Promise.all([1, 2, 3, 4].map(askOn));
  await browser.submit(form, 'Set the password', { password: newPassword });
  const answers = await Promise.all([1, 2, 3].map(() => isSignedIn(restless)));
  isOver = true;
  await asking;
  expect([...answers, await isSignedIn(restless)]).toEqual([false, false, false, false]);
});

test('a sign-in with the old password that is under way while it is replaced leads nowhere', async () => {
  const email = 'under-way@example.org';
  const { accountId } = await member(email);
  const page = await browser.open((await setting.app.begin()).url);
  const replacing = await server.database.transaction();
  await replacing.raw(`update guestlist.account set password_hash = 'another' where id = ?`, [accountId]);
  const signingIn = signIn(browser, page, { email });
  const isWaiting = async () => {
    const { rows } = await server.database.raw(
      `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%for share%'`,
    );
    return rows.length > 0;
  };
  await expect.poll(isWaiting, { timeout: 10_000 }).toBe(true);
  await replacing.commit();
  expect(codeOn(await signingIn)).toEqual({ status: 400, code: 'interaction_expired' });
  expect(await isSignedIn(browser)).toBe(false);
});
