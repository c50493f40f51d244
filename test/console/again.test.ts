/** What somebody is in the midst of outlives their session of the console: in the tab that it ended in, and in all the others. */
import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Member } from '../journeys/setting.ts';
import { formOf, type Rest } from '../support/browser.ts';
import { signIn } from '../support/people.ts';
import { type ConsoleSetting, createConsoleSetting, goOn, openConsole, sessionCookie } from './setting.ts';

let setting: ConsoleSetting;
beforeAll(async () => {
  setting = await createConsoleSetting();
});
afterAll(() => setting.server.close());

const campaign = { name: 'Spring', source: 'pasted', addresses: 'kim@example.org', 'group:choir': 'yes' };

/** As a browser sends a form that may hold a file (RFC 7578): where it is led. */
async function sendParts(
  { browser }: Member,
  page: Rest,
  { button, fields }: { readonly button: string; readonly fields: Readonly<Record<string, string>> },
): Promise<string> {
  const { action, filled } = formOf(page, button);
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...filled, ...fields })) if (name !== 'file') form.append(name, value);
  form.append('file', new File([], '', { type: 'application/octet-stream' }));
  const body = new Response(form);
  const { headers, statusCode } = await request(action, {
    method: 'POST',
    headers: {
      'content-type': String(body.headers.get('content-type')),
      cookie: await browser.jar.getCookieString(action),
      'sec-fetch-site': 'same-origin',
      'sec-fetch-mode': 'navigate',
      accept: 'text/html',
    },
    body: Buffer.from(await body.arrayBuffer()),
  });
  expect(statusCode).toBe(303);
  for (const cookie of [headers['set-cookie'] ?? []].flat()) await browser.jar.setCookie(cookie, action);
  return new URL(String(headers['location']), action).href;
}

test('a form with a place for a file: what was typed waits, however much it is', async () => {
  const ada = await setting.admin('ada');
  const page = await openConsole(ada.browser, '/admin/campaigns/new');
  setting.server.pass(31 * 60);
  const addresses = Array.from({ length: 2_600 }, (_, index) => `somebody-${index}@example.org`).join('\n');
  const held = await goOn(
    ada.browser,
    await ada.browser.open(await sendParts(ada, page, { button: 'Try it out', fields: { ...campaign, addresses } })),
  );
  expect(held.heading).toBe('You’re signed in again');
  expect(held.$('form[enctype="multipart/form-data"] input[name="addresses"]').attr('value')).toBe(addresses);
  const checked = await ada.browser.open(await sendParts(ada, held, { button: 'Go on with it', fields: {} }));
  expect(checked.$('main').text()).toContain('2,600');
});

test('a draft and its file are there again after signing in again, for the same person', async () => {
  const ben = await setting.admin('ben');
  const checked = await ben.browser.submit(await openConsole(ben.browser, '/admin/campaigns/new'), 'Try it out', campaign);
  expect(checked.url).toMatch(/\/admin\/campaigns\/new\/[\w-]{22}$/);
  setting.server.pass(31 * 60);
  const held = await goOn(ben.browser, await ben.browser.submit(checked, 'Invite one person'));
  expect(held.heading).toBe('You’re signed in again');
  const made = await ben.browser.submit(held, 'Go on with it');
  expect([made.status, made.heading]).toEqual([200, 'Spring']);
});

test('a form in one tab is still good when another tab had to prove who it is', async () => {
  const cleo = await setting.admin('cleo');
  const oneTab = await openConsole(cleo.browser, '/admin/groups/choir/change');
  const before = await sessionCookie(cleo.browser, setting);
  setting.server.pass(20 * 60);
  const otherTab = await cleo.browser.submit(await cleo.browser.open('/admin/app-registration'), 'Make it', { uses: '1', days: '1' });
  expect(otherTab.heading).toBe('Sign in');
  await goOn(cleo.browser, await signIn(cleo.browser, otherTab, { email: cleo.email }));
  expect((await sessionCookie(cleo.browser, setting))?.value).not.toBe(before?.value);
  const saved = await cleo.browser.submit(oneTab, 'Save', { name: 'Kammerchor Süd' });
  expect([saved.status, saved.$('[role="status"]').text().trim()]).toEqual([200, 'Your changes are saved.']);
});

test('but not when somebody else has signed in there', async () => {
  const dora = await setting.admin('dora');
  const emil = await setting.admin('emil');
  const tab = await openConsole(dora.browser, '/admin/groups/stage/change');
  setting.server.pass(20 * 60);
  const asked = await dora.browser.submit(await dora.browser.open('/admin/app-registration'), 'Make it', { uses: '1', days: '1' });
  await goOn(dora.browser, await signIn(dora.browser, asked, { email: emil.email }));
  const refused = await dora.browser.submit(tab, 'Save', { name: 'Anything' });
  expect(refused.status).toBe(403);
  expect((await dora.browser.open('/admin/groups/stage')).heading).toBe('Stage crew');
});
