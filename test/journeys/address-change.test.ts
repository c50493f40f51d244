/** The addresses of an account: nothing changes before a mail proved the new one, and everybody concerned is told. */
import * as oidc from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { count, snapshot } from '../support/invariants.ts';
import { mailbox } from '../support/mail.ts';
import { goodPassword, signIn } from '../support/people.ts';
import type { TestServer } from '../support/server.ts';
import { type AccountSetting, codeOn, createAccountSetting, deadLink, fieldOn, newPassword, wrongPassword } from './account-setting.ts';

let setting: AccountSetting;
let server: TestServer;

beforeAll(async () => {
  setting = await createAccountSetting();
  server = setting.server;
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
});

async function confirm(browser: Browser, link: string): Promise<Rest> {
  return browser.submit(await browser.open(link), 'Use this address');
}

describe('another address', () => {
  test('is used once a mail proved it, and both are told, the old one without its whole (D6)', async () => {
    const { browser, email, accountId } = await setting.member('old@example.org');
    const before = await snapshot(server.database);
    expect(fieldOn(await setting.askForChange(browser, 'new@example.org', wrongPassword))).toBe('current');
    expect(fieldOn(await setting.askForChange(browser, 'OLD@example.org'))).toBe('email');
    expect(fieldOn(await setting.askForChange(browser, 'new@'))).toBe('email');
    expect(await snapshot(server.database)).toEqual(before);

    const sent = await setting.askForChange(browser, 'New@example.org');
    expect([new URL(sent.url).pathname, sent.heading]).toEqual(['/account/email/sent', 'Look in your mailbox']);
    expect((await browser.open('/account/security')).$('main').text()).toContain('A mail is on its way to \u2068New@example.org\u2069.');
    expect(await setting.account('new@example.org')).toBeUndefined();
    const asked = await snapshot(server.database);
    const link = await setting.confirmLink('New@example.org');
    for (const method of ['GET', 'HEAD']) await fetch(link, { method });
    const page = await browser.open(link);
    expect([page.url, page.heading]).toEqual([`${server.issuer}/account/confirm`, 'Is this your new address?']);
    expect(await snapshot(server.database)).toEqual(asked);

    const done = await browser.submit(page, 'Use this address');
    expect(done.$('[role="status"]').text().trim()).toBe('Your e-mail address has been confirmed.');
    expect(await setting.account('new@example.org')).toMatchObject({ id: accountId, email: 'New@example.org', otherEmails: [] });
    expect(await setting.account(email)).toBeUndefined();
    const [[left], [came]] = [await mailbox(server.database, email), await mailbox(server.database, 'New@example.org')];
    expect([left?.kind, came?.kind]).toEqual(['email-changed', 'email-changed']);
    expect(left?.text.replaceAll('\u2060', '')).toContain('N•••@example.org');
    expect(left?.text).not.toContain('New@');
    expect(came?.text.replaceAll('\u2060', '')).toContain('o•••@example.org');
    const tokens = await setting.app.signInSilently(browser);
    expect(await oidc.fetchUserInfo(setting.app.config, tokens.access_token, accountId)).toMatchObject({
      email: 'New@example.org',
      email_verified: true,
    });
    expect(await setting.isSignedIn(await setting.again('new@example.org'))).toBe(true);
    expect(codeOn(await confirm(browser, link).catch(() => browser.open(link)))).toEqual(deadLink);
  });

  test('that is another account’s looks the same here, and its owner is told', async () => {
    const [{ browser, email }] = [await setting.member('wants@example.org'), await setting.member('Owner@example.org')];
    const free = await setting.askForChange(browser, 'free@example.org');
    const freePage = (await browser.open('/account/security')).html;
    const taken = await setting.askForChange(browser, 'owner@example.org');
    const takenPage = (await browser.open('/account/security')).html;
    expect([taken.status, taken.url, taken.html]).toEqual([free.status, free.url, free.html]);
    expect(takenPage.replaceAll('owner@', 'free@')).toBe(freePage);
    const [news] = await mailbox(server.database, 'owner@example.org');
    const [plain] = await mailbox(server.database, 'free@example.org');
    expect(news?.subject).toBe(plain?.subject);
    expect(news?.text).toContain('There is another account with it already.');
    expect(news?.text).not.toContain('/account/confirm/');
    expect(await setting.account('owner@example.org')).toMatchObject({ email: 'Owner@example.org' });
    expect(await setting.account(email)).toMatchObject({ email });
  });

  test('that was taken meanwhile stays with whoever has it', async () => {
    const { browser, email } = await setting.member('slow@example.org');
    await setting.askForChange(browser, 'contested@example.org');
    const page = await browser.open(await setting.confirmLink('contested@example.org'));
    await setting.member('contested@example.org', { proven: false });
    expect(codeOn(await browser.submit(page, 'Use this address'))).toEqual({ status: 422, code: 'email_taken' });
    expect(await setting.account(email)).toMatchObject({ email });
  });

  test('asked for later ends the earlier wish; of parallel wishes none proves another’s (D6)', async () => {
    const { browser, email, accountId } = await setting.member('parallel@example.org');
    const form = await browser.open('/account/email');
    const wish = (address: string) => browser.submit(form, 'Send me a mail', { email: address, current: goodPassword });
    const rounds = Array.from({ length: 50 }, (_, round) => [`x${round}@example.org`, `y${round}@example.org`]);
    for (const addresses of rounds) {
      await server.database.raw('delete from guestlist.throttle');
      await Promise.all(addresses.map(wish));
      expect(await count(server.database, `account_token where account_id = '${accountId}'`)).toBe(1);
    }
    const { rows } = await server.database.raw('select email from guestlist.account_token where account_id = ?', [accountId]);
    expect(rounds.at(-1)).toContain(rows[0].email);
    for (const address of rounds.flat()) {
      const page = await browser.open(await setting.confirmLink(address));
      if (address === rows[0].email) expect(page.$('main').text()).toContain(`\u2068${address}\u2069`);
      else expect(codeOn(page)).toEqual(deadLink);
    }
    expect(await setting.account(email)).toMatchObject({ email, otherEmails: [] });
  }, 120_000);

  test('of two forms that were opened, each confirms only what it names', async () => {
    const { browser, email } = await setting.member('two-forms@example.org');
    await setting.askForChange(browser, 'named@example.org');
    const form = await browser.open(await setting.confirmLink('named@example.org'));
    await setting.askForChange(browser, 'unnamed@example.org');
    await browser.open(await setting.confirmLink('unnamed@example.org'));
    expect(codeOn(await browser.submit(form, 'Use this address'))).toEqual({ status: 403, code: 'form_expired' });
    expect(await setting.account(email)).toMatchObject({ email });
  });

  test('is confirmed by nobody but the person themselves, signed in', async () => {
    const [owner, stranger] = [await setting.member('confirms@example.org'), await setting.member('stranger@example.org')];
    await setting.askForChange(owner.browser, 'confirmed@example.org');
    const link = await setting.confirmLink('confirmed@example.org');
    expect(codeOn(await stranger.browser.open(link))).toEqual(deadLink);
    const fresh = createBrowser(server.issuer);
    const signInPage = await fresh.open(link);
    expect(signInPage.heading).toBe('Sign in');
    const page = await signIn(fresh, signInPage, { email: 'confirms@example.org' });
    expect(page.heading).toBe('Is this your new address?');
    const token = String(page.$('[name="form_token"]').attr('value'));
    expect(codeOn(await stranger.browser.post('/account/confirm', { form_token: token }))).toEqual(deadLink);
    expect(await setting.account('confirmed@example.org')).toBeUndefined();
    expect((await fresh.submit(page, 'Use this address')).status).toBe(200);
    expect(await setting.account('confirmed@example.org')).toMatchObject({ id: owner.accountId });
  });

  test('that is the own one, not proven yet, is proven by it', async () => {
    const { browser, email } = await setting.member('unproven@example.org', { proven: false });
    expect((await browser.open('/account/security')).$('main').text()).toContain('Not confirmed');
    await setting.askForChange(browser, email);
    expect((await setting.account(email))?.emailVerifiedAt).toBeUndefined();
    expect((await confirm(browser, await setting.confirmLink(email))).status).toBe(200);
    expect((await setting.account(email))?.emailVerifiedAt).toBeInstanceOf(Date);
    expect(await setting.kindsTo(email)).toEqual(['email-change', 'joined', 'invited']);
  });

  test('is asked for three times an hour at most', async () => {
    const { browser } = await setting.member('often@example.org');
    for (let time = 0; time < 3; time += 1) await setting.askForChange(browser, 'target@example.org');
    expect(codeOn(await setting.askForChange(browser, 'tar.get@example.org'))).toEqual({ status: 429, code: 'too_many_requests' });
  });
});

describe('a link', () => {
  test('of one purpose is useless for another (D18)', async () => {
    const { browser, email } = await setting.member('purpose@example.org');
    await setting.askForChange(browser, 'purpose-new@example.org');
    await setting.askForReset(browser, email);
    const change = await setting.confirmLink('purpose-new@example.org');
    const reset = await setting.resetLink(email);
    const { token: invitation } = await server.guestlist.invite({ groups: ['choir'] });
    const tokenOf = (link: string) => link.split('/').at(-1) ?? '';
    for (const token of [tokenOf(change), invitation, invitation.padEnd(43, 'A')])
      expect(codeOn(await browser.open(`/account/reset/${token}`))).toEqual(deadLink);
    for (const token of [tokenOf(reset), invitation]) expect(codeOn(await browser.open(`/account/confirm/${token}`))).toEqual(deadLink);
    for (const token of [tokenOf(reset), tokenOf(change)])
      expect(codeOn(await browser.open(`/invite/${token}`))).toEqual({ status: 404, code: 'invitation_not_found' });
    expect((await browser.open(reset)).heading).toBe('Choose a new password');
    expect((await browser.open(change)).heading).toBe('Is this your new address?');
  });

  test.each(['a new password', 'a password that was reset', 'another address'])('dies with %s (E4)', async (deed) => {
    const name = deed.replaceAll(' ', '-');
    const person = await setting.member(`${name}@example.org`);
    await setting.addFurther(person, `further-${name}@example.org`);
    await setting.askForChange(person.browser, `attacker-${name}@example.org`);
    const change = await setting.confirmLink(`attacker-${name}@example.org`);
    await setting.askForReset(person.browser, person.email);
    const reset = await setting.resetLink(person.email);
    if (deed === 'a new password') await setting.changePassword(person.browser);
    else if (deed === 'another address') await setting.makeFirst(person.browser);
    else await person.browser.submit(await person.browser.open(reset), 'Set the password', { password: newPassword });
    const browser = await setting.again(person.email, deed === 'another address' ? goodPassword : newPassword);
    expect(await setting.isSignedIn(browser)).toBe(true);
    expect(codeOn(await browser.open(change))).toEqual(deadLink);
    expect(codeOn(await browser.open(reset))).toEqual(deadLink);
    expect(await count(server.database, `account_token where account_id = '${person.accountId}'`)).toBe(0);
  });
});

describe('a further address', () => {
  test('becomes the main one, and the former main one stays', async () => {
    const person = await setting.member('main@example.org');
    await setting.addFurther(person, 'Side@example.org');
    const page = await person.browser.open('/account/security');
    const address = await person.browser.open(page.$('a:contains("Change or remove")').attr('href') ?? '');
    expect(fieldOn(await person.browser.submit(address, 'first', { current: wrongPassword }))).toBe('current');
    const done = await person.browser.submit(address, 'first', { current: goodPassword });
    expect(done.$('[role="status"]').text().trim()).toBe('Your main address has been changed.');
    expect(await setting.account('main@example.org')).toMatchObject({
      email: 'Side@example.org',
      otherEmails: [{ email: 'main@example.org', verified: true }],
    });
    expect([(await setting.kindsTo('main@example.org'))[0], (await setting.kindsTo('Side@example.org'))[0]]).toEqual([
      'email-changed',
      'email-changed',
    ]);
  });

  test('takes the place of one that nobody has proven, which goes', async () => {
    const person = await setting.member('claimed-only@example.org', { proven: false });
    await setting.addFurther(person, 'proven-side@example.org');
    await setting.makeFirst(person.browser);
    expect(await setting.account('proven-side@example.org')).toMatchObject({ email: 'proven-side@example.org', otherEmails: [] });
    expect(await setting.account('claimed-only@example.org')).toBeUndefined();
  });

  test('is removed, with the links that were mailed to it (D18)', async () => {
    const person = await setting.member('keeps@example.org');
    await setting.addFurther(person, 'goes@example.org');
    await setting.askForReset(person.browser, 'goes@example.org');
    const reset = await setting.resetLink('goes@example.org');
    const page = await person.browser.open('/account/address/1');
    const done = await person.browser.submit(page, 'removed', { current: goodPassword });
    expect(done.$('[role="status"]').text().trim()).toBe('The address has been removed.');
    expect(await setting.account('goes@example.org')).toBeUndefined();
    expect(await setting.account('keeps@example.org')).toMatchObject({ otherEmails: [] });
    expect(codeOn(await person.browser.open(reset))).toEqual(deadLink);
    expect([(await setting.kindsTo('goes@example.org'))[0], (await setting.kindsTo('keeps@example.org'))[0]]).toEqual([
      'email-changed',
      'email-changed',
    ]);
    expect((await person.browser.submit(page, 'removed', { current: goodPassword })).status).toBe(404);
  });

  test('is never another account’s, nor the main one, nor one that is only asked for', async () => {
    const [person, other] = [await setting.member('mine@example.org'), await setting.member('theirs@example.org')];
    await setting.addFurther(person, 'mine-too@example.org');
    await setting.addFurther(other, 'theirs-too@example.org');
    await setting.askForChange(person.browser, 'wished@example.org');
    const page = await person.browser.open('/account/address/1');
    for (const address of ['mine@example.org', 'theirs@example.org', 'theirs-too@example.org', 'wished@example.org', ''])
      for (const deed of ['first', 'removed'])
        expect((await person.browser.submit(page, deed, { address, current: goodPassword })).status).toBe(404);
    for (const place of ['0', '2', '-1', '1.5', 'x', '99999999999999999999'])
      expect((await person.browser.open(`/account/address/${place}`)).status).toBe(404);
    expect(await setting.account('theirs@example.org')).toMatchObject({ otherEmails: [{ email: 'theirs-too@example.org' }] });
    expect(await setting.account('mine@example.org')).toMatchObject({ otherEmails: [{ email: 'mine-too@example.org' }] });
  });
});
