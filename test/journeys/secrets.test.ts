/** SECRETSCAN: what is secret stands in no address, no log line and no column, whatever happened to it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toCode } from '../../src/invitation/token.ts';
import { createBrowser } from '../support/browser.ts';
import { goodPassword, join, openAsNewcomer, register, signIn } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { whereFound as scan } from '../support/scan.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let app: RelyingApp;

beforeAll(async () => {
  server = await startTestServer();
  await server.addGroup('choir');
  await server.addGroup('board');
  app = await createRelyingApp(server);
});
afterAll(() => server?.close());

const whereFound = (secret: string, trails: readonly string[][]) => scan(server, secret, { addresses: trails.flat().join('\n') });

test('the scan finds what is there', async () => {
  await server.database.raw(`insert into guestlist."right" (name, created_at) values ('planted-secret-0815', now())`);
  expect(await whereFound('planted-secret-0815', [['/x?planted-secret-0815']])).toEqual(['database', 'addresses']);
});

test('an invitation’s token and code are nowhere after the link was opened, used, refused and mistyped', async () => {
  const front = await server.guestlist.invite({ groups: ['choir'], maxUses: 3 });
  const pushed = await server.guestlist.invite({ groups: ['board'] });
  const plain = await server.guestlist.invite({ groups: ['board'] });
  const revoked = await server.guestlist.invite({ groups: ['board'] });
  const unopened = await server.guestlist.invite({ groups: ['board'] });
  await server.guestlist.revoke(revoked.id, 'operator');

  const browser = createBrowser(server.issuer);
  await join(browser, front.url, { email: 'scanned@example.org' });
  await browser.post('/invite/code', { code: front.code });
  const pushedFlow = await app.push({ invite: pushed.token });
  await pushedFlow.finish(await browser.submit(await browser.open(pushedFlow.url), 'Join'));
  const plainFlow = await app.begin({ invite: plain.token });
  await browser.open(plainFlow.url);
  await browser.open(revoked.url);
  await browser.open(`/invite/${front.token}/extra`);
  await browser.open(`/wrong/${'x'.repeat(3)}`, { referer: front.url });
  await browser.open(`${server.issuer}/invite/${front.token.slice(0, -1)}`);
  await createBrowser(server.issuer).post(`/invite/${front.token}`, {});
  await fetch(`${server.issuer}/invite/${unopened.token}`, { method: 'DELETE' });
  const interrupted = createBrowser(server.issuer);
  await openAsNewcomer(interrupted, front.url);

  // What people or apps themselves put into an address is not ours; everything the server led to is.
  const typed = new Set([front.url, pushedFlow.url, plainFlow.url, revoked.url, `${server.issuer}/invite/${front.token}/extra`]);
  const trails = [browser.trail, interrupted.trail].map((trail) =>
    trail.filter((address) => !typed.has(address) && address !== `${server.issuer}/invite/${front.token.slice(0, -1)}`),
  );
  expect(server.log.length).toBeGreaterThan(30);
  for (const { token } of [front, pushed, plain, revoked, unopened]) {
    expect(await whereFound(token, trails)).toEqual([]);
    expect(await whereFound(toCode(token), trails)).toEqual([]);
    expect(await whereFound(toCode(token).replaceAll('-', ''), trails)).toEqual([]);
  }
});

test('passwords, cookies, codes, tokens and client secrets rest nowhere in clear', async () => {
  const { url } = await server.guestlist.invite({ groups: ['choir'] });
  const browser = createBrowser(server.issuer);
  const password = 'walrus umbrella telescope ninety';
  await register(browser, await openAsNewcomer(browser, url), { email: 'careful@example.org', password });
  const other = createBrowser(server.issuer);
  const flow = await app.begin({ scope: 'openid offline_access groups', prompt: 'login' });
  const half = await signIn(other, await other.open(flow.url), { email: 'careful@example.org', password });
  await signIn(createBrowser(server.issuer), await createBrowser(server.issuer).open((await app.begin()).url), {
    email: 'careful@example.org',
    password: 'wrong password, but long',
  }).catch(() => undefined);
  const code = half.leftFor?.searchParams.get('code') ?? '';
  expect(code).not.toBe('');
  const clientSecret = String((await server.addClient({ id: 'another', redirectUris: ['https://another.example.org/'] })) ?? '');
  const cookies = (await Promise.all([browser, other].map(({ jar }) => jar.getCookies(server.issuer))))
    .flat()
    .filter(({ key }) => !key.endsWith('.sig'));
  const tokens = await flow.finish(half);
  const secrets = [
    password,
    goodPassword,
    'wrong password, but long',
    code,
    clientSecret,
    tokens.access_token,
    tokens.refresh_token ?? '',
    tokens.id_token ?? '',
    ...cookies.map(({ value }) => value),
  ];
  for (const secret of secrets.filter((value) => value.length > 10)) {
    expect({ secret: secret.slice(0, 6), found: await whereFound(secret, []) }).toEqual({ secret: secret.slice(0, 6), found: [] });
  }
  expect(secrets.filter((value) => value.length > 10).length).toBeGreaterThan(8);
});
