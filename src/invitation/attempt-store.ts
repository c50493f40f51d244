/** Every SQL statement about what happened to personal links: attempts, and invitations in the place of others. */
import { execute, firstRow, type Queryable, rows, type Transaction } from '../lib/db.ts';

export type AttemptKind = 'opened' | 'joined' | 'joined_other_address';

export type Attempt = {
  readonly kind: AttemptKind;
  readonly at: Date;
  /** Undefined: it was not known, or is forgotten. */
  readonly addressBlock: string | undefined;
  /** Somebody had joined with it before. */
  readonly afterUse: boolean;
};

/** So many openings of one invitation are kept; more would tell nothing new. */
const mostOpenings = 50;

/** Not kept if there are so many already. */
export async function insertAttempt(
  db: Queryable,
  { addressBlock, ...attempt }: Attempt & { readonly id: string; readonly invitationId: string },
): Promise<void> {
  const sql = `insert into guestlist.attempt (id, invitation_id, kind, at, address_block, after_use)
    select :id, :invitationId, :kind, :at, :addressBlock, :afterUse
    where :kind <> 'opened' or (select count(*) from guestlist.attempt where invitation_id = :invitationId) < ${mostOpenings}`;
  await execute(db, sql, { ...attempt, addressBlock: addressBlock ?? null });
}

export type Opening = {
  readonly invitationId: string;
  readonly maxUses: number;
  readonly isUsed: boolean;
  /** The one account that came by it has this id. */
  readonly redeemerId: string | null;
};

/** What an opened token belongs to. Undefined: no such token. */
export async function findOpening(db: Queryable, tokenId: string): Promise<Opening | undefined> {
  const sql = `select i.id as "invitationId", i.max_uses as "maxUses", i.used_count > 0 as "isUsed",
      (select account_id from guestlist.redemption where invitation_id = i.id limit 1) as "redeemerId"
    from guestlist.invitation_token t join guestlist.invitation i on i.id = t.invitation_id where t.id = :tokenId`;
  return firstRow(db, sql, { tokenId });
}

/** Everything that is known of each; PIN failures as far as they are judged. */
export type LeakRow = {
  readonly invitationId: string;
  /** The inviter's name for it; of a campaign, the name of whoever it is for. */
  readonly label: string;
  readonly inviterId: string | null;
  readonly email: string | null;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
  readonly replacedBy: string | null;
  readonly pinFailures: number;
  /** The first that came by it. */
  readonly accountId: string | null;
  readonly attempts: readonly { readonly kind: AttemptKind; readonly at: string; readonly block: string | null; readonly after: boolean }[];
};

export type LeakFilter = {
  readonly invitationIds?: readonly string[] | undefined;
  readonly inviterId?: string | undefined;
  readonly campaignId?: string | undefined;
  readonly limit: number;
};

const pinFailures = `(select count(*)::int from guestlist.pin_try p
      where p.invitation_id = i.id and p.right_at is null and p.judged_at is not null)`;

/** From how many on it is more than people do. */
type Suspicion = { readonly browsers: number; readonly failures: number };

/** Of personal invitations those with anything that points to other hands, the newest first: however many had a look at theirs. */
export async function listLeakRows(
  db: Queryable,
  { invitationIds, inviterId, campaignId, ...most }: LeakFilter & Suspicion,
): Promise<LeakRow[]> {
  const sql = `select i.id as "invitationId", coalesce(c.name, i.label) as label, i.inviter_id as "inviterId", i.email, i.created_at as "createdAt",
      i.revoked_at as "revokedAt", (select n.id from guestlist.invitation n where n.replaces_id = i.id limit 1) as "replacedBy",
      ${pinFailures} as "pinFailures",
      (select r.account_id from guestlist.redemption r where r.invitation_id = i.id order by r.redeemed_at limit 1) as "accountId",
      (select coalesce(json_agg(json_build_object('kind', a.kind, 'at', a.at, 'block', a.address_block, 'after', a.after_use)
        order by a.at, a.id), '[]') from guestlist.attempt a where a.invitation_id = i.id) as attempts
    from guestlist.invitation i left join guestlist.campaign_row c on c.invitation_id = i.id
    where i.max_uses = 1
      and (exists (select from guestlist.attempt a where a.invitation_id = i.id and (a.after_use or a.kind = 'joined_other_address'))
        or (select count(*) from guestlist.attempt a where a.invitation_id = i.id and a.kind = 'opened') >= :browsers
        or ${pinFailures} >= :failures)
      and (:invitationIds::text[] is null or i.id = any(:invitationIds::text[]))
      and (:campaignId::text is null or i.campaign_id = :campaignId)
      and (:inviterId::text is null or i.inviter_id = :inviterId)
    order by i.id desc limit :limit`;
  return rows(db, sql, {
    invitationIds: invitationIds ? [...invitationIds] : null,
    inviterId: inviterId ?? null,
    campaignId: campaignId ?? null,
    ...most,
  });
}

/** False if its inviter was told before. */
export async function markLeakTold(trx: Transaction, invitationId: string, now: Date): Promise<boolean> {
  const sql = 'update guestlist.invitation set leak_told_at = :now where id = :invitationId and leak_told_at is null';
  return (await execute(trx, sql, { invitationId, now })) === 1;
}

export async function wasLeakTold(db: Queryable, invitationId: string): Promise<boolean> {
  const sql = 'select from guestlist.invitation where id = :invitationId and leak_told_at is not null';
  return (await execute(db, sql, { invitationId })) === 1;
}

/** How it travels, as it was made, and whether its addressee is reminded. */
export async function findWays(
  db: Queryable,
  invitationId: string,
): Promise<{ readonly channels: ('mail' | 'link')[]; readonly reminders: boolean }> {
  const sql = `select i.reminders,
      array(select distinct t.channel from guestlist.invitation_token t where t.invitation_id = i.id order by t.channel) as channels
    from guestlist.invitation i where i.id = :invitationId`;
  return (await firstRow(db, sql, { invitationId })) ?? { channels: [], reminders: true };
}

/** What a campaign calls whoever it is for. */
export async function nameInCampaign(db: Queryable, invitationId: string): Promise<string | undefined> {
  const sql = 'select name from guestlist.campaign_row where invitation_id = :invitationId';
  return (await firstRow<{ name: string | null }>(db, sql, { invitationId }))?.name ?? undefined;
}

/**
 * Also in its campaign, whose row belongs to the new one from now on: nobody has opened that yet. What was noted of the old
 * one stays there, and in the campaign.
 */
export async function markReplaced(trx: Transaction, pair: { readonly id: string; readonly replacesId: string }): Promise<void> {
  const sql = `update guestlist.invitation n set replaces_id = o.id, campaign_id = o.campaign_id
    from guestlist.invitation o where n.id = :id and o.id = :replacesId`;
  await execute(trx, sql, pair);
  const row = `update guestlist.campaign_row set invitation_id = :id, opened_at = null, started_at = null where invitation_id = :replacesId`;
  await execute(trx, row, pair);
}

export async function deleteAttempts(db: Queryable, { until }: { readonly until: Date }): Promise<number> {
  return execute(db, 'delete from guestlist.attempt where at <= :until', { until });
}
