/** Invitees who read Arabic, from right to left, and French, on the smallest phone; and the chooser, with and without a script. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mailedLink } from '../support/mail.ts';
import { goodPassword } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { follow, type Visiting, visitingWith } from './visiting.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const chromium = findChromium();

let browser: Browser;
let visit: Visiting;
let server: TestServer;

const phone = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true };
/** The one that leads on. */
const goOn = (page: Page) => follow(page, page.locator('main button.primary').first());
const directions = (page: Page) =>
  page.evaluate(
    `[document.documentElement.dir, getComputedStyle(document.body).direction, getComputedStyle(document.querySelector('h1')).textAlign]`,
  );
const isRightOf = (page: Page, one: string, other: string) =>
  page.evaluate(
    `document.querySelector('${one}').getBoundingClientRect().left > document.querySelector('${other}').getBoundingClientRect().left`,
  );

async function register(page: Page, { name, email }: { readonly name: string; readonly email?: string }): Promise<void> {
  await page.locator('#name').fill(name);
  if (email) await page.locator('#email').fill(email);
  await page.locator('#password').fill(goodPassword);
  await goOn(page);
}

describe.skipIf(chromium === undefined)('in Chromium', () => {
  beforeAll(async () => {
    server = await startTestServer({ terms: { terms: 'https://example.org/terms', privacy: 'https://example.org/privacy' } });
    await server.addGroup('choir', { name: 'Kammerchor Nord', rights: ['wiki:edit'] });
    browser = await launchChromium(chromium ?? '');
    visit = await visitingWith(browser, 'languages');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it.each([
    ['ar-EG', 'rtl'],
    ['fr-CA', 'ltr'],
  ])('whoever reads %s comes in from the link to the mail, and nothing sticks out', async (locale, dir) => {
    const [language = ''] = locale.split('-');
    const email = `${language}@example.org`;
    const invitation = { groups: ['choir'], inviterName: 'Maya Lind', message: 'Dear Ada, we sing Bach this winter.' };
    const { url: open } = await server.guestlist.invite({ ...invitation, pin: true, maxUses: 3 });
    await server.guestlist.invite({ ...invitation, email });
    const { url: over, id } = await server.guestlist.invite(invitation);
    await server.guestlist.revoke(id, 'operator');
    await visit(language, { ...phone, locale }, async ({ page, look }) => {
      await page.goto(await mailedLink(server.database, email));
      expect(await directions(page)).toEqual([dir, dir, 'start']);
      // The tick stands where the line begins.
      expect(await isRightOf(page, '.offer .icon', '.offer .name')).toBe(dir === 'rtl');
      await look('1-landing');
      await goOn(page);
      await goOn(page);
      await look('2-registration-empty');
      await page.locator('#agree').check();
      await register(page, { name: 'سارة' });
      await look('3-done');
      for (const [name, path] of [
        ['4-home', '/'],
        ['5-account', '/account/security'],
        ['6-address', '/account/email'],
        ['7-code', '/invite/code'],
        ['8-forgot', '/account/forgot'],
        ['9-nothing', '/nothing'],
        ['10-groups', '/me'],
        ['11-invitations', '/me/invitations'],
        ['12-sessions', '/me/sessions'],
        ['13-my-account', '/me/account'],
        ['14-mailbox', '/mailbox'],
      ] as const) {
        await page.goto(`${server.issuer}${path}`);
        expect(await page.locator('html').getAttribute('lang'), path).toBe(language);
        await look(name);
      }
      await follow(page, page.locator('.mails a').first());
      await look('15-mail');
      await page.goto(`${page.url()}/html`);
      await look('16-mail-html');
      await page.goto(over);
      await look('17-revoked');
      await page.goto(open);
      await look('18-pin');
    });
  });

  it.each([true, false])('the chooser turns a page round and comes back to it, with a script: %s', async (javaScriptEnabled) => {
    const { url } = await server.guestlist.invite({ groups: ['choir'], inviterName: 'Maya Lind' });
    await visit(`chooser-${javaScriptEnabled}`, { ...phone, javaScriptEnabled }, async ({ page, look }) => {
      await page.goto(url);
      await look('1-english');
      await follow(page, page.getByRole('button', { name: 'العربية', exact: true }));
      expect([new URL(page.url()).pathname, await page.locator('html').getAttribute('dir')]).toEqual(['/invite', 'rtl']);
      await look('2-arabic');
      await goOn(page);
      expect(await page.locator('html').getAttribute('lang')).toBe('ar');
      await follow(page, page.getByRole('button', { name: 'Deutsch', exact: true }));
      expect(await page.locator('h1').textContent()).toBe('Richte deine Anmeldung ein');
    });
  });
});
