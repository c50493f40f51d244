import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Grant } from '../../src/group/group.ts';
import { addGroup, addRight } from '../../src/group/manage.ts';
import { addGrant, endGiven, findGiven, findHoldings } from '../../src/group/membership-store.ts';
import { ensureRight, findGroup, findRight, insertGroup, listGroups } from '../../src/group/store.ts';
import { addSeconds } from '../../src/lib/clock.ts';
import { type Database, inTransaction } from '../../src/lib/db.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { invitations } from '../../src/plugin.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const now = new Date('2026-11-21T10:00:00Z');
const long = addSeconds(now, -86_400);
const tools = { clock: () => now, random: secureRandom };

let testDatabase: TestDatabase;
let database: Database;
let invitationId: string;
let choir: Grant & { readonly kind: 'group' };
const wiki: Grant = { kind: 'right', right: 'wiki:edit', description: '' };

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = testDatabase.database;
  const { id } = await addGroup(
    database,
    { slug: 'choir', name: 'Choir', description: 'Sings', rights: ['wiki:edit', 'files:read', 'wiki:edit'] },
    tools,
  );
  choir = {
    kind: 'group',
    groupId: id,
    slug: 'choir',
    name: 'Choir',
    description: 'Sings',
    role: 'member',
    sensitive: false,
    archived: false,
  };
  invitationId = (
    await invitations({ database, issuer: 'https://op.example.org', person: async () => undefined, ...tools }).invite({ groups: ['choir'] })
  ).id;
});

beforeEach(async () => {
  await database('guestlist.membership').delete();
  await database('guestlist.account_right').delete();
});

afterAll(() => testDatabase.drop());

let nextId = 0;

async function give(grant: Grant, { accountId = 'ada', at = now } = {}): Promise<void> {
  await addGrant(database, { id: `g${nextId++}`, accountId, grant, invitationId, now: at });
}

async function memberships() {
  return database('guestlist.membership').orderBy('id').select('role', 'starts_at', 'ends_at', 'ended_at');
}

async function rightRows() {
  return database('guestlist.account_right').orderBy('id').select('right_name', 'starts_at', 'ends_at', 'ended_at');
}

describe('a grant', () => {
  it('is held from now on, with where it came from', async () => {
    await give(choir);
    await give(wiki);
    expect(await findHoldings(database, 'ada', now)).toEqual({
      memberships: [{ groupId: choir.groupId, role: 'member' }],
      rights: [{ right: 'wiki:edit' }],
      removals: [],
    });
    expect(await memberships()).toEqual([{ role: 'member', starts_at: now, ends_at: null, ended_at: null }]);
    expect(await database('guestlist.membership').pluck('invitation_id')).toEqual([invitationId]);
    expect(await findHoldings(database, 'bea', now)).toEqual({ memberships: [], rights: [], removals: [] });
  });

  it('given twice, or by many at once, is there once', async () => {
    await Promise.all(
      Array.from({ length: 8 }, async () =>
        inTransaction(database, async (trx) => {
          for (const grant of [choir, wiki])
            await addGrant(trx, { id: secureRandom(8).toString('hex'), accountId: 'ada', grant, invitationId, now });
        }),
      ),
    );
    expect(await memberships()).toHaveLength(1);
    expect(await rightRows()).toHaveLength(1);
  });

  it('adds a role beside the one there is', async () => {
    await give({ ...choir, role: 'manager' });
    await give(choir);
    expect((await memberships()).map(({ role }) => role)).toEqual(['manager', 'member']);
  });

  it('never lowers: each source has a row of its own, where the longer end wins, and none is the longest', async () => {
    const [sooner, later] = [addSeconds(now, 3_600), addSeconds(now, 7_200)];
    const others = { account_id: 'ada', starts_at: long };
    await database('guestlist.membership').insert({ ...others, id: '0', group_id: choir.groupId, role: 'member', ends_at: sooner });
    await database('guestlist.account_right').insert({ ...others, id: '0', right_name: 'wiki:edit' });
    const held = async () => new Set((await findHoldings(database, 'ada', now)).memberships.map(({ endsAt }) => endsAt?.getTime()));
    await give({ ...wiki, ends: { at: later } });
    expect((await rightRows()).map(({ ends_at }) => ends_at)).toEqual([null, later]);
    for (const [given, kept] of [
      [later, later],
      [sooner, later],
      [undefined, undefined],
      [later, undefined],
    ] as const) {
      await give({ ...choir, ends: given && { at: given } });
      expect(await held()).toEqual(new Set([sooner.getTime(), kept?.getTime()]));
    }
  });

  it('is taken back by its source, and what others gave stays', async () => {
    await give(choir);
    await addGrant(database, { id: 'by-hand', accountId: 'ada', grant: choir, invitationId: undefined, now });
    expect(await findGiven(database, invitationId, now)).toEqual([{ accountId: 'ada', grants: ['choir:member'] }]);
    await inTransaction(database, (trx) => endGiven(trx, { invitationId, accountId: 'ada', now, by: 'operator' }));
    expect(await findGiven(database, invitationId, now)).toEqual([]);
    const { memberships: left, removals } = await findHoldings(database, 'ada', now);
    expect({ left: left.length, removals: removals?.length }).toEqual({ left: 1, removals: 1 });
  });

  it.each([
    ['ended', { ended_at: addSeconds(now, -60) }, addSeconds(now, -60)],
    ['lapsed', { ends_at: addSeconds(now, -60) }, addSeconds(now, -60)],
    ['lapsed at this very moment', { ends_at: now }, now],
  ])('comes anew after one that has %s, which stays on record', async (_what, period, endedAt) => {
    const common = { account_id: 'ada', starts_at: long, ...period };
    await database('guestlist.membership').insert({ ...common, id: '0', group_id: choir.groupId, role: 'member' });
    await database('guestlist.account_right').insert({ ...common, id: '0', right_name: 'wiki:edit' });
    expect(await findHoldings(database, 'ada', now)).toEqual({ memberships: [], rights: [], removals: [] });
    await give(choir);
    await give(wiki);
    for (const rows of [await memberships(), await rightRows()]) {
      expect(rows).toMatchObject([
        { starts_at: long, ended_at: endedAt },
        { starts_at: now, ends_at: null, ended_at: null },
      ]);
    }
    expect(await findHoldings(database, 'ada', now)).toEqual({
      memberships: [{ groupId: choir.groupId, role: 'member' }],
      rights: [{ right: 'wiki:edit' }],
      removals: [],
    });
  });

  it('ends nothing of anybody else', async () => {
    await database('guestlist.membership').insert({
      id: '0',
      account_id: 'bea',
      group_id: choir.groupId,
      role: 'member',
      starts_at: long,
      ends_at: addSeconds(now, -60),
    });
    await give(choir);
    expect((await memberships())[0]).toMatchObject({ ended_at: null });
  });
});

describe('groups and rights', () => {
  it('are found by their names, exactly', async () => {
    expect(await findGroup(database, 'choir')).toEqual({
      id: choir.groupId,
      slug: 'choir',
      name: 'Choir',
      description: 'Sings',
      sensitive: false,
      archived: false,
    });
    for (const slug of ['Choir', 'choir ', 'choi', '%', choir.groupId]) expect(await findGroup(database, slug)).toBeUndefined();
    expect(await findRight(database, 'files:read')).toEqual({ name: 'files:read', description: '' });
    expect(await findRight(database, 'files')).toBeUndefined();
  });

  it('are listed with their rights, and the members of today', async () => {
    await give(choir, { accountId: 'ada' });
    await give({ ...choir, role: 'manager' }, { accountId: 'ada' });
    await give(choir, { accountId: 'bea' });
    await database('guestlist.membership').where({ account_id: 'bea' }).update({ ends_at: now });
    expect(await listGroups(database, { now, most: 1_000 })).toEqual([
      {
        id: expect.any(String),
        slug: 'choir',
        name: 'Choir',
        description: 'Sings',
        rights: ['files:read', 'wiki:edit'],
        memberCount: 1,
        capacity: null,
        sensitive: false,
        archived: false,
        parent: null,
        depth: 0,
      },
    ]);
  });

  it('count their members no further than asked, but always as far as their places go', async () => {
    for (const accountId of ['ada', 'bea', 'cy']) await give(choir, { accountId });
    const counted = async () => (await listGroups(database, { now, most: 2 })).map(({ memberCount }) => memberCount);
    expect(await counted()).toEqual([2]);
    await database('guestlist.group').update({ capacity: 40 });
    expect(await counted()).toEqual([3]);
  });

  it('have names of their own for ever: a second one is refused, and nothing of it stays', async () => {
    const second = addGroup(database, { slug: 'choir', name: 'Other', description: '', rights: ['new:right'] }, tools);
    await expect(second).rejects.toMatchObject({ code: 'group_exists', detail: { slug: 'choir' } });
    expect(await findRight(database, 'new:right')).toBeUndefined();
    await expect(addRight(database, { name: 'wiki:edit', description: 'x' }, tools)).rejects.toMatchObject({ code: 'right_exists' });
    expect(await findRight(database, 'wiki:edit')).toMatchObject({ description: '' });
  });

  it('leave an entry in the audit log when they are made', async () => {
    await addRight(database, { name: 'audit:me', description: '' }, tools);
    expect(
      await database('guestlist.audit_event')
        .whereIn('subject', ['audit:me', choir.groupId])
        .orderBy('action')
        .select('action', 'subject', 'actor'),
    ).toEqual([
      { action: 'group.created', subject: choir.groupId, actor: 'operator' },
      { action: 'right.created', subject: 'audit:me', actor: 'operator' },
    ]);
  });

  it('are refused by the database too when their names are not in order', async () => {
    const createdAt = tools.clock();
    for (const slug of ['Choir', 'a b', 'a,b', '']) {
      await expect(insertGroup(database, { id: `g-${slug}`, slug, name: 'x', description: '', createdAt })).rejects.toThrow(
        /group_slug_form/,
      );
    }
    await expect(ensureRight(database, { name: 'a b', description: '', createdAt })).rejects.toThrow(/right_name_form/);
  });
});
