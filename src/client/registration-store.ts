/** Every SQL statement about the tokens that apps register themselves with. */
import { execute, firstRow, type Queryable, rows } from '../lib/db.ts';

export type RegistrationToken = {
  readonly id: string;
  /** How many apps it was made for, and how many of them are still to come. */
  readonly uses: number;
  readonly usesLeft: number;
  readonly createdAt: Date;
  readonly endsAt: Date;
};

const select = 'select id, uses, uses_left as "usesLeft", created_at as "createdAt", ends_at as "endsAt" from guestlist.registration_token';
const isGood = 'revoked_at is null and uses_left > 0 and ends_at > :now';

export async function insertToken(db: Queryable, { digest, ...token }: RegistrationToken & { readonly digest: Buffer }): Promise<void> {
  const sql = `insert into guestlist.registration_token (id, digest, uses, uses_left, created_at, ends_at)
    values (:id, :digest, :uses, :usesLeft, :createdAt, :endsAt)`;
  await execute(db, sql, { ...token, digest });
}

/** Undefined: there is none that is good. */
export async function findGoodToken(db: Queryable, digest: Buffer, now: Date): Promise<RegistrationToken | undefined> {
  return firstRow(db, `${select} where digest = :digest and ${isGood}`, { digest, now });
}

/** Those that are good, the first made first. */
export async function listGoodTokens(db: Queryable, now: Date): Promise<RegistrationToken[]> {
  return rows(db, `${select} where ${isGood} order by created_at, id`, { now });
}

/** True for as many callers as it has uses. */
export async function spendToken(db: Queryable, id: string, now: Date): Promise<boolean> {
  const sql = `update guestlist.registration_token set uses_left = uses_left - 1 where id = :id and ${isGood}`;
  return (await execute(db, sql, { id, now })) === 1;
}

/** False: there was none that was good. */
export async function revokeToken(db: Queryable, id: string, now: Date): Promise<boolean> {
  return (await execute(db, `update guestlist.registration_token set revoked_at = :now where id = :id and ${isGood}`, { id, now })) === 1;
}
