/**
 * What a member can do to other people's mailboxes with nothing but an app and a name (J1 to J7, J11 to J15): from the call
 * of the API to what a mail server is handed.
 */
import type { Email } from 'postal-mime';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { apiScope, call, type CallOptions, tokenFor } from '../api/calling.ts';
import { createSetting, type Member, type Setting } from '../journeys/setting.ts';
import { count } from '../support/invariants.ts';
import { createRelyingApp } from '../support/relying-app.ts';
import { attribute, elementsOf } from '../views/markup.ts';
import { type Arrived, type MailServer, parse, startMailServer } from './mail-server.ts';
import { type Posting, startPosting } from './posting.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let setting: Setting;
let maya: Member;
let token: string;
let mailServer: MailServer;
let posting: Posting;

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord' });
  maya = await setting.member('maya', { groups: ['choir:manager'] });
  const phone = await createRelyingApp(setting.server, { id: 'phone', scope: apiScope });
  token = await tokenFor(phone, maya.browser, setting.server.issuer);
  mailServer = await startMailServer();
  posting = await startPosting(setting.server, mailServer.url);
});
afterAll(async () => {
  await posting?.stop();
  await mailServer?.close();
  await setting?.server.close();
});
beforeEach(async () => {
  mailServer.arrived.length = 0;
  await setting.server.database.raw('delete from guestlist.throttle');
});

const api = (path: string, options: CallOptions) => call(setting.server.issuer, path, token, options);
const invite = (wish: object, headers = {}) => api('invitations', { body: { groups: ['choir'], ...wish }, headers });
const callMaya = (name: string) =>
  setting.server.database.raw('update guestlist.account set name = ? where id = ?', [name, maya.accountId]);

/** The one mail that came to somebody. */
async function arrivedFor(email: string): Promise<Arrived & { readonly mail: Email }> {
  const found = () => mailServer.arrived.filter(({ recipients }) => recipients.includes(email));
  const arrived = await vi.waitUntil(() => found()[0], { timeout: 20_000, interval: 20 });
  expect(found()).toHaveLength(1);
  return { ...arrived, mail: await parse(arrived) };
}

const headersOf = ({ raw }: Arrived) =>
  (raw.split('\r\n\r\n')[0] ?? '')
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
    .map((line) => line.split(':')[0]);
const linksIn = (html = '') => elementsOf(html).flatMap((element) => attribute(element, 'href') ?? attribute(element, 'src') ?? []);
/** What mail programs make links of by themselves, our own addresses left out. */
function clickableIn(text = ''): string[] {
  const rest = text.replaceAll(new RegExp(`${setting.server.issuer}\\S*`, 'g'), '').replace(/[\u2068\u2069]/g, '');
  return rest.match(/https?:\/\/\S|\w\.[a-z]{2,}\b|[^\s\u2060]@[^\s\u2060]/gi) ?? [];
}

const lures = [
  'URGENT: your account was charged $499.00, call +1 800 555 0100',
  'Your bank has locked your card. Call 0800-111-222 now',
  'PayPal Security <security@paypal.example>',
  '"security@bank.test" <no-reply@bank.test>',
  'security@bank.test',
  'Microsoft Account Team via account.microsoft.example',
  'https://evil.example/claim-your-prize',
  'http://evil.example@bank.test/login',
  'evil.com',
  'www.evil.example/win',
  't.me/free_bitcoin',
  'bit.ly/3xYzAbC – you have won!',
  'hxxps://evil[.]example',
  'ｅｖｉｌ．ｅｘａｍｐｌｅ',
  'evil。example',
  'javascript:alert(document.domain)',
  'data:text/html,<h1>Log in again</h1>',
  '<a href="https://evil.example">Log in again</a>',
  '<img src="https://evil.example/open.gif">',
  '</p></td></tr></table><h1>Your password has expired</h1>',
  '<style>*{display:none}</style><script>alert(1)</script>',
  '{{constructor.constructor("return process")()}}',
  '<%= process.env.GUESTLIST_SECRET %>',
  ['$', '{7*7} #{7*7} {name, select, other {x}}'].join(''),
  'Maya\u202Eelpmaxe.live//:sptth',
  `Maya${'\u0301\u0316\u0489'.repeat(60)}`,
  `Ma\u200By\u200Ba \u2060\uFEFF\u00AD via e\u200Bvil.example`,
  'Maya — "Invoice 2026-114 is overdue"\t\t\tPay at evil.example',
  '💰💰💰 CONGRATULATIONS 💰💰💰 → evil.example',
  `${'Long '.repeat(2_000)}evil.example`,
];

describe('a lure', () => {
  let plain: Awaited<ReturnType<typeof arrivedFor>>;

  beforeAll(async () => {
    await callMaya('Maya Lind');
    await invite({ email: 'plain@example.org', message: 'Come and sing with us.' });
    plain = await arrivedFor('plain@example.org');
  });

  test.each(lures.map((lure, index) => [lure.slice(0, 60), lure, `lured-${index}@example.org`] as const))(
    'in a name, a message and a label is nothing but words: %j',
    async (_, lure, email) => {
      await callMaya(lure);
      // What is longer than a message may be, has tabs, or turns its direction, is none; the name is whatever the account has.
      const isMessage = lure.length <= 500 && !/[\u202E\t]/.test(lure);
      const { status, json } = await invite({ email, message: lure, label: 'x' });
      expect(status).toBe(isMessage ? 201 : 422);
      if (!isMessage) {
        expect(json).toMatchObject({ code: 'wish_invalid', field: 'message' });
        expect((await invite({ email })).status).toBe(201);
      }
      const { mail, ...arrived } = await arrivedFor(email);
      expect(mail.from).toEqual({ name: 'Choir', address: 'choir@example.org' });
      expect(mail.subject).toBe(plain.mail.subject);
      expect(arrived.recipients).toEqual([email]);
      expect(headersOf(arrived)).toEqual(headersOf(plain));
      const links = linksIn(mail.html);
      expect(links.map((href) => new URL(href).origin)).toEqual(linksIn(plain.mail.html).map(() => setting.server.issuer));
      expect(elementsOf(mail.html ?? '').filter(({ tagName }) => ['img', 'script', 'style', 'form', 'iframe'].includes(tagName))).toEqual(
        [],
      );
      expect(elementsOf(mail.html ?? '').filter(({ tagName }) => tagName === 'h1')).toHaveLength(1);
      expect(mail.html).toContain('format-detection');
      for (const body of [mail.text, mail.html?.replace(/<[^>]*>/g, ' ')]) expect(clickableIn(body)).toEqual([]);
      for (const body of [mail.text, mail.html]) {
        expect(body).not.toMatch(/[\u202A-\u202E]|\b49 49\b|function Object/);
        expect(body?.length).toBeLessThan(12_000);
      }
    },
  );
});

describe('what an app sends along', () => {
  const spoofs = [
    { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'gopher' },
    { forwarded: 'host=evil.example;proto=http' },
    { origin: 'https://evil.example', referer: 'https://evil.example/' },
    { 'x-original-url': 'http://evil.example/', 'x-rewrite-url': '/evil', 'x-forwarded-prefix': '/evil' },
  ];

  test.each(spoofs.map((spoof, index) => [Object.keys(spoof).join(' '), spoof, `spoofed-${index}@example.org`] as const))(
    'changes no address in a mail, neither of the first nor of one that is sent again: %s (J1)',
    async (_, spoof, email) => {
      await callMaya('Maya Lind');
      const { json } = await invite({ email }, spoof);
      for (const body of [(await arrivedFor(email)).raw]) expect(body).not.toMatch(/evil|gopher/);
      mailServer.arrived.length = 0;
      expect((await api(`invitations/${json['id']}/resend`, { body: {}, headers: spoof })).status).toBe(200);
      const { raw, mail } = await arrivedFor(email);
      expect(raw).not.toMatch(/evil|gopher/);
      expect(linksIn(mail.html).every((href) => href.startsWith(`${setting.server.issuer}/`))).toBe(true);
    },
  );

  test.each([
    ['a@x.example, b@y.example'],
    ['a@x.example,b@y.example'],
    ['a@x.example; b@y.example'],
    ['g: a@x.example, b@y.example;'],
    ['victim@corp.example\u0000@evil.example'],
    ['victim@corp.example\r\nRCPT TO:<eve@evil.example>'],
    ['victim@corp.example\nBcc: eve@evil.example'],
    ['"a@x.example" <b@y.example>'],
    ['<b@y.example>'],
    ['justname'],
    ['@evil.example'],
    ['a@'],
    ['a@evil.example.'],
    ['a@[127.0.0.1]'],
    ['a@x.example%40evil.example'],
    ['(c)a@x.example'],
    [['a@x.example', 'b@y.example']],
    [{ address: 'a@x.example' }],
    [null],
    [`${'a'.repeat(400)}@x.example`],
  ])('is no address to mail to, and is mailed to nobody: %j (J4, J5)', async (email) => {
    const { database } = setting.server;
    const before = [await count(database, 'mail'), await count(database, 'invitation')];
    expect(await invite({ email })).toMatchObject({ status: 422, json: { code: 'wish_invalid' } });
    expect([await count(database, 'mail'), await count(database, 'invitation')]).toEqual(before);
  });

  test.each([
    ['locale', '../../../etc/passwd'],
    ['locale', 'en\u0000'],
    ['locale', 'en/../de'],
    ['locale', 'x'.repeat(1_000)],
    ['locale', '__proto__'],
    ['locale', ['en']],
    ['landingUri', 'https://evil.example/'],
    ['redirectUri', 'https://evil.example/'],
    ['subject', 'Log in again'],
    ['from', 'security@bank.test'],
    ['template', ['a']],
  ])('chooses no text and no place of its own: %s %j (J14, J15)', async (field, value) => {
    const before = await count(setting.server.database, 'mail');
    const { status, json } = await invite({ email: 'x@example.org', [field]: value });
    expect({ status, code: json['code'], field: json['field'] }).toEqual({ status: 422, code: 'wish_invalid', field });
    expect(await count(setting.server.database, 'mail')).toBe(before);
  });

  test.each(['https://evil.example/', '//evil.example', 'javascript:alert(1)', 'no-such-app'])(
    'leads to registered apps alone, by their id: %s (J15)',
    async (landingClientId) => {
      expect(await invite({ email: 'x@example.org', landingClientId })).toMatchObject({ status: 404, json: { code: 'client_not_found' } });
    },
  );
});
