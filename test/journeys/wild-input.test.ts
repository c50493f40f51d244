/** Input that no page of ours sends: everything stays as it is, and nothing is ever a surprise. */
import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createBrowser, type Rest } from '../support/browser.ts';
import { snapshot } from '../support/invariants.ts';
import { join, openAsNewcomer } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let app: RelyingApp;

beforeAll(async () => {
  server = await startTestServer();
  await server.addGroup('choir');
  app = await createRelyingApp(server);
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
});

const bodies = [
  '',
  'code',
  'code=',
  'code=&code=',
  'code=a&code=b',
  'code[]=a',
  'code[$ne]=1',
  'code={}',
  'code=%5B%5D',
  'code=null',
  'code=undefined',
  'code=0',
  'code=true',
  'code=%00',
  'code=%FF%FE',
  'code=%ud800',
  'code=%F0%9F%8E%B5',
  'code=..%2F..%2F',
  '__proto__=x&constructor=y&code=z',
  `code=${'9'.repeat(60_000)}`,
  'form_token=x&way=create&way=login',
  'form_token[]=x&way[]=create',
  'email=a%40example.org&password=x&form_token=',
  'a=b&'.repeat(5_000),
];

test('A9: wild values at every place that takes a form: a plain refusal, and nothing changes', { timeout: 60_000 }, async () => {
  await server.guestlist.invite({ groups: ['choir'] });
  const flow = await app.begin();
  const browser = createBrowser(server.issuer);
  const { pathname } = new URL((await browser.open(flow.url)).url);
  const before = await snapshot(server.database);
  const surprises: string[] = [];
  for (const path of [
    '/invite/code',
    '/invite/continue',
    `${pathname}/sign-in`,
    `${pathname}/register`,
    `${pathname}/consent`,
    '/invite/interaction/x/accept',
  ]) {
    for (const body of bodies) {
      const cookie = await browser.jar.getCookieString(`${server.issuer}${path}`);
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', accept: 'text/html', cookie };
      const answer = await request(`${server.issuer}${path}`, { method: 'POST', body, headers });
      await answer.body.dump();
      const refused = answer.statusCode >= 400 && answer.statusCode < 500;
      const ledBack = answer.statusCode === 303 && String(answer.headers.location) === '/invite';
      if (!refused && !ledBack) surprises.push(`${path} ${body.slice(0, 40)}: ${answer.statusCode}`);
    }
    await server.database.raw('delete from guestlist.throttle');
  }
  expect(surprises).toEqual([]);
  expect(await snapshot(server.database)).toEqual(before);
});

test('A9: wild invitations in an app’s request: the app’s mistake or a page, and nothing changes', async () => {
  const before = await snapshot(server.database);
  const wild = [
    '',
    ' ',
    'null',
    '{}',
    '[]',
    '%00',
    '\u0000',
    '\ud800',
    '../..',
    "' or 1=1 --",
    'x'.repeat(5_000),
    '00000000-0000-7000-8000-000000000000',
    `sha256:${'0'.repeat(64)}`,
    'unknown',
    '🎵',
  ];
  for (const invite of wild) {
    const { url } = await app.begin();
    const rest = await createBrowser(server.issuer).open(`${url}&invite=${encodeURIComponent(invite.isWellFormed() ? invite : 'x')}`);
    const status = rest.leftFor ? rest.leftFor.searchParams.get('error') : rest.status;
    expect({ invite: invite.slice(0, 20), ok: [200, 404, 'invalid_request'].includes(status ?? '') }).toEqual({
      invite: invite.slice(0, 20),
      ok: true,
    });
  }
  expect(await snapshot(server.database)).toEqual(before);
});

function buttonsOf({ $ }: Rest): string[] {
  return $('main form button')
    .map((_, button) => $(button).attr('value') ?? $(button).text().trim())
    .get();
}

test('C2: a scanner that presses every button and follows every link accepts nothing', async () => {
  const { url } = await server.guestlist.invite({ groups: ['choir'], maxUses: 3 });
  const before = await snapshot(server.database);
  const scanner = createBrowser(server.issuer);
  const toVisit = [await scanner.open(url)];
  let pressed = 0;
  for (let page = toVisit.shift(); page && pressed < 60; page = toVisit.shift()) {
    for (const value of buttonsOf(page)) {
      pressed += 1;
      const next = await scanner.submit(page, value);
      if (toVisit.length < 10 && next.status === 200) toVisit.push(next);
    }
  }
  expect(pressed).toBeGreaterThan(3);
  expect(await snapshot(server.database)).toEqual(before);
});

test('C4: declining and accepting are not done by looking', async () => {
  const browser = createBrowser(server.issuer);
  await join(browser, (await server.guestlist.invite({ groups: ['choir'] })).url, { email: 'looks@example.org' });
  await server.addGroup('board');
  const { url } = await server.guestlist.invite({ groups: ['board'] });
  const question = await browser.submit(await browser.open(url), 'join');
  const before = await snapshot(server.database);
  for (const action of ['accept', 'decline', 'switch']) {
    const page = await browser.open(`${new URL(question.url).pathname}/${action}`);
    expect(page.url).toBe(question.url);
    expect(page.heading).toBe(question.heading);
  }
  expect(await snapshot(server.database)).toEqual(before);
});

test('I8: names from outside are text and nothing else, on every page they reach', async () => {
  const payload = '"><img src=x onerror=alert(1)><script>alert(1)</script>';
  await server.addGroup('hostile', { name: payload });
  const { url } = await server.guestlist.invite({ groups: ['hostile'], inviterName: payload });
  const browser = createBrowser(server.issuer);
  const landing = await browser.open(url);
  const form = await openAsNewcomer(browser, url);
  const back = await browser.submit(form, 'Create account and join', { name: payload, email: payload, password: 'x' });
  const done = await browser.submit(back, 'Create account and join', {
    name: payload,
    email: 'hostile@example.org',
    password: 'seven purple staplers sing',
  });
  const home = await browser.open('/');
  for (const page of [landing, form, back, done, home]) {
    expect(page.$(`img:not([src^="/invite/assets/"]):not([src^="data:image/svg+xml"])`).length).toBe(0);
    expect(page.$('script:not([src^="/invite/assets/"])').length).toBe(0);
    expect(page.$('[onerror]').length).toBe(0);
  }
  expect(done.heading).toBe('You’re in!');
  const { rows } = await server.database.raw(`select subject, body_html from guestlist.mail where to_address = 'hostile@example.org'`);
  expect(rows[0].body_html).not.toMatch(/<script|onerror="|<img src=x/);
  expect(rows[0].subject).not.toMatch(/[\r\n]/);
});

test('L5: groups with the names of other things stay array entries', async () => {
  for (const slug of ['admin', 'openid', 'sub', 'iss']) await server.addGroup(slug);
  await expect(server.addGroup('a,b')).rejects.toBeTruthy();
  await expect(server.addGroup('system:masters')).rejects.toBeTruthy();
  const browser = createBrowser(server.issuer);
  await join(browser, (await server.guestlist.invite({ groups: ['admin', 'openid', 'sub', 'iss'] })).url, { email: 'names@example.org' });
  const claims = (await app.signInSilently(browser)).claims();
  expect(claims).toMatchObject({ groups: ['admin', 'iss', 'openid', 'sub'], iss: server.issuer });
});

test('on https, cookies are bound to the host and to TLS', async () => {
  const secure = await startTestServer({ issuer: 'https://id.example.org', proxyCount: 1 });
  try {
    await secure.addGroup('choir');
    const { token } = await secure.guestlist.invite({ groups: ['choir'] });
    const headers = { host: 'id.example.org', 'x-forwarded-proto': 'https', accept: 'text/html' };
    const opened = await request(`${secure.origin}/invite/${token}`, { headers });
    expect(String(opened.headers['set-cookie'])).toMatch(/^__Host-guestlist_visit=[\w-]{43}; path=\/; .*secure; .*httponly/i);
    expect(opened.headers['strict-transport-security']).toMatch(/max-age=\d{8}/);
    const query = new URLSearchParams({
      client_id: 'guestlist',
      response_type: 'none',
      scope: 'openid',
      redirect_uri: 'https://id.example.org/invite/done',
    });
    const authorization = await request(`${secure.origin}/auth?${query}`, { headers });
    const cookies = [authorization.headers['set-cookie'] ?? []].flat();
    expect(cookies.length).toBeGreaterThan(2);
    for (const cookie of cookies) expect(cookie).toMatch(/^__(Host|Secure)-guestlist_.*; secure; httponly/i);
    expect(String(authorization.headers.location)).toMatch(/^https:\/\/id\.example\.org\/interaction\//);
  } finally {
    await secure.close();
  }
});

test('K4: wild addresses are never our mistake, and lead nowhere else', async () => {
  const wild = [
    '%00',
    '%0d%0aX-Evil:%20yes',
    '%F0%9F%8E%B5',
    '%E4',
    '..%2f..%2fauth%3fclient_id=x',
    '%2f%2fevil.example',
    '%5c%5cevil.example',
  ];
  const places = [
    '/invite/interaction/*/accept',
    '/invite/interaction/*',
    '/interaction/*',
    '/interaction/*/sign-in',
    '/mailbox/*',
    '/auth/*',
  ];
  const surprises: string[] = [];
  for (const path of places.flatMap((place) => wild.map((text) => place.replace('*', text)))) {
    const answer = await request(`${server.issuer}${path}`, { headers: { accept: 'text/html' } });
    await answer.body.dump();
    const location = String(answer.headers.location ?? path);
    if (answer.statusCode >= 500 || new URL(location, server.issuer).pathname.split('/')[1] !== path.split('/')[1])
      surprises.push(`${path}: ${answer.statusCode} ${location}`);
  }
  expect(surprises).toEqual([]);
});
