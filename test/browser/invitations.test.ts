/** Inviting from the console in a real browser: make, look at, pass on, watch, end; on a phone and at a desk, with scripts and without. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ConsoleSetting, createConsoleSetting } from '../console/setting.ts';
import { accept } from '../journeys/setting.ts';
import { goodPassword } from '../support/people.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { desk, phone, type Visiting, visitingWith, withoutScripts } from './visiting.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const chromium = findChromium();
const windows: Readonly<Record<string, BrowserContextOptions>> = { desk, phone: { ...phone, ...withoutScripts } };

let browser: Browser;
let visit: Visiting;
let setting: ConsoleSetting;

async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(goodPassword);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** The machine may be busy. */
const soon = { timeout: 20_000 };

const frameText = (page: Page) => page.frameLocator('#previewed iframe:not([hidden])').locator('body').textContent();

describe.skipIf(chromium === undefined)('in Chromium', () => {
  beforeAll(async () => {
    setting = await createConsoleSetting();
    browser = await launchChromium(chromium ?? '');
    visit = await visitingWith(browser, 'invitations');
  });
  afterAll(async () => {
    await browser?.close();
    await setting?.server.close();
  });

  it.each(Object.keys(windows))('a link is made, looked at, passed on, watched and ended: %s', async (who) => {
    const { email } = await setting.admin(`ada-${who}`);
    const options = windows[who] ?? {};
    const hasScripts = options.javaScriptEnabled !== false;
    await visit(who, options, async ({ page, look }) => {
      await page.goto(`${setting.server.issuer}/admin/invitations/new`);
      await signIn(page, email);
      await page.getByRole('heading', { level: 1, name: 'Invite people' }).waitFor();
      await page.getByLabel('Kammerchor Nord', { exact: true }).check();
      await page.getByLabel('How many can join').fill('40');
      await page.getByLabel('Your own words').fill('See you on Thursday');
      await page.getByLabel('A note for yourself').fill(`Altos ${who}`);
      if (!hasScripts) await page.getByRole('button', { name: 'Invitation page' }).click();
      await expect.poll(() => frameText(page), soon).toContain('See you on Thursday');
      await look('1-preview-page');
      await page.getByRole('button', { name: 'What the apps will see' }).click();
      await expect.poll(() => frameText(page), soon).toContain('choir');
      await page.getByLabel('App', { exact: true }).selectOption('app');
      if (!hasScripts) await page.getByRole('button', { name: 'What the apps will see' }).click();
      await expect.poll(() => frameText(page), soon).toContain('"sub"');
      await look('2-preview-apps');
      await page.getByLabel('People whose addresses I have').check();
      await page
        .getByLabel('E-mail addresses')
        .fill(`Cleo <cleo-${who}@example.org>\ndora-${who}@example.org, dora-${who}@example.org\nnobody`);
      if (!hasScripts) await page.getByRole('button', { name: 'Check the addresses' }).click();
      await expect.poll(() => page.locator('#checked').textContent(), soon).toContain('2 valid, 1 duplicate');
      await page.getByRole('button', { name: 'Mail', exact: true }).click();
      await expect.poll(() => frameText(page), soon).toContain('See you on Thursday');
      await look('3-preview-mail');
      await page.getByLabel('Whoever has the link').check();
      await page.getByRole('button', { name: 'Invite', exact: true }).click();
      await page.waitForURL('**/sheet');
      await look('4-sheet');
      const link = await page.getByLabel('The link').inputValue();
      expect(page.url()).not.toContain(link.split('/').at(-1));
      await page.getByRole('link', { name: 'Show it on a screen' }).click();
      await page.getByText('0 of 40 joined').waitFor();
      await accept(await setting.member(`guest-${who}`), link);
      if (!hasScripts) await page.reload();
      await page.getByText('1 of 40 joined').waitFor();
      await look('5-screen');
      await page.goto(`${setting.server.issuer}/admin/invitations`);
      await look('6-list');
      await page.getByRole('link', { name: `Altos ${who}` }).click();
      await look('7-invitation');
      await page.getByRole('link', { name: 'Revoke', exact: true }).click();
      await look('8-ask');
      await page.getByRole('button', { name: 'Revoke it for good' }).click();
      await page.getByText('It was revoked.').waitFor();
      await page.goto(`${setting.server.issuer}/admin/requests/desks/choir`);
      await look('9-desk');
      await page.goto(`${setting.server.issuer}/admin/approvals`);
      await look('a-approvals');
    });
  });
});
