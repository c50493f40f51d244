import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { groupClaimsOf } from '../../src/group/claims.ts';
import { addGroup } from '../../src/group/manage.ts';
import { countHolders } from '../../src/group/membership-store.ts';
import { addSeconds } from '../../src/lib/clock.ts';
import type { Database } from '../../src/lib/db.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const now = new Date('2026-11-21T10:00:00Z');
const before = addSeconds(now, -1);
const after = addSeconds(now, 1);
const long = addSeconds(now, -86_400);
const all = { scope: 'openid groups roles entitlements' };

let testDatabase: TestDatabase;
let database: Database;
const groupIds: Record<string, string> = {};

type Period = { readonly starts_at?: Date; readonly ends_at?: Date; readonly ended_at?: Date };

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = testDatabase.database;
  const groups = { choir: ['wiki:read', 'files:read'], board: ['wiki:read', 'wiki:edit'], stage: ['lights:on'], empty: [] };
  for (const [slug, rights] of Object.entries(groups)) {
    const { id } = await addGroup(database, { slug, name: slug, description: '', rights }, { clock: () => long, random: secureRandom });
    groupIds[slug] = id;
  }
  await database('guestlist.right').insert({ name: 'mail:send', created_at: long });
});

beforeEach(async () => {
  await database('guestlist.membership').delete();
  await database('guestlist.account_right').delete();
});

afterAll(() => testDatabase.drop());

let nextId = 0;

async function join(
  slug: string,
  role = 'member',
  { accountId = 'ada', ...period }: Period & { readonly accountId?: string } = {},
): Promise<void> {
  const row = { id: `m${nextId++}`, account_id: accountId, group_id: groupIds[slug], role, starts_at: long, ...period };
  await database('guestlist.membership').insert(row);
}

async function hold(right: string, { accountId = 'ada', ...period }: Period & { readonly accountId?: string } = {}): Promise<void> {
  await database('guestlist.account_right').insert({
    id: `r${nextId++}`,
    account_id: accountId,
    right_name: right,
    starts_at: long,
    ...period,
  });
}

async function claimsOf(accountId = 'ada', at = now) {
  return groupClaimsOf(database, accountId, { request: all, now: at });
}

const nothing = { groups: [], roles: [], entitlements: [] };

describe('the claims', () => {
  it('are empty lists for somebody who has nothing, or whom nobody knows', async () => {
    expect(await claimsOf('nobody')).toEqual(nothing);
    await join('empty');
    expect(await claimsOf()).toEqual({ groups: ['empty'], roles: ['empty:member'], entitlements: [] });
  });

  it('name every group, role and right once, in order', async () => {
    await join('stage', 'manager');
    await join('choir', 'member');
    await join('choir', 'librarian');
    await join('board', 'treasurer');
    await hold('mail:send');
    await hold('wiki:edit');
    expect(await claimsOf()).toEqual({
      groups: ['board', 'choir', 'stage'],
      roles: ['board:treasurer', 'choir:librarian', 'choir:member', 'stage:manager'],
      entitlements: ['files:read', 'lights:on', 'mail:send', 'wiki:edit', 'wiki:read'],
    });
  });

  it('are of this person and nobody else', async () => {
    await join('choir', 'member', { accountId: 'bea' });
    await hold('mail:send', { accountId: 'ada ' });
    expect(await claimsOf()).toEqual(nothing);
  });

  const over: [string, Period][] = [
    ['was ended', { ended_at: before }],
    ['was ended before its planned end', { ended_at: before, ends_at: after }],
    ['has lapsed', { ends_at: before }],
    ['ends at this very moment', { ends_at: now }],
  ];

  it.each(over)('tell of no membership that %s, and of nothing through it', async (_what, period) => {
    await join('choir', 'member', period);
    expect(await claimsOf()).toEqual(nothing);
  });

  it.each(over)('tell of no right that %s', async (_what, period) => {
    await hold('mail:send', period);
    expect(await claimsOf()).toEqual(nothing);
  });

  it.each<[string, Period]>([
    ['began by the clock of another process', { starts_at: after }],
    ['ends later', { ends_at: after }],
  ])('tell of what %s', async (_what, period) => {
    await join('stage', 'member', period);
    await hold('mail:send', period);
    expect(await claimsOf()).toEqual({ groups: ['stage'], roles: ['stage:member'], entitlements: ['lights:on', 'mail:send'] });
  });

  it('keep a right that is held in two ways when one of them ends', async () => {
    await join('choir');
    await join('board', 'member', { ended_at: before });
    await hold('wiki:read', { ends_at: before });
    expect(await claimsOf()).toMatchObject({ entitlements: ['files:read', 'wiki:read'] });
  });

  it('follow the database at once', async () => {
    await join('stage');
    expect(await claimsOf()).toMatchObject({ groups: ['stage'] });
    await database('guestlist.membership').update({ ended_at: now });
    expect(await claimsOf()).toEqual(nothing);
  });

  it('count the same holders', async () => {
    await join('choir', 'member');
    await join('board', 'member');
    await join('choir', 'member', { accountId: 'bea' });
    await join('choir', 'member', { accountId: 'cleo', ended_at: before });
    await hold('wiki:read', { accountId: 'dana' });
    await hold('wiki:read', { accountId: 'ada' });
    await hold('wiki:read', { accountId: 'eve', ends_at: now });
    expect(await countHolders(database, 'wiki:read', now)).toBe(3);
  });
});

describe('what is released', () => {
  beforeEach(async () => {
    await join('choir');
    await hold('mail:send');
  });

  const groups = ['choir'];
  const roles = ['choir:member'];
  const entitlements = ['files:read', 'mail:send', 'wiki:read'];

  it.each([
    ['openid', undefined, {}],
    ['', undefined, {}],
    ['openid groups', undefined, { groups }],
    ['entitlements roles', undefined, { roles, entitlements }],
    ['openid groups roles entitlements', undefined, { groups, roles, entitlements }],
    ['groupsx xroles', undefined, {}],
    ['openid', { groups: null }, { groups }],
    ['openid', { entitlements: { essential: true }, email: null }, { entitlements }],
    ['roles', { groups: null }, { groups, roles }],
    ['openid', {}, {}],
    ['openid', Object.create({ groups: null }), {}],
  ])('for scope "%s" and claims %j is %j: nothing that was not asked for', async (scope, claims, released) => {
    expect(await groupClaimsOf(database, 'ada', { request: { scope, claims }, now })).toEqual(released);
  });
});
