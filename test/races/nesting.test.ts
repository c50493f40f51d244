/** Two move groups into each other at once: never a circle, never a ninth level, and neither waits for ever. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { addGroup, changeGroup } from '../../src/group/manage.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { sqlStateOf } from '../../src/lib/db.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { findContradictions } from '../support/invariants.ts';

const tools = { clock: systemClock, random: secureRandom };
const rounds = 50;
let own: TestDatabase;

beforeAll(async () => {
  own = await createTestDatabase({ poolSize: 20 });
});
beforeEach(async () => {
  await own.database.raw('delete from guestlist."group"');
  for (const slug of ['a', 'b', 'c', 'd']) await add(slug);
});
afterAll(() => own?.drop());

const add = (slug: string, parent?: string) => addGroup(own.database, { slug, name: slug, description: '', rights: [], parent }, tools);
const move = (slug: string, parent: string | null) =>
  endOf(changeGroup(own.database, slug, { ...tools, actor: 'operator', change: { parent } }));

async function endOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (error instanceof Failure) return error.code;
    return sqlStateOf(error) ?? String(error);
  }
}

const toTheTop = () => own.database.raw('update guestlist."group" set parent_id = null');

/** A move by plain SQL, as another program would do it. */
async function rawMove(slug: string, parent: string, isolation: 'read committed' | 'repeatable read' | 'serializable'): Promise<string> {
  const sql = `update guestlist."group" set parent_id = (select id from guestlist."group" where slug = ?) where slug = ?`;
  return endOf(own.database.transaction((trx) => trx.raw(sql, [parent, slug]), { isolationLevel: isolation }));
}

test(`${rounds} rounds of crossing moves: one is done, the other is told of the circle`, async () => {
  for (let round = 0; round < rounds; round++) {
    const ends = await Promise.all([move('a', 'b'), move('b', 'a')]);
    expect(ends.toSorted()).toEqual(['done', 'group_cycle']);
    await toTheTop();
  }
  expect(await findContradictions(own.database)).toEqual([]);
}, 60_000);

test(`${rounds} rounds of four moves in a ring: three are done`, async () => {
  for (let round = 0; round < rounds; round++) {
    const ends = await Promise.all([move('a', 'b'), move('b', 'c'), move('c', 'd'), move('d', 'a')]);
    expect(ends.toSorted()).toEqual(['done', 'done', 'done', 'group_cycle']);
    await toTheTop();
  }
  expect(await findContradictions(own.database)).toEqual([]);
}, 60_000);

test.each([
  ['read committed', ['23514']],
  ['repeatable read', ['23514', '40001']],
  ['serializable', ['23514', '40001']],
] as const)(
  'past our own code, %s: one at most is done',
  async (isolation, refusals) => {
    for (let round = 0; round < rounds; round++) {
      const ends = await Promise.all([rawMove('a', 'b', isolation), rawMove('b', 'a', isolation)]);
      expect(ends).toContain('done');
      expect(refusals).toContain(ends.find((end) => end !== 'done'));
      expect(await findContradictions(own.database)).toEqual([]);
      await toTheTop();
    }
  },
  60_000,
);

test('the second waits for the first, and judges by what the first has done', async () => {
  const [one, other] = [await own.database.transaction(), await own.database.transaction()];
  const sql = `update guestlist."group" set parent_id = (select id from guestlist."group" where slug = ?) where slug = ?`;
  await one.raw(sql, ['b', 'a']);
  const second = endOf(other.raw(sql, ['a', 'b']).then(() => undefined));
  await one.commit();
  expect(await second).toBe('23514');
  await other.rollback();
});

test('a tree that grows from beneath and from above at once has no ninth level', async () => {
  const deep = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7', 'n8'];
  for (const slug of deep) await add(slug);
  for (let round = 0; round < 15; round++) {
    await toTheTop();
    for (const [index, slug] of ['n2', 'n3', 'n4'].entries()) await move(slug, deep[index]!);
    for (const [index, slug] of ['n6', 'n7', 'n8'].entries()) await move(slug, deep[index + 4]!);
    // Four levels and four: with the roof and the cellar there would be ten.
    const ends = await Promise.all([move('n5', 'n4'), move('n1', 'a'), move('b', 'n8')]);
    expect(ends.filter((end) => end === 'group_too_deep').length).toBeGreaterThanOrEqual(1);
    expect(ends).toContain('done');
    expect(await findContradictions(own.database)).toEqual([]);
  }
}, 60_000);

test('new groups beneath one that moves: nobody waits for anybody in a circle', async () => {
  for (let round = 0; round < 20; round++) {
    const ends = await Promise.all([
      endOf(add(`new-${round}`, 'a')),
      move('a', round % 2 ? 'b' : null),
      endOf(add(`newer-${round}`, 'a')),
      move('c', 'a'),
    ]);
    expect(ends).toEqual(['done', 'done', 'done', 'done']);
  }
  expect(await findContradictions(own.database)).toEqual([]);
}, 60_000);

test('without the watch the same moves make a circle: the race is a race', async () => {
  await own.database.raw('alter table guestlist."group" disable trigger group_tree');
  try {
    for (let round = 0; round < 3; round++) {
      await Promise.all([rawMove('a', 'b', 'read committed'), rawMove('b', 'a', 'read committed')]);
      expect(await findContradictions(own.database)).toEqual([expect.stringMatching(/^a group inside itself: /)]);
      await toTheTop();
    }
  } finally {
    await own.database.raw('alter table guestlist."group" enable trigger group_tree');
  }
});
