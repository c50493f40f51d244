/** Every SQL statement that looks for people at apps which are not for them any more. */
import { execute, type Queryable, rows, type Transaction } from '../lib/db.ts';

/** Any fixed number will do: it only keeps these locks apart from others. */
const accessLocks = 7_236_409_126;

/** Until the transaction ends, nobody else looks after what this account has lost. */
export async function lockAccess(trx: Transaction, accountId: string): Promise<void> {
  await execute(trx, 'select pg_advisory_xact_lock(hashtextextended(:accountId, :accessLocks))', { accountId, accessLocks });
}

/** After `with recursive`: of each app for one group alone, the groups whose members are let in. As in `group/tree-store.ts`. */
const groupsLetIn = `let_in (client_id, group_id) as (
      select c.id, g.id from guestlist.client c join guestlist."group" g on g.id = c.required_group_id where g.archived_at is null
      union
      select above.client_id, g.id from let_in above join guestlist."group" g on g.parent_id = above.group_id
      where g.archived_at is null
    )`;

const isInside = (accountId: string, clientId: string) => `exists (
      select from let_in join guestlist.membership inside on inside.group_id = let_in.group_id
      where let_in.client_id = ${clientId} and inside.account_id = ${accountId}
        and inside.ended_at is null and (inside.ends_at is null or inside.ends_at > :now))`;

/** Ids of the apps that this account has no business at. */
export async function findClosedApps(
  db: Queryable,
  { accountId, now }: { readonly accountId: string; readonly now: Date },
): Promise<string[]> {
  const sql = `with recursive ${groupsLetIn}
    select c.id from guestlist.client c where c.required_group_id is not null and not ${isInside(':accountId', 'c.id')}`;
  return idsOf(await rows<{ id: string }>(db, sql, { accountId, now }));
}

export type Loss = { readonly now: Date; readonly limit: number };

/**
 * Accounts that have something where they had business until a membership lapsed, which nobody does, or are disabled and
 * have anything. Quick, however many there are that have lost nothing.
 */
export async function findLapsedAccounts(db: Queryable, { since, ...loss }: Loss & { readonly since: Date }): Promise<string[]> {
  const sql = `with recursive ${groupsLetIn}
    (select distinct lapsed.account_id as id
      from guestlist.membership lapsed join let_in entrance on entrance.group_id = lapsed.group_id
        join guestlist.oidc_payload kept on kept.kind in ('Session', 'Grant') and kept.payload ->> 'accountId' = lapsed.account_id
      where lapsed.ended_at is null and lapsed.ends_at between :since and :now
        and (kept.payload ->> 'clientId' = entrance.client_id
          or kept.payload #>> array['authorizations', entrance.client_id, 'grantId'] is not null)
        and not ${isInside('lapsed.account_id', 'entrance.client_id')} limit :limit)
    union
    (select distinct a.id
      from guestlist.account a join guestlist.oidc_payload kept on kept.kind in ('Session', 'Grant') and kept.payload ->> 'accountId' = a.id
      where a.disabled_at is not null limit :limit)
    limit :limit`;
  return idsOf(await rows<{ id: string }>(db, sql, { ...loss, since }));
}

/** Accounts with a consent where they have no business, however that came to pass. Looks at each consent and each membership once. */
export async function findLostAccounts(db: Queryable, loss: Loss): Promise<string[]> {
  const sql = `with recursive ${groupsLetIn}, inside as materialized (
      select distinct let_in.client_id, m.account_id from let_in join guestlist.membership m on m.group_id = let_in.group_id
      where m.ended_at is null and (m.ends_at is null or m.ends_at > :now))
    select distinct consent.payload ->> 'accountId' as id
    from guestlist.client c join guestlist.oidc_payload consent on consent.kind = 'Grant' and consent.payload ->> 'clientId' = c.id
    where c.required_group_id is not null
      and not exists (select from inside where inside.client_id = c.id and inside.account_id = consent.payload ->> 'accountId')
    limit :limit`;
  return idsOf(await rows<{ id: string }>(db, sql, loss));
}

function idsOf(found: readonly { readonly id: string }[]): string[] {
  return found.map(({ id }) => id);
}
