/** Campaigns, groups and people of the admin console in a real browser: on a phone and at a desk, in the light and in the dark. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { claimMappingsSchema } from '../../src/client/mapping-schema.ts';
import { type ConsoleSetting, createConsoleSetting } from '../console/setting.ts';
import { createBrowser } from '../support/browser.ts';
import { mailedLink } from '../support/mail.ts';
import { goodPassword, join } from '../support/people.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { desk, phone, type Visiting, visitingWith, withoutScripts } from './visiting.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const chromium = findChromium();

const windows: Readonly<Record<string, BrowserContextOptions>> = { desk, phone: { ...phone, ...withoutScripts } };

let browser: Browser;
let visit: Visiting;
let setting: ConsoleSetting;

async function signIn(page: Page, path: string, email: string): Promise<void> {
  await page.goto(`${setting.server.issuer}${path}`);
  await page.getByLabel('E-mail', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(goodPassword);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { level: 1 }).waitFor();
}

const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first().click();

describe.skipIf(chromium === undefined)('in Chromium', () => {
  beforeAll(async () => {
    setting = await createConsoleSetting();
    const { guestlist, server } = setting;
    await guestlist.addGroup({ slug: 'house', name: 'House', rights: ['door:house'] });
    await guestlist.changeGroup('choir', { parent: 'house', capacity: 40 });
    await guestlist.addGroup({ slug: 'altos', name: 'Altos', parent: 'choir', sensitive: true, description: 'Sing on Thursdays' });
    await server.addClient({
      id: 'wiki',
      name: 'Wiki',
      redirectUris: ['https://wiki.example.org/callback'],
      mappings: claimMappingsSchema.parse([
        { name: 'teams', source: 'groups', where: ['id_token'], value: { kind: 'name' }, trigger: { scopes: ['groups'] } },
      ]),
    });
    browser = await launchChromium(chromium ?? '');
    visit = await visitingWith(browser, 'console-campaigns');
  });
  afterAll(async () => {
    await browser?.close();
    await setting?.server.close();
  });

  it.each(Object.keys(windows))('a campaign goes from a file to its report: %s', async (who) => {
    const { email } = await setting.admin(`ada-${who}`);
    const name = `Spring ${who}`;
    await visit(who, windows[who] ?? {}, async ({ page, look }) => {
      await signIn(page, '/admin/campaigns', email);
      await look('1-campaigns');
      await page.getByRole('link', { name: 'New campaign' }).first().click();
      await press(page, 'Try it out');
      await look('2-wrong');
      await page.getByLabel('Name', { exact: true }).fill(name);
      await page.getByLabel('Addresses in a file').check();
      await page.getByLabel('Kammerchor Nord', { exact: true }).check();
      const people = Array.from({ length: 12 }, (_, index) => `Person ${index};${who}-${index}@example.org`);
      const file = ['Who;Where', ...people, 'Nobody;nowhere', `Twice;${who}-1@example.org`].join('\n');
      await page.getByLabel('File', { exact: true }).setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(file) });
      await look('3-new');
      await press(page, 'Try it out');
      await look('4-columns');
      await page.getByLabel('Addresses', { exact: true }).selectOption('2');
      await page.getByLabel('Names', { exact: true }).selectOption('1');
      await press(page, 'Look again');
      await look('5-dry-run');
      await press(page, 'Invite 12 people');
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await look('6-running');
      const id = new URL(page.url()).pathname.split('/').pop() ?? '';
      await setting.guestlist.campaigns.runDue();
      // With a script it is told; without one, the page asks again by itself.
      await page.getByText('All rows are done: 12 made, 2 not made.').waitFor();
      const { rows } = await setting.guestlist.campaigns.report(id).then(({ campaign }) => ({ rows: campaign.rows }));
      expect(rows).toBe(14);
      const newcomer = `${who}-3@example.org`;
      await join(createBrowser(setting.server.issuer), await mailedLink(setting.server.database, newcomer), { email: newcomer });
      await page.reload();
      expect(await page.locator('.chart rect').count()).toBe(7);
      await look('7-report');
      await page.getByRole('link', { name: 'All rows' }).click();
      await look('8-rows');
      await page.goto(`${setting.server.issuer}/admin/campaigns`);
      await look('9-list');
    });
  });

  it.each(Object.keys(windows))('groups, their rules, and people: %s', async (who) => {
    const { email, accountId } = await setting.admin(`bea-${who}`);
    await setting.guestlist.grant(accountId, { groups: ['choir:manager', 'altos'] });
    const { issuer } = setting.server;
    await visit(who, windows[who] ?? {}, async ({ page, look }) => {
      await signIn(page, '/admin/groups', email);
      await look('a-groups');
      await page.getByRole('link', { name: 'Kammerchor Nord' }).click();
      await look('b-group');
      await page.getByRole('link', { name: 'Who may invite' }).click();
      await page.getByLabel('Invitations last at most').fill('7');
      await page.getByLabel('Links need a PIN').check();
      await page.getByLabel('Only for these mail domains').fill('example.org');
      await press(page, 'Save');
      await page.getByText('Valid for 7 days at most').waitFor();
      await look('c-policy');
      await page.getByRole('link', { name: 'Change', exact: true }).click();
      await page.getByLabel('Name', { exact: true }).fill('Chamber choir');
      await page.getByLabel('Part of').selectOption('');
      await press(page, 'Save');
      await page.getByText('One app is told another value').waitFor();
      await look('d-change');
      await page.goto(`${issuer}/admin/groups/new`);
      await look('e-new');
      await page.goto(`${issuer}/admin/rights`);
      await look('f-rights');
      await page.goto(`${issuer}/admin/rights/one?right=guestlist:admin`);
      await look('g-right');
      await page.goto(`${issuer}/admin/people?find=bea`);
      await look('h-people');
      await page.getByRole('link', { name: `bea-${who}` }).click();
      await look('i-person');
      await page.getByRole('link', { name: 'Sign-ins and apps' }).click();
      await look('j-access');
      await page.getByRole('navigation', { name: 'Pages about this person' }).getByRole('link', { name: 'Invitations' }).click();
      await look('k-invitations');
      await page.getByRole('link', { name: 'Log', exact: true }).click();
      await look('l-log');
      await page.goto(`${issuer}/admin/people/${accountId}/delete`);
      await look('m-delete');
    });
  });
});
