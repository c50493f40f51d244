/** Where mail can be sent: link, address, code, registration (design §4C), and nobody learns who has an account. */
import * as oidc from 'openid-client';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Browser, createBrowser } from '../support/browser.ts';
import { count, findContradictions, snapshot } from '../support/invariants.ts';
import { mailbox, mailedCode, mailedLink } from '../support/mail.ts';
import { join, openAsNewcomer, proveMailbox, register, withoutTokens } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { visitTo } from '../plugin/making.ts';

let server: TestServer;
let app: RelyingApp;

beforeAll(async () => {
  server = await startTestServer({ newcomersProveEmail: true });
  await server.addGroup('choir', { name: 'Kammerchor Nord' });
  app = await createRelyingApp(server);
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
});

async function comeIn(browser: Browser, url: string, email: string) {
  const form = await proveMailbox(browser, await openAsNewcomer(browser, url), { database: server.database, email, typed: email });
  return register(browser, form, { email: 'somebody-else@example.org' });
}

test('link, address, code, registration: the account has exactly the address that was proven, and apps hear so', async () => {
  const { url } = await server.guestlist.invite({ groups: ['choir'], maxUses: 5 });
  const browser = createBrowser(server.issuer);
  expect((await comeIn(browser, url, 'proven@example.org')).heading).toBe('You’re in!');
  const tokens = await app.signInSilently(browser);
  const person = await oidc.fetchUserInfo(app.config, tokens.access_token, tokens.claims()?.sub ?? '');
  expect(person).toMatchObject({ email: 'proven@example.org', email_verified: true, groups: ['choir'] });
});

test('an app’s own sign-in survives the code', async () => {
  const { token } = await server.guestlist.invite({ groups: ['choir'] });
  const browser = createBrowser(server.issuer);
  const started = await app.push({ invite: token, prompt: 'create' });
  const page = await browser.open(started.url);
  const form = await proveMailbox(browser, page, { database: server.database, email: 'by-app@example.org', typed: 'by-app@example.org' });
  const back = await register(browser, form, { email: 'by-app@example.org' });
  expect(back.leftFor?.searchParams.get('code')).toBeTruthy();
});

test('whether an address has an account is told by mail alone: the pages are the same to the byte (M1)', async () => {
  const { url } = await server.guestlist.invite({ groups: ['choir'], maxUses: 5 });
  await comeIn(createBrowser(server.issuer), url, 'known@example.org');
  const pages: string[] = [];
  for (const email of ['known@example.org', 'known2@example.or']) {
    const browser = createBrowser(server.issuer);
    const page = await browser.submit(await openAsNewcomer(browser, url), 'Send me a mail', { email });
    expect(page.status).toBe(200);
    pages.push(withoutTokens(page).replace(/example\.org?/g, 'example'));
  }
  expect(pages[0]).toBe(pages[1]);
  expect((await mailbox(server.database, 'known@example.org')).filter(({ kind }) => kind !== 'joined').map(({ kind }) => kind)).toEqual([
    'notice',
    'code',
  ]);
  expect((await mailbox(server.database, 'known2@example.or'))[0]?.kind).toBe('code');
});

test('nothing is made before the code, and no form gets around it', async () => {
  const { url, token } = await server.guestlist.invite({ groups: ['choir'], maxUses: 5 });
  const before = await count(server.database, 'account');
  const browser = createBrowser(server.issuer);
  const page = await openAsNewcomer(browser, url);
  expect(page.$('[name="password"]').length).toBe(0);
  const uid = browser.trail.join(' ').match(/interaction\/([\w-]+)/)?.[1];
  await browser.post(`/interaction/${uid}/register`, { email: 'eve@example.org', name: 'Eve', password: 'correct horse battery staple' });
  const redeemer = { createAccount: async () => 'made-up' };
  await expect(server.guestlist.redeem(await visitTo(server.database, token), { redeemer })).rejects.toMatchObject({
    code: 'email_not_verified',
  });
  expect(await count(server.database, 'account')).toBe(before);
});

test('a wrong code and a scanner that opens the mail’s links change nothing', async () => {
  const { url } = await server.guestlist.invite({ groups: ['choir'] });
  const browser = createBrowser(server.issuer);
  const codePage = await browser.submit(await openAsNewcomer(browser, url), 'Send me a mail', { email: 'slow@example.org' });
  const before = await snapshot(server.database);
  const [mail] = await mailbox(server.database, 'slow@example.org');
  for (const link of mail?.html.match(/https?:[^"<\s]+/g) ?? []) {
    await fetch(link.replaceAll('&amp;', '&'));
    await fetch(link.replaceAll('&amp;', '&'), { method: 'HEAD' });
  }
  const right = await mailedCode(server.database, 'slow@example.org');
  const wrong = await browser.submit(codePage, 'Continue', { code: right === '111111' ? '222222' : '111111' });
  expect({ status: wrong.status, field: wrong.$('[aria-invalid="true"]').attr('name') }).toEqual({ status: 422, field: 'code' });
  expect(await snapshot(server.database)).toEqual(before);
  const form = await browser.submit(wrong, 'Continue', { code: right });
  expect((await register(browser, form, { email: 'slow@example.org' })).heading).toBe('You’re in!');
});

test('who comes by a mailed link has proven their mailbox by it', async () => {
  await server.guestlist.invite({ groups: ['choir'], email: 'mailed@example.org', emailRule: 'any' });
  const link = await mailedLink(server.database, 'mailed@example.org');
  const done = await join(createBrowser(server.issuer), link, { email: 'mailed@example.org' });
  expect(done.heading).toBe('You’re in!');
  expect(await mailbox(server.database, 'mailed@example.org').then((mails) => mails.some(({ kind }) => kind === 'code'))).toBe(false);
});

test('fifteen newcomers, five places, each with a code: five get in', { timeout: 60_000 }, async () => {
  const { url, id } = await server.guestlist.invite({ groups: ['choir'], maxUses: 5 });
  const forms = await Promise.all(
    Array.from({ length: 15 }, async (_, index) => {
      const browser = createBrowser(server.issuer);
      const email = `many-${index}@example.org`;
      const form = await proveMailbox(browser, await openAsNewcomer(browser, url), { database: server.database, email, typed: email });
      return { browser, form, email };
    }),
  );
  const answers = await Promise.all(forms.map(({ browser, form, email }) => register(browser, form, { email })));
  expect(answers.filter(({ heading }) => heading === 'You’re in!').length).toBe(5);
  expect((await server.guestlist.find(id))?.usedCount).toBe(5);
  expect(await findContradictions(server.database)).toEqual([]);
});
