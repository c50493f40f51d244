/** Settings in the console: looks that can be read, mail that arrives, keys that change, and how everything is set. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkRecords, domainOf, recordsFor } from '../../src/mail/records.ts';
import type { Member } from '../journeys/setting.ts';
import type { Browser, Rest } from '../support/browser.ts';
import { type ConsoleSetting, createConsoleSetting, openConsole } from './setting.ts';

let setting: ConsoleSetting;
let ada: Member;
let browser: Browser;

beforeAll(async () => {
  setting = await createConsoleSetting();
  ada = await setting.admin('ada');
  ({ browser } = ada);
  await openConsole(browser, '/admin/settings');
});
afterAll(() => setting.server.close());

const textOf = (page: Rest) => page.$('main').text().replace(/\s+/g, ' ');
const stored = async () =>
  Object.fromEntries(
    (await setting.server.database.raw('select name, value from guestlist.setting order by name')).rows.map(
      (row: { name: string; value: string }) => [row.name, row.value],
    ),
  );

test('a name and a colour are saved, and are on the next page', async () => {
  const page = await openConsole(browser, '/admin/settings');
  const saved = await browser.submit(page, 'Save', { brand: 'Kammerchor Nord', accent: '#7A2E4D', support: 'mailto:help@example.org' });
  expect(saved.$('.bar .brand').text()).toBe('Kammerchor Nord');
  expect(saved.$('link[href*="/brand/style.css"]').length).toBe(1);
  expect(await stored()).toEqual({ accent: '#7a2e4d', brand: 'Kammerchor Nord', support: 'mailto:help@example.org' });
  await browser.submit(saved, 'Save', { support: '' });
  expect(await stored()).toEqual({ accent: '#7a2e4d', brand: 'Kammerchor Nord' });
});

test('a colour that cannot be read is refused, with the nearest that can', async () => {
  const page = await openConsole(browser, '/admin/settings');
  const refused = await browser.submit(page, 'Save', { accent: '#ffcc00' });
  expect(refused.status).toBe(422);
  expect(refused.$('#accent-error').text()).toContain('cannot be read well enough');
  const nearest = refused.$('.scheme[data-scheme="light"] figcaption code').last().text();
  expect(nearest).toMatch(/^#[0-9a-f]{6}$/);
  await browser.submit(refused, 'Save', { accent: nearest });
  expect((await stored())['accent']).toBe(nearest);
});

test('colours are shown before they are saved', async () => {
  const before = await stored();
  const seen = await browser.submit(await openConsole(browser, '/admin/settings'), 'Show without saving', { accent: '#e4572e' });
  expect(seen.status).toBe(200);
  expect(seen.$('[data-scheme="light"] [data-accent]').attr('fill')).toBe('#e4572e');
  expect(textOf(seen)).toContain('too little; 4.5 is needed');
  expect(await stored()).toEqual(before);
});

async function sendLogo(body: string, type: string): Promise<Rest> {
  const page = await openConsole(browser, '/admin/settings');
  const form = page.$('form[action$="/admin/settings/logo"]');
  const data = new FormData();
  data.set('form_token', String(form.find('[name="form_token"]').attr('value')));
  data.set('file', new File([body], 'logo', { type }));
  const cookie = await browser.jar.getCookieString(setting.server.issuer);
  const answer = await fetch(`${setting.server.issuer}/admin/settings/logo`, {
    method: 'POST',
    body: data,
    redirect: 'manual',
    headers: { cookie, origin: setting.server.issuer, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' },
  });
  if (answer.status === 303) return openConsole(browser, '/admin/settings');
  expect(answer.status).toBe(422);
  return { status: 422, text: await answer.text() } as unknown as Rest;
}

test('a logo is taken, shown on every page, and taken away', async () => {
  const page = await sendLogo('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10"><path d="M0 0h20v10z"/></svg>', 'image/svg+xml');
  expect(page.$('.bar .brand img').attr('src')).toContain('/brand/logo?v=');
  expect(page.$('.bar .brand img').attr('width')).toBe('64');
  const unsafe = (await sendLogo('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', 'image/svg+xml')) as unknown as {
    text: string;
  };
  expect(unsafe.text).toContain('Choose one that is only a drawing');
  const away = await browser.submit(await openConsole(browser, '/admin/settings'), 'Take the logo away');
  expect(away.$('.bar .brand img').attr('src')).not.toContain('/brand/');
});

test('a test mail is sent, and where mail is only kept it says so', async () => {
  const page = await openConsole(browser, '/admin/settings/mail');
  expect(textOf(page)).toContain('Mail is not sent');
  const wrong = await browser.submit(page, 'Send a test mail', { to: 'nobody' });
  expect(wrong.status).toBe(422);
  await browser.submit(wrong, 'Send a test mail', { to: 'ada@example.org' });
  const { rows } = await setting.server.database.raw("select to_address, subject from guestlist.mail where kind = 'test'");
  expect(rows).toEqual([{ to_address: 'ada@example.org', subject: 'Kammerchor Nord: a test' }]);
});

test('mail that reached nobody is told', async () => {
  await setting.server.database.raw(
    "update guestlist.mail set failed_at = queued_at, failure = '550 5.1.1', attempts = 1 where kind = 'test'",
  );
  expect(textOf(await openConsole(browser, '/admin/settings/mail'))).toContain('550 5.1.1');
});

test('records to publish follow from the sender, and are looked for without waiting for anybody', async () => {
  const sending = { from: 'Choir <choir@Example.org>', host: 'mail.example.net', selector: 's1' };
  expect(domainOf(sending.from)).toBe('example.org');
  expect(recordsFor(sending).map(({ kind, name, wanted }) => [kind, name, wanted])).toEqual([
    ['spf', 'example.org', 'v=spf1 mx a:mail.example.net ~all'],
    ['dkim', 's1._domainkey.example.org', undefined],
    ['dmarc', '_dmarc.example.org', 'v=DMARC1; p=quarantine; rua=mailto:postmaster@example.org'],
  ]);
  const texts: Readonly<Record<string, readonly string[]>> = {
    'example.org': ['v=spf1 a ~all', 'v=spf1 mx -all', 'something else'],
    's1._domainkey.example.org': ['v=DKIM1; k=rsa; p=MIIB'],
  };
  const lookUp = async (name: string) => texts[name] ?? Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
  expect((await checkRecords(sending, lookUp)).map(({ kind, state }) => [kind, state])).toEqual([
    ['spf', 'other'],
    ['dkim', 'there'],
    ['dmarc', 'missing'],
  ]);
  const silent = () => Promise.reject(Object.assign(new Error('late'), { code: 'ETIMEOUT' }));
  expect((await checkRecords(sending, silent)).map(({ state }) => state)).toEqual(['unknown', 'unknown', 'unknown']);
});

test('keys are changed with notice, and at once only by somebody who knows what it breaks', async () => {
  const page = await openConsole(browser, '/admin/settings/keys');
  const before = page.$('main tbody tr').length;
  const asked = await openConsole(browser, '/admin/settings/keys/rotate');
  const after = await browser.submit(asked, 'Change the keys');
  expect(after.$('main tbody tr').length).toBe(before * 2);
  const atOnce = await openConsole(browser, '/admin/settings/keys/at-once');
  const unsure = await browser.submit(atOnce, 'Change them at once');
  expect(unsure.status).toBe(422);
  setting.server.pass(11 * 60);
  const again = await openConsole(browser, '/admin/settings/keys/at-once');
  expect(again.url).not.toContain('/admin/settings/keys/at-once');
});

test('the overview says how everything is set', async () => {
  const fresh = await setting.admin('bea');
  const text = textOf(await openConsole(fresh.browser, '/admin/settings/overview'));
  expect(text).toContain(setting.server.issuer);
  expect(text).toContain('15 characters or more');
  expect(text).toContain('Kammerchor Nord');
  expect(text).toContain('managers');
});

test('managers have nothing here', async () => {
  const ben = await setting.manager('ben', 'choir');
  for (const path of [
    '/admin/settings',
    '/admin/settings/mail',
    '/admin/settings/keys',
    '/admin/settings/overview',
    '/admin/guide',
  ] as const)
    expect((await openConsole(ben.browser, path)).status, path).toBe(403);
});
