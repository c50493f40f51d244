import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { findInvitation } from '../../src/invitation/store.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { mintToken, toCode } from '../../src/invitation/token.ts';
import { createBrowser } from '../support/browser.ts';
import { snapshot } from '../support/invariants.ts';
import { mailedLink } from '../support/mail.ts';
import { askFor, join, openAsNewcomer, register } from '../support/people.ts';
import { createRelyingApp } from '../support/relying-app.ts';
import type { JourneyServer, StartServer } from '../support/server.ts';

export function frontDoorJourneys(start: StartServer): void {
  let server: JourneyServer;

  beforeAll(async () => {
    server = await start();
    await server.addGroup('choir', { name: 'Kammerchor Nord' });
    await createRelyingApp(server);
  });
  afterAll(() => server?.close());
  beforeEach(async () => {
    await server.database.raw('delete from guestlist.throttle');
  });

  const unknownToken = () => mintToken(secureRandom);

  test('looking at a link twenty times uses up nothing, whoever looks and however (C1)', async () => {
    const { url, id } = await server.guestlist.invite({ groups: ['choir'] });
    const before = await snapshot(server.database);
    const agents = ['WhatsApp/2.23', 'facebookexternalhit/1.1', 'Slackbot-LinkExpanding 1.0', 'Twitterbot/1.0', 'TelegramBot'];
    for (const agent of [...agents, ...agents, ...agents, ...agents]) {
      const page = await createBrowser(server.issuer).open(url, { 'user-agent': agent });
      expect(page.status).toBe(200);
    }
    for (const method of ['HEAD', 'OPTIONS']) {
      const answer = await fetch(url, { method, redirect: 'manual' });
      expect(answer.headers.get('set-cookie')).toBeNull();
      expect(answer.status).toBeLessThan(500);
    }
    expect(await snapshot(server.database)).toEqual(before);
    const done = await join(createBrowser(server.issuer), url, { email: 'after-the-bots@example.org' });
    expect(done.heading).toBe('You’re in!');
    expect((await findInvitation(server.database, id))?.usedCount).toBe(1);
  });

  test('the address is clean after the first step, and nothing of the page may be kept or framed', async () => {
    const { url } = await server.guestlist.invite({ groups: ['choir'] });
    const first = await fetch(url, { redirect: 'manual' });
    expect(first.status).toBe(303);
    expect(new URL(first.headers.get('location') ?? '', url).href).toBe(`${server.issuer}/invite`);
    expect(first.headers.get('referrer-policy')).toBe('no-referrer');
    expect(first.headers.get('set-cookie')).toMatch(/httponly/i);
    const page = await createBrowser(server.issuer).open(url);
    for (const answer of [Object.fromEntries(first.headers), page.headers]) {
      expect(answer['cache-control']).toBe('no-store');
      expect(answer['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(answer['content-security-policy']).not.toContain('unsafe');
      expect(answer['x-robots-tag']).toContain('noindex');
      expect(answer['etag']).toBeUndefined();
    }
  });

  test('parameters that were tacked on to a link change nothing on the page (C3)', async () => {
    const { url } = await server.guestlist.invite({ groups: ['choir'] });
    const plain = await createBrowser(server.issuer).open(url);
    const tampered = await createBrowser(server.issuer).open(`${url}?email=evil@example.org&name=Eve&group=board&role=admin`);
    const withoutToken = (html: string) => html.replace(/name="form_token" value="[^"]*"/, '');
    expect(withoutToken(tampered.html)).toBe(withoutToken(plain.html));
  });

  test('malformed, truncated, mixed-case, over-long, percent-encoded and unknown tokens: the same page, 404', async () => {
    const { token } = await server.guestlist.invite({ groups: ['choir'] });
    const flipped = token.replace(/[a-z]/i, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()));
    const wild = [
      unknownToken(),
      token.slice(0, -1),
      `${token}A`,
      flipped,
      token.repeat(40),
      'a',
      '%00',
      '%E0%A4%A',
      `${token}%00`,
      '[object%20Object]',
      'null',
      'undefined',
      '0',
      'true',
      encodeURIComponent('{"$ne":1}'),
      '%F0%9F%8E%B5',
      `${token.slice(0, 10)}%20${token.slice(10)}`,
      'x'.repeat(5000),
    ];
    const before = await snapshot(server.database);
    const pages: { text: string; status: number; html: string }[] = [];
    for (const text of wild) {
      const page = await createBrowser(server.issuer).open(`/invite/${text}`);
      pages.push({ text: text.slice(0, 40), status: page.status, html: page.html });
    }
    expect(pages.filter(({ status }) => status !== 404)).toEqual([]);
    expect(new Set(pages.map(({ html }) => html)).size).toBe(1);
    expect(pages[0]?.html).toContain('We can’t find that invitation');
    expect(await snapshot(server.database)).toEqual(before);
  });

  test('a link with the marks that mail programs add still works (A10)', async () => {
    const { url } = await server.guestlist.invite({ groups: ['choir'] });
    for (const mark of ['.', ')', '>', '%20', ',']) {
      expect((await createBrowser(server.issuer).open(`${url}${mark}`)).heading).toContain('Kammerchor Nord');
    }
  });

  test('the code can be typed instead, in any spelling; a slip of the finger is told apart', async () => {
    const { code, url } = await server.guestlist.invite({ groups: ['choir'] });
    const browser = createBrowser(server.issuer);
    const codePage = await browser.open('/invite');
    const spelled = await browser.post('/invite/code', { code: ` ${code.toLowerCase().replaceAll('-', ' ')} ` });
    expect(spelled.heading).toContain('Kammerchor Nord');
    expect((await browser.post('/invite/code', { code: url })).heading).toContain('Kammerchor Nord');

    const last = code.at(-1) === '7' ? '8' : '7';
    const slip = await createBrowser(server.issuer).submit(codePage, 'Continue', { code: code.slice(0, -1) + last });
    expect(slip.status).toBe(422);
    expect(slip.$('[aria-invalid="true"]').attr('name')).toBe('code');
    const unknown = await createBrowser(server.issuer).post('/invite/code', { code: toCode(unknownToken()) });
    expect(unknown.status).toBe(404);
  });

  test('guessing is stopped by address, and the right link still works from the same address (A1)', async () => {
    const { url } = await server.guestlist.invite({ groups: ['choir'] });
    const statuses = await Promise.all(
      Array.from({ length: 130 }, async () => (await fetch(`${server.issuer}/invite/${unknownToken()}`)).status),
    );
    expect(new Set(statuses)).toEqual(new Set([404, 429]));
    expect(statuses.filter((status) => status === 404).length).toBe(100);
    const stopped = await createBrowser(server.issuer).open(`/invite/${unknownToken()}`, {
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
      'x-real-ip': '203.0.113.9',
    });
    expect(stopped.status).toBe(429);
    expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(0);
    expect((await createBrowser(server.issuer).open(url)).heading).toContain('Kammerchor Nord');
  });

  test('expired, withdrawn and used up: each its page, 410, and nothing is accepted', async () => {
    const expired = await server.guestlist.invite({ groups: ['choir'], expiresAt: new Date(server.now().getTime() + 60_000) });
    const holder = createBrowser(server.issuer);
    const form = await openAsNewcomer(holder, expired.url);
    server.pass(61);
    expect((await createBrowser(server.issuer).open(expired.url)).heading).toContain('expired');
    const late = await register(holder, form, { email: 'late@example.org' });
    expect(late.status).toBe(410);

    const codePage = await holder.open((await holder.open(expired.url)).$('a.button').attr('href') ?? '');
    expect({ status: codePage.status, field: codePage.$('[name="code"]').length }).toEqual({ status: 200, field: 1 });

    const revoked = await server.guestlist.invite({ groups: ['choir'] });
    const waiting = await openAsNewcomer(holder, revoked.url);
    expect(await server.guestlist.revoke(revoked.id, 'operator')).toBe(true);
    const page = await createBrowser(server.issuer).open(revoked.url);
    expect({ status: page.status, heading: page.heading }).toEqual({ status: 410, heading: 'This invitation was withdrawn' });
    expect((await register(holder, waiting, { email: 'late@example.org' })).status).toBe(410);

    const single = await server.guestlist.invite({ groups: ['choir'] });
    await join(createBrowser(server.issuer), single.url, { email: 'first@example.org' });
    const usedUp = await createBrowser(server.issuer).open(single.url);
    expect({ status: usedUp.status, heading: usedUp.heading }).toEqual({ status: 410, heading: 'This invitation has already been used' });

    const several = await server.guestlist.invite({ groups: ['choir'], maxUses: 2 });
    for (const email of ['one@example.org', 'two@example.org']) await join(createBrowser(server.issuer), several.url, { email });
    expect((await createBrowser(server.issuer).open(several.url)).heading).toBe('All places are taken');

    const { rows } = await server.database.raw(
      `select count(*)::int as count from guestlist.account_email where email_key = 'late@example.org'`,
    );
    expect(rows[0].count).toBe(0);
  });

  test('posts from elsewhere are refused and change nothing (I1)', async () => {
    const { url } = await server.guestlist.invite({ groups: ['choir'] });
    const browser = createBrowser(server.issuer);
    const landing = await browser.open(url);
    const form = await browser.submit(landing, 'create');
    const before = await snapshot(server.database);
    const foreign = [
      { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
      { 'sec-fetch-site': 'same-site', origin: server.issuer },
      { 'sec-fetch-site': 'none' },
    ];
    for (const headers of foreign) {
      expect((await browser.submit(landing, 'create', {}, headers)).status).toBe(403);
      expect((await browser.post('/invite/code', { code: 'x' }, headers)).status).toBe(403);
      expect(
        (await browser.submit(form, 'Create account and join', { name: 'A', email: 'csrf@example.org', password: 'a'.repeat(20) }, headers))
          .status,
      ).toBe(403);
    }
    expect(await snapshot(server.database)).toEqual(before);
  });

  test('a form without its token, or with wild fields, starts nothing', async () => {
    const { url } = await server.guestlist.invite({ groups: ['choir'] });
    const browser = createBrowser(server.issuer);
    await browser.open(url);
    const before = await snapshot(server.database);
    for (const fields of [{}, { form_token: 'x', way: 'create' }, { way: 'create' }, { way: 'fly', form_token: '' }, { __proto__x: '1' }]) {
      const page = await browser.post('/invite/continue', fields as Record<string, string>);
      expect(page.url).toBe(`${server.issuer}/invite`);
    }
    const json = await browser.post('/invite/continue', {}, { 'content-type': 'application/json' });
    expect(json.status).toBe(422);
    expect(await snapshot(server.database)).toEqual(before);
  });

  test('another browser with a copy of the visit’s public id holds nothing', async () => {
    const { url } = await server.guestlist.invite({ groups: ['choir'] });
    const browser = createBrowser(server.issuer);
    const form = await openAsNewcomer(browser, url);
    const authorization = browser.trail.find((address) => address.includes('/auth?')) ?? '';
    expect(form.status).toBe(200);
    const thief = createBrowser(server.issuer);
    const page = await thief.open(authorization);
    expect(page.status).toBe(404);
    expect(page.html).not.toContain('Kammerchor');
  });

  test('a visit’s cookie that is copied after accepting offers nothing any more (F3)', async () => {
    const { url } = await server.guestlist.invite({ groups: ['choir'], maxUses: 5 });
    const browser = createBrowser(server.issuer);
    await join(browser, url, { email: 'copied@example.org' });
    const cookie = (await browser.jar.getCookies(server.issuer)).find(({ key }) => key === 'guestlist_visit');
    const thief = createBrowser(server.issuer);
    await thief.jar.setCookie(`guestlist_visit=${cookie?.value}; Path=/`, server.issuer);
    const page = await thief.open('/invite');
    expect(page.url).toMatch(/done/);
    expect(page.$('main form').length).toBe(0);
  });

  test('somebody asks to be invited, and comes in by the invitation that follows', async () => {
    await server.addGroup('asked');
    await server.guestlist.requests.open('asked');
    const email = 'somebody-who-asks@example.org';
    expect((await askFor(server, 'asked', email)).heading).toBe('Request sent');
    const [request] = await server.guestlist.requests.waiting({ group: 'asked' });
    await server.guestlist.requests.approve(request?.id ?? '');
    const done = await join(createBrowser(server.issuer), await mailedLink(server.database, email), { email });
    expect(done.heading).toBe('You’re in!');
  });
}
