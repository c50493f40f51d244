/** What a host can make its own, and what it hears. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { createBrowser } from '../support/browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { join } from '../support/people.ts';
import { openSocket } from '../support/server.ts';
import { createHost } from './host/host.ts';

let own: TestDatabase;

beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own?.drop());

async function startHost(more: Partial<Parameters<typeof createHost>[0]> = {}) {
  const socket = await openSocket();
  const host = createHost({
    database: own.database,
    issuer: `http://localhost:${socket.port}`,
    clock: systemClock,
    apps: async () => [],
    clients: [],
    ...more,
  });
  socket.serve(host.provider.callback());
  return { ...host, close: socket.close };
}

test('a refusal is told to the host afterwards, and its own mistakes to nobody else', async () => {
  const told: unknown[] = [];
  const errors: unknown[] = [];
  const host = await startHost({
    events: {
      refused: (refusal) => {
        told.push(refusal);
        throw new Error('of the host');
      },
    },
    onError: (error) => errors.push(error),
  });
  await host.guestlist.addGroup({ slug: 'refusing', name: 'Refusing' });
  const { url, id } = await host.guestlist.invite({ groups: ['refusing'] });
  await host.guestlist.revoke(id, 'operator');
  const page = await createBrowser(host.provider.issuer).open(url);
  await host.close();
  expect(page.status).toBe(410);
  expect(told).toEqual([{ code: 'invitation_revoked', invitationId: id }]);
  expect(errors).toEqual([new Error('of the host')]);
});

test('pages, words, brand and home can be the host’s', async () => {
  const views = await mkdtemp(joinPath(tmpdir(), 'views-'));
  await mkdir(joinPath(views, 'invitation'));
  await writeFile(joinPath(views, 'invitation/done.eta'), '<h1>Welcome at <%= it.brand %></h1>');
  const host = await startHost({
    brand: 'Chor & Verband',
    home: 'https://chor.example.org/',
    views,
    pages: { 'invitation/code': ({ brand, t }) => `<h1>${t('code.title')} (${brand.length})</h1>` },
    texts: { en: { 'landing.create': 'Let me in' }, nl: { 'landing.create': 'Ik ben nieuw' } },
  });
  await host.guestlist.addGroup({ slug: 'dressed', name: 'Dressed' });
  const { url } = await host.guestlist.invite({ groups: ['dressed'] });
  const browser = createBrowser(host.provider.issuer);
  expect((await browser.open('/invite/code')).heading).toMatch(/\(14\)$/);
  const landing = await browser.open(url);
  expect(landing.$('button[value=create]').text()).toBe('Let me in');
  expect(landing.$('a.brand').attr('href')).toBe('https://chor.example.org/');
  expect(landing.$('a.brand').text()).toBe('Chor & Verband');
  expect((await createBrowser(host.provider.issuer).open(url, { 'accept-language': 'nl' })).$('button[value=create]').text()).toBe(
    'Ik ben nieuw',
  );
  const dutch = createBrowser(host.provider.issuer);
  const offered = (await dutch.open(url)).$('form.languages button').map((_, button) => landing.$(button).text());
  expect(offered.get()).toEqual(['العربية', 'Deutsch', 'English', 'Español', 'Français', 'Nederlands']);
  expect((await dutch.submit(await dutch.open('/invite'), 'nl')).$('button[value=create]').text()).toBe('Ik ben nieuw');
  const done = await join(browser, url, { email: 'dressed@example.org' });
  await host.close();
  await rm(views, { recursive: true });
  expect(done.html).toBe('<h1>Welcome at Chor &amp; Verband</h1>');
});

test('without the prompt create, newcomers come to the host’s sign-in page, and register from there', async () => {
  const host = await startHost({ withoutCreatePrompt: true });
  await host.guestlist.addGroup({ slug: 'by-sign-in', name: 'By sign-in' });
  const { url, id } = await host.guestlist.invite({ groups: ['by-sign-in'] });
  const browser = createBrowser(host.provider.issuer);
  const signInPage = await browser.submit(await browser.open(url), 'create');
  const form = await browser.open(signInPage.$('a').attr('href') ?? '');
  const done = await browser.submit(form, 'Create account and join', { name: 'Ada', email: 'ada', password: 'x' });
  await host.close();
  expect(done.heading).toBe('You’re in!');
  expect((await host.guestlist.find(id))?.usedCount).toBe(1);
});

test('the gate says why it is closed', async () => {
  const host = await startHost();
  const asked = await openSocket();
  asked.serve((req, res) => void host.guestlist.gate({ req, res }).then((gate) => res.end(JSON.stringify(gate))));
  const browser = createBrowser(host.provider.issuer);
  const gate = async () => {
    const cookie = await browser.jar.getCookieString(host.provider.issuer);
    return (await fetch(`http://localhost:${asked.port}/`, { headers: { cookie } })).json();
  };
  expect(await gate()).toEqual({ refusal: 'invitation_required', emailVerified: false });
  await host.guestlist.addGroup({ slug: 'gated', name: 'Gated' });
  const { url, id } = await host.guestlist.invite({ groups: ['gated'] });
  await browser.open(url);
  const open = await gate();
  expect(open).toMatchObject({ visit: { invitation: { id } } });
  expect(open).not.toHaveProperty('refusal');
  await host.guestlist.revoke(id, 'operator');
  expect(await gate()).toMatchObject({ refusal: 'invitation_revoked', visit: { invitation: { id } } });
  await host.close();
  await asked.close();
});
