/** From the link to the app in a real browser, with the server and the demo app as `npm start` runs them. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { goodPassword } from '../support/people.ts';
import { cleanUp, freePort, newDataDir, startServerProcess } from '../support/process.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { follow, type Visiting, visitingWith } from './visiting.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const chromium = findChromium();
let browser: Browser;
let visit: Visiting;
let issuer: string;
let invitationUrl: string;
let demoUrl: string;

describe.skipIf(chromium === undefined)('in Chromium', () => {
  beforeAll(async () => {
    const port = await freePort();
    const server = await startServerProcess({ DATA_DIR: await newDataDir(), PORT: String(port) }, ['--demo']);
    issuer = server.greeting()['Issuer'] ?? '';
    invitationUrl = server.greeting()['Try it: invitation'] ?? '';
    demoUrl = server.greeting()['Try it: demo app'] ?? '';
    browser = await launchChromium(chromium ?? '');
    visit = await visitingWith(browser, 'journey');
  });
  afterAll(async () => {
    await browser?.close();
    await cleanUp();
  });

  it('a newcomer opens the link, registers, and finds the app signed in and knowing the group', async () => {
    await visit('desktop', { viewport: { width: 1280, height: 900 } }, async ({ page, look }) => {
      await page.goto(invitationUrl);
      expect(page.url()).toBe(`${issuer}/invite`);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('Kammerchor Nord');
      await look('1-landing');
      await follow(page, page.getByRole('button', { name: words.create }));
      await look('2-registration');
      await follow(page, page.getByRole('button', { name: words.submit }));
      expect(await page.locator('[aria-invalid=true]').count()).toBe(3);
      await look('3-registration-empty');
      await fillIn(page, 'ada@example.org');
      await follow(page, page.getByRole('button', { name: words.submit }));
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('You’re in!');
      await look('4-done');
      await follow(page, page.getByRole('link', { name: /Demo app/ }));
      await expectSignedIn(page);
      await look('5-app');
      await page.goto(`${issuer}/mailbox`);
      await look('6-mailbox');
      await page
        .getByRole('link', { name: /Kammerchor|welcome|in/i })
        .first()
        .click();
      await look('7-mail');
      await page.goto(demoUrl);
      await follow(page, page.getByRole('button', { name: 'Sign out' }));
      await look('8-sign-out');
      await follow(page, page.getByRole('button', { name: 'Sign out' }));
      expect(page.url()).toBe(`${demoUrl}/`);
      await look('9-app-signed-out');
      await page.goto(issuer);
      await look('10-home');
    });
  });

  it('on a narrow phone in the dark nothing sticks out', async () => {
    await visit(
      'phone',
      { viewport: { width: 320, height: 640 }, colorScheme: 'dark', isMobile: true, hasTouch: true },
      async ({ page, look }) => {
        await page.goto(invitationUrl);
        expect(await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")).toBe(true);
        await look('1-landing');
        await follow(page, page.getByRole('button', { name: words.create }));
        await look('2-registration');
        await fillIn(page, 'bea@example.org', 'short');
        await follow(page, page.getByRole('button', { name: words.submit }));
        await look('3-registration-wrong');
        await page.getByLabel(words.password, { exact: true }).fill(goodPassword);
        await follow(page, page.getByRole('button', { name: words.submit }));
        await look('4-done');
        await follow(page, page.getByRole('link', { name: /Demo app/ }));
        await expectSignedIn(page);
        await look('5-app');
        await page.goto(`${issuer}/invite/nothing-here`);
        await look('6-not-found');
      },
    );
  });

  it('everything works without JavaScript', async () => {
    await visit('plain', { viewport: { width: 800, height: 700 }, javaScriptEnabled: false }, async ({ page, look }) => {
      await page.goto(invitationUrl);
      await follow(page, page.getByRole('button', { name: words.create }));
      await look('1-registration');
      await fillIn(page, 'cai@example.org');
      await follow(page, page.getByRole('button', { name: words.submit }));
      await look('2-done');
      await follow(page, page.getByRole('link', { name: /Demo app/ }));
      await expectSignedIn(page);
    });
  });

  it('a keyboard is enough', async () => {
    await visit('keyboard', { viewport: { width: 1024, height: 800 } }, async ({ page, look }) => {
      await page.goto(invitationUrl);
      await tabTo(page, words.create);
      await look('1-landing');
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/interaction\//);
      for (const [label, text] of [
        [words.name, 'Dana Ode'],
        [words.email, 'dana@example.org'],
        [words.password, goodPassword],
      ] as const) {
        await tabTo(page, label);
        await page.keyboard.type(text);
      }
      await look('2-registration');
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/invite\/done/);
      await tabTo(page, /Demo app/);
      await look('3-done');
      await page.keyboard.press('Enter');
      await page.waitForURL(`${demoUrl}/`);
      await expectSignedIn(page);
    });
  });
});

const words = {
  create: 'I’m new here',
  submit: 'Create account and join',
  name: 'Your name',
  email: 'E-mail',
  password: 'Password',
};

async function fillIn(page: Page, email: string, password = goodPassword): Promise<void> {
  await page.getByLabel(words.name, { exact: true }).fill('Ada Park');
  await page.getByLabel(words.email, { exact: true }).fill(email);
  await page.getByLabel(words.password, { exact: true }).fill(password);
}

async function expectSignedIn(page: Page): Promise<void> {
  expect(page.url()).toBe(`${demoUrl}/`);
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('Signed in as');
  const idToken = page.getByRole('region', { name: 'ID token' });
  expect(await idToken.getByRole('row', { name: /^groups/ }).textContent()).toContain('choir');
}

/** Presses Tab until the focus is on what has this name, which it must show by an outline. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let presses = 0; presses < 15; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    const matches = await Promise.all([
      focused.and(page.getByLabel(name, { exact: true })).count(),
      focused.and(page.getByRole('button', { name })).count(),
      focused.and(page.getByRole('link', { name })).count(),
    ]);
    if (matches.every((count) => count === 0)) continue;
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).not.toBe('none');
    return;
  }
  throw new Error(`the Tab key does not reach ${name} on ${page.url()}`);
}
