/** A member invites from a telephone and from a desk: the form, the link to pass on, and somebody who opens it elsewhere. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mailedLink } from '../support/mail.ts';
import { createBrowser } from '../support/browser.ts';
import { becomeMember, goodPassword } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { desk, follow, phone, type Visiting, visitingWith } from './visiting.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const chromium = findChromium();

let browser: Browser;
let visit: Visiting;
let server: TestServer;

const settings: readonly (readonly [string, BrowserContextOptions])[] = [
  ['phone', phone],
  ['desk', desk],
];

const press = (page: Page, name: string) => follow(page, page.getByRole('button', { name, exact: true }).first());
const go = (page: Page, name: string) => follow(page, page.getByRole('link', { name, exact: true }).first());
const headingOf = async (page: Page) => (await page.getByRole('heading', { level: 1 }).textContent())?.replace(/[\u2068\u2069]/g, '');

async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(goodPassword);
  await press(page, 'Sign in');
}

describe.skipIf(chromium === undefined)('in Chromium', () => {
  beforeAll(async () => {
    server = await startTestServer();
    await server.addGroup('choir', { name: 'Kammerchor Nord' });
    await server.addGroup('stage', { name: 'Bühne und Technik' });
    await server.guestlist.setPolicy('choir', {
      who: 'members',
      maxLifetimeSeconds: 7 * 24 * 3600,
      maxPlaces: 40,
      perDay: 500,
      pinForLinks: true,
    });
    for (const [name] of settings) {
      const { accountId } = await becomeMember(server, { group: 'choir', email: `${name}@example.org`, name: 'Maya Lind' });
      await server.guestlist.grant(accountId, { groups: ['stage:manager'] });
    }
    browser = await launchChromium(chromium ?? '');
    visit = await visitingWith(browser, 'inviting');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it.each(settings)('a link is made, copied, and opened by somebody else: %s', async (name, options) => {
    let link = '';
    let pin = '';
    await visit(name, { ...options, permissions: ['clipboard-read', 'clipboard-write'] }, async ({ page, look }) => {
      await page.goto(`${server.issuer}/me/invitations`);
      await signIn(page, `${name}@example.org`);
      await look('1-none-yet');
      await go(page, 'Invite');
      await look('2-where');
      await go(page, 'Kammerchor Nord');
      await look('3-form');
      await page.getByLabel('By a link that I pass on').check();
      await page.getByLabel('How many people can join with the link').fill('400');
      await page.getByLabel('Your own words').fill('Come and sing with us on Thursdays.');
      await page.getByText('More choices').click();
      await page.getByLabel('A note for yourself').fill('Altos of the spring course');
      await look('4-everything');
      await press(page, 'Make the invitation');
      await look('5-too-many');
      expect(await page.locator('#places-error').textContent()).toContain('more people than this group allows');
      expect(await page.getByLabel('Your own words').inputValue()).toBe('Come and sing with us on Thursdays.');
      await page.getByLabel('How many people can join with the link').fill('40');
      await press(page, 'Make the invitation');
      await look('6-share');
      link = await page.getByLabel('The link').inputValue();
      pin = (await page.locator('.pin .digits').textContent())?.trim() ?? '';
      await page.getByRole('button', { name: 'Copy' }).click();
      await page.getByText('Link copied').waitFor();
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(link);
      expect(page.url()).not.toContain(link.split('/').at(-1));
      await press(page, 'Done, hide the link');
      await look('7-invitation');
    });
    await visit(`${name}-guest`, options, async ({ page }) => {
      await page.goto(link);
      await page.getByLabel('Code', { exact: true }).fill(pin);
      await press(page, 'Continue');
      expect(await headingOf(page)).toBe('Maya Lind invites you to Kammerchor Nord');
      await press(page, 'I’m new here');
      await page.getByLabel('Your name', { exact: true }).fill('Ada Park');
      await page.getByLabel('E-mail', { exact: true }).fill(`guest-${name}@example.org`);
      await page.getByLabel('Password', { exact: true }).fill(goodPassword);
      await press(page, 'Create account and join');
      expect(await headingOf(page)).toBe('You’re in!');
    });
    await visit(`${name}-later`, options, async ({ page, look }) => {
      await page.goto(`${server.issuer}/me/invitations`);
      await signIn(page, `${name}@example.org`);
      await look('1-list');
      expect(await page.locator('.tickets').textContent()).toContain('1 of 40 joined');
      await go(page, 'Altos of the spring course');
      await look('2-joined');
      await go(page, 'Withdraw');
      await look('3-asked');
      await press(page, 'Withdraw the invitation');
      await look('4-withdrawn');
      await page.goto(`${server.issuer}/me/invitations/several?group=choir`);
      await page.getByLabel('E-mail addresses').fill(`Ada Park <ada@${name}.example>\nben@${name}.example, ben@${name}.example\nnobody`);
      await press(page, 'Check the addresses');
      await look('5-several-wrong');
      await page.getByLabel('E-mail addresses').fill(`Ada Park <ada@${name}.example>\nben@${name}.example, ben@${name}.example`);
      await press(page, 'Check the addresses');
      await look('6-several-checked');
      await press(page, 'Invite 2 people');
      await look('7-several-sent');
    });
    expect((await createBrowser(server.issuer).open(link)).status).toBe(410);
  });

  it('works without JavaScript, and by mail', async () => {
    await visit('no-script', { ...phone, javaScriptEnabled: false }, async ({ page }) => {
      await page.goto(`${server.issuer}/me/invitations`);
      await page.getByLabel('E-mail', { exact: true }).fill('phone@example.org');
      await page.getByLabel('Password', { exact: true }).fill(goodPassword);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('link', { name: 'Invite', exact: true }).click();
      await page.getByRole('link', { name: 'Bühne und Technik' }).click();
      await page.getByLabel('Their e-mail address').fill('ben@example.org');
      await page.getByRole('button', { name: 'Make the invitation' }).click();
      await page.getByText('The invitation is on its way.').waitFor();
      expect(await mailedLink(server.database, 'ben@example.org')).toContain('/invite/');
      await page.goto(`${server.issuer}/me/invitations/new?group=stage`);
      await page.getByLabel('By a link that I pass on').check();
      await page.getByRole('button', { name: 'Make the invitation' }).click();
      expect(await page.getByLabel('The link').inputValue()).toContain('/invite/');
      expect(await page.getByRole('button', { name: 'Copy' }).count()).toBe(0);
    });
  });
});
