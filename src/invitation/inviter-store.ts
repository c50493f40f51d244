/** The SQL of `revoke-all.ts`. */
import { type Queryable, rows, type Transaction } from '../lib/db.ts';

type Page = { readonly after: string; readonly limit: number };

/** Of what an account issued, the ids of those that are not revoked and have places left; in their order. */
export async function findOpenBy(db: Queryable, inviterId: string, page: Page): Promise<string[]> {
  const sql = `select id from guestlist.invitation
    where inviter_id = :inviterId and revoked_at is null and used_count < max_uses and id > :after order by id limit :limit`;
  return idsOf(await rows<{ id: string }>(db, sql, { inviterId, ...page }));
}

/** Of what an account issued, the ids of those that gave something which is still there; in their order. */
export async function findGivenBy(db: Queryable, inviterId: string, page: Page & { readonly now: Date }): Promise<string[]> {
  const isThere = (table: string) =>
    `exists (select from guestlist.${table} t where t.invitation_id = i.id and t.ended_at is null and (t.ends_at is null or t.ends_at > :now))`;
  const sql = `select i.id from guestlist.invitation i
    where i.inviter_id = :inviterId and i.id > :after and (${isThere('membership')} or ${isThere('account_right')}) order by i.id limit :limit`;
  return idsOf(await rows<{ id: string }>(db, sql, { inviterId, ...page }));
}

const isRunning = `cancelled_at is null and (stored_at is null or exists (
      select from guestlist.campaign_row r where r.campaign_id = c.id and r.made_at is null and r.failed_at is null))`;

/** Campaigns in an account's name that have rows to make. */
export async function findRunningCampaignsOf(db: Queryable, inviterId: string): Promise<string[]> {
  const sql = `select id from guestlist.campaign c where inviter_id = :inviterId and ${isRunning} order by id`;
  return idsOf(await rows<{ id: string }>(db, sql, { inviterId }));
}

/** Waits for batches that are being made. Returns the ids of those that were not cancelled before. */
export async function cancelCampaignsOf(
  trx: Transaction,
  inviterId: string,
  { now, by }: { readonly now: Date; readonly by: string },
): Promise<string[]> {
  const sql = `update guestlist.campaign c set cancelled_at = :now, cancelled_by = :by
    where inviter_id = :inviterId and ${isRunning} returning id`;
  return idsOf(await rows<{ id: string }>(trx, sql, { inviterId, now, by })).toSorted();
}

function idsOf(found: readonly { readonly id: string }[]): string[] {
  return found.map(({ id }) => id);
}
