/**
 * Mail scanners, link previews and prefetching browsers open every address in every mail, some of them as a member who is
 * signed in: nothing is changed by it, and each link works for its reader afterwards (C1, C5).
 */
import { readdir } from 'node:fs/promises';
import { Agent, type Dispatcher, request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { QueuedMail } from '../../src/mail/outbox.ts';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { mailbox, mailedAccountLink, mailedCode, mailedLink } from '../support/mail.ts';
import { askFor, confirmRequest, goodPassword, join, openAsNewcomer, register, sendRequest } from '../support/people.ts';
import { newPassword } from './account-setting.ts';
import { createSetting, type Member, questionOf, type Setting } from './setting.ts';

let setting: Setting;
let maya: Member;
let coder: Browser;
let codePage: Rest;
const newcomer = () => createBrowser(setting.server.issuer);
const database = () => setting.server.database;
const agent = new Agent({ connections: 10 });
const day = 24 * 60 * 60;

/** One deed for each kind of mail, whose readers are named after it. */
beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord' }, { support: 'https://help.example.org/' });
  const { guestlist, server } = setting;
  maya = await setting.member('maya', { verified: true, groups: ['choir:manager'] });
  await setting.member('ending', { verified: true, groups: ['choir'], ends: { afterSeconds: 30 * day } });
  server.pass(24 * day);
  const inviter = { inviterId: maya.accountId, inviterName: 'Maya Lind' };
  await guestlist.invite({ groups: ['choir'], email: 'reminder@example.org', ...inviter });
  server.pass(3 * day);
  await guestlist.remind();
  await database().raw('delete from guestlist.throttle');

  maya = { ...maya, browser: await setting.again(maya) };
  await guestlist.invite({ groups: ['choir'], email: 'invited@example.org', ...inviter });
  const { url: forDomain } = await guestlist.invite({ groups: ['choir'], domains: ['example.org'], maxUses: 9 });
  coder = newcomer();
  codePage = await coder.submit(await openAsNewcomer(coder, forDomain), 'Send me a mail', { email: 'code@example.org' });
  // Whoever has to approve gets a notice, and so does somebody with an account who asks for a code.
  const { url: toApprove } = await guestlist.invite({ groups: ['choir'], approval: true, ...inviter });
  const notice = await setting.member('notice');
  await notice.browser.submit(await questionOf(notice, toApprove), 'Ask to join');
  const asker = newcomer();
  await asker.submit(await openAsNewcomer(asker, forDomain), 'Send me a mail', { email: maya.email });

  for (const name of ['password-reset', 'password-changed', 'email-changed']) await setting.member(name, { verified: true });
  await askForReset('password-reset@example.org');
  const changed = await setting.again({ email: 'password-changed@example.org' });
  const password = { current: goodPassword, password: newPassword };
  await changed.submit(await changed.open('/account/password'), 'Change password', password);
  await askForAddress(maya.browser, 'email-change@example.org');
  const moved = await setting.again({ email: 'email-changed@example.org' });
  await askForAddress(moved, 'moved@example.org');
  await moved.submit(await moved.open(await mailedAccountLink(database(), 'moved@example.org', 'email-change')), 'Use this address');

  await guestlist.requests.open('choir');
  await sendRequest(server, 'choir', { email: 'request-confirm@example.net' });
  await askFor(server, 'choir', 'request-declined@example.net');
  const [declined] = await guestlist.requests.waiting();
  await guestlist.requests.decline(declined?.id ?? '', { message: 'Not this year.' });
});
afterAll(async () => {
  await agent.close();
  await setting?.server.close();
});

async function askForReset(email: string): Promise<void> {
  const browser = newcomer();
  await browser.submit(await browser.open('/account/forgot'), 'Send me a mail', { email });
}

async function askForAddress(browser: Browser, email: string): Promise<void> {
  await browser.submit(await browser.open('/account/email'), 'Send me a mail', { email, current: goodPassword });
}

/**
 * Row counts and digests of every table, but of what looking is counted in. A page for members leads everybody else to the
 * sign-in form, and that is an interaction of the provider's, which nobody has answered.
 */
async function everything(): Promise<Readonly<Record<string, string>>> {
  const { rows } = await database().raw(
    `select table_name as name from information_schema.tables where table_schema = 'guestlist' and table_name not in ('visit', 'attempt', 'throttle')`,
  );
  const entries = rows.map(async ({ name }: { readonly name: string }) => {
    const sql = `select count(*) || ' ' || md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as digest
      from guestlist.?? t ${name === 'oidc_payload' ? `where kind <> 'Interaction' or payload -> 'result' is not null` : ''}`;
    return [name, (await database().raw(sql, [name])).rows[0].digest];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Each address in subject, text, HTML and headers, as a program finds it that knows nothing of mail. */
function addressesIn({ subject, text, html, unsubscribeUrl = '' }: QueuedMail): string[] {
  const found = `${subject} ${text} ${html} ${unsubscribeUrl}`.replaceAll('&amp;', '&').match(/https?:\/\/[^\s"'<>]+/g) ?? [];
  return [...new Set(found)];
}

/** The last part of the path in percent-encoding, as some gateways rewrite links. */
function encodedOnce(address: string): string {
  const url = new URL(address);
  const encoded = url.pathname.replace(/[^/]+$/, (part) => [...part].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join(''));
  return `${url.origin}${encoded}${url.search}`;
}

type Look = { readonly method: 'GET' | 'HEAD'; readonly browser: Browser | undefined; readonly prefetch: boolean };

/** Follows where it leads, as they do. */
async function look(address: string, { method, browser, prefetch }: Look): Promise<void> {
  let next: string | undefined = address;
  for (let hops = 0; next !== undefined && hops < 8; hops += 1) {
    const cookie: string = browser ? await browser.jar.getCookieString(next) : '';
    const headers = { cookie, accept: 'text/html', ...(prefetch ? { 'sec-purpose': 'prefetch;prerender' } : {}) };
    const answer: Dispatcher.ResponseData = await request(next, { method, headers, dispatcher: agent });
    await answer.body.dump();
    expect(answer.statusCode, next).toBeLessThan(500);
    for (const set of [answer.headers['set-cookie'] ?? []].flat()) await browser?.jar.setCookie(set, next);
    const { location } = answer.headers;
    const led: URL | undefined = typeof location === 'string' ? new URL(location, next) : undefined;
    next = led?.origin === setting.server.origin ? led.href : undefined;
  }
}

async function lookInEveryWay(address: string): Promise<void> {
  for (const spelling of [address, encodedOnce(address)])
    for (const method of ['GET', 'HEAD'] as const)
      for (const prefetch of [false, true])
        for (const browser of [undefined, newcomer(), maya.browser]) await look(spelling, { method, browser, prefetch });
}

test('whatever opens the addresses in mails, nothing is changed, and every link works afterwards', async () => {
  const { server } = setting;
  const { rows } = await database().raw('select distinct to_address as to from guestlist.mail');
  const mails = (await Promise.all(rows.map(({ to }: { readonly to: string }) => mailbox(database(), to)))).flat();
  const before = await everything();
  const looked = new Set<string>();
  const linkless: string[] = [];
  for (const mail of mails) {
    const addresses = addressesIn(mail).filter((address) => new URL(address).origin === server.origin);
    if (addresses.length === 0) linkless.push(mail.kind);
    for (const address of addresses) {
      await database().raw('delete from guestlist.throttle');
      await lookInEveryWay(address);
      looked.add(address);
    }
    expect(await everything(), mail.kind).toEqual(before);
  }

  const templates = (await readdir(new URL('../../views/mail', import.meta.url))).filter((file) => file.endsWith('.subject'));
  expect([...new Set(mails.map(({ kind }) => kind))].sort()).toEqual(templates.map((file) => file.replace('.subject', '')).sort());
  expect(linkless.filter((kind) => kind !== 'code' && kind !== 'request-declined')).toEqual([]);
  expect(looked.size).toBeGreaterThan(15);
  await database().raw('delete from guestlist.throttle');

  for (const name of ['invited', 'reminder']) {
    const email = `${name}@example.org`;
    const [mail] = (await mailbox(database(), email)).filter(({ kind }) => kind === name);
    const link = mail?.text.match(/http\S+\/invite\/[\w-]{22}$/m)?.[0] ?? '';
    expect((await join(newcomer(), link, { email })).heading, name).toBe('You’re in!');
  }
  const coded = await coder.submit(codePage, 'Continue', { code: await mailedCode(database(), 'code@example.org') });
  expect((await register(coder, coded, { email: 'code@example.org' })).heading).toBe('You’re in!');
  const browser = newcomer();
  const reset = await browser.open(await mailedAccountLink(database(), 'password-reset@example.org', 'password-reset'));
  expect((await browser.submit(reset, 'Set the password', { password: newPassword })).heading).toBe('Your new password is set');
  const confirm = await maya.browser.open(await mailedAccountLink(database(), 'email-change@example.org', 'email-change'));
  await maya.browser.submit(confirm, 'Use this address');
  expect(await setting.accountIdOf('email-change@example.org')).toBe(maya.accountId);
  expect((await confirmRequest(server, 'request-confirm@example.net')).heading).toBe('Request sent');
}, 120_000);

test('a link that is opened by a scanner is the same link', async () => {
  await setting.guestlist.invite({ groups: ['choir'], email: 'scanned@example.org' });
  const link = await mailedLink(database(), 'scanned@example.org');
  for (let time = 0; time < 3; time += 1) await lookInEveryWay(link);
  await database().raw('delete from guestlist.throttle');
  expect((await join(newcomer(), link, { email: 'scanned@example.org' })).heading).toBe('You’re in!');
});
