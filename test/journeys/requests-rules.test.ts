/** Asking to be invited: what decides by itself, who is told, what people type, and what is forgotten. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { forgetRequests } from '../../src/request/retention.ts';
import { createBrowser } from '../support/browser.ts';
import { mailbox, mailedRequestLink } from '../support/mail.ts';
import { askFor, confirmRequest, sendRequest } from '../support/people.ts';
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

describe('rules', () => {
  test('a domain is let in so many times a day, in the name of whoever made the rule; the rest waits', async () => {
    const { guestlist, server } = setting;
    await guestlist.requests.addRule('choir', { domain: 'clinic.example', decision: 'approve', perDay: 2 }, manager.accountId);
    const headings: string[] = [];
    for (const name of ['a', 'b', 'c']) headings.push((await askFor(server, 'choir', `${name}@clinic.example`)).heading);
    expect(headings).toEqual(['You’re invited', 'You’re invited', 'Request sent']);
    expect(await waitingEmails()).toContain('c@clinic.example');
    server.pass(24 * 60 * 60 + 1);
    await server.database.raw('delete from guestlist.throttle');
    expect((await askFor(server, 'choir', 'd@clinic.example')).heading).toBe('You’re invited');
  });

  test('thirty people of a domain at once, five a day: five are invited', async () => {
    const { guestlist, server } = setting;
    await guestlist.requests.addRule('choir', { domain: 'rush.example', decision: 'approve', perDay: 5 });
    const emails = Array.from({ length: 30 }, (_, index) => `r${index}@rush.example`);
    for (const email of emails) {
      if (emails.indexOf(email) % 10 === 0) await server.database.raw('delete from guestlist.throttle');
      await sendRequest(server, 'choir', { email });
    }
    await Promise.all(emails.map((email) => confirmRequest(server, email)));
    const waiting = (await guestlist.requests.waiting({ group: 'choir', limit: 500 })).filter(({ email }) =>
      email.endsWith('@rush.example'),
    );
    expect(waiting).toHaveLength(25);
  });

  test('a declined domain hears nothing, and reads what everybody reads', async () => {
    const { guestlist, server } = setting;
    await guestlist.requests.addRule('choir', { domain: '*.spam.example', decision: 'decline' });
    expect((await askFor(server, 'choir', 'x@mail.spam.example')).heading).toBe('Request sent');
    expect(await waitingEmails()).not.toContain('x@mail.spam.example');
    expect(await setting.mailsTo('x@mail.spam.example')).toEqual(['request-confirm']);
  });

  test('a rule of somebody who may not invite any more decides nothing', async () => {
    const { guestlist, server } = setting;
    const other = await setting.somebody('dora');
    await guestlist.grant(other.accountId, { groups: ['choir:manager'] });
    await guestlist.requests.addRule('choir', { domain: 'former.example', decision: 'approve' }, other.accountId);
    await guestlist.withdraw(other.accountId, { groups: ['choir'] });
    expect((await askFor(server, 'choir', 'x@former.example')).heading).toBe('Request sent');
    expect(await waitingEmails()).toContain('x@former.example');
  });

  test('where one cannot ask any more, whoever asked before and confirms now waits for somebody: closing stops the rules as well', async () => {
    const { guestlist, server } = setting;
    await guestlist.requests.addRule('choir', { domain: 'late.example', decision: 'approve' });
    await sendRequest(server, 'choir', { email: 'x@late.example' });
    await guestlist.requests.close('choir');
    expect((await confirmRequest(server, 'x@late.example')).heading).toBe('Request sent');
    expect(await setting.mailsTo('x@late.example')).toEqual(['request-confirm']);
    expect(await waitingEmails()).toContain('x@late.example');
    await guestlist.requests.open('choir');
  });

  test('a full group lets nobody in by rule', async () => {
    const { guestlist, server } = setting;
    await guestlist.addGroup({ slug: 'tiny', name: 'Tiny', capacity: 1 });
    await guestlist.grant(manager.accountId, { groups: ['tiny'] });
    await guestlist.requests.open('tiny');
    await guestlist.requests.addRule('tiny', { domain: '*', decision: 'approve' });
    expect((await askFor(server, 'tiny', 'x@tiny.example')).heading).toBe('Request sent');
    const { id } = await requestOf('x@tiny.example');
    await expect(guestlist.requests.approve(id)).rejects.toMatchObject({ code: 'group_full' });
  });
});

describe('whoever decides is told', () => {
  test('once an hour at most, without a word of a stranger, and no more after one click', async () => {
    const { server, guestlist } = setting;
    server.pass(2 * 60 * 60);
    const before = (await setting.mailsTo(manager.email)).filter((kind) => kind === 'request-waiting').length;
    for (const name of ['one', 'two', 'three']) {
      await sendRequest(server, 'choir', { email: `${name}@told.example`, name: `Buy ${name} pills`, note: 'https://evil.example' });
      await confirmRequest(server, `${name}@told.example`);
    }
    const mails = (await mailbox(server.database, manager.email)).filter(({ kind }) => kind === 'request-waiting');
    expect(mails).toHaveLength(before + 1);
    expect(`${mails[0]?.subject}${mails[0]?.text}${mails[0]?.html}`).not.toMatch(/pills|evil/);
    expect(mails[0]?.unsubscribeUrl).toContain('/invite/stop/');
    // The two that came after it are told an hour later.
    server.pass(60 * 60 + 1);
    await guestlist.remind();
    expect((await setting.mailsTo(manager.email)).filter((kind) => kind === 'request-waiting')).toHaveLength(before + 2);
    await guestlist.remind();
    expect((await setting.mailsTo(manager.email)).filter((kind) => kind === 'request-waiting')).toHaveLength(before + 2);

    const stop = await createBrowser(server.issuer).post(new URL(mails[0]?.unsubscribeUrl ?? '').pathname, {
      'List-Unsubscribe': 'One-Click',
    });
    expect(stop.status).toBeLessThan(400);
    server.pass(2 * 60 * 60);
    await server.database.raw('delete from guestlist.throttle');
    await askFor(server, 'choir', 'later@told.example');
    expect((await setting.mailsTo(manager.email)).filter((kind) => kind === 'request-waiting')).toHaveLength(before + 2);
    expect(await waitingEmails()).toContain('later@told.example');
  });
});

describe('what people type', () => {
  test('the page comes back with the field named, and nothing that was typed is lost', async () => {
    const answer = await sendRequest(setting.server, 'choir', { email: 'no address', name: 'Ada', note: 'Hello' });
    expect(answer.status).toBe(422);
    expect(answer.$('[aria-invalid="true"]').attr('name')).toBe('email');
    expect(answer.$('textarea').text()).toBe('Hello');
    expect(answer.$('#name').attr('value')).toBe('Ada');
  });

  test('where nobody can ask, there is no page', async () => {
    const browser = createBrowser(setting.server.issuer);
    expect(refusalOn(await browser.open('/invite/request/none'))).toEqual({ status: 404, code: 'requests_closed' });
    await setting.guestlist.addGroup({ slug: 'shut', name: 'Shut' });
    await setting.guestlist.requests.open('shut');
    await setting.guestlist.requests.close('shut');
    expect(refusalOn(await browser.open('/invite/request/shut'))).toEqual({ status: 404, code: 'requests_closed' });
  });

  test('several groups can be chosen from; the short address leads there as well', async () => {
    const browser = createBrowser(setting.server.issuer);
    const page = await browser.open('/request-invitation?from=poster');
    expect(page.$('.tickets a').first().attr('href')).toMatch(/^\/invite\/request\/[a-z]+\?from=poster$/);
    expect((await browser.open('/request-invitation/choir')).$('form').attr('action')).toBe('/invite/request/choir');
  });

  test('opening the link of the mail changes nothing; it works for a day, and any other link leads nowhere', async () => {
    const { server } = setting;
    const email = 'slow@example.net';
    await sendRequest(server, 'choir', { email });
    const link = await mailedRequestLink(server.database, email);
    for (let look = 0; look < 3; look += 1) await createBrowser(server.issuer).open(link);
    expect(await waitingEmails()).not.toContain(email);
    server.pass(25 * 60 * 60);
    expect(refusalOn(await createBrowser(server.issuer).open(link))).toEqual({ status: 404, code: 'link_not_found' });
    expect((await createBrowser(server.issuer).open('/invite/request-confirm/nonsense')).status).toBe(404);
  });
});

test('what nobody confirmed is gone, who waited 90 days waits no more, and who asked is forgotten; counts and sources stay', async () => {
  const { server } = setting;
  await sendRequest(server, 'choir', { email: 'kept@example.net', query: '?from=poster' });
  await confirmRequest(server, 'kept@example.net');
  const { id } = await requestOf('kept@example.net');
  server.pass(91 * 24 * 60 * 60);
  await forgetRequests(server.database, server.now());
  expect(await waitingEmails()).toEqual([]);
  server.pass(91 * 24 * 60 * 60);
  await forgetRequests(server.database, server.now());
  const { rows } = await server.database.raw('select email, name, note, source, decision from guestlist.invitation_request where id = ?', [
    id,
  ]);
  expect(rows).toEqual([{ email: null, name: '', note: '', source: 'poster', decision: 'lapsed' }]);
});
