/** The first steps on a new server: each can be done or left out, and what is done is told by what there is. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Member } from '../journeys/setting.ts';
import type { Browser, Rest } from '../support/browser.ts';
import { type ConsoleSetting, createConsoleSetting, openConsole } from './setting.ts';

let setting: ConsoleSetting;
let ada: Member;
let browser: Browser;

beforeAll(async () => {
  setting = await createConsoleSetting({});
  ada = await setting.admin('ada');
  ({ browser } = ada);
  // As on a server that has just begun.
  await setting.server.database.raw('delete from guestlist.client');
});
afterAll(() => setting.server.close());

const headingOf = (page: Rest) => page.$('h1').text();
const stepOf = (page: Rest) => page.$('[aria-current="step"]').text().replace(/\s+/g, ' ').trim();
const doneOn = (page: Rest) => page.$('.steps .done').length;
const goTo = (page: Rest, label: string) => openConsole(browser, hrefOf(page, label));
const hrefOf = (page: Rest, label: string) =>
  (page
    .$('a')
    .filter((_index, link) => page.$(link).text().trim() === label)
    .first()
    .attr('href') ?? '/admin/nothing') as `/admin${string}`;

test('whoever comes first is guided, step by step, and may leave steps out', async () => {
  const welcome = await openConsole(browser, '/admin');
  expect([headingOf(welcome), stepOf(welcome), doneOn(welcome)]).toEqual(['Welcome', 'Name and logo', 0]);
  const mail = await goTo(welcome, 'Skip');
  expect(stepOf(mail)).toBe('Mail');
  expect(doneOn(mail)).toBe(0);
  expect(headingOf(await goTo(mail, 'To the dashboard'))).toBe('Dashboard');
});

test('a step that cannot be done so says why', async () => {
  const refused = await browser.submit(await openConsole(browser, '/admin/guide/group'), 'Make it and go on', { name: ' ' });
  expect(refused.status).toBe(422);
  expect(refused.$('#name-error').length).toBe(1);
  expect(stepOf(refused)).toBe('First group');
});

test('what was done stays done, and each step leads to the next', async () => {
  const { server } = setting;
  const page = await openConsole(browser, '/admin/guide/mail');
  const group = await browser.submit(page, 'Send and go on', {});
  expect([stepOf(group), doneOn(group)]).toEqual(['First group', 1]);
  const app = await browser.submit(group, 'Make it and go on', { name: 'Kammerchor Köln', description: 'See rehearsal plans' });
  expect([stepOf(app), doneOn(app)]).toEqual(['First app', 2]);
  expect((await server.database.raw('select slug from guestlist."group"')).rows).toEqual([{ slug: 'kammerchor-koln' }]);
  const connected = await browser.submit(app, 'Connect it', {
    preset: 'grafana',
    base: 'https://grafana.example.org',
    group: 'kammerchor-koln',
  });
  expect(headingOf(connected)).toBe('Grafana');
  expect(connected.$('.told code').text().length).toBeGreaterThan(30);
  const back = await openConsole(browser, '/admin/guide');
  expect([stepOf(back), doneOn(back)]).toEqual(['Name and logo', 3]);
});

test('the last step invites somebody, with a link to pass on', async () => {
  const page = await openConsole(browser, '/admin/guide/invite');
  const shared = await browser.submit(page, 'Invite', { group: 'kammerchor-koln' });
  expect(shared.url).toMatch(/\/admin\/invitations\/[^/]+\/sheet$/);
  expect(shared.$('main').text()).toMatch(/type this code: ?[0-9A-Z]{4}-/);
  expect(doneOn(await openConsole(browser, '/admin/guide'))).toBe(4);
});

test('once there is something to look at, the console begins with the dashboard', async () => {
  expect(headingOf(await openConsole(browser, '/admin'))).toBe('Dashboard');
});
