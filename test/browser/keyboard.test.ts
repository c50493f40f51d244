/** Nothing but a keyboard: an invitee joins, a member invites, an admin makes a link. The focus is always in sight, and where one goes on. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ConsoleSetting, createConsoleSetting } from '../console/setting.ts';
import { mailedLink } from '../support/mail.ts';
import { goodPassword } from '../support/people.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { type Visiting, visitingWith } from './visiting.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const chromium = findChromium();
const desk = { viewport: { width: 1280, height: 800 } } as const;

let browser: Browser;
let visit: Visiting;
let setting: ConsoleSetting;

/** Whatever has the focus has a line around it, and nothing lies over it (WCAG 2.2, 2.4.7, 2.4.11). The body: the browser’s own turn. */
const isSeen = `(() => {
  const element = document.activeElement;
  if (element === document.body) return true;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const { left, top, width, height } = element.getBoundingClientRect();
  const above = document.elementFromPoint(left + width / 2, top + height / 2);
  const isFree = above !== null && (element.contains(above) || above.contains(element));
  return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && isFree;
})()`;

async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate('document.activeElement.outerHTML.slice(0, 200)');
    if (!(await page.evaluate(isSeen))) throw new Error(`on ${page.url()} the focus is not to be seen: ${focused}`);
    if ((await page.locator(':focus').and(target).count()) > 0) return;
  }
  throw new Error(`the Tab key does not reach ${target} on ${page.url()}`);
}

async function type(page: Page, label: string, text: string): Promise<void> {
  await tabTo(page, page.getByLabel(label, { exact: true }));
  await page.keyboard.type(text);
}

/** Until the next page is there. */
async function press(page: Page, key: 'Enter' | 'Space'): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.keyboard.press(key)]);
}

async function pressButton(page: Page, name: string): Promise<void> {
  await tabTo(page, page.getByRole('button', { name, exact: true }).first());
  await press(page, 'Enter');
}

const focusedTag = (page: Page) => page.evaluate('document.activeElement.tagName');
const focusedRole = (page: Page) => page.evaluate("document.activeElement.getAttribute('role')");
const headingOf = async (page: Page) => (await page.getByRole('heading', { level: 1 }).textContent())?.replace(/[\u2068\u2069]/g, '');

async function signIn(page: Page, email: string): Promise<void> {
  await type(page, 'E-mail', email);
  await type(page, 'Password', goodPassword);
  await press(page, 'Enter');
}

describe.skipIf(chromium === undefined)('in Chromium, with the keyboard alone', () => {
  beforeAll(async () => {
    setting = await createConsoleSetting();
    browser = await launchChromium(chromium ?? '');
    visit = await visitingWith(browser, 'keyboard');
  });
  afterAll(async () => {
    await browser?.close();
    await setting?.server.close();
  });

  it('an invitee joins, and is led to what was wrong', async () => {
    const { url } = await setting.guestlist.invite({ groups: ['choir'], inviterName: 'Maya Lind' });
    await visit('invitee', desk, async ({ page, look }) => {
      await page.goto(url);
      expect(await focusedTag(page)).toBe('H1');
      await pressButton(page, 'I’m new here');
      expect(await focusedTag(page)).toBe('H1');
      await type(page, 'Your name', 'Ada Park');
      await type(page, 'E-mail', 'ada@');
      await press(page, 'Enter');
      expect(await focusedRole(page)).toBe('alert');
      await look('1-mistakes');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      expect(await page.evaluate('document.activeElement.id')).toBe('email');
      await page.keyboard.press('ControlOrMeta+A');
      await page.keyboard.type('ada@example.org');
      await type(page, 'Password', goodPassword);
      await tabTo(page, page.getByRole('button', { name: 'Show', exact: true }));
      await page.keyboard.press('Space');
      expect(await page.getByLabel('Password', { exact: true }).getAttribute('type')).toBe('text');
      await pressButton(page, 'Create account and join');
      expect(await headingOf(page)).toBe('You’re in!');
      expect(await focusedTag(page)).toBe('H1');
    });
  });

  it('a member invites somebody by mail', async () => {
    await setting.guestlist.setPolicy('choir', { who: 'members', maxLifetimeSeconds: 7 * 24 * 3600, maxPlaces: 40, perDay: 50 });
    const { email } = await setting.member('maya', { groups: ['choir'], verified: true });
    await visit('member', desk, async ({ page, look }) => {
      await page.goto(`${setting.server.issuer}/me/invitations`);
      await signIn(page, email);
      expect(await headingOf(page)).toBe('My invitations');
      await tabTo(page, page.getByRole('link', { name: 'Invite', exact: true }));
      await press(page, 'Enter');
      expect(await focusedTag(page)).toBe('H1');
      await look('1-form');
      await pressButton(page, 'Make the invitation');
      expect(await focusedRole(page)).toBe('alert');
      await look('2-mistakes');
      await type(page, 'Their e-mail address', 'ben@example.org');
      await type(page, 'Your own words', 'Come and sing with us.');
      await pressButton(page, 'Make the invitation');
      await look('3-done');
      expect(await mailedLink(setting.server.database, 'ben@example.org')).toContain('/invite/');
    });
  });

  it('an admin makes a link in the console', async () => {
    const { email } = await setting.admin('carl');
    await visit('admin', desk, async ({ page, look }) => {
      await page.goto(`${setting.server.issuer}/admin`);
      await signIn(page, email);
      await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
      await tabTo(page, page.getByRole('link', { name: 'Skip to the content' }));
      await page.keyboard.press('Enter');
      await tabTo(page, page.getByRole('link', { name: 'Invite people', exact: true }));
      await press(page, 'Enter');
      await tabTo(page, page.getByRole('button', { name: 'Invite', exact: true }));
      await press(page, 'Enter');
      expect(await focusedRole(page)).toBe('alert');
      await look('1-mistakes');
      await tabTo(page, page.getByLabel('Kammerchor Nord', { exact: true }));
      await page.keyboard.press('Space');
      await type(page, 'A note for yourself', 'Altos');
      await tabTo(page, page.getByRole('button', { name: 'Invite', exact: true }));
      await press(page, 'Enter');
      await look('2-sheet');
      expect(await page.getByLabel('The link').inputValue()).toContain('/invite/');
    });
  });
});
