/** Every SQL statement about the server's own keys. */
import { execute, firstRow, type Queryable, rows } from '../lib/db.ts';
import type { KeySpan } from './key-state.ts';

export type KeyPurpose = 'signing' | 'cookie' | 'dpop';
export type StoredKey = {
  readonly id: string;
  readonly purpose: KeyPurpose;
  readonly algorithm: string;
  readonly sealed: Buffer;
  /** Undefined: it is no signing key. */
  readonly span: KeySpan | undefined;
};

/** Any fixed number will do: it only has to be the same in every process, and nobody else's. */
const advisoryLock = 7_236_409_120;

/** Held until the transaction ends. */
export async function lockKeys(db: Queryable): Promise<void> {
  await execute(db, 'select pg_advisory_xact_lock(:advisoryLock)', { advisoryLock });
}

type SpanRow = { readonly signsFrom: Date | null; readonly signsUntil: Date | null; readonly publishedUntil: Date | null };
type KeyRow = Omit<StoredKey, 'span'> & SpanRow;

const spanColumns = 'signs_from as "signsFrom", signs_until as "signsUntil", published_until as "publishedUntil"';

/** Those that are still good for something, the newest first. */
export async function listKeys(db: Queryable): Promise<StoredKey[]> {
  const found = await rows<KeyRow>(
    db,
    `select id, purpose, algorithm, sealed, ${spanColumns} from guestlist.server_key where sealed is not null order by created_at desc, id`,
  );
  return found.map(({ id, purpose, algorithm, sealed, ...row }) => ({ id, purpose, algorithm, sealed, span: toSpan(row) }));
}

export type SigningKey = { readonly id: string; readonly algorithm: string; readonly createdAt: Date; readonly span: KeySpan };

const signingColumns = `id, algorithm, created_at as "createdAt", ${spanColumns}`;

/** All there ever were, the newest first. */
export async function listSigningKeys(db: Queryable): Promise<SigningKey[]> {
  const sql = `select ${signingColumns} from guestlist.server_key where purpose = 'signing'
    order by signs_from desc, created_at desc, id`;
  return (await rows<Omit<SigningKey, 'span'> & SpanRow>(db, sql)).map(toSigningKey);
}

/** The one of its algorithm that no other takes the place of yet. */
export async function findNewestKey(db: Queryable, algorithm: string): Promise<SigningKey | undefined> {
  const sql = `select ${signingColumns} from guestlist.server_key
    where purpose = 'signing' and algorithm = :algorithm and signs_until is null`;
  const row = await firstRow<Omit<SigningKey, 'span'> & SpanRow>(db, sql, { algorithm });
  return row && toSigningKey(row);
}

function toSigningKey({ id, algorithm, createdAt, ...row }: Omit<SigningKey, 'span'> & SpanRow): SigningKey {
  const span = toSpan(row);
  if (!span) throw new Error(`the signing key ${id} does not say when it signs`);
  return { id, algorithm, createdAt, span };
}

function toSpan({ signsFrom, signsUntil, publishedUntil }: SpanRow): KeySpan | undefined {
  return signsFrom ? { signsFrom, signsUntil: signsUntil ?? undefined, publishedUntil: publishedUntil ?? undefined } : undefined;
}

export type NewKey = Omit<StoredKey, 'span'> & { readonly createdAt: Date; readonly signsFrom: Date | undefined };

export async function insertKey(db: Queryable, { signsFrom, ...key }: NewKey): Promise<void> {
  const sql = `insert into guestlist.server_key (id, purpose, algorithm, sealed, created_at, signs_from)
    values (:id, :purpose, :algorithm, :sealed, :createdAt, :signsFrom)`;
  await execute(db, sql, { ...key, signsFrom: signsFrom ?? null });
}

/** When another one takes its place, and how long it is published after that. */
export async function endKey(db: Queryable, id: string, { signsUntil, publishedUntil }: Required<KeyEnd>): Promise<void> {
  const sql = 'update guestlist.server_key set signs_until = :signsUntil, published_until = :publishedUntil where id = :id';
  await execute(db, sql, { id, signsUntil, publishedUntil });
}

type KeyEnd = { readonly signsUntil: Date; readonly publishedUntil: Date };

/** Every key of an algorithm ends at this instant, whatever it was about to do. */
export async function endKeysAtOnce(db: Queryable, algorithm: string, now: Date): Promise<void> {
  const sql = `update guestlist.server_key
    set signs_from = least(signs_from, :now), signs_until = least(signs_until, :now), published_until = :now
    where purpose = 'signing' and algorithm = :algorithm and (published_until is null or published_until > :now)`;
  await execute(db, sql, { algorithm, now });
}

/** Throws away the private parts of retired keys. Returns whose. */
export async function forgetRetiredKeys(db: Queryable, now: Date): Promise<Pick<SigningKey, 'id' | 'algorithm'>[]> {
  const sql = `update guestlist.server_key set sealed = null where sealed is not null and published_until <= :now returning id, algorithm`;
  return rows(db, sql, { now });
}
