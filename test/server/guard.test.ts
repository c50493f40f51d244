import { request as rawRequest } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { join } from '../support/people.ts';
import { createRelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.addGroup('choir');
});
afterAll(() => server?.close());

type Answer = { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: string };

/** Sends what no well-behaved client would. */
function send(
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
  issuer = server.issuer,
): Promise<Answer> {
  const { hostname, port, host } = new URL(issuer);
  return new Promise((resolve, reject) => {
    const sent = rawRequest({ hostname, port, path, method, headers: { host, accept: 'text/html', ...headers } }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
    sent.on('error', reject).end();
  });
}

test.each([
  ['another host', { host: 'evil.example' }],
  ['a host with somebody else before it', { host: 'idp@evil.example' }],
  ['another port', { host: 'localhost:1' }],
])('a request that names %s is turned away', async (_what, headers) => {
  const answer = await send('/', { headers });
  expect(answer.status).toBe(421);
  expect(answer.body).not.toContain('evil');
});

test('forwarded headers of strangers change no address that we make (J1)', async () => {
  const headers = {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    forwarded: 'host=evil.example;proto=https',
    origin: 'https://evil.example',
  };
  const discovery = await send('/.well-known/openid-configuration', { headers });
  expect(discovery.body).not.toContain('evil.example');
  expect(JSON.parse(discovery.body).token_endpoint).toBe(`${server.issuer}/token`);
  const app = await createRelyingApp(server);
  const { pathname, search } = new URL((await app.begin()).url);
  const authorization = await send(`${pathname}${search}`, { headers });
  expect(String(authorization.headers['location'])).toMatch(new RegExp(`^(${server.issuer})?/interaction/`));
});

test('an address in absolute form does not make us somebody else', async () => {
  const answer = await send('http://evil.example/auth');
  expect(answer.status).toBe(421);
});

test('what is not there: a page for people, problem+json for programs', async () => {
  const page = await send('/nothing/here');
  expect(page.status).toBe(404);
  expect(page.headers['content-type']).toContain('text/html');
  const problem = await send('/nothing/here', { headers: { accept: 'application/json' } });
  expect(problem.status).toBe(404);
  expect(problem.headers['content-type']).toContain('application/problem+json');
  expect(JSON.parse(problem.body)).toMatchObject({ status: 404, code: 'page_not_found' });
  expect(problem.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
});

test('assets come with their type, and no path leads out of their folder', async () => {
  const css = await send('/invite/assets/guestlist.css');
  expect({ status: css.status, type: css.headers['content-type'] }).toEqual({ status: 200, type: 'text/css; charset=utf-8' });
  const again = await send('/invite/assets/guestlist.css', { headers: { 'if-none-match': String(css.headers['etag']) } });
  expect(again.status).toBe(304);
  for (const path of [
    '/invite/assets/../text/en.json',
    '/invite/assets/..%2ftext%2fen.json',
    '/invite/assets/%2e%2e/layout.eta',
    '/invite/assets/',
  ])
    expect((await send(path)).status).toBe(404);
});

test('behind one proxy the last address counts; without one no header does (A5)', async () => {
  const proxied = await startTestServer({ proxyCount: 1 });
  try {
    await send('/', { headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' } }, proxied.issuer);
    await send('/', { headers: { 'x-forwarded-for': '198.51.100.1' } });
    expect(proxied.log.join('')).toContain('"ip":"203.0.113.7"');
    expect(server.log.join('')).not.toContain('198.51.100.1');
  } finally {
    await proxied.close();
  }
});

test('a cross-site post to any form is refused before it is read', async () => {
  for (const path of [
    '/invite/code',
    '/invite/continue',
    '/invite/interaction/x/accept',
    '/interaction/x/sign-in',
    '/interaction/x/register',
    '/interaction/x/consent',
  ]) {
    const answer = await send(path, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site', 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect({ path, status: answer.status }).toEqual({ path, status: 403 });
  }
});

test('the issuer may have a path: everything lies under it', async () => {
  const mounted = await startTestServer({ issuerPath: '/sign/in' });
  try {
    await mounted.addGroup('choir');
    const app = await createRelyingApp(mounted);
    const browser = createBrowser(mounted.issuer);
    const { url } = await mounted.guestlist.invite({ groups: ['choir'] });
    expect(url.startsWith(`${mounted.issuer}/invite/`)).toBe(true);
    const done = await join(browser, url, { email: 'mounted@example.org' });
    expect(done.heading).toBe('You’re in!');
    expect((await app.signInSilently(browser)).claims()?.['groups']).toEqual(['choir']);
    expect(
      browser.trail.filter((address) => address.startsWith(new URL(mounted.issuer).origin) && !address.startsWith(mounted.issuer)),
    ).toEqual([]);
    expect((await send('/invite', {}, mounted.issuer)).status).toBe(404);
    expect((await send('/sign/inside', {}, mounted.issuer)).status).toBe(404);
  } finally {
    await mounted.close();
  }
});

test('when the database is away: 503 with the time to wait, never a wrong word about the link; afterwards all is as before', async () => {
  const own: TestDatabase = await createTestDatabase();
  const shaky = await startTestServer({ on: own });
  const { rows } = await own.database.raw('select current_database() as name');
  const { database: admin } = await createTestDatabase();
  const end = () => admin.raw('select pg_terminate_backend(pid) from pg_stat_activity where datname = ?', [rows[0].name]);
  try {
    await shaky.addGroup('choir');
    const { url } = await shaky.guestlist.invite({ groups: ['choir'] });
    await admin.raw('alter database ?? allow_connections false', [rows[0].name]);
    await end();
    const page = await createBrowser(shaky.issuer).open(url);
    expect({ status: page.status, wait: Number(page.headers['retry-after']) > 0 }).toEqual({ status: 503, wait: true });
    expect(page.html).not.toMatch(/find that invitation|expired/);
    const token = await fetch(`${shaky.issuer}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=authorization_code&code=x&client_id=app',
    });
    expect(token.status).toBe(503);
    await admin.raw('alter database ?? allow_connections true', [rows[0].name]);
    expect((await join(createBrowser(shaky.issuer), url, { email: 'after@example.org' })).heading).toBe('You’re in!');
  } finally {
    await admin.raw('alter database ?? allow_connections true', [rows[0].name]);
    await shaky.close();
    await own.drop();
  }
});

test('a surprise is told to the log under the request’s id, and to nobody else', async () => {
  const broken = await startTestServer();
  try {
    await broken.database.raw('drop table guestlist.visit cascade');
    const browser = createBrowser(broken.issuer);
    await browser.jar.setCookie(`guestlist_visit=${'a'.repeat(43)}; Path=/`, broken.issuer);
    const page = await browser.open('/invite');
    expect(page.status).toBe(500);
    expect(page.html).not.toMatch(/visit_|relation|select/i);
    const id = String(page.headers['x-request-id']);
    expect(page.html).toContain(id);
    expect(broken.log.filter((line) => line.includes(id) && line.includes('"level":50'))).toHaveLength(1);
  } finally {
    await broken.close();
  }
});
