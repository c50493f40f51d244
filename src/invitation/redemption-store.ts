/** Every SQL statement about what came of invitations: redemptions, and requests that wait for approval. */
import { execute, firstRow, type Queryable, rows, type Transaction } from '../lib/db.ts';

export async function hasRedeemed(db: Queryable, invitationId: string, accountId: string): Promise<boolean> {
  const sql = 'select from guestlist.redemption where invitation_id = :invitationId and account_id = :accountId';
  return (await execute(db, sql, { invitationId, accountId })) === 1;
}

export type Redemption = {
  readonly invitationId: string;
  readonly accountId: string;
  readonly tokenId: string;
  readonly redeemedAt: Date;
  readonly accountCreated: boolean;
};

/** False if the account has redeemed it already. */
export async function insertRedemption(trx: Transaction, redemption: Redemption): Promise<boolean> {
  const inserted = await execute(
    trx,
    `
    insert into guestlist.redemption (invitation_id, account_id, token_id, redeemed_at, account_created, arrival)
    values (:invitationId, :accountId, :tokenId, :redeemedAt, :accountCreated,
      (select arrival from guestlist.approval where invitation_id = :invitationId and account_id = :accountId))
    on conflict do nothing`,
    redemption,
  );
  return inserted === 1;
}

/** Where the person found the link, see `arrival.ts`: kept with what came of it, when the visit is thrown away. */
export async function keepArrival(
  trx: Transaction,
  outcome: 'redemption' | 'approval',
  what: { readonly invitationId: string; readonly accountId: string; readonly visitId: string },
): Promise<void> {
  const sql = `update guestlist.${outcome} o set arrival = v.arrival from guestlist.visit v
    where v.id = :visitId and v.arrival is not null and o.invitation_id = :invitationId and o.account_id = :accountId`;
  await execute(trx, sql, what);
}

/** Uses up one place, guarded by the row's own facts although the caller holds its lock. */
export async function takePlace(trx: Transaction, invitationId: string, now: Date): Promise<boolean> {
  const sql = `update guestlist.invitation set used_count = used_count + 1
    where id = :invitationId and used_count < max_uses and revoked_at is null and expires_at > :now
      and (starts_at is null or starts_at <= :now)`;
  return (await execute(trx, sql, { invitationId, now })) === 1;
}

/** The place was kept for the one who is approved: time does not matter any more. */
export async function takeKeptPlace(trx: Transaction, invitationId: string): Promise<boolean> {
  const sql = `update guestlist.invitation set used_count = used_count + 1
    where id = :invitationId and used_count < max_uses and revoked_at is null`;
  return (await execute(trx, sql, { invitationId })) === 1;
}

/** Who came in through an invitation, oldest first. */
export async function listRedemptions(
  db: Queryable,
  invitationId: string,
): Promise<{ accountId: string; redeemedAt: Date; accountCreated: boolean }[]> {
  return rows(
    db,
    `
    select account_id as "accountId", redeemed_at as "redeemedAt", account_created as "accountCreated"
    from guestlist.redemption where invitation_id = :invitationId order by redeemed_at, account_id`,
    { invitationId },
  );
}

export type Approval = {
  readonly invitationId: string;
  readonly accountId: string;
  readonly tokenId: string;
  readonly accountCreated: boolean;
  readonly locale: string;
  readonly askedAt: Date;
  readonly lapsesAt: Date;
  readonly decision: 'approved' | 'rejected' | undefined;
};

type ApprovalRow = Omit<Approval, 'decision'> & { readonly decision: 'approved' | 'rejected' | null };

const approvalColumns = `invitation_id as "invitationId", account_id as "accountId", token_id as "tokenId",
  account_created as "accountCreated", locale, asked_at as "askedAt", lapses_at as "lapsesAt", decision`;

export async function findApproval(db: Queryable, invitationId: string, accountId: string): Promise<Approval | undefined> {
  const sql = `select ${approvalColumns} from guestlist.approval where invitation_id = :invitationId and account_id = :accountId`;
  const row = await firstRow<ApprovalRow>(db, sql, { invitationId, accountId });
  return row && { ...row, decision: row.decision ?? undefined };
}

/** Who waits for a decision, in the order they came. */
export async function listApprovals(db: Queryable, invitationId: string, now: Date): Promise<Approval[]> {
  const sql = `select ${approvalColumns} from guestlist.approval
    where invitation_id = :invitationId and decision is null and lapses_at > :now order by asked_at, account_id`;
  return (await rows<ApprovalRow>(db, sql, { invitationId, now })).map((row) => ({ ...row, decision: row.decision ?? undefined }));
}

/** One that lapsed before is renewed. */
export async function upsertApproval(trx: Transaction, approval: Omit<Approval, 'decision'>): Promise<void> {
  const sql = `
    insert into guestlist.approval (invitation_id, account_id, token_id, account_created, locale, asked_at, lapses_at)
    values (:invitationId, :accountId, :tokenId, :accountCreated, :locale, :askedAt, :lapsesAt)
    on conflict (invitation_id, account_id) do update
      set token_id = excluded.token_id, locale = excluded.locale, asked_at = excluded.asked_at, lapses_at = excluded.lapses_at
      where approval.decision is null`;
  await execute(trx, sql, approval);
}

export async function markDecided(
  trx: Transaction,
  { invitationId, accountId }: Pick<Approval, 'invitationId' | 'accountId'>,
  decided: { readonly decision: 'approved' | 'rejected'; readonly now: Date; readonly by: string },
): Promise<void> {
  const sql = `update guestlist.approval set decision = :decision, decided_at = :now, decided_by = :by
    where invitation_id = :invitationId and account_id = :accountId and decision is null`;
  await execute(trx, sql, { invitationId, accountId, ...decided });
}

export async function deleteApproval(
  trx: Transaction,
  { invitationId, accountId }: Pick<Approval, 'invitationId' | 'accountId'>,
): Promise<void> {
  const sql = 'delete from guestlist.approval where invitation_id = :invitationId and account_id = :accountId';
  await execute(trx, sql, { invitationId, accountId });
}
