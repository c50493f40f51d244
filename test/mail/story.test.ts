/** Whole stories in which every mail goes through a real SMTP server and is read as a person's mail program reads it. */
import * as oidc from 'openid-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Email } from 'postal-mime';
import { createBrowser } from '../support/browser.ts';
import { join, openAsNewcomer, register, sendRequest } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { type MailServer, parse, startMailServer } from './mail-server.ts';
import { type Posting, startPosting } from './posting.ts';

let server: TestServer;
let app: RelyingApp;
let mailServer: MailServer;
let posting: Posting;

beforeEach(async () => {
  server = await startTestServer({ newcomersProveEmail: true });
  await server.addGroup('choir', { name: 'Kammerchor Nord' });
  app = await createRelyingApp(server);
  mailServer = await startMailServer();
  posting = await startPosting(server, mailServer.url);
});
afterEach(async () => {
  await posting?.stop();
  await mailServer?.close();
  await server?.close();
});

/** The newest mail to somebody with these words in its subject, once it has arrived. */
async function arrivedAt(address: string, subject: RegExp): Promise<Email> {
  const find = async () => {
    for (const arrived of mailServer.arrived.toReversed()) {
      if (!arrived.recipients.includes(address)) continue;
      const mail = await parse(arrived);
      if (subject.test(mail.subject ?? '')) return mail;
    }
    return undefined;
  };
  await expect.poll(find, { timeout: 10_000 }).toBeDefined();
  return (await find()) as Email;
}

/** What a person would press: the button, which must lead where the text says. */
function linkIn({ html = '', text = '' }: Email, path: string): string {
  const [link = ''] = text.match(new RegExp(`http\\S+${path}/[A-Za-z0-9_-]{22}`)) ?? [];
  expect(html).toContain(`href="${link}"`);
  return link;
}

async function heardBy(browser: ReturnType<typeof createBrowser>) {
  const tokens = await app.signInSilently(browser);
  return oidc.fetchUserInfo(app.config, tokens.access_token, tokens.claims()?.sub ?? '');
}

test('ask, confirm, approve, mail, register: the app sees the group and a verified address', async () => {
  await server.guestlist.requests.open('choir');
  await server.guestlist.invite({ groups: ['choir:manager'], email: 'maya@example.org' });
  const maya = createBrowser(server.issuer);
  await join(maya, linkIn(await arrivedAt('maya@example.org', /invited/), '/invite'), { email: 'maya@example.org', name: 'Maya Lind' });

  const email = 'ben@example.net';
  await sendRequest(server, 'choir', { email, name: 'Ben Okafor', note: 'I sing bass.' });
  const confirmation = await arrivedAt(email, /Your request/);
  expect(confirmation.headers.find(({ key }) => key === 'auto-submitted')?.value).toBe('auto-generated');
  const ben = createBrowser(server.issuer);
  await ben.submit(await ben.open(linkIn(confirmation, '/invite/request-confirm')), 'Yes, send my request');

  const news = await arrivedAt('maya@example.org', /Requests for Kammerchor Nord/);
  expect(news.headers.find(({ key }) => key === 'list-unsubscribe-post')?.value).toBe('List-Unsubscribe=One-Click');
  await maya.submit(await maya.open('/invite/requests'), 'Invite');

  const done = await join(ben, linkIn(await arrivedAt(email, /invited to Kammerchor Nord/), '/invite'), { email, name: 'Ben Okafor' });
  expect(done.heading).toBe('You’re in!');
  expect(await heardBy(ben)).toMatchObject({ email, email_verified: true, groups: ['choir'] });
  expect((await arrivedAt(email, /Kammerchor Nord/)).from?.address).toBe('choir@example.org');
  const ids = await Promise.all(mailServer.arrived.map(async (arrived) => (await parse(arrived)).messageId));
  expect(new Set(ids).size).toBe(ids.length);
});

test('link, address, code, register: the app sees the group and a verified address', async () => {
  const { url } = await server.guestlist.invite({ groups: ['choir'], maxUses: 3 });
  const email = 'cai@example.net';
  const browser = createBrowser(server.issuer);
  const codePage = await browser.submit(await openAsNewcomer(browser, url), 'Send me a mail', { email });
  const mail = await arrivedAt(email, /Your mail address/);
  const [code = ''] = mail.text?.match(/\b\d{3}\s?\d{3}\b/) ?? [];
  expect(mail.subject).not.toContain(code);
  const form = await browser.submit(codePage, 'Continue', { code: code.replace(/\s/g, '') });
  expect((await register(browser, form, { email })).heading).toBe('You’re in!');
  expect(await heardBy(browser)).toMatchObject({ email, email_verified: true, groups: ['choir'] });
});
