import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { findInvitation } from '../../src/invitation/store.ts';
import { createBrowser } from '../support/browser.ts';
import { count as countRows } from '../support/invariants.ts';
import { goodPassword, join, openAsNewcomer, register, signIn } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let app: RelyingApp;

beforeAll(async () => {
  server = await startTestServer();
  await server.addGroup('choir', { name: 'Kammerchor Nord' });
  app = await createRelyingApp(server);
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
});

const count = (table: string) => countRows(server.database, table);

test.each([
  ['a missing name', { name: '' }, 'name'],
  ['a name of invisible marks', { name: '\u202Eada' }, 'name'],
  ['a name that is too long', { name: 'a'.repeat(101) }, 'name'],
  ['no address', { email: '' }, 'email'],
  ['half an address', { email: 'ada@' }, 'email'],
  ['two addresses', { email: 'a@example.org,b@example.org' }, 'email'],
  ['a line break in the address', { email: 'a@example.org\r\nBcc: x@example.org' }, 'email'],
  ['no password', { password: '' }, 'password'],
  ['a short password', { password: 'short one 1234' }, 'password'],
  ['a password that everybody tries', { password: 'passwordpassword' }, 'password'],
  ['the address as password', { email: 'ada.park.of.the.choir@example.org', password: 'ada.park.of.the.choir@example.org' }, 'password'],
  ['an endless password', { password: 'x'.repeat(5000) }, 'password'],
] as const)('%s: the same page back with the field named, what was typed kept, and nothing made', async (_what, wrong, field) => {
  const { url, id } = await server.guestlist.invite({ groups: ['choir'] });
  const browser = createBrowser(server.issuer);
  const form = await openAsNewcomer(browser, url);
  const accounts = await count('account');
  const entered = { name: 'Ada Park', email: 'kept@example.org', password: goodPassword, ...wrong };
  const page = await browser.submit(form, 'Create account and join', entered);
  expect(page.status).toBe(422);
  expect(
    page
      .$('[aria-invalid="true"]')
      .map((_, element) => page.$(element).attr('name'))
      .get(),
  ).toEqual([field]);
  expect(page.$('title').text()).toMatch(/^Error: /);
  const kept = field === 'name' ? 'email' : 'name';
  expect(page.$(`[name="${kept}"]`).attr('value')).toBe(entered[kept]);
  expect(page.$('[name="password"]').attr('value')).toBeUndefined();
  expect(await count('account')).toBe(accounts);

  const repaired = await browser.submit(page, 'Create account and join', {
    name: 'Ada Park',
    email: `repaired-${id}@example.org`,
    password: goodPassword,
  });
  expect(repaired.heading).toBe('You’re in!');
});

test('fields that nobody asked for are refused', async () => {
  const browser = createBrowser(server.issuer);
  const form = await openAsNewcomer(browser, (await server.guestlist.invite({ groups: ['choir'] })).url);
  const page = await browser.submit(form, 'Create account and join', {
    name: 'A',
    email: 'wild@example.org',
    password: goodPassword,
    email_verified: 'true',
  });
  expect(page.status).toBe(422);
  expect(await count(`account_email where email_key = 'wild@example.org'`)).toBe(0);
});

test('the form sent again after it worked leads to the same place, and counts once (F5)', async () => {
  const { url, id } = await server.guestlist.invite({ groups: ['choir'] });
  const browser = createBrowser(server.issuer);
  const form = await openAsNewcomer(browser, url);
  const twice = await Promise.all([1, 2, 3].map(() => register(browser, form, { email: 'double@example.org' })));
  expect(twice.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(twice.map(({ heading }) => heading)).toContain('You’re in!');
  expect((await findInvitation(server.database, id))?.usedCount).toBe(1);
  expect(await count(`account_email where email_key = 'double@example.org'`)).toBe(1);
  expect(await count(`mail where to_address = 'double@example.org'`)).toBe(1);
});

test('an address that has an account cannot be taken over; its owner can sign in to accept (D3)', async () => {
  await join(createBrowser(server.issuer), (await server.guestlist.invite({ groups: ['choir'] })).url, { email: 'owner@example.org' });
  const { url, id } = await server.guestlist.invite({ groups: ['choir'], maxUses: 3 });
  const browser = createBrowser(server.issuer);
  const page = await register(browser, await openAsNewcomer(browser, url), {
    email: 'OWNER@example.org',
    password: 'another very long password 17',
  });
  expect(page.status).toBe(422);
  expect(page.$('[aria-invalid="true"]').attr('name')).toBe('email');
  const silent = await browser.open((await app.begin({ prompt: 'none' })).url);
  expect(silent.leftFor?.searchParams.get('error')).toBe('login_required');
  expect((await findInvitation(server.database, id))?.usedCount).toBe(0);
});

test('the last place goes while the form is filled in: told so, and no account is left behind', async () => {
  const { url } = await server.guestlist.invite({ groups: ['choir'] });
  const slow = createBrowser(server.issuer);
  const form = await openAsNewcomer(slow, url);
  await join(createBrowser(server.issuer), url, { email: 'quick@example.org' });
  const page = await register(slow, form, { email: 'slow@example.org' });
  expect(page.status).toBe(410);
  expect(page.heading).toContain('already been used');
  expect(await count(`account_email where email_key = 'slow@example.org'`)).toBe(0);
});

test('everything is committed together: account, address, redemption, membership, audit entry and mail', async () => {
  const { url, id } = await server.guestlist.invite({ groups: ['choir'] });
  await join(createBrowser(server.issuer), url, { email: 'Together@Example.org', name: 'Tom Ether' });
  const { rows } = await server.database.raw(
    `
    select a.name, e.email, e.verified_at, r.account_created, m.role, x.detail,
      (select count(*)::int from guestlist.mail where to_address = e.email) as mails,
      (select array_agg(action order by action) from guestlist.audit_event where actor = a.id) as actions
    from guestlist.redemption r
    join guestlist.account a on a.id = r.account_id join guestlist.account_email e on e.account_id = a.id
    join guestlist.membership m on m.account_id = a.id join guestlist.audit_event x on x.subject = r.invitation_id and x.action = 'invitation.redeemed'
    where r.invitation_id = ?`,
    [id],
  );
  expect(rows).toEqual([
    {
      name: 'Tom Ether',
      email: 'Together@Example.org',
      verified_at: null,
      account_created: true,
      role: 'member',
      mails: 1,
      detail: expect.objectContaining({ accountCreated: true, grants: ['choir:member'] }),
      actions: ['account.created', 'invitation.redeemed'],
    },
  ]);
});

test('wrong address and wrong password are told in the same words, and too many tries have to wait', async () => {
  await join(createBrowser(server.issuer), (await server.guestlist.invite({ groups: ['choir'] })).url, { email: 'known@example.org' });
  const browser = createBrowser(server.issuer);
  const signInPage = await browser.open((await app.begin()).url);
  const neutral = (html: string) => html.replaceAll(/(un)?known@example\.org/g, '…');
  const wrong = await signIn(browser, signInPage, { email: 'known@example.org', password: 'not my password at all' });
  const unknown = await signIn(browser, signInPage, { email: 'unknown@example.org', password: 'not my password at all' });
  expect(wrong.status).toBe(422);
  expect(neutral(wrong.html)).toBe(neutral(unknown.html));

  for (let attempt = 0; attempt < 9; attempt += 1) await signIn(browser, signInPage, { email: 'known@example.org', password: 'guess' });
  const stopped = await signIn(browser, signInPage, { email: 'KNOWN@example.org' });
  expect(stopped.status).toBe(429);
  expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(60);
});

test('a paused account cannot sign in, and what it had is gone from the next answers', async () => {
  const browser = createBrowser(server.issuer);
  await join(browser, (await server.guestlist.invite({ groups: ['choir'] })).url, { email: 'paused@example.org' });
  await server.database.raw(
    `update guestlist.account set disabled_at = now() where id = (select account_id from guestlist.account_email where email_key = 'paused@example.org')`,
  );
  const silent = await browser.open((await app.begin({ prompt: 'none' })).url);
  expect(silent.leftFor?.searchParams.get('error')).toBeTruthy();
  const other = createBrowser(server.issuer);
  const page = await signIn(other, await other.open((await app.begin()).url), { email: 'paused@example.org' });
  expect({ status: page.status, heading: page.heading }).toEqual({ status: 403, heading: 'Your account is paused' });
});

test('the session gets a new id when somebody signs in (I6)', async () => {
  const email = 'fixation@example.org';
  await join(createBrowser(server.issuer), (await server.guestlist.invite({ groups: ['choir'] })).url, { email });
  const browser = createBrowser(server.issuer);
  const sessionId = async () => (await browser.jar.getCookies(server.issuer)).find(({ key }) => key === 'guestlist_session')?.value;
  const flow = await app.begin();
  const signInPage = await browser.open(flow.url);
  const before = await sessionId();
  const rest = await signIn(browser, signInPage, { email });
  expect(rest.leftFor).toBeDefined();
  expect(await sessionId()).toBeTruthy();
  expect(await sessionId()).not.toBe(before);
});

test('a form that names one invitation never accepts another that was opened meanwhile (D17)', async () => {
  await server.addGroup('stage', { name: 'Stage crew' });
  const [shown, other] = [await server.guestlist.invite({ groups: ['choir'] }), await server.guestlist.invite({ groups: ['stage'] })];
  const browser = createBrowser(server.issuer);
  await browser.open(shown.url);
  const form = await browser.open((await app.begin({ prompt: 'create' })).url);
  expect(form.$('main').text()).toContain('Kammerchor Nord');
  await browser.open(other.url);
  const page = await register(browser, form, { email: 'meanwhile@example.org' });
  expect({ status: page.status, code: page.$('body').attr('data-code') }).toEqual({ status: 409, code: 'review_changed' });
  expect(await count(`account_email where email_key = 'meanwhile@example.org'`)).toBe(0);
  const again = await browser.open(form.url);
  expect(again.$('main').text()).toContain('Stage crew');
  expect((await register(browser, again, { email: 'meanwhile@example.org' })).leftFor).toBeDefined();
});

test('no password is judged for an invitation that is closed', async () => {
  const { url, id } = await server.guestlist.invite({ groups: ['choir'] });
  const browser = createBrowser(server.issuer);
  const form = await openAsNewcomer(browser, url);
  await server.guestlist.revoke(id, 'operator');
  expect((await register(browser, form, { email: 'closed@example.org', password: 'short' })).status).toBe(410);
  expect(await count(`throttle where key like 'register%'`)).toBe(0);
});

test('one place cannot try to register for ever by beginning new visits (K6)', async () => {
  const { url } = await server.guestlist.invite({ groups: ['choir'] });
  const tryOnce = async () => {
    const browser = createBrowser(server.issuer);
    return register(browser, await openAsNewcomer(browser, url), { email: 'often@example.org', password: 'short' });
  };
  expect((await tryOnce()).status).toBe(422);
  await server.database.raw(`update guestlist.throttle set points = 1000 where key like 'register_place%'`);
  const stopped = await tryOnce();
  expect(stopped.status).toBe(429);
  expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(0);
});

test('nobody can allow anything before somebody has signed in', async () => {
  const third = await createRelyingApp(server, { id: 'third', firstParty: false });
  const browser = createBrowser(server.issuer);
  const page = await browser.open((await third.begin({ scope: 'openid groups' })).url);
  const { pathname } = new URL(page.url);
  const token = String(page.$('[name=form_token]').attr('value'));
  const answer = await browser.post(`${pathname}/consent`, { form_token: token, answer: 'allow' });
  expect({ status: answer.status, code: answer.$('body').attr('data-code') }).toEqual({ status: 400, code: 'interaction_expired' });
  expect(await count(`oidc_payload where kind = 'Grant' and payload->>'accountId' = ''`)).toBe(0);
  expect((await browser.open(`${pathname}/consent`)).status).toBe(400);
});

test('one place alone cannot lock somebody out for the day', async () => {
  const email = 'locked-out@example.org';
  await join(createBrowser(server.issuer), (await server.guestlist.invite({ groups: ['choir'] })).url, { email });
  const guesser = createBrowser(server.issuer);
  const page = await guesser.open((await app.begin()).url);
  for (let quarter = 0; quarter < 10; quarter += 1) {
    for (let attempt = 0; attempt < 10; attempt += 1) await signIn(guesser, page, { email, password: 'guessing all day long' });
    await server.database.raw(`delete from guestlist.throttle where key like 'sign_in_place:%'`);
  }
  expect((await signIn(guesser, page, { email })).status).toBe(429);
  const { rows } = await server.database.raw(`select points from guestlist.throttle where key = ?`, [`sign_in:${email}`]);
  expect(rows[0].points).toBe(30);
});

test('a link that was only opened does not speak on the sign-in page of an app (I3)', async () => {
  const { url } = await server.guestlist.invite({ groups: ['choir'] });
  const browser = createBrowser(server.issuer);
  const landing = await browser.open(url);
  const flow = await app.begin();
  expect((await browser.open(flow.url)).$('main').text()).not.toContain('Kammerchor Nord');
  await browser.submit(landing, 'login');
  expect((await browser.open(flow.url)).$('main').text()).toContain('Kammerchor Nord');
});
