/** The places that one inviter offers within a day, when everybody asks at once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Failure, type Guestlist } from '../../src/index.ts';
import { asAccount, makeOn, visitTo } from '../plugin/making.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { count, findContradictions } from '../support/invariants.ts';

let own: TestDatabase;
let guestlist: Guestlist;

beforeAll(async () => {
  own = await createTestDatabase({ poolSize: 25 });
  guestlist = makeOn(own.database);
  for (const slug of ['choir', 'board', 'crew']) {
    await guestlist.addGroup({ slug, name: slug });
    await guestlist.setPolicy(slug, { perDay: 20 });
    for (const who of ['ada', 'ben']) await guestlist.grant(who, { groups: [`${slug}:manager`] });
  }
});
afterAll(async () => {
  expect(await findContradictions(own.database)).toEqual([]);
  await own.drop();
});

/** How many were done; whoever was not was told that it is the day's limit. */
async function tally(works: readonly (() => Promise<unknown>)[]): Promise<{ done: number; refused: number }> {
  const ends = await Promise.allSettled(works.map((work) => work()));
  const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  for (const reason of reasons) expect(reason instanceof Failure ? reason.detail['rule'] : reason).toBe('quota');
  return { done: ends.length - reasons.length, refused: reasons.length };
}

const times = (n: number, work: (index: number) => Promise<unknown>) => Array.from({ length: n }, (_, index) => () => work(index));
const offered = async (who: string, slug: string) => {
  const { rows } = await own.database.raw(
    `select coalesce(sum(i.max_uses), 0)::int as places from guestlist.invitation i join guestlist.invitation_grant ig on ig.invitation_id = i.id
     join guestlist."group" g on g.id = ig.group_id where i.inviter_id = ? and g.slug = ?`,
    [who, slug],
  );
  return rows[0].places;
};

test('fifty at once, twenty a day: twenty are made, each refusal is on record, and another inviter has a day of their own', async () => {
  const works = [
    ...times(50, () => guestlist.invite({ groups: ['choir'], inviterId: 'ada' })),
    ...times(3, () => guestlist.invite({ groups: ['choir'], inviterId: 'ben' })),
  ];
  expect(await tally(works)).toEqual({ done: 23, refused: 30 });
  expect([await offered('ada', 'choir'), await offered('ben', 'choir')]).toEqual([20, 3]);
  expect(await count(own.database, `audit_event where action = 'invitation.refused' and subject = 'ada'`)).toBe(30);
});

test('places count, new ones and added ones alike: fifty at once never offer more than twenty', async () => {
  const { id } = await guestlist.invite({ groups: ['board'], inviterId: 'ada' });
  const { done } = await tally([
    ...times(25, () => guestlist.invite({ groups: ['board'], inviterId: 'ada', maxUses: 3 })),
    ...times(25, () => guestlist.change(id, { maxUses: 3 }, 'ada')),
  ]);
  expect(done).toBeGreaterThanOrEqual(6);
  const places = await offered('ada', 'board');
  expect(places).toBeLessThanOrEqual(20);
  expect(places).toBeGreaterThanOrEqual(18);
});

test('to two groups, named in either order: nobody waits for the other, and both limits hold', async () => {
  const orders = [
    ['crew', 'choir'],
    ['choir', 'crew'],
  ];
  const works = times(50, (index) => guestlist.invite({ groups: orders[index % 2] ?? [], inviterId: 'ben' }));
  expect(await tally(works)).toEqual({ done: 17, refused: 33 });
  expect([await offered('ben', 'crew'), await offered('ben', 'choir')]).toEqual([17, 20]);
});

test('made anew for others whose places were taken: ten at once, and whoever does it has no more than a day', async () => {
  await guestlist.addGroup({ slug: 'anew', name: 'anew' });
  for (const who of ['ada', 'ben', 'cleo']) await guestlist.grant(who, { groups: ['anew:manager'] });
  const made = await Promise.all(Array.from({ length: 10 }, () => guestlist.invite({ groups: ['anew'], inviterId: 'ada' })));
  for (const [index, { token }] of made.entries())
    await guestlist.redeem(await visitTo(own.database, token ?? ''), asAccount(`guest-${index}`));
  await guestlist.setPolicy('anew', { perDay: 4 });
  await guestlist.invite({ groups: ['anew'], inviterId: 'cleo' });
  expect(
    await tally(
      made.map(
        ({ id }) =>
          () =>
            guestlist.reissue(id, 'cleo'),
      ),
    ),
  ).toEqual({ done: 3, refused: 7 });
});
