/**
 * The server's own keys: what signs tokens and cookies, and the secret behind DPoP nonces. Owns making them once for all
 * processes, and opening them; they rest sealed in the database (SQL in `key-store.ts`), so that a copy of it signs nothing.
 *
 * Keys for tokens come and go, one set for each algorithm; those for cookies and nonces stay. `key-state.ts` says what a
 * key does when, `rotation.ts` makes the next one and ends the last, `keyring.ts` lets a running process follow.
 */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { signingAlgorithms } from '../client/client.ts';
import type { Clock } from '../lib/clock.ts';
import { type Database, inTransaction, type Queryable } from '../lib/db.ts';
import { newId, type Random } from '../lib/random.ts';
import { type Seal, SealBroken } from '../lib/seal.ts';
import { type KeySpan, type KeyState, stateOfKey } from './key-state.ts';
import { insertKey, type KeyPurpose, listKeys, lockKeys, type NewKey, type StoredKey } from './key-store.ts';

export type ServerKeys = {
  /** Private keys, by algorithm: RS256 first, the default for apps that ask for nothing else. In each, the first one signs. */
  readonly jwks: { readonly keys: JWK[] };
  /** The first signs, the others only verify. */
  readonly cookieKeys: string[];
  /** 32 bytes. */
  readonly dpopSecret: Buffer;
};

export type KeyArguments = { readonly database: Database; readonly seal: Seal; readonly clock: Clock; readonly random: Random };

export class WrongSecret extends Error {
  constructor(cause: SealBroken) {
    super('GUESTLIST_SECRET is not the secret that the keys in this database were stored with (or the stored keys were changed)', {
      cause,
    });
    this.name = 'WrongSecret';
  }
}

type Need = { readonly purpose: KeyPurpose; readonly algorithm: string };
type Made = { readonly id: string; readonly plain: string | Buffer };

const needs: readonly Need[] = [
  ...signingAlgorithms.map((algorithm) => ({ purpose: 'signing', algorithm }) as const),
  { purpose: 'cookie', algorithm: 'HS256' },
  { purpose: 'dpop', algorithm: 'HS256' },
];

/** Every key that is good for something, opened; the newest first. */
export type KeySet = readonly OpenKey[];
type OpenKey = Omit<StoredKey, 'sealed'> & { readonly plain: Buffer };

/** Makes what is missing; processes that start together get the same keys. Throws `WrongSecret`. */
export async function loadKeys(given: KeyArguments): Promise<KeySet> {
  const stored = await inTransaction(given.database, async (trx) => {
    await lockKeys(trx);
    const found = await listKeys(trx);
    // Before anything is made: a second set under a wrong secret would lock the right one out.
    openAll(found, given.seal);
    const missing = needs.filter((need) => !found.some((key) => meets(key, need)));
    // The first of an algorithm signs at once: no app knows one that it could stay with.
    const now = given.clock();
    const made = await Promise.all(missing.map((need) => makeKey(need, { ...given, clock: () => now, signsFrom: now })));
    for (const key of made) await insertKey(trx, key);
    return missing.length > 0 ? listKeys(trx) : found;
  });
  return openAll(stored, given.seal);
}

/** As they are now; makes nothing. Throws `WrongSecret`. */
export async function readKeys(db: Queryable, seal: Seal): Promise<KeySet> {
  return openAll(await listKeys(db), seal);
}

function meets({ purpose, algorithm, span }: StoredKey, need: Need): boolean {
  return purpose === need.purpose && algorithm === need.algorithm && span?.signsUntil === undefined;
}

function openAll(stored: readonly StoredKey[], seal: Seal): KeySet {
  try {
    return stored.map(({ sealed, ...key }) => ({ ...key, plain: seal.open(sealed, contextOf(key)) }));
  } catch (error) {
    throw error instanceof SealBroken ? new WrongSecret(error) : error;
  }
}

/** The keys as the provider wants them at this instant. */
export function arrangeKeys(keys: KeySet, now: Date): ServerKeys {
  const plain = (purpose: KeyPurpose) => keys.filter((key) => key.purpose === purpose).map((key) => key.plain);
  const [dpopSecret] = plain('dpop');
  if (!dpopSecret) throw new Error('there are no keys in the database any more');
  return {
    jwks: { keys: signingAlgorithms.flatMap((algorithm) => publishedKeys(keys, algorithm, now)) },
    cookieKeys: plain('cookie').map((key) => key.toString('base64url')),
    dpopSecret,
  };
}

/**
 * oidc-provider signs with the first key that fits. If none is signing, because the clock here is behind that of whoever
 * made the first, the newest has to do.
 */
function publishedKeys(keys: KeySet, algorithm: string, now: Date): JWK[] {
  const order: readonly KeyState[] = ['signing', 'waiting', 'retiring'];
  const ofAlgorithm = keys.flatMap(({ purpose, span, plain, ...key }) =>
    purpose === 'signing' && span && key.algorithm === algorithm ? [{ plain, place: order.indexOf(stateOfKey(span, now)) }] : [],
  );
  const published = ofAlgorithm.filter(({ place }) => place >= 0);
  if (published.length === 0) throw new Error(`there is no ${algorithm} key in the database any more`);
  return published.toSorted((one, other) => one.place - other.place).map(({ plain }) => JSON.parse(plain.toString()) as JWK);
}

/** Every instant at which a key begins to do something else. */
export function turningPoints(keys: KeySet): Date[] {
  const instants = (span: KeySpan) => [span.signsFrom, span.signsUntil, span.publishedUntil];
  return keys.flatMap(({ span }) => (span ? instants(span) : [])).filter((instant) => instant !== undefined);
}

type Making = Pick<KeyArguments, 'seal' | 'clock' | 'random'> & { readonly signsFrom: Date };

/** `signsFrom` matters to signing keys alone. */
export async function makeKey(need: Need, { seal, clock, random, signsFrom }: Making): Promise<NewKey> {
  const now = clock();
  const isSigning = need.purpose === 'signing';
  const { id, plain } = isSigning ? await makeSigningKey(need.algorithm) : { id: newId(now, random), plain: random(32) };
  const sealed = seal.seal(plain, contextOf({ ...need, id }));
  return { ...need, id, sealed, createdAt: now, signsFrom: isSigning ? signsFrom : undefined };
}

/**
 * Its id is the thumbprint of RFC 7638. PS256 and RS256 have keys of their own: a key is for one algorithm (RFC 8725 §3.1),
 * and `alg` says which.
 */
async function makeSigningKey(algorithm: string): Promise<Made> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true, modulusLength: 2048 });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { id: kid, plain: JSON.stringify({ ...jwk, kid, use: 'sig', alg: algorithm }) };
}

function contextOf({ purpose, algorithm, id }: Need & { readonly id: string }): string {
  return `server_key:${purpose}:${algorithm}:${id}`;
}
