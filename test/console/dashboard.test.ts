/** The first page of the console: how things stand, and what waits for somebody. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accept } from '../journeys/setting.ts';
import { askFor } from '../support/people.ts';
import type { Browser, Rest } from '../support/browser.ts';
import { type ConsoleSetting, createConsoleSetting, openConsole } from './setting.ts';

let setting: ConsoleSetting;
let browser: Browser;
beforeAll(async () => {
  setting = await createConsoleSetting();
  ({ browser } = await setting.admin('ada'));
  await openConsole(browser, '/admin');
});
afterAll(() => setting.server.close());

/** By the words under them. */
const numbersOn = ({ $ }: Rest): Record<string, string> =>
  Object.fromEntries(
    $('.tile')
      .map((_, tile) => [[$(tile).find('a').text(), $(tile).find('.number').text()]])
      .get(),
  );

const tasksOn = ({ $ }: Rest) =>
  $('.tasks li span')
    .map((_, task) => $(task).text())
    .get();

test('counts what is open, who joined, and who waits', async () => {
  const { guestlist } = setting;
  const before = numbersOn(await browser.open('/admin'));
  const { url } = await guestlist.invite({ groups: ['choir'], maxUses: 5 });
  await guestlist.invite({ groups: ['choir'], startsAt: setting.inDays(1), expiresAt: setting.inDays(2) });
  const revoked = await guestlist.invite({ groups: ['choir'] });
  await guestlist.revoke(revoked.id, 'operator');
  await accept(await setting.member('ben'), url);
  const asking = await guestlist.invite({ groups: ['stage'], approval: true });
  await accept(await setting.member('cleo'), asking.url, 'Ask to join');
  const page = await browser.open('/admin');
  const after = numbersOn(page);
  const grown = (name: string) => Number(after[name]) - Number(before[name]);
  expect(grown('Open invitations')).toBe(2);
  expect(grown('People who wait for you')).toBe(1);
  expect(grown('Joined, last 7 days')).toBeGreaterThanOrEqual(3);
  expect(tasksOn(page)).toEqual(
    expect.arrayContaining(['Somebody waits for approval', 'Mail is not set up: it is kept here instead of sent']),
  );
});

test('tells of invitations that end soon, and of mails that reached nobody', async () => {
  const { guestlist, server } = setting;
  await guestlist.invite({ groups: ['choir'], expiresAt: setting.inDays(2) });
  await guestlist.invite({ groups: ['choir'], email: 'nobody@example.org', expiresAt: setting.inDays(6) });
  await server.database.raw(
    "update guestlist.mail set failed_at = ?, failure = '550 5.1.1', sealed = null where to_address = 'nobody@example.org'",
    [server.now()],
  );
  const tasks = tasksOn(await browser.open('/admin')).join('\n');
  expect(tasks).toMatch(/invitation.* within 3 days/);
  expect(tasks).toContain('A mail of the last 7 days reached nobody');
});

test('tells of a signing key that was forgotten', async () => {
  expect(tasksOn(await browser.open('/admin')).join()).not.toContain('signing key');
  await setting.server.database.raw(
    "update guestlist.server_key set signs_from = signs_from - interval '366 days' where purpose = 'signing'",
  );
  expect(tasksOn(await browser.open('/admin')).join()).toContain('The signing key is more than a year old');
});

test('shows each of the last 14 days, and what was done last', async () => {
  const page = await browser.open('/admin');
  expect(page.$('.chart tbody tr').length).toBe(14);
  expect(page.$('.chart rect').length).toBe(14);
  expect(page.$('#recent').parent().find('tbody tr').length).toBe(8);
});

test('of requests, once their mailbox is proven', async () => {
  const { guestlist, server } = setting;
  await guestlist.requests.open('choir');
  await askFor(server, 'choir', 'finn@example.org');
  expect(tasksOn(await browser.open('/admin'))).toContain('Somebody asks to be invited');
});
