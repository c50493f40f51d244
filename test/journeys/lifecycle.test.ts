/** How what an invitation gave comes to its end, and who comes back by which link (design §4L). Time only goes forward. */
import * as oidc from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { secureRandom } from '../../src/lib/random.ts';
import { createBrowser } from '../support/browser.ts';
import { count, snapshot } from '../support/invariants.ts';
import { mailedLink } from '../support/mail.ts';
import { openAsNewcomer, register, signIn } from '../support/people.ts';
import { accept, createSetting, type Member, questionOf, refusalOn, refused, type Setting } from './setting.ts';

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

const anybody = () => createBrowser(setting.server.issuer);
const hour = 3600;

describe('a removed member (H4)', () => {
  test('comes back neither by the link they used, nor by another that is out, nor by a new one for everybody', async () => {
    const ada = await setting.member('ada');
    const [same, other] = [
      await guestlist.invite({ groups: ['choir'], maxUses: 9 }),
      await guestlist.invite({ groups: ['choir', 'board'], maxUses: 9 }),
    ];
    await accept(ada, same.url);
    await guestlist.withdraw(ada.accountId, { groups: ['choir'] });
    expect(await setting.groupsOf(ada.browser)).toEqual([]);
    const fresh = await guestlist.invite({ groups: ['choir:librarian'], maxUses: 9 });
    const before = await snapshot(setting.server.database);
    expect(refusalOn(await questionOf(ada, same.url))).toEqual(refused.usedUp);
    expect(refusalOn(await questionOf(ada, other.url))).toEqual(refused.removed);
    expect(refusalOn(await questionOf(ada, fresh.url))).toEqual(refused.removed);
    expect(await snapshot(setting.server.database)).toEqual(before);
  });

  test('is let in by an invitation made for them since, and not by one from before', async () => {
    const ada = await setting.member('bound', { verified: true, groups: ['choir'] });
    await guestlist.invite({ groups: ['choir'], email: ada.email });
    const earlier = await mailedLink(setting.server.database, ada.email);
    await guestlist.withdraw(ada.accountId, { groups: ['choir'] });
    expect(refusalOn(await questionOf(ada, earlier))).toEqual(refused.removed);
    expect(await guestlist.waitingFor(ada.accountId)).toEqual([]);
    setting.server.pass(1);
    await guestlist.invite({ groups: ['choir'], email: ada.email });
    expect((await accept(ada, await mailedLink(setting.server.database, ada.email))).heading).toBe('You’re in!');
    const open = await guestlist.invite({ groups: ['choir:librarian'], maxUses: 9 });
    expect((await accept(ada, open.url)).heading).toBe('You’re in!');
  });

  test('who left by themselves or whose time was over comes back by any link', async () => {
    const ada = await setting.member('left', { groups: ['choir'] });
    await guestlist.withdraw(ada.accountId, { groups: ['choir'] }, ada.accountId);
    expect((await accept(ada, (await guestlist.invite({ groups: ['choir'] })).url)).heading).toBe('You’re in!');
    const bea = await setting.member('lapsed', { groups: ['choir'], ends: { afterSeconds: 60 } });
    setting.server.pass(61);
    expect((await accept(bea, (await guestlist.invite({ groups: ['choir'] })).url)).heading).toBe('You’re in!');
  });

  test('a used link for one stays used after the removal (H5)', async () => {
    const ada = await setting.member('single');
    const { url, id } = await guestlist.invite({ groups: ['choir'] });
    await accept(ada, url);
    await guestlist.undo(id, 'operator');
    expect(refusalOn(await questionOf(ada, url))).toEqual(refused.usedUp);
    const bea = await setting.member('finds-it');
    expect(refusalOn(await questionOf(bea, url))).toEqual(refused.usedUp);
    expect(await setting.usedCount(id)).toBe(1);
  });
});

describe('what ends by itself', () => {
  test('is gone from the next token, from UserInfo and from a refresh, with no job having run', async () => {
    const ada = await setting.member('ends');
    await guestlist.addRight({ name: 'stage:look' });
    const { url } = await guestlist.invite({ groups: ['choir'], rights: ['stage:look'], ends: { afterSeconds: hour } });
    await accept(ada, url);
    const tokens = await setting.app.signInSilently(ada.browser);
    expect(tokens.claims()).toMatchObject({ groups: ['choir'], entitlements: ['door:open', 'stage:look'] });
    setting.server.pass(hour);
    const nothing = { groups: [], roles: [], entitlements: ['door:open'] };
    expect((await oidc.refreshTokenGrant(setting.app.config, tokens.refresh_token ?? '')).claims()).toMatchObject(nothing);
    const again = await setting.app.signInSilently(ada.browser);
    expect(again.claims()).toMatchObject(nothing);
    expect(await oidc.fetchUserInfo(setting.app.config, again.access_token, ada.accountId)).toMatchObject(nothing);
  });

  test('is not renewed by accepting the same link again (H7)', async () => {
    const ada = await setting.member('again');
    const { url, id } = await guestlist.invite({ groups: ['choir'], maxUses: 9, ends: { afterSeconds: hour } });
    const endOf = async () => (await setting.server.database('guestlist.membership').where({ invitation_id: id }).first()).ends_at;
    await accept(ada, url);
    const end = await endOf();
    setting.server.pass(hour / 2);
    expect((await accept(ada, url, 'Continue')).heading).toContain('already');
    expect(await endOf()).toEqual(end);
    setting.server.pass(hour);
    expect(refusalOn(await questionOf(ada, url))).toEqual(refused.usedUp);
    expect(await endOf()).toEqual(end);
    expect(await setting.groupsOf(ada.browser)).toEqual([]);
  });

  test('of two ends the later one counts, in whichever order they come', async () => {
    for (const order of [
      [1, 3],
      [3, 1],
    ]) {
      const ada = await setting.member(`later-${order.join('-')}`);
      for (const hours of order) {
        const { url } = await guestlist.invite({ groups: ['choir'], ends: { afterSeconds: hours * hour } });
        const question = await questionOf(ada, url);
        await ada.browser.submit(question, question.heading.includes('already') ? 'Continue' : 'Join');
      }
      setting.server.pass(2 * hour);
      expect(await setting.groupsOf(ada.browser)).toEqual(['choir']);
      setting.server.pass(hour);
      expect(await setting.groupsOf(ada.browser)).toEqual([]);
    }
  });
});

describe('undoing a link', () => {
  async function twoWithTwoLinks() {
    const [ada, bea] = [
      await setting.member(`ada-${secureRandom(4).toString('hex')}`),
      await setting.member(`bea-${secureRandom(4).toString('hex')}`),
    ];
    const first = await guestlist.invite({ groups: ['choir'], rights: ['door:open'], maxUses: 9 });
    const second = await guestlist.invite({ groups: ['choir:librarian', 'tour'], maxUses: 9 });
    for (const person of [ada, bea]) {
      await accept(person, first.url);
      await accept(person, second.url);
    }
    return { ada, bea, first, second };
  }
  const rolesOf = async ({ accountId }: Member) => (await guestlist.groupsOf(accountId)).roles;

  test('takes back what it gave, and leaves what another gave', async () => {
    const { ada, bea, first, second } = await twoWithTwoLinks();
    const given = await guestlist.givenThrough(first.id);
    expect(given).toEqual(
      [ada, bea].map(({ accountId }) => ({ accountId, grants: ['choir:member'] })).toSorted((a, b) => (a.accountId < b.accountId ? -1 : 1)),
    );
    expect(await rolesOf(ada)).toEqual(['choir:librarian', 'choir:member', 'tour:member']);
    expect(await guestlist.undo(first.id, 'operator')).toEqual(given);
    for (const person of [ada, bea]) {
      expect(await rolesOf(person)).toEqual(['choir:librarian', 'tour:member']);
      expect(await setting.groupsOf(person.browser)).toEqual(['choir', 'tour']);
    }
    expect(await guestlist.givenThrough(first.id)).toEqual([]);
    expect(await guestlist.undo(first.id, 'operator')).toEqual([]);
    expect(await guestlist.givenThrough(second.id)).toHaveLength(2);
    expect(await setting.usedCount(first.id)).toBe(2);
  });

  test('for one account leaves the others', async () => {
    const { ada, bea, second } = await twoWithTwoLinks();
    expect(await guestlist.undo(second.id, 'operator', [ada.accountId, 'nobody'])).toEqual([
      { accountId: ada.accountId, grants: ['choir:librarian', 'tour:member'] },
    ]);
    expect(await rolesOf(ada)).toEqual(['choir:member']);
    expect(await rolesOf(bea)).toEqual(['choir:librarian', 'choir:member', 'tour:member']);
    expect(await guestlist.undo(second.id, 'operator', [])).toEqual([]);
    expect(await rolesOf(bea)).toEqual(['choir:librarian', 'choir:member', 'tour:member']);
  });

  test('lets nobody back by a link that is out, whether it gives the group or the right', async () => {
    const ada = await setting.member('undone');
    await guestlist.addRight({ name: `stage:enter` });
    const { url, id } = await guestlist.invite({ groups: ['tour'], rights: ['stage:enter'] });
    const out = [await guestlist.invite({ groups: ['tour'], maxUses: 9 }), await guestlist.invite({ rights: ['stage:enter'], maxUses: 9 })];
    await accept(ada, url);
    await guestlist.undo(id, 'operator');
    for (const link of [...out, await guestlist.invite({ groups: ['tour'], maxUses: 9 })]) {
      expect(refusalOn(await questionOf(ada, link.url))).toEqual(refused.removed);
    }
    expect(await guestlist.groupsOf(ada.accountId)).toEqual({ groups: [], roles: [], entitlements: ['door:open'] });
  });

  test('is no bar to what comes later for somebody who is still in by another link', async () => {
    const { ada, first } = await twoWithTwoLinks();
    await guestlist.undo(first.id, 'operator');
    const { url } = await guestlist.invite({ groups: ['choir:stagehand'] });
    expect((await accept(ada, url)).heading).toBe('You’re in!');
  });
});

test('a disabled account gets nowhere, with a session or by signing in afresh; its invitation is not used (H9)', async () => {
  const ada = await setting.member('disabled');
  const { url, id } = await guestlist.invite({ groups: ['choir'] });
  const question = await questionOf(ada, url);
  const set = (what: string) =>
    setting.server.database.raw(`update guestlist.account set disabled_at = ${what} where id = ?`, [ada.accountId]);
  await set('now()');
  const before = await snapshot(setting.server.database);
  expect(refusalOn(await ada.browser.submit(question, 'Join'))).toEqual(refused.disabled);
  expect((await ada.browser.open(url)).heading).not.toBe('You’re in!');
  const fresh = anybody();
  const signedIn = await signIn(fresh, await fresh.submit(await fresh.open(url), 'login'), { email: ada.email });
  expect(refusalOn(signedIn)).toEqual(refused.disabled);
  await expect(setting.app.signInSilently(ada.browser)).rejects.toThrow();
  expect(await snapshot(setting.server.database)).toEqual(before);
  await set('null');
  expect((await accept(ada, url)).heading).toBe('You’re in!');
  expect(await setting.usedCount(id)).toBe(1);
});

test('withdrawn at each step: at the link, before signing in, on the form, on the question (H2)', async () => {
  const ada = await setting.member('in-time');
  const { url, id } = await guestlist.invite({ groups: ['choir'], maxUses: 9 });
  const [landed, signingIn, registering] = [anybody(), anybody(), anybody()];
  const landing = await landed.open(url);
  const signInPage = await signingIn.submit(await signingIn.open(url), 'login');
  const form = await openAsNewcomer(registering, url);
  const question = await questionOf(ada, url);
  await guestlist.revoke(id, 'operator');
  const before = await count(setting.server.database, 'account');
  expect(refusalOn(await anybody().open(url))).toEqual(refused.revoked);
  expect(refusalOn(await landed.submit(landing, 'create'))).toEqual(refused.revoked);
  expect(refusalOn(await signIn(signingIn, signInPage, { email: ada.email }))).toEqual(refused.revoked);
  expect(refusalOn(await register(registering, form, { email: 'too-late@example.org' }))).toEqual(refused.revoked);
  expect(refusalOn(await ada.browser.submit(question, 'Join'))).toEqual(refused.revoked);
  expect(await setting.groupsOf(ada.browser)).toEqual([]);
  expect(await setting.usedCount(id)).toBe(0);
  expect(await count(setting.server.database, 'account')).toBe(before);
});

test('declined at the door without signing in: it is on record and can be taken back, and a look declines nothing (C4)', async () => {
  await guestlist.invite({ groups: ['choir'], email: 'not-me@example.org' });
  const url = await mailedLink(setting.server.database, 'not-me@example.org');
  const { database } = setting.server;
  const declines = () => count(database, `audit_event where action = 'invitation.declined'`);
  const before = await declines();
  const browser = anybody();
  for (const path of ['/invite/decline', '/invite/decline']) await browser.open(path);
  expect(await declines()).toBe(before);
  const declined = await browser.submit(await browser.open(url), 'Not for me');
  expect(declined.heading).toBe('You’ve declined');
  expect(await declines()).toBe(before + 1);
  const back = await browser.open(declined.$('a.button').attr('href') ?? '');
  const form = await browser.submit(back, 'create');
  expect((await register(browser, form, { email: 'not-me@example.org' })).heading).toBe('You’re in!');
});

test('declined in the flow and taken back; after joining there is nothing to decline any more (H8)', async () => {
  const ada = await setting.member('undecided');
  const { url, id } = await guestlist.invite({ groups: ['choir'] });
  const question = await questionOf(ada, url);
  expect((await ada.browser.submit(question, 'Not now')).heading).toBe('You’ve declined');
  expect((await accept(ada, '/invite')).heading).toBe('You’re in!');
  await ada.browser.submit(question, 'Not now');
  expect(await setting.groupsOf(ada.browser)).toEqual(['choir']);
  expect((await ada.browser.open('/invite/done')).heading).toBe('You’re in!');
  expect(await setting.usedCount(id)).toBe(1);
});

test('who let whom in stays on record, whatever becomes of the link, the group and the inviter (H13, M6)', async () => {
  const manager = await setting.member('leaves-later', { groups: ['tour:manager'] });
  const ada = await setting.member('recorded');
  const { url, id } = await guestlist.invite({ groups: ['tour'], inviterId: manager.accountId, inviterName: 'Maya Lind', maxUses: 9 });
  await accept(ada, url);
  await guestlist.undo(id, manager.accountId);
  await guestlist.revoke(id, manager.accountId);
  await guestlist.changeGroup('tour', { archived: true });
  await setting.server.database.raw('update guestlist.account set disabled_at = now() where id = ?', [manager.accountId]);
  expect(await guestlist.find(id)).toMatchObject({ state: 'revoked', usedCount: 1, inviterId: manager.accountId, grants: ['tour:member'] });
  const { rows } = await setting.server.database.raw(
    `select r.account_id, t.channel, i.inviter_id, i.inviter_name from guestlist.redemption r
     join guestlist.invitation_token t on t.id = r.token_id join guestlist.invitation i on i.id = r.invitation_id where i.id = ?`,
    [id],
  );
  expect(rows).toEqual([{ account_id: ada.accountId, channel: 'link', inviter_id: manager.accountId, inviter_name: 'Maya Lind' }]);
  const told = (await guestlist.timeline(id)).map(
    ({ what, who }) => `${what} ${who === ada.accountId ? 'ada' : who === manager.accountId ? 'manager' : who}`,
  );
  expect(told).toEqual([
    'invitation.created manager',
    'invitation.redeemed ada',
    'mail.queued server',
    'invitation.undone manager',
    'invitation.revoked manager',
  ]);
});
