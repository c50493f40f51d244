/** The tree of inviters is read a page at a time, and a page looks at no more people than there can be on it. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import '../support/chance.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createProgram, type Program } from './calling.ts';

let server: TestServer;
let program: Program;

beforeAll(async () => {
  server = await startTestServer();
  program = await createProgram(server);
});
afterAll(() => server.close());
beforeEach(() => server.database.raw('delete from guestlist.inviter_tree; delete from guestlist.throttle'));

type Person = { readonly id: string; readonly inviter: string | null; readonly joinedAt: string };
type Item = { readonly accountId: string; readonly depth: number; readonly invited: number };

async function store(people: readonly Person[]): Promise<void> {
  const sql = `insert into guestlist.inviter_tree select * from jsonb_to_recordset(:people) as p(account_id text, inviter_id text, joined_at timestamptz)`;
  const rows = people.map(({ id, inviter, joinedAt }) => ({ account_id: id, inviter_id: inviter ?? '', joined_at: joinedAt }));
  await server.database.raw(sql, { people: JSON.stringify(rows) });
}

async function pagesOf(query: Readonly<Record<string, string | number>>): Promise<Item[]> {
  const found: Item[] = [];
  let cursor: string | undefined;
  do {
    const { status, json } = await program.call('getInviterTree', { query: { ...query, ...(cursor === undefined ? {} : { cursor }) } });
    expect(status).toBe(200);
    expect(json.items.length).toBeLessThanOrEqual(Number(query['limit']));
    found.push(...json.items);
    cursor = json.next;
  } while (cursor !== undefined);
  return found;
}

/** Said in the plainest way. */
function treeOf(people: readonly Person[], { root, depth }: { readonly root: string | undefined; readonly depth: number }): Item[] {
  const below = (id: string | null) =>
    people
      .filter(({ inviter }) => inviter === id)
      .toSorted((one, other) => `${one.joinedAt} ${one.id}`.localeCompare(`${other.joinedAt} ${other.id}`));
  const branch = ({ id }: Person, level: number): Item[] => [
    { accountId: id, depth: level, invited: below(id).length },
    ...(level < depth ? below(id).flatMap((child) => branch(child, level + 1)) : []),
  ];
  return (root === undefined ? below(null) : people.filter(({ id }) => id === root)).flatMap((first) => branch(first, 0));
}

const minute = (number: number) => new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString();

test('pages of any size, of any depth, from any account, are together what there is, each once and in its order', async () => {
  const inviters = fc.array(fc.record({ inviter: fc.nat(), minute: fc.nat({ max: 5 }) }), { minLength: 1, maxLength: 40 });
  const looks = fc.record({ limit: fc.integer({ min: 1, max: 9 }), depth: fc.integer({ min: 1, max: 6 }), root: fc.option(fc.nat()) });
  await fc.assert(
    fc.asyncProperty(inviters, looks, async (made, { limit, depth, root }) => {
      await server.database.raw('delete from guestlist.inviter_tree; delete from guestlist.throttle');
      const people = made.map((one, index): Person => {
        const place = one.inviter % (index + 1);
        const inviter = place === index ? null : `a${String(place).padStart(2, '0')}`;
        return { id: `a${String(index).padStart(2, '0')}`, inviter, joinedAt: minute(one.minute) };
      });
      await store(people);
      const from = root === null ? undefined : people[root % people.length]?.id;
      const found = await pagesOf({ limit, depth, ...(from === undefined ? {} : { root: from }) });
      expect(found.map(({ accountId, depth: level, invited }) => ({ accountId, depth: level, invited }))).toEqual(
        treeOf(people, { root: from, depth }),
      );
    }),
    { numRuns: 40 },
  );
});

test('whoever comes while it is read moves nobody else, and a circle ends', async () => {
  const early = { id: 'early', inviter: null, joinedAt: '-infinity' };
  await store([early, { id: 'ben', inviter: 'early', joinedAt: minute(2) }, { id: 'cleo', inviter: 'early', joinedAt: minute(4) }]);
  const { json } = await program.call('getInviterTree', { query: { limit: 2 } });
  expect(json.items).toMatchObject([
    { accountId: 'early', joinedAt: null, invitedBy: null, invited: 2, stayed: 0, isHere: false, email: null },
    { accountId: 'ben', joinedAt: minute(2) },
  ]);
  await store([
    { id: 'before', inviter: 'early', joinedAt: minute(1) },
    { id: 'below', inviter: 'ben', joinedAt: minute(9) },
  ]);
  const rest = await program.call('getInviterTree', { query: { limit: 2, cursor: json.next } });
  expect(rest.json).toMatchObject({
    items: [
      { accountId: 'below', depth: 2 },
      { accountId: 'cleo', depth: 1 },
    ],
  });
  expect(rest.json.next).toBeUndefined();
  await store([
    { id: 'hen', inviter: 'egg', joinedAt: minute(1) },
    { id: 'egg', inviter: 'hen', joinedAt: minute(2) },
  ]);
  const round = await pagesOf({ root: 'hen', limit: 1, depth: 50 });
  expect(round.map(({ accountId, depth }) => [accountId, depth])).toEqual([
    ['hen', 0],
    ['egg', 1],
  ]);
  expect(await program.call('getInviterTree', { query: { cursor: 'x' } })).toMatchObject({ status: 422, json: { code: 'wish_invalid' } });
});

test('a page of fifty among a hundred thousand looks at no more than some hundred of them', async () => {
  const { database } = server;
  await database.raw(`insert into guestlist.inviter_tree
    select 'p' || n, case when n % 10 < 5 or n < 100 then '' else 'p' || (n / 50) end, timestamptz '2026-01-01' + n * interval '1 second'
    from generate_series(1, 100000) n`);
  await database.raw('analyze guestlist.inviter_tree');
  const looks = async () => {
    await database.raw('select pg_stat_force_next_flush()');
    const sql = `select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as count from pg_stat_user_tables where relname = 'inviter_tree'`;
    return Number((await database.raw(sql)).rows[0].count);
  };
  // Other connections of the pool tell what they have looked at a second later.
  const settled = async () => {
    for (let before = -1; ; ) {
      const now = await looks();
      if (now === before) return now;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    }
  };
  const before = await settled();
  const first = await program.call('getInviterTree', { query: { limit: 50 } });
  const second = await program.call('getInviterTree', { query: { limit: 50, cursor: first.json.next } });
  expect([first.json.items.length, second.json.items.length]).toEqual([50, 50]);
  expect((await settled()) - before).toBeLessThan(10_000);
});
