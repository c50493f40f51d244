/** Every SQL statement that ends what an account is signed in to. */
import { execute, rows, type Transaction } from '../lib/db.ts';

/** At the app, the session goes by its `sid` (OIDC Back-Channel Logout §2.4). */
export type AppSession = { readonly clientId: string; readonly sid: string };

/**
 * Deletes sessions and leaves word that they are over: a request that is under way may write its session back. The word
 * has to outlive everything that could refer to the session. `keptUid`: but for this one.
 */
export async function endSessionsOf(
  trx: Transaction,
  { accountId, keptUid, until }: { readonly accountId: string; readonly keptUid: string | undefined; readonly until: Date },
): Promise<AppSession[]> {
  const sql = `
    with ended as (
      delete from guestlist.oidc_payload
      where kind = 'Session' and payload ->> 'accountId' = :accountId and uid is distinct from :keptUid
      returning uid, payload),
    word as (
      insert into guestlist.oidc_payload (kind, id, payload, expires_at)
      select distinct 'EndedSession', uid, cast('{}' as jsonb), cast(:until as timestamptz) from ended where uid is not null
      on conflict do nothing)
    select app.key as "clientId", app.value ->> 'sid' as sid
    from ended cross join jsonb_each(ended.payload -> 'authorizations') app
    where app.value ->> 'sid' is not null`;
  return rows(trx, sql, { accountId, keptUid: keptUid ?? null, until });
}

/** Consents and all tokens under them, but for those of the session that stays. */
export async function deleteGrantsOf(
  trx: Transaction,
  { accountId, keptUid }: { readonly accountId: string; readonly keptUid: string | undefined },
): Promise<void> {
  const grants = `
    with kept as (
      select app.value ->> 'grantId' as id
      from guestlist.oidc_payload session cross join jsonb_each(session.payload -> 'authorizations') app
      where session.kind = 'Session' and session.uid = :keptUid)
    delete from guestlist.oidc_payload
    where kind = 'Grant' and payload ->> 'accountId' = :accountId and not exists (select from kept where kept.id = oidc_payload.id)
    returning id`;
  const deleted = await rows<{ id: string }>(trx, grants, { accountId, keptUid: keptUid ?? null });
  const tokens = `
    with doomed as materialized (
      select kind, id from guestlist.oidc_payload where grant_id = any(:grantIds) order by kind, id for update)
    delete from guestlist.oidc_payload payload using doomed where payload.kind = doomed.kind and payload.id = doomed.id`;
  await execute(trx, tokens, { grantIds: deleted.map(({ id }) => id) });
}

/** Sign-ins that were answered, and wait for their browser to come back with the answer. */
export async function deleteSignInsOf(trx: Transaction, accountId: string): Promise<void> {
  const sql = `delete from guestlist.oidc_payload where kind = 'Interaction'
    and coalesce(payload #>> '{result,login,accountId}', payload #>> '{lastSubmission,login,accountId}') = :accountId`;
  await execute(trx, sql, { accountId });
}
