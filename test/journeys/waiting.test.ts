/** Invitations that wait for somebody who has not opened their mail (design §4J). */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { snapshot } from '../support/invariants.ts';
import { mailedLink } from '../support/mail.ts';
import { signIn } from '../support/people.ts';
import { createSetting, type Member, questionOf, refusalOn, type Setting } from './setting.ts';

let setting: Setting;
let guestlist: Setting['guestlist'];

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', board: 'Vorstand', tour: 'Tournee' });
  guestlist = setting.guestlist;
});
afterAll(() => setting?.server.close());
beforeEach(async () => {
  await setting.server.database.raw('delete from guestlist.throttle');
});

/** In a browser of its own, at an app: comes to rest where the app, or a question, is. */
async function signInAtApp({ email }: Pick<Member, 'email'>) {
  const browser = createBrowser(setting.server.issuer);
  const flow = await setting.app.begin();
  const rest = await signIn(browser, await browser.open(flow.url), { email });
  return { browser, rest, groups: async (last: Rest) => (await flow.finish(last)).claims()?.['groups'] };
}

const oneWaits = 'An invitation is waiting for you';
const severalWait = 'Invitations waiting for you';
const noneWaits = 'No invitations are waiting';
const homeLink = async (browser: Browser) => (await browser.open('/')).$('a[href$="/invite/waiting"]').length > 0;

test('shown once after signing in; a look at it leads to the question, and the app gets the group without the mail', async () => {
  const ada = await setting.member('ada', { verified: true });
  const { id } = await guestlist.invite({ groups: ['choir'], email: ada.email, inviterName: 'Maya Lind' });
  const { browser, rest, groups } = await signInAtApp(ada);
  expect(rest.heading).toBe(oneWaits);
  expect(rest.$('main').text()).toContain('Kammerchor Nord');
  expect(rest.$('main').text()).toContain('Maya Lind');
  expect(await setting.usedCount(id)).toBe(0);
  const question = await browser.submit(rest, 'Have a look');
  expect(question.heading).toContain('Kammerchor Nord');
  expect(await setting.usedCount(id)).toBe(0);
  expect(await groups(await browser.submit(question, 'Join'))).toEqual(['choir']);
  expect(await setting.usedCount(id)).toBe(1);
  expect(await guestlist.waitingFor(ada.accountId)).toEqual([]);
  const { rows } = await setting.server.database.raw('select channel from guestlist.visit where account_id = ? and answer = ?', [
    ada.accountId,
    'joined',
  ]);
  expect(rows.map(({ channel }: { channel: string }) => channel)).toContain('account');
});

test('not now: it does not come up again, but stays on the home page and at its own address', async () => {
  const ada = await setting.member('later', { verified: true });
  await guestlist.invite({ groups: ['choir'], email: ada.email });
  const first = await signInAtApp(ada);
  expect(await first.groups(await first.browser.submit(first.rest, 'Not now'))).toEqual([]);
  const second = await signInAtApp(ada);
  expect(await second.groups(second.rest)).toEqual([]);
  expect(await homeLink(second.browser)).toBe(true);
  const list = await second.browser.open('/invite/waiting');
  expect(list.heading).toBe(oneWaits);
  const landing = await second.browser.submit(list, 'Have a look');
  expect(landing.heading).toContain('Kammerchor Nord');
  const done = await second.browser.submit(await second.browser.submit(landing, 'join'), 'Join');
  expect(done.heading).toBe('You’re in!');
  expect(await homeLink(second.browser)).toBe(false);
  expect((await second.browser.open('/invite/waiting')).heading).not.toBe(oneWaits);
});

test('who has seen it and said no on its own page goes on to the app', async () => {
  const ada = await setting.member('looks', { verified: true });
  const { id } = await guestlist.invite({ groups: ['choir'], email: ada.email });
  const { browser, rest, groups } = await signInAtApp(ada);
  const question = await browser.submit(rest, 'Have a look');
  expect(await groups(await browser.submit(question, 'Not now'))).toEqual([]);
  expect(await setting.usedCount(id)).toBe(0);
  expect(await guestlist.waitingFor(ada.accountId)).toEqual([id]);
});

test('a silent sign-in is never disturbed, nor one of somebody who is signed in already', async () => {
  const ada = await setting.member('silent', { verified: true });
  await guestlist.invite({ groups: ['choir'], email: ada.email });
  expect(await setting.groupsOf(ada.browser)).toEqual([]);
  const flow = await setting.app.begin();
  expect((await flow.finish(await ada.browser.open(flow.url))).claims()?.['groups']).toEqual([]);
  expect((await signInAtApp(ada)).rest.heading).toBe(oneWaits);
});

test('an address that nobody has proven learns nothing (D4)', async () => {
  const eve = await setting.member('claims-it');
  await guestlist.invite({ groups: ['board'], email: eve.email, emailRule: 'any' });
  const { browser, rest, groups } = await signInAtApp(eve);
  expect(await groups(rest)).toEqual([]);
  expect(await homeLink(browser)).toBe(false);
  const page = await browser.open('/invite/waiting');
  expect(page.html).not.toContain('Vorstand');
  expect(await guestlist.waitingFor(eve.accountId)).toEqual([]);
});

test('several: the newest first, and each is answered by itself', async () => {
  const ada = await setting.member('several', { verified: true });
  const choir = await guestlist.invite({ groups: ['choir'], email: ada.email });
  const board = await guestlist.invite({ groups: ['board'], email: ada.email.toUpperCase() });
  expect(await guestlist.waitingFor(ada.accountId)).toEqual([board.id, choir.id]);
  const { browser, rest, groups } = await signInAtApp(ada);
  expect(rest.heading).toBe(severalWait);
  expect(rest.$('ul.tickets > li').length).toBe(2);
  const [, second] = rest.$('input[name="invitation"]').toArray();
  const question = await browser.submit(rest, 'Have a look', { invitation: rest.$(second).attr('value') ?? '' });
  expect(question.heading).toContain('Kammerchor Nord');
  expect(await groups(await browser.submit(question, 'Join'))).toEqual(['choir']);
  expect(await guestlist.waitingFor(ada.accountId)).toEqual([board.id]);
  const later = await signInAtApp(ada);
  expect(await later.groups(later.rest)).toEqual(['choir']);
  const news = await guestlist.invite({ groups: ['tour'], email: ada.email });
  const again = await signInAtApp(ada);
  expect(again.rest.heading).toBe(severalWait);
  expect(await guestlist.waitingFor(ada.accountId)).toEqual([news.id, board.id]);
});

test('a PIN is asked for all the same', async () => {
  const ada = await setting.member('with-pin', { verified: true });
  const { id } = await guestlist.invite({ groups: ['choir'], email: ada.email, pin: '471193' });
  const { browser, rest, groups } = await signInAtApp(ada);
  const pinPage = await browser.submit(rest, 'Have a look');
  expect(pinPage.$('input[name="pin"]').length).toBe(1);
  const wrong = await browser.submit(pinPage, 'Continue', { pin: '471194' });
  expect(wrong.status).toBe(422);
  expect(await setting.usedCount(id)).toBe(0);
  const question = await browser.submit(wrong, 'Continue', { pin: '471193' });
  expect(await groups(await browser.submit(question, 'Join'))).toEqual(['choir']);
});

test('with an approval one asks, and it waits no more', async () => {
  const ada = await setting.member('asks', { verified: true });
  const { id } = await guestlist.invite({ groups: ['choir'], email: ada.email, approval: true });
  const { browser, rest, groups } = await signInAtApp(ada);
  const question = await browser.submit(rest, 'Have a look');
  expect(await groups(await browser.submit(question, 'Ask to join'))).toEqual([]);
  expect(await guestlist.waitingFor(ada.accountId)).toEqual([]);
  await guestlist.approve(id, ada.accountId, 'operator');
  expect(await setting.groupsOf(browser)).toEqual(['choir']);
});

test('what is over, not open yet, on hold, full, or nothing new does not wait', async () => {
  const ada = await setting.member('nothing-left', { verified: true, groups: ['tour'] });
  const manager = await setting.member('demoted', { groups: ['choir:manager'] });
  await guestlist.addGroup({ slug: 'full', name: 'Full', capacity: 1 });
  await guestlist.addGroup({ slug: 'closed', name: 'Closed' });
  await guestlist.addGroup({ slug: 'vault', name: 'Vault', sensitive: true });
  await guestlist.grant(manager.accountId, { groups: ['full'] });
  const to = (more: object) => guestlist.invite({ email: ada.email, ...more });
  const revoked = await to({ groups: ['choir'] });
  await to({ groups: ['choir'], expiresAt: new Date(setting.server.now().getTime() + 1_000) });
  await to({ groups: ['choir'], startsAt: setting.inDays(1) });
  await to({ groups: ['choir'], inviterId: manager.accountId });
  await to({ groups: ['closed'] });
  await to({ groups: ['vault'] });
  await to({ groups: ['full'] });
  await to({ groups: ['tour'] });
  expect(await guestlist.waitingFor(ada.accountId)).toHaveLength(4);
  await guestlist.revoke(revoked.id, 'operator');
  await guestlist.changeGroup('closed', { archived: true });
  await guestlist.withdraw(manager.accountId, { groups: ['choir'] });
  setting.server.pass(2);
  expect(await guestlist.waitingFor(ada.accountId)).toEqual([]);
  const { rest, groups, browser } = await signInAtApp(ada);
  expect(await groups(rest)).toEqual(['tour']);
  expect(await homeLink(browser)).toBe(false);
});

test('withdrawn between the list and the choice: nothing happens, and signing in goes on', async () => {
  const ada = await setting.member('too-late', { verified: true });
  const { id } = await guestlist.invite({ groups: ['choir'], email: ada.email });
  const { browser, rest } = await signInAtApp(ada);
  await guestlist.revoke(id, 'operator');
  const after = await browser.submit(rest, 'Have a look');
  expect(after.heading).toBe(noneWaits);
  expect(await setting.groupsOf(browser)).toEqual([]);
});

test('nobody opens what waits for somebody else, with their list or without a form of ours', async () => {
  const [ada, eve] = [await setting.member('owner', { verified: true }), await setting.member('eve', { verified: true })];
  const { id } = await guestlist.invite({ groups: ['board'], email: ada.email });
  await guestlist.invite({ groups: ['choir'], email: eve.email });
  const list = await eve.browser.open('/invite/waiting');
  const before = await snapshot(setting.server.database);
  const opened = await eve.browser.submit(list, 'Have a look', { invitation: id });
  expect(opened.html).not.toContain('Vorstand');
  const forged = await eve.browser.submit(list, 'Have a look', { form_token: 'made up' });
  expect(forged.heading).not.toContain('Kammerchor Nord');
  expect(await snapshot(setting.server.database)).toEqual(before);
  expect(refusalOn(await questionOf(eve, await mailedLink(setting.server.database, ada.email)))).toEqual({
    status: 409,
    code: 'email_mismatch',
  });
});

test('whoever invites learns nothing of whether there is an account (M2)', async () => {
  const known = await setting.member('known', { verified: true });
  const manager = await setting.member('curious', { groups: ['choir:manager'] });
  const seenFor = async (email: string) => {
    const made = await guestlist.invite({ groups: ['choir'], email, inviterId: manager.accountId });
    const { id, createdAt: _c, expiresAt: _e, email: _m, ...summary } = (await guestlist.find(made.id)) ?? expect.unreachable();
    const told = (await guestlist.timeline(id)).map(({ what, who }) => `${what} by ${who}`);
    return { answer: Object.keys(made).toSorted(), token: made.token, summary, told };
  };
  expect(await seenFor(known.email)).toEqual(await seenFor('nobody-here@example.org'));
});
