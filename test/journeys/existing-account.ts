import * as oidc from 'openid-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findInvitation } from '../../src/invitation/store.ts';
import { createBrowser } from '../support/browser.ts';
import { join, signIn } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import type { JourneyServer, StartServer } from '../support/server.ts';

export function existingAccountJourneys(start: StartServer): void {
  let server: JourneyServer;
  let app: RelyingApp;

  beforeAll(async () => {
    server = await start();
    await server.addGroup('choir', { name: 'Kammerchor Nord', rights: ['plan:read'] });
    await server.addGroup('board', { name: 'Vorstand', rights: ['minutes:read'] });
    await server.addGroup('tour', { name: 'Tournee' });
    app = await createRelyingApp(server);
  });
  afterAll(() => server?.close());

  async function usedCount(id: string): Promise<number | undefined> {
    return (await findInvitation(server.database, id))?.usedCount;
  }

  async function memberOfChoir(email: string, name = 'Ada Park') {
    const browser = createBrowser(server.issuer);
    const invitation = await server.guestlist.invite({ groups: ['choir'] });
    await join(browser, invitation.url, { email, name });
    return { browser, invitation };
  }

  test('a second invitation shows in the next sign-in, in the next refresh, and in UserInfo at once', async () => {
    const { browser } = await memberOfChoir('second@example.org');
    const before = await app.signInSilently(browser);
    expect(before.claims()?.['groups']).toEqual(['choir']);

    const { url, id } = await server.guestlist.invite({ groups: ['board:secretary'], rights: [] });
    const landing = await browser.open(url);
    expect(landing.$('main').text()).toContain('Ada Park');
    const question = await browser.submit(landing, 'join');
    expect(question.heading).toContain('Vorstand');
    expect(question.heading).toContain('Ada Park');
    expect(await usedCount(id)).toBe(0);
    const done = await browser.submit(question, 'Join');
    expect(done.heading).toBe('You’re in!');
    expect(await usedCount(id)).toBe(1);

    const both = { groups: ['board', 'choir'], roles: ['board:secretary', 'choir:member'], entitlements: ['minutes:read', 'plan:read'] };
    expect(await oidc.fetchUserInfo(app.config, before.access_token, before.claims()?.sub ?? '')).toMatchObject(both);
    const refreshed = await oidc.refreshTokenGrant(app.config, before.refresh_token ?? '');
    expect(refreshed.claims()).toMatchObject(both);
    expect((await app.signInSilently(browser)).claims()).toMatchObject(both);
  });

  test('who is in already is told so, and no place is used', async () => {
    const { browser } = await memberOfChoir('already@example.org');
    const { url, id } = await server.guestlist.invite({ groups: ['choir'] });
    const question = await browser.submit(await browser.open(url), 'join');
    expect(question.heading).toContain('already');
    const done = await browser.submit(question, 'Continue');
    expect(done.url).toMatch(/\/invite\/done/);
    expect(done.heading).toContain('already');
    expect(await usedCount(id)).toBe(0);
  });

  test('two of three groups are new, and the page says so', async () => {
    const { browser } = await memberOfChoir('partly@example.org');
    const { url } = await server.guestlist.invite({ groups: ['choir', 'board', 'tour'] });
    const question = await browser.submit(await browser.open(url), 'join');
    expect(question.$('main').text()).toContain('2 of 3 groups are new for you');
  });

  test('somebody signs in to accept', async () => {
    await memberOfChoir('returning@example.org');
    const browser = createBrowser(server.issuer);
    const { url } = await server.guestlist.invite({ groups: ['board'] });
    const signInPage = await browser.submit(await browser.open(url), 'login');
    expect(signInPage.$('main').text()).toContain('Vorstand');
    const question = await signIn(browser, signInPage, { email: 'Returning@Example.ORG' });
    expect(question.heading).toContain('Vorstand');
    const done = await browser.submit(question, 'Join');
    expect(done.heading).toBe('You’re in!');
    expect((await app.signInSilently(browser)).claims()?.['groups']).toEqual(['board', 'choir']);
  });

  test('not now uses nothing, and can be taken back', async () => {
    const { browser } = await memberOfChoir('hesitant@example.org');
    const { url, id } = await server.guestlist.invite({ groups: ['board'] });
    const question = await browser.submit(await browser.open(url), 'join');
    const declined = await browser.submit(question, 'Not now');
    expect(declined.url).toMatch(/\/invite\/done/);
    expect(declined.heading).toContain('declined');
    expect(await usedCount(id)).toBe(0);
    expect((await app.signInSilently(browser)).claims()?.['groups']).toEqual(['choir']);

    const again = await browser.open(declined.$('a.button').attr('href') ?? '');
    const accepted = await browser.submit(await browser.submit(again, 'join'), 'Join');
    expect(accepted.heading).toBe('You’re in!');
    expect(await usedCount(id)).toBe(1);
  });

  test('signed in as the wrong person: another account is a click away, and the invitation is not lost', async () => {
    await memberOfChoir('right@example.org', 'Right Person');
    const { browser } = await memberOfChoir('wrong@example.org', 'Wrong Person');
    const { url } = await server.guestlist.invite({ groups: ['board'] });
    const question = await browser.submit(await browser.open(url), 'join');
    expect(question.$('main').text()).toContain('Wrong Person');
    const signInPage = await browser.submit(question, 'Use another account');
    const second = await signIn(browser, signInPage, { email: 'right@example.org' });
    expect(second.$('main').text()).toContain('Right Person');
    const done = await browser.submit(second, 'Join');
    expect(done.heading).toBe('You’re in!');
    const tokens = await app.signInSilently(browser);
    const person = await oidc.fetchUserInfo(app.config, tokens.access_token, tokens.claims()?.sub ?? '');
    expect(person).toMatchObject({ name: 'Right Person', groups: ['board', 'choir'] });
  });

  test('signed in as somebody else in a second tab: the first tab enrols nobody unseen (I7)', async () => {
    await memberOfChoir('tab-two@example.org');
    const { browser } = await memberOfChoir('tab-one@example.org');
    const { url, id } = await server.guestlist.invite({ groups: ['board'] });
    const firstTab = await browser.submit(await browser.open(url), 'join');
    const flow = await app.begin({ prompt: 'login' });
    await signIn(browser, await browser.open(flow.url), { email: 'tab-two@example.org' });
    const answer = await browser.submit(firstTab, 'Join');
    expect(await usedCount(id)).toBe(0);
    expect(answer.heading).toContain('invited');
  });

  test('accepting twice, in two tabs or by the back button, counts once', async () => {
    const { browser } = await memberOfChoir('twice@example.org');
    const { url, id } = await server.guestlist.invite({ groups: ['board'], maxUses: 5 });
    const question = await browser.submit(await browser.open(url), 'join');
    const answers = [
      await browser.submit(question, 'Join'),
      await browser.submit(question, 'Join'),
      await browser.submit(question, 'Join'),
    ];
    expect(answers.map(({ heading }) => heading)).toEqual(['You’re in!', 'You’re in!', 'You’re in!']);
    expect(await usedCount(id)).toBe(1);
  });

  test('a removed member does not come back through the link they used before', async () => {
    const { browser } = await memberOfChoir('removed@example.org');
    const { url, id } = await server.guestlist.invite({ groups: ['board'], maxUses: 5 });
    await browser.submit(await browser.submit(await browser.open(url), 'join'), 'Join');
    await server.database.raw(`update guestlist.membership set ended_at = now() where invitation_id = ? and ended_at is null`, [id]);
    const tokens = await app.signInSilently(browser);
    expect(tokens.claims()?.['groups']).toEqual(['choir']);
    const refused = await browser.submit(await browser.open(url), 'join');
    expect(refused.status).toBe(410);
    expect(await usedCount(id)).toBe(1);
  });

  test('who used the last place themselves can sign in from the page that says so', async () => {
    const { invitation } = await memberOfChoir('used-it@example.org');
    const browser = createBrowser(server.issuer);
    const refused = await browser.open(invitation.url);
    expect(refused.status).toBe(410);
    const question = await signIn(browser, await browser.submit(refused, 'Sign in'), { email: 'used-it@example.org' });
    expect(question.heading).toContain('already');
    expect((await browser.submit(question, 'Continue')).heading).toContain('already');
  });
}
