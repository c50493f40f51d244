/** Settings: what was stored goes before the environment, and every process hears of it within seconds. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/lib/db.ts';
import { createLiveSettings, freshSeconds } from '../../src/setting/live.ts';
import { createBrowser } from '../support/browser.ts';
import { join } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createPersonsProgram, createProgram, type Program } from './calling.ts';

let server: TestServer;
let program: Program;

beforeAll(async () => {
  server = await startTestServer({ support: 'mailto:help@example.org' });
  program = await createProgram(server);
});
afterAll(() => server.close());

const change = (body: object) => program.call('changeSettings', { body });
const logo = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 32"><path d="M0 0h64v32z"/></svg>');

test('each value is told with where it is from', async () => {
  const { status, json } = await program.call('getSettings');
  expect(status).toBe(200);
  expect(json.settings.brand).toEqual({ value: 'Guestlist', source: 'default', changedAt: null, changedBy: null });
  expect(json.settings.support).toMatchObject({ value: 'mailto:help@example.org', source: 'environment' });
  expect(json.settings.privacy).toMatchObject({ value: null, source: 'default' });
  expect(json.facts).toMatchObject({
    issuer: server.issuer,
    mail: 'kept',
    registration: 'invited',
    languages: expect.arrayContaining(['en', 'de']),
  });
  expect(JSON.stringify(json)).not.toMatch(/secret|password/i);
});

test('a stored value goes before the environment’s, is on pages with the next request, and on record', async () => {
  const { json } = await change({ brand: 'Kammerchor Nord', support: 'https://example.org/help' });
  expect(json.settings.support).toMatchObject({ value: 'https://example.org/help', source: 'stored', changedBy: 'operator' });
  const page = await createBrowser(server.issuer).open('/');
  expect(page.$('.brand').text()).toBe('Kammerchor Nord');
  const { rows } = await server.database.raw(
    "select subject, detail from guestlist.audit_event where action = 'setting.changed' order by id",
  );
  expect(rows).toEqual([
    { subject: 'brand', detail: expect.objectContaining({ value: 'Kammerchor Nord' }) },
    { subject: 'support', detail: expect.objectContaining({ value: 'https://example.org/help' }) },
  ]);
  const back = await change({ support: null });
  expect(back.json.settings.support).toMatchObject({ value: 'mailto:help@example.org', source: 'environment' });
});

test('mails say the name of today', async () => {
  await server.addGroup('choir');
  await server.guestlist.invite({ groups: ['choir'], email: 'ada@example.org', channels: ['mail'] });
  const { items } = (await program.call('listMails')).json;
  expect(items[0].subject).toContain('Group choir');
  await program.call('sendTestMail', { body: { to: 'ada@example.org' } });
  expect((await program.call('listMails')).json.items[0].subject).toBe('Kammerchor Nord: a test');
});

test('another process hears of it within seconds, without a restart', async () => {
  let seconds = 0;
  const clock = () => new Date(server.now().getTime() + seconds * 1000);
  const defaults = { brand: 'Guestlist', support: undefined, terms: undefined, privacy: undefined };
  const elsewhere = createLiveSettings({ database: server.database, clock, defaults });
  await elsewhere.refresh();
  await change({ brand: 'Another name' });
  await elsewhere.refresh();
  const before = elsewhere.current().brand;
  seconds = freshSeconds;
  await elsewhere.refresh();
  expect([before, elsewhere.current().brand]).toEqual(['Kammerchor Nord', 'Another name']);
});

test('a database that is away changes nothing of what is known', async () => {
  const errors: unknown[] = [];
  const gone = { raw: () => Promise.reject(new Error('gone')) } as unknown as Database;
  const defaults = { brand: 'Guestlist', support: undefined, terms: undefined, privacy: undefined };
  const settings = createLiveSettings({ database: gone, clock: server.now, defaults, onError: (error) => void errors.push(error) });
  await settings.refresh();
  expect([settings.current().brand, errors.length]).toEqual(['Guestlist', 1]);
});

test.each([
  [{ accent: '#ffcc00' }, /accent.*contrast of 1\.\d.*nearest colour that has it is #[0-9a-f]{6}/s],
  [{ accentDark: '#222222' }, /when they are dark/],
  [{ accent: 'red' }, /must be a colour such as/],
  [{ language: 'tlh' }, /language that there are words in/],
  [{ support: 'javascript:alert(1)' }, /mailto: or https:/],
  [{ terms: 'ftp://example.org' }, /https:/],
  [{ brand: '' }, /one line of text/],
  [{ brand: 'x'.repeat(61) }, /too long/],
  [{ logo: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>').toString('base64') }, /no script/],
  [{ issuer: 'https://example.org' }, /issuer/],
])('%j is refused with a sentence, and nothing of it is stored', async (body, sentence) => {
  const before = (await program.call('getSettings')).json.settings;
  const { status, text } = await change({ privacy: 'https://example.org/privacy', ...body });
  expect(status).toBe(422);
  expect(text).toMatch(sentence);
  expect((await program.call('getSettings')).json.settings).toEqual(before);
});

test('the nearest colour that is offered is taken, and pages are in it', async () => {
  const refused = await change({ accent: '#ffcc00' });
  const [nearest = ''] = /#[0-9a-f]{6}(?=")/.exec(refused.text) ?? [];
  expect((await change({ accent: nearest })).status).toBe(200);
  const browser = createBrowser(server.issuer);
  const page = await browser.open('/');
  const href = page.$('link[href*="/brand/style.css"]').attr('href') ?? '';
  const stylesheet = await fetch(new URL(href, server.issuer));
  expect(stylesheet.headers.get('content-type')).toContain('text/css');
  expect(await stylesheet.text()).toContain(`--accent: ${nearest}`);
  await change({ accent: null });
  expect((await browser.open('/')).$('link[href*="/brand/"]').length).toBe(0);
});

test('a logo is served from here, as what it is, and runs nothing', async () => {
  const { json } = await change({ logo: logo.toString('base64') });
  expect(json.settings.logo.value).toMatchObject({ type: 'image/svg+xml', width: 64, height: 32 });
  const page = await createBrowser(server.issuer).open('/');
  expect(page.$('.brand img').attr('width')).toBe('64');
  const answer = await fetch(new URL(page.$('.brand img').attr('src') ?? '', server.issuer));
  expect(await answer.text()).toBe(logo.toString());
  expect(answer.headers.get('content-type')).toContain('image/svg+xml');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  await change({ logo: null });
  expect((await fetch(`${server.issuer}/brand/logo`)).status).toBe(404);
});

test('whoever reads none of our languages reads the one that was set', async () => {
  await change({ language: 'de' });
  const browser = createBrowser(server.issuer);
  expect((await browser.open('/', { 'accept-language': 'tlh' })).$('html').attr('lang')).toBe('de');
  expect((await browser.open('/', { 'accept-language': 'fr' })).$('html').attr('lang')).toBe('fr');
  await change({ language: null });
});

test('terms that were set are asked for from then on', async () => {
  await change({ terms: 'https://example.org/terms-of-today' });
  await createBrowser(server.issuer).open('/');
  expect(server.guestlist.terms.map(({ href }) => href)).toEqual(['https://example.org/terms-of-today']);
  await change({ terms: null });
  await createBrowser(server.issuer).open('/');
  expect(server.guestlist.terms).toEqual([]);
});

test('have a version: a change that has not seen the last one is refused', async () => {
  const etag = (await program.call('getSettings')).headers.get('etag') ?? '';
  const conditional = (brand: string) => program.call('changeSettings', { body: { brand }, headers: { 'if-match': etag } });
  expect((await Promise.all(['One', 'Two', 'Three'].map(conditional))).map(({ status }) => status).toSorted()).toEqual([200, 412, 412]);
  await change({ brand: null });
});

test('managers and members have nothing here', async () => {
  const browser = createBrowser(server.issuer);
  await join(browser, (await server.guestlist.invite({ groups: ['choir:manager'] })).url, { email: 'ben@example.org' });
  const manager = await createPersonsProgram(server, browser);
  expect((await manager.call('getSettings')).status).toBe(403);
  expect((await manager.call('changeSettings', { body: { brand: 'Mine' } })).status).toBe(403);
});
