/** Asking to be invited where something is in the way: a group that is archived, sensitive or full, somebody who was removed, wild input. */
import { request as send } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { forgetRequests } from '../../src/request/retention.ts';
import { createBrowser } from '../support/browser.ts';
import { mailedRequestLink } from '../support/mail.ts';
import { askFor, sendRequest } from '../support/people.ts';
import { createRequestSetting, type RequestSetting } from './request-setting.ts';
import type { Member } from './setting.ts';

let setting: RequestSetting;
let guestlist: RequestSetting['guestlist'];
let manager: Member;
let number = 0;

beforeAll(async () => {
  setting = await createRequestSetting();
  ({ manager, guestlist } = setting);
});
afterAll(() => setting?.server.close());
beforeEach(async () => {
  await setting.server.database.raw('delete from guestlist.throttle');
});

const ask = (group: string, email: string) => askFor(setting.server, group, email);
const waitsIn = async (group: string) => (await guestlist.requests.waiting({ group })).map(({ email }) => email);
const toldOfWaiting = async ({ email }: Pick<Member, 'email'>) =>
  (await setting.mailsTo(email)).filter((kind) => kind === 'request-waiting');

/** Where one can ask, with Maya as its manager. */
async function newGroup(more: { readonly sensitive?: boolean; readonly capacity?: number } = {}): Promise<string> {
  number += 1;
  const slug = `group-${number}`;
  await guestlist.addGroup({ slug, name: `Group ${number}`, ...more });
  await guestlist.grant(manager.accountId, { groups: [`${slug}:manager`] });
  await guestlist.requests.open(slug);
  return slug;
}

describe('a rule leaves to people', () => {
  test('who asked before the group was archived: they are confirmed, and wait', async () => {
    const group = await newGroup();
    await guestlist.requests.addRule(group, { domain: '*', decision: 'approve' });
    await sendRequest(setting.server, group, { email: 'late@example.net' });
    await guestlist.changeGroup(group, { archived: true });
    const browser = createBrowser(setting.server.issuer);
    const page = await browser.open(await mailedRequestLink(setting.server.database, 'late@example.net'));
    const done = await browser.submit(page, 'Yes, send my request');
    expect([done.status, done.heading]).toEqual([200, 'Request sent']);
    expect(await waitsIn(group)).toEqual(['late@example.net']);
  });

  test('a sensitive group, where a second person has a say: nobody is told of an invitation that has not gone out', async () => {
    const group = await newGroup({ sensitive: true });
    await guestlist.requests.addRule(group, { domain: '*', decision: 'approve' });
    expect((await ask(group, 'eager@example.net')).heading).toBe('Request sent');
    expect(await waitsIn(group)).toEqual(['eager@example.net']);
  });

  test('whoever was removed from the group, or is disabled: asking again is no way back', async () => {
    const group = await newGroup();
    await guestlist.requests.addRule(group, { domain: '*', decision: 'approve' });
    const [removed, disabled] = [await setting.somebody('removed'), await setting.somebody('disabled')];
    await guestlist.grant(removed.accountId, { groups: [group] });
    await guestlist.withdraw(removed.accountId, { groups: [group] }, manager.accountId);
    await setting.server.database.raw('update guestlist.account set disabled_at = ? where id = ?', [
      setting.server.now(),
      disabled.accountId,
    ]);
    expect((await ask(group, removed.email)).heading).toBe('Request sent');
    expect((await ask(group, disabled.email)).heading).toBe('Request sent');
    expect(await waitsIn(group)).toEqual([removed.email, disabled.email]);
  });

  test('whose invitation somebody has revoked', async () => {
    const group = await newGroup();
    await guestlist.requests.addRule(group, { domain: '*', decision: 'approve' });
    expect((await ask(group, 'revoked@example.net')).heading).toBe('You’re invited');
    const [newest] = await guestlist.list({ limit: 1 });
    await guestlist.revoke(newest?.id ?? '', 'operator');
    expect((await ask(group, 'revoked@example.net')).heading).toBe('Request sent');
    expect(await waitsIn(group)).toEqual(['revoked@example.net']);
  });
});

describe('who is told that somebody waits', () => {
  test('are those who can decide: not a manager who may not give what the template gives, but who runs the server', async () => {
    const group = await newGroup();
    const admin = await setting.somebody('admin');
    await guestlist.grant(admin.accountId, { rights: ['guestlist:admin'] });
    await guestlist.addTemplate({ name: `with-right-${number}`, wish: { groups: [group], rights: ['door:open'] } });
    await guestlist.requests.open(group, { template: `with-right-${number}` });
    const before = await toldOfWaiting(manager);
    await ask(group, 'template@example.net');
    expect(await toldOfWaiting(manager)).toEqual(before);
    expect(await toldOfWaiting(admin)).toEqual(['request-waiting']);
    await guestlist.withdraw(admin.accountId, { rights: ['guestlist:admin'] });
  });

  test('and not by a row in which the link that stops these mails stands in clear', async () => {
    await ask(await newGroup(), 'sealed@example.net');
    const { rows } = await setting.server.database.raw(`select m::text as line from guestlist.mail m where kind = 'request-waiting'`);
    expect(rows.length).toBeGreaterThan(0);
    for (const { line } of rows) expect(line).not.toContain('/invite/stop/');
  });
});

describe('the list of whoever decides says what came of it', () => {
  async function approveFirst(): Promise<string> {
    const queue = await manager.browser.open('/invite/requests');
    return (await manager.browser.submit(queue, 'Invite')).$('.lead').first().text();
  }

  test('where a second person has to confirm, where there is no room, and where the group is archived', async () => {
    for (const { id } of await guestlist.requests.waiting()) await guestlist.requests.decline(id);
    const sensitive = await newGroup({ sensitive: true });
    await ask(sensitive, 'a@example.net');
    expect(await approveFirst()).toBe('It is approved. The invitation goes out as soon as a second person has confirmed it.');
    const full = await newGroup({ capacity: 1 });
    await ask(full, 'b@example.net');
    expect(await approveFirst()).toBe('The group is full. Somebody has to make room first; the request goes on waiting.');
    await guestlist.requests.decline((await setting.requestOf('b@example.net')).id);
    const archived = await newGroup();
    await ask(archived, 'c@example.net');
    await guestlist.changeGroup(archived, { archived: true });
    expect(await approveFirst()).toBe('The group is archived: nobody can be invited to it. The request goes on waiting.');
    expect(await waitsIn(archived)).toEqual(['c@example.net']);
    await guestlist.requests.decline((await setting.requestOf('c@example.net')).id, {}, manager.accountId);
  });
});

describe('what nobody types', () => {
  test('a word that is too long comes back, at its own place and complained about, and nobody is declined', async () => {
    const group = await newGroup();
    for (const email of ['first@example.net', 'second@example.net']) await ask(group, email);
    const { id } = await setting.requestOf('second@example.net');
    const queue = await manager.browser.open('/invite/requests');
    const formToken = queue.$('input[name=form_token]').first().attr('value') ?? '';
    const message = `${'x'.repeat(500)} \u202E`;
    const answer = await manager.browser.post('/invite/requests/decline', { request: id, message, tell: 'yes', form_token: formToken });
    expect(answer.status).toBe(422);
    const wrong = answer.$('[aria-invalid="true"]');
    expect([wrong.length, wrong.attr('id'), wrong.text()]).toEqual([1, 'message', message]);
    const form = wrong.closest('form');
    expect([form.find('[name=request]').attr('value'), form.find('[name=tell]').is(':checked')]).toEqual([id, true]);
    expect(form.closest('details').is('[open]')).toBe(true);
    expect(answer.$('.summary a').attr('href')).toBe('#message');
    expect(await waitsIn(group)).toEqual(['first@example.net', 'second@example.net']);
  });

  test('K4: a group with a name that no database takes is a group where nobody can ask', async () => {
    for (const slug of ['%00', 'a%00b', '%E4', '%F0%9F%8E%B5']) {
      const answer = await send(`${setting.server.issuer}/invite/request/${slug}`, { headers: { accept: 'text/html' } });
      await answer.body.dump();
      expect([slug, answer.statusCode]).toEqual([slug, expect.toSatisfy((status: number) => status === 404 || status === 400)]);
    }
  });

  test('A9: a request with such an id is refused, and a field of another name changes nothing on the page', async () => {
    const group = await newGroup();
    await ask(group, 'wild@example.net');
    const queue = await manager.browser.open('/invite/requests');
    const formToken = queue.$('input[name=form_token]').first().attr('value') ?? '';
    for (const way of ['approve', 'decline']) {
      const answer = await manager.browser.post(`/invite/requests/${way}`, { request: '\u0000', form_token: formToken });
      expect(answer.status).toBe(422);
    }
    const browser = createBrowser(setting.server.issuer);
    const form = await browser.open(`/invite/request/${group}`);
    const answer = await browser.post(`/invite/request/${group}`, { email: 'x', name: 'x', note: '', desk: 'other', errors: 'x' });
    expect([answer.status, answer.heading]).toEqual([422, form.heading]);
    expect(answer.$('form').attr('action')).toBe(`/invite/request/${group}`);
  });

  test('words of 500 characters can be music', async () => {
    await ask(await newGroup(), 'music@example.net');
    const { id } = await setting.requestOf('music@example.net');
    const queue = await manager.browser.open('/invite/requests');
    const formToken = queue.$('input[name=form_token]').first().attr('value') ?? '';
    const fields = { request: id, message: '🎵'.repeat(500), tell: 'yes', form_token: formToken };
    const answer = await manager.browser.post('/invite/requests/decline', fields);
    expect([answer.status, answer.$('.lead').first().text()]).toEqual([200, 'The request is declined.']);
    expect(await setting.mailsTo('music@example.net')).toContain('request-declined');
  });

  test('J7: words to whom one declines are limited, whichever way they come', async () => {
    await ask(await newGroup(), 'words@example.net');
    const { id } = await setting.requestOf('words@example.net');
    for (const message of ['x'.repeat(1_001), 'turned \u202E around', 'rung \u0007'])
      await expect(guestlist.requests.decline(id, { message })).rejects.toThrow(TypeError);
    await guestlist.requests.decline(id, { message: 'One line\r\nand another.' });
    const { rows } = await setting.server.database.raw(
      `select body_text from guestlist.mail where kind = 'request-declined' and to_address = 'words@example.net'`,
    );
    expect(rows[0].body_text).toContain('> One line\n> and another.');
  });
});

test('a rule that takes the place of another is answered as it is kept', async () => {
  const group = await newGroup();
  await guestlist.requests.addRule(group, { domain: 'clinic.example', decision: 'decline' });
  const replaced = await guestlist.requests.addRule(group, { domain: 'clinic.example', decision: 'approve', perDay: 2 });
  expect(await guestlist.requests.rules(group)).toEqual([replaced]);
});

test('M7: addresses that were typed here are forgotten with the mails that went there', async () => {
  const { server } = setting;
  const group = await newGroup();
  await sendRequest(server, group, { email: 'never-confirmed@example.net' });
  await ask(group, 'was-declined@example.net');
  await guestlist.requests.decline((await setting.requestOf('was-declined@example.net')).id, { message: 'Not now.' });
  const rowsWith = async () =>
    (await server.database.raw(`select m::text from guestlist.mail m where m::text ~ 'never-confirmed|was-declined'`)).rows.length;
  expect(await rowsWith()).toBe(3);
  server.pass(89 * 24 * 60 * 60);
  await forgetRequests(server.database, server.now());
  expect(await rowsWith()).toBe(3);
  server.pass(2 * 24 * 60 * 60);
  await forgetRequests(server.database, server.now());
  expect(await rowsWith()).toBe(0);
});
