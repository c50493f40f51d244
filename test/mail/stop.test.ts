/** Links that stop mail: what a mail program sends with one click (RFC 8058), what a person presses, and what nobody can forge. */
import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deriveKey } from '../../src/lib/seal.ts';
import { readStopHandle, stopPath, type StopSubject } from '../../src/mail/stop.ts';
import { isStopped } from '../../src/mail/stop-store.ts';
import { createBrowser } from '../support/browser.ts';
import { startForeignHost } from '../support/foreign-host.ts';
import { snapshot } from '../support/invariants.ts';
import { mailbox, testSecret } from '../support/mail.ts';
import { becomeMember, join } from '../support/people.ts';
import { type JourneyServer, startTestServer, type TestServer } from '../support/server.ts';
import { behindProxy, onExpress, onFastify, onKoa } from '../plugin/host/frameworks.ts';

const key = deriveKey(testSecret, 'mail stop');
const handleOf = (subject: StopSubject) => stopPath(key, subject).replace('/invite/stop/', '');

describe('a handle', () => {
  const subjects = ['invitation:0197-a', 'account:somebody at home | 7', 'requests:g-1:ada:2', 'account:Jürgen'] as const;

  test.each(subjects)('says what it stops: %s', (subject) => {
    expect(readStopHandle(key, handleOf(subject))).toBe(subject);
    expect(stopPath(key, subject)).toMatch(/^\/invite\/stop\/[\w.-]+$/);
  });

  test('is good for its own subject, under its own key, and in no other spelling', () => {
    const [name = '', proof = ''] = handleOf('invitation:1').split('.');
    const [otherName = ''] = handleOf('invitation:2').split('.');
    expect(readStopHandle(deriveKey(testSecret, 'mail code'), `${name}.${proof}`)).toBeUndefined();
    const wrong = [
      `${otherName}.${proof}`,
      `${name}.${proof}A`,
      `${name}.${proof.slice(1)}`,
      `${name}.`,
      name,
      `.${proof}`,
      '',
      '.',
      'x'.repeat(9_999),
    ];
    for (const handle of [...wrong, `${name}.${proof}\n`, `${name}.${proof.toLowerCase()}`, undefined, 7, {}])
      expect(readStopHandle(key, handle), String(handle)).toBeUndefined();
  });
});

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.addGroup('choir', { name: 'Kammerchor Nord' });
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
});

const day = 24 * 60 * 60;

/** As large mail providers send it: no cookie, no Origin, nothing about where it comes from. */
async function oneClick(url: string, { type, body }: { readonly type: string; readonly body: string } = urlencoded) {
  const answer = await request(url, { method: 'POST', headers: { 'content-type': type, 'user-agent': 'mail-provider' }, body });
  return {
    status: answer.statusCode,
    location: answer.headers.location,
    cookie: answer.headers['set-cookie'],
    body: await answer.body.text(),
  };
}

const urlencoded = { type: 'application/x-www-form-urlencoded', body: 'List-Unsubscribe=One-Click' };
const multipart = {
  type: 'multipart/form-data; boundary=b0undary',
  body: '--b0undary\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b0undary--\r\n',
};

async function reminded(email: string, on: JourneyServer = server) {
  const { id } = await on.guestlist.invite({ groups: ['choir'], email });
  on.pass(3 * day);
  await on.guestlist.remind();
  const [mail] = (await mailbox(on.database, email)).filter(({ kind }) => kind === 'reminder');
  if (!mail?.unsubscribeUrl) throw new Error('no reminder');
  return { id, mail, stopUrl: mail.unsubscribeUrl, subject: `invitation:${id}` as const };
}

test('one click as a mail program sends it: no reminder any more, and the invitation still lets in (C9)', async () => {
  const email = 'enough@example.org';
  const { mail, stopUrl, subject } = await reminded(email);
  const answer = await oneClick(stopUrl);
  expect([answer.status, answer.location, answer.cookie]).toEqual([200, undefined, undefined]);
  expect(await isStopped(server.database, subject)).toBe(true);
  server.pass(3 * day + 60);
  expect(await server.guestlist.remind()).toEqual({ reminded: 0 });
  const [link = ''] = mail.text.match(/http\S+\/invite\/[\w-]{22}$/m) ?? [];
  expect((await join(createBrowser(server.issuer), link, { email })).heading).toBe('You’re in!');
});

test('as multipart, which the standard prefers', async () => {
  const { stopUrl, subject } = await reminded('multipart@example.org');
  expect((await oneClick(stopUrl, multipart)).status).toBe(200);
  expect(await isStopped(server.database, subject)).toBe(true);
});

test('looking at every address in the mails, as scanners do, changes nothing (C9)', async () => {
  const email = 'scanned@example.org';
  const { stopUrl } = await reminded(email);
  const mails = await mailbox(server.database, email);
  const urls = [
    ...new Set(mails.flatMap(({ text, html, unsubscribeUrl }) => `${text} ${html} ${unsubscribeUrl}`.match(/https?:[^\s"<)]+/g) ?? [])),
  ];
  expect(urls).toContain(stopUrl);
  expect(urls.length).toBeGreaterThan(3);
  const before = [await snapshot(server.database), await server.database('guestlist.mail_stop').select()];
  for (const url of urls)
    for (const method of ['GET', 'HEAD'] as const) {
      const { statusCode, body } = await request(url, { method });
      await body.dump();
      expect([200, 303]).toContain(statusCode);
    }
  expect([await snapshot(server.database), await server.database('guestlist.mail_stop').select()]).toEqual(before);
});

test('a person presses the one button, sees what that means, and can take it back', async () => {
  const { stopUrl, subject, id } = await reminded('by-hand@example.org');
  const browser = createBrowser(server.issuer);
  const page = await browser.open(stopUrl);
  expect([page.status, page.heading, page.$('main button').length]).toEqual([200, 'No more mails about this?', 1]);
  const stopped = await browser.submit(page, 'Stop these mails');
  expect([stopped.status, stopped.heading]).toEqual([200, 'Stopped']);
  expect(stopped.$('main').text()).toContain('The invitation itself still works.');
  expect(await isStopped(server.database, subject)).toBe(true);
  expect((await browser.open(stopUrl)).heading).toBe('Stopped');
  const again = await browser.submit(stopped, 'Start them again');
  expect(again.heading).toBe('No more mails about this?');
  expect(await isStopped(server.database, subject)).toBe(false);
  const told = (await server.guestlist.timeline(id)).map(({ what }) => what);
  expect(told.filter((what) => what.startsWith('mail.st'))).toEqual(['mail.stopped', 'mail.started']);
});

test('however often it is clicked, the trail tells of it once', async () => {
  const { stopUrl, id } = await reminded('impatient@example.org');
  await Promise.all(Array.from({ length: 5 }, () => oneClick(stopUrl)));
  expect((await server.guestlist.timeline(id)).filter(({ what }) => what === 'mail.stopped')).toHaveLength(1);
});

test('what exists is answered like what does not; what we never made is not found', async () => {
  const { stopUrl } = await reminded('known@example.org');
  const unknown = await oneClick(`${server.issuer}${stopPath(key, 'invitation:nobody-knows')}`);
  const known = await oneClick(stopUrl);
  const plain = (text: string) => text.replace(/stop\/[\w.-]+/g, '');
  expect([unknown.status, plain(unknown.body)]).toEqual([known.status, plain(known.body)]);
  for (const url of [`${stopUrl}x`, `${server.issuer}/invite/stop/x`, `${server.issuer}/invite/stop/x.y`]) {
    expect((await oneClick(url)).status).toBe(404);
    expect((await createBrowser(server.issuer).open(url)).status).toBe(404);
  }
});

test('a form from elsewhere that is no click of a mail program changes nothing, and starts nothing again', async () => {
  const { stopUrl, subject } = await reminded('forged@example.org');
  const elsewhere = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
  const browser = createBrowser(server.issuer);
  expect((await browser.post(stopUrl, { way: 'stop' }, elsewhere)).status).toBe(403);
  expect(await isStopped(server.database, subject)).toBe(false);
  await oneClick(stopUrl);
  expect((await browser.post(stopUrl, { way: 'start' }, elsewhere)).status).toBe(403);
  expect((await oneClick(stopUrl, { ...urlencoded, body: 'way=start' })).status).toBe(403);
  expect((await oneClick(stopUrl, { type: 'text/plain', body: 'x'.repeat(70_000) })).status).toBe(413);
  expect(await isStopped(server.database, subject)).toBe(true);
});

test('the address is in no log line', async () => {
  const { stopUrl } = await reminded('unlogged@example.org');
  await oneClick(stopUrl);
  expect(server.log.join('\n')).not.toContain(stopUrl.slice(-43));
});

test('somebody who is signed in elsewhere is not touched by it', async () => {
  const { browser, accountId } = await becomeMember(server, { group: 'choir', email: 'member@example.org' });
  const cookies = async () => (await browser.jar.getCookies(server.issuer)).map(String).toSorted();
  const before = await cookies();
  await browser.open(`${server.issuer}${stopPath(key, `account:${accountId}`)}`);
  expect(await cookies()).toEqual(before);
});

describe.each([
  ['Express with a body parser', onExpress],
  ['Fastify', onFastify],
  ['Koa', onKoa],
  ['a proxy', behindProxy],
])('in somebody else’s provider, on %s', (_, framework) => {
  test('one click stops reminders', async () => {
    const host = await startForeignHost({ framework });
    try {
      await host.addGroup('choir');
      for (const form of [urlencoded, multipart]) {
        const { stopUrl, subject } = await reminded(`${form === multipart ? 'multi' : 'plain'}@example.org`, host);
        expect((await oneClick(stopUrl, form)).status).toBe(200);
        expect(await isStopped(host.database, subject)).toBe(true);
      }
    } finally {
      await host.close();
    }
  });
});
