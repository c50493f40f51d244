/**
 * In which language somebody is answered: what an app asks for, what they have chosen, the invitation's, the browser's.
 * And that a choice stays, leads back to where it was made, and reaches their mails.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { mailbox } from '../support/mail.ts';
import { openAsNewcomer, register } from '../support/people.ts';
import { createSetting, questionOf, type Setting } from './setting.ts';

let setting: Setting;
const german = { 'accept-language': 'de-CH, de;q=0.9' };
const stranger = (always = {}) => createBrowser(setting.server.issuer, always);
const languageOf = ({ $, headers }: Rest) => [$('html').attr('lang'), $('html').attr('dir'), headers['content-language']];
const choose = (browser: Browser, page: Rest, locale: string) => browser.submit(page, locale);

const english = ['en', 'ltr', 'en'];
const inGerman = ['de', 'ltr', 'de'];
const french = ['fr', 'ltr', 'fr'];
const arabic = ['ar', 'rtl', 'ar'];

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord' });
});
afterAll(() => setting?.server.close());

async function localeOf(accountId: string): Promise<unknown> {
  return (await setting.server.database.raw('select locale from guestlist.account where id = ?', [accountId])).rows[0]?.locale;
}

describe('a page', () => {
  test.each([
    ['fr-CA', 'fr'],
    ['es-419, en;q=0.1', 'es'],
    ['AR', 'ar'],
    ['tlh, de;q=0.4, ar;q=0.2', 'de'],
    ['tlh', 'en'],
    ['', 'en'],
  ])('is in the language that the browser wishes: %j is %s', async (wish, locale) => {
    expect(languageOf(await stranger().open('/', { 'accept-language': wish }))[0]).toBe(locale);
  });

  test('is in the chosen language from then on, whatever the browser wishes', async () => {
    const browser = stranger(german);
    const home = await browser.open('/?a=1&b=%2F');
    expect(languageOf(home)).toEqual(inGerman);
    const chosen = await choose(browser, home, 'ar');
    expect([chosen.url, chosen.status, ...languageOf(chosen)]).toEqual([home.url, 200, ...arabic]);
    expect(languageOf(await browser.open('/account/forgot'))).toEqual(arabic);
    expect(languageOf(await choose(browser, await browser.open('/nothing/here'), 'fr'))).toEqual(french);
    expect(languageOf(await stranger(german).open('/'))).toEqual(inGerman);
  });

  test('that answers a form offers no other, for what was typed would be lost', async () => {
    const browser = stranger();
    const page = await browser.open('/account/forgot');
    expect(page.$('form.languages').length).toBe(1);
    const wrong = await browser.submit(page, 'Send me a mail', { email: 'ada@' });
    expect([wrong.status, wrong.$('form.languages').length]).toEqual([422, 0]);
  });

  test('whose address is a secret does not hold it, and so cannot be come back to', async () => {
    const page = await stranger().open(`/invite/${'x'.repeat(22)}`);
    expect([page.status, page.$('form.languages').length, page.html.includes('xxxx')]).toEqual([404, 0, false]);
  });

  test('keeps the choice in a cookie for a year, that no script reads', async () => {
    const browser = stranger();
    await choose(browser, await browser.open('/'), 'es');
    const [cookie] = (await browser.jar.getCookies(setting.server.issuer)).filter(({ key }) => key === 'guestlist_locale');
    expect(cookie?.toJSON()).toMatchObject({ value: 'es', httpOnly: true, sameSite: 'lax', path: '/' });
    expect(Number(cookie?.TTL()) / 86_400_000).toBeGreaterThan(364);
  });

  test.each(['xx', 'en; Path=/', '../de', 'DE', ''])('cannot be had in a language that there is none: %j', async (locale) => {
    const browser = stranger(german);
    const rest = await browser.post('/invite/language', { locale, back: '/account/forgot' });
    expect([new URL(rest.url).pathname, ...languageOf(rest)]).toEqual(['/account/forgot', ...inGerman]);
  });

  test.each([
    '//evil.example/',
    '/\\evil.example',
    '/..//evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    '/a\tb',
    '/x\r\nSet-Cookie: a=b',
    '/ü',
    `/${'x'.repeat(2002)}`,
    '',
  ])('leads nowhere else afterwards: %j', async (back) => {
    const browser = stranger();
    const rest = await browser.post('/invite/language', { locale: 'de', back });
    expect(rest.leftFor).toBeUndefined();
    expect([new URL(rest.url).pathname, ...languageOf(rest)]).toEqual(['/invite', ...inGerman]);
  });

  test('is not changed by a form of another site', async () => {
    const browser = stranger();
    const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const rest = await browser.post('/invite/language', { locale: 'de', back: '/' }, foreign);
    expect([rest.status, rest.$('body').attr('data-code')]).toEqual([403, 'foreign_origin']);
    expect(languageOf(await browser.open('/'))).toEqual(english);
  });
});

describe('an invitation', () => {
  test('is shown in its own language all the way, to whoever has chosen none', async () => {
    const { url } = await setting.guestlist.invite({ groups: ['choir'], locale: 'fr' });
    const browser = stranger(german);
    const landing = await browser.open(url);
    expect([languageOf(landing), landing.$('button[value=create]').text()]).toEqual([french, 'C’est ma première fois ici']);
    const form = await browser.submit(landing, 'create');
    expect(languageOf(form)).toEqual(french);
    const email = 'camille@example.org';
    const wrong = await browser.submit(form, 'Créer un compte et rejoindre', { name: 'Camille', email, password: 'x' });
    expect([wrong.status, languageOf(wrong)]).toEqual([422, french]);
    const password = 'correct horse battery staple seven';
    const done = await browser.submit(wrong, 'Créer un compte et rejoindre', { name: 'Camille', email, password });
    expect([done.heading, languageOf(done)]).toEqual(['C’est fait\u202f!', french]);
    expect((await mailbox(setting.server.database, email)).map(({ subject }) => subject)).toEqual(['Vous avez rejoint Kammerchor Nord']);
    expect(await localeOf(await setting.accountIdOf(email))).toBe('fr');
    // What has nothing to do with it is as the browser wishes.
    expect(languageOf(await browser.open('/account/forgot'))).toEqual(inGerman);
  });

  test('gives way to what somebody chooses, before it or on it', async () => {
    const { url } = await setting.guestlist.invite({ groups: ['choir'], locale: 'fr', maxUses: 2 });
    const before = stranger();
    await choose(before, await before.open('/'), 'es');
    expect(languageOf(await before.open(url))[0]).toBe('es');
    const on = stranger();
    const chosen = await choose(on, await on.open(url), 'ar');
    expect([new URL(chosen.url).pathname, languageOf(chosen)]).toEqual(['/invite', arabic]);
    expect(languageOf(await on.submit(chosen, 'create'))).toEqual(arabic);
  });

  test('that is refused says so in its own language', async () => {
    const { id, url } = await setting.guestlist.invite({ groups: ['choir'], locale: 'ar' });
    await setting.guestlist.revoke(id, 'operator');
    const page = await stranger(german).open(url);
    expect([page.status, languageOf(page), page.heading]).toEqual([410, arabic, 'سُحبت هذه الدعوة']);
  });
});

describe('an app', () => {
  const signInPage = async (browser: Browser, uiLocales: string) => {
    const { url } = await setting.app.begin();
    return browser.open(`${url}&ui_locales=${encodeURIComponent(uiLocales)}`);
  };

  test('is asked first, before what was chosen and what the browser wishes', async () => {
    const browser = stranger(german);
    expect(languageOf(await signInPage(browser, 'tlh fr-CA en'))).toEqual(french);
    await choose(browser, await browser.open('/'), 'ar');
    expect(languageOf(await signInPage(browser, 'fr'))).toEqual(french);
    expect(languageOf(await signInPage(browser, 'tlh'))).toEqual(arabic);
  });

  test('does not hold anybody to its language who chooses another in the middle of it', async () => {
    const browser = stranger();
    const page = await signInPage(browser, 'fr');
    const chosen = await choose(browser, page, 'de');
    expect([chosen.url, languageOf(chosen)]).toEqual([page.url, inGerman]);
    const wrong = await browser.submit(chosen, 'Anmelden', { email: 'nobody@example.org', password: 'wrong' });
    expect([wrong.status, languageOf(wrong)]).toEqual([422, inGerman]);
    expect(languageOf(await signInPage(browser, 'fr'))).toEqual(french);
    expect(languageOf(await browser.open('/'))).toEqual(inGerman);
  });

  test('can read which languages there are', async () => {
    const page = await stranger().open('/.well-known/openid-configuration');
    expect(JSON.parse(page.html)['ui_locales_supported']).toEqual(['ar', 'de', 'en', 'es', 'fr']);
  });
});

describe('somebody with an account', () => {
  test('registers in the language of the page, and changes it by the chooser while signed in', async () => {
    const { url } = await setting.guestlist.invite({ rights: ['door:open'] });
    const browser = stranger();
    await register(browser, await openAsNewcomer(browser, url), { email: 'ines@example.org' });
    const accountId = await setting.accountIdOf('ines@example.org');
    expect(await localeOf(accountId)).toBe('en');
    await choose(browser, await browser.open('/'), 'es');
    expect(await localeOf(accountId)).toBe('es');
    await choose(stranger(), await stranger().open('/'), 'de');
    expect(await localeOf(accountId)).toBe('es');
  });

  test('is told about their invitations in their own language, not in that of whom they invited', async () => {
    const maya = await setting.member('maya', { verified: true, groups: ['choir:manager'] });
    await choose(maya.browser, await maya.browser.open('/'), 'ar');
    const { id, url } = await setting.guestlist.invite({ groups: ['choir'], approval: true, inviterId: maya.accountId, locale: 'fr' });
    const ada = await setting.member('ada');
    await ada.browser.submit(await questionOf(ada, url), 'Demander à rejoindre');
    const [notice] = await mailbox(setting.server.database, maya.email);
    expect([notice?.kind, notice?.subject]).toEqual(['notice', 'طلب للانضمام إلى Kammerchor Nord']);
    expect(notice?.html).toContain('<html lang="ar" dir="rtl">');
    await setting.guestlist.reject(id, ada.accountId, maya.accountId);
    const [answer] = await mailbox(setting.server.database, ada.email);
    expect(answer?.subject).toBe('Votre demande\u00a0: Kammerchor Nord');
  });
});
