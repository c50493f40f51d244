/** The first steps on a new server, and an app from its preset to its snippet, in a real browser. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ConsoleSetting, createConsoleSetting } from '../console/setting.ts';
import { goodPassword } from '../support/people.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { desk, phone, type Visiting, visitingWith, withoutScripts } from './visiting.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const chromium = findChromium();

const windows: Readonly<Record<string, BrowserContextOptions>> = { desk, phone: { ...phone, ...withoutScripts } };

let browser: Browser;
let visit: Visiting;

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const title = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
const step = (page: Page, name: string) => page.getByRole('heading', { level: 2, name }).waitFor();

async function enter(page: Page, setting: ConsoleSetting, email: string): Promise<void> {
  await page.goto(`${setting.server.issuer}/admin`);
  await page.getByLabel('E-mail', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(goodPassword);
  await press(page, 'Sign in');
}

describe.skipIf(chromium === undefined)('in Chromium', () => {
  beforeAll(async () => {
    browser = await launchChromium(chromium ?? '');
    visit = await visitingWith(browser, 'console-apps');
  });
  afterAll(async () => {
    await browser?.close();
  });

  it.each(Object.keys(windows))('the first steps lead from a name to an invitation, and an app to its snippet: %s', async (who) => {
    const setting = await createConsoleSetting({});
    try {
      await setting.server.database.raw('delete from guestlist.client');
      const { email } = await setting.admin('ada');
      await visit(who, windows[who] ?? {}, async ({ page, look }) => {
        await enter(page, setting, email);
        await title(page, 'Welcome');
        await look('01-guide');
        await page.getByLabel('Name', { exact: true }).fill('Kammerchor Nord');
        await page.getByLabel('Colour of buttons and links').fill('#e4572e');
        await press(page, 'Save and go on');
        await look('02-colour-refused');
        await page.getByLabel('Colour of buttons and links').fill('#7a2e4d');
        await press(page, 'Save and go on');
        await step(page, 'Does mail arrive?');
        await look('03-mail');
        await press(page, 'Send and go on');
        await page.getByLabel('Name', { exact: true }).fill('Kammerchor Nord');
        await look('04-group');
        await press(page, 'Make it and go on');
        await step(page, 'What do they sign in to?');
        await page.getByLabel('App', { exact: true }).selectOption({ label: 'Nextcloud (user_oidc)' });
        await page.getByLabel('Address of the app').fill('https://cloud.example.org');
        await look('05-app');
        await press(page, 'Connect it');
        await title(page, 'Nextcloud (user_oidc)');
        await look('06-connected');
        expect(await page.locator('.told code').textContent()).toMatch(/^\S{30,}$/);
        expect(await page.locator('.copy.code').textContent()).toContain('occ user_oidc:provider');
        await page.getByRole('link', { name: 'What it is told', exact: true }).click();
        await page.getByText('These claims take').waitFor();
        await look('07-claims');
        await page.getByLabel('By their').first().selectOption('prefix');
        await page.getByText('Filter, empty, maximum and more').first().click();
        await page.getByLabel('Prefix', { exact: true }).first().fill('chor-');
        await press(page, 'Show');
        await page.getByText('These claims take').waitFor();
        await look('08-preview');
        await press(page, 'Save');
        await page.getByRole('status').getByText('Saved').waitFor();
        await page.getByRole('link', { name: 'Settings', exact: true }).filter({ visible: true }).last().click();
        await look('09-settings-of-app');
        await page.goto(`${setting.server.issuer}/admin/guide/invite`);
        await press(page, 'Invite');
        await page.getByText('Pass it on now').waitFor();
        await look('10-invited');
        for (const [path, name] of [
          ['/admin/apps', '11-apps'],
          ['/admin/new-app', '12-new'],
          ['/admin/settings', '13-brand'],
          ['/admin/settings/mail', '14-mail'],
          ['/admin/settings/keys', '15-keys'],
          ['/admin/settings/overview', '16-overview'],
          ['/admin/app-registration', '17-registration'],
          ['/admin/apps/nextcloud/remove', '18-remove'],
          ['/admin/apps/nextcloud/logouts', '19-logouts'],
        ]) {
          await page.goto(`${setting.server.issuer}${path}`);
          await look(name ?? '');
        }
      });
    } finally {
      await setting.server.close();
    }
  });

  it('with a script the preview follows what is typed, and so does the contrast', async () => {
    const setting = await createConsoleSetting();
    try {
      const ada = await setting.admin('ada');
      await setting.guestlist.grant(ada.accountId, { groups: ['choir'] });
      await setting.server.addClient({ id: 'wiki', redirectUris: ['https://wiki.example.org/callback'] });
      await visit('live', desk, async ({ page, look }) => {
        await enter(page, setting, ada.email);
        await page.goto(`${setting.server.issuer}/admin/apps/wiki/claims`);
        await page.getByText('These claims take').waitFor();
        await page.getByLabel('Name of the claim').first().fill('teams');
        await page.locator('#preview').getByText('"teams"').first().waitFor();
        await look('1-claims');
        await page.goto(`${setting.server.issuer}/admin/settings`);
        await page.getByLabel('Colour of buttons and links').fill('#ffcc00');
        expect(await page.locator('[data-scheme="light"] [data-accent]').first().getAttribute('fill')).toBe('#ffcc00');
        expect(await page.locator('[data-scheme="light"] [data-word]').textContent()).toContain('too little');
        await look('2-contrast');
      });
    } finally {
      await setting.server.close();
    }
  });
});
