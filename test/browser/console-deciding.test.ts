/** Who comes in, decided in a real browser: a manager on a phone without scripts, and at a desk. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ConsoleSetting, createConsoleSetting } from '../console/setting.ts';
import { accept } from '../journeys/setting.ts';
import { askFor, goodPassword } from '../support/people.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { desk, follow, phone, type Visiting, visitingWith, withoutScripts } from './visiting.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const chromium = findChromium();
const windows: Readonly<Record<string, BrowserContextOptions>> = { desk, phone: { ...phone, ...withoutScripts } };

let browser: Browser;
let visit: Visiting;
let setting: ConsoleSetting;

const press = (page: Page, name: string) => follow(page, page.getByRole('button', { name, exact: true }).first());
const note = (page: Page) => page.locator('main .note').first().textContent();

async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(goodPassword);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function waitForApproval(name: string): Promise<string> {
  const person = await setting.member(name);
  const { url } = await setting.guestlist.invite({ groups: ['choir'], approval: true, label: 'Choir day' });
  await accept(person, url, 'Ask to join');
  return person.accountId;
}

describe.skipIf(chromium === undefined)('in Chromium', () => {
  beforeAll(async () => {
    setting = await createConsoleSetting();
    await setting.guestlist.requests.open('choir');
    browser = await launchChromium(chromium ?? '');
    visit = await visitingWith(browser, 'console-deciding');
  });
  afterAll(async () => {
    await browser?.close();
    await setting?.server.close();
  });

  it.each(Object.keys(windows))('whoever waits is let in, or turned down with a word: %s', async (who) => {
    const { email } = await setting.manager(`mia-${who}`, 'choir');
    const [cleo, dora] = [await waitForApproval(`cleo-${who}`), await waitForApproval(`dora-${who}`)];
    await askFor(setting.server, 'choir', `gus-${who}@example.net`);
    await visit(who, windows[who] ?? {}, async ({ page, look }) => {
      const { issuer } = setting.server;
      const groupsOf = async (accountId: string) => (await setting.guestlist.groupsOf(accountId)).groups;
      await page.goto(`${issuer}/admin/approvals`);
      await signIn(page, email);
      await page.locator(`[name$="${cleo}"]`).waitFor();
      await look('1-waiting');
      await page.locator(`[name$="${cleo}"]`).check();
      await press(page, 'Let in');
      expect(await note(page)).toContain('Approved');
      expect([await groupsOf(cleo), await groupsOf(dora)]).toEqual([['choir'], []]);
      await page.locator(`[name$="${dora}"]`).check();
      await press(page, 'Turn down…');
      await look('2-turn-down');
      await press(page, 'Turn them down');
      expect(await note(page)).toContain('Turned down');
      expect(await groupsOf(dora)).toEqual([]);
      await page.goto(`${issuer}/admin/requests`);
      await look('3-requests');
      await page.locator('tbody [name^="pick:"]').first().check();
      await press(page, 'Decline…');
      await page.getByLabel('Your words to them').fill('We are full until autumn.');
      await look('4-decline');
      await press(page, 'Decline it');
      expect(await note(page)).toContain('Declined');
      await look('5-nobody-left');
      expect(await setting.mailsTo(`gus-${who}@example.net`)).toContain('request-declined');
    });
  });
});
