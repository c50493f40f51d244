import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { findInvitation } from '../../src/invitation/store.ts';
import { mintToken } from '../../src/invitation/token.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { join, register, signIn } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import type { JourneyServer, StartServer } from '../support/server.ts';

export function relyingAppJourneys(start: StartServer): void {
  let server: JourneyServer;
  let app: RelyingApp;

  beforeAll(async () => {
    server = await start();
    await server.addGroup('choir', { name: 'Kammerchor Nord' });
    await server.addGroup('board', { name: 'Vorstand' });
    app = await createRelyingApp(server);
  });
  afterAll(() => server?.close());
  beforeEach(async () => {
    await server.database.raw('delete from guestlist.throttle');
  });

  async function memberOfChoir(email: string): Promise<Browser> {
    const browser = createBrowser(server.issuer);
    await join(browser, (await server.guestlist.invite({ groups: ['choir'] })).url, { email });
    return browser;
  }

  async function usedCount(id: string): Promise<number | undefined> {
    return (await findInvitation(server.database, id))?.usedCount;
  }

  function expectNowhere(browser: Browser, secret: string, { from }: { from: number }) {
    expect(browser.trail.slice(from).filter((address) => address.includes(secret))).toEqual([]);
  }

  test.each(['plain parameter', 'pushed request'])(
    'an app passes an invitation by %s: the newcomer registers, and comes back with the group',
    async (way) => {
      const { token } = await server.guestlist.invite({ groups: ['choir'] });
      const params = { invite: token, prompt: 'create' };
      const flow = way === 'pushed request' ? await app.push(params) : await app.begin(params);
      const browser = createBrowser(server.issuer);
      const form = await browser.open(flow.url);
      expect(form.$('main').text()).toContain('Kammerchor Nord');
      const rest = await register(browser, form, { email: `${way.replace(' ', '-')}@example.org` });
      const tokens = await flow.finish(rest);
      expect(tokens.claims()).toMatchObject({ groups: ['choir'], roles: ['choir:member'] });
      expectNowhere(browser, token, { from: way === 'pushed request' ? 0 : 1 });
    },
  );

  test('an app passes an invitation to somebody with a session: the question comes, even though nobody asks for consent (L2, L3)', async () => {
    const browser = await memberOfChoir('asked@example.org');
    const { token, id } = await server.guestlist.invite({ groups: ['board'], inviterName: 'Maya Lind' });
    const flow = await app.push({ invite: token });
    const question = await browser.open(flow.url);
    expect(question.heading).toContain('Vorstand');
    expect(question.$('main').text()).toContain('Maya Lind');
    expect(await usedCount(id)).toBe(0);
    expect(question.headers['content-security-policy']).toContain("form-action 'self' https://app.example.org");
    const tokens = await flow.finish(await browser.submit(question, 'Join'));
    expect(tokens.claims()?.['groups']).toEqual(['board', 'choir']);
    expectNowhere(browser, token, { from: 0 });
  });

  test('the code works as the parameter as well as the token', async () => {
    const browser = await memberOfChoir('code@example.org');
    const { code } = await server.guestlist.invite({ groups: ['board'] });
    const flow = await app.begin({ invite: code.toLowerCase() });
    const tokens = await flow.finish(await browser.submit(await browser.open(flow.url), 'Join'));
    expect(tokens.claims()?.['groups']).toEqual(['board', 'choir']);
  });

  test('signing in first, then the question, then the app', async () => {
    await memberOfChoir('sign-in-first@example.org');
    const browser = createBrowser(server.issuer);
    const { token } = await server.guestlist.invite({ groups: ['board'] });
    const flow = await app.push({ invite: token });
    const question = await signIn(browser, await browser.open(flow.url), { email: 'sign-in-first@example.org' });
    const tokens = await flow.finish(await browser.submit(question, 'Join'));
    expect(tokens.claims()?.['groups']).toEqual(['board', 'choir']);
  });

  test('from the sign-in page to registering and back, the invitation stays', async () => {
    const browser = createBrowser(server.issuer);
    const { token } = await server.guestlist.invite({ groups: ['choir'] });
    const flow = await app.push({ invite: token });
    const signInPage = await browser.open(flow.url);
    const link = signInPage.$('a[href$="/register"]').attr('href') ?? '';
    const rest = await register(browser, await browser.open(link), { email: 'from-sign-in@example.org' });
    expect((await flow.finish(rest)).claims()?.['groups']).toEqual(['choir']);
  });

  test('prompt=none never enrols and never shows anything (L1)', async () => {
    const browser = await memberOfChoir('silent@example.org');
    const { token, id } = await server.guestlist.invite({ groups: ['board'] });
    const { leftFor } = await browser.open((await app.push({ invite: token, prompt: 'none' })).url);
    expect(leftFor?.searchParams.get('error')).toBe('interaction_required');
    expect(leftFor?.searchParams.get('iss')).toBe(server.issuer);
    expect(await usedCount(id)).toBe(0);
  });

  test('not now goes on with signing in, without the group', async () => {
    const browser = await memberOfChoir('declines@example.org');
    const { token, id } = await server.guestlist.invite({ groups: ['board'] });
    const flow = await app.push({ invite: token });
    const tokens = await flow.finish(await browser.submit(await browser.open(flow.url), 'Not now'));
    expect(tokens.claims()?.['groups']).toEqual(['choir']);
    expect(await usedCount(id)).toBe(0);
  });

  test.each([
    ['unknown', async (): Promise<string> => mintToken(secureRandom), 404],
    ['malformed', async (): Promise<string> => 'x’<script>', 404],
    [
      'used up',
      async (): Promise<string> => {
        const { token, url, id } = await server.guestlist.invite({ groups: ['board'] });
        await join(createBrowser(server.issuer), url, { email: `full-${id}@example.org` });
        return token;
      },
      410,
    ],
    [
      'withdrawn',
      async (): Promise<string> => {
        const { token, id } = await server.guestlist.invite({ groups: ['board'] });
        await server.guestlist.revoke(id, 'operator');
        return token;
      },
      410,
    ],
  ] as const)('an %s invitation of an app: a page says so, and signing in goes on', async (_kind, makeToken, status) => {
    const browser = await memberOfChoir(`bad-${secureRandom(4).toString('hex')}@example.org`);
    const flow = await app.push({ invite: await makeToken() });
    const page: Rest = await browser.open(flow.url);
    expect(page.status).toBe(status);
    const rest: Rest = await browser.submit(page, page.$('main form button').last().text().trim());
    expect((await flow.finish(rest)).claims()?.['groups']).toEqual(['choir']);
  });

  test('prompt=create without an invitation: a page to type a code, and nobody registers', async () => {
    const browser = createBrowser(server.issuer);
    const page = await browser.open((await app.begin({ prompt: 'create' })).url);
    expect({ status: page.status, heading: page.heading }).toEqual({ status: 403, heading: 'You need an invitation' });
    const uid = page.url.split('/').at(-1);
    const forced = await browser.post(`/interaction/${uid}/register`, {
      email: 'intruder@example.org',
      name: 'Intruder',
      password: 'correct horse battery staple seven',
    });
    expect(forced.status).toBe(403);
    const { rows } = await server.database.raw(`select 1 from guestlist.account_email where email_key = 'intruder@example.org'`);
    expect(rows).toEqual([]);
  });

  test('a visit that nobody continued does not come up at the next sign-in (I3); one that was continued does', async () => {
    const browser = await memberOfChoir('planted@example.org');
    const planted = await server.guestlist.invite({ groups: ['board'] });
    await browser.open(planted.url);
    const flow = await app.begin();
    expect((await flow.finish(await browser.open(flow.url))).claims()?.['groups']).toEqual(['choir']);

    await browser.submit(await browser.open('/invite'), 'join');
    const second = await app.begin();
    const question = await browser.open(second.url);
    expect(question.heading).toContain('Vorstand');
    expect((await second.finish(await browser.submit(question, 'Join'))).claims()?.['groups']).toEqual(['board', 'choir']);
    expect((await app.signInSilently(browser)).claims()?.['groups']).toEqual(['board', 'choir']);
  });

  test('an invitation in the query beside a pushed request does not replace the pushed one (L12)', async () => {
    const browser = await memberOfChoir('conflict@example.org');
    const pushed = await server.guestlist.invite({ groups: ['board'] });
    await server.addGroup('other', { name: 'Other' });
    const smuggled = await server.guestlist.invite({ groups: ['other'] });
    const flow = await app.push({ invite: pushed.token });
    const page = await browser.open(`${flow.url}&invite=${smuggled.token}`);
    expect(page.heading).not.toContain('Other');
    expect(await usedCount(smuggled.id)).toBe(0);
  });

  test('two invitations in one request are a mistake of the app', async () => {
    const [one, two] = [await server.guestlist.invite({ groups: ['board'] }), await server.guestlist.invite({ groups: ['board'] })];
    const flow = await app.begin({ invite: one.token });
    const { leftFor } = await createBrowser(server.issuer).open(`${flow.url}&invite=${two.token}`);
    expect(leftFor?.searchParams.get('error')).toBe('invalid_request');
    expect(leftFor?.href).not.toContain(one.token);
  });
}
