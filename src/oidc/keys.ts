/**
 * The server's own keys: what signs tokens and cookies, and the secret behind DPoP nonces. Owns making them once for all
 * processes, and opening them; they rest sealed in the database (SQL in `key-store.ts`), so that a copy of it signs nothing.
 */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Clock } from '../lib/clock.ts';
import { type Database, inTransaction } from '../lib/db.ts';
import { newId, type Random } from '../lib/random.ts';
import { type Seal, SealBroken } from '../lib/seal.ts';
import { insertKey, type KeyPurpose, listKeys, lockKeys, type StoredKey } from './key-store.ts';

export type ServerKeys = {
  /** Private keys: RS256 first, the default for apps that ask for nothing else, then ES256; the newest first in each. */
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

const signingAlgorithms = ['RS256', 'ES256'];

const needs: readonly Need[] = [
  ...signingAlgorithms.map((algorithm) => ({ purpose: 'signing', algorithm }) as const),
  { purpose: 'cookie', algorithm: 'HS256' },
  { purpose: 'dpop', algorithm: 'HS256' },
];

/** Makes what is missing; processes that start together get the same keys. Throws `WrongSecret`. */
export async function loadKeys(given: KeyArguments): Promise<ServerKeys> {
  const stored = await inTransaction(given.database, async (trx) => {
    await lockKeys(trx);
    const found = await listKeys(trx);
    // Before anything is made: a second set under a wrong secret would lock the right one out.
    openAll(found, given.seal);
    const missing = needs.filter(({ purpose, algorithm }) => !found.some((key) => key.purpose === purpose && key.algorithm === algorithm));
    for (const need of missing) await insertKey(trx, await makeKey(need, given));
    return missing.length > 0 ? listKeys(trx) : found;
  });
  return arrange(openAll(stored, given.seal));
}

type OpenKey = Need & { readonly plain: Buffer };

function openAll(stored: readonly StoredKey[], seal: Seal): OpenKey[] {
  try {
    return stored.map((key) => ({ purpose: key.purpose, algorithm: key.algorithm, plain: seal.open(key.sealed, contextOf(key)) }));
  } catch (error) {
    throw error instanceof SealBroken ? new WrongSecret(error) : error;
  }
}

function arrange(keys: readonly OpenKey[]): ServerKeys {
  const of = (purpose: KeyPurpose, algorithm: string) =>
    keys.filter((key) => key.purpose === purpose && key.algorithm === algorithm).map(({ plain }) => plain);
  const [dpopSecret] = of('dpop', 'HS256');
  if (!dpopSecret) throw new Error('the keys were made and are not there');
  return {
    jwks: { keys: signingAlgorithms.flatMap((algorithm) => of('signing', algorithm)).map((plain) => JSON.parse(plain.toString()) as JWK) },
    cookieKeys: of('cookie', 'HS256').map((plain) => plain.toString('base64url')),
    dpopSecret,
  };
}

async function makeKey(need: Need, { seal, clock, random }: KeyArguments): Promise<StoredKey & { createdAt: Date }> {
  const now = clock();
  const { id, plain } = need.purpose === 'signing' ? await makeSigningKey(need.algorithm) : { id: newId(now, random), plain: random(32) };
  return { ...need, id, sealed: seal.seal(plain, contextOf({ ...need, id })), createdAt: now };
}

/** Its id is the thumbprint of RFC 7638. */
async function makeSigningKey(algorithm: string): Promise<Made> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true, modulusLength: 2048 });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { id: kid, plain: JSON.stringify({ ...jwk, kid, use: 'sig', alg: algorithm }) };
}

function contextOf({ purpose, algorithm, id }: Need & { readonly id: string }): string {
  return `server_key:${purpose}:${algorithm}:${id}`;
}
