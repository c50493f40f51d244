/** Groups in the console: the tree, what comes with one, who is in it, who may invite to it, and changing it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimMappingsSchema } from '../../src/client/mapping-schema.ts';
import type { Member } from '../journeys/setting.ts';
import type { Browser, Rest } from '../support/browser.ts';
import { type ConsoleSetting, createConsoleSetting, openConsole } from './setting.ts';

let setting: ConsoleSetting;
let admin: Browser;
let ben: Member;

beforeAll(async () => {
  setting = await createConsoleSetting();
  const { guestlist } = setting;
  await guestlist.addGroup({ slug: 'house', name: 'House', rights: ['door:house'] });
  await guestlist.changeGroup('choir', { parent: 'house' });
  await guestlist.addGroup({ slug: 'altos', name: 'Altos', parent: 'choir', capacity: 12 });
  ({ browser: admin } = await setting.admin('ada'));
  ben = await setting.manager('ben', 'choir');
  await openConsole(admin, '/admin/groups');
  await openConsole(ben.browser, '/admin/groups');
});
afterAll(() => setting.server.close());

const rowsOn = ({ $ }: Rest) =>
  $('tbody tr')
    .map((_, row) => $(row).text().replace(/\s+/g, ' ').trim())
    .get();
const slugsOn = ({ $ }: Rest) =>
  $('.tree th bdi[dir]')
    .map((_, slug) => $(slug).text())
    .get();
const textOf = ({ $ }: Rest) => $('main').text().replace(/\s+/g, ' ');

describe('the list', () => {
  test('is a tree for admins, and begins with what is theirs for managers', async () => {
    const all = slugsOn(await admin.open('/admin/groups'));
    expect(all.indexOf('house')).toBeLessThan(all.indexOf('choir'));
    expect(all.indexOf('choir')).toBeLessThan(all.indexOf('altos'));
    const theirs = await ben.browser.open('/admin/groups');
    expect(slugsOn(theirs)).toEqual(['choir', 'altos']);
    expect(theirs.$('th[scope=row]').first().attr('class')).toBe('depth-0');
    expect(textOf(theirs)).not.toContain('New group');
  });

  test('is looked through by name', async () => {
    expect(slugsOn(await admin.open('/admin/groups?find=ALT'))).toEqual(['altos']);
    expect(textOf(await admin.open('/admin/groups?find=nowhere'))).toContain('No group is called so');
  });
});

test('what is not theirs is not there, and what is the admins’ is refused', async () => {
  expect((await ben.browser.open('/admin/groups/stage')).status).toBe(404);
  expect((await ben.browser.open('/admin/groups/stage/policy')).status).toBe(404);
  expect((await ben.browser.open('/admin/groups/stage/remove?account=x')).status).toBe(404);
  for (const path of ['new', 'choir/change', 'choir/add', 'choir/archive'])
    expect([path, (await ben.browser.open(`/admin/groups/${path}`)).status]).toEqual([path, 403]);
  const policy = await ben.browser.open('/admin/groups/choir/policy');
  expect(policy.status).toBe(200);
  expect(policy.$('form[method=post] [name=who]').length).toBe(0);
});

test('a group is made, with what is wrong said at its field', async () => {
  const form = await admin.open('/admin/groups/new');
  const wrong = await admin.submit(form, 'Make the group', { name: 'Basses', slug: 'Basses!' });
  expect([wrong.status, wrong.$('#slug-error').text().trim()]).toEqual([422, expect.stringContaining('Use lower-case letters')]);
  const taken = await admin.submit(wrong, 'Make the group', { slug: 'choir' });
  expect(taken.$('#slug-error').text()).toContain('Another group');
  const made = await admin.submit(taken, 'Make the group', { slug: 'basses', parent: 'choir', capacity: '8', 'right:door:house': 'yes' });
  expect([made.heading, made.url]).toEqual(['Basses', expect.stringContaining('/admin/groups/basses?done=created')]);
  expect(textOf(made)).toContain('0 of 8');
});

test('a right comes to it and goes again, by an admin alone', async () => {
  await setting.guestlist.addRight({ name: 'wiki:write' });
  const page = await admin.open('/admin/groups/choir');
  const more = await admin.submit(page, 'Let members do this', { add: 'wiki:write' });
  expect([more.status, more.url]).toEqual([200, expect.stringContaining('/admin/groups/choir?done=saved')]);
  expect(more.$('.things .id').text()).toContain('wiki:write');
  const less = await admin.submit(more, 'No longer let them', { take: 'wiki:write' });
  expect(less.$('.things .id').text()).not.toContain('wiki:write');
  expect((await ben.browser.open('/admin/groups/choir')).$('form[action$="/rights"]').length).toBe(0);
});

test('one that is called new is there all the same', async () => {
  await setting.guestlist.addGroup({ slug: 'new', name: 'Newcomers' });
  const list = await admin.open('/admin/groups?find=newcomers');
  const page = await admin.open(String(list.$('.tree a').attr('href')));
  expect(page.heading).toBe('Newcomers');
});

describe('members', () => {
  test('are shown with what they came by, by whom, and until when', async () => {
    const { guestlist } = setting;
    const cleo = await setting.member('cleo');
    const { url } = await guestlist.invite({
      groups: ['choir'],
      inviterId: ben.accountId,
      inviterName: 'ben',
      ends: { at: setting.inDays(90) },
    });
    await cleo.browser.submit(await cleo.browser.submit(await cleo.browser.open(url), 'join'), 'Join');
    const page = await admin.open('/admin/groups/choir');
    const row = rowsOn(page).find((text) => text.includes('cleo@example.org'));
    expect(row).toContain('Invited by \u2068ben\u2069');
    expect(page.$('tbody time').length).toBeGreaterThan(1);
    expect(rowsOn(page).find((text) => text.includes('ben@example.org'))).toContain('Given by hand');
    const managers = await admin.open('/admin/groups/choir?role=manager');
    expect(rowsOn(managers).join()).toContain('ben@example.org');
    expect(rowsOn(managers).join()).not.toContain('cleo@example.org');
  });

  test('are taken out by a manager, after being asked', async () => {
    const dan = await setting.member('dan', { groups: ['choir'] });
    const list = await ben.browser.open('/admin/groups/choir');
    const href = list
      .$('.act a')
      .filter((_, link) => String(list.$(link).attr('href')).includes(dan.accountId))
      .attr('href');
    const ask = await ben.browser.open(String(href));
    expect(ask.heading).toContain('dan');
    const done = await ben.browser.submit(ask, 'Take them out');
    expect(rowsOn(done).join()).not.toContain('dan@example.org');
    expect((await setting.guestlist.groupsOf(dan.accountId)).groups).toEqual([]);
    const { rows } = await setting.server.database.raw(
      "select actor from guestlist.audit_event where action = 'grant.withdrawn' and subject = ?",
      [dan.accountId],
    );
    expect(rows).toEqual([{ actor: ben.accountId }]);
    expect((await ben.browser.open(String(href))).status).toBe(404);
  });

  test('are put in by hand by an admin, until a day', async () => {
    const eve = await setting.member('eve');
    const form = await admin.open('/admin/groups/altos/add');
    expect((await admin.submit(form, 'Put them in', { email: 'nobody@example.org' })).$('#email-error').text()).toContain(
      'Nobody here has this address',
    );
    expect((await admin.submit(form, 'Put them in', { email: eve.email, until: '2001-01-01' })).status).toBe(422);
    const until = setting.inDays(30).toISOString().slice(0, 10);
    const done = await admin.submit(form, 'Put them in', { email: eve.email, role: 'lead', until });
    expect(rowsOn(done).join()).toContain('eve@example.org');
    expect((await setting.guestlist.groupsOf(eve.accountId)).roles).toContain('altos:lead');
    expect((await admin.submit(form, 'Put them in', { email: eve.email, role: 'lead', until })).$('#email-error').text()).toContain(
      'already',
    );
  });
});

test('rights are its own, and those of the groups above with their names', async () => {
  const page = await admin.open('/admin/groups/altos');
  const rights = page.$('#rights').parent().text().replace(/\s+/g, ' ');
  expect(rights).toContain('door:house');
  expect(rights).toContain('from \u2068House\u2069, above it');
});

describe('who may invite', () => {
  test('is said in words, and every knob is kept as it was set', async () => {
    const form = await admin.open('/admin/groups/altos/policy');
    expect(textOf(form)).toContain('Managers invite');
    const done = await admin.submit(form, 'Save', {
      who: 'members',
      roles: 'member, lead',
      lifetime: '36',
      lifetime_unit: 'hours',
      places: '5',
      per_day: '20',
      pin: 'yes',
      domains: 'example.org *.example.net',
      approval: 'yes',
      stay: '2',
      stay_unit: 'days',
    });
    expect(await setting.guestlist.policyOf('altos')).toEqual({
      who: 'members',
      roles: ['member', 'lead'],
      channels: ['mail', 'link'],
      maxLifetimeSeconds: 129_600,
      maxPlaces: 5,
      perDay: 20,
      pinForLinks: true,
      domains: ['example.org', '*.example.net'],
      approval: true,
      membershipSeconds: 172_800,
    });
    expect(textOf(done)).toContain('All members invite');
    expect(textOf(done)).toContain('Valid for 36 hours at most');
    expect(done.$('#lifetime').attr('value')).toBe('36');
    const again = await admin.submit(done, 'Save');
    expect((await setting.guestlist.policyOf('altos')).maxLifetimeSeconds).toBe(129_600);
    const usual = await admin.submit(again, 'Back to the usual rules');
    expect(textOf(usual)).toContain('Managers invite');
  });

  test('is refused where nobody could invite any more, or nothing is meant by it', async () => {
    const form = await admin.open('/admin/groups/altos/policy');
    const filled = { who: 'members', form_token: String(form.$('main form[method=post] [name=form_token]').first().attr('value')) };
    const action = String(form.$('main form[method=post]').first().attr('action'));
    const none = await admin.post(action, filled);
    expect([none.status, none.$('#channels-error').text().trim()]).toEqual([422, 'Allow at least one way to invite.']);
    const odd = await admin.submit(form, 'Save', { roles: 'UPPER CASE', domains: 'no domain!', lifetime: 'long' });
    expect(odd.$('.error').length).toBe(3);
    const numbers = await admin.submit(form, 'Save', { places: '0', per_day: 'x' });
    const told = numbers
      .$('.summary li a')
      .map((_, line) => numbers.$(line).text().trim())
      .get();
    expect(told).toEqual([
      'Most people for one invitation – Enter a whole number, 1 or more.',
      'Most people that one inviter invites in 24 hours – Enter a whole number, 1 or more.',
    ]);
  });
});

describe('changing a group', () => {
  test('shows which apps hear another name, and does it once that was seen', async () => {
    await setting.server.addClient({
      id: 'wiki',
      name: 'Wiki',
      redirectUris: ['https://wiki.example.org/callback'],
      mappings: claimMappingsSchema.parse([
        { name: 'teams', source: 'groups', where: ['id_token'], value: { kind: 'name' }, trigger: { scopes: ['groups'] } },
      ]),
    });
    expect(textOf(await admin.open('/admin/groups/stage'))).toMatch(/Wiki ?told to the app/);
    const form = await admin.open('/admin/groups/stage/change');
    const shown = await admin.submit(form, 'Save', { name: 'Stage hands', capacity: '20' });
    expect(rowsOn(shown)).toEqual(['Wiki teams ["Stage crew"] ["Stage hands"]']);
    expect((await admin.open('/admin/groups/stage')).heading).toBe('Stage crew');
    // What was seen is another change than this one: it is shown again.
    const other = await admin.submit(shown, 'Save', { name: 'Stage people' });
    expect(rowsOn(other)).toEqual(['Wiki teams ["Stage crew"] ["Stage people"]']);
    const saved = await admin.submit(other, 'Save');
    expect([saved.status, saved.url]).toEqual([200, expect.stringContaining('done=saved')]);
    const page = await admin.open('/admin/groups/stage');
    expect([page.heading, textOf(page).includes('0 of 20')]).toEqual(['Stage people', true]);
    const { rows } = await setting.server.database.raw(
      "select detail from guestlist.audit_event where action = 'group.changed' order by id desc limit 1",
    );
    expect(rows[0].detail).toEqual({ slug: 'stage', name: 'Stage people', capacity: 20 });
  });

  test('shows what moving it would give and take, and refuses what cannot be', async () => {
    const form = await admin.open('/admin/groups/stage/change');
    const shown = await admin.submit(form, 'See what would change', { parent: 'choir' });
    const effects = shown.$('#effects').text();
    expect(effects).toContain('Members get these rights as well: door:house');
    expect(effects).toMatch(/Whoever manages .*Kammerchor Nord.*House.* manages this group as well/);
    const house = await admin.open('/admin/groups/house/change');
    const seen = await admin.submit(house, 'Save', { parent: 'altos' });
    const refused = await admin.submit(seen, 'Save');
    expect([refused.status, refused.$('#parent-error').text().trim()]).toEqual([422, expect.stringContaining('can’t be in itself')]);
  });

  test('leaves it where it is, also in a group that was archived since', async () => {
    await setting.guestlist.addGroup({ slug: 'attic', name: 'Attic' });
    await setting.guestlist.addGroup({ slug: 'chest', name: 'Chest', parent: 'attic' });
    await setting.guestlist.changeGroup('attic', { archived: true });
    const form = await admin.open('/admin/groups/chest/change');
    expect(form.$('#parent option[selected]').attr('value')).toBe('attic');
    const looked = await admin.submit(form, 'See what would change', { description: 'Old things' });
    expect((await admin.submit(looked, 'Save')).status).toBe(200);
    const { rows } = await setting.server.database.raw(
      `select g.description, p.slug from guestlist."group" g left join guestlist."group" p on p.id = g.parent_id where g.slug = 'chest'`,
    );
    expect(rows).toEqual([{ description: 'Old things', slug: 'attic' }]);
  });

  test('archives it and takes that back', async () => {
    const ask = await admin.open('/admin/groups/basses/archive');
    const archived = await admin.submit(ask, 'Archive the group');
    expect(textOf(archived)).toContain('This group is archived');
    const back = await admin.submit(await admin.open('/admin/groups/basses/archive'), 'Take it back from the archive');
    expect(textOf(back)).not.toContain('This group is archived');
  });
});
