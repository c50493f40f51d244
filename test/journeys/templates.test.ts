/** Named wishes for invitations (design §4K). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findInvitation } from '../../src/invitation/store.ts';
import { createBrowser } from '../support/browser.ts';
import { snapshot } from '../support/invariants.ts';
import { mailbox } from '../support/mail.ts';
import { accept, createSetting, type Setting } from './setting.ts';

let setting: Setting;
let guestlist: Setting['guestlist'];

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', board: 'Vorstand', tour: 'Tournee' });
  guestlist = setting.guestlist;
  const wish = {
    groups: ['choir:librarian'],
    rights: ['door:open'],
    ends: { afterSeconds: 3600 },
    maxUses: 30,
    lifetimeSeconds: 2 * 24 * 3600,
    inviterName: 'Maya Lind',
    message: 'See you on Monday.',
    emailRule: 'verify',
    approval: true,
    pin: true,
  } as const;
  await guestlist.addTemplate({ name: 'season', wish });
});
afterAll(() => setting?.server.close());

const read = async (id: string) => (await findInvitation(setting.server.database, id)) ?? expect.unreachable();
const secondsLeft = (expiresAt: Date) => Math.round((expiresAt.getTime() - setting.server.now().getTime()) / 1000);

test('what a template says is what the invitation is, with a PIN of its own each time', async () => {
  const [one, two] = [await guestlist.invite({ template: 'season' }), await guestlist.invite({ template: 'season' })];
  expect(one.pin).toMatch(/^\d{6}$/);
  expect(two.pin).toMatch(/^\d{6}$/);
  expect(two.url).not.toBe(one.url);
  const made = await read(one.id);
  expect(made).toMatchObject({ maxUses: 30, inviterName: 'Maya Lind', message: 'See you on Monday.', needsApproval: true });
  expect(made.grants).toMatchObject([
    { slug: 'choir', role: 'librarian', ends: { afterSeconds: 3600 } },
    { right: 'door:open', ends: { afterSeconds: 3600 } },
  ]);
  expect(Math.abs(secondsLeft(made.expiresAt) - 2 * 24 * 3600)).toBeLessThan(5);
  const pinPage = await createBrowser(setting.server.issuer).open(one.url);
  expect(pinPage.$('input[name="pin"]').length).toBe(1);
});

test('what is said goes before what the template says', async () => {
  const said = { groups: ['board'], maxUses: 2, expiresAt: setting.inDays(20), approval: false, inviterName: 'Ada Park', pin: '471193' };
  const made = await guestlist.invite({ template: 'season', ...said });
  const invitation = await read(made.id);
  expect(made.pin).toBe('471193');
  expect(invitation).toMatchObject({ maxUses: 2, needsApproval: false, inviterName: 'Ada Park', message: 'See you on Monday.' });
  expect(invitation.grants).toMatchObject([{ slug: 'board', role: 'member' }, { right: 'door:open' }]);
  expect(secondsLeft(invitation.expiresAt)).toBeGreaterThan(19 * 24 * 3600);
});

test('a rule about the address counts where there is one', async () => {
  expect((await read((await guestlist.invite({ template: 'season' })).id)).addressee).toBeUndefined();
  const addressed = await guestlist.invite({ template: 'season', email: 'guest@example.org' });
  expect((await read(addressed.id)).addressee).toMatchObject({ email: 'guest@example.org', rule: 'verify' });
  expect((await mailbox(setting.server.database, 'guest@example.org')).map(({ kind }) => kind)).toEqual(['invited']);
  const said = await guestlist.invite({ template: 'season', email: 'other@example.org', emailRule: 'exact' });
  expect((await read(said.id)).addressee?.rule).toBe('exact');
});

test.each([
  ['a group there is none of', 'one', { groups: ['nothing-like-it'] }, { code: 'group_not_found' }],
  ['a right there is none of', 'two', { rights: ['no:such'] }, { code: 'right_not_found' }],
  ['a name that is taken', 'season', { groups: ['choir'] }, { code: 'template_exists' }],
  ['a name that is none', 'Two Words', { groups: ['choir'] }, { name: 'TypeError' }],
  ['an instant', 'three', { groups: ['choir'], expiresAt: new Date() }, { name: 'TypeError' }],
  ['an end at an instant', 'four', { groups: ['choir'], ends: { at: new Date() } }, { name: 'TypeError' }],
  ['an inviter', 'five', { groups: ['choir'], inviterId: 'x' }, { name: 'TypeError' }],
  ['a secret', 'six', { groups: ['choir'], pin: '471193' }, { name: 'TypeError' }],
  ['an address', 'seven', { groups: ['choir'], email: 'a@example.org' }, { name: 'TypeError' }],
  ['no places at all', 'eight', { groups: ['choir'], maxUses: 0 }, { name: 'TypeError' }],
])('a template with %s is not made', async (_what, name, wish, complaint) => {
  const before = await snapshot(setting.server.database);
  await expect(guestlist.addTemplate({ name, wish: wish as never })).rejects.toMatchObject(complaint);
  expect(await snapshot(setting.server.database)).toEqual(before);
  expect((await guestlist.listTemplates()).map((template) => template.name)).toEqual(['season']);
});

test('a group that was closed or removed since the template was made is refused when it is used; open again, it works', async () => {
  await setting.server.addGroup('gone');
  await guestlist.addTemplate({ name: 'of-tour', wish: { groups: ['choir', 'tour'] } });
  await guestlist.addTemplate({ name: 'of-gone', wish: { groups: ['gone'] } });
  await guestlist.changeGroup('tour', { archived: true });
  await setting.server.database.raw(`delete from guestlist."group" where slug = 'gone'`);
  const before = await snapshot(setting.server.database);
  for (const template of ['of-tour', 'of-gone']) {
    await expect(guestlist.invite({ template })).rejects.toMatchObject({ code: 'group_not_found' });
  }
  await expect(guestlist.invite({ template: 'no-such' })).rejects.toMatchObject({ code: 'template_not_found' });
  expect(await snapshot(setting.server.database)).toEqual(before);
  await guestlist.changeGroup('tour', { archived: false });
  const ada = await setting.member('ada');
  expect((await accept(ada, (await guestlist.invite({ template: 'of-tour' })).url)).heading).toBe('You’re in!');
  expect(await setting.groupsOf(ada.browser)).toEqual(['choir', 'tour']);
});

test('a group that became sensitive needs a second person for what a template makes', async () => {
  await setting.server.addGroup('later-sensitive');
  await guestlist.addTemplate({ name: 'of-sensitive', wish: { groups: ['later-sensitive'] } });
  await guestlist.changeGroup('later-sensitive', { sensitive: true });
  const { id, needsConfirming } = await guestlist.invite({ template: 'of-sensitive' });
  expect(needsConfirming).toBe(true);
  expect((await guestlist.find(id))?.state).toBe('suspended');
});
