/** Who waits for somebody's word: approvals and requests, decided one by one and together, by those who may. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accept, type Member } from '../journeys/setting.ts';
import type { Rest } from '../support/browser.ts';
import { askFor } from '../support/people.ts';
import { type ConsoleSetting, createConsoleSetting, openConsole } from './setting.ts';

let setting: ConsoleSetting;
let ada: Member;
let ben: Member;
beforeAll(async () => {
  setting = await createConsoleSetting();
  ada = await setting.admin('ada');
  ben = await setting.manager('ben', 'choir');
  await openConsole(ada.browser, '/admin/approvals');
  await openConsole(ben.browser, '/admin/approvals');
});
afterAll(() => setting.server.close());

const noteOn = ({ $ }: Rest) => $('.note').text().trim();
const picksOn = ({ $ }: Rest) =>
  $('.table tbody tr')
    .map((_, row) => $(row).find('[name^="pick:"]').attr('name') ?? '')
    .get();
const chosen = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 'yes']));

async function wait(name: string, group: string): Promise<Member> {
  const person = await setting.member(name);
  const { url } = await setting.guestlist.invite({ groups: [group], approval: true, label: `For ${group}` });
  await accept(person, url, 'Ask to join');
  return person;
}

test('everybody who waits is let in or turned down, several at once', async () => {
  expect((await ada.browser.open('/admin/approvals')).$('.empty h2').text()).toBe('Nobody waits for you');
  const people = [await wait('cleo', 'choir'), await wait('dora', 'stage'), await wait('emil', 'choir')] as const;
  const page = await ada.browser.open('/admin/approvals');
  expect(picksOn(page).length).toBe(3);
  expect(noteOn(await ada.browser.submit(page, 'Let in'))).toContain('Nothing was chosen');
  const pickOf = ({ accountId }: Member) => String(picksOn(page).find((name) => name.endsWith(accountId)));
  const done = await ada.browser.submit(page, 'Let in', chosen([pickOf(people[0]), pickOf(people[1])]));
  expect(noteOn(done)).toBe('2 were approved.');
  expect((await setting.guestlist.groupsOf(people[1].accountId)).groups).toEqual(['stage']);
  const asked = await ada.browser.submit(done, 'Turn down…', chosen([pickOf(people[2])]));
  expect([asked.heading, asked.$('.things').text()]).toEqual(['Turn this person down?', 'emil']);
  expect(noteOn(await ada.browser.submit(asked, 'Turn them down'))).toContain('Turned down');
  const late = await ada.browser.submit(page, 'Let in', chosen([pickOf(people[2])]));
  expect(late.heading).toBe('What became of each');
});

test('a manager decides about their own groups alone', async () => {
  await wait('finn', 'stage');
  const gil = await wait('gil', 'choir');
  const page = await ben.browser.open('/admin/approvals');
  expect(picksOn(page)).toEqual([expect.stringContaining(gil.accountId)]);
  const all = picksOn(await ada.browser.open('/admin/approvals'));
  const foreign = String(all.find((name) => !name.endsWith(gil.accountId)));
  expect((await ben.browser.submit(page, 'Let in', chosen([foreign]))).heading).toBe('What became of each');
  expect(picksOn(await ada.browser.open('/admin/approvals'))).toContain(foreign);
});

test('a group is opened to requests, which are answered with an invitation or with words', async () => {
  const desks = await ben.browser.open('/admin/requests/desks');
  expect(desks.$('.table tbody th').text()).toBe('Kammerchor Nord');
  const closed = await ben.browser.open(String(desks.$('.table a').attr('href')));
  const open = await ben.browser.submit(closed, 'Let people ask');
  expect(open.$('.copy code').text()).toMatch(/\/invite\/request\/choir$/);
  for (const name of ['hana', 'ina', 'jule']) await askFor(setting.server, 'choir', `${name}@example.org`);
  const page = await ben.browser.open('/admin/requests');
  const [first, second, third] = picksOn(page);
  expect(noteOn(await ben.browser.submit(page, 'Invite', chosen([String(first), String(second)])))).toBe('2 were approved.');
  const asked = await ben.browser.submit(page, 'Decline…', chosen([String(third)]));
  expect(asked.$('.things').text()).toContain('jule@example.org');
  expect(noteOn(await ben.browser.submit(asked, 'Decline it', { message: 'We are full until autumn.' }))).toBe('Declined.');
  const { rows } = await setting.server.database.raw(
    "select kind from guestlist.mail where to_address = 'jule@example.org' order by queued_at desc limit 1",
  );
  expect(rows).toEqual([{ kind: 'request-declined' }]);
});

test('a rule decides by domain, and is removed again', async () => {
  const page = await ada.browser.open('/admin/requests/desks/choir');
  const wrong = await ada.browser.submit(page, 'Add the rule', { domain: 'no domain' });
  expect([wrong.status, wrong.$('#domain').attr('value')]).toEqual([422, 'no domain']);
  const made = await ada.browser.submit(page, 'Add the rule', { domain: 'example.com', decision: 'approve', per_day: '20' });
  expect(made.$('.tasks li span').text()).toContain('at most 20 a day');
  const removed = await ada.browser.submit(made, made.$('.tasks li button').text());
  expect(removed.$('.tasks li').length).toBe(0);
  expect((await ada.browser.open('/admin/requests/desks/nothing')).status).toBe(404);
  expect((await ben.browser.open('/admin/requests/desks/stage')).status).toBe(404);
});

test('whoever is far down the list is turned down from there, by name', async () => {
  const { database } = setting.server;
  const { id, url } = await setting.guestlist.invite({ groups: ['stage'], approval: true, maxUses: 400, label: 'Crowd' });
  const last = await setting.member('zoe');
  await accept(last, url, 'Ask to join');
  // Before her, more than are looked at for one page.
  await database.raw(
    `insert into guestlist.approval (invitation_id, account_id, token_id, account_created, locale, asked_at, lapses_at)
      select a.invitation_id, 'crowd-' || n, a.token_id, false, 'en', a.asked_at, a.lapses_at - interval '1 hour'
      from guestlist.approval a, generate_series(1, 230) n where a.invitation_id = ? and a.account_id = ?`,
    [id, last.accountId],
  );
  let page = await ada.browser.open('/admin/approvals');
  const pickOf = () => picksOn(page).find((name) => name.endsWith(last.accountId));
  for (let pages = 0; pages < 10 && !pickOf(); pages += 1) page = await ada.browser.open(String(page.$('a[rel="next"]').attr('href')));
  const asked = await ada.browser.submit(page, 'Turn down…', chosen([String(pickOf())]));
  expect(asked.$('.things').text()).toBe('zoe');
  expect(noteOn(await ada.browser.submit(asked, 'Turn them down'))).toContain('Turned down');
  await database.raw("delete from guestlist.approval where account_id like 'crowd-%'");
});
