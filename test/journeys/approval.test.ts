/** Somebody decides about each who accepts (design §4H). Time only goes forward in this file. */
import * as oidc from 'openid-client';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { count } from '../support/invariants.ts';
import { join, openAsNewcomer, register } from '../support/people.ts';
import { accept, createSetting, type Member, questionOf, refusalOn, refused, type Setting } from './setting.ts';

let setting: Setting;
let guestlist: Setting['guestlist'];

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', board: 'Vorstand' });
  guestlist = setting.guestlist;
});
afterAll(() => setting?.server.close());
beforeEach(async () => {
  await setting.server.database.raw('delete from guestlist.throttle');
});

const choir = (more: object = {}) => guestlist.invite({ groups: ['choir'], approval: true, ...more });
const askedBy = async (id: string) => (await guestlist.waitingForApproval(id)).map(({ accountId }) => accountId);

async function asking(name: string, invitation: { readonly url: string }): Promise<Member> {
  const member = await setting.member(name);
  const sent = await accept(member, invitation.url, 'Ask to join');
  expect(sent.heading).toBe('Request sent');
  return member;
}

test('asking keeps the last place and gives nothing, however often one signs in (G9)', async () => {
  const invitation = await choir();
  const ada = await asking('ada', invitation);
  expect(await askedBy(invitation.id)).toEqual([ada.accountId]);
  expect(await setting.usedCount(invitation.id)).toBe(0);
  expect(await setting.mailsTo(ada.email)).toEqual(['joined']);
  const before = await setting.app.signInSilently(ada.browser);
  expect(before.claims()).toMatchObject({ groups: [], roles: [], entitlements: ['door:open'] });
  expect(await setting.groupsOf(await setting.again(ada))).toEqual([]);
  expect(await oidc.fetchUserInfo(setting.app.config, before.access_token, ada.accountId)).toMatchObject({ groups: [] });

  const stranger = createBrowser(setting.server.issuer);
  expect(refusalOn(await stranger.open(invitation.url))).toEqual(refused.usedUp);
  const bea = await setting.member('bea');
  expect(refusalOn(await questionOf(bea, invitation.url))).toEqual(refused.usedUp);
  expect(await askedBy(invitation.id)).toEqual([ada.accountId]);
});

test('approved: a mail, the place is used, and the next token has the group', async () => {
  const invitation = await choir();
  const ada = await asking('approved', invitation);
  const before = await setting.app.signInSilently(ada.browser);
  await guestlist.approve(invitation.id, ada.accountId, 'operator');
  expect(await setting.mailsTo(ada.email)).toEqual(['joined', 'joined']);
  expect(await setting.usedCount(invitation.id)).toBe(1);
  expect(await askedBy(invitation.id)).toEqual([]);
  expect(await setting.groupsOf(ada.browser)).toEqual(['choir']);
  const refreshed = await oidc.refreshTokenGrant(setting.app.config, before.refresh_token ?? '');
  expect(refreshed.claims()).toMatchObject({ groups: ['choir'], roles: ['choir:member'] });
  expect((await ada.browser.open('/invite/done')).heading).toBe('You’re in!');
  expect((await questionOf(ada, invitation.url)).heading).toContain('already');
});

test('a newcomer asks by registering: there is an account that belongs nowhere until somebody approves (G9)', async () => {
  const invitation = await choir();
  const browser = createBrowser(setting.server.issuer);
  const sent = await join(browser, invitation.url, { email: 'new@example.org' });
  expect(sent.heading).toBe('Request sent');
  const person = { email: 'new@example.org', accountId: await setting.accountIdOf('new@example.org') };
  expect(await setting.groupsOf(browser)).toEqual([]);
  expect(await setting.groupsOf(await setting.again(person))).toEqual([]);
  await guestlist.approve(invitation.id, person.accountId, 'operator');
  expect(await setting.groupsOf(browser)).toEqual(['choir']);
  expect(await setting.mailsTo(person.email)).toEqual(['joined']);
});

test('an app that started the sign-in gets its code at once, without the group', async () => {
  const { token, id } = await choir();
  const flow = await setting.app.push({ invite: token, prompt: 'create' });
  const browser = createBrowser(setting.server.issuer);
  const rest = await register(browser, await browser.open(flow.url), { email: 'by-app@example.org' });
  const tokens = await flow.finish(rest);
  expect(tokens.claims()).toMatchObject({ groups: [], roles: [], entitlements: [] });
  await guestlist.approve(id, await setting.accountIdOf('by-app@example.org'), 'operator');
  expect((await oidc.refreshTokenGrant(setting.app.config, tokens.refresh_token ?? '')).claims()).toMatchObject({ groups: ['choir'] });
});

test('asking again is the same request: one place, one notice, and the page says so', async () => {
  const manager = await setting.member('notified', { groups: ['choir:manager'] });
  const mailsBefore = (await setting.mailsTo(manager.email)).length;
  const invitation = await choir({ inviterId: manager.accountId, maxUses: 2 });
  const ada = await asking('twice', invitation);
  const again = await accept({ browser: await setting.again(ada) }, invitation.url, 'Continue');
  expect(again.heading).toBe('Request sent');
  expect(await count(setting.server.database, `approval where account_id = '${ada.accountId}'`)).toBe(1);
  expect((await setting.mailsTo(manager.email)).length - mailsBefore).toBe(1);
  const bea = await setting.member('second-of-two');
  expect((await accept(bea, invitation.url, 'Ask to join')).heading).toBe('Request sent');
});

test('rejected: a mail, the place is free for somebody else, and asking again is refused at the link', async () => {
  const invitation = await choir();
  const ada = await asking('rejected', invitation);
  const elsewhere = { browser: await setting.again(ada) };
  const { token } = invitation;
  const openQuestion = await elsewhere.browser.open((await setting.app.push({ invite: token })).url);
  await guestlist.reject(invitation.id, ada.accountId, 'operator');
  expect((await setting.mailsTo(ada.email))[0]).toBe('notice');
  expect(refusalOn(await elsewhere.browser.submit(openQuestion, 'Continue'))).toEqual(refused.rejected);
  const told = await questionOf(ada, invitation.url);
  expect(refusalOn(told)).toEqual(refused.rejected);
  expect(told.heading).toBe('Your request was turned down');
  expect(await setting.groupsOf(ada.browser)).toEqual([]);

  const bea = await asking('after-rejected', invitation);
  await guestlist.approve(invitation.id, bea.accountId, 'operator');
  expect(await setting.groupsOf(bea.browser)).toEqual(['choir']);
  await expect(guestlist.approve(invitation.id, ada.accountId, 'operator')).rejects.toMatchObject({ code: 'approval_decided' });
  await expect(guestlist.reject(invitation.id, bea.accountId, 'operator')).rejects.toMatchObject({ code: 'approval_decided' });
});

test('nobody approves themselves, nor what they could not give (G22)', async () => {
  const [manager, other, admin] = await Promise.all([
    setting.member('decides', { groups: ['choir:manager'] }),
    setting.member('decides-elsewhere', { groups: ['board:manager'] }),
    setting.member('runs-it', { rights: ['guestlist:admin'] }),
  ]);
  const invitation = await choir({ groups: ['choir:librarian'], maxUses: 9 });
  for (const self of [manager, admin]) {
    expect((await accept(self, invitation.url, 'Ask to join')).heading).toBe('Request sent');
    const deciding = guestlist.approve(invitation.id, self.accountId, self.accountId);
    await expect(deciding).rejects.toMatchObject({ code: 'grant_not_allowed' });
    await expect(guestlist.reject(invitation.id, self.accountId, self.accountId)).rejects.toMatchObject({ code: 'grant_not_allowed' });
  }
  const ada = await asking('wants-a-role', invitation);
  for (const { accountId } of [manager, other, ada]) {
    await expect(guestlist.approve(invitation.id, ada.accountId, accountId)).rejects.toMatchObject({ code: 'grant_not_allowed' });
  }
  await guestlist.approve(invitation.id, ada.accountId, admin.accountId);
  await guestlist.grant(manager.accountId, { groups: ['choir:librarian'] });
  await guestlist.approve(invitation.id, admin.accountId, manager.accountId);
  expect(await setting.groupsOf(ada.browser)).toEqual(['choir']);
  await guestlist.withdraw(manager.accountId, { groups: ['choir:manager'] });
  const late = await asking('too-late-for-the-manager', invitation);
  await expect(guestlist.approve(invitation.id, late.accountId, manager.accountId)).rejects.toMatchObject({ code: 'grant_not_allowed' });
});

test('after the invitation was withdrawn nobody can be approved, and the link says so', async () => {
  const invitation = await choir();
  const ada = await asking('withdrawn', invitation);
  await guestlist.revoke(invitation.id, 'operator');
  await expect(guestlist.approve(invitation.id, ada.accountId, 'operator')).rejects.toMatchObject({ code: 'invitation_revoked' });
  for (const browser of [ada.browser, createBrowser(setting.server.issuer)])
    expect(refusalOn(await browser.open(invitation.url))).toEqual(refused.revoked);
  expect(await setting.groupsOf(ada.browser)).toEqual([]);
});

test('whoever lost their account or whose group was closed is not approved', async () => {
  const { database } = setting.server;
  await setting.server.addGroup('closing');
  const invitation = await choir({ groups: ['closing'], maxUses: 2 });
  const ada = await asking('loses-account', invitation);
  const setDisabled = (at: Date | null) => database.raw('update guestlist.account set disabled_at = ? where id = ?', [at, ada.accountId]);
  await setDisabled(setting.server.now());
  await expect(guestlist.approve(invitation.id, ada.accountId, 'operator')).rejects.toMatchObject({ code: 'account_disabled' });
  await setDisabled(null);
  await guestlist.changeGroup('closing', { archived: true });
  await expect(guestlist.approve(invitation.id, ada.accountId, 'operator')).rejects.toMatchObject({ code: 'invitation_suspended' });
  await guestlist.changeGroup('closing', { archived: false });
  await guestlist.approve(invitation.id, ada.accountId, 'operator');
  expect(await setting.groupsOf(ada.browser)).toEqual(['closing']);
});

test('a group that filled up meanwhile: not yet, and with room again it works', async () => {
  await guestlist.addGroup({ slug: 'quartet', name: 'Quartet', capacity: 1 });
  const invitation = await choir({ groups: ['quartet'] });
  const ada = await asking('fifth-voice', invitation);
  const bea = await setting.member('takes-the-chair');
  await accept(bea, (await guestlist.invite({ groups: ['quartet'] })).url);
  await expect(guestlist.approve(invitation.id, ada.accountId, 'operator')).rejects.toMatchObject({ code: 'group_full' });
  expect(await askedBy(invitation.id)).toEqual([ada.accountId]);
  await guestlist.changeGroup('quartet', { capacity: 2 });
  await guestlist.approve(invitation.id, ada.accountId, 'operator');
  expect(await setting.groupsOf(ada.browser)).toEqual(['quartet']);
});

test('the form of a newcomer who was too late for the last place leaves no account', async () => {
  const invitation = await choir();
  const browser = createBrowser(setting.server.issuer);
  const form = await openAsNewcomer(browser, invitation.url);
  await asking('quicker', invitation);
  expect(refusalOn(await register(browser, form, { email: 'too-late@example.org' }))).toEqual(refused.usedUp);
  expect(await count(setting.server.database, `account_email where email_key = 'too-late@example.org'`)).toBe(0);
});

test('after the end of the invitation approving still works: the place was kept', async () => {
  const invitation = await choir();
  const ada = await asking('kept', invitation);
  setting.server.pass(8 * 24 * 60 * 60);
  const stranger = createBrowser(setting.server.issuer);
  expect(refusalOn(await stranger.open(invitation.url))).toEqual(refused.expired);
  await guestlist.approve(invitation.id, ada.accountId, 'operator');
  expect(await setting.groupsOf(await setting.again(ada))).toEqual(['choir']);
});

test('after the end of what it gives nobody is approved: they would be told that they are in, and be nowhere', async () => {
  const invitation = await choir({ expiresAt: setting.inDays(2), ends: { at: setting.inDays(3) } });
  const ada = await asking('too-late-for-it', invitation);
  setting.server.pass(4 * 24 * 60 * 60);
  await expect(guestlist.approve(invitation.id, ada.accountId, 'operator')).rejects.toMatchObject({ code: 'invitation_expired' });
  // The one by which the account was made.
  expect(await setting.mailsTo(ada.email)).toEqual(['joined']);
  await guestlist.reject(invitation.id, ada.accountId, 'operator');
});

test('without a decision for two weeks the place is free, and one may ask again', async () => {
  const invitation = await choir({ expiresAt: setting.inDays(60) });
  const ada = await asking('lapsed', invitation);
  setting.server.pass(14 * 24 * 60 * 60 - 60);
  const stranger = createBrowser(setting.server.issuer);
  expect(refusalOn(await stranger.open(invitation.url))).toEqual(refused.usedUp);
  setting.server.pass(120);
  expect(await askedBy(invitation.id)).toEqual([]);
  await expect(guestlist.approve(invitation.id, ada.accountId, 'operator')).rejects.toMatchObject({ code: 'approval_not_found' });
  expect(refusalOn(await stranger.open(invitation.url))).toEqual({ status: 200, code: undefined });

  const browser = await setting.again(ada);
  expect((await accept({ browser }, invitation.url, 'Ask to join')).heading).toBe('Request sent');
  expect(refusalOn(await createBrowser(setting.server.issuer).open(invitation.url))).toEqual(refused.usedUp);
  await guestlist.approve(invitation.id, ada.accountId, 'operator');
  expect(await setting.groupsOf(browser)).toEqual(['choir']);
});
