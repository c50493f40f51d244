/** Where somebody is signed in, which apps know them, and ending it. */
import * as oidc from 'openid-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { describeBrowser } from '../../src/oidc/browsers.ts';
import { createLogoutSetting, expectAlive, expectDead, type LogoutSetting } from '../journeys/app-logout-setting.ts';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { type Member, signIn } from '../support/people.ts';

const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1';

let setting: LogoutSetting;
beforeAll(async () => {
  setting = await createLogoutSetting();
});
afterAll(() => setting.close());
beforeEach(async () => {
  await setting.server.database.raw('delete from guestlist.throttle');
});
afterEach(() => setting.forget());

async function secondBrowser({ email }: Member): Promise<Browser> {
  const browser = createBrowser(setting.server.issuer);
  await signIn(browser, await browser.open('/me'), { email });
  return browser;
}

const isSignedIn = async (browser: Browser) => (await browser.open('/me')).heading === 'My groups';
const cards = ({ $ }: Rest, list: string) =>
  $(`[aria-labelledby="${list}"] > li`)
    .toArray()
    .map((card) => $(card).text().replace(/\s+/g, ' ').trim());

async function follow(browser: Browser, link: string, button = link): Promise<Rest> {
  const page = await browser.open('/me/sessions');
  const href = page.$(`a:contains("${link}")`).attr('href');
  if (href === undefined) throw new Error(`no link ${link}`);
  return browser.submit(await browser.open(href), button);
}

describe('the list', () => {
  test('has this session first, then others, and no apps before there are any', async () => {
    const person = await setting.boardMember('ada');
    await secondBrowser(person);
    const page = await person.browser.open('/me/sessions');
    const [first, second, ...more] = cards(page, 'sessions');
    expect(first).toMatch(/^A browser we don’t know This browser Signed in on .* Sign out$/);
    expect(second).toMatch(/^A browser we don’t know Signed in on .* Last seen on .* End this session$/);
    expect(more).toEqual([]);
    expect(page.$('main').text()).toContain('You haven’t signed in to an app');
  });

  test('names browser and system of where somebody signed in, and nothing else of it is kept', async () => {
    const person = await setting.boardMember('bo');
    const { database, issuer } = setting.server;
    const agent = { 'user-agent': phone };
    const other = createBrowser(issuer, agent);
    await signIn(other, await other.open('/me'), person);
    expect(cards(await person.browser.open('/me/sessions'), 'sessions')[1]).toMatch(/^Safari on iPhone Signed in/);
    expect(JSON.stringify((await database.raw('select * from guestlist.session_browser')).rows)).not.toContain('Mozilla');
  });

  test.each([
    [phone, 'Safari', 'iPhone'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox', 'Linux'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0',
      'Edge',
      'Windows',
    ],
    [
      'Mozilla/5.0 (Linux; Android 16; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36',
      'Samsung Internet',
      'Android',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
      'Chrome',
      'macOS',
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0 Mobile/15E148 Safari/604.1',
      'Chrome',
      'iPad',
    ],
    ['curl/8.5.0', undefined, undefined],
    ['', undefined, undefined],
  ])('knows %s', (userAgent, browser, system) => {
    expect(describeBrowser(userAgent)).toEqual({ browser, system });
  });

  test('has the apps in words', async () => {
    const person = await setting.boardMember('cleo');
    await setting.open.signInSilently(person.browser);
    const [app] = cards(await person.browser.open('/me/sessions'), 'apps');
    expect(app).toMatch(/^open Since .*Recognise you when you come back.*See your name.*See which groups you belong to.*Withdraw access$/);
  });
});

describe('ending', () => {
  test('one session signs that browser out, with its apps, and no other', async () => {
    const person = await setting.boardMember('dan');
    const other = await secondBrowser(person);
    const theirs = await setting.open.signInSilently(other);
    const ours = await setting.closed.signInSilently(person.browser);
    const page = await follow(person.browser, 'End this session');
    expect(page.$('[role="status"]').text()).toContain('The session has been ended.');
    expect([await isSignedIn(other), await isSignedIn(person.browser)]).toEqual([false, true]);
    await expectDead(setting.open, theirs);
    await expectAlive(setting.closed, ours);
    expect(await setting.fates('open')).toEqual([{ attempts: 1, end: 'delivered' }]);
    expect(await setting.fates('closed')).toEqual([]);
  });

  test('what is under way at the same moment does not bring a session back', async () => {
    const person = await setting.boardMember('eve');
    const other = await secondBrowser(person);
    const { database } = setting.server;
    const select = `select kind, id, payload, uid, expires_at from guestlist.oidc_payload where kind = 'Session' and payload ->> 'accountId' = ?`;
    const { rows } = await database.raw(select, [person.accountId]);
    await follow(person.browser, 'End this session');
    for (const row of rows) await database('guestlist.oidc_payload').insert(row).onConflict(['kind', 'id']).ignore();
    expect([await isSignedIn(other), await isSignedIn(person.browser)]).toEqual([false, true]);
    expect(cards(await person.browser.open('/me/sessions'), 'sessions')).toHaveLength(1);
  });

  test('all others leaves this one alone, with its apps', async () => {
    const person = await setting.boardMember('finn');
    const others = [await secondBrowser(person), await secondBrowser(person)];
    const theirs = await setting.open.signInSilently(others[0] as Browser);
    const ours = await setting.closed.signInSilently(person.browser);
    const page = await follow(person.browser, 'Sign out everywhere else');
    expect(page.$('main').text()).toContain('You are signed in nowhere else.');
    for (const other of others) expect(await isSignedIn(other)).toBe(false);
    await expectDead(setting.open, theirs);
    await expectAlive(setting.closed, ours);
  });

  test('an app’s access ends its tokens in every browser and tells it, and the session goes on', async () => {
    const person = await setting.boardMember('gil');
    const other = await secondBrowser(person);
    const tokens = await Promise.all([person.browser, other].map((browser) => setting.open.signInSilently(browser)));
    const kept = await setting.closed.signInSilently(person.browser);
    const page = await person.browser.open('/me/sessions');
    const href = page.$('[aria-labelledby="apps"] > li:contains("open") a').attr('href') ?? '';
    const question = await person.browser.open(href);
    expect(question.heading).toBe('Withdraw the access of \u2068open\u2069?');
    const done = await person.browser.submit(question, 'Withdraw access');
    expect(cards(done, 'apps').map((card) => card.split(' ')[0])).toEqual(['closed']);
    for (const one of tokens) await expectDead(setting.open, one);
    await expectAlive(setting.closed, kept);
    expect([await isSignedIn(other), await isSignedIn(person.browser)]).toEqual([true, true]);
    expect(await setting.fates('open')).toEqual([
      { attempts: 1, end: 'delivered' },
      { attempts: 1, end: 'delivered' },
    ]);
    expect((await setting.open.signInSilently(person.browser)).claims()?.sub).toBe(person.accountId);
  });

  test('what is another person’s is not there for me', async () => {
    const [mine, theirs] = [await setting.boardMember('hal'), await setting.boardMember('ira')];
    await secondBrowser(theirs);
    const tokens = await setting.open.signInSilently(theirs.browser);
    const page = await theirs.browser.open('/me/sessions');
    const addresses = page
      .$('main a[href$="/end"]')
      .toArray()
      .map((link) => page.$(link).attr('href') ?? '')
      .filter((address) => /(sessions|apps)\/\w{32}\/end$/.test(address));
    expect(addresses).toHaveLength(2);
    for (const address of addresses) {
      expect((await mine.browser.open(address)).status).toBe(404);
      const form_token = String((await mine.browser.open('/me/data')).$('[name="form_token"]').attr('value'));
      expect((await mine.browser.post(address, { form_token })).status).toBe(403);
    }
    expect(cards(await theirs.browser.open('/me/sessions'), 'sessions')).toHaveLength(2);
    expect((await oidc.refreshTokenGrant(setting.open.config, tokens.refresh_token ?? '')).access_token).toBeTruthy();
  });

  test('is on record, with who and where from, and without a session’s id', async () => {
    const person = await setting.boardMember('jo');
    await secondBrowser(person);
    await setting.open.signInSilently(person.browser);
    await follow(person.browser, 'End this session');
    await follow(person.browser, 'Withdraw access');
    await follow(person.browser, 'Sign out everywhere else').catch(() => undefined);
    const { rows } = await setting.server.database.raw(
      `select action, detail, actor = subject as own, address_block is not null as "hasPlace" from guestlist.audit_event
       where actor = ? and action like 'account.%ended' order by id`,
      [person.accountId],
    );
    expect(rows).toEqual([
      { action: 'account.session_ended', detail: {}, own: true, hasPlace: true },
      { action: 'account.app_ended', detail: { client: 'open' }, own: true, hasPlace: true },
    ]);
  });
});
