/** The members' portal in a real browser: on a phone without a script, and at a desk in the dark. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRelyingApp } from '../support/relying-app.ts';
import { goodPassword } from '../support/people.ts';
import { createSetting, type Setting } from '../journeys/setting.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { desk, phone, type Visiting, visitingWith, withoutScripts } from './visiting.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const chromium = findChromium();

let browser: Browser;
let visit: Visiting;
let setting: Setting;

const windows: Readonly<Record<string, BrowserContextOptions>> = { phone: { ...phone, ...withoutScripts }, desk };

const headingOf = (page: Page) => page.getByRole('heading', { level: 1 }).textContent();
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first().click();
const go = (page: Page, name: string) => page.getByRole('link', { name, exact: true }).first().click();

describe.skipIf(chromium === undefined)('in Chromium', () => {
  beforeAll(async () => {
    setting = await createSetting({ choir: 'Kammerchor Nord', stage: 'Stage crew' });
    await createRelyingApp(setting.server, { id: 'cloud', requiredGroup: 'choir' });
    browser = await launchChromium(chromium ?? '');
    visit = await visitingWith(browser, 'portal');
  });
  afterAll(async () => {
    await browser?.close();
    await setting?.server.close();
  });

  it.each(Object.keys(windows))('everything about oneself is found, changed and left: %s', async (who) => {
    const { guestlist, server, app } = setting;
    const member = await setting.member(`ada-${who}`, { groups: ['choir:manager', 'choir'] });
    const { url } = await guestlist.invite({ groups: ['stage'], inviterName: 'Maya Lind' });
    await app.signInSilently(member.browser);
    await visit(who, windows[who] ?? {}, async ({ page, look }) => {
      await page.goto(`${server.issuer}/me`);
      await page.getByLabel('E-mail', { exact: true }).fill(member.email);
      await page.getByLabel('Password', { exact: true }).fill(goodPassword);
      await press(page, 'Sign in');
      await page.goto(url);
      await press(page, 'Join as \u2068ada-' + who + '\u2069');
      if ((await page.getByRole('button', { name: 'Join', exact: true }).count()) > 0) await press(page, 'Join');
      await page.goto(`${server.issuer}/me`);
      await look('1-groups');
      await page.getByRole('link', { name: 'Leave this group' }).first().click();
      await look('2-leave');
      expect(await headingOf(page)).toBe('Leave \u2068Kammerchor Nord\u2069?');
      await press(page, 'Leave \u2068Kammerchor Nord\u2069');
      await look('3-left');
      expect(await page.getByRole('status').textContent()).toContain('You have left the group.');
      await go(page, 'Sessions and apps');
      await look('4-sessions');
      await go(page, 'End this session');
      await look('5-end');
      await go(page, 'Cancel');
      await go(page, 'Withdraw access');
      await look('5-withdraw');
      await press(page, 'Withdraw access');
      await go(page, 'End this session');
      await press(page, 'End this session');
      await look('6-ended');
      expect(await page.getByRole('status').textContent()).toContain('ended');
      await go(page, 'My account');
      await look('7-account');
      await go(page, 'Change name');
      await look('8-name');
      await page.getByLabel('Your name').fill('Ada Lovelace Park');
      await press(page, 'Save');
      await look('9-renamed');
      await go(page, 'See what’s in it');
      await look('10-data');
      await go(page, 'My account');
      await go(page, 'Delete my account');
      await look('11-delete');
      await press(page, 'Delete my account for good');
      await look('12-mistakes');
      await page.getByLabel('Type').fill(member.email);
      await page.getByLabel('Current password').fill(goodPassword);
      await press(page, 'Delete my account for good');
      expect(await headingOf(page)).toBe('Your account is gone');
      await look('13-deleted');
    });
  });
});
