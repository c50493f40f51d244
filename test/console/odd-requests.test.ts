/** Addresses and forms that no page of the console sends: a page that says so, and never a surprise. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wayBack } from '../../src/console/way-back.ts';
import type { Member } from '../journeys/setting.ts';
import { type ConsoleSetting, createConsoleSetting, openConsole } from './setting.ts';

let setting: ConsoleSetting;
let ada: Member;
beforeAll(async () => {
  setting = await createConsoleSetting();
  ada = await setting.admin('ada');
  await openConsole(ada.browser, '/admin/audit');
});
afterAll(() => setting.server.close());

const odd = ['%00', 'a%00b', '%FF%FE', '%ED%A0%80', "'%20or%201=1", '%F0%9F%8E%B5', '9'.repeat(900), '..%2F..'];

test('a form with a NUL in it is refused, and nothing is done', async () => {
  const page = await ada.browser.open('/admin/rights');
  const token = String(page.$('main [name="form_token"]').attr('value'));
  const refused = await ada.browser.post('/admin/rights', { form_token: token, name: 'a:b', description: 'a\0b' });
  expect([refused.status, refused.$('body').attr('data-code')]).toEqual([422, 'form_invalid']);
  const held = await ada.browser.post('/admin/invitations/act', { form_token: 'x', deed: 'revoke', ids: '\0' });
  expect(held.status).toBeLessThan(500);
});

describe('an odd value', () => {
  test.each([
    '/admin/invitations?email=',
    '/admin/invitations?label=',
    '/admin/invitations?inviter=',
    '/admin/invitations?group=',
    '/admin/invitations?campaign=',
    '/admin/invitations?cursor=',
    '/admin/invitations/act?deed=revoke&ids=',
    '/admin/invitations/new?draft=',
    '/admin/invitations/new?group=',
    '/admin/invitations/',
    '/admin/answers/',
    '/admin/approvals?cursor=',
    '/admin/approvals/reject?ids=a~',
    '/admin/approvals/reject?cursor=',
    '/admin/requests?group=',
    '/admin/requests/decline?ids=',
    '/admin/requests/desks/',
    '/admin/groups/',
    '/admin/groups?find=',
    '/admin/groups/choir/remove?account=',
    '/admin/groups/choir?role=',
    '/admin/rights/one?right=',
    '/admin/rights/take?right=a:b&account=',
    '/admin/people?find=',
    '/admin/people?group=',
    '/admin/people/',
    '/admin/campaigns/',
    '/admin/campaigns?cursor=',
    '/admin/campaigns/new?draft=',
    '/admin/apps/',
    '/admin/new-app?preset=',
    '/admin/audit?actor=',
    '/admin/audit?subject=',
    '/admin/audit?action=',
    '/admin/audit/chain?head=',
    '/admin/settings/mail?selector=',
    '/admin/guide/',
    '/admin/held/',
    '/admin/callback?state=',
    '/admin?done=',
  ])('in %s… is a page', async (address) => {
    const broken: string[] = [];
    for (const value of odd) if ((await ada.browser.open(`${address}${value}`)).status >= 500) broken.push(value);
    expect(broken).toEqual([]);
  });
});

test('whoever signs in again comes back to a page whatever its name begins with', () => {
  for (const path of ['/admin/answers/-x', '/admin/answers/_x', '/admin/campaigns/new/-a_b', '/admin/people?find=a'])
    expect(wayBack(path)).toBe(path);
  for (const path of ['/admin/..', '/admin/./x', '/admin//evil.example', '/admin/x/../..', '/administrator', '//evil.example/admin'])
    expect(wayBack(path)).toBe('/admin');
});

test('what is not there says so, in words for whoever looks for it here', async () => {
  for (const address of ['/admin/campaigns/nope', '/admin/invitations?cursor=zzz', '/admin/people?cursor=zzz']) {
    const page = await ada.browser.open(address);
    expect([address, page.status, page.heading]).toEqual([address, 404, 'There is nothing here']);
  }
  const gone = await ada.browser.open('/admin/invitations/nope');
  expect([gone.status, gone.$('main .panel > p').text()]).toEqual([404, 'It may have been removed, or its address is mistyped.']);
});
