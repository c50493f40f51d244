/** Every SQL statement about the server's own keys. */
import { execute, type Queryable, rows } from '../lib/db.ts';

export type KeyPurpose = 'signing' | 'cookie' | 'dpop';
export type StoredKey = {
  readonly id: string;
  readonly purpose: KeyPurpose;
  readonly algorithm: string;
  readonly sealed: Buffer;
};

/** Any fixed number will do: it only has to be the same in every process, and nobody else's. */
const advisoryLock = 7_236_409_120;

/** Held until the transaction ends. */
export async function lockKeys(db: Queryable): Promise<void> {
  await execute(db, 'select pg_advisory_xact_lock(:advisoryLock)', { advisoryLock });
}

/** The newest first. */
export async function listKeys(db: Queryable): Promise<StoredKey[]> {
  return rows(db, 'select id, purpose, algorithm, sealed from guestlist.server_key order by created_at desc, id');
}

export async function insertKey(db: Queryable, key: StoredKey & { readonly createdAt: Date }): Promise<void> {
  const sql = `insert into guestlist.server_key (id, purpose, algorithm, sealed, created_at)
    values (:id, :purpose, :algorithm, :sealed, :createdAt)`;
  await execute(db, sql, key);
}
