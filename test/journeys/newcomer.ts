import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { join } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import type { JourneyServer, StartServer } from '../support/server.ts';

export function newcomerJourneys(start: StartServer): void {
  let server: JourneyServer;
  let app: RelyingApp;

  beforeAll(async () => {
    server = await start();
    await server.addGroup('choir', { name: 'Kammerchor Nord', rights: ['plan:read'] });
    app = await createRelyingApp(server);
  });
  afterAll(() => server?.close());

  test('a stranger opens a link, registers, and the app sees the group in the ID token without another step', async () => {
    const { url } = await server.guestlist.invite({ groups: ['choir'], inviterName: 'Maya Lind' });
    const browser = createBrowser(server.issuer);

    const landing = await browser.open(url);
    expect(landing.status).toBe(200);
    expect(landing.url).toBe(`${server.issuer}/invite`);
    expect(landing.heading).toContain('Kammerchor Nord');

    const done = await join(browser, url, { email: 'ada@example.org' });
    expect(done.url).toMatch(/\/invite\/done\?/);
    expect(done.status).toBe(200);
    expect(done.heading).toBe('You’re in!');
    const openApp = done.$('a[href^="https://app.example.org/login"]').attr('href');
    expect(new URL(openApp ?? '').searchParams.get('iss')).toBe(server.issuer);

    const tokens = await app.signInSilently(browser);
    expect(tokens.claims()).toMatchObject({ groups: ['choir'], roles: ['choir:member'], entitlements: ['plan:read'] });
  });
}
