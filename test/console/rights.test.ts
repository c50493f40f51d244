/** Rights in the console: what there is, who has which by what, and giving and taking them by hand. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser, Rest } from '../support/browser.ts';
import { type ConsoleSetting, createConsoleSetting, openConsole } from './setting.ts';

let setting: ConsoleSetting;
let admin: Browser;
let adminId: string;

beforeAll(async () => {
  setting = await createConsoleSetting();
  ({ browser: admin, accountId: adminId } = await setting.admin('ada'));
  await openConsole(admin, '/admin/rights');
});
afterAll(() => setting.server.close());

const rowsOn = ({ $ }: Rest) =>
  $('tbody tr')
    .map((_, row) => $(row).text().replace(/\s+/g, ' ').trim())
    .get();

test('are listed with the groups that bring them and how many have them by themselves', async () => {
  await setting.guestlist.addGroup({ slug: 'wiki', name: 'Wiki people', rights: ['wiki:edit'] });
  const rows = rowsOn(await admin.open('/admin/rights'));
  expect(rows.find((row) => row.startsWith('wiki:edit'))).toBe('wiki:edit Wiki people nobody');
  expect(rows.find((row) => row.startsWith('guestlist:admin'))).toContain('one person');
});

test('are made, and no name twice', async () => {
  const form = await admin.open('/admin/rights');
  const wrong = await admin.submit(form, 'Make the right', { name: 'Wiki Read' });
  expect([wrong.status, wrong.$('#name-error').text().includes('wiki:edit')]).toEqual([422, true]);
  const made = await admin.submit(wrong, 'Make the right', { name: 'wiki:read', description: 'Read the wiki' });
  expect(rowsOn(made).join()).toContain('Read the wiki');
  expect((await admin.submit(made, 'Make the right', { name: 'wiki:read' })).$('#name-error').text()).toContain('already');
});

test('are given to somebody by their address, and taken away after being asked', async () => {
  const cleo = await setting.member('cleo');
  const form = await admin.open('/admin/rights/one?right=wiki%3Aread');
  expect((await admin.submit(form, 'Give the right', { email: 'nobody@example.org' })).status).toBe(422);
  const until = setting.inDays(10).toISOString().slice(0, 10);
  const given = await admin.submit(form, 'Give the right', { email: 'Cleo@example.org', until });
  expect(rowsOn(given)).toEqual([expect.stringContaining('cleo@example.org')]);
  expect((await setting.guestlist.groupsOf(cleo.accountId)).entitlements).toContain('wiki:read');
  expect((await admin.submit(given, 'Give the right', { email: 'cleo@example.org', until })).$('#email-error').text()).toContain('already');
  const ask = await admin.open(String(given.$('.act a').attr('href')));
  expect(ask.heading).toContain('cleo');
  const taken = await admin.submit(ask, 'Take it away');
  expect(rowsOn(taken)).toEqual([]);
  expect((await setting.guestlist.groupsOf(cleo.accountId)).entitlements).not.toContain('wiki:read');
});

test('the last admin keeps theirs', async () => {
  const ask = await admin.open(`/admin/rights/take?account=${adminId}&right=guestlist%3Aadmin`);
  const refused = await admin.submit(ask, 'Take it away');
  expect([refused.status, refused.$('body').attr('data-code')]).toEqual([409, 'last_admin']);
});

test('are the admins’ alone, and one that is none is not there', async () => {
  const ben = await setting.manager('ben', 'choir');
  await openConsole(ben.browser, '/admin/groups');
  for (const path of ['/admin/rights', '/admin/rights/one?right=wiki%3Aread']) expect((await ben.browser.open(path)).status).toBe(403);
  for (const query of ['right=no%3Asuch', 'right=%27', '', 'right=a&right=b'])
    expect((await admin.open(`/admin/rights/one?${query}`)).$('body').attr('data-code')).toBe('right_not_found');
});
