import { calculateJwkThumbprint, importJWK, jwtVerify, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/lib/db.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { arrangeKeys, loadKeys, readKeys, WrongSecret } from '../../src/oidc/keys.ts';
import { createTestDatabase } from '../support/database.ts';

const secret = 'a secret of the operator, long enough';
const clock = () => new Date('2030-01-01T00:00:00Z');
let test: Awaited<ReturnType<typeof createTestDatabase>>;

beforeAll(async () => {
  test = await createTestDatabase();
});
beforeEach(async () => {
  await test.database.raw('delete from guestlist.server_key');
});
afterAll(async () => {
  await test.drop();
});

const load = async (database: Database = test.database, withSecret = secret) =>
  arrangeKeys(await loadKeys({ database, seal: createSeal(withSecret, secureRandom), clock, random: secureRandom }), clock());

async function storedRows(): Promise<unknown[]> {
  const { rows } = await test.database.raw(
    `select id, purpose, algorithm, encode(sealed, 'hex') as sealed from guestlist.server_key order by id`,
  );
  return rows;
}

it('makes an RS256 key and then one for each other algorithm, that sign and verify, named by their thumbprints', async () => {
  const { jwks } = await load();
  expect(jwks.keys.map(({ alg, use, kty }) => [alg, use, kty])).toEqual([
    ['RS256', 'sig', 'RSA'],
    ['ES256', 'sig', 'EC'],
    ['PS256', 'sig', 'RSA'],
    ['EdDSA', 'sig', 'OKP'],
  ]);
  for (const jwk of jwks.keys) {
    expect(jwk.kid).toBe(await calculateJwkThumbprint(jwk));
    const { d, p, q, dp, dq, qi, ...publicJwk } = jwk;
    expect(d).toBeTypeOf('string');
    const token = await new SignJWT({ hello: 'you' }).setProtectedHeader({ alg: jwk.alg as string }).sign(await importJWK(jwk));
    expect((await jwtVerify(token, await importJWK(publicJwk))).payload).toEqual({ hello: 'you' });
  }
});

it('gives a cookie key and a DPoP secret of 256 bits that differ', async () => {
  const { cookieKeys, dpopSecret } = await load();
  expect(cookieKeys.map((key) => Buffer.from(key, 'base64url').length)).toEqual([32]);
  expect(dpopSecret.length).toBe(32);
  expect(dpopSecret.toString('base64url')).not.toBe(cookieKeys[0]);
});

it('gives the same keys to processes that start together and to those that come later', async () => {
  const others = [1, 2, 3].map(() => openDatabase(test.connection, 1));
  try {
    const loaded = await Promise.all([...others.map((database) => load(database)), load(), load()]);
    const later = await load();
    for (const keys of loaded) expect(keys).toEqual(later);
    expect(await storedRows()).toHaveLength(6);
  } finally {
    await Promise.all(others.map((database) => database.destroy()));
  }
});

it('adds only what is missing', async () => {
  const before = await load();
  await test.database.raw(`delete from guestlist.server_key where algorithm = 'ES256'`);
  const after = await load();
  expect(after.jwks.keys[0]).toEqual(before.jwks.keys[0]);
  expect(after.jwks.keys[1]?.alg).toBe('ES256');
  expect(after.jwks.keys[1]?.kid).not.toBe(before.jwks.keys[1]?.kid);
  expect(after.cookieKeys).toEqual(before.cookieKeys);
});

it('makes a new key of an algorithm whose last one has ended, and signs with that', async () => {
  const before = await load();
  const ended = { signs_until: '2029-06-01', published_until: '2030-06-01', signs_from: '2029-01-01' };
  await test.database('guestlist.server_key').where({ algorithm: 'RS256' }).update(ended);
  const after = await load();
  const [first, second, ...others] = after.jwks.keys;
  expect(first).toMatchObject({ alg: 'RS256', kid: expect.not.stringContaining(before.jwks.keys[0]?.kid ?? '') });
  expect([second, ...others]).toEqual(before.jwks.keys);
});

it('reads what is there, and makes nothing', async () => {
  const seal = createSeal(secret, secureRandom);
  expect(await readKeys(test.database, seal)).toEqual([]);
  const loaded = await load();
  expect(arrangeKeys(await readKeys(test.database, seal), clock())).toEqual(loaded);
  await test.database.raw(`delete from guestlist.server_key where algorithm = 'ES256'`);
  const incomplete = await readKeys(test.database, seal);
  expect(() => arrangeKeys(incomplete, clock())).toThrow('there is no ES256 key in the database any more');
  await test.database.raw('delete from guestlist.server_key');
  const none = await readKeys(test.database, seal);
  expect(() => arrangeKeys(none, clock())).toThrow('there are no keys in the database any more');
});

it('keeps no key in clear', async () => {
  const { jwks, cookieKeys, dpopSecret } = await load();
  const stored = JSON.stringify(await storedRows());
  const secrets = [
    ...jwks.keys.map(({ d }) => Buffer.from(d as string, 'base64url')),
    Buffer.from(cookieKeys[0] as string, 'base64url'),
    dpopSecret,
  ];
  for (const value of secrets) expect(stored).not.toContain(value.toString('hex'));
  for (const { d } of jwks.keys) expect(stored).not.toContain(Buffer.from(d as string).toString('hex'));
});

it('says that the secret is the wrong one, and makes nothing', async () => {
  await load();
  const before = await storedRows();
  await expect(load(test.database, `${secret}?`)).rejects.toThrow(WrongSecret);
  await expect(load(test.database, `${secret}?`)).rejects.toThrow(/GUESTLIST_SECRET is not the secret/);
  await test.database.raw(`delete from guestlist.server_key where algorithm = 'ES256'`);
  await expect(load(test.database, `${secret}?`)).rejects.toThrow(WrongSecret);
  expect(await storedRows()).toHaveLength(before.length - 1);
});

it('does not take a stored key that was changed, or put in the place of another', async () => {
  await load();
  await test.database.raw(`update guestlist.server_key set sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) where purpose = 'dpop'`);
  await expect(load()).rejects.toThrow(WrongSecret);
  await test.database.raw(
    `update guestlist.server_key k set sealed = o.sealed from guestlist.server_key o where k.purpose = 'dpop' and o.purpose = 'cookie'`,
  );
  await expect(load()).rejects.toThrow(WrongSecret);
});
