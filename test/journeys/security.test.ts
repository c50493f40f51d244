/** What somebody signed in does with their account: who may, and another password, which ends everything elsewhere. */
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LogoutReceiver, startLogoutReceiver } from '../conformance/receiver.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { snapshot } from '../support/invariants.ts';
import { goodPassword, type Member, signIn } from '../support/people.ts';
import { whereFound } from '../support/scan.ts';
import type { TestServer } from '../support/server.ts';
import { type AccountSetting, codeOn, createAccountSetting, fieldOn, newPassword, wrongPassword } from './account-setting.ts';

let setting: AccountSetting;
let server: TestServer;
let receiver: LogoutReceiver;

beforeAll(async () => {
  receiver = await startLogoutReceiver();
  setting = await createAccountSetting({ trustedOrigins: [receiver.origin] });
  server = setting.server;
});
afterAll(async () => {
  await server?.close();
  await receiver?.close();
});
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
});

const sidCookie = async ({ jar }: Browser) => (await jar.getCookies(server.issuer)).find(({ key }) => key === 'guestlist_session')?.value;
const confirm = async (browser: Browser, link: string) => browser.submit(await browser.open(link), 'Use this address');

describe('the page of an account', () => {
  test('is reached from the start page; whoever is not signed in signs in first, and comes back', async () => {
    const { email } = await setting.member('pages@example.org');
    const browser = createBrowser(server.issuer);
    const signInPage = await browser.open('/account/security');
    expect(signInPage.heading).toBe('Sign in');
    const page = await signIn(browser, signInPage, { email });
    expect([new URL(page.url).pathname, page.heading]).toEqual(['/account/security', 'Your account']);
    expect(page.$('main').text()).toContain(email);
    const home = await browser.open('/');
    expect(home.$('a:contains("My groups and my account")').attr('href')).toBe('/me');
    expect((await browser.open('/me/account')).$('a:contains("Manage addresses")').attr('href')).toBe('/account/security');
    for (const path of ['/account/password', '/account/email', '/account/confirm', '/account/address/1'])
      expect((await createBrowser(server.issuer).open(path)).heading).toBe('Sign in');
  });

  test('is not asked for for ever by somebody who gives up signing in', async () => {
    const rest = await createBrowser(server.issuer).open('/account/security?error=access_denied');
    expect(new URL(rest.url).pathname).toBe('/');
  });

  test('is no place for a disabled account', async () => {
    const { browser, accountId } = await setting.member('disabled-member@example.org');
    await server.database.raw('update guestlist.account set disabled_at = now() where id = ?', [accountId]);
    expect((await browser.open('/account/security')).heading).not.toBe('Your account');
  });

  test('tells what was done only in words of ours', async () => {
    const { browser } = await setting.member('words@example.org');
    expect((await browser.open('/account/security?done=password')).$('[role="status"]').text()).toContain('has been changed');
    expect((await browser.open('/account/security?done=<b>x')).$('[role="status"]').length).toBe(0);
  });
});

describe('another password', () => {
  test('ends everything but this browser and its apps; apps elsewhere are told, and so is the person (E2)', async () => {
    const { browser, email, accountId } = await setting.member('changes-password@example.org');
    const clientSecret = await server.addClient({
      id: 'told',
      redirectUris: ['https://told.example.org/callback'],
      backchannelLogoutUri: `${receiver.origin}/logout`,
    });
    const told = await oidc.discovery(new URL(server.issuer), 'told', undefined, oidc.ClientSecretBasic(clientSecret), {
      execute: [oidc.allowInsecureRequests],
    });
    const elsewhere = await setting.again(email);
    const codeVerifier = oidc.randomPKCECodeVerifier();
    const challenge = { code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier), code_challenge_method: 'S256' };
    const query = { redirect_uri: 'https://told.example.org/callback', scope: 'openid offline_access', ...challenge };
    const { leftFor } = await elsewhere.open(oidc.buildAuthorizationUrl(told, query).href);
    const theirs = await oidc.authorizationCodeGrant(told, leftFor!, { pkceCodeVerifier: codeVerifier, idTokenExpected: true });
    const ours = await setting.app.signInSilently(browser);
    const before = await sidCookie(browser);

    const page = await setting.changePassword(browser);
    expect([new URL(page.url).pathname, page.$('[role="status"]').text().trim()]).toEqual([
      '/account/security',
      'Your password has been changed. You’ve been signed out on all other devices.',
    ]);
    expect(await setting.isSignedIn(elsewhere)).toBe(false);
    await expect(oidc.refreshTokenGrant(told, theirs.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await setting.isSignedIn(browser)).toBe(true);
    expect((await oidc.refreshTokenGrant(setting.app.config, ours.refresh_token ?? '')).access_token).toBeTruthy();
    expect(receiver.tokens).toHaveLength(1);
    const { payload } = await jwtVerify(receiver.tokens[0] ?? '', createRemoteJWKSet(new URL(told.serverMetadata().jwks_uri ?? '')));
    expect(payload).toMatchObject({ sub: accountId, aud: 'told', sid: theirs.claims()?.['sid'] });

    expect(await sidCookie(browser)).not.toBe(before);
    expect(await setting.isSignedIn(await setting.again(email))).toBe(false);
    expect(await setting.isSignedIn(await setting.again(email, newPassword))).toBe(true);
    expect((await setting.kindsTo(email))[0]).toBe('password-changed');
    const { rows } = await server.database.raw(
      `select actor, detail from guestlist.audit_event where subject = ? and action = 'account.password_changed'`,
      [accountId],
    );
    expect(rows).toEqual([{ actor: accountId, detail: { by: 'person' } }]);
  });

  test('leaves a copied cookie without worth', async () => {
    const { browser, email } = await setting.member('copied@example.org');
    const thief = createBrowser(server.issuer);
    for (const cookie of await browser.jar.getCookies(server.issuer)) await thief.jar.setCookie(cookie.toString(), server.issuer);
    expect(await setting.isSignedIn(thief)).toBe(true);
    await setting.changePassword(browser);
    expect(await setting.isSignedIn(thief)).toBe(false);
    expect(await setting.isSignedIn(browser)).toBe(true);
    expect(await setting.isSignedIn(await setting.again(email, newPassword))).toBe(true);
  });

  test('needs the current one, and guesses are counted together with those at the sign-in', async () => {
    const { browser, email } = await setting.member('guessed@example.org');
    const before = await snapshot(server.database);
    for (let guess = 0; guess < 5; guess += 1) {
      const page = await setting.changePassword(browser, { current: wrongPassword });
      expect([page.status, fieldOn(page)]).toEqual([422, 'current']);
    }
    const elsewhere = createBrowser(server.issuer);
    const signInPage = await elsewhere.open((await setting.app.begin()).url);
    for (let guess = 0; guess < 5; guess += 1) await signIn(elsewhere, signInPage, { email, password: wrongPassword });
    expect(await snapshot(server.database)).toEqual(before);
    expect(codeOn(await setting.changePassword(browser))).toEqual({ status: 429, code: 'too_many_requests' });
  });

  test.each([
    ['nothing at all', { current: '' }, 'current'],
    ['no new one', { password: '' }, 'password'],
    ['a short one', { password: 'short one 1234' }, 'password'],
    ['one that everybody tries', { password: 'passwordpassword' }, 'password'],
  ])('is asked for again: %s', async (_what, wrong, field) => {
    const email = 'again@example.org';
    const browser = (await setting.account(email)) ? await setting.again(email) : (await setting.member(email)).browser;
    const page = await setting.changePassword(browser, wrong);
    expect([page.status, fieldOn(page)]).toEqual([422, field]);
    expect(page.$('title').text()).toMatch(/^Error: /);
  });

  test('is set by one of two who knew the old one', async () => {
    const { browser, email } = await setting.member('two-tabs@example.org');
    const form = await browser.open('/account/password');
    const passwords = [1, 2, 3].map((number) => `${newPassword} ${number}`);
    const pages = await Promise.all(
      passwords.map((password) => browser.submit(form, 'Change password', { current: goodPassword, password })),
    );
    const works = await Promise.all(passwords.map(async (password) => setting.isSignedIn(await setting.again(email, password))));
    expect(works.filter(Boolean)).toHaveLength(1);
    expect(pages[works.indexOf(true)]?.status).toBe(200);
    expect((await setting.kindsTo(email)).filter((kind) => kind === 'password-changed')).toHaveLength(1);
  });
});

test('no form is taken that is not ours, not this session’s, or has more in it (D16)', async () => {
  const [person, other] = [await setting.member('forms@example.org'), await setting.member('other-forms@example.org')];
  await setting.addFurther(person, 'forms-too@example.org');
  const tokenFor = async ({ browser }: Member) => String((await browser.open('/account/password')).$('[name="form_token"]').attr('value'));
  const [mine, theirs] = [await tokenFor(person), await tokenFor(other)];
  expect(mine).not.toBe(theirs);
  const forms = {
    '/account/password': { current: goodPassword, password: newPassword },
    '/account/email': { email: 'forms-new@example.org', current: goodPassword },
    '/account/address': { address: 'forms-too@example.org', current: goodPassword, deed: 'removed' },
  };
  const before = await snapshot(server.database);
  for (const [path, fields] of Object.entries(forms)) {
    const send = (token: string, headers = {}, more = {}) =>
      person.browser.post(path, { ...fields, form_token: token, ...more } as Record<string, string>, headers);
    expect(codeOn(await send(theirs))).toEqual({ status: 403, code: 'form_expired' });
    expect(codeOn(await send(mine, { 'sec-fetch-site': 'cross-site' }))).toEqual({ status: 403, code: 'foreign_origin' });
    expect((await send(mine, {}, { email_verified: 'true' })).status).toBe(422);
    expect((await createBrowser(server.issuer).post(path, { ...fields, form_token: mine })).heading).toBe('Sign in');
  }
  expect(await snapshot(server.database)).toEqual(before);
});

test('no address and no secret stands in the address of a page, in the log or in clear in a row (SECRETSCAN)', async () => {
  const { browser } = await setting.member('quiet@example.org');
  await setting.askForChange(browser, 'quiet-new@example.org');
  const link = await setting.confirmLink('quiet-new@example.org');
  await confirm(browser, link);
  await setting.changePassword(browser);
  const addresses = browser.trail.filter((address) => address !== link && !address.includes('/invite/')).join('\n');
  for (const secret of [link.split('/').at(-1) ?? '', newPassword, goodPassword])
    expect(await whereFound(server, secret, { addresses })).toEqual([]);
  expect(addresses).not.toMatch(/quiet/);
});
