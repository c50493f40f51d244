/** Pages that are no dead end: who can help, what one asks for, and a code by mail that was wanted too often. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createBrowser, type Rest } from '../support/browser.ts';
import { mailedCode } from '../support/mail.ts';
import { goodPassword, join, openAsNewcomer } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const support = 'mailto:help@example.org';
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ support });
  await server.addGroup('choir', { name: 'Kammerchor Nord' });
  await server.addGroup('board', { name: 'Vorstand' });
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
});

async function member(email: string, group = 'choir') {
  const browser = createBrowser(server.issuer);
  await join(browser, (await server.guestlist.invite({ groups: [group] })).url, { email });
  const { rows } = await server.database.raw('select account_id from guestlist.account_email where email_key = ?', [email]);
  return { browser, accountId: String(rows[0].account_id) };
}

function contactOn({ $ }: Rest): string | undefined {
  return $('a')
    .filter((_, link) => $(link).text() === 'Contact support')
    .attr('href');
}

const codeOn = ({ $ }: Rest) => $('body').attr('data-code');

describe('who can help', () => {
  test('is named where an invitation was withdrawn, and not where the inviter is the one to ask', async () => {
    const { url, id } = await server.guestlist.invite({ groups: ['choir'] });
    await server.guestlist.revoke(id, 'operator');
    const page = await createBrowser(server.issuer).open(url);
    expect([codeOn(page), contactOn(page)]).toEqual(['invitation_revoked', support]);

    const soon = await server.guestlist.invite({ groups: ['choir'], expiresAt: new Date(server.now().getTime() + 60_000) });
    server.pass(120);
    const expired = await createBrowser(server.issuer).open(soon.url);
    expect([codeOn(expired), contactOn(expired)]).toEqual(['invitation_expired', undefined]);
  });

  test('is named to somebody whom the group has sent away', async () => {
    const { browser, accountId } = await member('sent-away@example.org');
    await server.guestlist.withdraw(accountId, { groups: ['choir'] });
    const { url } = await server.guestlist.invite({ groups: ['choir'], maxUses: 3 });
    const page = await browser.submit(await browser.open(url), 'join');
    expect([codeOn(page), contactOn(page)]).toEqual(['removed_from_group', support]);
  });

  test('is named to somebody whose account was paused in the meantime', async () => {
    const { browser, accountId } = await member('paused@example.org');
    const { url } = await server.guestlist.invite({ groups: ['board'] });
    const question = await browser.submit(await browser.open(url), 'join');
    await server.database.raw('update guestlist.account set disabled_at = ? where id = ?', [server.now(), accountId]);
    const page = await browser.submit(question, 'Join');
    expect([codeOn(page), contactOn(page)]).toEqual(['account_disabled', support]);
  });

  test('is named to somebody whose request was turned down', async () => {
    const { browser, accountId } = await member('turned-down@example.org');
    const { url, id } = await server.guestlist.invite({ groups: ['board'], approval: true });
    await browser.submit(await browser.submit(await browser.open(url), 'join'), 'Ask to join');
    await server.guestlist.reject(id, accountId, 'operator');
    const page = await browser.submit(await browser.open(url), 'join');
    expect([codeOn(page), contactOn(page)]).toEqual(['approval_rejected', support]);
  });

  test('is named where an invitation rests', async () => {
    const { accountId } = await member('inviter@example.org', 'choir:manager');
    const { url } = await server.guestlist.invite({ groups: ['choir'], inviterId: accountId });
    await server.guestlist.withdraw(accountId, { groups: ['choir:manager'] });
    const page = await createBrowser(server.issuer).open(url);
    expect([codeOn(page), contactOn(page)]).toEqual(['invitation_suspended', support]);
  });

  test('is nobody where the settings name nobody', async () => {
    const quiet = await startTestServer();
    await quiet.addGroup('choir');
    const { url, id } = await quiet.guestlist.invite({ groups: ['choir'] });
    await quiet.guestlist.revoke(id, 'operator');
    const page = await createBrowser(quiet.issuer).open(url);
    await quiet.close();
    expect([codeOn(page), contactOn(page)]).toEqual(['invitation_revoked', undefined]);
  });
});

test('a newcomer who only asks is told so by the button', async () => {
  const browser = createBrowser(server.issuer);
  const { url } = await server.guestlist.invite({ groups: ['choir'], approval: true });
  const form = await openAsNewcomer(browser, url);
  const fields = { name: 'Ada Park', email: 'only-asks@example.org', password: goodPassword };
  expect((await browser.submit(form, 'Create account and ask to join', fields)).heading).toBe('Request sent');
});

describe('a code by mail that was wanted too often', () => {
  const shut = () => server.database.raw(`update guestlist.throttle set points = 1000, expire = expire + 60000 where key like 'code_%'`);

  async function addressStep() {
    const browser = createBrowser(server.issuer);
    const { url } = await server.guestlist.invite({ groups: ['choir'], domains: ['example.org'] });
    return { browser, page: await openAsNewcomer(browser, url) };
  }

  test('leaves the address as it was typed, and says how long to wait', async () => {
    const first = await addressStep();
    await first.browser.submit(first.page, 'Send me a mail', { email: 'eager@example.org' });
    await shut();
    const { browser, page } = await addressStep();
    const stopped = await browser.submit(page, 'Send me a mail', { email: 'patient@example.org' });
    expect({ status: stopped.status, heading: stopped.heading }).toEqual({ status: 429, heading: page.heading });
    expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(0);
    expect(stopped.$('[name=email]').attr('value')).toBe('patient@example.org');
    expect(stopped.$('[role=alert]').text()).toContain('Too many tries.');
    await server.database.raw('delete from guestlist.throttle');
    expect((await browser.submit(stopped, 'Send me a mail')).heading).toBe('Look in your mailbox');
  });

  test('leaves the field for the code that was sent before, which still opens', async () => {
    const email = 'again@example.org';
    const { browser, page } = await addressStep();
    const sent = await browser.submit(page, 'Send me a mail', { email });
    await shut();
    const stopped = await browser.submit(sent, 'Send it again');
    expect({ status: stopped.status, heading: stopped.heading }).toEqual({ status: 429, heading: 'Look in your mailbox' });
    expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(0);
    const form = await browser.submit(stopped, 'Continue', { code: await mailedCode(server.database, email) });
    expect(form.heading).toBe('Set up your sign-in');
  });

  test('is told in the same way when an invitation has had its three', async () => {
    const email = 'three@example.org';
    const { browser, page } = await addressStep();
    const first = await browser.submit(page, 'Send me a mail', { email });
    const later = async (button: Rest) => {
      await server.database.raw('delete from guestlist.throttle');
      return browser.submit(button, 'Send it again');
    };
    const third = await later(await later(first));
    expect(third.$('main').text()).not.toContain('Send it again');
    const stopped = await later(first);
    expect({ status: stopped.status, heading: stopped.heading }).toEqual({ status: 429, heading: 'Look in your mailbox' });
    expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(60);
  });
});
