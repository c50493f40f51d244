/** Every SQL statement about invitations, their tokens, visits and redemptions. */
import type { Grant } from '../group/group.ts';
import { execute, firstRow, type Queryable, rows, type Transaction } from '../lib/db.ts';
import type { Invitation } from './invitation.ts';
import type { Visit, VisitAnswer } from './visit.ts';

type InvitationRow = {
  id: string;
  label: string;
  inviter_name: string | null;
  landing_client_id: string | null;
  max_uses: number;
  used_count: number;
  starts_at: Date | null;
  expires_at: Date;
  created_at: Date;
  revoked_at: Date | null;
  grants: GrantRow[];
};

type GrantRow = Grant & { readonly lastsSeconds: number | null; readonly endsAt: string | null };

/** One statement reads an invitation whole; `i` is the row's alias. */
const invitationColumns = `
  i.id, i.label, i.inviter_name, i.landing_client_id, i.max_uses, i.used_count, i.starts_at, i.expires_at, i.created_at, i.revoked_at,
  (select coalesce(json_agg(case
      when ig.right_name is not null
        then json_build_object('kind', 'right', 'right', ig.right_name, 'description', r.description,
          'lastsSeconds', ig.lasts_seconds, 'endsAt', ig.ends_at)
      else json_build_object('kind', 'group', 'groupId', g.id, 'slug', g.slug, 'name', g.name, 'description', g.description, 'role', ig.role,
          'lastsSeconds', ig.lasts_seconds, 'endsAt', ig.ends_at)
    end order by ig.position), '[]')
    from guestlist.invitation_grant ig
    left join guestlist."group" g on g.id = ig.group_id
    left join guestlist."right" r on r.name = ig.right_name
    where ig.invitation_id = i.id) as grants`;

function toInvitation(row: InvitationRow): Invitation {
  return {
    id: row.id,
    label: row.label,
    inviterName: row.inviter_name ?? undefined,
    landingClientId: row.landing_client_id ?? undefined,
    maxUses: row.max_uses,
    usedCount: row.used_count,
    heldCount: 0,
    startsAt: row.starts_at ?? undefined,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    revokedAt: row.revoked_at ?? undefined,
    grants: row.grants.map(toGrant),
  };
}

function toGrant({ lastsSeconds, endsAt, ...grant }: GrantRow): Grant {
  if (endsAt !== null) return { ...grant, ends: { at: new Date(endsAt) } };
  return lastsSeconds === null ? grant : { ...grant, ends: { afterSeconds: lastsSeconds } };
}

export type NewInvitation = Pick<
  Invitation,
  'id' | 'label' | 'inviterName' | 'landingClientId' | 'maxUses' | 'startsAt' | 'expiresAt' | 'createdAt' | 'grants'
> & {
  readonly inviterId: string | undefined;
};

export async function insertInvitation(trx: Transaction, invitation: NewInvitation): Promise<void> {
  await execute(
    trx,
    `
    insert into guestlist.invitation (id, label, inviter_id, inviter_name, landing_client_id, max_uses, starts_at, expires_at, created_at)
    values (:id, :label, :inviterId, :inviterName, :landingClientId, :maxUses, :startsAt, :expiresAt, :createdAt)`,
    {
      id: invitation.id,
      label: invitation.label,
      inviterId: invitation.inviterId ?? null,
      inviterName: invitation.inviterName ?? null,
      landingClientId: invitation.landingClientId ?? null,
      maxUses: invitation.maxUses,
      startsAt: invitation.startsAt ?? null,
      expiresAt: invitation.expiresAt,
      createdAt: invitation.createdAt,
    },
  );
  for (const [position, grant] of invitation.grants.entries()) {
    await execute(
      trx,
      `
      insert into guestlist.invitation_grant (invitation_id, position, group_id, role, right_name, lasts_seconds, ends_at)
      values (:id, :position, :groupId, :role, :right, :lastsSeconds, :endsAt)`,
      { id: invitation.id, position, ...grantColumns(grant) },
    );
  }
}

function grantColumns(grant: Grant) {
  const thing =
    grant.kind === 'group' ? { groupId: grant.groupId, role: grant.role, right: null } : { groupId: null, role: null, right: grant.right };
  if (!grant.ends) return { ...thing, lastsSeconds: null, endsAt: null };
  if ('at' in grant.ends) return { ...thing, lastsSeconds: null, endsAt: grant.ends.at };
  return { ...thing, lastsSeconds: grant.ends.afterSeconds, endsAt: null };
}

export async function insertToken(
  db: Queryable,
  token: {
    readonly id: string;
    readonly invitationId: string;
    readonly channel: 'mail' | 'link';
    readonly digest: Buffer;
    readonly createdAt: Date;
  },
): Promise<void> {
  await execute(
    db,
    `
    insert into guestlist.invitation_token (id, invitation_id, channel, digest, created_at)
    values (:id, :invitationId, :channel, :digest, :createdAt)`,
    token,
  );
}

/** The id of the token with this digest. */
export async function findTokenId(db: Queryable, digest: Buffer): Promise<string | undefined> {
  const row = await firstRow<{ id: string }>(db, 'select id from guestlist.invitation_token where digest = :digest', { digest });
  return row?.id;
}

export async function findInvitation(db: Queryable, id: string): Promise<Invitation | undefined> {
  const row = await firstRow<InvitationRow>(db, `select ${invitationColumns} from guestlist.invitation i where i.id = :id`, { id });
  return row && toInvitation(row);
}

/** Newest first; with `before`, those made before that one. */
export async function listInvitations(
  db: Queryable,
  { limit, before }: { readonly limit: number; readonly before?: string | undefined },
): Promise<Invitation[]> {
  const sql = `select ${invitationColumns} from guestlist.invitation i
    where (:before::text is null or i.id < :before) order by i.id desc limit :limit`;
  return (await rows<InvitationRow>(db, sql, { limit, before: before ?? null })).map(toInvitation);
}

/** Locks the row before reading it, in two statements: what is read is what was committed last. */
export async function lockInvitation(trx: Transaction, id: string): Promise<Invitation | undefined> {
  await execute(trx, 'select from guestlist.invitation where id = :id for update', { id });
  return findInvitation(trx, id);
}

/** False if it was revoked before. */
export async function markRevoked(
  trx: Transaction,
  id: string,
  { now, by }: { readonly now: Date; readonly by: string },
): Promise<boolean> {
  const sql = 'update guestlist.invitation set revoked_at = :now, revoked_by = :by where id = :id and revoked_at is null';
  return (await execute(trx, sql, { id, now, by })) === 1;
}

export async function updateLimits(
  trx: Transaction,
  id: string,
  limits: { readonly expiresAt: Date; readonly startsAt: Date | undefined; readonly maxUses: number },
): Promise<void> {
  const sql = `update guestlist.invitation set expires_at = :expiresAt, starts_at = :startsAt, max_uses = :maxUses where id = :id`;
  await execute(trx, sql, { ...limits, startsAt: limits.startsAt ?? null, id });
}

export async function insertVisit(
  db: Queryable,
  visit: {
    readonly id: string;
    readonly handleDigest: Buffer;
    readonly tokenId: string;
    readonly createdAt: Date;
    readonly expiresAt: Date;
  },
): Promise<void> {
  await execute(
    db,
    `
    insert into guestlist.visit (id, handle_digest, token_id, created_at, expires_at)
    values (:id, :handleDigest, :tokenId, :createdAt, :expiresAt)`,
    visit,
  );
}

type VisitRow = InvitationRow & {
  visit_id: string;
  token_id: string;
  visit_expires_at: Date;
  continued_at: Date | null;
  answer: VisitAnswer | null;
  account_id: string | null;
};

export async function findVisit(db: Queryable, handleDigest: Buffer): Promise<Visit | undefined> {
  const row = await firstRow<VisitRow>(
    db,
    `
    select v.id as visit_id, v.token_id, v.expires_at as visit_expires_at, v.continued_at, v.answer, v.account_id, ${invitationColumns}
    from guestlist.visit v
    join guestlist.invitation_token t on t.id = v.token_id
    join guestlist.invitation i on i.id = t.invitation_id
    where v.handle_digest = :handleDigest`,
    { handleDigest },
  );
  return (
    row && {
      id: row.visit_id,
      tokenId: row.token_id,
      expiresAt: row.visit_expires_at,
      continuedAt: row.continued_at ?? undefined,
      answer: row.answer ?? undefined,
      accountId: row.account_id ?? undefined,
      invitation: toInvitation(row),
    }
  );
}

export async function markContinued(db: Queryable, visitId: string, now: Date): Promise<void> {
  await execute(db, 'update guestlist.visit set continued_at = :now where id = :visitId and continued_at is null', { visitId, now });
}

/** A better answer replaces a lesser one, never the other way round: of two tabs, the one that joined is right. */
export async function markAnswered(
  db: Queryable,
  visitId: string,
  { answer, accountId, now }: { readonly answer: VisitAnswer; readonly accountId: string | undefined; readonly now: Date },
): Promise<void> {
  const sql = `update guestlist.visit set answered_at = :now, answer = :answer, account_id = :accountId
    where id = :visitId and (answer is null or answer = 'declined' or :answer = 'joined')`;
  await execute(db, sql, { visitId, answer, accountId: accountId ?? null, now });
}

export async function deleteExpiredVisits(db: Queryable, now: Date): Promise<number> {
  return execute(db, 'delete from guestlist.visit where expires_at <= :now', { now });
}

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
    insert into guestlist.redemption (invitation_id, account_id, token_id, redeemed_at, account_created)
    values (:invitationId, :accountId, :tokenId, :redeemedAt, :accountCreated)
    on conflict do nothing`,
    redemption,
  );
  return inserted === 1;
}

/** Uses up one place, guarded by the row's own facts although the caller holds its lock. */
export async function takePlace(trx: Transaction, invitationId: string, now: Date): Promise<boolean> {
  const sql = `update guestlist.invitation set used_count = used_count + 1
    where id = :invitationId and used_count < max_uses and revoked_at is null and expires_at > :now
      and (starts_at is null or starts_at <= :now)`;
  return (await execute(trx, sql, { invitationId, now })) === 1;
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
