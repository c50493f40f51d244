/** What an invitation can ask for, in a real browser: a PIN, a mailbox, another account, somebody's decision. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mailedCode, mailedLink, mailedRequestLink } from '../support/mail.ts';
import { goodPassword, join as joinAs } from '../support/people.ts';
import { createBrowser } from '../support/browser.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { follow, type Visiting, visitingWith } from './visiting.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const chromium = findChromium();

let browser: Browser;
let visit: Visiting;
let server: TestServer;

const desktop = { viewport: { width: 1100, height: 900 } };
const phone = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true };

const headingOf = (page: Page) => page.getByRole('heading', { level: 1 }).textContent();
const press = (page: Page, name: string) => follow(page, page.getByRole('button', { name, exact: true }).first());

async function register(page: Page, email?: string): Promise<void> {
  await page.getByLabel('Your name', { exact: true }).fill('Ada Park');
  if (email) await page.getByLabel('E-mail', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(goodPassword);
  await press(page, 'Create account and join');
}

async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(goodPassword);
  await press(page, 'Sign in');
}

describe.skipIf(chromium === undefined)('in Chromium', () => {
  beforeAll(async () => {
    server = await startTestServer();
    await server.addGroup('choir', { name: 'Kammerchor Nord' });
    await server.addGroup('board', { name: 'Vorstand' });
    browser = await launchChromium(chromium ?? '');
    visit = await visitingWith(browser, 'promises');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('a PIN is typed on the page, wrong ones are counted aloud, and the lock says until when', async () => {
    const { url, pin } = await server.guestlist.invite({ groups: ['choir'], pin: true, inviterName: 'Maya Lind', maxUses: 5 });
    await visit('pin', phone, async ({ page, look }) => {
      await page.goto(url);
      await look('1-asked');
      expect(await page.locator('main').textContent()).not.toContain('Kammerchor');
      await page.getByLabel('Code', { exact: true }).fill('12');
      await press(page, 'Continue');
      await look('2-no-pin');
      await page.getByLabel('Code', { exact: true }).fill('999999');
      await press(page, 'Continue');
      await look('3-wrong');
      expect(await page.locator('main').textContent()).toContain('4 tries left');
      await page.getByLabel('Code', { exact: true }).fill(pin ?? '');
      await press(page, 'Continue');
      expect(await headingOf(page)).toContain('Kammerchor Nord');
      await look('4-landing');
      await press(page, 'I’m new here');
      await register(page, 'pin@example.org');
      expect(await headingOf(page)).toBe('You’re in!');
    });
    await visit('pin-locked', desktop, async ({ page, look }) => {
      await page.goto(url);
      for (let tries = 0; tries < 5 && (await page.getByLabel('Code', { exact: true }).count()) > 0; tries += 1) {
        await page.getByLabel('Code', { exact: true }).fill(`90909${tries}`);
        await press(page, 'Continue');
      }
      await look('1-locked');
      expect(await headingOf(page)).toBe('Too many tries');
    });
  });

  it('a link that came by mail knows whose it is, and the address is proven', async () => {
    await server.guestlist.invite({
      groups: ['choir'],
      email: 'bea@example.org',
      inviterName: 'Maya Lind',
      message: 'See you on Thursday!\nBring cake.',
    });
    const link = await mailedLink(server.database, 'bea@example.org');
    await visit('mailed', desktop, async ({ page, look }) => {
      await page.goto(link);
      await look('1-landing');
      await press(page, 'Not for me');
      await look('2-declined');
      await follow(page, page.getByRole('link', { name: 'Undo' }));
      await press(page, 'I’m new here');
      await look('3-registration');
      await register(page);
      expect(await headingOf(page)).toBe('You’re in!');
      await page.goto(`${server.issuer}/mailbox`);
      await look('4-mailbox');
    });
    expect((await server.guestlist.list({ limit: 1 }))[0]?.usedCount).toBe(1);
  });

  it('somebody else’s invitation: another account, or six digits from that mailbox', async () => {
    await joinAs(createBrowser(server.issuer), (await server.guestlist.invite({ groups: ['choir'] })).url, { email: 'cai@example.org' });
    const { url } = await server.guestlist.invite({
      groups: ['board'],
      email: 'cai.work@example.org',
      emailRule: 'verify',
      channels: ['link', 'mail'],
    });
    await visit('verify', phone, async ({ page, look }) => {
      await page.goto(url ?? '');
      await press(page, 'I have an account');
      await signIn(page, 'cai@example.org');
      await look('1-mismatch');
      await press(page, 'Send me a mail');
      await look('2-code');
      await page.getByLabel('The six digits').fill(await mailedCode(server.database, 'cai.work@example.org'));
      await press(page, 'Continue');
      await look('3-question');
      await press(page, 'Join');
      expect(await headingOf(page)).toBe('You’re in!');
    });
  });

  it('a newcomer proves a mailbox in an allowed domain, asks to join, and waits', async () => {
    const { url } = await server.guestlist.invite({ groups: ['board'], domains: ['clinic.example'], approval: true, maxUses: 3 });
    await visit('approval', desktop, async ({ page, look }) => {
      await page.goto(url);
      await look('1-landing');
      await press(page, 'I’m new here');
      await look('2-address');
      await page.getByLabel('E-mail', { exact: true }).fill('dana@elsewhere.example');
      await press(page, 'Send me a mail');
      await look('3-wrong-domain');
      await page.getByLabel('E-mail', { exact: true }).fill('dana@clinic.example');
      await press(page, 'Send me a mail');
      await page.getByLabel('The six digits').fill(await mailedCode(server.database, 'dana@clinic.example'));
      await press(page, 'Continue');
      await look('4-registration');
      await page.getByLabel('Your name', { exact: true }).fill('Dana Ode');
      await page.getByLabel('Password', { exact: true }).fill(goodPassword);
      await follow(page, page.getByRole('button', { name: /^Create account/ }));
      await look('5-waiting');
      expect(await headingOf(page)).toBe('Request sent');
    });
  });

  it('invitations that wait are shown once after signing in', async () => {
    await server.guestlist.invite({ groups: ['board'], email: 'dana@clinic.example', inviterName: 'Maya Lind' });
    await visit('waiting', phone, async ({ page, look }) => {
      const { url } = await server.guestlist.invite({ groups: ['choir'], maxUses: 3 });
      await page.goto(url);
      await press(page, 'I have an account');
      await signIn(page, 'dana@clinic.example');
      await press(page, 'Join');
      await page.goto(server.issuer);
      await look('1-home');
      await follow(page, page.getByRole('link', { name: /wait/i }));
      await look('2-list');
      await press(page, 'Have a look');
      await look('3-landing');
    });
  });

  it('somebody asks to be invited, and whoever runs the group decides', async () => {
    await server.guestlist.requests.open('choir');
    await visit('asking', phone, async ({ page, look }) => {
      await page.goto(`${server.issuer}/request-invitation`);
      await press(page, 'Ask for an invitation');
      expect(await page.locator('[aria-invalid=true]').count()).toBe(2);
      await look('1-mistakes');
      await page.getByLabel('Your name', { exact: true }).fill('Eli Soto');
      await page.getByLabel('E-mail', { exact: true }).fill('eli@example.org');
      await page.getByLabel('A few words').fill('I sing bass.');
      await press(page, 'Ask for an invitation');
      await look('2-sent');
      await page.goto(await mailedRequestLink(server.database, 'eli@example.org'));
      await look('3-confirm');
      await press(page, 'Yes, send my request');
      expect(await headingOf(page)).toBe('Request sent');
      await page.goto(`${server.issuer}/mailbox`);
      await follow(page, page.getByRole('link', { name: 'Your request at Kammerchor Nord' }));
      await follow(page, page.getByRole('link', { name: 'See it as mail programs show it' }));
      await look('4-mail');
      await follow(page, page.getByRole('link', { name: 'Yes, send my request', exact: true }));
      expect(await headingOf(page)).toBe('Request sent');
    });
    await visit('deciding', desktop, async ({ page, look }) => {
      await server.guestlist.invite({ groups: ['choir:manager'], email: 'maya@example.org' });
      await page.goto(await mailedLink(server.database, 'maya@example.org'));
      await press(page, 'I’m new here');
      await register(page);
      await page.goto(`${server.issuer}/invite/requests`);
      await look('1-queue');
      await press(page, 'Invite');
      await look('2-invited');
      expect(await page.getByRole('status').textContent()).toBe('The invitation is on its way.');
    });
  });

  it('what is not open says when, or why', async () => {
    await visit('closed', phone, async ({ page, look }) => {
      const later = await server.guestlist.invite({
        groups: ['choir'],
        startsAt: new Date(server.now().getTime() + 86_400_000),
        inviterName: 'Maya Lind',
      });
      await page.goto(later.url);
      await look('1-not-started');
      await server.guestlist.addGroup({ slug: 'vault', name: 'Vault', sensitive: true });
      const unconfirmed = await server.guestlist.invite({ groups: ['vault'], inviterName: 'Maya Lind' });
      await page.goto(unconfirmed.url);
      await look('2-suspended');
      expect(await page.locator('body').getAttribute('data-code')).toBe('invitation_suspended');
    });
  });
});
