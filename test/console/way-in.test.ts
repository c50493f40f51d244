/** How whoever runs something finds the console: from the start page, and from their own. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accept, createSetting, type Member, type Setting } from '../journeys/setting.ts';

let setting: Setting;
beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', stage: 'Stage crew' });
  await setting.guestlist.addGroup({ slug: 'root', name: 'Root', rights: ['guestlist:admin'] });
});
afterAll(() => setting.server.close());

const leads = async ({ browser }: Member) => {
  const pages = [await browser.open('/'), await browser.open('/me')];
  return pages.map(({ $ }) => $('main a[href="/admin"]').length);
};

test('the way to the console is shown to whoever manages a group or runs the server, however they came to it, and to nobody else', async () => {
  const member = await setting.member('yara', { groups: ['choir', 'stage:lights'] });
  expect(await leads(member)).toEqual([0, 0]);
  for (const wish of [{ groups: ['choir:manager'] }, { rights: ['guestlist:admin'] }, { groups: ['root'] }])
    expect(await leads(await setting.member(`zed-${Object.values(wish)}`.replace(/\W/g, '-'), wish))).toEqual([1, 1]);
});

test('it begins where somebody has just joined', async () => {
  const member = await setting.member('xenia');
  const { url } = await setting.guestlist.invite({ groups: ['choir:manager'] });
  const done = await accept(member, url);
  const start = await member.browser.open(String(done.$('main .aside a').attr('href')));
  expect(start.$('main a[href="/admin"]').length).toBe(1);
});
