/** Invitations in the console: making one, passing it on, watching it, ending it; by admins, and by managers of what is theirs. */
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accept, type Member } from '../journeys/setting.ts';
import type { Rest } from '../support/browser.ts';
import { type ConsoleSetting, createConsoleSetting, openConsole } from './setting.ts';

let setting: ConsoleSetting;
let ada: Member;
let ben: Member;
beforeAll(async () => {
  setting = await createConsoleSetting();
  ada = await setting.admin('ada');
  ben = await setting.manager('ben', 'choir');
  await openConsole(ada.browser, '/admin/invitations');
  await openConsole(ben.browser, '/admin/invitations');
});
afterAll(() => setting.server.close());

const idOn = ({ url }: Rest) => String(/invitations\/([^/?]+)/.exec(url)?.[1]);
const textOf = ({ $ }: Rest, selector: string) =>
  $(selector)
    .text()
    .replace(/[\u2068\u2069]/g, '')
    .trim();
const rowsOf = ({ $ }: Rest) =>
  $('.table tbody tr')
    .map((_, row) => [[$(row).find('th').text().trim(), $(row).find('.state').first().text().trim()]])
    .get();

const newPage = (member: Member) => member.browser.open('/admin/invitations/new');
const form = (fields: Readonly<Record<string, string>>) => ({ who: 'link', 'group:choir': 'yes', ...fields });

async function make(member: Member, fields: Readonly<Record<string, string>>): Promise<Rest> {
  return member.browser.submit(await newPage(member), 'Invite', form(fields));
}

describe('a link for many', () => {
  test('is made, told once, followed, and ended', async () => {
    const sheet = await make(ada, { places: '40', label: 'Altos', lasts: '604800' });
    expect(sheet.url).toMatch(/\/sheet$/);
    const link = String(sheet.$('#url').attr('value'));
    const secret = String(link.split('/').at(-1));
    expect(ada.browser.trail.join(' ')).not.toContain(secret);
    const id = idOn(sheet);
    const again = await ada.browser.open(`/admin/invitations/${id}/sheet`);
    expect(again.$('#url').attr('value')).toBe(link);
    expect((await ben.browser.open(`/admin/invitations/${id}/sheet`)).$('#url').length).toBe(0);
    const { rows } = await setting.server.database.raw("select encode(sealed, 'escape') as sealed from guestlist.told_answer");
    expect(rows.map(({ sealed }: { sealed: string }) => sealed).join()).not.toContain(secret);

    await accept(await setting.member('guest'), link);
    const list = await ada.browser.open('/admin/invitations');
    expect(rowsOf(list)).toContainEqual(['Altos', 'Open']);
    expect(list.$('tr:contains("Altos") .used').text()).toContain('1 of 40');
    const page = await ada.browser.open(`/admin/invitations/${id}`);
    expect(textOf(page, '.timeline')).toContain('Invitation accepted');
    expect(page.$('#joined').parent().text()).toContain('guest@example.org');
    expect(page.html).not.toContain(secret);

    const asked = await ada.browser.open(`/admin/invitations/${id}/revoke`);
    expect(textOf(asked, '.panel')).toContain('can’t be brought back');
    const revoked = await ada.browser.submit(asked, 'Revoke it for good');
    expect(textOf(revoked, '.note')).toBe('It was revoked.');
    expect((await ada.browser.open(`/admin/invitations/${id}/sheet`)).$('#url').length).toBe(0);
  });

  test('that is sent twice is one', async () => {
    const page = await newPage(ada);
    const both = await Promise.all([1, 2].map(() => ada.browser.submit(page, 'Invite', form({ label: 'Twice' }))));
    expect(new Set(both.map(idOn)).size).toBe(1);
  });

  test('comes as a picture, large enough for print, whose address and name tell nothing', async () => {
    const id = idOn(await make(ada, { label: 'Poster' }));
    const png = await ada.browser.open(`/admin/invitations/${id}/share.png`);
    expect(png.headers).toMatchObject({ 'content-type': 'image/png', 'cache-control': 'no-store' });
    expect(png.headers['content-disposition']).toContain('invitation.png');
    const svg = await ada.browser.open(`/admin/invitations/${id}/share.svg`);
    expect(svg.html).toMatch(/^<svg xmlns=/);
  });

  test('is done with when its maker says so', async () => {
    const sheet = await make(ada, { label: 'Seen' });
    const page = await ada.browser.submit(sheet, 'Done, hide the link');
    expect(page.url).toBe(sheet.url.replace('/sheet', ''));
    expect((await ada.browser.open(`/admin/invitations/${idOn(sheet)}/sheet`)).$('#url').length).toBe(0);
  });
});

describe('people whose addresses are known', () => {
  const addresses = 'Cleo <cleo@example.org>\ndora@example.org, dora@example.org\nnobody';

  test('are looked at first, and what was typed stays', async () => {
    const page = await ada.browser.submit(await newPage(ada), 'check', form({ who: 'mail', addresses, label: 'Altos' }));
    expect(textOf(page, '#checked')).toMatch(/^2 valid, .*1 duplicate/);
    expect(textOf(page, '#checked')).toContain('nobody: no e-mail address');
    expect([page.$('#label').attr('value'), page.$('#who-mail').attr('checked')]).toEqual(['Altos', 'checked']);
    const refused = await ada.browser.submit(page, 'Invite');
    expect([refused.status, textOf(refused, '#addresses-error')]).toEqual([422, expect.stringContaining('Correct them')]);
    const { browser } = ben;
    expect((await browser.open(page.url.replace(setting.server.issuer, ''))).$('#label').attr('value')).toBeUndefined();
  });

  test('are mailed: one by an invitation, several by a campaign', async () => {
    const one = await make(ada, { who: 'mail', addresses: 'Emil <emil@example.org>', label: 'Emil' });
    expect(textOf(one, '.note')).toBe('It was sent.');
    const several = await make(ada, { who: 'mail', addresses: 'finn@example.org\ngil@example.org', label: 'Two' });
    expect(several.url).toMatch(/\/admin\/campaigns\/[\w-]+\?done=created$/);
    const [campaign] = await setting.guestlist.campaigns.list({ limit: 1 });
    expect([campaign?.name, campaign?.rows]).toEqual(['Two', 2]);
  });

  test.each([
    ['one', 'hugo@example.org'],
    ['several', 'ida@example.org\njan@example.org'],
  ])('%s: a form that is sent again leads where the first one led, and mails nobody twice', async (_name, addresses) => {
    const page = await newPage(ada);
    const send = () => ada.browser.submit(page, 'Invite', form({ who: 'mail', addresses }));
    const first = await send();
    expect(first.status).toBe(200);
    expect([(await send()).url, (await send()).status]).toEqual([first.url, 200]);
  });
});

describe('a preview', () => {
  const frameOf = async (member: Member, see: string, fields: Readonly<Record<string, string>>) => {
    const page = await member.browser.submit(await newPage(member), see, form(fields));
    return { page, frame: await member.browser.open(String(page.$('iframe').attr('src'))) };
  };
  const count = async (table: string) => (await setting.server.database.raw(`select count(*)::int as n from guestlist.${table}`)).rows[0].n;

  test('shows the mail as it would go, and nothing is made', async () => {
    const before = await Promise.all(['invitation', 'mail', 'account', 'audit_event'].map(count));
    const { page, frame } = await frameOf(ada, 'mail', { who: 'mail', addresses: 'hana@example.org', message: 'See you on Thursday' });
    expect(page.headers['content-security-policy']).toContain("frame-src 'self'");
    expect(page.$('iframe').attr('sandbox')).toBe('');
    expect(frame.html).toContain('See you on Thursday');
    expect(frame.headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'self'.*sandbox$/);
    expect((await frameOf(ada, 'page', { message: 'See you on Thursday' })).frame.heading).toContain('Kammerchor Nord');
    expect((await frameOf(ada, 'apps', {})).frame.$('dd').first().text()).toBe('choir');
    expect(await Promise.all(['invitation', 'mail', 'account', 'audit_event'].map(count))).toEqual(before);
  });

  test('says what does not go, in its place', async () => {
    expect((await frameOf(ada, 'mail', {})).frame.heading).toBe('No mail is sent');
    const { frame } = await frameOf(ada, 'page', { 'group:choir': 'yes', until: '2020-01-01' });
    expect(frame.heading).toBe('Not like this yet');
  });

  test('shows a token as an app would get it', async () => {
    const { frame } = await frameOf(ada, 'apps', { app: 'app' });
    expect(JSON.parse(frame.$('pre').text())).toMatchObject({ groups: ['choir'] });
  });

  test('runs nothing, whatever was typed', async () => {
    const { frame } = await frameOf(ada, 'page', { message: '<script>alert(1)</script>' });
    expect(frame.$('script').length).toBe(0);
  });
});

describe('many at once', () => {
  test('are chosen, named, and each is answered', async () => {
    const ids: string[] = [];
    for (const label of ['One', 'Two']) ids.push((await setting.guestlist.invite({ groups: ['choir'], label })).id);
    await setting.guestlist.invite({ groups: ['choir'], label: 'Not me' });
    const list = await ada.browser.open('/admin/invitations');
    const asked = await ada.browser.submit(list, 'Extend', Object.fromEntries(ids.map((id) => [`pick:${id}`, 'yes'])));
    expect(asked.heading).toBe('Extend 2 invitations?');
    expect(textOf(asked, '.things')).toBe('OneTwo');
    expect(textOf(await ada.browser.submit(asked, 'Extend all 2', { by: '2592000' }), '.note')).toBe('2 are good for longer now.');
    const mailing = await ada.browser.submit(list, 'Mail again', Object.fromEntries(ids.map((id) => [`pick:${id}`, 'yes'])));
    const answers = await ada.browser.submit(mailing, 'Mail all 2');
    expect(answers.heading).toBe('What became of each');
    expect(rowsOf(answers)).toEqual([expect.arrayContaining(['Failed']), expect.arrayContaining(['Failed'])]);
    const none = await ada.browser.submit(list, 'Revoke');
    expect(textOf(none, '.note')).toContain('Nothing was chosen');
  });
});

describe('the list', () => {
  test('is narrowed by its address, and goes along as a file', async () => {
    const { id } = await setting.guestlist.invite({ groups: ['choir'], label: 'Ended' });
    await setting.guestlist.revoke(id, 'operator');
    const page = await ada.browser.open('/admin/invitations?state=revoked');
    expect(new Set(rowsOf(page).map(([, state]) => state))).toEqual(new Set(['Revoked']));
    const file = await ada.browser.open(String(page.$('a[href*="/export"]').attr('href')));
    expect(file.headers['content-type']).toContain('text/csv');
    expect(file.html.split('\r\n').length).toBeGreaterThan(1);
    expect((await ada.browser.open('/admin/invitations?email=nobody@nowhere')).$('.empty h2').text()).toBe('None like that');
  });

  test('is looked through by how its notes begin, and forgets nothing it was narrowed by', async () => {
    await setting.guestlist.invite({ groups: ['stage'], label: '100 %_Ärzte' });
    const found = await ada.browser.open(`/admin/invitations?${new URLSearchParams({ label: '100 %_ä', group: 'stage' })}`);
    expect(rowsOf(found).map(([name]) => name)).toEqual(['100 %_Ärzte']);
    expect(found.$('#filter-label').attr('value')).toBe('100 %_ä');
    expect(rowsOf(await ben.browser.open('/admin/invitations?label=100'))).toEqual([]);
    const none = await ada.browser.submit(found, 'Revoke');
    expect(none.$('[role="alert"]').text()).toContain('Nothing was chosen');
    expect([none.$('#filter-label').attr('value'), none.$('#filter-group option[selected]').attr('value')]).toEqual(['100 %_ä', 'stage']);
    const gone = await ada.browser.open('/admin/invitations?group=long-gone');
    expect([gone.status, gone.$('#filter-group option[selected]').attr('value')]).toEqual([200, '']);
  });

  test('of a campaign names it, however old it is', async () => {
    const wish = { groups: ['stage'] };
    const { id } = await setting.guestlist.campaigns.create({ name: 'The first', wish, rows: { pasted: 'kim@example.org' } });
    for (let count = 0; count < 51; count += 1)
      await setting.guestlist.campaigns.create({ name: `Later ${count}`, wish, rows: { pasted: 'kim@example.org' } });
    const page = await ada.browser.open(`/admin/invitations?campaign=${id}`);
    expect(page.$('#filter-campaign option[selected]').text()).toBe('The first');
  });

  test('goes on where the page before ended', async () => {
    for (let index = 0; index < 55; index += 1) await setting.guestlist.invite({ groups: ['stage'], label: `S${index}` });
    const first = await ada.browser.open('/admin/invitations?group=stage&label=s');
    const second = await ada.browser.open(String(first.$('a[rel="next"]').attr('href')));
    const names = [...rowsOf(first), ...rowsOf(second)].map(([name]) => name);
    expect([rowsOf(first).length, new Set(names).size]).toEqual([50, 55]);
  });
});

describe('a manager', () => {
  test('sees and gives what is theirs alone', async () => {
    const other = await setting.guestlist.invite({ groups: ['stage'], label: 'Not yours' });
    expect((await ben.browser.open('/admin/invitations')).html).not.toContain('Not yours');
    for (const path of ['', '/revoke', '/sheet', '/joined', '/screen'])
      expect((await ben.browser.open(`/admin/invitations/${other.id}${path}`)).status).toBe(404);
    const page = await newPage(ben);
    expect(page.$('[name="group:stage"], [name^="right:"]').length).toBe(0);
    const refused = await ben.browser.submit(page, 'Invite', { who: 'link', 'group:stage': 'yes' });
    expect([refused.status, refused.$('#groups-error').length]).toEqual([422, 1]);
    const token = page.$('input[name="form_token"]').last().attr('value') ?? '';
    const right = await ben.browser.post('/admin/invitations/new', {
      form_token: token,
      key: String(page.$('[name="key"]').attr('value')),
      who: 'link',
      'right:guestlist:admin': 'yes',
    });
    expect(right.status).toBe(422);
    expect((await ben.browser.open(`/admin/invitations/act?deed=revoke&ids=${other.id}`)).html).not.toContain('Not yours');
    expect((await make(ben, { label: 'Mine' })).$('#url').length).toBe(1);
  });
});

describe('what was given', () => {
  test('is taken back from those who were chosen', async () => {
    const { id, url } = await setting.guestlist.invite({ groups: ['stage'], maxUses: 3 });
    const [ina, jule] = [await setting.member('ina'), await setting.member('jule')];
    for (const person of [ina, jule]) await accept(person, url);
    const page = await ada.browser.open(`/admin/invitations/${id}/undo`);
    const done = await ada.browser.submit(page, 'Take it back from those chosen', { [`pick:${ina.accountId}`]: 'yes' });
    expect(textOf(done, '.note')).toBe('It was taken back from one person.');
    expect((await setting.guestlist.groupsOf(ina.accountId)).groups).toEqual([]);
    expect((await setting.guestlist.groupsOf(jule.accountId)).groups).toEqual(['stage']);
  });

  test('can be changed: places, end and PIN, which is told once', async () => {
    const { id } = await setting.guestlist.invite({ groups: ['choir'], maxUses: 3 });
    const page = await ada.browser.open(`/admin/invitations/${id}/change`);
    const wrong = await ada.browser.submit(page, 'Save', { places: 'many' });
    expect([wrong.status, wrong.$('#places').attr('value')]).toEqual([422, 'many']);
    expect(textOf(wrong, '#places-error')).toBe('Enter a whole number, 1 or more.');
    const sheet = await ada.browser.submit(page, 'Save', { places: '7', pin: 'new' });
    expect(textOf(sheet, '.told .digits')).toMatch(/^\d{6}$/);
    expect((await setting.guestlist.find(id))?.maxUses).toBe(7);
  });
});

test('how many have joined is told as it happens', async () => {
  const { id, url } = await setting.guestlist.invite({ groups: ['choir'], maxUses: 40 });
  const cookie = await ada.browser.jar.getCookieString(setting.server.issuer);
  const told: string[] = [];
  const request = get(
    `${setting.server.issuer}/admin/invitations/${id}/joined`,
    { headers: { cookie, 'accept-language': 'en' } },
    (response) => {
      response.setEncoding('utf8').on('data', (chunk) => told.push(chunk));
    },
  );
  request.on('error', () => undefined);
  await expect.poll(() => told.join(''), { timeout: 10_000 }).toContain('0 of 40 joined');
  await accept(await setting.member('kai'), url);
  await expect.poll(() => told.join(''), { timeout: 10_000 }).toContain('1 of 40 joined');
  request.destroy();
});
