/** Invitations for the mailboxes of certain domains, and for those who sign in as strongly as is asked. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { passwordAcr } from '../../src/account/account.ts';
import { findAccountByEmail } from '../../src/account/store.ts';
import { emailKey } from '../../src/lib/email.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { count, findContradictions, snapshot } from '../support/invariants.ts';
import { mailbox } from '../support/mail.ts';
import { becomeMember, goodPassword, join, openAsNewcomer, proveMailbox, register, signIn } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let app: RelyingApp;
let browser: Browser;

beforeAll(async () => {
  server = await startTestServer();
  await server.addGroup('choir', { name: 'Kammerchor Nord' });
  await server.addGroup('clinic', { name: 'Clinic' });
  app = await createRelyingApp(server);
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
  browser = createBrowser(server.issuer);
});

const database = () => server.database;
const inviteFrom = (...domains: string[]) => server.guestlist.invite({ groups: ['clinic'], domains, maxUses: 99 });
const usedCount = async (id: string) => (await server.guestlist.find(id))?.usedCount;
const groupsOf = async (accountId: string) => (await server.guestlist.groupsOf(accountId)).groups;

describe('a newcomer', () => {
  test('types an address, proves it with the code, and gets exactly that one, whatever the form says', async () => {
    const { url, id } = await inviteFrom('clinic.example');
    const page = await openAsNewcomer(browser, url);
    expect(page.$('main').text()).toContain('clinic.example');
    const form = await proveMailbox(browser, page, { database: database(), email: 'Ada@Clinic.Example', typed: 'Ada@Clinic.Example' });
    expect((await register(browser, form, { email: 'evil@elsewhere.example' })).heading).toBe('You’re in!');
    expect(await findAccountByEmail(database(), emailKey('ada@clinic.example'))).toMatchObject({
      email: 'Ada@Clinic.Example',
      emailVerifiedAt: expect.any(Date),
    });
    expect(await count(database(), `account_email where email_key = 'evil@elsewhere.example'`)).toBe(0);
    expect(await usedCount(id)).toBe(1);
  });

  test('does so inside an app’s own sign-in as well, and the app has its code', async () => {
    const { token } = await inviteFrom('clinic.example');
    const flow = await app.push({ invite: token });
    const signInPage = await browser.open(flow.url);
    const page = await browser.open(signInPage.$('a[href$="/register"]').attr('href') ?? '');
    const form = await proveMailbox(browser, page, { database: database(), email: 'bo@clinic.example', typed: 'bo@clinic.example' });
    const tokens = await flow.finish(await register(browser, form, { email: 'bo@clinic.example' }));
    expect(tokens.claims()?.['groups']).toEqual(['clinic']);
  });

  test('gets no further without the code (D13)', async () => {
    const { url, id } = await inviteFrom('clinic.example');
    await browser.submit(await openAsNewcomer(browser, url), 'Send me a mail', { email: 'unread@clinic.example' });
    // The page to sign in has the token that the form to register would have.
    const page = await browser.open((await app.begin()).url);
    const form_token = page.$('[name="form_token"]').attr('value') ?? '';
    const { rows } = await database().raw(`select visit_id from guestlist.mailbox_proof where email_key = 'unread@clinic.example'`);
    const form = { form_token, visit: rows[0].visit_id, name: 'Ada', email: 'unread@clinic.example', password: goodPassword };
    const forced = await browser.post(page.$('a[href$="/register"]').attr('href') ?? '', form);
    expect(forced.heading).toBe('Look in your mailbox');
    expect(await count(database(), `account_email where email_key = 'unread@clinic.example'`)).toBe(0);
    expect(await usedCount(id)).toBe(0);
  });
});

const inside: [string, string[]][] = [
  ['a@clinic.example', ['clinic.example']],
  ['a@CLINIC.Example', ['clinic.example']],
  ['a@ward.clinic.example', ['*.clinic.example']],
  ['a@third.ward.clinic.example', ['*.clinic.example']],
  ['a@clinic.example', ['*.clinic.example', 'clinic.example']],
  ['a+b.c@clinic.example', ['clinic.example']],
  ['a@bücher.example', ['xn--bcher-kva.example']],
  ['a@xn--bcher-kva.example', ['bücher.example']],
];
const outside: [string, string[]][] = [
  ['a@evilclinic.example', ['clinic.example']],
  ['a@clinic.example.evil.example', ['clinic.example']],
  ['a@ward.clinic.example', ['clinic.example']],
  ['a@clinic.example', ['*.clinic.example']],
  ['a@evilclinic.example', ['*.clinic.example']],
  ['a@example', ['clinic.example']],
  ['clinic.example@evil.example', ['clinic.example']],
  ['a@clinic-example.evil', ['clinic.example']],
  ['a@bucher.example', ['bücher.example']],
];

test('domains are compared by whole labels, and what is beneath them belongs only where it says *. (D12)', async () => {
  for (const [typed, domains] of [...inside, ...outside]) {
    const guest = createBrowser(server.issuer);
    const mails = await count(database(), 'mail');
    const page = await guest.submit(await openAsNewcomer(guest, (await inviteFrom(...domains)).url), 'Send me a mail', { email: typed });
    const isIn = inside.some(([email, list]) => email === typed && list === domains);
    expect({ typed, domains, status: page.status, sent: (await count(database(), 'mail')) - mails }).toEqual({
      typed,
      domains,
      status: isIn ? 200 : 422,
      sent: isIn ? 1 : 0,
    });
    if (!isIn) expect(page.$('[aria-invalid="true"]').attr('name')).toBe('email');
    if (isIn) expect(await mailbox(database(), typed)).not.toEqual([]);
    await database().raw('delete from guestlist.throttle');
  }
});

/** What mail programs have read as an address somewhere else, GHSA and talks of the last years. */
const tricky = [
  '=?utf-8?q?a=40clinic.example=3e=00?=@evil.example',
  '=?iso-8859-1?q?a=40evil.example=3e=20?=@clinic.example',
  '=?utf-7?q?a&AEA-evil.example&ACA-?=@clinic.example',
  '"a@evil.example"@clinic.example',
  '"a b"@clinic.example',
  'a(@evil.example)@clinic.example',
  'a@clinic.example(comment)',
  'a@(x)clinic.example',
  'a%evil.example@clinic.example',
  'evil.example!a@clinic.example',
  '@evil.example:a@clinic.example',
  '<@evil.example:a@clinic.example>',
  'a@evil.example@clinic.example',
  'a@clinic.example@evil.example',
  'a@evil.example,b@clinic.example',
  'a@clinic.example, b@evil.example',
  'g: a@clinic.example, b@evil.example;',
  'a@clinic.example;b@evil.example',
  'Ada <a@clinic.example>',
  'a@clinic.example>b@evil.example',
  'a\u0000@clinic.example',
  'a@clinic.example\u0000.evil.example',
  'a@evil.example\u0000@clinic.example',
  'a@clinic.example\r\nBcc: b@evil.example',
  'a@clinic.example\nRCPT TO:<b@evil.example>',
  'a\r\n@clinic.example',
  'a@clinic.example\u2028b@evil.example',
  'a\t@clinic.example',
  'a@evil.example clinic.example',
  'a\\@evil.example@clinic.example',
  '.a@clinic.example',
  'a..b@clinic.example',
  'a.@clinic.example',
  'a@clinic.example.',
  'a@.clinic.example',
  'a@clinic..example',
  'a@[192.0.2.1]',
  'a@clinic.example:25',
  'a@clinic.example/../evil.example',
  'a@evil.example#clinic.example',
  'a@evil.example?clinic.example',
  'ａ@clinic.example',
  'a＠clinic.example',
  'a@clinic。example',
  'a@ｃlinic.example',
  'a\u200b@clinic.example',
  'a@clinic\u200b.example',
  'a@clinic\u00ad.example',
  '\u202ea@clinic.example',
  `${'a'.repeat(65)}@clinic.example`,
  `a@${'b'.repeat(250)}.clinic.example`,
  '@clinic.example',
  'a@',
  'a',
  '',
];

test('an address that could be read in two ways is told to be none, at the field, and nothing is sent to anybody (D11, J4, J5)', async () => {
  const { url } = await inviteFrom('clinic.example');
  const page = await openAsNewcomer(browser, url);
  const mails = await count(database(), 'mail');
  for (const typed of tricky) {
    const refused = await browser.submit(page, 'Send me a mail', { email: typed });
    expect({ typed, status: refused.status, field: refused.$('[aria-invalid="true"]').attr('name') }).toEqual({
      typed,
      status: 422,
      field: 'email',
    });
  }
  for (const typed of tricky.slice(0, 12))
    await expect(server.guestlist.invite({ groups: ['clinic'], email: typed })).rejects.toThrow(/^invite: email/);
  const form = await openAsNewcomer(browser, (await server.guestlist.invite({ groups: ['clinic'] })).url);
  for (const typed of tricky.slice(0, 12)) expect((await register(browser, form, { email: typed })).status).toBe(422);
  expect(await count(database(), 'mail')).toBe(mails);
  expect(await count(database(), `throttle where key like 'code_mailbox%'`)).toBe(0);
});

describe('somebody with an account', () => {
  test('whose address there is proven joins at once', async () => {
    const { browser: doctor, accountId } = await becomeMember(server, { group: 'choir', email: 'doctor@clinic.example', proven: true });
    const question = await doctor.submit(await doctor.open((await inviteFrom('clinic.example')).url), 'join');
    expect((await doctor.submit(question, 'Join')).heading).toBe('You’re in!');
    expect(await groupsOf(accountId)).toEqual(['choir', 'clinic']);
  });

  test('whose address there is not proven is asked to, and belongs to nothing until then (D13)', async () => {
    const { browser: doctor, accountId, email } = await becomeMember(server, { group: 'choir', email: 'unproven@clinic.example' });
    const { url, id } = await inviteFrom('clinic.example');
    const page = await doctor.submit(await doctor.open(url), 'join');
    expect(page.$('[name="email"]').length).toBe(1);
    expect([await groupsOf(accountId), await usedCount(id)]).toEqual([['choir'], 0]);
    const question = await proveMailbox(doctor, page, { database: database(), email, typed: email });
    expect((await doctor.submit(question, 'Join')).heading).toBe('You’re in!');
    expect(await findAccountByEmail(database(), emailKey(email))).toMatchObject({ id: accountId, emailVerifiedAt: expect.any(Date) });
  });

  test('without an address there is told which it takes, and may change accounts; nothing is used', async () => {
    const { browser: guest, accountId } = await becomeMember(server, { group: 'choir', email: 'guest@elsewhere.example', proven: true });
    const doctor = await becomeMember(server, { group: 'choir', email: 'second-doctor@clinic.example', proven: true });
    const { url, id } = await inviteFrom('clinic.example');
    const landing = await guest.open(url);
    const before = await snapshot(database());
    const page = await guest.submit(landing, 'join');
    expect([page.status, page.$('body').attr('data-code')]).toEqual([403, 'email_domain_not_allowed']);
    expect(page.$('main').text()).toContain('clinic.example');
    expect(await snapshot(database())).toEqual(before);
    const question = await signIn(guest, await guest.submit(page, 'Use another account'), doctor);
    expect((await guest.submit(question, 'Join')).heading).toBe('You’re in!');
    expect([await groupsOf(accountId), await groupsOf(doctor.accountId), await usedCount(id)]).toEqual([['choir'], ['choir', 'clinic'], 1]);
  });
});

describe('sign-in strength', () => {
  test('that this provider does not have cannot be asked for; the one it has is enough, for newcomers and for others', async () => {
    const before = await count(database(), 'invitation');
    await expect(server.guestlist.invite({ groups: ['clinic'], acr: 'urn:example:gold' })).rejects.toThrow(
      /^invite: acr must be one of .*urn:guestlist:acr:pwd/,
    );
    await expect(server.guestlist.invite({ groups: ['clinic'], acr: 'urn:example:gold' })).rejects.toBeInstanceOf(TypeError);
    expect(await count(database(), 'invitation')).toBe(before);
    const { url, id } = await server.guestlist.invite({ groups: ['clinic'], acr: passwordAcr, maxUses: 3 });
    expect((await join(browser, url, { email: 'strong-enough@example.org' })).heading).toBe('You’re in!');
    const member = await becomeMember(server, { group: 'choir', email: 'strong-session@example.org' });
    expect((await member.browser.submit(await member.browser.submit(await member.browser.open(url), 'join'), 'Join')).heading).toBe(
      'You’re in!',
    );
    const other = createBrowser(server.issuer);
    const { email } = await becomeMember(server, { group: 'choir', email: 'strong-sign-in@example.org' });
    const question = await signIn(other, await other.submit(await other.open(url), 'login'), { email });
    expect((await other.submit(question, 'Join')).heading).toBe('You’re in!');
    expect(await usedCount(id)).toBe(3);
  });

  test('that nobody can reach any more lets nobody in: told so, with a way to sign in again, and nothing is used or made', async () => {
    const { url, id, token } = await server.guestlist.invite({ groups: ['clinic'], acr: passwordAcr, maxUses: 3 });
    await database().raw(`update guestlist.invitation set required_acr = 'urn:example:gold' where id = ?`, [id]);
    const { browser: member, email } = await becomeMember(server, { group: 'choir', email: 'too-weak@example.org' });
    const page = await member.submit(await member.open(url), 'join');
    expect([page.status, page.$('body').attr('data-code')]).toEqual([403, 'sign_in_too_weak']);
    const again = await signIn(member, await member.submit(page, 'Sign in again'), { email });
    expect(again.$('body').attr('data-code')).toBe('sign_in_too_weak');
    const newcomer = await openAsNewcomer(browser, url);
    expect([newcomer.status, newcomer.$('body').attr('data-code'), newcomer.$('[name="password"]').length]).toEqual([
      403,
      'sign_in_too_weak',
      0,
    ]);
    const flow = await app.push({ invite: token });
    const inApp = await member.open(flow.url);
    expect(inApp.$('body').attr('data-code')).toBe('sign_in_too_weak');
    const tokens = await flow.finish(await member.submit(inApp, 'Go on without this invitation'));
    expect(tokens.claims()?.['groups']).toEqual(['choir']);
    expect(await usedCount(id)).toBe(0);
  });
});

test('and nothing of it contradicts itself', async () => {
  expect(await findContradictions(database())).toEqual([]);
  expect(await count(database(), 'redemption')).toBeGreaterThan(10);
});
