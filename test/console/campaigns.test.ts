/** Campaigns in the console: from addresses, a file or a number of cards to invitations, and what came of them. */
import { parse } from 'csv-parse/sync';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Member } from '../journeys/setting.ts';
import { type Browser, createBrowser, formOf, type Rest } from '../support/browser.ts';
import { mailedLink } from '../support/mail.ts';
import { join } from '../support/people.ts';
import { type ConsoleSetting, createConsoleSetting, openConsole } from './setting.ts';

let setting: ConsoleSetting;
let admin: Browser;
let ben: Member;

beforeAll(async () => {
  setting = await createConsoleSetting();
  ({ browser: admin } = await setting.admin('ada'));
  ben = await setting.manager('ben', 'choir');
  await openConsole(admin, '/admin/campaigns');
  await openConsole(ben.browser, '/admin/campaigns');
});
afterAll(() => setting.server.close());

const rowsOn = ({ $ }: Rest) =>
  $('tbody tr')
    .map((_, row) => $(row).text().replace(/\s+/g, ' ').trim())
    .get();
const textOf = ({ $ }: Rest) => $('main').text().replace(/\s+/g, ' ');

/** As a browser sends a form with a file (RFC 7578). */
async function sendFile(
  browser: Browser,
  page: Rest,
  { fields, file }: { readonly fields: Record<string, string>; readonly file?: string | Buffer },
) {
  const { action, filled } = formOf(page, 'Try it out');
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...filled, ...fields })) if (name !== 'file') form.append(name, value);
  form.append(
    'file',
    new File(file === undefined ? [] : [new Uint8Array(Buffer.from(file))], file === undefined ? '' : 'people.csv', { type: 'text/csv' }),
  );
  const body = new Response(form);
  const response = await request(action, {
    method: 'POST',
    headers: {
      'content-type': String(body.headers.get('content-type')),
      cookie: await browser.jar.getCookieString(action),
      origin: new URL(action).origin,
      'sec-fetch-site': 'same-origin',
      'sec-fetch-mode': 'navigate',
      accept: 'text/html',
      'accept-language': 'en',
    },
    body: Buffer.from(await body.arrayBuffer()),
  });
  const { location } = response.headers;
  const html = await response.body.text();
  return { status: response.statusCode, location: typeof location === 'string' ? location : undefined, html };
}

describe('from pasted addresses', () => {
  test('each row is tried out first, then made, and the report says what came of it', async () => {
    await setting.member('carl', { groups: ['choir'], verified: true });
    const form = await admin.open('/admin/campaigns/new');
    const tried = await admin.submit(form, 'Try it out', {
      name: 'Spring',
      source: 'pasted',
      addresses: 'Dora <dora@example.org>, emil@example.org; emil@example.org\nno address\ncarl@example.org',
      'group:choir': 'yes',
    });
    expect(tried.heading).toContain('Spring');
    expect(textOf(tried)).toContain('2 people will be invited.');
    expect(rowsOn(tried).slice(2)).toEqual([
      '3 emil@example.org stands further up already',
      '4 – no e-mail address',
      '5 carl@example.org is a member already',
    ]);
    expect(rowsOn(await admin.open('/admin/campaigns'))).toEqual([]);
    const made = await admin.submit(tried, 'Invite 2 people');
    expect([made.heading, textOf(made).includes('3 of 5 still wait: 0 made, 2 not made.')]).toEqual(['Spring', true]);
    expect(made.$('noscript').text() + made.$('noscript').html()).toContain('refresh');
    const run = await admin.submit(made, 'Send the next ones now');
    expect(textOf(run)).toContain('All rows are done: 2 made, 3 not made.');
    await join(createBrowser(setting.server.issuer), await mailedLink(setting.server.database, 'dora@example.org'), {
      name: 'Dora',
      email: 'dora@example.org',
    });
    const report = await admin.open(new URL(run.url).pathname);
    const funnel = report
      .$('.funnel tbody tr')
      .map((_, row) => report.$(row).find('.amount').text().trim())
      .get();
    expect(funnel[0]).toMatch(/^2\s*100%$/);
    expect(funnel.at(-1)).toMatch(/^1\s*50%$/);
    expect(report.$('.chart rect').length).toBe(7);
    expect(textOf(report)).toContain('is a member already');
    const csv = await admin.open(`${new URL(run.url).pathname}/export`);
    expect((parse(csv.html) as string[][]).slice(1).map((line) => [line[1], line[3]])).toEqual([
      ['dora@example.org', 'joined'],
      ['emil@example.org', 'made'],
      ['', 'failed'],
      ['', 'failed'],
      ['carl@example.org', 'failed'],
    ]);
    expect(rowsOn(await admin.open(`${new URL(run.url).pathname}/rows`)).length).toBe(5);
  });

  test('what is missing is said at its field, and nothing is made twice', async () => {
    const form = await admin.open('/admin/campaigns/new');
    const empty = await admin.submit(form, 'Try it out', { source: 'pasted' });
    expect(empty.status).toBe(422);
    for (const field of ['name', 'addresses', 'groups']) expect([field, empty.$(`#${field}-error`).length]).toEqual([field, 1]);
    const noFile = await admin.submit(form, 'Try it out', { source: 'file' });
    for (const field of ['name', 'file', 'groups']) expect([field, noFile.$(`#${field}-error`).length]).toEqual([field, 1]);
    const fields = { name: 'Twice', source: 'pasted', addresses: 'flora@example.org', 'group:stage': 'yes' };
    const tried = await admin.submit(empty, 'Try it out', fields);
    const both = await Promise.all([admin.submit(tried, 'Invite one person'), admin.submit(tried, 'Invite one person')]);
    const late = await admin.submit(tried, 'Invite one person');
    expect(new Set([...both, late].map(({ status, url }) => `${status} ${url}`)).size).toBe(1);
    expect(late.heading).toBe('Twice');
    const path = new URL(tried.url).pathname;
    for (const back of [path, `/admin/campaigns/new?draft=${path.split('/').at(-1)}`])
      expect([back, (await admin.open(back)).heading]).toEqual([back, 'Twice']);
    expect(rowsOn(await admin.open('/admin/campaigns')).filter((row) => row.includes('Twice')).length).toBe(1);
  });
});

describe('from a file', () => {
  test('columns are found by their names, or said by a person', async () => {
    const form = await admin.open('/admin/campaigns/new');
    const fields = { name: 'File', source: 'file', 'group:stage': 'yes' };
    const sent = await sendFile(admin, form, {
      fields,
      file: 'who;where;old\nGreta;greta@example.org;x\nHugo;hugo@example.org;y\nIda;nowhere;z\n',
    });
    expect(sent.status).toBe(303);
    const unclear = await admin.open(String(sent.location));
    expect([unclear.status, textOf(unclear).includes('no column that looks like addresses')]).toEqual([422, true]);
    expect(
      unclear
        .$('#email option')
        .map((_, option) => unclear.$(option).text())
        .get(),
    ).toContain('\u2068where\u2069, as in \u2068greta@example.org\u2069');
    const tried = await admin.open(`${String(sent.location)}?email=2&name=1`);
    expect(textOf(tried)).toContain('2 people will be invited.');
    expect(rowsOn(tried)).toContain('2 greta@example.org Greta');
    expect(rowsOn(tried)).toContain('4 – no e-mail address');
    const made = await admin.submit(tried, 'Invite 2 people');
    expect(made.heading).toBe('File');
    await setting.guestlist.campaigns.runDue();
    expect(textOf(await admin.open(new URL(made.url).pathname))).toContain('All rows are done: 2 made, 1 not made.');
  });

  test('one that is missing, no text, or too large is told', async () => {
    const form = await admin.open('/admin/campaigns/new');
    const fields = { name: 'Bad', source: 'file', 'group:stage': 'yes' };
    const none = await sendFile(admin, form, { fields });
    expect([none.status, none.html.includes('Choose the file with the addresses.')]).toEqual([422, true]);
    const utf16 = await sendFile(admin, form, { fields, file: Buffer.from('\ufeffemail\nx@example.org', 'utf16le') });
    expect((await admin.open(String(utf16.location))).status).toBe(422);
    expect((await sendFile(admin, form, { fields, file: Buffer.alloc(5_100_000, 'a') })).status).toBe(413);
    expect((await sendFile(admin, form, { fields: { ...fields, form_token: 'forged' }, file: 'email\na@example.org' })).status).toBe(403);
  });
});

describe('cards', () => {
  test('are made once, can be printed for a while in this session alone, and named', async () => {
    const form = await admin.open('/admin/campaigns/new');
    const tried = await admin.submit(form, 'Try it out', {
      name: 'Open day',
      source: 'cards',
      cards: '3',
      pin: 'yes',
      'group:choir': 'yes',
    });
    const made = await admin.submit(tried, 'Create the campaign with 3 cards');
    const id = new URL(made.url).pathname.split('/').pop();
    const ready = await admin.submit(made, 'Make the 3 cards');
    expect(ready.heading).toBe('3 cards are ready');
    const sheet = await admin.open(`/admin/campaigns/${id}/cards/sheet`);
    expect([sheet.$('.invitation').length, sheet.$('.pin strong').length]).toEqual([3, 3]);
    expect(sheet.headers['cache-control']).toBe('no-store');
    expect(sheet.headers['content-security-policy']).toContain("default-src 'none'");
    const other = await setting.admin('otto');
    await openConsole(other.browser, '/admin/campaigns');
    expect((await other.browser.open(`/admin/campaigns/${id}/cards/sheet`)).status).toBe(404);
    await admin.submit(await admin.open(`/admin/campaigns/${id}/cards`), 'I’ve printed them');
    expect((await admin.open(`/admin/campaigns/${id}/cards/sheet`)).status).toBe(404);
    const card = await admin.open(`/admin/campaigns/${id}/rows/2`);
    expect(rowsOn(await admin.submit(card, 'Save', { name: 'Ulla from the door' }))[1]).toContain('Ulla from the door');
    expect((await admin.open(`/admin/campaigns/${id}/rows/9`)).status).toBe(404);
  });
});

describe('what is done about one', () => {
  test('it is cancelled with what was made, goes on, and tries again what failed', async () => {
    const { guestlist } = setting;
    const { id } = await guestlist.campaigns.create({
      name: 'Summer',
      wish: { groups: ['stage'] },
      rows: { pasted: 'jana@example.org, kurt@example.org' },
    });
    const page = await admin.open(`/admin/campaigns/${id}`);
    const ask = await admin.open(String(page.$('a.danger').attr('href')));
    expect(textOf(ask)).toContain('2 invitations that wait are not made.');
    const cancelled = await admin.submit(ask, 'Cancel the campaign');
    expect(textOf(cancelled)).toContain('Cancelled');
    await admin.submit(cancelled, 'Go on with it');
    await guestlist.campaigns.runDue();
    const done = await admin.open(`/admin/campaigns/${id}`);
    expect(textOf(done)).toContain('All rows are done: 2 made, 0 not made.');
    const revoked = await admin.submit(await admin.open(String(done.$('a.danger').attr('href'))), 'Revoke what nobody accepted');
    expect(textOf(revoked)).toMatch(/Revoked ?2/);
  });

  test('how far it is can be listened to', async () => {
    const { id } = await setting.guestlist.campaigns.create({
      name: 'Done',
      wish: { groups: ['stage'] },
      rows: { pasted: 'lena@example.org' },
    });
    await setting.guestlist.campaigns.run(id);
    const stream = await admin.open(`/admin/campaigns/${id}/progress`);
    expect(stream.headers['content-type']).toContain('text/event-stream');
    expect(JSON.parse(/^data: (.*)$/m.exec(stream.html)?.[1] ?? '')).toEqual({
      rows: 1,
      settled: 1,
      state: 'done',
      words: 'All rows are done: 1 made, 0 not made.',
    });
  });
});

describe('a manager', () => {
  test('sees theirs alone, and makes them for their own groups alone', async () => {
    const { id } = await setting.guestlist.campaigns.create({ name: 'Not theirs', wish: { groups: ['stage'] }, rows: { cards: 1 } });
    expect(rowsOn(await ben.browser.open('/admin/campaigns')).join()).not.toContain('Not theirs');
    for (const page of ['', '/rows', '/export', '/progress', '/cancel', '/cards', '/rows/1'])
      expect([page, (await ben.browser.open(`/admin/campaigns/${id}${page}`)).status]).toEqual([page, 404]);
    const form = await ben.browser.open('/admin/campaigns/new');
    expect(form.$('[name="group:stage"]').length).toBe(0);
    const refused = await ben.browser.submit(form, 'Try it out', {
      name: 'Mine',
      source: 'pasted',
      addresses: 'x@example.org',
      'group:stage': 'yes',
    });
    expect([refused.status, refused.$('#groups-error').length]).toEqual([422, 1]);
    const tried = await ben.browser.submit(form, 'Try it out', {
      name: 'Mine',
      source: 'pasted',
      addresses: 'x@example.org',
      'group:choir': 'yes',
    });
    const made = await ben.browser.submit(tried, 'Invite one person');
    expect(textOf(made)).toContain('In the name of \u2068ben\u2069');
  });
});
