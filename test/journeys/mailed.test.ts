/** Links and codes that go by mail: the newest alone works, nobody else is ever shown them, and what became pointless is not sent. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { addSeconds } from '../../src/lib/clock.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { toCode, type Token } from '../../src/invitation/token.ts';
import { deliverMail, type OutgoingMail } from '../../src/mail/deliver.ts';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { count, findContradictions } from '../support/invariants.ts';
import { mailbox, mailedCode, mailedLink, testSecret } from '../support/mail.ts';
import { becomeMember, join, openAsNewcomer, register } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { whereFound } from '../support/scan.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let app: RelyingApp;
let browser: Browser;

beforeAll(async () => {
  server = await startTestServer();
  await server.addGroup('choir', { name: 'Kammerchor Nord' });
  app = await createRelyingApp(server);
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
  browser = createBrowser(server.issuer);
});

const database = () => server.database;
const invite = (email: string) => server.guestlist.invite({ groups: ['choir'], email, channels: ['mail', 'link'], maxUses: 3 });
const mailed = (email: string) => mailedLink(database(), email);
const tokenIn = (link: string) => link.slice(-22) as Token;

/** All that is due, as a mail server would get it. */
async function deliver(): Promise<OutgoingMail[]> {
  const sent: OutgoingMail[] = [];
  const failures: unknown[] = [];
  const context = {
    clock: server.now,
    issuer: server.issuer,
    seal: createSeal(testSecret, secureRandom),
    onError: (error: unknown) => failures.push(error),
  };
  await deliverMail(database(), async (mail) => void sent.push(mail), context);
  expect(failures).toEqual([]);
  return sent;
}

describe('sent once more', () => {
  test('three times: the links differ, only the newest works, and the others say where to look (H3, D7)', async () => {
    const email = 'thrice@example.org';
    const { id, url } = await invite(email);
    const before = await server.guestlist.find(id);
    const links = [await mailed(email)];
    for (let round = 0; round < 3; round += 1) {
      await server.guestlist.resend(id, 'operator');
      links.push(await mailed(email));
    }
    expect(new Set([...links, url]).size).toBe(5);
    for (const old of links.slice(0, -1)) {
      const page = await createBrowser(server.issuer).open(old);
      expect([page.status, page.$('body').attr('data-code')]).toEqual([410, 'invitation_replaced']);
      expect(page.$('main').text()).toContain('newest mail');
      expect(page.html).not.toContain('Kammerchor');
    }
    expect(await server.guestlist.find(id)).toEqual(before);
    expect((await createBrowser(server.issuer).open(url ?? '')).status).toBe(200);
    expect((await deliver()).filter(({ to }) => to === email)).toHaveLength(1);
    expect((await join(browser, links.at(-1) ?? '', { email })).heading).toBe('You’re in!');
  });

  test('while somebody is on the way with the old link: they are told, nothing is made, and the new one goes on from there', async () => {
    const email = 'halfway@example.org';
    const { id } = await invite(email);
    const form = await openAsNewcomer(browser, await mailed(email));
    await server.guestlist.resend(id, 'operator');
    const refused = await register(browser, form, { email });
    expect([refused.status, refused.$('body').attr('data-code')]).toEqual([410, 'invitation_replaced']);
    expect(await count(database(), `account_email where email_key = '${email}'`)).toBe(0);
    expect((await join(browser, await mailed(email), { email })).heading).toBe('You’re in!');
  });

  test('what was used stays used, and times stay as they were', async () => {
    const email = 'kept@example.org';
    const { id, expiresAt } = await invite(email);
    await join(browser, await mailed(email), { email });
    await server.guestlist.resend(id, 'operator');
    expect(await server.guestlist.find(id)).toMatchObject({ usedCount: 1, maxUses: 3, expiresAt, state: 'open' });
    expect((await createBrowser(server.issuer).open(await mailed(email))).status).toBe(200);
  });

  test('one that has run out needs a new end, and then works; its old links do not', async () => {
    const email = 'run-out@example.org';
    const { id } = await server.guestlist.invite({ groups: ['choir'], email, expiresAt: addSeconds(server.now(), 60) });
    const old = await mailed(email);
    server.pass(61);
    expect((await browser.open(old)).$('body').attr('data-code')).toBe('invitation_expired');
    await expect(server.guestlist.resend(id, 'operator')).rejects.toMatchObject({ code: 'invitation_expired' });
    await expect(server.guestlist.resend(id, 'operator', { expiresAt: server.now() })).rejects.toThrow(
      /^resend: expiresAt must be in the future/,
    );
    expect(await mailed(email)).toBe(old);
    await server.guestlist.resend(id, 'operator', { expiresAt: addSeconds(server.now(), 3_600) });
    expect((await browser.open(old)).$('body').attr('data-code')).toBe('invitation_replaced');
    expect((await join(browser, await mailed(email), { email })).heading).toBe('You’re in!');
  });

  test('what is used up or revoked is not, nor by somebody who may not invite; and the old link stays as it was', async () => {
    const { accountId } = await becomeMember(server, { group: 'choir', email: 'plain-member@example.org' });
    const usedUp = await server.guestlist.invite({ groups: ['choir'], email: 'used-up@example.org' });
    await join(browser, await mailed('used-up@example.org'), { email: 'used-up@example.org' });
    const revoked = await invite('revoked-before@example.org');
    await server.guestlist.revoke(revoked.id, 'operator');
    const open = await invite('still-open@example.org');
    const refusals = [
      server.guestlist.resend(usedUp.id, 'operator'),
      server.guestlist.resend(revoked.id, 'operator'),
      server.guestlist.resend(open.id, accountId),
    ];
    const reasons = await Promise.allSettled(refusals);
    expect(reasons.map((one) => (one.status === 'rejected' && one.reason instanceof Failure ? one.reason.code : one))).toEqual([
      'invitation_used_up',
      'invitation_revoked',
      'grant_not_allowed',
    ]);
    expect((await browser.open(await mailed('still-open@example.org'))).status).toBe(200);
  });
});

test('an invitation that was revoked, ran out or was used before its mail went is not sent (J10)', async () => {
  await deliver();
  const revoked = await invite('too-late@example.org');
  await server.guestlist.revoke(revoked.id, 'operator');
  await server.guestlist.invite({ groups: ['choir'], email: 'ran-out@example.org', expiresAt: addSeconds(server.now(), 60) });
  const { url } = await server.guestlist.invite({
    groups: ['choir'],
    email: 'was-used@example.org',
    emailRule: 'any',
    channels: ['mail', 'link'],
  });
  await join(browser, url ?? '', { email: 'somebody@example.org' });
  await invite('in-time@example.org');
  server.pass(61);
  const sent = await deliver();
  expect(sent.map(({ kind, to }) => `${kind} ${to}`).toSorted()).toEqual(['invited in-time@example.org', 'joined somebody@example.org']);
  expect(sent.find(({ kind }) => kind === 'invited')?.text).toContain(`${server.issuer}/invite/`);
});

test('whatever a request calls itself, every address in every mail is the issuer’s (J1)', async () => {
  const { accountId } = await becomeMember(server, { group: 'choir:manager', email: 'inviter@example.org' });
  const spoofs = [
    { 'x-forwarded-host': 'evil.example' },
    { 'x-forwarded-proto': 'gopher', 'x-forwarded-port': '1' },
    { forwarded: 'host=evil.example;proto=http' },
    {
      'x-forwarded-prefix': '/evil',
      'x-original-url': 'http://evil.example/',
      'x-rewrite-url': '/evil',
      'x-forwarded-server': 'evil.example',
    },
    { referer: 'http://evil.example/' },
  ];
  for (const [index, spoof] of spoofs.entries()) {
    const email = `spoofed-${index}@example.org`;
    const { url } = await server.guestlist.invite({
      groups: ['choir'],
      domains: ['example.org'],
      pin: 'QX7RZW2K',
      inviterId: accountId,
      maxUses: 9,
    });
    const guest = createBrowser(server.issuer);
    const wrong = await guest.submit(await guest.open(url, spoof), 'Continue', { pin: 'WRONG1' }, spoof);
    const landing = await guest.submit(wrong, 'Continue', { pin: 'QX7RZW2K' }, spoof);
    const codePage = await guest.submit(await guest.submit(landing, 'create', {}, spoof), 'Send me a mail', { email }, spoof);
    const form = await guest.submit(codePage, 'Continue', { code: await mailedCode(database(), email) }, spoof);
    expect(
      (await guest.submit(form, 'Create account and join', { name: 'Ada', password: 'correct horse battery staple seven' }, spoof)).heading,
    ).toBe('You’re in!');
    expect((await guest.open(url, { ...spoof, host: 'evil.example' })).status).toBe(421);
  }
  const all = (await Promise.all(spoofs.map((_, index) => mailbox(database(), `spoofed-${index}@example.org`)))).flat();
  expect(all.map(({ kind }) => kind).toSorted()).toEqual([...spoofs.map(() => 'code'), ...spoofs.map(() => 'joined')]);
  await invite('linked@example.org');
  const addresses = [...all, ...(await mailbox(database(), 'linked@example.org'))].flatMap(
    ({ text, html }) => `${text} ${html}`.match(/[a-z]+:\/\/[^\s"<)]+/g) ?? [],
  );
  expect(addresses.length).toBeGreaterThan(6);
  expect(addresses.filter((address) => !address.startsWith(`${server.issuer}/`) && address !== server.issuer)).toEqual([]);
});

test('a mailed token is in no answer, page, log line or row: not before it is sent, nor after it was used, replaced or revoked (B4, B10)', async () => {
  const email = 'whispered@example.org';
  const { accountId } = await becomeMember(server, { group: 'choir:manager', email: 'curious@example.org' });
  const issued = await server.guestlist.invite({ groups: ['choir'], email, channels: ['mail', 'link'], inviterId: accountId, maxUses: 3 });
  const mailOnly = await server.guestlist.invite({ groups: ['choir'], email: 'mail-only@example.org', inviterId: accountId });
  expect([mailOnly.token, mailOnly.code, mailOnly.url]).toEqual([undefined, undefined, undefined]);
  const links = [await mailed(email), await mailed('mail-only@example.org')];
  const answers: unknown[] = [issued, mailOnly];
  const pages: Rest[] = [];
  const look = async () => {
    const { find, list, timeline } = server.guestlist;
    answers.push(await find(issued.id), await list(), await timeline(issued.id), await timeline(mailOnly.id));
    pages.push(await createBrowser(server.issuer).open(issued.url ?? ''));
  };
  await look();
  answers.push(await server.guestlist.resend(issued.id, accountId), await server.guestlist.change(issued.id, { maxUses: 4 }, accountId));
  links.push(await mailed(email));
  await look();
  for (const link of links) pages.push(await createBrowser(server.issuer).open(link));
  const flow = await app.push({ invite: tokenIn(links[2] ?? '') });
  const guest = createBrowser(server.issuer);
  pages.push(await guest.open(flow.url), await join(browser, links[2] ?? '', { email }));
  expect((await deliver()).map(({ to }) => to)).toContain(email);
  answers.push(await server.guestlist.revoke(mailOnly.id, accountId));
  await look();
  const typed = new Set(links);
  const elsewhere = {
    answers: JSON.stringify(answers),
    pages: pages.map(({ html, headers }) => html + JSON.stringify(headers)).join('\n'),
    addresses: [...browser.trail, ...guest.trail].filter((address) => !typed.has(address)).join('\n'),
  };
  for (const link of links)
    for (const secret of [tokenIn(link), toCode(tokenIn(link)), toCode(tokenIn(link)).replaceAll('-', '')])
      expect({ link: links.indexOf(link), found: await whereFound(server, secret, elsewhere) }).toEqual({
        link: links.indexOf(link),
        found: [],
      });
  expect(await whereFound(server, issued.id, elsewhere)).toContain('answers');
});

test('and nothing of it contradicts itself', async () => {
  expect(await findContradictions(database())).toEqual([]);
});
