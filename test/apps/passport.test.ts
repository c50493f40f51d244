/** A relying party that is not ours: Express, Passport and passport-openidconnect, for one group alone. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { becomeMember, goodPassword } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { type PassportApp, type PassportUser, startPassportApp } from './passport-app.ts';

let server: TestServer;
let app: PassportApp;
let strict: PassportApp;

beforeAll(async () => {
  server = await startTestServer();
  for (const slug of ['choir', 'board']) await server.addGroup(slug);
  [app, strict] = await Promise.all([startPassportApp(), startPassportApp()]);
  const common = { authMethod: 'client_secret_post', firstParty: false, requiredGroup: 'choir' } as const;
  const clientSecret = await server.addClient({
    ...{ ...common, id: 'passport', name: 'Rehearsals' },
    redirectUris: [`${app.url}/callback`],
    postLogoutRedirectUris: [`${app.url}/`],
    withoutPkce: 'passport-openidconnect sends no code challenge.',
  });
  app.trust({ issuer: server.issuer, clientId: 'passport', clientSecret: clientSecret ?? '' });
  const strictSecret = await server.addClient({ ...common, id: 'strict', redirectUris: [`${strict.url}/callback`] });
  strict.trust({ issuer: server.issuer, clientId: 'strict', clientSecret: strictSecret ?? '' });
});
afterAll(async () => {
  await app?.close();
  await strict?.close();
  await server?.close();
});
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
});

/** One person's browser, in two halves: each of them knows one of the two hosts, and leaves for the other. */
type Halves = { readonly atServer: Browser; readonly atApp: Browser };

function halvesOf(atServer: Browser, { url }: PassportApp = app): Halves {
  return { atServer, atApp: createBrowser(url) };
}

/** As far as the first page of the server, or its answer. */
async function askFor({ atServer, atApp }: Halves, path = '/login'): Promise<Rest> {
  const { leftFor } = await atApp.open(path);
  return atServer.open(leftFor?.href ?? '');
}

async function backAtApp({ atApp }: Halves, { leftFor, html }: Rest): Promise<Rest> {
  if (!leftFor) throw new Error(`the browser did not come back:\n${html}`);
  return atApp.open(leftFor.href);
}

async function userOf({ atApp }: Halves): Promise<PassportUser | null> {
  return JSON.parse((await atApp.open('/')).html);
}

/** The first time, the person is asked. */
async function signInAtApp(halves: Halves, { isAsked = false } = {}): Promise<PassportUser | null> {
  const rest = await askFor(halves);
  await backAtApp(halves, isAsked ? await halves.atServer.submit(rest, 'allow') : rest);
  return userOf(halves);
}

test('somebody signs in with a password, allows it once, and the app reads name and groups', async () => {
  const { accountId } = await becomeMember(server, { group: 'choir', email: 'ada@example.org', name: 'Ada Park' });
  const halves = halvesOf(createBrowser(server.issuer));
  expect(await userOf(halves)).toBeNull();
  const form = await askFor(halves);
  const consent = await halves.atServer.submit(form, 'Sign in', { email: 'ada@example.org', password: goodPassword });
  expect(consent.heading).toContain('Rehearsals');
  await backAtApp(halves, await halves.atServer.submit(consent, 'allow'));
  expect(await userOf(halves)).toMatchObject({
    ...{ id: accountId, name: 'Ada Park' },
    groupsInUserInfo: ['choir'],
    groupsInIdToken: ['choir'],
  });
  expect(await signInAtApp(halvesOf(halves.atServer))).toMatchObject({ id: accountId });
});

test('the app lets in by the groups that it reads: a grant opens the page at the next sign-in', async () => {
  const { browser, accountId } = await becomeMember(server, { group: 'choir', email: 'bea@example.org' });
  const halves = halvesOf(browser);
  await signInAtApp(halves, { isAsked: true });
  expect((await halves.atApp.open('/minutes')).status).toBe(403);
  await server.guestlist.grant(accountId, { groups: ['board'] });
  expect(await signInAtApp(halves)).toMatchObject({ groupsInUserInfo: ['board', 'choir'], groupsInIdToken: ['board', 'choir'] });
  const page = await halves.atApp.open('/minutes');
  expect({ status: page.status, heading: page.heading }).toEqual({ status: 200, heading: 'Minutes of the board' });
});

test('whoever is not in the group of the app needs an invitation, and goes back as nobody', async () => {
  const { browser } = await becomeMember(server, { group: 'board', email: 'cai@example.org' });
  const halves = halvesOf(browser);
  const page = await askFor(halves);
  expect({ status: page.status, heading: page.heading }).toEqual({ status: 403, heading: 'You need an invitation' });
  const refused = await backAtApp(halves, await browser.submit(page, 'Back to \u2068Rehearsals\u2069'));
  expect({ status: refused.status, heading: refused.heading }).toEqual({ status: 401, heading: 'Not signed in' });
  expect(await userOf(halves)).toBeNull();
});

test('whoever has lost the group is refused at the next sign-in, and what the app holds is worth nothing', async () => {
  const { browser, accountId } = await becomeMember(server, { group: 'choir', email: 'dan@example.org' });
  const halves = halvesOf(browser);
  const user = await signInAtApp(halves, { isAsked: true });
  const headers = { authorization: `Bearer ${user?.accessToken}` };
  expect((await fetch(`${server.issuer}/userinfo`, { headers })).status).toBe(200);
  await server.guestlist.withdraw(accountId, { groups: ['choir'] });
  expect((await fetch(`${server.issuer}/userinfo`, { headers })).status).toBe(401);
  const page = await askFor(halves);
  expect({ status: page.status, heading: page.heading }).toEqual({ status: 403, heading: 'You need an invitation' });
});

test('signing out at the app signs out here as well, and leads back', async () => {
  const { browser } = await becomeMember(server, { group: 'choir', email: 'eve@example.org' });
  const halves = halvesOf(browser);
  await signInAtApp(halves, { isAsked: true });
  const question = await askFor(halves, '/logout');
  expect(question.heading).toMatch(/sign out/i);
  const rest = await browser.submit(question, 'yes');
  expect(rest.leftFor?.href).toBe(`${app.url}/`);
  await backAtApp(halves, rest);
  expect(await userOf(halves)).toBeNull();
  expect((await askFor(halves)).$('input[name=password]')).toHaveLength(1);
});

test('without the exception, an app that sends no code challenge is told so', async () => {
  const { browser } = await becomeMember(server, { group: 'choir', email: 'flo@example.org' });
  const halves = halvesOf(browser, strict);
  const page = await backAtApp(halves, await askFor(halves));
  expect({ status: page.status, heading: page.heading }).toEqual({ status: 500, heading: 'AuthorizationError' });
  expect(page.html).toContain('PKCE');
});

test('a code of another person’s sign-in is not taken: the answer belongs to the browser that asked', async () => {
  const { browser } = await becomeMember(server, { group: 'choir', email: 'gil@example.org' });
  const halves = halvesOf(browser);
  const stolen = await browser.submit(await askFor(halves), 'allow');
  const victim = halvesOf(createBrowser(server.issuer));
  const page = await victim.atApp.open(stolen.leftFor?.href ?? '');
  expect({ status: page.status, user: await userOf(victim) }).toEqual({ status: 401, user: null });
});
