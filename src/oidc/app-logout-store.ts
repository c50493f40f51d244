/** Every SQL statement about what apps are still to be told: who tells it now, when it is tried again, and how it ended. */
import { addSeconds } from '../lib/clock.ts';
import { type Database, execute, firstRow, type Queryable, rows } from '../lib/db.ts';
import type { AppSession } from './session-store.ts';

export type LogoutClaim = AppSession & {
  readonly accountId: string;
  readonly queuedAt: Date;
  /** This one counts. */
  readonly attempts: number;
  /** No two claims on a logout have the same: it tells whether a claim is still ours. */
  readonly claimedUntil: Date;
};

/** Longer than any try may take: the provider gives an app two and a half seconds. */
const claimSeconds = 60;

const claimColumns = `app_logout.client_id as "clientId", app_logout.sid, account_id as "accountId", queued_at as "queuedAt", attempts,
      claimed_until as "claimedUntil"`;
const isPending = 'delivered_at is null and failed_at is null';

export type NewLogouts = { readonly accountId: string; readonly sessions: readonly AppSession[]; readonly now: Date };

/** For apps that want to be told; a session of theirs ends once. Whoever does not `claim` leaves them to the jobs. */
export async function queueLogouts(
  db: Queryable,
  { accountId, sessions, now, claim = false }: NewLogouts & { readonly claim?: boolean },
): Promise<LogoutClaim[]> {
  if (sessions.length === 0) return [];
  const sql = `
    insert into guestlist.app_logout (client_id, sid, account_id, queued_at, attempts, claimed_until)
    select distinct c.id, ended.sid, :accountId, cast(:now as timestamptz), cast(:attempts as integer), cast(:claimedUntil as timestamptz)
    from unnest(cast(:clientIds as text[]), cast(:sids as text[])) as ended (client_id, sid)
      join guestlist.client c on c.id = ended.client_id and c.backchannel_logout_uri is not null
    on conflict do nothing returning ${claimColumns}`;
  return rows(db, sql, {
    ...{ accountId, now, attempts: claim ? 1 : 0, claimedUntil: claim ? addSeconds(now, claimSeconds) : null },
    ...{ clientIds: sessions.map(({ clientId }) => clientId), sids: sessions.map(({ sid }) => sid) },
  });
}

/** The one that has been due for longest, or this one if it is. Undefined: there is none. */
export async function claimLogout(
  db: Database,
  { now, session }: { readonly now: Date; readonly session?: AppSession | undefined },
): Promise<LogoutClaim | undefined> {
  const sql = `
    with due as materialized (
      select client_id, sid from guestlist.app_logout
      where ${isPending} and (next_attempt_at is null or next_attempt_at <= :now) and (claimed_until is null or claimed_until <= :now)
        ${session ? 'and client_id = :clientId and sid = :sid' : ''}
      order by coalesce(next_attempt_at, queued_at) limit 1 for update skip locked)
    update guestlist.app_logout set attempts = attempts + 1, claimed_until = :claimedUntil
    from due where app_logout.client_id = due.client_id and app_logout.sid = due.sid
    returning ${claimColumns}`;
  return firstRow(db, sql, { now, claimedUntil: addSeconds(now, claimSeconds), ...session });
}

/** Also if the claim has lapsed: what an app has taken it has taken. */
export async function markDelivered(db: Queryable, { clientId, sid }: AppSession, now: Date): Promise<void> {
  const sql = `update guestlist.app_logout set delivered_at = :now, claimed_until = null, next_attempt_at = null, failure = null
    where client_id = :clientId and sid = :sid and ${isPending}`;
  await execute(db, sql, { clientId, sid, now });
}

/** Without `nextAttemptAt` it is given up. Leaves it alone if somebody else has it by now. */
export async function markUndelivered(
  db: Queryable,
  { clientId, sid, claimedUntil }: LogoutClaim,
  { now, failure, nextAttemptAt }: { readonly now: Date; readonly failure: string; readonly nextAttemptAt: Date | undefined },
): Promise<void> {
  const sql = `update guestlist.app_logout
    set failure = :failure, next_attempt_at = :nextAttemptAt, failed_at = :failedAt, claimed_until = null
    where client_id = :clientId and sid = :sid and claimed_until = :claimedUntil and ${isPending}`;
  const ends = { nextAttemptAt: nextAttemptAt ?? null, failedAt: nextAttemptAt ? null : now };
  await execute(db, sql, { clientId, sid, claimedUntil, failure, ...ends });
}

export type LogoutFate = AppSession & {
  readonly accountId: string;
  readonly queuedAt: Date;
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly failedAt: Date | null;
  readonly failure: string | null;
};

/** The newest first; `clientId`: of this app alone. */
export async function listLogoutFates(
  db: Queryable,
  { clientId, limit }: { readonly clientId: string | undefined; readonly limit: number },
): Promise<LogoutFate[]> {
  const sql = `
    select client_id as "clientId", sid, account_id as "accountId", queued_at as "queuedAt", attempts, next_attempt_at as "nextAttemptAt",
      delivered_at as "deliveredAt", failed_at as "failedAt", failure
    from guestlist.app_logout where cast(:clientId as text) is null or client_id = :clientId
    order by queued_at desc, client_id, sid limit :limit`;
  return rows(db, sql, { clientId: clientId ?? null, limit });
}

/** What has ended long ago, one way or the other. */
export async function deleteOldLogouts(db: Queryable, before: Date): Promise<void> {
  await execute(db, `delete from guestlist.app_logout where queued_at < :before and not (${isPending})`, { before });
}
