/** After many were dealt with at once, one is back where one was in the list: narrowed as before, on the same page, and told what was done. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Member } from '../journeys/setting.ts';
import type { Rest } from '../support/browser.ts';
import { askFor } from '../support/people.ts';
import { type ConsoleSetting, createConsoleSetting, openConsole } from './setting.ts';

let setting: ConsoleSetting;
let ada: Member;
beforeAll(async () => {
  setting = await createConsoleSetting();
  ada = await setting.admin('ada');
  await openConsole(ada.browser, '/admin/invitations');
});
afterAll(() => setting.server.close());

const queryOf = ({ url }: Rest) => Object.fromEntries(new URL(url).searchParams);
const noteOn = ({ $ }: Rest) =>
  $('.note')
    .text()
    .replace(/[\u2068\u2069]/g, '')
    .trim();
const namesOn = ({ $ }: Rest) =>
  $('.table tbody th')
    .map((_, cell) => $(cell).find('bdi').first().text())
    .get();
const boxesOn = ({ $ }: Rest) =>
  $('tbody [name^="pick:"]')
    .map((_, box) => $(box).attr('name') ?? '')
    .get();
const chosen = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 'yes']));

test('of invitations, whichever was the deed', async () => {
  for (const label of ['Altos 1', 'Altos 2', 'Tenors']) await setting.guestlist.invite({ groups: ['choir'], label });
  const narrowed = { state: 'open', group: 'choir', label: 'altos' };
  const list = await ada.browser.open(`/admin/invitations?${new URLSearchParams(narrowed)}&done=sent&count=7`);
  const deeds = [
    ['Extend', 'Extend all 2', { by: '2592000' }, 'extended'],
    ['Revoke', 'Revoke all 2', {}, 'revoked'],
  ] as const;
  for (const [deed, submit, fields, done] of deeds) {
    const asked = await ada.browser.submit(list, deed, chosen(boxesOn(list)));
    expect(asked.$('a.button.secondary').attr('href')).toBe(`/admin/invitations?${new URLSearchParams(narrowed)}`);
    const back = await ada.browser.submit(asked, submit, fields);
    expect(queryOf(back)).toEqual({ ...narrowed, done, count: '2' });
    expect(noteOn(back)).toContain('2');
  }
  expect(queryOf(await ada.browser.submit(list, 'Revoke'))).toEqual({ ...narrowed, nothing: 'yes' });
  const mixed = await ada.browser.submit(await ada.browser.submit(list, 'Mail again', chosen(boxesOn(list))), 'Mail all 2');
  expect(mixed.heading).toBe('What became of each');
  expect(mixed.$('p a.button').attr('href')).toBe(`/admin/invitations?${new URLSearchParams(narrowed)}`);
});

test('of requests, of which the page that was on screen may be empty by then', async () => {
  for (const slug of ['choir', 'stage']) await setting.guestlist.requests.open(slug);
  await askFor(setting.server, 'stage', 'gus@example.org');
  await askFor(setting.server, 'choir', 'hana@example.org');
  await setting.server.database.raw(`insert into guestlist.invitation_request
    select (jsonb_populate_record(q, jsonb_build_object('id', gen_random_uuid(), 'email', n || q.email, 'email_key', n || q.email_key,
      'digest', '\\x' || md5(n::text) || md5(n::text)))).*
    from guestlist.invitation_request q, generate_series(1, 51) n where q.email = 'hana@example.org'`);
  const first = await ada.browser.open('/admin/requests?group=choir');
  const second = await ada.browser.open(String(first.$('a[rel="next"]').attr('href')));
  const [one = '', other = ''] = boxesOn(second);
  const back = await ada.browser.submit(second, 'Invite', chosen([one]));
  expect(queryOf(back)).toEqual({ ...queryOf(second), done: 'approved' });
  expect(boxesOn(back)).toEqual([other]);
  const asked = await ada.browser.submit(back, 'Decline…', chosen([other]));
  const start = await ada.browser.submit(asked, 'Decline it');
  expect(queryOf(start)).toEqual({ group: 'choir', done: 'declined' });
  expect([noteOn(start), boxesOn(start).length]).toEqual(['Declined.', 50]);
});

test('nobody is led elsewhere, whatever a form or an address says of the place', async () => {
  await setting.guestlist.invite({ groups: ['stage'], label: 'Basses' });
  const list = await ada.browser.open('/admin/invitations?label=basses');
  const [box = ''] = boxesOn(list);
  for (const place of ['//evil.example/?a=b', '&nothing=yes&done=deleted#x', 'label=basses\r\nset-cookie: a=b', 'x'.repeat(5_000)]) {
    const asked = await ada.browser.submit(list, 'Extend', { [box]: 'yes', place });
    const back = await ada.browser.submit(asked, 'Extend it', { by: '86400' });
    expect([new URL(back.url).origin, new URL(back.url).pathname]).toEqual([setting.server.issuer, '/admin/invitations']);
    expect(queryOf(back)).toMatchObject({ done: 'extended' });
    expect(queryOf(back)).not.toHaveProperty('nothing');
  }
});

test('what is rarely looked for is folded away, unless the list is narrowed by it', async () => {
  const isOpen = async (query: string) => (await ada.browser.open(`/admin/invitations${query}`)).$('details.rarer').is('[open]');
  expect([await isOpen(''), await isOpen('?state=open&label=a')]).toEqual([false, false]);
  expect([await isOpen('?from=2020-01-01'), await isOpen('?inviter=ben')]).toEqual([true, true]);
  expect(namesOn(await ada.browser.open('/admin/invitations?from=2020-01-01&label=tenors'))).toEqual(['Tenors']);
});
