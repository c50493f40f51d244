/** State J: what has to be agreed to before joining, by people with an account and by newcomers. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findInvitation } from '../../src/invitation/store.ts';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { count, snapshot } from '../support/invariants.ts';
import { goodPassword, join, openAsNewcomer, signIn } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const terms = 'https://example.org/terms?v=1&lang=en';
const privacy = 'https://example.org/privacy';
const newPrivacy = 'https://example.org/privacy/2';

let own: TestDatabase;
/** One place over the years: before there were any terms, with some, and with others. */
let without: TestServer;
let asking: TestServer;
let changed: TestServer;
let app: RelyingApp;

beforeAll(async () => {
  own = await createTestDatabase();
  without = await startTestServer({ on: own });
  asking = await startTestServer({ on: own, terms: { terms, privacy } });
  changed = await startTestServer({ on: own, terms: { terms, privacy: newPrivacy } });
  await asking.addGroup('choir', { name: 'Kammerchor Nord' });
  await asking.addGroup('board', { name: 'Vorstand' });
  app = await createRelyingApp(asking);
});
afterAll(async () => {
  for (const server of [changed, asking, without]) await server?.close();
  await own?.drop();
});

/** Somebody who joined before there were any terms. */
async function oldMember(email: string): Promise<string> {
  await join(createBrowser(without.issuer), (await without.guestlist.invite({ groups: ['choir'] })).url, { email });
  return email;
}

/** From the link to the question, by signing in. */
async function questionAt(browser: Browser, url: string, email: string): Promise<Rest> {
  return signIn(browser, await browser.submit(await browser.open(url), 'login'), { email });
}

async function agreementsOf(email: string): Promise<string[]> {
  const { rows } = await own.database.raw(
    `select document, agreed_at from guestlist.agreement join guestlist.account_email using (account_id)
     where email_key = ? order by document`,
    [email],
  );
  for (const { agreed_at } of rows) expect(Math.abs(agreed_at.getTime() - asking.now().getTime())).toBeLessThan(60_000);
  return rows.map(({ document }: { document: string }) => document);
}

const usedCount = async (id: string) => (await findInvitation(own.database, id))?.usedCount;
const linksOn = ({ $ }: Rest) =>
  $('a[target=_blank]')
    .map((_, link) => `${$(link).attr('rel')} ${$(link).attr('href')}`)
    .get();
const wrongOn = ({ $ }: Rest) =>
  $('[aria-invalid="true"]')
    .map((_, input) => $(input).attr('name'))
    .get();

test('somebody with an account is asked between Join and joining, and once only', async () => {
  const email = await oldMember('once@example.org');
  const browser = createBrowser(asking.issuer);
  const { url, id } = await asking.guestlist.invite({ groups: ['board'] });
  const question = await questionAt(browser, url, email);
  const before = await snapshot(own.database);
  const page = await browser.submit(question, 'Join');
  expect({ status: page.status, heading: page.heading }).toEqual({ status: 200, heading: 'Before you join' });
  expect(linksOn(page)).toEqual([`noopener ${terms}`, `noopener ${privacy}`]);
  expect(page.$('[name=agree]').attr('checked')).toBeUndefined();
  expect(wrongOn(page)).toEqual([]);
  expect(await snapshot(own.database)).toEqual(before);

  const done = await browser.submit(page, 'Agree and join', { agree: 'yes' });
  expect(done.heading).toBe('You’re in!');
  expect(await usedCount(id)).toBe(1);
  expect(await agreementsOf(email)).toEqual([privacy, terms]);

  await asking.addGroup('tour', { name: 'Tournee' });
  const next = await questionAt(browser, (await asking.guestlist.invite({ groups: ['tour'] })).url, email);
  expect((await browser.submit(next, 'Join')).heading).toBe('You’re in!');
});

test('without the box the page comes back with the box named, and nothing has happened', async () => {
  const email = await oldMember('forgetful@example.org');
  const browser = createBrowser(asking.issuer);
  const { url, id } = await asking.guestlist.invite({ groups: ['board'] });
  const page = await browser.submit(await questionAt(browser, url, email), 'Join');
  for (const fields of [{}, { agree: '' }, { agree: 'no' }] as Readonly<Record<string, string>>[]) {
    const back = await browser.submit(page, 'Agree and join', fields);
    expect({ status: back.status, wrong: wrongOn(back), heading: back.heading }).toEqual({
      status: 422,
      wrong: ['agree'],
      heading: 'Before you join',
    });
    expect(back.$('title').text()).toMatch(/^Error: /);
  }
  expect(await usedCount(id)).toBe(0);
  expect(await agreementsOf(email)).toEqual([]);
  const again = await browser.submit(page, 'Agree and join');
  expect((await browser.submit(again, 'Agree and join', { agree: 'yes' })).heading).toBe('You’re in!');
});

test('the box counts for what stood beside it and for nothing else', async () => {
  const email = await oldMember('careful@example.org');
  const browser = createBrowser(asking.issuer);
  const { url, id } = await asking.guestlist.invite({ groups: ['board'] });
  const question = await questionAt(browser, url, email);
  for (const documents of ['', terms, `${terms} https://example.org/other`, `${privacy} ${terms}`]) {
    const page = await browser.submit(question, 'Join', { agree: 'yes', documents });
    expect({ status: page.status, heading: page.heading }).toEqual({ status: 200, heading: 'Before you join' });
  }
  expect((await browser.submit(question, 'Join', { agree: 'yes' })).heading).toBe('Before you join');
  expect([await usedCount(id), await agreementsOf(email)]).toEqual([0, []]);
});

test('another address asks again, and for that document alone', async () => {
  const email = await oldMember('reader@example.org');
  const first = createBrowser(asking.issuer);
  const page = await first.submit(await questionAt(first, (await asking.guestlist.invite({ groups: ['board'] })).url, email), 'Join');
  await first.submit(page, 'Agree and join', { agree: 'yes' });

  const browser = createBrowser(changed.issuer);
  await changed.addGroup('stage', { name: 'Stage crew' });
  const { url } = await changed.guestlist.invite({ groups: ['stage'] });
  const again = await browser.submit(await questionAt(browser, url, email), 'Join');
  expect(linksOn(again)).toEqual([`noopener ${newPrivacy}`]);
  expect((await browser.submit(again, 'Agree and join', { agree: 'yes' })).heading).toBe('You’re in!');
  expect(await agreementsOf(email)).toEqual([privacy, newPrivacy, terms]);
});

test('who is in already is asked nothing', async () => {
  const email = await oldMember('already@example.org');
  const browser = createBrowser(asking.issuer);
  const question = await questionAt(browser, (await asking.guestlist.invite({ groups: ['choir'] })).url, email);
  const done = await browser.submit(question, 'Continue');
  expect(done.heading).toContain('already');
  expect(await agreementsOf(email)).toEqual([]);
});

test('not now leaves everything as it was', async () => {
  const email = await oldMember('hesitant@example.org');
  const browser = createBrowser(asking.issuer);
  const { url, id } = await asking.guestlist.invite({ groups: ['board'] });
  const page = await browser.submit(await questionAt(browser, url, email), 'Join');
  expect((await browser.submit(page, 'Not now')).heading).toContain('declined');
  expect([await usedCount(id), await agreementsOf(email)]).toEqual([0, []]);
});

test('loading the page again leads back to the question', async () => {
  const email = await oldMember('reloading@example.org');
  const browser = createBrowser(asking.issuer);
  const question = await questionAt(browser, (await asking.guestlist.invite({ groups: ['board'] })).url, email);
  const page = await browser.submit(question, 'Join');
  expect((await browser.open(page.url)).heading).toBe(question.heading);
});

test('the place that goes meanwhile takes the agreement with it', async () => {
  const email = await oldMember('late@example.org');
  const browser = createBrowser(asking.issuer);
  const { url, id } = await asking.guestlist.invite({ groups: ['board'] });
  const page = await browser.submit(await questionAt(browser, url, email), 'Join');
  await without.guestlist.revoke(id, 'operator');
  const refused = await browser.submit(page, 'Agree and join', { agree: 'yes' });
  expect({ status: refused.status, code: refused.$('body').attr('data-code') }).toEqual({ status: 410, code: 'invitation_revoked' });
  expect(await agreementsOf(email)).toEqual([]);
});

test('sent three times at once, it joins once and is written once', async () => {
  const email = await oldMember('thrice@example.org');
  const browser = createBrowser(asking.issuer);
  const { url, id } = await asking.guestlist.invite({ groups: ['board'], maxUses: 5 });
  const page = await browser.submit(await questionAt(browser, url, email), 'Join');
  const answers = await Promise.all([1, 2, 3].map(() => browser.submit(page, 'Agree and join', { agree: 'yes' })));
  expect(answers.map(({ heading }) => heading)).toContain('You’re in!');
  expect([await usedCount(id), await agreementsOf(email)]).toEqual([1, [privacy, terms]]);
});

test('who asks to join agrees when they ask, and is not asked again', async () => {
  const email = await oldMember('asking@example.org');
  const browser = createBrowser(asking.issuer);
  const { url, id } = await asking.guestlist.invite({ groups: ['board'], approval: true });
  const page = await browser.submit(await questionAt(browser, url, email), 'Ask to join');
  const sent = await browser.submit(page, 'Agree and ask to join', { agree: 'yes' });
  expect(sent.heading).toBe('Request sent');
  expect(await agreementsOf(email)).toEqual([privacy, terms]);
  const [waiting] = await asking.guestlist.waitingForApproval(id);
  await asking.guestlist.approve(id, waiting?.accountId ?? '', 'operator');
  expect((await app.signInSilently(browser)).claims()?.['groups']).toEqual(['board', 'choir']);
});

test('an app’s own request survives: the code goes there, and the token tells of the group', async () => {
  const email = await oldMember('from-app@example.org');
  const browser = createBrowser(asking.issuer);
  const { token } = await asking.guestlist.invite({ groups: ['board'] });
  const flow = await app.begin({ invite: token });
  const question = await signIn(browser, await browser.open(flow.url), { email });
  const page = await browser.submit(question, 'Join');
  expect(page.heading).toBe('Before you join');
  // Chrome stops a form whose redirect leads where the page did not say.
  expect(page.headers['content-security-policy']).toContain(`form-action 'self' ${new URL(app.redirectUri).origin}`);
  const back = await browser.submit(page, 'Agree and join');
  expect(back.headers['content-security-policy']).toContain(new URL(app.redirectUri).origin);
  const rest = await browser.submit(back, 'Agree and join', { agree: 'yes' });
  expect((await flow.finish(rest)).claims()?.['groups']).toEqual(['board', 'choir']);
});

const newcomer = { name: 'Ada Park', password: goodPassword };

test('a newcomer has the box in the form, and what they agreed to is written with all the rest', async () => {
  const email = 'newcomer@example.org';
  const browser = createBrowser(asking.issuer);
  const { url } = await asking.guestlist.invite({ groups: ['choir'] });
  const form = await openAsNewcomer(browser, url);
  expect(linksOn(form)).toEqual([`noopener ${terms}`, `noopener ${privacy}`]);
  expect(form.$('[name=agree]').attr('checked')).toBeUndefined();
  const done = await browser.submit(form, 'Create account and join', { ...newcomer, email, agree: 'yes' });
  expect(done.heading).toBe('You’re in!');
  expect(await agreementsOf(email)).toEqual([privacy, terms]);
  const next = await browser.submit(await browser.open((await asking.guestlist.invite({ groups: ['board'] })).url), 'join');
  expect((await browser.submit(next, 'Join')).heading).toBe('You’re in!');
});

test('a newcomer who forgets the box gets the form back with the box named and what was typed', async () => {
  const email = 'forgot@example.org';
  const browser = createBrowser(asking.issuer);
  const form = await openAsNewcomer(browser, (await asking.guestlist.invite({ groups: ['choir'] })).url);
  const page = await browser.submit(form, 'Create account and join', { ...newcomer, email });
  expect({ status: page.status, wrong: wrongOn(page) }).toEqual({ status: 422, wrong: ['agree'] });
  expect([page.$('[name=name]').attr('value'), page.$('[name=email]').attr('value')]).toEqual(['Ada Park', email]);
  expect(await count(own.database, `account_email where email_key = '${email}'`)).toBe(0);
  const done = await browser.submit(page, 'Create account and join', { password: goodPassword, agree: 'yes' });
  expect(done.heading).toBe('You’re in!');
});

test('the box stays ticked when something else is wrong, and not when it stood beside other documents', async () => {
  const browser = createBrowser(asking.issuer);
  const form = await openAsNewcomer(browser, (await asking.guestlist.invite({ groups: ['choir'] })).url);
  const fields = { ...newcomer, email: 'half@', agree: 'yes' };
  const page = await browser.submit(form, 'Create account and join', fields);
  expect({ status: page.status, wrong: wrongOn(page) }).toEqual({ status: 422, wrong: ['email'] });
  expect(page.$('[name=agree]').attr('checked')).toBeDefined();
  const other = await browser.submit(form, 'Create account and join', { ...fields, email: 'whole@example.org', documents: terms });
  expect({ status: other.status, wrong: wrongOn(other) }).toEqual({ status: 422, wrong: ['agree'] });
  expect(other.$('[name=agree]').attr('checked')).toBeUndefined();
});

test('a newcomer whose place goes meanwhile leaves no agreement', async () => {
  const browser = createBrowser(asking.issuer);
  const { url, id } = await asking.guestlist.invite({ groups: ['choir'] });
  const form = await openAsNewcomer(browser, url);
  await asking.guestlist.revoke(id, 'operator');
  const before = await count(own.database, 'agreement');
  const page = await browser.submit(form, 'Create account and join', { ...newcomer, email: 'gone@example.org', agree: 'yes' });
  expect(page.status).toBe(410);
  expect(await count(own.database, 'agreement')).toBe(before);
});

test('where there are no terms there is no box, and one that is sent all the same is a field that nobody asked for', async () => {
  const browser = createBrowser(without.issuer);
  const form = await openAsNewcomer(browser, (await without.guestlist.invite({ groups: ['choir'] })).url);
  expect(form.$('[name=agree], [name=documents]').length).toBe(0);
  for (const more of [{ agree: 'yes' }, { documents: terms }]) {
    const page = await browser.submit(form, 'Create account and join', { ...newcomer, email: 'boxed@example.org', ...more });
    expect(page.status).toBe(422);
  }
  expect(await count(own.database, `account_email where email_key = 'boxed@example.org'`)).toBe(0);
});
