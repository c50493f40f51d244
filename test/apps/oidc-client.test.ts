/** A relying party that is not ours: oidc-client-ts in a page of its own, a public client with PKCE, in a real browser. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findChromium, launchChromium } from '../browser/chromium.ts';
import { follow } from '../browser/visiting.ts';
import { becomeMember, goodPassword } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { type SinglePageApp, startSinglePageApp } from './single-page-app.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const chromium = findChromium();

let browser: Browser;
let server: TestServer;
let app: SinglePageApp;
/** A page of the same make at an address that is not registered. */
let foreign: SinglePageApp;

/** What the page says of the person. */
type Told = {
  readonly answer: number;
  readonly profile?: { readonly sub: string; readonly name: string; readonly groups: readonly string[] } | null;
  readonly canRefresh?: boolean;
  readonly error?: string;
  readonly message?: string;
  readonly status?: number;
  readonly userInfo?: Readonly<Record<string, unknown>>;
};

async function toldBy(page: Page): Promise<Told> {
  const told = page.locator('#told:not(:empty)');
  await told.waitFor();
  return JSON.parse((await told.textContent()) ?? '');
}

/** Presses a button whose answer comes without leaving the page. */
async function press(page: Page, name: string): Promise<Told> {
  const { answer } = await toldBy(page);
  await page.getByRole('button', { name, exact: true }).click();
  await page.locator('#told', { hasText: `"answer":${answer + 1}` }).waitFor();
  return toldBy(page);
}

const leaveBy = (page: Page, name: string) => follow(page, page.getByRole('button', { name, exact: true }).first());
const headingOf = (page: Page) => page.getByRole('heading', { level: 1 }).textContent();

/** From the app to the server's first page, past the password. */
async function signIn(page: Page, email: string): Promise<void> {
  await page.goto(app.url);
  await leaveBy(page, 'Sign in');
  await page.getByLabel('E-mail', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(goodPassword);
  await leaveBy(page, 'Sign in');
}

/** All of it, with what the person allows. */
async function signInAtApp(page: Page, email: string): Promise<Told> {
  await signIn(page, email);
  await leaveBy(page, 'Allow');
  return toldBy(page);
}

async function visit(journey: (page: Page, context: BrowserContext) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ locale: 'en-GB' });
  context.setDefaultTimeout(15_000);
  try {
    await journey(await context.newPage(), context);
  } finally {
    await context.close();
  }
}

describe.skipIf(chromium === undefined)('oidc-client-ts in Chromium', () => {
  beforeAll(async () => {
    server = await startTestServer();
    for (const slug of ['choir', 'board']) await server.addGroup(slug);
    [app, foreign] = await Promise.all([startSinglePageApp(), startSinglePageApp()]);
    await server.addClient({
      ...{ id: 'page', name: 'Single page', authMethod: 'none', firstParty: false, requiredGroup: 'choir' },
      redirectUris: [`${app.url}/callback`],
      postLogoutRedirectUris: [`${app.url}/`],
    });
    for (const one of [app, foreign]) one.trust(server.issuer, 'page');
    browser = await launchChromium(chromium ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await foreign?.close();
    await server?.close();
  });
  beforeEach(async () => {
    await server.database.raw('delete from guestlist.throttle');
  });

  it('somebody signs in, and the page reads the groups; the code came with a challenge, the tokens from another origin', async () => {
    const { accountId, email } = await becomeMember(server, { group: 'choir', email: 'ada@example.org', name: 'Ada Park' });
    await visit(async (page) => {
      const asked: URL[] = [];
      const fetched = new Set<string>();
      page.on('request', (request) => {
        const url = new URL(request.url());
        if (url.pathname === '/auth') asked.push(url);
        if (request.resourceType() === 'fetch') fetched.add(`${request.method()} ${url.pathname}`);
      });
      const told = await signInAtApp(page, email);
      expect(told).toMatchObject({ profile: { sub: accountId, name: 'Ada Park', groups: ['choir'] }, canRefresh: true });
      expect(asked[0]?.searchParams.get('code_challenge_method')).toBe('S256');
      expect([...fetched]).toEqual(expect.arrayContaining(['GET /.well-known/openid-configuration', 'POST /token', 'GET /userinfo']));
      expect(new URL(app.url).origin).not.toBe(new URL(server.issuer).origin);
      expect(await press(page, 'Ask')).toMatchObject({ status: 200, userInfo: { sub: accountId, email, groups: ['choir'] } });
    });
  });

  it('the page renews silently by its refresh token, again and again, and hears of a group that came in between', async () => {
    const { accountId, email } = await becomeMember(server, { group: 'choir', email: 'bea@example.org' });
    await visit(async (page) => {
      await signInAtApp(page, email);
      expect((await press(page, 'Renew')).profile).toMatchObject({ sub: accountId, groups: ['choir'] });
      await server.guestlist.grant(accountId, { groups: ['board'] });
      expect((await press(page, 'Renew')).profile).toMatchObject({ sub: accountId, groups: ['board', 'choir'] });
      expect(await press(page, 'Ask')).toMatchObject({ status: 200, userInfo: { groups: ['board', 'choir'] } });
    });
  });

  it('whoever is not in the group of the app needs an invitation, and goes back as nobody', async () => {
    const { email } = await becomeMember(server, { group: 'board', email: 'cai@example.org' });
    await visit(async (page) => {
      await signIn(page, email);
      expect(await headingOf(page)).toBe('You need an invitation');
      await follow(page, page.getByRole('button', { name: /Back to/ }));
      expect(await toldBy(page)).toMatchObject({ error: 'access_denied' });
      expect(page.url()).toContain(app.url);
    });
  });

  it('whoever has lost the group hears nothing more: neither by renewing, nor by asking, nor at the next sign-in', async () => {
    const { accountId, email } = await becomeMember(server, { group: 'choir', email: 'dan@example.org' });
    await visit(async (page) => {
      await signInAtApp(page, email);
      await server.guestlist.withdraw(accountId, { groups: ['choir'] });
      expect(await press(page, 'Ask')).toMatchObject({ status: 401, userInfo: { error: 'invalid_token' } });
      expect(await press(page, 'Renew')).toMatchObject({ error: 'invalid_grant' });
      await page.goto(app.url);
      await leaveBy(page, 'Sign in');
      expect(await headingOf(page)).toBe('You need an invitation');
    });
  });

  it('signing out at the page signs out here as well, and leads back', async () => {
    const { email } = await becomeMember(server, { group: 'choir', email: 'eve@example.org' });
    await visit(async (page) => {
      await signInAtApp(page, email);
      await leaveBy(page, 'Sign out');
      expect(await headingOf(page)).toMatch(/sign out/i);
      await leaveBy(page, 'Sign out');
      expect(page.url()).toBe(`${app.url}/`);
      expect(await toldBy(page)).toMatchObject({ profile: null });
      await leaveBy(page, 'Sign in');
      expect(await page.getByLabel('Password', { exact: true }).count()).toBe(1);
    });
  });

  it('a page of another origin gets nothing: no sign-in, and no answer to a token that it has come by', async () => {
    const { email } = await becomeMember(server, { group: 'choir', email: 'flo@example.org' });
    await visit(async (page) => {
      await signInAtApp(page, email);
      const stored: Record<string, string> = await page.evaluate('({ ...sessionStorage })');
      const { access_token: token } = JSON.parse(Object.values(stored)[0] ?? '{}');
      const ask = `fetch(${JSON.stringify(`${server.issuer}/userinfo`)}, { headers: { authorization: 'Bearer ${token}' } })
        .then((response) => response.status, (error) => error.message)`;
      expect(await page.evaluate(ask)).toBe(200);
      await page.goto(foreign.url);
      expect(await page.evaluate(ask)).toBe('Failed to fetch');
      await leaveBy(page, 'Sign in');
      expect(new URL(page.url()).origin).toBe(new URL(server.issuer).origin);
      expect(await headingOf(page)).toBe('We can’t read what the app asked for');
      expect(await page.getByRole('button', { name: 'Allow' }).count()).toBe(0);
    });
  });
});
