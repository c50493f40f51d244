/** The admin console in a real browser: coming in from elsewhere, on a phone and at a desk, in the light and in the dark. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ConsoleSetting, createConsoleSetting } from '../console/setting.ts';
import { goodPassword } from '../support/people.ts';
import { gallery } from '../views/gallery.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { desk, phone, type Visiting, visitingWith, withoutScripts } from './visiting.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const chromium = findChromium();

const windows: Readonly<Record<string, BrowserContextOptions>> = {
  phone,
  desk: { ...desk, ...withoutScripts },
  'desk-forced': { ...desk, forcedColors: 'active', reducedMotion: 'reduce' },
};

let browser: Browser;
let visit: Visiting;
let setting: ConsoleSetting;
/** A chat somewhere else, with a link. */
let chat: Server;

const headingOf = (page: Page) => page.getByRole('heading', { level: 1 }).textContent();

async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(goodPassword);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** 127.0.0.1 is another site than localhost. */
async function openChat(): Promise<string> {
  const target = `${setting.server.issuer}/admin/audit?action=group.created`;
  chat = createServer((request, response) => {
    if (request.url === '/short') response.writeHead(302, { Location: target }).end();
    else
      response
        .setHeader('Content-Type', 'text/html')
        .end(`<!doctype html><title>Chat</title><link rel="icon" href="data:,"><a href="${target}">direct</a> <a href="/short">short</a>`);
  });
  await new Promise<void>((resolve) => chat.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(chat.address() as AddressInfo).port}/`;
}

const sessionCount = async (accountId: string): Promise<number> => {
  const sql = 'select count(*)::int as n from guestlist.console_session where account_id = ?';
  return (await setting.server.database.raw(sql, [accountId])).rows[0].n;
};

describe.skipIf(chromium === undefined)('in Chromium', () => {
  beforeAll(async () => {
    setting = await createConsoleSetting();
    browser = await launchChromium(chromium ?? '');
    visit = await visitingWith(browser, 'console');
  });
  afterAll(async () => {
    await browser?.close();
    chat?.close();
    await setting?.server.close();
  });

  it.each([
    ['with scripts', true],
    ['without scripts', false],
  ])('a link in a chat leads in, for whoever is signed in, and by way of a redirect as well: %s', async (_, javaScriptEnabled) => {
    const { email, accountId } = await setting.admin(`ada-${javaScriptEnabled}`);
    const chatHref = chat ? `http://127.0.0.1:${(chat.address() as AddressInfo).port}/` : await openChat();
    await visit('chat', { ...desk, javaScriptEnabled }, async ({ page }) => {
      await page.goto(`${setting.server.issuer}/me`);
      await signIn(page, email);
      for (const link of ['direct', 'short', 'direct']) {
        await page.goto(chatHref);
        await page.getByRole('link', { name: link }).click();
        await page.waitForURL('**/admin/audit?action=group.created');
        await page.getByRole('heading', { level: 1, name: 'Audit log' }).waitFor();
      }
      // The second time, nobody signed in again: the session of the first is still the one.
      expect(await sessionCount(accountId)).toBe(1);
      const cookies = await page.context().cookies();
      expect(cookies.find(({ name }) => name === 'guestlist_console')?.sameSite).toBe('Strict');
    });
  });

  it('a link in a chat leads whoever is not signed in there as well', async () => {
    const { email } = await setting.admin('bea');
    const chatHref = `http://127.0.0.1:${(chat.address() as AddressInfo).port}/`;
    await visit('chat', desk, async ({ page }) => {
      await page.goto(chatHref);
      await page.getByRole('link', { name: 'direct' }).click();
      await signIn(page, email);
      await page.waitForURL('**/admin/audit?action=group.created');
      expect(await headingOf(page)).toBe('Audit log');
    });
  });

  it.each(Object.keys(windows))('everything is in reach and nothing sticks out: %s', async (who) => {
    const { email } = await setting.admin(`carl-${who}`);
    const { issuer } = setting.server;
    await visit(who, windows[who] ?? {}, async ({ page, look }) => {
      await page.goto(`${issuer}/admin`);
      await signIn(page, email);
      await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
      await look('1-dashboard');
      if (who.startsWith('phone')) {
        await page.getByText('Menu', { exact: true }).click();
        await look('2-menu');
      }
      await page.getByRole('link', { name: 'Audit log', exact: true }).filter({ visible: true }).click();
      await page.getByText('Details').first().click();
      await look('3-audit');
      await page.getByLabel('What was done').selectOption({ label: 'Group created' });
      await page.getByRole('button', { name: 'Show', exact: true }).click();
      expect(new URL(page.url()).searchParams.get('action')).toBe('group.created');
      await page.getByRole('link', { name: 'Check the chain' }).click();
      expect(await page.getByText('entries are what was written').count()).toBe(1);
      await look('4-chain');
      await page.route(`${issuer}/gallery`, (route) => route.fulfill({ body: gallery(), contentType: 'text/html; charset=utf-8' }));
      await page.goto(`${issuer}/gallery`);
      await look('5-gallery');
      await page.goto(`${issuer}/admin/audit?actor=nobody`);
      await look('6-empty');
    });
  });

  it('the keyboard reaches the content first, then everything else', async () => {
    const { email } = await setting.admin('dan');
    await visit('keyboard', desk, async ({ page }) => {
      await page.goto(`${setting.server.issuer}/admin`);
      await signIn(page, email);
      await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Invite people');
    });
  });
});
