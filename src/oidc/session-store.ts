/** Every SQL statement that ends what an account is signed in to. */
import { execute, rows, type Transaction } from '../lib/db.ts';

/** At the app, the session goes by its `sid` (OIDC Back-Channel Logout §2.4). */
export type AppSession = { readonly clientId: string; readonly sid: string };

/** An app that somebody only knocked at has a `sid` too, and knows nothing of it. */
const wasEntered = `app.value ->> 'sid' is not null and app.value ->> 'grantId' is not null`;

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
    where ${wasEntered}`;
  return rows(trx, sql, { accountId, keptUid: keptUid ?? null, until });
}

/** One of them, with the consents and tokens under it. Undefined: this account has no such session. */
export async function endSessionOf(
  trx: Transaction,
  { accountId, uid, until }: { readonly accountId: string; readonly uid: string; readonly until: Date },
): Promise<AppSession[] | undefined> {
  const sql = `
    with ended as (
      delete from guestlist.oidc_payload where kind = 'Session' and uid = :uid and payload ->> 'accountId' = :accountId
      returning uid, payload),
    word as (
      insert into guestlist.oidc_payload (kind, id, payload, expires_at)
      select distinct 'EndedSession', uid, cast('{}' as jsonb), cast(:until as timestamptz) from ended
      on conflict do nothing),
    consents as (
      delete from guestlist.oidc_payload consent
      using ended cross join jsonb_each(ended.payload -> 'authorizations') app
      where consent.kind = 'Grant' and consent.id = app.value ->> 'grantId' returning consent.id)
    select array(select id from consents) as "grantIds",
      (select coalesce(json_agg(json_build_object('clientId', app.key, 'sid', app.value ->> 'sid')), '[]')
        from ended cross join jsonb_each(ended.payload -> 'authorizations') app where ${wasEntered}) as sessions
    where exists (select from ended)`;
  const [ended] = await rows<{ grantIds: string[]; sessions: AppSession[] }>(trx, sql, { accountId, uid, until });
  if (!ended) return undefined;
  const others = await deleteTokensUnder(
    trx,
    ended.grantIds.map((id) => ({ id })),
  );
  return [...ended.sessions, ...others];
}

/** Consents and all tokens under them, but for those of the session that stays. Returns where the tokens were from. */
export async function deleteGrantsOf(
  trx: Transaction,
  { accountId, keptUid }: { readonly accountId: string; readonly keptUid: string | undefined },
): Promise<AppSession[]> {
  const grants = `
    with kept as (
      select app.value ->> 'grantId' as id
      from guestlist.oidc_payload session cross join jsonb_each(session.payload -> 'authorizations') app
      where session.kind = 'Session' and session.uid = :keptUid)
    delete from guestlist.oidc_payload
    where kind = 'Grant' and payload ->> 'accountId' = :accountId and not exists (select from kept where kept.id = oidc_payload.id)
    returning id`;
  return deleteTokensUnder(trx, await rows<{ id: string }>(trx, grants, { accountId, keptUid: keptUid ?? null }));
}

/** A refresh token can outlive the session here, and the one at the app: its `sid` is all that is left of it. */
async function deleteTokensUnder(trx: Transaction, grants: readonly { readonly id: string }[]): Promise<AppSession[]> {
  const sql = `
    with doomed as materialized (
      select kind, id from guestlist.oidc_payload where grant_id = any(:grantIds) order by kind, id for update),
    gone as (
      delete from guestlist.oidc_payload token using doomed where token.kind = doomed.kind and token.id = doomed.id
      returning token.kind, token.payload)
    select distinct payload ->> 'clientId' as "clientId", payload ->> 'sid' as sid
    from gone where kind = 'RefreshToken' and payload ->> 'sid' is not null`;
  return rows(trx, sql, { grantIds: grants.map(({ id }) => id) });
}

export type AppEnding = { readonly accountId: string; readonly clientIds: readonly string[]; readonly until: Date };

/**
 * What somebody is signed in to at these apps, while their session here goes on: consents, tokens, and the apps' part of
 * the session, with word of it as in `endSessionsOf`.
 */
export async function endAtApps(trx: Transaction, { accountId, clientIds, until }: AppEnding): Promise<AppSession[]> {
  const sessions = `
    with entered as materialized (
      select kind, id, payload from guestlist.oidc_payload
      where kind = 'Session' and payload ->> 'accountId' = :accountId
        and exists (select from jsonb_each(payload -> 'authorizations') app where app.key = any(:clientIds) and ${wasEntered})
      order by id for update),
    ended as (
      select distinct app.key as client_id, app.value ->> 'sid' as sid
      from entered cross join jsonb_each(entered.payload -> 'authorizations') app where app.key = any(:clientIds) and ${wasEntered}),
    word as (
      insert into guestlist.oidc_payload (kind, id, payload, expires_at)
      select 'EndedAppSession', sid, cast('{}' as jsonb), cast(:until as timestamptz) from ended on conflict do nothing),
    rest as (
      update guestlist.oidc_payload session
      set payload = jsonb_set(session.payload, '{authorizations}', (session.payload -> 'authorizations') - cast(:clientIds as text[]))
      from entered where session.kind = entered.kind and session.id = entered.id)
    select client_id as "clientId", sid from ended`;
  const ended = await rows<AppSession>(trx, sessions, { accountId, clientIds, until });
  const grants = `delete from guestlist.oidc_payload
    where kind = 'Grant' and payload ->> 'accountId' = :accountId and payload ->> 'clientId' = any(:clientIds) returning id`;
  return [...ended, ...(await deleteTokensUnder(trx, await rows<{ id: string }>(trx, grants, { accountId, clientIds })))];
}

/** Sign-ins that were answered, and wait for their browser to come back with the answer. */
export async function deleteSignInsOf(trx: Transaction, accountId: string): Promise<void> {
  const sql = `delete from guestlist.oidc_payload where kind = 'Interaction'
    and coalesce(payload #>> '{result,login,accountId}', payload #>> '{lastSubmission,login,accountId}') = :accountId`;
  await execute(trx, sql, { accountId });
}
