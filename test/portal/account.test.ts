/** One's own name, data and account. */
import * as oidc from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { inTransaction } from '../../src/lib/db.ts';
import { forgetBrowsers } from '../../src/oidc/sign-in-store.ts';
import { accept, createSetting, type Member, refusalOn, type Setting } from '../journeys/setting.ts';
import { createBrowser } from '../support/browser.ts';
import { mailedLink } from '../support/mail.ts';
import { confirmRequest, goodPassword, join, sendRequest, signIn } from '../support/people.ts';

let setting: Setting;
beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', stage: 'Stage crew' });
});
afterAll(() => setting.server.close());
beforeEach(async () => {
  await setting.server.database.raw('delete from guestlist.throttle');
});

const auditOf = async (accountId: string, action: string) =>
  (await setting.server.database.raw('select * from guestlist.audit_event where subject = ? and action = ?', [accountId, action])).rows;

describe('the name', () => {
  test('is changed, apps hear it next, and the record has neither the old nor the new one', async () => {
    const { browser, accountId } = await setting.member('ada');
    const page = await browser.submit(await browser.open('/me/account/name'), 'Save', { name: '  Ada Lovelace  ' });
    expect(page.$('main').text()).toContain('Your name has been changed.');
    const { access_token } = await setting.app.signInSilently(browser);
    expect(await oidc.fetchUserInfo(setting.app.config, access_token, accountId)).toMatchObject({ name: 'Ada Lovelace' });
    const [event, ...others] = await auditOf(accountId, 'account.renamed');
    expect([event.actor, event.detail, others]).toEqual([accountId, {}, []]);
  });

  test.each([
    ['', 'Enter your name.'],
    ['x'.repeat(101), 'This name is too long.'],
    ['Ada\u202Ekrap', 'This name holds a character that can’t be shown.'],
  ])('that cannot be one is put right: %j', async (name, complaint) => {
    const { browser, email } = await setting.member(`odd-${name.length}`);
    const page = await browser.submit(await browser.open('/me/account/name'), 'Save', { name });
    expect(page.status).toBe(422);
    expect(page.$('.summary').text()).toContain(complaint);
    expect((await browser.open('/me/account')).$('.person').text()).toContain(email.split('@')[0]);
  });

  test('that stays the same is no news', async () => {
    const { browser, accountId } = await setting.member('same');
    await browser.submit(await browser.open('/me/account/name'), 'Save', { name: 'same' });
    expect(await auditOf(accountId, 'account.renamed')).toEqual([]);
  });
});

describe('my data', () => {
  async function download({ browser }: Member) {
    const page = await browser.open('/me/data');
    const form_token = String(page.$('[name="form_token"]').attr('value'));
    return browser.post('/me/data', { form_token });
  }

  test('is one file with everything of mine, and nothing of anybody else’s', async () => {
    const { guestlist } = setting;
    const [member, other] = [await setting.member('bea', { verified: true }), await setting.member('cara')];
    const { url, id } = await guestlist.invite({ groups: ['stage'], inviterName: 'Maya Lind' });
    await accept(member, url);
    await guestlist.grant(member.accountId, { groups: ['choir:manager'] });
    await guestlist.withdraw(member.accountId, { rights: ['door:open'] });
    await guestlist.invite({ groups: ['choir'], email: 'new@example.org', message: 'Do come', inviterId: member.accountId });
    await setting.app.signInSilently(member.browser);
    const file = await download(member);
    expect(file.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'content-disposition': expect.stringMatching(/^attachment; filename="guestlist-\d{4}-\d\d-\d\d\.json"$/),
    });
    const data = JSON.parse(file.html);
    expect(data).toMatchObject({
      account: [{ id: member.accountId, name: 'bea' }],
      addresses: [{ email: member.email, is_main: true }],
      invitations_accepted: expect.arrayContaining([expect.objectContaining({ invitation: id })]),
      invitations_made: [{ to: 'new@example.org', message: 'Do come', gives: ['choir:member'] }],
      mails: expect.arrayContaining([expect.objectContaining({ kind: 'invited', to: member.email })]),
      rights: [{ right: 'door:open', ended_by: 'somebody else' }],
      sessions: [{ is_this: true }],
      apps: [{ app: 'app', scopes: expect.arrayContaining(['openid', 'groups']) }],
    });
    const byGroup = (one: { group: string }, two: { group: string }) => one.group.localeCompare(two.group);
    expect(data.memberships.toSorted(byGroup)).toMatchObject([
      { group: 'choir', role: 'manager', invited_by: null },
      { group: 'stage', role: 'member', invitation: id, invited_by: 'Maya Lind' },
    ]);
    expect(data.record.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining(['account.exported', 'grant.withdrawn']),
    );
    expect(file.html).not.toContain(other.accountId);
    expect(file.html).not.toContain(other.email);
  });

  test('has what I made in the console and where I am signed in there', async () => {
    const { guestlist, server } = setting;
    const member = await setting.member('cem', { groups: ['choir:manager'] });
    await server.database('guestlist.console_session').insert({
      ...{ digest: Buffer.alloc(32, 7), account_id: member.accountId, session_uid: 'uid', sid: 'sid' },
      ...{ authenticated_at: server.now(), created_at: server.now(), seen_at: server.now(), ends_at: setting.inDays(1) },
    });
    const wish = { groups: ['choir'], message: 'Sing with us' };
    await guestlist.campaigns.create({ name: 'Spring', wish, inviterId: member.accountId, rows: { cards: 1 } });
    await server.database('guestlist.account').where({ id: member.accountId }).update({ locale: 'de' });
    const { html } = await download(member);
    expect(JSON.parse(html)).toMatchObject({
      account: [{ language: 'de' }],
      campaigns_made: [{ name: 'Spring', kind: 'cards', message: 'Sing with us' }],
      console_sessions: [{ ends_at: expect.any(String), since: expect.any(String) }],
    });
    expect(html).not.toContain('07'.repeat(32));
  });

  test('holds no secret, not even the digest of one', async () => {
    const { database } = setting.server;
    const member = await setting.member('dora', { verified: true });
    const { html } = await download(member);
    const { rows } = await database.raw(
      `select password_hash as secret from guestlist.account union all select encode(digest, 'hex') from guestlist.invitation_token
       union all select id from guestlist.oidc_payload where kind = 'Session' union all select uid from guestlist.oidc_payload where uid is not null
       union all select seal from (select encode(sealed, 'hex') as seal from guestlist.mail where sealed is not null) mail`,
    );
    expect(rows.length).toBeGreaterThan(5);
    for (const { secret } of rows) expect(html).not.toContain(secret);
    expect(html).not.toMatch(/argon2|password_hash|digest/);
  });

  test('is complete however much there is', async () => {
    const { database } = setting.server;
    const member = await setting.member('emil');
    await database.raw(
      `insert into guestlist.audit_event (id, at, actor, action, subject, detail)
       select 'many-' || lpad(n::text, 6, '0'), now(), ?, 'account.signed_in', ?, '{}' from generate_series(1, 1203) n`,
      [member.accountId, member.accountId],
    );
    const data = JSON.parse((await download(member)).html);
    const many = data.record.filter(({ action }: { action: string }) => action === 'account.signed_in');
    expect(many.length).toBeGreaterThanOrEqual(1203);
  });

  test('has nothing that was written to an address which I have not proven, and erasing it takes nothing of that away', async () => {
    const { guestlist, server } = setting;
    await guestlist.requests.open('choir');
    const nora = 'nora@example.org';
    await sendRequest(server, 'choir', { email: nora, name: 'Nora Real', note: 'I sing alto.' });
    await confirmRequest(server, nora);
    await guestlist.invite({ groups: ['stage'], email: nora });
    // Somebody who came by a link for anybody, and gave an address that is not theirs.
    const mallory = await setting.member('nora');
    const { html } = await download(mallory);
    expect(html).not.toMatch(/Nora Real|I sing alto/);
    expect(JSON.parse(html)).toMatchObject({ requests_to_be_invited: [], mails: [] });
    await mallory.browser.submit(await mallory.browser.open('/me/delete'), 'Delete my account for good', {
      email: nora,
      current: goodPassword,
    });
    expect(await guestlist.requests.waiting()).toMatchObject([{ email: nora, name: 'Nora Real' }]);
    expect(await mailedLink(server.database, nora)).toContain('/invite/');
    expect((await join(createBrowser(server.issuer), await mailedLink(server.database, nora), { email: nora })).heading).toBe('You’re in!');
  });

  test('is not to be had by a link from elsewhere: opening the page sends nothing', async () => {
    const member = await setting.member('fritz');
    const page = await member.browser.open('/me/data');
    expect([page.heading, page.headers['content-disposition']]).toEqual(['Download my data', undefined]);
    expect(await auditOf(member.accountId, 'account.exported')).toEqual([]);
  });
});

describe('deleting the account', () => {
  const remove = async ({ browser, email }: Pick<Member, 'browser' | 'email'>, fields = {}) =>
    browser.submit(await browser.open('/me/delete'), 'Delete my account for good', { email, current: goodPassword, ...fields });

  test('names what goes and what stays', async () => {
    const { browser } = await setting.member('gerd', { groups: ['choir', 'stage'] });
    const text = (await browser.open('/me/delete')).$('main').text();
    expect(text).toMatch(/What goes[\s\S]*Your 2 memberships[\s\S]*Kammerchor Nord · Stage crew[\s\S]*What stays/);
  });

  test.each([
    ['a wrong password', { current: 'not the password at all' }, 'This isn’t your current password.'],
    ['another address', { email: 'other@example.org' }, 'This isn’t the address of your account.'],
    ['nothing', { email: '', current: '' }, 'Enter your current password.'],
  ])('is not done with %s', async (title, fields, complaint) => {
    const member = await setting.member(`not-${title.replaceAll(' ', '-')}`);
    const page = await remove(member, fields);
    expect(page.status).toBe(422);
    expect(page.$('.summary').text()).toContain(complaint);
    expect((await member.browser.open('/me')).heading).toBe('My groups');
  });

  test('ends everything at once: sessions, apps, groups, and what was written down', async () => {
    const { server, app, guestlist } = setting;
    const member = await setting.member('hedi', { groups: ['choir:manager'] });
    const other = await setting.again(member);
    const tokens = await app.signInSilently(member.browser);
    const { url } = await guestlist.invite({ groups: ['choir'], inviterId: member.accountId, inviterName: 'Hedi' });
    const page = await remove(member);
    expect([page.heading, new URL(page.url).pathname]).toEqual(['Your account is gone', '/me/deleted']);
    for (const browser of [member.browser, other]) expect((await browser.open('/me')).heading).toBe('Sign in');
    const again = createBrowser(server.issuer);
    expect((await signIn(again, await again.open('/me'), member)).status).toBe(422);
    await expect(oidc.fetchUserInfo(app.config, tokens.access_token, member.accountId)).rejects.toThrow();
    await expect(oidc.refreshTokenGrant(app.config, tokens.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await guestlist.groupsOf(member.accountId)).groups).toEqual([]);
    expect(refusalOn(await createBrowser(server.issuer).open(url))).toEqual({ status: 403, code: 'invitation_suspended' });
    const { rows } = await server.database.raw('select name, password_hash from guestlist.account where id = ?', [member.accountId]);
    expect(rows).toEqual([{ name: '', password_hash: null }]);
    const kept = await server.database.raw('select 1 from guestlist.session_browser where account_id = ?', [member.accountId]);
    expect(kept.rows).toEqual([]);
    const [event] = await auditOf(member.accountId, 'account.erased');
    expect([event.actor, event.address_block === null]).toEqual([member.accountId, false]);
  });

  test('waits for what is being given at the same moment, and ends that as well', async () => {
    const { guestlist, server } = setting;
    const member = await setting.member('olga');
    const waiting = async () =>
      (await server.database.raw(`select 1 from pg_locks where locktype = 'advisory' and not granted`)).rows.length > 0;
    let removed: Promise<unknown> = Promise.resolve();
    await inTransaction(server.database, async (trx) => {
      await guestlist.within(trx).grant(member.accountId, { groups: ['choir'] });
      removed = remove(member);
      await vi.waitFor(async () => expect(await waiting()).toBe(true), { timeout: 8_000, interval: 50 });
    });
    await removed;
    const { rows } = await server.database.raw('select ended_at from guestlist.membership where account_id = ?', [member.accountId]);
    expect(rows).toEqual([{ ended_at: expect.any(Date) }]);
  });

  test('counts stay right', async () => {
    const { guestlist } = setting;
    const member = await setting.member('ivo');
    const { url, id } = await guestlist.invite({ groups: ['stage'], maxUses: 5 });
    await accept(member, url);
    await remove(member);
    expect(await setting.usedCount(id)).toBe(1);
  });

  test('is refused to the last admin, with a sentence, and nothing has ended', async () => {
    const { guestlist, app } = setting;
    const member = await setting.member('jana', { rights: ['guestlist:admin'] });
    const page = await remove(member);
    expect(refusalOn(page)).toEqual({ status: 409, code: 'last_admin' });
    expect(page.$('main').text()).toContain('Make somebody else an administrator first');
    expect((await app.signInSilently(member.browser)).claims()?.['entitlements']).toContain('guestlist:admin');
    const other = await setting.member('kai', { rights: ['guestlist:admin'] });
    expect((await remove(member)).heading).toBe('Your account is gone');
    await guestlist.withdraw(other.accountId, { rights: ['guestlist:admin'] });
  });

  test('too many wrong passwords are counted together with signing in', async () => {
    const member = await setting.member('lotte');
    for (let tries = 0; tries < 10; tries += 1) await remove(member, { current: `wrong password number ${tries}` });
    const page = await remove(member);
    expect(refusalOn(page)).toEqual({ status: 429, code: 'too_many_requests' });
  });
});

test('in which browser a session began is forgotten some time after the session is', async () => {
  const { database, now } = setting.server;
  const member = await setting.member('maja');
  const count = async () =>
    (await database.raw('select 1 from guestlist.session_browser where account_id = ?', [member.accountId])).rows.length;
  await forgetBrowsers(database, setting.inDays(1));
  expect(await count()).toBe(1);
  await database.raw(`delete from guestlist.oidc_payload where kind = 'Session' and payload ->> 'accountId' = ?`, [member.accountId]);
  await forgetBrowsers(database, new Date(now().getTime() - 60_000));
  expect(await count()).toBe(1);
  await forgetBrowsers(database, setting.inDays(1));
  expect(await count()).toBe(0);
});
