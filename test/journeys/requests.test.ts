/** Asking to be invited (design §4E): the mailbox first, then whoever decides, then an invitation like any other. */
import * as oidc from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { mailbox, mailedLink } from '../support/mail.ts';
import { askFor, confirmRequest, join, sendRequest, withoutTokens } from '../support/people.ts';
import { createRequestSetting, type RequestSetting } from './request-setting.ts';
import { type Member, refusalOn } from './setting.ts';

let setting: RequestSetting;
let manager: Member;

beforeAll(async () => {
  setting = await createRequestSetting();
  ({ manager } = setting);
});
afterAll(() => setting?.server.close());
beforeEach(async () => {
  await setting.server.database.raw('delete from guestlist.throttle');
});

const waitingEmails = () => setting.waitingEmails();
const requestOf = (email: string) => setting.requestOf(email);

test('ask, confirm, approve, mail, register: the app sees the group and a verified address, and the account keeps where it came from', async () => {
  const { server, guestlist, app } = setting;
  const email = 'ben@example.net';
  const sent = await sendRequest(server, 'choir', { email, name: 'Ben Okafor', note: 'I sing bass.', query: '?from=website' });
  expect(sent.heading).toBe('Look in your mailbox');
  expect(await waitingEmails()).not.toContain(email);
  expect((await confirmRequest(server, email)).heading).toBe('Request sent');
  expect(await requestOf(email)).toMatchObject({ name: 'Ben Okafor', note: 'I sing bass.', source: 'website', group: 'choir' });

  const queue = await manager.browser.open('/invite/requests');
  expect(queue.html).toContain('I sing bass.');
  expect((await manager.browser.submit(queue, 'Invite')).$('.lead').text()).toBe('The invitation is on its way.');
  expect(await waitingEmails()).not.toContain(email);

  const browser = createBrowser(server.issuer);
  const done = await join(browser, await mailedLink(server.database, email), { email, name: 'Ben Okafor' });
  expect(done.heading).toBe('You’re in!');
  const tokens = await app.signInSilently(browser);
  const person = await oidc.fetchUserInfo(app.config, tokens.access_token, tokens.claims()?.sub ?? '');
  expect(person).toMatchObject({ email, email_verified: true, groups: ['choir'] });

  const { rows } = await server.database.raw(
    `select q.source, i.inviter_id from guestlist.account a join guestlist.invitation i on i.id = a.invitation_id
     join guestlist.invitation_request q on q.invitation_id = i.id where a.id = ?`,
    [await setting.accountIdOf(email)],
  );
  expect(rows).toEqual([{ source: 'website', inviter_id: manager.accountId }]);
  expect(await guestlist.requests.waiting({ group: 'board' })).toEqual([]);
});

test('the invitation says that it was asked for, and names nobody', async () => {
  const email = 'asked-for@example.net';
  await askFor(setting.server, 'choir', email);
  await setting.guestlist.requests.approve((await requestOf(email)).id);
  const [mail] = (await mailbox(setting.server.database, email)).filter(({ kind }) => kind === 'invited');
  expect(mail?.text).toContain('Your request was approved');
  expect(mail?.text).toContain('because you asked for an invitation');
});

describe('asking tells nobody anything', () => {
  test('the page is the same for members, strangers and those who wait, to the byte, and one mail goes to each', async () => {
    await askFor(setting.server, 'choir', 'waits-now@example.org');
    const pages: string[] = [];
    for (const email of ['maya@example.org', 'stranger@example.org', 'waits-now@example.org'])
      pages.push(withoutTokens(await sendRequest(setting.server, 'choir', { email })));
    expect(new Set(pages).size).toBe(1);
    for (const email of ['maya@example.org', 'stranger@example.org', 'waits-now@example.org'])
      expect((await setting.mailsTo(email))[0]).toBe('request-confirm');
  });

  test('who has proven the mailbox of a member is told that there is nothing to do, and nobody waits', async () => {
    const answer = await askFor(setting.server, 'choir', 'maya@example.org');
    expect(answer.heading).toBe('You’re already a member');
    expect(await waitingEmails()).not.toContain('maya@example.org');
  });

  test('a mailbox gets three of these mails an hour, however it is spelled, and the answer stays the same', async () => {
    const count = async () =>
      Number((await setting.server.database.raw(`select count(*) from guestlist.mail where to_address ilike 'flooded%'`)).rows[0].count);
    for (let round = 0; round < 6; round += 1) {
      const sent = await sendRequest(setting.server, 'choir', { email: `flooded+${round}@example.net` });
      expect(sent.heading).toBe('Look in your mailbox');
    }
    expect(await count()).toBe(3);
  });

  test('one place asks ten times an hour', async () => {
    let last = 200;
    for (let round = 0; round < 11; round += 1)
      last = (await sendRequest(setting.server, 'choir', { email: `place${round}@example.net` })).status;
    expect(last).toBe(429);
  });
});

describe('asking again does nothing new', () => {
  test('while one waits, after one was declined, and while the invitation can be used', async () => {
    const { guestlist, server } = setting;
    const email = 'again@example.net';
    await askFor(server, 'choir', email);
    expect((await askFor(server, 'choir', email)).heading).toBe('Request sent');
    expect((await waitingEmails()).filter((one) => one === email)).toHaveLength(1);

    await guestlist.requests.decline((await requestOf(email)).id);
    await server.database.raw('delete from guestlist.throttle');
    expect((await askFor(server, 'choir', email)).heading).toBe('Request sent');
    expect(await waitingEmails()).not.toContain(email);
    expect(await setting.mailsTo(email)).not.toContain('request-declined');
  });

  test('who is invited already is told to look into the mailbox; once that has run out they can ask again', async () => {
    const { guestlist, server } = setting;
    const email = 'twice@example.net';
    await askFor(server, 'choir', email);
    const { invitationId } = await guestlist.requests.approve((await requestOf(email)).id);
    expect((await askFor(server, 'choir', email)).heading).toBe('You’re invited');
    await guestlist.revoke(invitationId, 'operator');
    expect((await askFor(server, 'choir', email)).heading).toBe('Request sent');
    expect(await waitingEmails()).toContain(email);
  });

  test('whoever approved may not invite any more: their invitation is on hold, and one can ask again', async () => {
    const { guestlist, server } = setting;
    const email = 'on-hold@example.net';
    const mia = await setting.somebody('mia');
    await guestlist.grant(mia.accountId, { groups: ['choir:manager'] });
    await askFor(server, 'choir', email);
    await guestlist.requests.approve((await requestOf(email)).id, mia.accountId);
    expect((await askFor(server, 'choir', email)).heading).toBe('You’re invited');
    await guestlist.withdraw(mia.accountId, { groups: ['choir'] });
    expect((await askFor(server, 'choir', email)).heading).toBe('Request sent');
    expect(await waitingEmails()).toContain(email);
    await guestlist.requests.approve((await requestOf(email)).id, setting.manager.accountId);
    await server.database.raw('delete from guestlist.throttle');
    expect((await askFor(server, 'choir', email)).heading).toBe('You’re invited');
  });

  test('of one request confirmed many times at once, one waits', async () => {
    const email = 'at-once@example.net';
    await sendRequest(setting.server, 'choir', { email });
    await sendRequest(setting.server, 'choir', { email });
    await Promise.all(Array.from({ length: 8 }, () => confirmRequest(setting.server, email)));
    expect((await waitingEmails()).filter((one) => one === email)).toHaveLength(1);
  });
});

describe('deciding', () => {
  test('declining with a word tells it as plain text; nothing in it is a link', async () => {
    const email = 'declined@example.net';
    await askFor(setting.server, 'choir', email);
    await setting.guestlist.requests.decline((await requestOf(email)).id, { message: 'We are full. See https://evil.example\nIn spring?' });
    const [mail] = await mailbox(setting.server.database, email);
    expect(mail).toMatchObject({ kind: 'request-declined' });
    expect(mail?.html).not.toContain('href="https://evil.example');
    expect(mail?.text).toContain('> In spring?');
  });

  test('only whoever may invite there: others see nobody, and can decide nothing', async () => {
    const email = 'guarded@example.net';
    await askFor(setting.server, 'choir', email);
    const { id } = await requestOf(email);
    const other = await setting.somebody('carla');
    const page = await other.browser.open('/invite/requests');
    expect(page.heading).toBe('Nobody is waiting');
    expect(page.html).not.toContain(email);
    // There is no form on an empty page.
    expect(page.$('main form').length).toBe(0);
    await expect(setting.guestlist.requests.approve(id, other.accountId)).rejects.toMatchObject({ code: 'grant_not_allowed' });
    await expect(setting.guestlist.requests.decline(id, {}, other.accountId)).rejects.toMatchObject({ code: 'grant_not_allowed' });
    expect(await waitingEmails()).toContain(email);
  });

  test('where members invite, only managers decide who comes in', async () => {
    const { guestlist, server } = setting;
    const email = 'members-invite@example.net';
    const mo = await setting.somebody('mo');
    await guestlist.grant(mo.accountId, { groups: ['choir'] });
    await guestlist.setPolicy('choir', { who: 'members' });
    await askFor(server, 'choir', email);
    const { id } = await requestOf(email);
    await expect(guestlist.requests.approve(id, mo.accountId)).rejects.toMatchObject({ code: 'grant_not_allowed' });
    await expect(guestlist.requests.decline(id, {}, mo.accountId)).rejects.toMatchObject({ code: 'grant_not_allowed' });
    expect(await waitingEmails()).toContain(email);
    await guestlist.setPolicy('choir', null);
  });

  test('without a session one signs in first, and comes back to the list', async () => {
    const browser = createBrowser(setting.server.issuer);
    const form = await browser.open('/invite/requests');
    expect(form.heading).toBe('Sign in');
    const { email } = manager;
    const queue = await browser.submit(form, 'Sign in', { email, password: 'correct horse battery staple seven' });
    expect(new URL(queue.url).pathname).toBe('/invite/requests');
  });

  test('two managers press at once: one invitation', async () => {
    const email = 'pressed@example.net';
    await askFor(setting.server, 'choir', email);
    const { id } = await requestOf(email);
    const tries = await Promise.allSettled(Array.from({ length: 6 }, () => setting.guestlist.requests.approve(id)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await setting.mailsTo(email)).filter((kind) => kind === 'invited')).toHaveLength(1);
  });

  test('a forged form decides nothing', async () => {
    const email = 'forged@example.net';
    await askFor(setting.server, 'choir', email);
    const { id } = await requestOf(email);
    await manager.browser.post('/invite/requests/approve', { request: id, form_token: 'guessed' });
    expect(
      refusalOn(
        await manager.browser.post(
          '/invite/requests/approve',
          { request: id },
          { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
        ),
      ),
    ).toEqual({ status: 403, code: 'foreign_origin' });
    expect(await waitingEmails()).toContain(email);
  });

  test('what an approval gives is what the group’s template says', async () => {
    const { guestlist } = setting;
    await guestlist.addTemplate({
      name: 'newcomers',
      wish: { groups: ['choir', 'board'], ends: { afterSeconds: 86_400 }, message: 'Welcome.' },
    });
    await guestlist.requests.open('board', { template: 'newcomers' });
    await askFor(setting.server, 'board', 'template@example.net');
    const { invitationId } = await guestlist.requests.approve((await requestOf('template@example.net')).id);
    expect(await guestlist.find(invitationId)).toMatchObject({ maxUses: 1 });
    const browser = createBrowser(setting.server.issuer);
    await join(browser, await mailedLink(setting.server.database, 'template@example.net'), { email: 'template@example.net' });
    expect(await setting.groupsOf(browser)).toEqual(['board', 'choir']);
    // A manager of the choir alone may not give a place on the board.
    await askFor(setting.server, 'board', 'beyond@example.net');
    const beyond = await requestOf('beyond@example.net');
    await expect(guestlist.requests.approve(beyond.id, manager.accountId)).rejects.toMatchObject({ code: 'grant_not_allowed' });
    await guestlist.requests.decline(beyond.id);
  });
});
