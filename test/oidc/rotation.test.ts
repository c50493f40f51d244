import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { down, up } from '../../migrations/0014_key_rotation.ts';
import { signingAlgorithms } from '../../src/client/client.ts';
import { openDatabase } from '../../src/lib/db.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { retireSeconds, stateOfKey, waitSeconds } from '../../src/oidc/key-state.ts';
import { arrangeKeys, loadKeys, readKeys, WrongSecret } from '../../src/oidc/keys.ts';
import { type KeySummary, rotateKeys, summarizeKeys, tendKeys } from '../../src/oidc/rotation.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const start = Date.parse('2030-01-01T00:00:00Z');
const day = 86_400;
const seal = createSeal('a secret of the operator, long enough', secureRandom);
let test: TestDatabase;
let now = new Date(start);

beforeAll(async () => {
  test = await createTestDatabase();
});
beforeEach(async () => {
  now = new Date(start);
  await test.database.raw('delete from guestlist.server_key');
});
afterAll(() => test.drop());

const given = (database = test.database) => ({ database, seal, clock: () => now, random: secureRandom });
const pass = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
};
const tend = (rotationDays = 90) => tendKeys(given(), { rotationDays });
const keys = async (algorithm = 'ES256') => (await summarizeKeys(test.database, now)).filter((key) => key.algorithm === algorithm);
const states = async (algorithm?: string) => (await keys(algorithm)).map(({ state }) => state);
const published = async () => arrangeKeys(await readKeys(test.database, seal), now).jwks.keys;
const sealedCount = async () => Number((await test.database('guestlist.server_key').whereNotNull('sealed').count())[0]?.['count']);

async function audit(): Promise<string[]> {
  const { rows } = await test.database.raw(`select e.actor, e.action, e.subject, e.detail->>'algorithm' as algorithm
    from guestlist.audit_link l join guestlist.audit_event e on e.id = l.event_id where e.action like 'key.%' order by l.seq`);
  return rows.map(({ actor, action, algorithm }: Record<string, string>) => `${actor} ${action} ${algorithm}`);
}

it('publishes the next key for a while, signs with it, and takes the last one away when nobody needs it', async () => {
  await loadKeys(given());
  const [first] = await keys();
  const [rotation] = await rotateKeys(given(), { algorithms: ['ES256'] });
  expect(rotation).toMatchObject({ algorithm: 'ES256', isNew: true, signsFrom: new Date(start + waitSeconds * 1000) });
  expect(await states()).toEqual(['waiting', 'signing']);
  const kids = async () => (await published()).filter(({ alg }) => alg === 'ES256').map(({ kid }) => kid);
  expect(await kids()).toEqual([first?.id, rotation?.id]);
  pass(waitSeconds - 1);
  expect(await kids()).toEqual([first?.id, rotation?.id]);
  pass(1);
  expect(await states()).toEqual(['signing', 'retiring']);
  expect(await kids()).toEqual([rotation?.id, first?.id]);
  pass(retireSeconds);
  expect(await states()).toEqual(['signing', 'retired']);
  expect(await kids()).toEqual([rotation?.id]);
  expect(await states('RS256')).toEqual(['signing']);
});

it('makes no second key while one waits, whoever asks', async () => {
  await loadKeys(given());
  const first = await rotateKeys(given());
  const second = await rotateKeys(given());
  expect(first.map(({ algorithm, isNew }) => [algorithm, isNew])).toEqual(signingAlgorithms.map((algorithm) => [algorithm, true]));
  expect(second).toEqual(first.map((rotation) => ({ ...rotation, isNew: false })));
  await tend(7);
  expect(await keys()).toHaveLength(2);
});

it('does it by itself after so many days, so that the next one signs when they are over', async () => {
  await loadKeys(given());
  pass(90 * day - waitSeconds - 1);
  await tend();
  expect(await states()).toEqual(['signing']);
  pass(1);
  await tend();
  expect(await states()).toEqual(['waiting', 'signing']);
  pass(waitSeconds);
  await tend();
  expect(await states()).toEqual(['signing', 'retiring']);
  expect((await keys()).map(({ signsFrom }) => signsFrom)).toEqual([new Date(start + 90 * day * 1000), new Date(start)]);
  pass(90 * day - waitSeconds);
  await tend();
  expect(await states()).toEqual(['waiting', 'signing', 'retired']);
});

it('does nothing by itself with 0 days, but throws away what is retired', async () => {
  await loadKeys(given());
  pass(1_000 * day);
  await tend(0);
  expect(await states()).toEqual(['signing']);
  await rotateKeys(given(), { algorithms: ['ES256'] });
  pass(waitSeconds + retireSeconds);
  await tend(0);
  expect(await states()).toEqual(['signing', 'retired']);
  expect(await sealedCount()).toBe(6);
});

it('is done once by many processes at the same moment', async () => {
  await loadKeys(given());
  pass(89 * day);
  const others = [1, 2, 3, 4].map(() => openDatabase(test.connection, 1));
  try {
    await Promise.all([...others, ...others].map((database) => tendKeys(given(database), { rotationDays: 90 })));
    for (const algorithm of signingAlgorithms) expect(await states(algorithm)).toEqual(['waiting', 'signing']);
  } finally {
    await Promise.all(others.map((database) => database.destroy()));
  }
});

it('keeps no private part of a retired key, and a record of it', async () => {
  const before = (await audit()).length;
  await loadKeys(given());
  await rotateKeys(given(), { algorithms: ['ES256'] });
  pass(waitSeconds + retireSeconds - 1);
  await tend(0);
  expect(await sealedCount()).toBe(7);
  pass(1);
  await tend(0);
  await tend(0);
  expect(await sealedCount()).toBe(6);
  expect((await audit()).slice(before)).toEqual(['operator key.created ES256', 'server key.retired ES256']);
});

it('after a compromise the old ones are gone at once, waiting ones too, and a new one signs', async () => {
  const before = (await audit()).length;
  await loadKeys(given());
  await rotateKeys(given(), { algorithms: ['ES256', 'EdDSA'] });
  pass(waitSeconds + 60);
  await rotateKeys(given(), { algorithms: ['ES256'] });
  expect(await states()).toEqual(['waiting', 'signing', 'retiring']);
  pass(1);
  const [rotation] = await rotateKeys(given(), { algorithms: ['ES256'], atOnce: true });
  expect(rotation).toMatchObject({ isNew: true, signsFrom: now });
  expect(await states()).toEqual(['signing', 'retired', 'retired', 'retired']);
  expect(await states('EdDSA')).toEqual(['signing', 'retiring']);
  expect((await published()).filter(({ alg }) => alg === 'ES256').map(({ kid }) => kid)).toEqual([rotation?.id]);
  expect(await sealedCount()).toBe(2 + 1 + 1 + 2 + 1);
  expect((await audit()).slice(before + 3).toSorted()).toEqual([
    'operator key.created ES256',
    'operator key.retired ES256',
    'operator key.retired ES256',
    'operator key.retired ES256',
  ]);
});

it('changes nothing with a wrong secret', async () => {
  await loadKeys(given());
  const wrong = { ...given(), seal: createSeal('another secret, which is long as well', secureRandom) };
  pass(1_000 * day);
  await expect(rotateKeys(wrong, { atOnce: true })).rejects.toThrow(WrongSecret);
  await expect(tendKeys(wrong, { rotationDays: 90 })).rejects.toThrow(WrongSecret);
  expect(await states()).toEqual(['signing']);
});

it('tells nothing of a private part', async () => {
  const set = await loadKeys(given());
  await rotateKeys(given(), { algorithms: ['ES256'] });
  const told = JSON.stringify([await summarizeKeys(test.database, now), await audit(), await test.database('guestlist.audit_event')]);
  for (const { d } of arrangeKeys(set, now).jwks.keys) expect(told).not.toContain(d);
});

it('is forbidden by the database to have two newest keys, or an end before the beginning', async () => {
  await loadKeys(given());
  await rotateKeys(given(), { algorithms: ['ES256'] });
  const table = () => test.database('guestlist.server_key').where({ algorithm: 'ES256' });
  await expect(table().update({ signs_until: null, published_until: null })).rejects.toThrow('server_key_newest');
  await expect(table().update({ published_until: new Date(start) })).rejects.toThrow('server_key_ends');
  await expect(table().whereNull('signs_until').update({ signs_from: null })).rejects.toThrow('server_key_signs');
  await expect(table().whereNull('signs_until').update({ sealed: null })).rejects.toThrow('server_key_forgotten');
});

it('goes on with the keys from before there was any rotation: the newest signs, those before it retire', async () => {
  await loadKeys(given());
  await down(test.database);
  const days = (count: number) => new Date(start - count * day * 1000);
  const columns = 'id, purpose, algorithm, sealed, created_at';
  for (const count of [40, 20, 5])
    await test.database.raw(
      `insert into guestlist.server_key (${columns}) select id || ?, purpose, algorithm, sealed, ? from guestlist.server_key where id not like '%-old%'`,
      [`-old-${count}`, days(count)],
    );
  await up(test.database);
  const found = await keys();
  expect(found.map(({ state }) => state)).toEqual(['signing', 'retiring', 'retiring', 'retired']);
  expect(found.map(({ signsFrom }) => signsFrom)).toEqual([days(0), days(5), days(20), days(40)]);
  expect(found.map(({ signsUntil }) => signsUntil)).toEqual([undefined, days(0), days(5), days(20)]);
  expect(found[0]?.id).not.toContain('-old');
  const { rows } = await test.database.raw(
    `select count(*)::int as count from guestlist.server_key where purpose <> 'signing' and signs_from is null`,
  );
  expect(rows).toEqual([{ count: 8 }]);
});

type Step = { readonly kind: 'pass'; readonly seconds: number } | { readonly kind: 'rotate' | 'replace' | 'tend' };

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 12 * day }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('rotate' as const, 'replace' as const, 'tend' as const) }) },
  ),
  { maxLength: 14 },
);

async function walk(path: readonly Step[]): Promise<Date[]> {
  const replaced: Date[] = [];
  for (const step of path) {
    if (step.kind === 'pass') pass(step.seconds);
    else if (step.kind === 'tend') await tend(7);
    else await rotateKeys(given(), { algorithms: ['ES256'], atOnce: step.kind === 'replace' });
    if (step.kind === 'replace') replaced.push(now);
  }
  return replaced;
}

/** What must hold at every instant, whatever was done when. `replaced`: where a compromise breaks the rules on purpose. */
function expectOrder(all: readonly KeySummary[], replaced: readonly Date[]): void {
  const has = (list: readonly Date[], instant: Date) => list.some((one) => one.getTime() === instant.getTime());
  const instants = all.flatMap(({ createdAt, signsFrom, signsUntil, publishedUntil }) =>
    [createdAt, signsFrom, signsUntil, publishedUntil].filter((instant) => instant !== undefined),
  );
  for (const instant of instants) expect(all.filter((key) => stateOfKey(key, instant) === 'signing')).toHaveLength(1);
  for (const { createdAt, signsFrom, signsUntil, publishedUntil } of all) {
    const isKnown = signsFrom.getTime() - createdAt.getTime() >= waitSeconds * 1000;
    const isFirst = createdAt.getTime() === start;
    expect(isKnown || isFirst || has(replaced, signsFrom)).toBe(true);
    if (!signsUntil || !publishedUntil || has(replaced, publishedUntil)) continue;
    expect(publishedUntil.getTime() - signsUntil.getTime()).toBeGreaterThanOrEqual(retireSeconds * 1000);
  }
}

it('whatever is done when: one key signs at every instant, and each was published long before and is long after', async () => {
  let replacedCount = 0;
  const run = async (path: Step[]) => {
    now = new Date(start);
    await test.database.raw('delete from guestlist.server_key');
    await loadKeys(given());
    const replaced = await walk(path);
    replacedCount += replaced.length;
    expectOrder(await keys(), replaced);
  };
  await fc.assert(fc.asyncProperty(steps, run), { numRuns: 25 });
  expect(replacedCount).toBeGreaterThan(0);
}, 60_000);
