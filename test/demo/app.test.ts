/** The demo app against the real server, each as the other meets it: over HTTP. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { join, openAsNewcomer, register, signIn } from '../support/people.ts';
import type { TestServer } from '../support/server.ts';
import { startDemoSetting } from './setting.ts';

let server: TestServer;
let demoUrl: string;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ server, demoUrl, close } = await startDemoSetting());
});
afterAll(() => close?.());

/** One person's browser, as two: one for each of the two sites. */
let atServer: Browser;
let atDemo: Browser;

beforeEach(() => {
  atServer = createBrowser(server.issuer);
  atDemo = createBrowser(demoUrl);
});

/** Goes on over the border between the two sites until a page is shown. */
async function arrive(rest: Rest): Promise<Rest> {
  if (!rest.leftFor) return rest;
  const browser = rest.leftFor.origin === demoUrl ? atDemo : atServer;
  return arrive(await browser.open(rest.leftFor.href));
}

let newcomers = 0;

/** Joins at the front door, so that there is a session at the server and none at the app. */
async function becomeMember(...groups: string[]): Promise<{ email: string }> {
  newcomers += 1;
  const email = `demo-${newcomers}@example.org`;
  await join(atServer, (await server.guestlist.invite({ groups })).url, { email });
  return { email };
}

async function signInToDemo(): Promise<Rest> {
  return arrive(await atDemo.open('/login'));
}

function cardOf({ $ }: Rest, title: string): string[] {
  const card = $('.card').filter((_, element) => $(element).find('h2').text() === title);
  return card
    .find('li')
    .get()
    .map((item) => $(item).text());
}

function idTokenOf({ $ }: Rest): Record<string, unknown> {
  return JSON.parse(
    $('details')
      .filter((_, element) => $(element).find('summary').text() === 'ID token as JSON')
      .find('pre')
      .text(),
  );
}

async function isSignedIn(): Promise<boolean> {
  return (await atDemo.open('/')).heading.startsWith('Signed in as');
}

describe('signing in', () => {
  it('asks for the password once, and shows what the ID token says', async () => {
    const { email } = await becomeMember('choir');
    atServer = createBrowser(server.issuer);
    const form = await signInToDemo();
    expect(form.url).toContain(server.issuer);
    const page = await arrive(await signIn(atServer, form, { email }));
    expect(page).toMatchObject({ status: 200, url: `${demoUrl}/`, heading: 'Signed in as Ada Park' });
    expect([cardOf(page, 'Your groups'), cardOf(page, 'Your roles'), cardOf(page, 'Your rights')]).toEqual([
      ['choir'],
      ['choir:member'],
      ['plan:read'],
    ]);
    expect(idTokenOf(page)).toMatchObject({
      iss: server.issuer,
      aud: 'demo',
      groups: ['choir'],
      roles: ['choir:member'],
      entitlements: ['plan:read'],
    });
    expect(await isSignedIn()).toBe(true);
  });

  it('needs no password when there is a session, and comes back to the page that was wanted', async () => {
    await becomeMember('choir');
    const page = await arrive(
      await atDemo.open(`/login?${new URLSearchParams({ iss: server.issuer, target_link_uri: `${demoUrl}/?from=link` })}`),
    );
    expect(page).toMatchObject({ url: `${demoUrl}/?from=link`, heading: 'Signed in as Ada Park' });
  });

  it('never leads to another site', async () => {
    await becomeMember('choir');
    const page = await arrive(await atDemo.open(`/login?${new URLSearchParams({ target_link_uri: 'https://evil.example/' })}`));
    expect(page).toMatchObject({ url: `${demoUrl}/`, heading: 'Signed in as Ada Park' });
  });

  it('goes on without the group when the person declines', async () => {
    const { url } = await server.guestlist.invite({ groups: ['board'] });
    await becomeMember('choir');
    const question = await arrive(await atDemo.submit(await atDemo.open('/'), 'Continue', { invite: url }));
    expect(question.heading).toContain('Vorstand');
    const page = await arrive(await atServer.submit(question, 'Not now'));
    expect(page).toMatchObject({ url: `${demoUrl}/`, heading: 'Signed in as Ada Park' });
    expect(cardOf(page, 'Your groups')).toEqual(['choir']);
  });
});

describe('an invitation code', () => {
  it('typed into the app makes an account and a member, and the code stands in no address', async () => {
    const { code, url } = await server.guestlist.invite({ groups: ['choir'] });
    const first = await arrive(await atDemo.submit(await atDemo.open('/'), 'Continue', { invite: code }));
    expect(first.heading).toBe('Sign in to accept');
    const form = await atServer.open(new URL(first.$('a[href$="/register"]').attr('href')!, first.url).href);
    const page = await arrive(await register(atServer, form, { name: 'Ben Ito', email: 'ben@example.org' }));
    expect(page).toMatchObject({ url: `${demoUrl}/`, heading: 'Signed in as Ben Ito' });
    expect(cardOf(page, 'Your groups')).toEqual(['choir']);
    const secret = url.split('/invite/')[1]!;
    for (const address of [...atServer.trail, ...atDemo.trail]) {
      expect(address).not.toContain(secret);
      expect(address).not.toContain(code);
    }
  });

  it('that is missing is asked for', async () => {
    const page = await atDemo.submit(await atDemo.open('/'), 'Continue', { invite: ' ' });
    expect(page).toMatchObject({ status: 400, heading: 'Your invitation is missing' });
  });
});

describe('refreshing', () => {
  it('shows a group that was gained meanwhile', async () => {
    await becomeMember('choir');
    const before = await signInToDemo();
    expect(cardOf(before, 'Your groups')).toEqual(['choir']);

    const { url } = await server.guestlist.invite({ groups: ['board:chair'] });
    const joined = await atServer.submit(await atServer.submit(await atServer.open(url), 'join'), 'Join');
    expect(joined.heading).toBe('You’re in!');
    const after = await atDemo.submit(before, 'Refresh');
    expect(cardOf(after, 'Your groups')).toEqual(['board', 'choir']);
    expect(idTokenOf(after)).toMatchObject({ groups: ['board', 'choir'], roles: ['board:chair', 'choir:member'] });
  });

  it('ends the session here when it has ended there', async () => {
    await becomeMember('choir');
    const page = await signInToDemo();
    await server.database.raw("delete from guestlist.oidc_payload where kind = 'RefreshToken'");
    expect(await atDemo.submit(page, 'Refresh')).toMatchObject({ status: 403, heading: 'Your sign-in has ended' });
    expect(await isSignedIn()).toBe(false);
  });
});

describe('signing out', () => {
  it('at the app ends the session at the server as well', async () => {
    await becomeMember('choir');
    const page = await signInToDemo();
    const question = await arrive(await atDemo.submit(page, 'Sign out'));
    expect(question.$('button[value=yes]')).toHaveLength(1);
    expect(await isSignedIn()).toBe(false);
    const back = await arrive(await atServer.submit(question, 'yes'));
    expect(back).toMatchObject({ url: `${demoUrl}/`, heading: 'Welcome' });
    const again = await signInToDemo();
    expect(again.$('input[name=password]')).toHaveLength(1);
  });

  it('at the server ends the session at the app, by back-channel logout', async () => {
    await becomeMember('choir');
    await signInToDemo();
    expect(await isSignedIn()).toBe(true);
    const home = await atServer.open('/');
    const question = await atServer.open(home.$('a[href*="/session/end"]').attr('href')!);
    await atServer.submit(question, 'yes');
    await expect.poll(isSignedIn, { timeout: 5_000 }).toBe(false);
    expect(server.log.join('')).not.toContain('back-channel logout failed');
  });

  it('takes no logout token that the server did not sign', async () => {
    await becomeMember('choir');
    await signInToDemo();
    const head = Buffer.from('{"alg":"none"}').toString('base64url');
    const claims = {
      iss: server.issuer,
      aud: 'demo',
      iat: 1,
      exp: 9e9,
      jti: 'x',
      sub: 'x',
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    };
    const forged = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`;
    for (const logout_token of [forged, 'nonsense', '']) {
      expect((await atDemo.post('/backchannel-logout', { logout_token })).status).toBe(400);
    }
    expect(await isSignedIn()).toBe(true);
  });
});

describe('what is not meant for it', () => {
  /** The way back to the app, caught before it is gone. */
  async function callbackUrl(): Promise<URL> {
    await becomeMember('choir');
    const { leftFor: start } = await atDemo.open('/login');
    const { leftFor: back } = await atServer.open(start!.href);
    expect(back?.pathname).toBe('/callback');
    return back!;
  }

  function changed(url: URL, name: string, value: string | undefined): string {
    const copy = new URL(url);
    if (value === undefined) copy.searchParams.delete(name);
    else copy.searchParams.set(name, value);
    return copy.href;
  }

  it.each([
    ['with another state', 'state', 'somebody-elses', 400, 'Please start again'],
    ['without a state', 'state', undefined, 400, 'Please start again'],
    ['from another issuer', 'iss', 'https://evil.example', 502, 'Signing in did not work'],
    ['without an issuer', 'iss', undefined, 502, 'Signing in did not work'],
    ['with another code', 'code', 'x'.repeat(43), 400, 'Please start again'],
  ])('an answer %s signs nobody in', async (_name, parameter, value, status, heading) => {
    const page = await atDemo.open(changed(await callbackUrl(), parameter, value));
    expect(page).toMatchObject({ status, heading });
    expect(await isSignedIn()).toBe(false);
  });

  it('an answer counts once, and only in the browser that asked', async () => {
    const url = await callbackUrl();
    expect((await createBrowser(demoUrl).open(url.href)).heading).toBe('Please start again');
    expect((await atDemo.open(url.href)).heading).toBe('Signed in as Ada Park');
    expect((await atDemo.open(url.href)).heading).toBe('Please start again');
    expect(await isSignedIn()).toBe(true);
  });

  it.each([
    ['another issuer', { iss: 'https://evil.example' }, 'We do not know that sign-in service'],
    ['an unknown prompt', { prompt: 'dance' }, 'That link does not work'],
  ])('a sign-in for %s is refused', async (_name, query: Record<string, string>, heading) => {
    expect(await atDemo.open(`/login?${new URLSearchParams(query)}`)).toMatchObject({ status: 400, heading });
  });

  it.each(['/invitation', '/refresh', '/logout'])('a form that another site sends to %s changes nothing', async (path) => {
    await becomeMember('choir');
    await signInToDemo();
    const foreign: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': '', origin: 'https://evil.example' },
      { 'sec-fetch-site': '', origin: 'null' },
    ];
    for (const headers of foreign) {
      expect(await atDemo.post(path, { invite: 'x' }, headers)).toMatchObject({ status: 403, heading: 'We did not do that' });
    }
    expect(await isSignedIn()).toBe(true);
  });

  it('a visitor who asks for a page that is not there is told', async () => {
    expect(await atDemo.open('/nowhere')).toMatchObject({ status: 404, heading: 'There is nothing here' });
  });

  it('an empty-handed member of no group sees that there is none', async () => {
    await openAsNewcomer(atServer, (await server.guestlist.invite({ groups: ['choir'] })).url);
    await becomeMember('board');
    expect(cardOf(await signInToDemo(), 'Your rights')).toEqual([]);
  });
});
