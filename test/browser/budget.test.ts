/** What an invitation costs a telephone on a train: bytes and requests, counted in a real browser with an empty cache. */
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mailedCode } from '../support/mail.ts';
import { becomeMember, goodPassword } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { follow } from './visiting.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const chromium = findChromium();
const most = { bytes: 30_000, requests: 3 };

let browser: Browser;
let server: TestServer;
let invitationUrl: string;

const headingOf = async (page: Page) => (await page.getByRole('heading', { level: 1 }).textContent())?.replace(/[\u2068\u2069]/g, '');
const press = (page: Page, name: string) => follow(page, page.getByRole('button', { name, exact: true }).first());

async function fillIn(page: Page, email?: string): Promise<void> {
  await page.getByLabel('Your name', { exact: true }).fill('Ada Park');
  if (email) await page.getByLabel('E-mail', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(goodPassword);
}

/** What the page takes that is open now, loaded once more with nothing kept: bodies as they travel, and heads. */
async function costOf(page: Page, developer: CDPSession): Promise<{ heading: string | undefined; bytes: number; requests: string[] }> {
  const requests: string[] = [];
  let bytes = 0;
  const onRequest = ({ request }: { request: { url: string } }): void => {
    // What stands in the page itself is not asked for.
    if (!request.url.startsWith('data:')) requests.push(request.url);
  };
  const onEnd = ({ encodedDataLength }: { encodedDataLength: number }): void => {
    bytes += encodedDataLength;
  };
  developer.on('Network.requestWillBeSent', onRequest);
  developer.on('Network.loadingFinished', onEnd);
  await page.reload({ waitUntil: 'networkidle' });
  developer.off('Network.requestWillBeSent', onRequest);
  developer.off('Network.loadingFinished', onEnd);
  return { heading: await headingOf(page), bytes, requests };
}

describe.skipIf(chromium === undefined)('in Chromium', () => {
  beforeAll(async () => {
    server = await startTestServer();
    await server.addGroup('choir', { name: 'Kammerchor Nord', rights: ['plans:read', 'sheets:read'] });
    await server.addClient({
      id: 'cloud',
      name: 'Choir cloud',
      redirectUris: ['https://cloud.example.org/callback'],
      initiateLoginUri: 'https://cloud.example.org/login',
    });
    browser = await launchChromium(chromium ?? '');
    ({ url: invitationUrl } = await server.guestlist.invite({
      groups: ['choir'],
      maxUses: 20,
      inviterName: 'Maya Lind',
      message: 'See you on Thursday!\nBring a pencil.',
    }));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('no page of an invitation takes more than 30 kB and three requests', async () => {
    const { email } = await becomeMember(server, { group: 'choir', email: 'bea@example.org' });
    const { url: domainUrl } = await server.guestlist.invite({ groups: ['choir'], domains: ['clinic.example'], maxUses: 3 });
    const { url: usedUrl } = await server.guestlist.invite({ groups: ['choir'] });
    const costs: Record<string, Awaited<ReturnType<typeof costOf>>> = {};
    const visit = async (journey: (page: Page, measure: (name: string) => Promise<void>) => Promise<void>) => {
      const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 320, height: 640 }, isMobile: true });
      const page = await context.newPage();
      const developer = await context.newCDPSession(page);
      await developer.send('Network.enable');
      await developer.send('Network.setCacheDisabled', { cacheDisabled: true });
      await journey(page, async (name) => {
        costs[name] = await costOf(page, developer);
      });
      await context.close();
    };
    await visit(async (page, measure) => {
      await page.goto(invitationUrl);
      await measure('landing');
      await press(page, 'I’m new here');
      await measure('registration');
      await fillIn(page, 'ada@example.org');
      await press(page, 'Create account and join');
      await measure('done');
    });
    await visit(async (page, measure) => {
      await page.goto(domainUrl);
      await press(page, 'I’m new here');
      await measure('address');
      await page.getByLabel('E-mail', { exact: true }).fill('dana@clinic.example');
      await press(page, 'Send me a mail');
      await measure('code');
      await page.getByLabel('The six digits').fill(await mailedCode(server.database, 'dana@clinic.example'));
      await press(page, 'Continue');
      await fillIn(page);
      await press(page, 'Create account and join');
    });
    await visit(async (page, measure) => {
      await page.goto(usedUrl);
      await press(page, 'I have an account');
      await measure('sign-in');
      await page.getByLabel('E-mail', { exact: true }).fill(email);
      await page.getByLabel('Password', { exact: true }).fill(goodPassword);
      await press(page, 'Sign in');
      await measure('join');
    });
    await visit(async (page, measure) => {
      await page.goto(`${server.issuer}/invite/nothing-here`);
      await measure('refused');
    });
    expect(Object.fromEntries(Object.entries(costs).map(([name, { heading }]) => [name, heading]))).toEqual({
      landing: 'Maya Lind invites you to Kammerchor Nord',
      registration: 'Set up your sign-in',
      done: 'You’re in!',
      address: 'What’s your e-mail?',
      code: 'Look in your mailbox',
      'sign-in': 'Sign in to accept',
      join: 'You have all of this already',
      refused: 'We can’t find that invitation',
    });
    for (const [name, { bytes, requests }] of Object.entries(costs)) {
      process.stdout.write(`${name}: ${bytes} bytes, ${requests.length} requests\n`);
      // The page itself, with everything that it needs to be seen, is more than this.
      expect(bytes, name).toBeGreaterThan(2_000);
      expect(bytes, name).toBeLessThanOrEqual(most.bytes);
      expect(requests.length, requests.join()).toBeLessThanOrEqual(most.requests);
    }
  });

  it('a page is there, and its first button works, while the script has not come', async () => {
    const context = await browser.newContext({ locale: 'en-GB' });
    const page = await context.newPage();
    // Never answered.
    await page.route('**/guestlist.js', () => undefined);
    await page.goto(invitationUrl, { waitUntil: 'commit' });
    await page.getByRole('button', { name: 'I’m new here' }).waitFor();
    await page.waitForFunction("performance.getEntriesByName('first-contentful-paint').length === 1");
    expect(await page.evaluate('document.readyState')).toBe('interactive');
    await page.getByRole('button', { name: 'I’m new here' }).click({ noWaitAfter: true });
    await page.getByRole('heading', { level: 1, name: 'Set up your sign-in' }).waitFor();
    await context.close();
  });

  it('the whole way in needs no script, and each first button is in sight on a small telephone', async () => {
    const context = await browser.newContext({ locale: 'en-GB', javaScriptEnabled: false, viewport: { width: 320, height: 640 } });
    const page = await context.newPage();
    await page.goto(invitationUrl);
    const first = page.locator('.primary').first();
    expect(await first.isVisible()).toBe(true);
    await follow(page, first);
    await fillIn(page, 'cai@example.org');
    await follow(page, page.locator('.primary').first());
    expect(await headingOf(page)).toBe('You’re in!');
    await context.close();
  });
});
