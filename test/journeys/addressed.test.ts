/** Invitations to one address: by the mailed link, which proves the mailbox, and by the link that can be copied, which proves nothing. */
import fc from 'fast-check';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { findAccountByEmail } from '../../src/account/store.ts';
import { emailKey } from '../../src/lib/email.ts';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { count, findContradictions, snapshot } from '../support/invariants.ts';
import { mailbox, mailedCode, mailedLink } from '../support/mail.ts';
import { becomeMember, goodPassword, join, openAsNewcomer, proveMailbox, register, signIn } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let app: RelyingApp;
let browser: Browser;

beforeAll(async () => {
  server = await startTestServer();
  await server.addGroup('choir', { name: 'Kammerchor Nord' });
  await server.addGroup('board', { name: 'Vorstand' });
  app = await createRelyingApp(server, { scope: 'openid profile email groups roles entitlements offline_access' });
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
  browser = createBrowser(server.issuer);
});

const database = () => server.database;
const account = (email: string) => findAccountByEmail(database(), emailKey(email));
const usedCount = async (id: string) => (await server.guestlist.find(id))?.usedCount;
const rowsOf = (email: string) => count(database(), `account_email where email_key = '${email}'`);
const provenRowsOf = (email: string) => count(database(), `account_email where email_key = '${email}' and verified_at is not null`);

/** On both ways: what was mailed, and what could be copied. */
async function inviteBothWays(email: string, emailRule: 'exact' | 'verify' | 'any' = 'exact') {
  const { id, url = '' } = await server.guestlist.invite({ groups: ['board'], email, emailRule, channels: ['mail', 'link'], maxUses: 9 });
  return { id, copied: url, mailed: await mailedLink(database(), email) };
}

/** By the ID token and by UserInfo, which agree. */
async function toldToApps(person: Browser) {
  const tokens = await app.signInSilently(person, { claims: JSON.stringify({ id_token: { email: null, email_verified: null } }) });
  const told = tokens.claims();
  const { email, email_verified, groups } = await oidc.fetchUserInfo(app.config, tokens.access_token, told?.sub ?? '');
  expect(told).toMatchObject({ email, email_verified, groups });
  return { email, email_verified, groups };
}

test('the mailed link: a newcomer has exactly that address, proven, whatever the form says, and apps are told so (D2)', async () => {
  const { mailed, id } = await inviteBothWays('Nora.Lind@Example.org');
  const landing = await browser.open(mailed);
  expect(landing.html).not.toMatch(/nora\.lind@/i);
  expect(landing.$('main').text()).toContain('N•••@Example.org');
  const form = await browser.submit(landing, 'create');
  expect((await register(browser, form, { email: 'evil@example.org' })).heading).toBe('You’re in!');
  expect(await account('evil@example.org')).toBeUndefined();
  expect(await account('nora.lind@example.org')).toMatchObject({ email: 'Nora.Lind@Example.org', otherEmails: [] });
  expect(await toldToApps(browser)).toEqual({ email: 'Nora.Lind@Example.org', email_verified: true, groups: ['board'] });
  expect(await usedCount(id)).toBe(1);
});

test('the link that can be copied: the same newcomer is asked for a code that only that mailbox gets', async () => {
  const email = 'by-copied-link@example.org';
  const { copied } = await inviteBothWays(email);
  const asked = await openAsNewcomer(browser, copied);
  expect(asked.heading).toBe('Is this your mailbox?');
  expect(asked.html).not.toContain(email);
  expect(asked.$('input[name="email"]').length).toBe(0);
  const codePage = await browser.submit(asked, 'Send me a mail', { email: 'evil@example.org' });
  expect(await mailbox(database(), 'evil@example.org')).toEqual([]);
  const form = await browser.submit(codePage, 'Continue', { code: await mailedCode(database(), email) });
  expect((await register(browser, form, { email: 'evil@example.org' })).heading).toBe('You’re in!');
  expect(await toldToApps(browser)).toMatchObject({ email, email_verified: true });
});

test('an open link proves nothing: the address that was typed is not called proven', async () => {
  await join(browser, (await server.guestlist.invite({ groups: ['board'] })).url, { email: 'only-typed@example.org' });
  expect(await toldToApps(browser)).toMatchObject({ email: 'only-typed@example.org', email_verified: false });
});

/** Presses one of the page's buttons, and writes into every field what would suit a thief. */
async function pressSomething(
  page: Rest,
  thief: { readonly jar: Browser; readonly victim: string; readonly choice: number },
): Promise<Rest> {
  const { jar, victim, choice } = thief;
  const buttons = page.$('main form button').get();
  const pressed = buttons[choice % Math.max(buttons.length, 1)];
  if (!pressed) return jar.open(choice % 2 ? '/invite' : '/invite/waiting');
  const loot: Record<string, string> = { email: victim, name: 'Eve', password: goodPassword, code: '123456', afresh: 'yes' };
  const names = page
    .$(pressed)
    .closest('form')
    .find('input')
    .get()
    .map((input) => page.$(input).attr('name') ?? '');
  return jar.submit(
    page,
    page.$(pressed).attr('value') ?? page.$(pressed).text().trim(),
    Object.fromEntries(Object.entries(loot).filter(([name]) => names.includes(name))),
  );
}

test('whatever an inviter does with what they were given, the address does not become proven, and its owner still gets in (D5, E7)', {
  timeout: 60_000,
}, async () => {
  const rule = fc.constantFrom('exact', 'verify', 'any');
  const steps = fc.array(fc.nat(5), { minLength: 4, maxLength: 14 });
  let round = 0;
  const walk = async (emailRule: 'exact' | 'verify' | 'any', isMember: boolean, choices: readonly number[]) => {
    round += 1;
    const victim = `victim-${round}@example.org`;
    const { copied, mailed } = await inviteBothWays(victim, emailRule);
    const jar = isMember
      ? (await becomeMember(server, { group: 'choir:manager', email: `eve-${round}@example.org` })).browser
      : createBrowser(server.issuer);
    let page = await jar.open(copied);
    for (const choice of choices) page = page.leftFor ? await jar.open(copied) : await pressSomething(page, { jar, victim, choice });
    expect({ choices, proven: await provenRowsOf(victim) }).toEqual({ choices, proven: 0 });
    const owner = createBrowser(server.issuer);
    const form = await openAsNewcomer(owner, mailed);
    const first = await register(owner, form, { email: victim });
    const done =
      first.status === 422 ? await owner.submit(first, 'Create account and join', { password: goodPassword, afresh: 'yes' }) : first;
    expect({ choices, heading: done.heading }).toEqual({ choices, heading: 'You’re in!' });
    await database().raw('delete from guestlist.throttle');
  };
  await fc.assert(fc.asyncProperty(rule, fc.boolean(), steps, walk), { numRuns: 12, endOnFailure: true });
});

test('only for its address: another account gets 409 whichever link it holds, and the right one is a click away (D1)', async () => {
  const right = await becomeMember(server, { group: 'choir', email: 'right@example.org', proven: true });
  const wrong = await becomeMember(server, { group: 'choir', email: 'wrong@example.org', proven: true, name: 'Wrong Person' });
  const { copied, mailed, id } = await inviteBothWays(right.email);
  const before = await snapshot(database());
  let page: Rest | undefined;
  for (const url of [copied, mailed]) {
    page = await wrong.browser.submit(await wrong.browser.open(url), 'join');
    expect([page.status, page.$('body').attr('data-code')]).toEqual([409, 'email_mismatch']);
    expect(page.$('main').text()).toContain('r•••@example.org');
    expect(page.$('main').text()).toContain('Wrong Person');
    expect(page.$('main').text()).not.toContain('Vorstand');
    const [decline] = page.$('form[action$="/decline"]').get();
    const formToken =
      page
        .$(decline ?? '')
        .find('[name="form_token"]')
        .attr('value') ?? '';
    const forced = await wrong.browser.post((page.$(decline ?? '').attr('action') ?? '').replace(/decline$/, 'accept'), {
      form_token: formToken,
    });
    expect(forced.status).toBe(409);
  }
  expect(await snapshot(database())).toEqual(before);
  if (!page) throw new Error('no page');
  const question = await signIn(wrong.browser, await wrong.browser.submit(page, 'Use another account'), right);
  expect(question.heading).toContain('Vorstand');
  expect((await wrong.browser.submit(question, 'Join')).heading).toBe('You’re in!');
  expect(await usedCount(id)).toBe(1);
  expect((await server.guestlist.groupsOf(right.accountId)).groups).toEqual(['board', 'choir']);
  expect((await server.guestlist.groupsOf(wrong.accountId)).groups).toEqual(['choir']);
});

test('inside an app’s own sign-in the wrong account is refused alike, and the app’s request survives the change', async () => {
  const right = await becomeMember(server, { group: 'choir', email: 'right-in-app@example.org', proven: true });
  const wrong = await becomeMember(server, { group: 'choir', email: 'wrong-in-app@example.org' });
  const { token = '' } = await server.guestlist.invite({ groups: ['board'], email: right.email, channels: ['link'] });
  const flow = await app.push({ invite: token });
  const page = await wrong.browser.open(flow.url);
  expect(page.status).toBe(409);
  const question = await signIn(wrong.browser, await wrong.browser.submit(page, 'Use another account'), right);
  const tokens = await flow.finish(await wrong.browser.submit(question, 'Join'));
  expect(tokens.claims()).toMatchObject({ sub: right.accountId, groups: ['board', 'choir'] });
});

test('an account that only claims the address has to prove it: by the code, or by the mailed link (D4)', async () => {
  for (const way of ['copied', 'mailed'] as const) {
    const { browser: claimant, email } = await becomeMember(server, { group: 'choir', email: `claims-${way}@example.org` });
    const invitation = await inviteBothWays(email);
    const page = await claimant.submit(await claimant.open(invitation[way]), 'join');
    if (way === 'copied') {
      expect(page.heading).toBe('Is this your mailbox?');
      expect([await usedCount(invitation.id), await provenRowsOf(email)]).toEqual([0, 0]);
    }
    const question = way === 'copied' ? await proveMailbox(claimant, page, { database: database(), email }) : page;
    expect((await claimant.submit(question, 'Join')).heading).toBe('You’re in!');
    expect([await usedCount(invitation.id), await provenRowsOf(email)]).toEqual([1, 1]);
  }
});

test('for whoever proves it: another account types the code, joins, and has the address besides its own from then on', async () => {
  const { browser: guest, accountId } = await becomeMember(server, { group: 'choir', email: 'main@example.org', proven: true });
  const { copied, id } = await inviteBothWays('second@example.org', 'verify');
  const mismatch = await guest.submit(await guest.open(copied), 'join');
  expect(mismatch.status).toBe(200);
  const question = await proveMailbox(guest, mismatch, { database: database(), email: 'second@example.org' });
  expect([await usedCount(id), await rowsOf('second@example.org')]).toEqual([0, 0]);
  expect((await guest.submit(question, 'Join')).heading).toBe('You’re in!');
  expect(await account('second@example.org')).toMatchObject({
    id: accountId,
    email: 'main@example.org',
    otherEmails: [{ email: 'second@example.org', verified: true }],
  });
  const next = await server.guestlist.invite({ groups: ['choir:tenor'], email: 'second@example.org', channels: ['link'] });
  expect((await guest.submit(await guest.open(next.url ?? ''), 'join')).heading).toContain('Kammerchor Nord');
});

test('for anybody: who comes joins as they are, by either link, and the address is not made theirs', async () => {
  for (const way of ['copied', 'mailed'] as const) {
    const { browser: guest, email } = await becomeMember(server, { group: 'choir', email: `any-${way}@example.org` });
    const invitation = await inviteBothWays(`passed-on-${way}@example.org`, 'any');
    expect((await guest.submit(await guest.submit(await guest.open(invitation[way]), 'join'), 'Join')).heading).toBe('You’re in!');
    expect(await rowsOf(`passed-on-${way}@example.org`)).toBe(0);
    expect(await account(email)).toMatchObject({ emailVerifiedAt: undefined, otherEmails: [] });
  }
});

test('a squatter yields to the mailbox: its owner completes, and the squatter’s password, session and tokens are dead (E1, E2, E7)', async () => {
  const email = 'squatted@example.org';
  const { browser: squatter, accountId } = await becomeMember(server, { group: 'choir', email });
  const flow = await app.begin({ scope: 'openid email groups offline_access' });
  const stolen = await flow.finish(await squatter.open(flow.url));
  const { mailed } = await inviteBothWays(email);
  const taken = await register(browser, await openAsNewcomer(browser, mailed), { email });
  expect(taken.status).toBe(422);
  expect(taken.$('main').text()).toContain('That account isn’t mine');
  expect((await account(email))?.id).toBe(accountId);
  const done = await browser.submit(taken, 'Create account and join', { password: 'quite another pass phrase 17', afresh: 'yes' });
  expect(done.heading).toBe('You’re in!');
  expect(await toldToApps(browser)).toMatchObject({ email, email_verified: true, groups: ['board'] });

  const silent = await squatter.open((await app.begin({ prompt: 'none' })).url);
  expect(silent.leftFor?.searchParams.get('error')).toBe('login_required');
  const signInPage = await squatter.open((await app.begin()).url);
  expect((await signIn(squatter, signInPage, { email })).status).toBe(422);
  await expect(oidc.refreshTokenGrant(app.config, stolen.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
  await expect(oidc.fetchUserInfo(app.config, stolen.access_token, accountId)).rejects.toThrow();
  expect((await account(email))?.id).not.toBe(accountId);
});

test('who had mistyped their own address, and has proven another since, keeps their account under that one', async () => {
  const typo = await becomeMember(server, { group: 'choir', email: 'typo@example.org' });
  const { copied } = await inviteBothWays('meant@example.org', 'verify');
  const mismatch = await typo.browser.submit(await typo.browser.open(copied), 'join');
  await typo.browser.submit(await proveMailbox(typo.browser, mismatch, { database: database(), email: 'meant@example.org' }), 'Join');
  const { mailed } = await inviteBothWays(typo.email);
  const taken = await register(browser, await openAsNewcomer(browser, mailed), typo);
  await browser.submit(taken, 'Create account and join', { password: goodPassword, afresh: 'yes' });
  expect((await account(typo.email))?.id).not.toBe(typo.accountId);
  const told = { email: 'meant@example.org', email_verified: true, groups: ['board', 'choir'] };
  expect(await toldToApps(typo.browser)).toEqual(told);
  const flow = await app.begin({ prompt: 'login' });
  await flow.finish(await signIn(typo.browser, await typo.browser.open(flow.url), { email: 'meant@example.org' }));
});

test('an address that is proven to be somebody else’s is no second address; one that somebody only claims lets its reader in', async () => {
  const owner = await becomeMember(server, { group: 'choir', email: 'owner@example.org', proven: true });
  const squatter = await becomeMember(server, { group: 'choir', email: 'claimed@example.org' });
  const guest = await becomeMember(server, { group: 'choir', email: 'guest@example.org', proven: true });
  const owned = await inviteBothWays(owner.email, 'verify');
  const codePage = await guest.browser.submit(await guest.browser.submit(await guest.browser.open(owned.copied), 'join'), 'Send me a mail');
  expect((await mailbox(database(), owner.email))[0]?.subject).toBe('Your mail address at Guestlist');
  await expect(mailedCode(database(), owner.email)).rejects.toThrow('no mail of the kind code');
  expect((await guest.browser.submit(codePage, 'Continue', { code: '000000' })).status).toBe(422);
  expect([await usedCount(owned.id), (await account(owner.email))?.id]).toEqual([0, owner.accountId]);

  const claimed = await inviteBothWays(squatter.email, 'verify');
  const asked = await guest.browser.submit(await guest.browser.open(claimed.copied), 'join');
  const question = await proveMailbox(guest.browser, asked, { database: database(), email: squatter.email });
  expect((await guest.browser.submit(question, 'Join')).heading).toBe('You’re in!');
  expect([await provenRowsOf(squatter.email), (await account(squatter.email))?.id]).toEqual([0, squatter.accountId]);
});

test('nobody is pushed aside without the proof, and nobody who has it themselves', async () => {
  const squatted = await becomeMember(server, { group: 'choir', email: 'not-proven@example.org' });
  const proven = await becomeMember(server, { group: 'choir', email: 'really-mine@example.org', proven: true });
  for (const { email, accountId } of [squatted, proven]) {
    const { url } = await server.guestlist.invite({ groups: ['board'] });
    const guest = createBrowser(server.issuer);
    const page = await register(guest, await openAsNewcomer(guest, url), { email });
    expect(page.$('[name="afresh"]').length).toBe(0);
    expect((await guest.submit(page, 'Create account and join', { password: goodPassword, afresh: 'yes' })).status).toBe(422);
    expect((await account(email))?.id).toBe(accountId);
  }
  const { mailed } = await inviteBothWays(proven.email);
  const page = await register(browser, await openAsNewcomer(browser, mailed), { email: proven.email });
  expect((await browser.submit(page, 'Create account and join', { password: goodPassword, afresh: 'yes' })).status).toBe(422);
  expect((await account(proven.email))?.id).toBe(proven.accountId);
});

test('and nothing of it contradicts itself', async () => {
  expect(await findContradictions(database())).toEqual([]);
  expect(await count(database(), 'redemption')).toBeGreaterThan(20);
});
