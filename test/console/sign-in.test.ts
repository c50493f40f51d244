/** The way into the console: by way of the provider, as an app of it, and back to the page that was asked for. */
import { load } from 'cheerio';
import { CookieJar } from 'tough-cookie';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOwnFetch, type OwnFetch } from '../../src/console/own-fetch.ts';
import { wayBack } from '../../src/console/way-back.ts';
import { createBrowser, formOf } from '../support/browser.ts';
import { goodPassword, signIn } from '../support/people.ts';
import { startTestServer } from '../support/server.ts';
import { type ConsoleSetting, createConsoleSetting, goOn, openConsole, sessionCookie } from './setting.ts';

let setting: ConsoleSetting;
beforeAll(async () => {
  setting = await createConsoleSetting();
});
afterAll(() => setting.server.close());

const pathOf = ({ url }: { readonly url: string }) => url.slice(setting.server.issuer.length);

describe('the way in', () => {
  test('an admin who is signed in comes in without a question', async () => {
    const { browser } = await setting.admin('ada');
    const page = await openConsole(browser, '/admin');
    expect([page.status, page.heading]).toEqual([200, 'Dashboard']);
  });

  test('whoever is not signed in signs in first, and comes back to the page they asked for', async () => {
    const { email } = await setting.admin('bea');
    const browser = createBrowser(setting.server.issuer);
    const page = await goOn(browser, await signIn(browser, await browser.open('/admin/audit?action=group.created'), { email }));
    expect([page.status, pathOf(page)]).toEqual([200, '/admin/audit?action=group.created']);
  });

  test('it is the way of any app: a code with PKCE, state and nonce, exchanged at the token endpoint', async () => {
    const { browser } = await setting.admin('cem');
    setting.server.log.length = 0;
    await openConsole(browser, '/admin');
    const asked = new URL(browser.trail.find((address) => address.includes('client_id=guestlist-console')) ?? '').searchParams;
    expect(asked.get('response_type')).toBe('code');
    expect(asked.get('scope')).toBe('openid profile email groups roles entitlements');
    for (const name of ['state', 'nonce', 'code_challenge']) expect(asked.get(name)).toMatch(/^[\w-]{22,}$/);
    expect(setting.server.log.filter((line) => line.includes('"path":"/token"')).join()).toContain('"status":200');
  });

  test('its cookie goes with no request of another site, and is no script’s business', async () => {
    const { browser } = await setting.admin('dan');
    await openConsole(browser, '/admin');
    const cookie = await sessionCookie(browser, setting);
    expect(cookie).toMatchObject({ sameSite: 'strict', httpOnly: true, path: '/' });
    const stored = await setting.server.database.raw('select digest from guestlist.console_session');
    expect(stored.rows.map(({ digest }: { digest: Buffer }) => digest.toString('base64url'))).not.toContain(cookie?.value);
  });

  test('following a link elsewhere, the browser leaves the cookie out: it is asked again before anybody signs in', async () => {
    const { browser } = await setting.admin('eva');
    const stranger = createBrowser(setting.server.issuer);
    const first = await stranger.open('/admin/audit?x=1', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' });
    expect([first.status, pathOf(first), first.$('meta[http-equiv]').attr('content')]).toEqual([
      200,
      '/admin/audit?x=1',
      '0; url=/admin/audit?x=1',
    ]);
    await openConsole(browser, '/admin');
    const again = await browser.open('/admin', { 'sec-fetch-site': 'cross-site' });
    expect(again.heading).toBe('Dashboard');
  });

  test('a script of a page that was left open is told so, and led nowhere', async () => {
    const page = await createBrowser(setting.server.issuer).open('/admin', { 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'same-origin' });
    expect([page.status, page.html]).toEqual([401, '']);
  });
});

describe('what comes back from signing in', () => {
  test('is good for the browser alone that set out', async () => {
    const { browser } = await setting.admin('finn');
    await browser.open('/admin');
    const callback = browser.trail.find((address) => address.includes('/admin/callback?')) ?? '';
    const other = await setting.admin('greta');
    const page = await other.browser.open(callback);
    expect([page.status, page.heading]).toEqual([400, 'That sign-in was not finished']);
    expect(await sessionCookie(other.browser, setting)).toBeUndefined();
  });

  test('is good once', async () => {
    const { browser } = await setting.admin('hugo');
    await browser.open('/admin');
    const page = await browser.open(browser.trail.find((address) => address.includes('/admin/callback?')) ?? '');
    expect(page.heading).toBe('That sign-in was not finished');
  });

  test('and whoever gives up is not asked again', async () => {
    const browser = createBrowser(setting.server.issuer);
    await browser.open('/admin');
    const state = new URL(browser.trail.find((address) => address.includes('state=')) ?? '').searchParams.get('state');
    const answer = new URLSearchParams({ error: 'access_denied', state: state ?? '', iss: setting.server.issuer });
    const page = await browser.open(`/admin/callback?${answer}`);
    expect([page.status, page.heading]).toEqual([400, 'That sign-in was not finished']);
  });

  test.each([
    ['/admin/invitations?state=open&next=1_a', '/admin/invitations?state=open&next=1_a'],
    ['/admin/groups/choir', '/admin/groups/choir'],
    ['/administrator', '/admin'],
    ['/admin//evil.example', '/admin'],
    ['/admin/../me', '/admin'],
    ['//evil.example/admin', '/admin'],
    ['https://evil.example/admin', '/admin'],
    ['/admin/\\evil', '/admin'],
    ['/admin?x="><script>', '/admin'],
    [`/admin/people?q=${'x'.repeat(2_000)}`, '/admin/people'],
  ])('leads to pages of the console alone: %s', (address, expected) => {
    expect(wayBack(address)).toBe(expected);
  });

  test('five tabs at once all come in, and so does one after many that came to nothing', async () => {
    const { email } = await setting.admin('ida');
    const browser = createBrowser(setting.server.issuer);
    const pages = await Promise.all(Array.from({ length: 5 }, () => browser.open('/admin')));
    await signIn(browser, pages[0] ?? (await browser.open('/admin')), { email });
    for (let index = 0; index < 9; index += 1) await browser.open('/admin');
    expect((await browser.jar.getCookies(setting.server.issuer)).length).toBeLessThan(15);
    expect((await openConsole(browser, '/admin')).heading).toBe('Dashboard');
  });
});

describe('behind TLS, below a path', () => {
  test('the cookies are the host’s alone, and the code is exchanged without a network', async () => {
    const { email } = await setting.admin('jan');
    const { database, connection } = setting.server;
    const issuer = 'https://id.example.org/op';
    const behind = await startTestServer({ issuer, on: { database, connection, drop: async () => undefined } });
    try {
      const jar = new CookieJar();
      const send = sender(
        createOwnFetch(issuer, () => behind.app.listener),
        jar,
      );
      const $ = load(await send(`${issuer}/admin/audit`));
      const { action, filled } = formOf({ $, url: issuer, html: '', status: 200, headers: {}, heading: '' }, 'Sign in');
      const page = load(await send(action, new URLSearchParams({ ...filled, email, password: goodPassword })));
      expect(page('meta[http-equiv="refresh"]').attr('content')).toBe('0; url=/op/admin/audit');
      expect(load(await send(`${issuer}/admin/audit`))('h1').text()).toBe('Audit log');
      const cookie = (await jar.getCookies(issuer)).find(({ key }) => key === '__Host-guestlist_console');
      expect(cookie).toMatchObject({ secure: true, path: '/', sameSite: 'strict', httpOnly: true });
    } finally {
      await behind.close();
    }
  });
});

/** A browser that reaches a server which has no address of its own. */
function sender(fetchOwn: OwnFetch, jar: CookieJar) {
  return async function send(address: string, body?: URLSearchParams): Promise<string> {
    const answer = await fetchOwn(address, {
      method: body ? 'POST' : 'GET',
      headers: {
        accept: 'text/html',
        cookie: await jar.getCookieString(address),
        ...(body ? { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' } : {}),
      },
      body,
      redirect: 'manual',
    });
    for (const cookie of answer.headers.getSetCookie()) await jar.setCookie(cookie, address);
    const location = answer.headers.get('location');
    return location ? send(new URL(location, address).href) : answer.text();
  };
}
