/**
 * Every SQL statement about what oidc-provider stores. The hot ones are named, so that PostgreSQL plans each once per
 * connection (three times the look-ups); a transaction pooler in front must know prepared statements, as PgBouncer ≥ 1.21 does.
 */
import type { Knex } from 'knex';
import type { AdapterPayload } from 'oidc-provider';
import { execute, type Queryable } from '../lib/db.ts';

export type Key = { readonly kind: string; readonly id: string };
export type PayloadRow = { readonly id: string; readonly payload: AdapterPayload; readonly consumed_at: Date | null };

export type NewPayload = Key & {
  /** JSON text. */
  readonly payload: string;
  readonly grantId: string | null;
  readonly uid: string | null;
  readonly userCode: string | null;
  readonly expiresAt: Date | null;
  readonly consumedAt: Date | null;
};

type Statement = { readonly name: string; readonly sql: string };
type Values = Readonly<Record<string, string | Date | null>>;

async function run<Row>(db: Queryable, { name, sql }: Statement, values: Values): Promise<Row[]> {
  const result = await db.raw(sql, values as Knex.ValueDict).options({ name });
  return result.rows;
}

/** What was consumed stays consumed, even if a request that read it before writes it back. */
export async function upsertPayload(db: Queryable, row: NewPayload): Promise<void> {
  await run(db, upsertStatement, row);
}

const upsertStatement: Statement = {
  name: 'oidc_upsert',
  sql: `insert into guestlist.oidc_payload as stored (kind, id, payload, grant_id, uid, user_code, expires_at, consumed_at)
    values (:kind, :id, cast(:payload as jsonb), :grantId, :uid, :userCode, :expiresAt, :consumedAt)
    on conflict (kind, id) do update set payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid,
      user_code = excluded.user_code, expires_at = excluded.expires_at,
      consumed_at = coalesce(stored.consumed_at, excluded.consumed_at)`,
};

/** True for exactly one of any number of callers until `expiresAt`. */
export async function claimId(db: Queryable, claim: Key & { readonly now: Date; readonly expiresAt: Date }): Promise<boolean> {
  return (await run(db, claimStatement, claim)).length === 1;
}

const claimStatement: Statement = {
  name: 'oidc_claim',
  sql: `insert into guestlist.oidc_payload as stored (kind, id, payload, expires_at) values (:kind, :id, '{}', :expiresAt)
    on conflict (kind, id) do update set payload = excluded.payload, expires_at = excluded.expires_at
      where stored.expires_at <= :now
    returning id`,
};

/**
 * Of a session that was ended (`session-store.ts`), or bound to one: a request that was under way may have written it
 * back, or written more on its behalf.
 */
const isEnded = `exists (select from guestlist.oidc_payload ended
      where ended.kind = 'EndedSession' and ended.id = coalesce(found.uid, found.payload ->> 'sessionUid'))`;

const isOver = `exists (select from guestlist.oidc_payload word where word.kind = 'EndedAppSession' and word.id = app.value ->> 'sid')`;

/** A session that goes on, without what has ended at single apps: it may have been written back in the same way. */
const standing = `case
      when found.kind = 'Session' and exists (select from jsonb_each(found.payload -> 'authorizations') app where ${isOver})
      then jsonb_set(found.payload, '{authorizations}', (select coalesce(jsonb_object_agg(app.key, app.value), '{}')
        from jsonb_each(found.payload -> 'authorizations') app where not ${isOver}))
      else found.payload end as payload`;

export async function findPayload(db: Queryable, key: Key & { readonly now: Date }): Promise<PayloadRow | undefined> {
  return (await run<PayloadRow>(db, findStatement, key))[0];
}

const findStatement: Statement = {
  name: 'oidc_find',
  sql: `select id, ${standing}, consumed_at from guestlist.oidc_payload found
    where kind = :kind and id = :id and (expires_at is null or expires_at > :now) and not ${isEnded}`,
};

/** Two requests that renew one session at the same time leave two rows with its uid: the later one counts. */
export async function findPayloadByUid(
  db: Queryable,
  key: { readonly kind: string; readonly uid: string; readonly now: Date },
): Promise<PayloadRow | undefined> {
  return (await run<PayloadRow>(db, findByUidStatement, key))[0];
}

const findByUidStatement: Statement = {
  name: 'oidc_find_uid',
  sql: `select id, ${standing}, consumed_at from guestlist.oidc_payload found
    where kind = :kind and uid = :uid and (expires_at is null or expires_at > :now) and not ${isEnded} order by expires_at desc limit 1`,
};

export async function findPayloadByUserCode(
  db: Queryable,
  key: { readonly kind: string; readonly userCode: string; readonly now: Date },
): Promise<PayloadRow | undefined> {
  return (await run<PayloadRow>(db, findByUserCodeStatement, key))[0];
}

const findByUserCodeStatement: Statement = {
  name: 'oidc_find_user_code',
  sql: `select id, payload, consumed_at from guestlist.oidc_payload
    where kind = :kind and user_code = :userCode and (expires_at is null or expires_at > :now) order by expires_at desc limit 1`,
};

/** True for exactly one of any number of callers. */
export async function consumePayload(db: Queryable, key: Key & { readonly now: Date }): Promise<boolean> {
  return (await run(db, consumeStatement, key)).length === 1;
}

const consumeStatement: Statement = {
  name: 'oidc_consume',
  sql: `update guestlist.oidc_payload set consumed_at = :now where kind = :kind and id = :id and consumed_at is null returning id`,
};

export async function findGrantId(db: Queryable, key: Key): Promise<string | undefined> {
  const [row] = await run<{ grant_id: string | null }>(db, grantIdStatement, key);
  return row?.grant_id ?? undefined;
}

const grantIdStatement: Statement = {
  name: 'oidc_grant_id',
  sql: 'select grant_id from guestlist.oidc_payload where kind = :kind and id = :id',
};

export async function deletePayload(db: Queryable, { kind, id }: Key): Promise<void> {
  await run(db, deleteStatement, { kind, id });
}

const deleteStatement: Statement = {
  name: 'oidc_delete',
  sql: 'delete from guestlist.oidc_payload where kind = :kind and id = :id',
};

/** Locks in the order of the key: oidc-provider calls this several times at once for one grant, which must not deadlock. */
export async function deletePayloadsOfGrant(db: Queryable, grantId: string): Promise<void> {
  await run(db, deleteByGrantStatement, { grantId });
}

const deleteByGrantStatement: Statement = {
  name: 'oidc_delete_grant',
  sql: `with doomed as materialized (
      select kind, id from guestlist.oidc_payload where grant_id = :grantId order by kind, id for update)
    delete from guestlist.oidc_payload payload using doomed where payload.kind = doomed.kind and payload.id = doomed.id`,
};

/** One batch; leaves alone what somebody is writing at this moment. Returns how many are gone. */
export async function deleteExpired(db: Queryable, now: Date, limit: number): Promise<number> {
  const sql = `with doomed as materialized (
      select kind, id from guestlist.oidc_payload where expires_at <= :now order by expires_at limit :limit for update skip locked)
    delete from guestlist.oidc_payload payload using doomed where payload.kind = doomed.kind and payload.id = doomed.id`;
  return execute(db, sql, { now, limit });
}
