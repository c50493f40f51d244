/** Six digits by mail, which prove a mailbox to one browser for one invitation. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { formToken } from '../../src/invitation/site.ts';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { count, findContradictions, snapshot } from '../support/invariants.ts';
import { mailbox, mailedCode } from '../support/mail.ts';
import { becomeMember, openAsNewcomer, register, withoutTokens } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await startTestServer();
  await server.addGroup('choir', { name: 'Kammerchor Nord' });
  await server.addGroup('board', { name: 'Vorstand' });
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
  browser = createBrowser(server.issuer);
});

const database = () => server.database;
const inviteDomain = () => server.guestlist.invite({ groups: ['choir'], domains: ['example.org'], maxUses: 9 });
const askFor = async (person: Browser, url: string, email: string) =>
  person.submit(await openAsNewcomer(person, url), 'Send me a mail', { email });

test('a code for an address that has an account: the page is the same to the byte, and the mail alone tells (M1)', async () => {
  const { email } = await becomeMember(server, { group: 'choir', email: 'known@example.org', proven: true });
  const { url } = await inviteDomain();
  const pages: Rest[][] = [];
  for (const address of [email, 'knave@example.org']) {
    const person = createBrowser(server.issuer);
    const codePage = await askFor(person, url, address);
    const wrong = await person.submit(codePage, 'Continue', { code: '000000' });
    const again = await person.submit(codePage, 'Send it again');
    pages.push([codePage, wrong, again, await person.submit(again, 'Continue', { code: '' })]);
  }
  const [known = [], unknown = []] = pages.map((list) =>
    list.map(({ status, headers, ...page }) => ({ status, size: headers['content-length'], html: withoutTokens(page) })),
  );
  expect(known.map(({ status }) => status)).toEqual([200, 422, 200, 422]);
  expect(known).toEqual(unknown);
  expect((await mailbox(database(), email)).slice(0, 2).map(({ kind, text }) => [kind, text.includes('sign in')])).toEqual([
    ['notice', true],
    ['notice', true],
  ]);
  expect((await mailbox(database(), 'knave@example.org')).map(({ kind }) => kind)).toEqual(['code', 'code']);
});

test('a code that is wrong, in any other browser, or after five slips, is not taken, and nobody is let in; a new one is', async () => {
  const email = 'fumbling@example.org';
  const { url, id } = await inviteDomain();
  const codePage = await askFor(browser, url, email);
  const code = await mailedCode(database(), email);
  const other = createBrowser(server.issuer);
  const theirs = await askFor(other, url, 'other@example.org');
  expect((await other.submit(theirs, 'Continue', { code })).status).toBe(422);
  for (let slip = 0; slip < 5; slip += 1) {
    const wrong = await browser.submit(codePage, 'Continue', { code: String((Number(code) + slip + 1) % 1_000_000).padStart(6, '0') });
    expect([wrong.status, wrong.$('[aria-invalid="true"]').attr('name')]).toEqual([422, 'code']);
  }
  const before = await snapshot(database());
  expect((await browser.submit(codePage, 'Continue', { code })).status).toBe(422);
  expect((await openAsNewcomer(browser, url)).heading).toBe('Look in your mailbox');
  expect(await snapshot(database())).toEqual(before);
  const again = await browser.submit(codePage, 'Send it again');
  const form = await browser.submit(again, 'Continue', { code: await mailedCode(database(), email) });
  expect((await register(browser, form, { email: 'x@example.org' })).heading).toBe('You’re in!');
  expect((await server.guestlist.find(id))?.usedCount).toBe(1);
});

test('a code after ten minutes: told so, and another is a click away; after three mails there are no more', async () => {
  const email = 'slow-reader@example.org';
  const { url } = await inviteDomain();
  const codePage = await askFor(browser, url, email);
  const code = await mailedCode(database(), email);
  server.pass(10 * 60);
  const late = await browser.submit(codePage, 'Continue', { code });
  expect([late.status, late.$('[aria-invalid="true"]').attr('name')]).toEqual([422, 'email']);
  const second = await browser.submit(late, 'Send me a mail', { email });
  const third = await browser.submit(second, 'Send it again');
  expect(third.$('main').text()).not.toContain('Send it again');
  expect((await browser.submit(second, 'Send it again')).status).toBe(429);
  expect((await browser.submit(third, 'Continue', { code: await mailedCode(database(), email) })).$('[name="password"]').length).toBe(1);
  expect((await mailbox(database(), email)).filter(({ kind }) => kind === 'code')).toHaveLength(3);
});

test('a code counts for the address it went to: who changes their mind proves the new one, and has that', async () => {
  const { url } = await inviteDomain();
  const first = await askFor(browser, url, 'first-thought@example.org');
  const second = await browser.submit(first, 'Send me a mail', { email: 'second-thought@example.org' });
  const stale = await mailedCode(database(), 'first-thought@example.org');
  expect((await browser.submit(second, 'Continue', { code: stale })).status).toBe(422);
  const form = await browser.submit(second, 'Continue', { code: await mailedCode(database(), 'second-thought@example.org') });
  expect((await register(browser, form, { email: 'first-thought@example.org' })).heading).toBe('You’re in!');
  expect(await count(database(), `account_email where email_key like '%-thought@example.org'`)).toBe(1);
  expect(await count(database(), `account_email where email_key = 'second-thought@example.org' and verified_at is not null`)).toBe(1);
});

test('a code is sent to nobody by a link that leads nowhere any more', async () => {
  const { id, url } = await inviteDomain();
  const form = await openAsNewcomer(browser, url);
  await server.guestlist.revoke(id, 'operator');
  const page = await browser.submit(form, 'Send me a mail', { email: 'nobody-asked@example.org' });
  expect([page.status, page.$('body').attr('data-code')]).toEqual([410, 'invitation_revoked']);
  expect(await mailbox(database(), 'nobody-asked@example.org')).toEqual([]);
});

test('nor before the PIN: not even the owner of a mailbox learns by mail what the invitation is for', async () => {
  const { email } = await becomeMember(server, { group: 'choir', email: 'curious@example.org', proven: true });
  const { url, id } = await server.guestlist.invite({ groups: ['board'], pin: 'QX7RZW2K', domains: ['example.org'] });
  await browser.open(url);
  const [handle] = await browser.jar.getCookies(server.issuer).then((all) => all.filter(({ key }) => key === 'guestlist_visit'));
  const visitSql = 'select v.id from guestlist.visit v join guestlist.invitation_token t on t.id = v.token_id where t.invitation_id = ?';
  const { rows } = await database().raw(visitSql, [id]);
  const before = await count(database(), 'mail');
  // What only a page behind the PIN would give out, made by somebody who reads our source.
  const form_token = formToken(handle?.value, 'email', rows[0].id, '/invite');
  const page = await browser.post('/invite/email', { form_token, back: '/invite', email });
  expect(page.heading).toBe('Enter the code you were given');
  expect(await count(database(), 'mail')).toBe(before);
  // The same form is good afterwards.
  await browser.submit(page, 'Continue', { pin: 'QX7RZW2K' });
  await browser.post('/invite/email', { form_token, back: '/invite', email });
  expect((await mailbox(database(), email))[0]?.text).toContain('Vorstand');
});
test('and nothing of it contradicts itself', async () => {
  expect(await findContradictions(database())).toEqual([]);
});
