/** The policy of a group, as people meet it: members invite, requests are approved, a link that has run out is renewed. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { count } from '../support/invariants.ts';
import { mailedLink } from '../support/mail.ts';
import { askFor } from '../support/people.ts';
import { createRequestSetting, type RequestSetting } from './request-setting.ts';
import { accept, type Member, refusalOn, refused } from './setting.ts';

let setting: RequestSetting;
let guestlist: RequestSetting['guestlist'];
let manager: Member;
let member: Member;

beforeAll(async () => {
  setting = await createRequestSetting();
  ({ guestlist, manager } = setting);
  member = await setting.somebody('mia');
  await guestlist.grant(member.accountId, { groups: ['choir'] });
});
afterAll(() => setting?.server.close());
beforeEach(async () => {
  await guestlist.setPolicy('choir', null);
  await setting.server.database.raw('delete from guestlist.throttle');
});

const byMember = (more: object = {}) => guestlist.invite({ groups: ['choir'], inviterId: member.accountId, ...more });
const day = 24 * 60 * 60;

test('a member invites, a manager lets the guest in, and the membership ends when the group has it', async () => {
  await guestlist.setPolicy('choir', { who: 'members', approval: true, membershipSeconds: 90 * day });
  const guest = await setting.somebody('gil');
  const { id, url } = await byMember();
  expect((await accept(guest, url, 'Ask to join')).heading).toBe('Request sent');
  await expect(guestlist.approve(id, guest.accountId, member.accountId)).rejects.toMatchObject({ code: 'grant_not_allowed' });
  expect((await guestlist.groupsOf(guest.accountId)).groups).toEqual([]);
  await guestlist.approve(id, guest.accountId, manager.accountId);
  expect((await guestlist.groupsOf(guest.accountId)).groups).toEqual(['choir']);
  setting.server.pass(91 * day);
  expect((await guestlist.groupsOf(guest.accountId)).groups).toEqual([]);
});

test('a member who leaves, or a policy that is tightened: the link is on hold, and nothing of it is used (G4, G7)', async () => {
  await guestlist.setPolicy('choir', { who: 'members' });
  const guest = await setting.somebody('kim');
  const { id, url } = await byMember();
  const page = await guest.browser.submit(await guest.browser.open(url), 'join');
  const tightened = [{ channels: ['mail'] }, { pinForLinks: true }, { domains: ['clinic.example'] }, { approval: true }] as const;
  for (const policy of [{ who: 'managers' }, ...tightened.map((terms) => ({ who: 'members', ...terms }) as const)] as const) {
    await guestlist.setPolicy('choir', policy);
    expect(refusalOn(await guest.browser.submit(page, 'Join')), JSON.stringify(policy)).toEqual(refused.suspended);
  }
  await guestlist.setPolicy('choir', { who: 'members', maxPlaces: 1 });
  await guestlist.withdraw(member.accountId, { groups: ['choir'] });
  expect(refusalOn(await createBrowser(setting.server.issuer).open(url))).toEqual(refused.suspended);
  expect(await setting.usedCount(id)).toBe(0);
  await guestlist.grant(member.accountId, { groups: ['choir'] });
  expect((await accept(guest, url)).heading).toBe('You’re in!');
});

test('who asks is approved by managers, within the policy; approving is the approval that it asks for', async () => {
  await guestlist.setPolicy('choir', { who: 'members', approval: true, perDay: 1, domains: ['asking.example'], pinForLinks: true });
  for (const email of ['one@asking.example', 'two@asking.example', 'three@elsewhere.example']) await askFor(setting.server, 'choir', email);
  const approve = async (email: string, actor: string) => guestlist.requests.approve((await setting.requestOf(email)).id, actor);
  const queueOf = async (who: Member) => (await setting.again(who)).open('/invite/requests');
  const ofMember = await queueOf(member);
  expect([ofMember.status, ofMember.html.includes('mia@example.org'), ofMember.html.includes('asking.example')]).toEqual([
    200,
    true,
    false,
  ]);
  expect((await queueOf(manager)).html).toContain('one@asking.example');
  await expect(approve('one@asking.example', member.accountId)).rejects.toMatchObject({ code: 'grant_not_allowed' });
  await expect(approve('three@elsewhere.example', manager.accountId)).rejects.toMatchObject({ detail: { group: 'choir', rule: 'domain' } });
  const { invitationId } = await approve('one@asking.example', manager.accountId);
  expect(await guestlist.find(invitationId)).toMatchObject({ state: 'open', approval: false, inviterId: manager.accountId });
  const { id } = await setting.requestOf('two@asking.example');
  await expect(guestlist.requests.approve(id, manager.accountId)).rejects.toMatchObject({ detail: { group: 'choir', rule: 'quota' } });
  expect(await setting.waitingEmails()).toContain('two@asking.example');
  expect(await count(setting.server.database, `audit_event where action = 'invitation.refused' and subject = '${id}'`)).toBe(1);
  await guestlist.requests.approve(id);
});

test('a rule decides in the name of whoever made it, as long as they may: what is beyond waits, and asking goes well all the same', async () => {
  await guestlist.setPolicy('choir', { perDay: 1 });
  setting.server.pass(2 * day);
  await guestlist.requests.addRule('choir', { domain: 'ruled.example', decision: 'approve' }, manager.accountId);
  expect((await askFor(setting.server, 'choir', 'first@ruled.example')).heading).toBe('You’re invited');
  expect((await askFor(setting.server, 'choir', 'second@ruled.example')).heading).toBe('Request sent');
  expect(await setting.waitingEmails()).toContain('second@ruled.example');
  const { id } = await setting.requestOf('second@ruled.example');
  expect(await count(setting.server.database, `audit_event where action = 'invitation.refused' and subject = '${id}'`)).toBe(1);
});

test('what has run out is renewed for no longer than the policy has it, and not where it would not be made any more', async () => {
  const email = 'late@example.org';
  const { id } = await guestlist.invite({ groups: ['choir'], email, inviterId: manager.accountId, expiresAt: setting.inDays(3) });
  const link = await mailedLink(setting.server.database, email);
  setting.server.pass(4 * day);
  await guestlist.setPolicy('choir', { domains: ['elsewhere.example'] });
  const wish = async () => {
    const browser = createBrowser(setting.server.issuer);
    return (await browser.submit(await browser.open(link), 'Send me a new link')).heading;
  };
  expect(await wish()).toBe('Look in your mailbox');
  expect((await guestlist.find(id))?.state).toBe('expired');
  await guestlist.setPolicy('choir', { maxLifetimeSeconds: day });
  expect(await wish()).toBe('Look in your mailbox');
  const { state, expiresAt } = (await guestlist.find(id)) ?? {};
  expect(state).toBe('open');
  expect(Math.round(((expiresAt?.getTime() ?? 0) - setting.server.now().getTime()) / 3_600_000)).toBe(24);
});
