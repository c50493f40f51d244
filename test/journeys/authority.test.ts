/** Who may give what, when a link is made and each time somebody wants to use it (design §9). */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { auditTables, count, snapshot } from '../support/invariants.ts';
import { mailedLink } from '../support/mail.ts';
import { goodPassword, openAsNewcomer, register } from '../support/people.ts';
import { accept, createSetting, type Member, questionOf, refusalOn, refused, type Setting } from './setting.ts';

let setting: Setting;
let guestlist: Setting['guestlist'];
let admin: Member;
let manager: Member;
let librarian: Member;
let member: Member;

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', board: 'Vorstand', crew: 'Bühne' });
  guestlist = setting.guestlist;
  await guestlist.addRight({ name: 'invitations:create' });
  admin = await setting.member('admin', { rights: ['guestlist:admin'] });
  manager = await setting.member('manager', { groups: ['choir:manager'] });
  librarian = await setting.member('librarian', { groups: ['choir:manager', 'choir:librarian'] });
  member = await setting.member('member', { groups: ['choir'], rights: ['invitations:create', 'door:open'] });
});
afterAll(() => setting?.server.close());
beforeEach(async () => {
  await setting.server.database.raw('delete from guestlist.throttle');
});

const notAllowed = { code: 'grant_not_allowed' };
const byManager = (more: object = {}) => guestlist.invite({ groups: ['choir'], inviterId: manager.accountId, ...more });
const stranger = () => createBrowser(setting.server.issuer);
const seenBy = async (url: string) => refusalOn(await stranger().open(url));
const fine = { status: 200, code: undefined };

const people = { admin: () => admin, manager: () => manager, librarian: () => librarian, member: () => member };

test.each([
  ['admin', { groups: ['choir:manager', 'board'], rights: ['guestlist:admin'] }, true],
  ['manager', { groups: ['choir'] }, true],
  ['manager', { groups: ['choir:manager'] }, true],
  ['manager', { groups: ['choir:librarian'] }, false],
  ['manager', { groups: ['board'] }, false],
  ['manager', { groups: ['choir', 'board'] }, false],
  ['manager', { rights: ['door:open'] }, false],
  ['manager', { groups: ['choir'], rights: ['guestlist:admin'] }, false],
  ['librarian', { groups: ['choir:librarian'] }, true],
  ['member', { groups: ['choir'] }, false],
  ['member', { rights: ['door:open'] }, false],
] as const)('%s may invite to %j: %s; by a template no more than without (G1, G3)', async (who, wish, may) => {
  const { accountId: inviterId } = people[who]();
  const template = `t-${who}-${JSON.stringify(wish).replace(/[^a-z]+/g, '-')}x`;
  await guestlist.addTemplate({ name: template, wish: wish as never });
  const before = await snapshot(setting.server.database, auditTables);
  for (const options of [
    { ...wish, inviterId },
    { template, inviterId },
  ]) {
    const made = guestlist.invite(options as never);
    if (may) expect(await made).toHaveProperty('url');
    else await expect(made).rejects.toMatchObject(notAllowed);
  }
  if (!may) expect(await snapshot(setting.server.database, auditTables)).toEqual(before);
});

describe('an inviter who may not any more', () => {
  test('demoted: the link is on hold at every step, nothing is used, and with the role it works again (G4)', async () => {
    const { url, id } = await byManager({ maxUses: 5 });
    const [ada, bea] = [await setting.member('ada'), await setting.member('bea')];
    const question = await questionOf(ada, url);
    const newcomer = stranger();
    const form = await openAsNewcomer(newcomer, url);
    await guestlist.withdraw(manager.accountId, { groups: ['choir:manager'] });
    const before = await snapshot(setting.server.database);
    expect(await seenBy(url)).toEqual(refused.suspended);
    expect(refusalOn(await ada.browser.submit(question, 'Join'))).toEqual(refused.suspended);
    expect(refusalOn(await register(newcomer, form, { email: 'newcomer@example.org' }))).toEqual(refused.suspended);
    expect(await snapshot(setting.server.database)).toEqual(before);
    expect((await guestlist.find(id))?.state).toBe('suspended');

    await guestlist.grant(manager.accountId, { groups: ['choir:manager'] });
    expect((await accept(bea, url)).heading).toBe('You’re in!');
    expect((await register(newcomer, form, { email: 'newcomer@example.org' })).heading).toBe('You’re in!');
    expect(await setting.usedCount(id)).toBe(2);
  });

  test('disabled: on hold, and back with the account (G5)', async () => {
    const { url, id } = await byManager();
    const set = (what: string) =>
      setting.server.database.raw(`update guestlist.account set disabled_at = ${what} where id = ?`, [manager.accountId]);
    await set('now()');
    expect(await seenBy(url)).toEqual(refused.suspended);
    await expect(byManager()).rejects.toMatchObject(notAllowed);
    await set('null');
    expect(await seenBy(url)).toEqual(fine);
    expect(await setting.usedCount(id)).toBe(0);
  });
});

test('a closed group: its links are on hold, apps hear nothing of it, and all is back when it opens (G6, H10, H12)', async () => {
  const ada = await setting.member('in-crew', { groups: ['crew', 'board'] });
  const { url } = await guestlist.invite({ groups: ['crew'] });
  await guestlist.changeGroup('crew', { archived: true });
  expect(await seenBy(url)).toEqual(refused.suspended);
  await expect(guestlist.invite({ groups: ['crew'] })).rejects.toMatchObject({ code: 'group_not_found' });
  await expect(guestlist.addGroup({ slug: 'crew', name: 'Namesake' })).rejects.toMatchObject({ code: 'group_exists' });
  expect(await setting.groupsOf(ada.browser)).toEqual(['board']);
  await guestlist.changeGroup('crew', { archived: false });
  expect(await seenBy(url)).toEqual(fine);
  expect(await setting.groupsOf(ada.browser)).toEqual(['board', 'crew']);
});

test('whoever could not make it cannot change it either, nor send, confirm, decide, undo or withdraw it (G2)', async () => {
  await guestlist.addGroup({ slug: 'vault', name: 'Vault', sensitive: true });
  const { id: sensitive } = await guestlist.invite({ groups: ['vault'] });
  const { id, url } = await guestlist.invite({
    groups: ['board'],
    approval: true,
    maxUses: 5,
    email: 'guest@example.org',
    emailRule: 'any',
    channels: ['link'],
  });
  const ada = await setting.member('asks-board');
  await accept(ada, url ?? '', 'Ask to join');
  const before = await snapshot(setting.server.database, auditTables);
  for (const { accountId: actor } of [manager, member, ada]) {
    const deeds = [
      () => guestlist.change(id, { maxUses: 50 }, actor),
      () => guestlist.change(id, { expiresAt: setting.inDays(300) }, actor),
      () => guestlist.change(id, { pin: null }, actor),
      () => guestlist.resend(id, actor),
      () => guestlist.confirm(sensitive, actor),
      () => guestlist.approve(id, ada.accountId, actor),
      () => guestlist.reject(id, ada.accountId, actor),
      () => guestlist.undo(id, actor),
      () => guestlist.revoke(id, actor),
    ];
    for (const deed of deeds) await expect(deed()).rejects.toMatchObject(notAllowed);
  }
  expect(await snapshot(setting.server.database, auditTables)).toEqual(before);
});

test('whoever made it may withdraw it, also when they could not make it any more', async () => {
  const leaving = await setting.member('leaving', { groups: ['choir:manager'] });
  const { id } = await guestlist.invite({ groups: ['choir'], inviterId: leaving.accountId });
  await guestlist.withdraw(leaving.accountId, { groups: ['choir'] });
  await expect(guestlist.change(id, { maxUses: 2 }, leaving.accountId)).rejects.toMatchObject(notAllowed);
  expect(await guestlist.revoke(id, leaving.accountId)).toBe(true);
});

test('whoever has an account is invited like anybody else: nothing is given before they say yes (G11)', async () => {
  const ada = await setting.member('has-account', { verified: true });
  await guestlist.invite({ groups: ['choir'], email: ada.email });
  expect(await setting.groupsOf(ada.browser)).toEqual([]);
  expect((await accept(ada, await mailedLink(setting.server.database, ada.email))).heading).toBe('You’re in!');
});

describe('what nobody asked for (G13, G14)', () => {
  const smuggled = {
    usedCount: -5,
    used_count: -5,
    revokedAt: null,
    confirmedAt: new Date(),
    askedForAt: undefined,
    confirmedBy: 'x',
    createdAt: new Date(0),
    pinHash: 'x',
    id: 'mine',
    token: 'A'.repeat(22),
    groupId: 'x',
    inviter_id: null,
  };

  test.each(Object.keys(smuggled))('%s among the options of an invitation makes none', async (key) => {
    const options = { groups: ['choir'], [key]: smuggled[key as keyof typeof smuggled] } as never;
    const before = await snapshot(setting.server.database);
    await expect(guestlist.invite(options)).rejects.toThrow(TypeError);
    await expect(guestlist.invite(options)).rejects.toThrow(key);
    expect(await snapshot(setting.server.database)).toEqual(before);
  });

  test.each(['groups', 'role', 'is_admin', 'email_verified', 'accountId', 'login[accountId]', 'role[]', 'invitation_id'])(
    '%s in the form of a newcomer makes no account',
    async (key) => {
      const { url, id } = await guestlist.invite({ groups: ['choir'] });
      const browser = stranger();
      const form = await openAsNewcomer(browser, url);
      const fields = { email: `smuggler@example.org`, name: 'Ada', password: goodPassword, [key]: 'board' };
      const page = await browser.submit(form, 'Create account and join', fields);
      expect(page.status).toBe(422);
      expect(await setting.usedCount(id)).toBe(0);
      expect(await count(setting.server.database, `account_email where email_key = 'smuggler@example.org'`)).toBe(0);
    },
  );

  test('more fields in the form of somebody who accepts give nothing more', async () => {
    const ada = await setting.member('greedy');
    const { url, id } = await guestlist.invite({ groups: ['choir'] });
    const extra = {
      groups: 'board',
      role: 'manager',
      accountId: manager.accountId,
      'login[accountId]': manager.accountId,
      invitation: 'x',
    };
    const page = await ada.browser.submit(await questionOf(ada, url), 'Join', extra);
    expect([200, 422]).toContain(page.status);
    expect([[], ['choir']]).toContainEqual(await setting.groupsOf(ada.browser));
    const { rows } = await setting.server.database.raw('select account_id, role from guestlist.membership where invitation_id = ?', [id]);
    for (const row of rows) expect(row).toEqual({ account_id: ada.accountId, role: 'member' });
  });
});

test('accepting adds and never lowers (G20)', async () => {
  const { url, id } = await guestlist.invite({ groups: ['choir', 'board'], ends: { afterSeconds: 3600 } });
  const waiting = await guestlist.invite({ groups: ['crew'], email: librarian.email });
  expect((await accept(librarian, url)).heading).toBe('You’re in!');
  expect(await guestlist.groupsOf(librarian.accountId)).toMatchObject({
    roles: ['board:member', 'choir:librarian', 'choir:manager'],
    groups: ['board', 'choir'],
  });
  expect(await guestlist.givenThrough(id)).toEqual([{ accountId: librarian.accountId, grants: ['board:member'] }]);
  expect(await setting.usedCount(waiting.id)).toBe(0);
});

test('an invitation of one’s own gives what one lacks, but no longer time (G19)', async () => {
  const self = await setting.member('own-link', { groups: ['choir:manager'], ends: { afterSeconds: 3600 } });
  const mine = { inviterId: self.accountId };
  for (const groups of [['choir'], ['choir:manager']]) {
    const { url, id } = await guestlist.invite({ groups, ...mine });
    expect((await questionOf(self, url)).heading).toContain('already');
    expect(await setting.usedCount(id)).toBe(0);
  }
  await expect(guestlist.invite({ groups: ['board'], ...mine })).rejects.toMatchObject(notAllowed);
  const { rows } = await setting.server.database.raw(
    'select bool_or(ends_at is null) as forever from guestlist.membership where account_id = ?',
    [self.accountId],
  );
  expect(rows[0].forever).toBe(false);
});

describe('sensitive groups need a second person', () => {
  let other: Member;
  beforeAll(async () => {
    await guestlist.addGroup({ slug: 'safe', name: 'Safe', sensitive: true });
    for (const { accountId } of [manager, librarian]) await guestlist.grant(accountId, { groups: ['safe:manager'] });
    other = await setting.member('other', { groups: ['safe'] });
  });
  const toSafe = (more: object = {}) => guestlist.invite({ groups: ['safe'], inviterId: manager.accountId, maxUses: 9, ...more });
  const needsSecond = { code: 'second_person_needed' };

  test('until then no mail goes out and the link does nothing; neither the inviter nor just anybody can say yes', async () => {
    const ada = await setting.member('ada-safe', { verified: true });
    const mailsBefore = (await setting.mailsTo(ada.email)).length;
    const { id, url, needsConfirming } = await toSafe({ email: ada.email, channels: ['mail', 'link'] });
    expect(needsConfirming).toBe(true);
    expect(await setting.mailsTo(ada.email)).toHaveLength(mailsBefore);
    expect(await seenBy(url ?? '')).toEqual(refused.suspended);
    expect(await guestlist.waitingFor(ada.accountId)).toEqual([]);
    await expect(guestlist.confirm(id, manager.accountId)).rejects.toMatchObject(needsSecond);
    await expect(guestlist.resend(id, librarian.accountId)).rejects.toMatchObject(needsSecond);
    for (const { accountId } of [other, ada, member]) await expect(guestlist.confirm(id, accountId)).rejects.toMatchObject(notAllowed);
    expect(await setting.mailsTo(ada.email)).toHaveLength(mailsBefore);

    await guestlist.confirm(id, librarian.accountId);
    await expect(guestlist.confirm(id, admin.accountId)).rejects.toMatchObject({ code: 'nothing_to_confirm' });
    expect((await setting.mailsTo(ada.email)).length - mailsBefore).toBe(1);
    expect((await accept(ada, await mailedLink(setting.server.database, ada.email))).heading).toBe('You’re in!');
  });

  test.each([
    ['its end', () => ({ expiresAt: setting.inDays(30) })],
    ['its places', () => ({ maxUses: 50 })],
    ['its PIN', () => ({ pin: null })],
  ])('whoever changes %s needs a second person again', async (_what, change) => {
    const { id, url } = await toSafe({ pin: '471193' });
    await guestlist.confirm(id, librarian.accountId);
    expect(await seenBy(url)).toEqual(fine);
    await guestlist.change(id, change(), manager.accountId);
    expect(await seenBy(url)).toEqual(refused.suspended);
    await expect(guestlist.confirm(id, manager.accountId)).rejects.toMatchObject(needsSecond);
    await guestlist.confirm(id, admin.accountId);
    expect(await seenBy(url)).toEqual(fine);
  });

  test('a group that becomes sensitive puts the links on hold that are out already (G7, G8)', async () => {
    await guestlist.addGroup({ slug: 'grows', name: 'Grows' });
    const { url, id } = await guestlist.invite({ groups: ['grows'] });
    const ada = await setting.member('ada-grows');
    const question = await questionOf(ada, url);
    await guestlist.changeGroup('grows', { sensitive: true });
    expect(refusalOn(await ada.browser.submit(question, 'Join'))).toEqual(refused.suspended);
    expect(await setting.usedCount(id)).toBe(0);
    await expect(guestlist.confirm(id, 'operator')).rejects.toMatchObject(needsSecond);
    await guestlist.confirm(id, admin.accountId);
    expect((await accept(ada, url)).heading).toBe('You’re in!');
  });
});
