/** How a process follows the keys: with rows that say what a key does when, and a database that may be away. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import { signingAlgorithms } from '../../src/client/client.ts';
import { addSeconds } from '../../src/lib/clock.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { type KeySpan, outageSeconds } from '../../src/oidc/key-state.ts';
import { createKeyring, KeysUnknown } from '../../src/oidc/keyring.ts';
import type { KeySet, ServerKeys } from '../../src/oidc/keys.ts';

const start = new Date('2030-01-01T00:00:00Z');
let now = start;

beforeEach(() => {
  now = start;
});

const pass = (seconds: number) => {
  now = addSeconds(now, seconds);
};
const span = (signsFrom: number, signsUntil?: number, publishedUntil?: number): KeySpan => ({
  signsFrom: addSeconds(start, signsFrom),
  signsUntil: signsUntil === undefined ? undefined : addSeconds(start, signsUntil),
  publishedUntil: publishedUntil === undefined ? undefined : addSeconds(start, publishedUntil),
});

/** RS256 keys as named, and one of each other algorithm. */
function setOf(spans: Readonly<Record<string, KeySpan>>): KeySet {
  const others = Object.fromEntries(signingAlgorithms.slice(1).map((algorithm) => [algorithm, span(-1)]));
  const signing = Object.entries({ ...spans, ...others }).map(([id, when]) => ({
    id,
    purpose: 'signing' as const,
    algorithm: id in others ? id : 'RS256',
    span: when,
    plain: Buffer.from(JSON.stringify({ kid: id })),
  }));
  return [...signing, { id: 'dpop', purpose: 'dpop', algorithm: 'HS256', span: undefined, plain: secureRandom(32) }];
}

const alone = setOf({ old: span(-1) });
const planned = setOf({ new: span(1_000), old: span(-1, 1_000, 2_000) });

/** What is made of the keys is their order. */
const orderOf = ({ jwks }: ServerKeys) =>
  jwks.keys
    .map(({ kid }) => kid)
    .filter((kid) => kid === 'old' || kid === 'new')
    .join(' ');

function createTrial(keys: KeySet, read: () => Promise<KeySet>) {
  const seen = { reads: 0, errors: [] as unknown[], made: [] as string[] };
  const keyring = createKeyring({
    keys,
    read: () => {
      seen.reads += 1;
      return read();
    },
    make: (current) => {
      seen.made.push(orderOf(current));
      return { order: orderOf(current) };
    },
    clock: () => now,
    onError: (error) => seen.errors.push(error),
  });
  return { keyring, seen, current: async () => (await keyring.current()).order };
}

it('reads now and then, and makes nothing new as long as nothing has changed', async () => {
  const { keyring, seen, current } = createTrial(alone, async () => alone);
  const first = keyring.current();
  expect(first).not.toBeInstanceOf(Promise);
  for (let second = 0; second < 600; second += 1) {
    pass(1);
    expect(await current()).toBe('old');
  }
  expect(seen.made).toEqual(['old']);
  expect(seen.reads).toBeGreaterThan(15);
  expect(seen.reads).toBeLessThanOrEqual(20);
  expect(await keyring.current()).toBe(first);
});

it('knows of a new key within a minute while there are requests, none of which waits', async () => {
  let stored = alone;
  const { keyring, current } = createTrial(alone, async () => stored);
  stored = planned;
  let known: number | undefined;
  for (let second = 1; second <= 60; second += 1) {
    pass(1);
    expect(keyring.current()).not.toBeInstanceOf(Promise);
    await sleep(0);
    if (known === undefined && (await current()) === 'old new') known = second;
  }
  expect(known).toBeLessThanOrEqual(60);
});

it('after a long sleep, the first request waits until the keys are known', async () => {
  const { current, seen } = createTrial(alone, async () => planned);
  pass(1_500);
  expect(await Promise.all([current(), current(), current()])).toEqual(['new old', 'new old', 'new old']);
  expect(seen.reads).toBe(1);
});

it('turns by the clock alone, to the moment, with the database away', async () => {
  const { current, seen } = createTrial(planned, async () => {
    throw new Error('away');
  });
  pass(999.999);
  expect(await current()).toBe('old new');
  pass(0.001);
  expect(await current()).toBe('new old');
  pass(999.999);
  expect(await current()).toBe('new old');
  pass(0.001);
  expect(await current()).toBe('new');
  pass(-1_500);
  expect(await current()).toBe('old new');
  expect(seen.made).toEqual(['old new', 'new old', 'new', 'old new']);
  expect(seen.errors.length).toBeGreaterThan(0);
});

it('goes on for half a day without the database, tries every few seconds, and is well again when it is back', async () => {
  let isAway = true;
  const { keyring, current, seen } = createTrial(alone, async () => {
    if (isAway) throw new Error('away');
    return planned;
  });
  pass(120);
  for (let second = 0; second < 60; second += 1) {
    expect(await current()).toBe('old');
    pass(1);
  }
  expect(seen.reads).toBeGreaterThanOrEqual(8);
  expect(seen.reads).toBeLessThanOrEqual(12);
  now = addSeconds(start, outageSeconds);
  expect(await current()).toBe('old');
  pass(1);
  await expect(keyring.current()).rejects.toThrow(KeysUnknown);
  pass(10);
  isAway = false;
  expect(await current()).toBe('new');
});

it('does not wait for a database that does not answer, but for two seconds', async () => {
  const { current, seen } = createTrial(alone, () => new Promise(() => undefined));
  pass(120);
  const since = performance.now();
  expect(await current()).toBe('old');
  expect(performance.now() - since).toBeLessThan(4_000);
  expect(seen.errors).toEqual([new Error('the database did not answer in time')]);
  expect(await current()).toBe('old');
  expect(seen.reads).toBe(1);
});

it('keeps to the keys that it has when those in the database are gone or cannot be used', async () => {
  const { current, seen } = createTrial(alone, async () => []);
  pass(120);
  expect(await current()).toBe('old');
  expect(seen.errors).toEqual([new Error('there are no keys in the database any more')]);
});
