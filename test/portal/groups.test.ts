/** What somebody belongs to, and leaving it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLogoutSetting, expectDead, type LogoutSetting } from '../journeys/app-logout-setting.ts';
import { accept, createSetting, questionOf, refused, refusalOn, type Setting } from '../journeys/setting.ts';

let setting: Setting;
beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', stage: 'Stage crew', board: 'Vorstand', tour: 'Summer tour' });
  const { guestlist } = setting;
  await guestlist.addGroup({ slug: 'tenors', name: 'Tenors', parent: 'choir', rights: ['tenors:read'] });
  await guestlist.addGroup({ slug: 'root', name: 'Root', rights: ['guestlist:admin'] });
});
afterAll(() => setting.server.close());
beforeEach(async () => {
  await setting.server.database.raw('delete from guestlist.throttle');
});

describe('my groups', () => {
  test('are listed with what they are for, what I am there, since when, until when and through whom', async () => {
    const { guestlist } = setting;
    const member = await setting.member('ada');
    const ends = { at: setting.inDays(30) };
    const { url } = await guestlist.invite({ groups: ['stage:lights'], inviterName: 'Maya Lind', ends });
    await accept(member, url);
    await guestlist.grant(member.accountId, { groups: ['tenors'] });
    const page = await member.browser.open('/me');
    const text = (name: string) => page.$(`.tickets li:contains("${name}")`).text().replace(/\s+/g, ' ');
    expect(text('Stage crew')).toMatch(/as \u2068lights\u2069 What stage is for Since .* Until .* Invited by \u2068Maya Lind\u2069/);
    expect(text('Tenors')).toMatch(/as \u2068member\u2069.*Given by an administrator.*tenors:read/);
    expect(text('Tenors')).not.toContain('Until');
    expect(text('door:open')).toContain('By an invitation');
    expect(page.html).not.toContain('Vorstand');
  });

  test('tell of rights that come from the group above', async () => {
    const { guestlist } = setting;
    await guestlist.addGroup({ slug: 'house', name: 'House', rights: ['house:enter'] });
    await guestlist.addGroup({ slug: 'attic', name: 'Attic', parent: 'house' });
    const member = await setting.member('bea', { groups: ['attic'] });
    expect((await member.browser.open('/me')).$('.tickets li:contains("Attic")').text()).toContain('house:enter');
    await guestlist.changeGroup('house', { archived: true });
    expect((await member.browser.open('/me')).$('.tickets li:contains("Attic")').text()).not.toContain('house:enter');
  });

  test('that are closed say so; memberships that are over are gone', async () => {
    const { guestlist, server } = setting;
    const member = await setting.member('cara', { groups: ['tour'] });
    await guestlist.grant(member.accountId, { groups: ['board'], ends: { at: setting.inDays(1) } });
    await guestlist.changeGroup('tour', { archived: true });
    expect((await member.browser.open('/me')).$('.tickets li:contains("Summer tour")').text()).toContain('Closed');
    expect((await member.browser.open('/me')).html).toContain('Vorstand');
    server.pass(2 * 24 * 60 * 60);
    expect((await member.browser.open('/me')).html).not.toContain('Vorstand');
    server.pass(-2 * 24 * 60 * 60);
  });

  test('that are none are no empty page', async () => {
    const member = await setting.member('dora');
    await setting.guestlist.withdraw(member.accountId, { rights: ['door:open'] });
    const page = await member.browser.open('/me');
    expect(page.$('main').text()).toContain('You are in no group yet.');
    expect(page.$('form').attr('action')).toBe('/invite/code');
  });

  test('come with what waits for me, and with where I could ask', async () => {
    const { guestlist } = setting;
    const member = await setting.member('emma', { verified: true });
    expect((await member.browser.open('/me')).html).not.toContain('/invite/waiting');
    expect((await member.browser.open('/me')).html).not.toContain('/invite/request');
    await guestlist.invite({ groups: ['board'], email: member.email });
    await guestlist.requests.open('stage');
    const page = await member.browser.open('/me');
    expect(page.$('a[href="/invite/waiting"]').parent().text()).toContain('1 invitation waits for you.');
    expect(page.$('a[href="/invite/request"]').text()).toBe('Ask to join another group');
    await guestlist.grant(member.accountId, { groups: ['stage'] });
    expect((await member.browser.open('/me')).html).not.toContain('/invite/request');
  });
});

describe('leaving a group', () => {
  test('takes effect in the next token, and is on record as my own deed', async () => {
    const { server, app } = setting;
    const member = await setting.member('fay', { groups: ['choir', 'choir:manager', 'stage'] });
    expect((await app.signInSilently(member.browser)).claims()?.['groups']).toEqual(['choir', 'stage']);
    const question = await member.browser.open('/me/groups/choir/leave');
    expect(question.heading).toBe('Leave \u2068Kammerchor Nord\u2069?');
    const left = await member.browser.submit(question, 'Leave \u2068Kammerchor Nord\u2069');
    expect(left.$('[role="status"]').text()).toContain('You have left the group.');
    expect((await app.signInSilently(member.browser)).claims()).toMatchObject({ groups: ['stage'], roles: ['stage:member'] });
    const { rows } = await server.database.raw(
      `select actor, address_block is not null as "hasPlace", detail from guestlist.audit_event
       where subject = ? and action = 'grant.withdrawn'`,
      [member.accountId],
    );
    expect(rows).toEqual([{ actor: member.accountId, hasPlace: true, detail: { grants: ['choir:manager', 'choir:member'] } }]);
  });

  test('is not being removed: any other invitation lets me in again, but the one I came by does not', async () => {
    const { guestlist } = setting;
    const member = await setting.member('gus');
    const { url } = await guestlist.invite({ groups: ['choir'], maxUses: 9 });
    await accept(member, url);
    await member.browser.submit(await member.browser.open('/me/groups/choir/leave'), 'Leave \u2068Kammerchor Nord\u2069');
    expect(refusalOn(await questionOf(member, url))).toEqual(refused.usedUp);
    const other = await guestlist.invite({ groups: ['choir'], maxUses: 9 });
    expect((await accept(member, other.url)).heading).toBe('You’re in!');
    expect((await member.browser.open('/me')).html).toContain('Kammerchor Nord');
  });

  test('warns whoever is the last to manage it, and names what stops working', async () => {
    const { guestlist } = setting;
    const member = await setting.member('hanna', { groups: ['board:manager'] });
    const other = await setting.member('ida', { groups: ['board:manager'] });
    await guestlist.invite({ groups: ['board'], inviterId: member.accountId, inviterName: 'Hanna' });
    const early = await member.browser.open('/me/groups/board/leave');
    expect(early.html).not.toContain('Nobody else manages this group.');
    expect(early.$('main').text()).toContain('An invitation you made to it stops working.');
    await guestlist.withdraw(other.accountId, { groups: ['board'] });
    expect((await member.browser.open('/me/groups/board/leave')).html).toContain('Nobody else manages this group.');
  });

  test('that I am not in, or that does not exist, is no page', async () => {
    const { browser } = await setting.member('jon', { groups: ['stage'] });
    for (const slug of ['choir', 'nowhere', 'STAGE']) {
      expect((await browser.open(`/me/groups/${slug}/leave`)).status).toBe(404);
    }
    const stale = await browser.open('/me/groups/stage/leave');
    await browser.submit(stale, 'Leave \u2068Stage crew\u2069');
    expect((await browser.submit(stale, 'Leave \u2068Stage crew\u2069')).status).toBe(404);
  });

  test('is refused to the last admin, whose group it is that makes one', async () => {
    const { guestlist } = setting;
    const member = await setting.member('kim', { groups: ['root'] });
    const leave = async () => member.browser.submit(await member.browser.open('/me/groups/root/leave'), 'Leave \u2068Root\u2069');
    expect(refusalOn(await leave())).toEqual({ status: 409, code: 'last_admin' });
    expect((await guestlist.groupsOf(member.accountId)).groups).toEqual(['root']);
    const other = await setting.member('lea', { rights: ['guestlist:admin'] });
    await leave();
    expect((await guestlist.groupsOf(member.accountId)).groups).toEqual([]);
    await guestlist.withdraw(other.accountId, { rights: ['guestlist:admin'] });
  });

  test('of two last admins who leave at the same moment, one stays', async () => {
    const { guestlist } = setting;
    const both = await Promise.all(['mia', 'nora'].map((name) => setting.member(name, { groups: ['root'] })));
    const questions = await Promise.all(both.map(({ browser }) => browser.open('/me/groups/root/leave')));
    await Promise.all(both.map(({ browser }, index) => browser.submit(questions[index] as never, 'Leave \u2068Root\u2069')));
    const stayed = await Promise.all(both.map(({ accountId }) => guestlist.groupsOf(accountId)));
    expect(stayed.map(({ groups }) => groups.length).sort()).toEqual([0, 1]);
  });
});

describe('an app that is for the group alone', () => {
  let apps: LogoutSetting;
  beforeAll(async () => {
    apps = await createLogoutSetting();
  });
  afterAll(() => apps.close());

  test('is named before, and hears of it when somebody leaves', async () => {
    const person = await apps.boardMember('otto');
    const tokens = await apps.closed.signInSilently(person.browser);
    const question = await person.browser.open('/me/groups/board/leave');
    expect(question.$('main').text()).toMatch(/Apps that are for its members will sign you out\s+closed/);
    await person.browser.submit(question, 'Leave \u2068Group board\u2069');
    await apps.thoroughly();
    await expectDead(apps.closed, tokens);
    expect(await apps.fates()).toEqual([{ attempts: 1, end: 'delivered' }]);
  });
});
