/** What a host can do without a page: groups by hand, invitations, places that are kept. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Failure, type GuestlistEvents, type GuestlistOptions, type IssuedLink } from '../../src/index.ts';
import { addSeconds, systemClock } from '../../src/lib/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { count, findContradictions } from '../support/invariants.ts';
import { asAccount, makeOn, visitTo } from './making.ts';

let own: TestDatabase;
const make = (more: Partial<GuestlistOptions> = {}) => makeOn(own.database, more);

beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own?.drop());

test('groups by hand: given, seen, taken, each once and on record', async () => {
  const seen: string[] = [];
  const events: GuestlistEvents = {
    granted: ({ grants }) => seen.push(`granted ${grants}`),
    withdrawn: ({ grants }) => seen.push(`withdrawn ${grants}`),
  };
  const guestlist = make({ events });
  await guestlist.addGroup({ slug: 'by-hand', name: 'By hand', rights: ['door:open'] });
  await guestlist.addRight({ name: 'key:copy' });
  expect(await guestlist.grant('h1', { groups: ['by-hand', 'by-hand:manager'], rights: ['key:copy'] })).toEqual([
    'by-hand:member',
    'by-hand:manager',
    'key:copy',
  ]);
  expect(await guestlist.grant('h1', { groups: ['by-hand'] })).toEqual([]);
  expect(await guestlist.groupsOf('h1')).toEqual({
    groups: ['by-hand'],
    roles: ['by-hand:manager', 'by-hand:member'],
    entitlements: ['door:open', 'key:copy'],
  });
  expect(await guestlist.withdraw('h1', { groups: ['by-hand:manager'] })).toEqual(['by-hand:manager']);
  expect((await guestlist.groupsOf('h1')).roles).toEqual(['by-hand:member']);
  expect((await guestlist.withdraw('h1', { groups: ['by-hand'], rights: ['key:copy', 'door:open'] })).toSorted()).toEqual([
    'by-hand:member',
    'key:copy',
  ]);
  expect(await guestlist.groupsOf('h1')).toEqual({ groups: [], roles: [], entitlements: [] });
  expect(seen).toEqual([
    'granted by-hand:member,by-hand:manager,key:copy',
    'withdrawn by-hand:manager',
    'withdrawn by-hand:member,key:copy',
  ]);
  expect(await count(own.database, `audit_event where subject = 'h1'`)).toBe(3);
  await expect(guestlist.grant('h1', { groups: ['nowhere'] })).rejects.toMatchObject({ code: 'group_not_found' });
  await expect(guestlist.withdraw('h1', { groups: ['nowhere'] })).rejects.toMatchObject({ code: 'group_not_found' });
  await expect(guestlist.addGroup({ slug: 'by-hand', name: 'Again' })).rejects.toMatchObject({ code: 'group_exists' });
});

test('an event that fails inside undoes the deed', async () => {
  const guestlist = make({ events: { granted: () => Promise.reject(new Error('the host says no')) } });
  await guestlist.addGroup({ slug: 'undone', name: 'Undone' });
  await expect(guestlist.grant('h2', { groups: ['undone'] })).rejects.toThrow('the host says no');
  expect((await guestlist.groupsOf('h2')).groups).toEqual([]);
});

test('what the host writes in the event is committed with the redemption, or not at all', async () => {
  await own.database.raw('create table public.joined (account_id text)');
  let fails = false;
  const events: GuestlistEvents = {
    redeemed: async ({ accountId }, trx) => {
      await trx('public.joined').insert({ account_id: accountId });
      if (fails) throw new Error('later');
    },
  };
  const guestlist = make({ events });
  await guestlist.addGroup({ slug: 'evented', name: 'Evented' });
  const { token, id } = await guestlist.invite({ groups: ['evented'], maxUses: 2 });
  const visit = await visitTo(own.database, token);
  fails = true;
  await expect(guestlist.redeem(visit, asAccount('e1'))).rejects.toThrow('later');
  expect([await own.database('public.joined').pluck('account_id'), (await guestlist.find(id))?.usedCount]).toEqual([[], 0]);
  fails = false;
  expect(await guestlist.redeem(visit, asAccount('e1'))).toMatchObject({ answer: 'joined', accountId: 'e1' });
  expect([await own.database('public.joined').pluck('account_id'), (await guestlist.find(id))?.usedCount]).toEqual([['e1'], 1]);
  expect(await guestlist.redeem(visit, asAccount('e1'))).toMatchObject({ answer: 'already_member' });
});

test('a held place counts for everybody else, is free for its holder, and lapses', async () => {
  let offsetSeconds = 0;
  const clock = () => addSeconds(systemClock(), offsetSeconds);
  const open = () => make({ clock });
  const guestlist = open();
  await guestlist.addGroup({ slug: 'held', name: 'Held' });
  const { token, id } = await guestlist.invite({ groups: ['held'], maxUses: 1 });
  const [holder, other] = [await visitTo(own.database, token), await visitTo(own.database, token)];
  const until = await guestlist.hold(holder);
  expect(Math.round((until.getTime() - systemClock().getTime()) / 60_000)).toBe(15);
  await guestlist.hold(holder);
  await expect(guestlist.hold(other)).rejects.toMatchObject({ code: 'invitation_used_up' });
  await expect(guestlist.redeem(other, asAccount('p1'))).rejects.toMatchObject({ code: 'invitation_used_up' });
  offsetSeconds = 15 * 60 + 1;
  await guestlist.hold(other);
  await expect(guestlist.redeem(holder, asAccount('p2'))).rejects.toMatchObject({ code: 'invitation_used_up' });
  expect(await guestlist.redeem(other, asAccount('p1'))).toMatchObject({ answer: 'joined' });
  expect((await guestlist.find(id))?.usedCount).toBe(1);
  expect(await count(own.database, `place_hold where invitation_id = '${id}'`)).toBe(1);
  expect(await findContradictions(own.database)).toEqual([]);
});

test('a visit that is over holds no place, whether it is swept away yet or not', async () => {
  let offsetSeconds = 0;
  const guestlist = make({ clock: () => addSeconds(systemClock(), offsetSeconds) });
  await guestlist.addGroup({ slug: 'over', name: 'Over' });
  const { token, id } = await guestlist.invite({ groups: ['over'] });
  const visit = await visitTo(own.database, token);
  offsetSeconds = 2 * 60 * 60 + 1;
  await expect(guestlist.hold(visit)).rejects.toMatchObject({ code: 'invitation_required' });
  await own.database.raw('delete from guestlist.visit where id = ?', [visit.id]);
  await expect(guestlist.hold(visit)).rejects.toMatchObject({ code: 'invitation_required' });
  expect(await count(own.database, `place_hold where invitation_id = '${id}'`)).toBe(0);
});

test('twenty visits hold at once, three places: three hold', async () => {
  const guestlist = make();
  await guestlist.addGroup({ slug: 'crowded', name: 'Crowded' });
  const { token } = await guestlist.invite({ groups: ['crowded'], maxUses: 3 });
  const visits = await Promise.all(Array.from({ length: 20 }, () => visitTo(own.database, token)));
  const holds = await Promise.allSettled(visits.map((visit) => guestlist.hold(visit)));
  expect(holds.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
});

test('invitations are listed newest first, page by page, without their secrets', async () => {
  const guestlist = make();
  await guestlist.addGroup({ slug: 'listed', name: 'Listed' });
  const made: IssuedLink[] = [];
  for (const label of ['one', 'two', 'three']) made.push(await guestlist.invite({ groups: ['listed:manager'], label, maxUses: 2 }));
  const [newest, second] = await guestlist.list({ limit: 2 });
  expect([newest?.id, second?.id]).toEqual([made[2]?.id, made[1]?.id]);
  expect((await guestlist.list({ limit: 1, before: second?.id ?? '' }))[0]?.id).toBe(made[0]?.id);
  expect(newest).toMatchObject({ state: 'open', label: 'three', usedCount: 0, maxUses: 2, grants: ['listed:manager'] });
  expect(await guestlist.find('nothing')).toBeUndefined();
  await guestlist.revoke(made[0]?.id ?? '', 'operator');
  expect((await guestlist.find(made[0]?.id ?? ''))?.state).toBe('revoked');
  const text = JSON.stringify(await guestlist.list());
  for (const { token, code } of made) expect([text.includes(token), text.includes(code)]).toEqual([false, false]);
});

test('a failure of ours has a code that a host can read', async () => {
  const failure = await make()
    .invite({ groups: ['no-such-group'] })
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Failure);
  expect((failure as Failure).code).toBe('group_not_found');
});

const soon = () => addSeconds(systemClock(), 60);

test.each([
  ['no grants', {}, /^invite: the argument needs groups or rights/],
  ['no places', { groups: ['x'], maxUses: 0 }, /^invite: maxUses must be 1 or more/],
  ['too many places', { groups: ['x'], maxUses: 10 ** 12 }, /^invite: maxUses must be 1000000 or less/],
  ['half a place', { groups: ['x'], maxUses: 1.5 }, /^invite: maxUses/],
  ['an end in the past', { groups: ['x'], expiresAt: new Date(0) }, /^invite: expiresAt must be in the future/],
  ['an end that is no date', { groups: ['x'], expiresAt: new Date('never') }, /^invite: expiresAt must be a date/],
  ['a beginning after its end', { groups: ['x'], startsAt: addSeconds(systemClock(), 600) }, /^invite: startsAt must be before/],
  ['grants that end before it does', { groups: ['x'], ends: { at: addSeconds(systemClock(), 30) } }, /^invite: ends.at must be after/],
  ['grants that end at once', { groups: ['x'], ends: { afterSeconds: 0 } }, /^invite: ends/],
  ['a wild group', { groups: ['Choir!'] }, /^invite: groups.0 must be a slug/],
  ['a wild role', { groups: ['choir:Boss Man'] }, /^invite: groups.0 must be a slug/],
  ['a wild right', { rights: ['no right'] }, /^invite: rights.0 must look like/],
  ['an endless label', { groups: ['x'], label: 'x'.repeat(10_000) }, /^invite: label must have 200/],
  ['a name with a line break', { groups: ['x'], inviterName: 'Maya\r\nBcc: x@example.org' }, /^invite: inviterName must have no control/],
])('an invitation with %s is refused by name, and nothing is made', async (_what, wish, message) => {
  const before = await count(own.database, 'invitation');
  await expect(make().invite({ expiresAt: soon(), ...wish })).rejects.toThrow(message);
  expect(await count(own.database, 'invitation')).toBe(before);
});

test('groups and rights that cannot be are refused by name', async () => {
  await expect(make().addGroup({ slug: 'system:masters', name: 'x' })).rejects.toThrow(/^addGroup: slug must be/);
  await expect(make().addGroup({ slug: 'nameless', name: '' })).rejects.toThrow(/^addGroup: name must not be empty/);
  await expect(make().addGroup({ slug: 'bidi', name: '\u202Ehcir' })).rejects.toThrow(/^addGroup: name must have no control/);
  await expect(make().addRight({ name: 'Wild Right' })).rejects.toThrow(/^addRight: name must look like/);
  await expect(make().grant('a', { groups: ['a:b:c'] })).rejects.toThrow(/^grant: groups.0/);
});

test('an invitation can be moved, widened and narrowed, and says so on record', async () => {
  let offsetSeconds = 0;
  const guestlist = make({ clock: () => addSeconds(systemClock(), offsetSeconds) });
  await guestlist.addGroup({ slug: 'moved', name: 'Moved' });
  const { id, token } = await guestlist.invite({ groups: ['moved'], expiresAt: soon(), startsAt: addSeconds(systemClock(), 30) });
  const state = async () => (await guestlist.find(id))?.state;
  const visit = await visitTo(own.database, token);
  expect(await state()).toBe('not_started');
  await expect(guestlist.redeem(visit, asAccount('m1'))).rejects.toMatchObject({ code: 'invitation_not_started' });
  await guestlist.change(id, { startsAt: null }, 'operator');
  expect(await state()).toBe('open');
  expect(await guestlist.redeem(visit, asAccount('m1'))).toMatchObject({ answer: 'joined' });
  expect(await state()).toBe('used_up');
  await guestlist.change(id, { maxUses: 2 }, 'operator');
  expect(await state()).toBe('open');
  offsetSeconds = 61;
  expect(await state()).toBe('expired');
  await guestlist.change(id, { expiresAt: addSeconds(systemClock(), 600) }, 'operator');
  expect(await guestlist.redeem(visit, asAccount('m2'))).toMatchObject({ answer: 'joined' });
  await expect(guestlist.change(id, { maxUses: 1 }, 'operator')).rejects.toMatchObject({
    code: 'places_below_used',
    detail: { usedCount: 2 },
  });
  await expect(guestlist.change(id, { expiresAt: new Date(0) }, 'operator')).rejects.toThrow(/^change: expiresAt must be in the future/);
  await expect(guestlist.change(id, { startsAt: addSeconds(systemClock(), 6000) }, 'operator')).rejects.toThrow(
    /^change: startsAt must be before/,
  );
  await expect(guestlist.change(id, { maxUses: 0 }, 'operator')).rejects.toThrow(/^change: maxUses/);
  await expect(guestlist.change('nothing', { maxUses: 2 }, 'operator')).rejects.toMatchObject({ code: 'invitation_not_found' });
  await guestlist.revoke(id, 'operator');
  await expect(guestlist.change(id, { maxUses: 5 }, 'operator')).rejects.toMatchObject({ code: 'invitation_revoked' });
  expect(await count(own.database, `audit_event where action = 'invitation.changed' and subject = '${id}'`)).toBe(3);
});

test('a place is taken and places are cut at the same time: never more in than there are', async () => {
  const guestlist = make();
  await guestlist.addGroup({ slug: 'cut', name: 'Cut' });
  for (let round = 0; round < 10; round += 1) {
    const { id, token } = await guestlist.invite({ groups: ['cut'], maxUses: 2 });
    const visits = await Promise.all([1, 2].map(() => visitTo(own.database, token)));
    await Promise.allSettled([
      ...visits.map((visit, index) => guestlist.redeem(visit, asAccount(`cut-${round}-${index}`))),
      guestlist.change(id, { maxUses: 1 }, 'operator'),
    ]);
    const found = await guestlist.find(id);
    expect((found?.usedCount ?? 0) <= (found?.maxUses ?? 0)).toBe(true);
  }
  expect(await findContradictions(own.database)).toEqual([]);
});

test('what is given can end by itself: apps hear of it with the next claims, and a longer end wins', async () => {
  let offsetSeconds = 0;
  const day = 24 * 60 * 60;
  const guestlist = make({ clock: () => addSeconds(systemClock(), offsetSeconds) });
  await guestlist.addGroup({ slug: 'season', name: 'Season', rights: ['season:enter'] });
  const short = await guestlist.invite({ groups: ['season'], maxUses: 5, ends: { afterSeconds: 90 * day } });
  const long = await guestlist.invite({ groups: ['season'], maxUses: 5, ends: { at: addSeconds(systemClock(), 200 * day) } });
  expect(await guestlist.redeem(await visitTo(own.database, short.token), asAccount('s1'))).toMatchObject({ answer: 'joined' });
  expect((await guestlist.groupsOf('s1')).entitlements).toEqual(['season:enter']);
  expect(await guestlist.redeem(await visitTo(own.database, short.token), asAccount('s1'))).toMatchObject({ answer: 'already_member' });
  const both = asAccount('s2');
  expect(await guestlist.redeem(await visitTo(own.database, long.token), both)).toMatchObject({ answer: 'joined' });
  expect(await guestlist.redeem(await visitTo(own.database, short.token), both)).toMatchObject({ answer: 'already_member' });
  await guestlist.redeem(await visitTo(own.database, long.token), asAccount('s1'));
  await guestlist.grant('s3', { groups: ['season'], ends: { afterSeconds: 60 } });
  offsetSeconds = 91 * day;
  const groups = async () => Promise.all(['s1', 's2', 's3'].map(async (id) => (await guestlist.groupsOf(id)).groups));
  expect(await groups()).toEqual([['season'], ['season'], []]);
  offsetSeconds = 201 * day;
  expect(await groups()).toEqual([[], [], []]);
  expect(await guestlist.grant('s1', { groups: ['season'] })).toEqual(['season:member']);
  expect((await guestlist.groupsOf('s1')).groups).toEqual(['season']);
});
