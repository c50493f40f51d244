/** A PIN besides the link: asked for first, tried a few times, and kept nowhere. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { InviteOptions } from '../../src/invitation/wish.ts';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { count, findContradictions, snapshot } from '../support/invariants.ts';
import { mailbox, mailedLink } from '../support/mail.ts';
import { becomeMember, type Member, register, signIn, typePin, withoutTokens } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { whereFound } from '../support/scan.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const pin = 'QX7RZW2K';
const quarterOfAnHour = 15 * 60;

let server: TestServer;
let app: RelyingApp;
let inviter: Member;
let browser: Browser;

beforeAll(async () => {
  server = await startTestServer();
  await server.addGroup('choir', { name: 'Kammerchor Nord' });
  await server.addGroup('board', { name: 'Vorstand' });
  app = await createRelyingApp(server);
  inviter = await becomeMember(server, { group: 'choir:manager', email: 'maya@example.org' });
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
  browser = createBrowser(server.issuer);
});

const inviteWithPin = (more: InviteOptions & { readonly email?: undefined } = {}) =>
  server.guestlist.invite({ groups: ['choir'], message: 'Bring your own music stand', maxUses: 20, pin, ...more });

const asksForPin = ({ heading }: Rest) => heading === 'Enter the code you were given';

/** Each by a browser of its own. Where the last one came to rest. */
async function typeWrongPins(url: string, times: number): Promise<Rest> {
  const pages: Rest[] = [];
  for (let slip = 0; slip < times; slip += 1) {
    const stranger = createBrowser(server.issuer);
    pages.push(await typePin(stranger, await stranger.open(url), `WRONG${slip}`));
  }
  const last = pages.at(-1);
  if (!last) throw new Error('nothing was typed');
  return last;
}

function expectNothingTold({ html }: Rest): void {
  expect(html).not.toMatch(/Kammerchor|Vorstand|music stand|What choir is for/);
}

test('nothing of what is offered is told before the PIN: not at the door, not where one signs in or registers, not for the calendar', async () => {
  const opensAt = new Date(server.now().getTime() + 60_000);
  const { url, token } = await inviteWithPin();
  const later = await inviteWithPin({ startsAt: opensAt });
  const atDoor = await browser.open(url);
  expect(asksForPin(atDoor)).toBe(true);
  expectNothingTold(atDoor);
  const signInPage = await browser.open((await app.push({ invite: token })).url);
  expectNothingTold(signInPage);
  const instead = await browser.open(signInPage.$('a[href$="/register"]').attr('href') ?? '');
  expect(asksForPin(instead)).toBe(true);
  expectNothingTold(instead);
  expectNothingTold(await browser.open(later.url));
  expectNothingTold(await browser.open('/invite/opens.ics'));

  const landing = await typePin(browser, await browser.open(url), pin);
  expect(landing.heading).toContain('Kammerchor Nord');
});

test('a wrong one is told at the field with the tries that are left, and the right one is remembered by this browser alone', async () => {
  const { url, id } = await inviteWithPin();
  const before = await snapshot(server.database);
  const wrong = await typePin(browser, await browser.open(url), 'QX7RZW2L');
  expect(wrong.status).toBe(422);
  expect(wrong.$('[aria-invalid="true"]').attr('name')).toBe('pin');
  expect(wrong.$('input[name="pin"]').attr('value') ?? '').toBe('');
  expect(wrong.$('main').text()).toContain('4 tries left');
  const landing = await typePin(browser, wrong, pin);
  expect(landing.heading).toContain('Kammerchor Nord');
  // Reload, the link once more, the back button.
  for (const again of [await browser.open('/invite'), await browser.open(url), await typePin(browser, wrong, 'WRONG1')])
    expect(again.heading).toContain('Kammerchor Nord');
  const other = createBrowser(server.issuer);
  expect(asksForPin(await other.open(url))).toBe(true);
  expect(await snapshot(server.database)).toEqual(before);

  expect((await register(browser, await browser.submit(landing, 'create'), { email: 'after-the-pin@example.org' })).heading).toBe(
    'You’re in!',
  );
  expect((await server.guestlist.find(id))?.usedCount).toBe(1);
  expect(asksForPin(await other.open('/invite'))).toBe(true);
});

test.each(['', 'ab', 'QX7RZW2K-and-much-more', '１２３４', 'ĠŪĒŠŤ', '\u0000\u0000\u0000\u0000', "' or 1=1 --"])(
  '%j can be no PIN: told so, and no try is used up',
  async (typed) => {
    const { url, id } = await inviteWithPin();
    const page = await typePin(browser, await browser.open(url), typed);
    expect(page.status).toBe(422);
    expect(page.$('[aria-invalid="true"]').attr('name')).toBe('pin');
    expect(await count(server.database, `pin_try where invitation_id = '${id}'`)).toBe(0);
  },
);

test('however it is written, it is one PIN', async () => {
  const { url } = await inviteWithPin({ pin: 'qx7r zw2k' });
  for (const typed of ['QX7RZW2K', 'qx7rzw2k', ' Qx7R-zW2k ', 'qx7r – zw2k', 'Q X 7 R Z W 2 K']) {
    const guest = createBrowser(server.issuer);
    expect((await typePin(guest, await guest.open(url), typed)).heading).toContain('Kammerchor Nord');
  }
});

test('somebody who is signed in is asked for it as well; who signs in after typing it is not asked again', async () => {
  const { browser: known, email } = await becomeMember(server, { group: 'board', email: 'with-account@example.org' });
  const { url } = await inviteWithPin();
  const landing = await typePin(known, await known.open(url), pin);
  expect((await known.submit(await known.submit(landing, 'join'), 'Join')).heading).toBe('You’re in!');
  const { url: next } = await inviteWithPin({ groups: ['choir:tenor'] });
  const signInPage = await browser.submit(await typePin(browser, await browser.open(next), pin), 'login');
  expect((await signIn(browser, signInPage, { email })).heading).toContain('Kammerchor Nord');
});

test('inside an app’s own sign-in: a newcomer types it, registers, and the app has its code', async () => {
  const { token } = await inviteWithPin();
  const flow = await app.push({ invite: token });
  const signInPage = await browser.open(flow.url);
  const pinPage = await browser.open(signInPage.$('a[href$="/register"]').attr('href') ?? '');
  const wrong = await typePin(browser, pinPage, 'WRONG1');
  expect(wrong.status).toBe(422);
  const form = await typePin(browser, wrong, pin);
  const tokens = await flow.finish(await register(browser, form, { email: 'by-app@example.org' }));
  expect(tokens.claims()?.['groups']).toEqual(['choir']);
});

test('inside an app’s own sign-in: somebody with an account signs in, types it, joins, and the app has its code', async () => {
  const { email } = await becomeMember(server, { group: 'board', email: 'by-app-too@example.org' });
  const { token } = await inviteWithPin();
  const flow = await app.push({ invite: token });
  const pinPage = await signIn(browser, await browser.open(flow.url), { email });
  expect(asksForPin(pinPage)).toBe(true);
  expectNothingTold(pinPage);
  const question = await typePin(browser, await typePin(browser, pinPage, 'WRONG1'), pin);
  expect(question.heading).toContain('Kammerchor Nord');
  const tokens = await flow.finish(await browser.submit(question, 'Join'));
  expect(tokens.claims()?.['groups']).toEqual(['board', 'choir']);
});

test('five wrong ones close it for a quarter of an hour, and then even the right one gets the very same page (A3)', async () => {
  const { url, id } = await inviteWithPin({ inviterId: inviter.accountId });
  const early = await browser.open(url);
  const locked = await typeWrongPins(url, 5);
  expect(locked.status).toBe(429);
  expect(locked.$('body').attr('data-code')).toBe('pin_locked');
  const until = new Date(locked.$('main time').first().attr('datetime') ?? '');
  expect(Math.abs(until.getTime() - server.now().getTime() - quarterOfAnHour * 1000)).toBeLessThan(10_000);
  expect(Number(locked.headers['retry-after'])).toBeGreaterThan(quarterOfAnHour - 10);
  expect(Number(locked.headers['retry-after'])).toBeLessThanOrEqual(quarterOfAnHour);
  expectNothingTold(locked);

  const right = await typePin(browser, early, pin);
  const wrong = await typePin(browser, early, 'WRONG9');
  expect([right.status, wrong.status]).toEqual([429, 429]);
  expect(withoutTokens(right)).toBe(withoutTokens(wrong));
  expect((await browser.open(url)).status).toBe(429);
  const mails = await mailbox(server.database, inviter.email);
  expect(mails.filter(({ subject }) => subject.startsWith('Too many wrong codes'))).toHaveLength(1);
  expect((await server.guestlist.find(id))?.usedCount).toBe(0);

  server.pass(quarterOfAnHour + 1);
  expect((await typePin(browser, await browser.open(url), pin)).heading).toContain('Kammerchor Nord');
});

test('a lock that falls while somebody is on the way stops whoever has not typed it yet, and nobody else', async () => {
  const { url } = await inviteWithPin();
  const form = await browser.submit(await typePin(browser, await browser.open(url), pin), 'create');
  await typeWrongPins(url, 5);
  expect((await register(browser, form, { email: 'had-typed-it@example.org' })).heading).toBe('You’re in!');
});

test('twenty wrong ones close it until the inviter sets another, and they are told (A6)', async () => {
  const { url, id } = await inviteWithPin({ inviterId: inviter.accountId });
  const early = await browser.open(url);
  for (const hours of [1, 1, 1, 1]) {
    expect((await typeWrongPins(url, 5)).status).toBe(429);
    server.pass(hours * 3_600 + 1);
    await server.database.raw('delete from guestlist.throttle');
  }
  server.pass(24 * 3_600);
  const stranger = createBrowser(server.issuer);
  const closed = await stranger.open(url);
  expect([closed.status, closed.headers['retry-after'], closed.$('main time').length]).toEqual([429, undefined, 0]);
  expect(closed.$('main').text()).toContain('for a new one');
  expect(early.status).toBe(200);
  const [news] = (await mailbox(server.database, inviter.email)).filter(({ kind }) => kind === 'notice');
  expect(news?.subject).toBe('A new code is needed: Kammerchor Nord');

  const { pin: fresh } = await server.guestlist.change(id, { pin: true }, inviter.accountId);
  expect(fresh).toMatch(/^\d{6}$/);
  const page = await stranger.open(url);
  expect((await typePin(stranger, page, pin)).status).toBe(422);
  expect((await typePin(stranger, page, fresh ?? '')).heading).toContain('Kammerchor Nord');
});

test('after it was changed, who had typed the old one is asked again, also in the middle of registering; after it was taken away, nobody is', async () => {
  const { url, id } = await inviteWithPin();
  const form = await browser.submit(await typePin(browser, await browser.open(url), pin), 'create');
  await server.guestlist.change(id, { pin: 'NEWPIN77' }, 'operator');
  const asked = await register(browser, form, { email: 'asked-again@example.org' });
  expect(asksForPin(asked)).toBe(true);
  expect(await count(server.database, `account_email where email_key = 'asked-again@example.org'`)).toBe(0);
  const wrong = await typePin(browser, asked, pin);
  expect(wrong.status).toBe(422);
  expect((await register(browser, await typePin(browser, wrong, 'newpin77'), { email: 'asked-again@example.org' })).heading).toBe(
    'You’re in!',
  );
  await server.guestlist.change(id, { pin: null }, 'operator');
  expect((await createBrowser(server.issuer).open(url)).heading).toContain('Kammerchor Nord');
});

test('whoever locks the link does not lock out the person who got the mail (A6)', async () => {
  const email = 'not-locked@example.org';
  const { url = '' } = await server.guestlist.invite({ groups: ['choir'], email, channels: ['link', 'mail'], pin });
  expect((await typeWrongPins(url, 5)).status).toBe(429);
  const landing = await typePin(browser, await browser.open(await mailedLink(server.database, email)), pin);
  expect((await register(browser, await browser.submit(landing, 'create'), { email })).heading).toBe('You’re in!');
});

test('neither PIN nor what was typed for it stands in a row, an audit entry, a log line or an address', async () => {
  const typed = ['ZZTOPSECRET7', 'PLANTED88PIN'];
  const { id, url, token } = await inviteWithPin({ pin: 'HUSH4NOW9X', inviterId: inviter.accountId });
  const wrong = await typePin(browser, await browser.open(url), 'zztopsecret7');
  await browser.submit(await typePin(browser, wrong, 'hush4now9x'), 'create');
  const flow = await app.push({ invite: token });
  await typePin(inviter.browser, await inviter.browser.open(flow.url), 'PLANTED88PIN');
  const stranger = createBrowser(server.issuer);
  await stranger.open(`${url}?pin=`);
  await server.guestlist.change(id, { pin: 'CHANGED66PIN' }, 'operator');
  const { pin: made } = await server.guestlist.invite({ groups: ['choir'], pin: true });
  expect(made).toMatch(/^\d{6}$/);
  const trail = [browser, inviter.browser, stranger].flatMap((one) => one.trail).join('\n');
  const answers = JSON.stringify([await server.guestlist.find(id), await server.guestlist.list(), await server.guestlist.timeline(id)]);
  for (const secret of ['HUSH4NOW9X', 'hush4now9x', 'CHANGED66PIN', 'zztopsecret7', ...typed])
    expect({ secret, found: await whereFound(server, secret, { trail, answers }) }).toEqual({ secret, found: [] });
  expect(await whereFound(server, id, { trail, answers })).toEqual(['database', 'answers']);
});

test('and nothing of it contradicts itself', async () => {
  expect(await findContradictions(server.database)).toEqual([]);
  expect(await count(server.database, 'redemption')).toBeGreaterThan(5);
});
