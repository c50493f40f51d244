/**
 * Inside the window of a chat or of a social network: no passkeys, cookies of its own that nothing else shares, none for third
 * parties, no service workers, and 320 pixels. Everything that an invitation asks for must be possible there.
 */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mailedCode, mailedLink } from '../support/mail.ts';
import { goodPassword } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { follow, type Visiting, visitingWith } from './visiting.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const chromium = findChromium();
const agents = {
  instagram:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22B83 Instagram 357.1.0 (iPhone14,5; iOS 18_1; en_GB)',
  facebook:
    'Mozilla/5.0 (Linux; Android 15; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/490.0.0.0;]',
} as const;
const phone: BrowserContextOptions = {
  viewport: { width: 320, height: 640 },
  isMobile: true,
  hasTouch: true,
  serviceWorkers: 'block',
};

let browser: Browser;
let visit: Visiting;
let server: TestServer;

const headingOf = async (page: Page) => (await page.getByRole('heading', { level: 1 }).textContent())?.replace(/[\u2068\u2069]/g, '');
const press = (page: Page, name: string) => follow(page, page.getByRole('button', { name, exact: true }).first());
const banner = (page: Page) => page.getByRole('note').filter({ hasText: 'open the invitation’s link in your browser' });

/** As in a web view: what a page asks for is not there at all. */
async function takeAway(context: BrowserContext): Promise<void> {
  await context.addInitScript(`delete window.PublicKeyCredential; delete Navigator.prototype.credentials;
    delete Navigator.prototype.serviceWorker; delete Navigator.prototype.share; delete Navigator.prototype.clipboard;`);
}

async function register(page: Page, email?: string): Promise<void> {
  await page.getByLabel('Your name', { exact: true }).fill('Ada Park');
  if (email) await page.getByLabel('E-mail', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(goodPassword);
  await press(page, 'Create account and join');
}

/** The app is elsewhere: it is enough that the browser arrives there. */
async function enterApp(page: Page): Promise<URL> {
  const body = '<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Choir cloud</title>';
  await page.context().route('https://cloud.example.org/**', (route) => route.fulfill({ body, contentType: 'text/html' }));
  await follow(page, page.getByRole('link', { name: /Choir cloud/ }));
  return new URL(page.url());
}

describe.skipIf(chromium === undefined)('in Chromium, as the browser of another app', () => {
  beforeAll(async () => {
    server = await startTestServer();
    await server.addGroup('choir', { name: 'Kammerchor Nord' });
    await server.addClient({
      id: 'cloud',
      name: 'Choir cloud',
      redirectUris: ['https://cloud.example.org/callback'],
      initiateLoginUri: 'https://cloud.example.org/login',
      requiredGroup: 'choir',
    });
    browser = await launchChromium(chromium ?? '');
    visit = await visitingWith(browser, 'in-app');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it.each(Object.entries(agents))('link, six digits by mail, registration, in, and on to the app: %s', async (who, userAgent) => {
    const { url } = await server.guestlist.invite({ groups: ['choir'], domains: ['clinic.example'], inviterName: 'Maya Lind' });
    const email = `${who}@clinic.example`;
    await visit(who, { ...phone, userAgent }, async ({ page, look }) => {
      await takeAway(page.context());
      await page.goto(url);
      expect(await page.evaluate("'PublicKeyCredential' in window || 'credentials' in navigator")).toBe(false);
      expect(await headingOf(page)).toBe('Maya Lind invites you to Kammerchor Nord');
      expect(await banner(page).isVisible()).toBe(true);
      await look('1-landing');
      await press(page, 'I’m new here');
      expect(await banner(page).isVisible()).toBe(true);
      await page.getByLabel('E-mail', { exact: true }).fill(email);
      await press(page, 'Send me a mail');
      await page.getByLabel('The six digits').fill(await mailedCode(server.database, email));
      await press(page, 'Continue');
      await register(page);
      expect(await headingOf(page)).toBe('You’re in!');
      await look('2-done');
      const target = await enterApp(page);
      expect(target.origin + target.pathname).toBe('https://cloud.example.org/login');
      expect(target.searchParams.get('iss')).toBe(server.issuer);
    });
  });

  it('nothing is said of other apps to whoever is in a browser', async () => {
    const { url } = await server.guestlist.invite({ groups: ['choir'] });
    await visit('browser', phone, async ({ page }) => {
      await page.goto(url);
      expect(await page.getByRole('note').count()).toBe(0);
    });
  });

  it('a mailed link that was looked at inside another app is finished in the browser', async () => {
    await server.guestlist.invite({ groups: ['choir'], email: 'bea@example.org', inviterName: 'Maya Lind' });
    const link = await mailedLink(server.database, 'bea@example.org');
    await visit('first-look', { ...phone, userAgent: agents.instagram }, async ({ page }) => {
      await takeAway(page.context());
      await page.goto(link);
      expect(await banner(page).isVisible()).toBe(true);
      await press(page, 'I’m new here');
      expect(await headingOf(page)).toBe('Set up your sign-in');
    });
    await visit('second-browser', phone, async ({ page, look }) => {
      await page.goto(link);
      expect(await headingOf(page)).toBe('Maya Lind invites you to Kammerchor Nord');
      await press(page, 'I’m new here');
      await register(page);
      expect(await headingOf(page)).toBe('You’re in!');
      await look('1-done');
      expect((await enterApp(page)).pathname).toBe('/login');
    });
    await visit('back-inside', { ...phone, userAgent: agents.instagram }, async ({ page, look }) => {
      await page.goto(link);
      await look('1-used');
      expect(await page.locator('body').getAttribute('data-code')).toBe('invitation_used_up');
      expect(
        await page
          .getByRole('button', { name: 'Sign in' })
          .or(page.getByRole('link', { name: 'Sign in' }))
          .count(),
      ).toBe(1);
    });
  });
});
