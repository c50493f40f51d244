/** Groups move into each other: what moves along, and the limits that the database keeps. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addGroup, changeGroup, grantTo, type GroupChange } from '../../src/group/manage.ts';
import { findMembershipFacts } from '../../src/group/membership-facts.ts';
import { findClaimFacts } from '../../src/group/membership-store.ts';
import { findGroup, listGroups } from '../../src/group/store.ts';
import type { Database } from '../../src/lib/db.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { findContradictions } from '../support/invariants.ts';

const now = new Date('2026-11-21T10:00:00Z');
const tools = { clock: () => now, random: secureRandom };

let testDatabase: TestDatabase;
let database: Database;
const ids: Record<string, string> = {};

/** union ⊃ verein ⊃ (choir ⊃ tenors, board), and guests beside them: each with a right that has its name. */
const parents = { union: undefined, verein: 'union', choir: 'verein', tenors: 'choir', board: 'verein', guests: undefined } as const;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = testDatabase.database;
  for (const [slug, parent] of Object.entries(parents)) {
    ids[slug] = (await addGroup(database, { slug, name: slug, description: '', rights: [`${slug}:in`], parent }, tools)).id;
  }
});
beforeEach(async () => {
  await database('guestlist.membership').delete();
});
afterAll(async () => {
  expect(await findContradictions(database)).toEqual([]);
  await testDatabase.drop();
});

const join = (slug: string) => grantTo(database, { groups: [slug] }, { ...tools, accountId: 'ada', actor: 'operator' });
const change = (slug: string, wish: GroupChange) => changeGroup(database, slug, { ...tools, actor: 'operator', change: wish });
const rightsOf = async () => (await findClaimFacts(database, 'ada', now)).entitlements;

describe('moving', () => {
  const whereIs = async (slug: string) => (await listGroups(database, { now, most: 1_000 })).find((group) => group.slug === slug)?.parent;

  it('takes all along that is beneath, at once and on record; null is the top', async () => {
    await join('tenors');
    await change('choir', { parent: 'guests' });
    expect(await rightsOf()).toEqual(['choir:in', 'guests:in', 'tenors:in']);
    await change('choir', { parent: null });
    expect(await rightsOf()).toEqual(['choir:in', 'tenors:in']);
    await change('choir', { capacity: 30 });
    expect(await whereIs('choir')).toBeNull();
    await change('choir', { parent: 'verein' });
    expect(await whereIs('choir')).toBe('verein');
    const entries = database('guestlist.audit_event as e').join('guestlist.audit_link as l', 'l.event_id', 'e.id');
    const details = await entries.where('e.subject', ids['choir']!).orderBy('l.seq').pluck('e.detail');
    expect(details.filter((detail) => 'parent' in detail).map(({ parent }) => parent)).toEqual(['verein', 'guests', null, 'verein']);
  });

  it.each(['verein', 'choir', 'tenors'])('into itself is refused, and changes nothing: verein into %s', async (parent) => {
    const refusal = { code: 'group_cycle', detail: { slug: 'verein', parent } };
    await expect(change('verein', { parent, capacity: 7 })).rejects.toMatchObject(refusal);
    expect((await listGroups(database, { now, most: 1_000 })).find(({ slug }) => slug === 'verein')).toMatchObject({
      parent: 'union',
      capacity: null,
    });
  });

  it('is refused where there is no such group', async () => {
    await expect(change('choir', { parent: 'nowhere' })).rejects.toMatchObject({ code: 'group_not_found', detail: { slug: 'nowhere' } });
    const wish = { slug: 'lost', name: 'Lost', description: '', rights: ['lost:in'], parent: 'nowhere' };
    await expect(addGroup(database, wish, tools)).rejects.toMatchObject({ code: 'group_not_found', detail: { slug: 'nowhere' } });
    await expect(change('nowhere', { parent: 'choir' })).rejects.toMatchObject({ code: 'group_not_found', detail: { slug: 'nowhere' } });
    for (const parent of ['Choir', '', 'a b', 7]) await expect(change('choir', { parent } as GroupChange)).rejects.toThrow(TypeError);
    expect(await findGroup(database, 'lost')).toBeUndefined();
  });

  it('makes eight levels and no more, whether from above or from beneath', async () => {
    const add = (slug: string, parent?: string) => addGroup(database, { slug, name: slug, description: '', rights: [], parent }, tools);
    await add('l1');
    for (let level = 2; level <= 8; level++) await add(`l${level}`, `l${level - 1}`);
    const tooDeep = (slug: string, parent: string) => ({ code: 'group_too_deep', detail: { slug, parent, levels: 8 } });
    await expect(add('l9', 'l8')).rejects.toMatchObject(tooDeep('l9', 'l8'));
    await expect(change('l1', { parent: 'guests' })).rejects.toMatchObject(tooDeep('l1', 'guests'));
    await expect(change('guests', { parent: 'l8' })).rejects.toMatchObject(tooDeep('guests', 'l8'));
    // choir has a level beneath it: it fits where one that has none is the last.
    await expect(change('choir', { parent: 'l7' })).rejects.toMatchObject(tooDeep('choir', 'l7'));
    await change('choir', { parent: 'l6' });
    await expect(change('verein', { parent: 'tenors' })).rejects.toMatchObject(tooDeep('verein', 'tenors'));
    await change('choir', { parent: 'verein' });
    await change('l8', { parent: null });
    await change('l1', { parent: 'l8' });
    await join('l7');
    expect((await findMembershipFacts(database, 'ada', now)).memberships[0]?.ancestors.map(({ slug }) => slug)).toEqual([
      'l6',
      'l5',
      'l4',
      'l3',
      'l2',
      'l1',
      'l8',
    ]);
  });

  it('is watched by the database itself, several groups in one statement too', async () => {
    const sql = (text: string) => database.raw(text, ids);
    await expect(sql('update guestlist."group" set parent_id = id where id = :guests')).rejects.toThrow(/group_not_its_own_parent/);
    await expect(sql('update guestlist."group" set parent_id = :tenors where id = :union')).rejects.toThrow(/union would be inside itself/);
    const circle =
      'update guestlist."group" set parent_id = case id when :guests then :union else :guests end where id in (:guests, :union)';
    await expect(sql(circle)).rejects.toThrow(/would be inside itself/);
    const tall = `insert into guestlist."group" (id, slug, name, created_at, parent_id)
      select 't' || n, 't' || n, 'T', now(), case n when 1 then :tenors else 't' || n - 1 end from generate_series(1, 5) n`;
    await expect(sql(tall)).rejects.toThrow(/more than eight levels/);
    // What is a tree in the end may be no tree in between.
    const swap = `update guestlist."group" set parent_id = case id when :choir then :guests when :guests then null else :choir end
      where id in (:choir, :guests, :board)`;
    await sql(swap);
    expect(await whereIs('board')).toBe('choir');
    await sql(
      'update guestlist."group" set parent_id = case id when :guests then null else :verein end where id in (:choir, :guests, :board)',
    );
  });
});
