/** Every SQL statement about invitations themselves; `visit-store.ts` has tokens and visits, `redemption-store.ts` what came of them. */
import type { Grant } from '../group/group.ts';
import { execute, firstRow, type Queryable, rows, type Transaction } from '../lib/db.ts';
import type { EmailKey } from '../lib/email.ts';
import type { EmailRule, Invitation } from './invitation.ts';

export type InvitationRow = {
  id: string;
  label: string;
  inviter_id: string | null;
  inviter_name: string | null;
  message: string;
  locale: string | null;
  email: string | null;
  email_key: EmailKey | null;
  email_rule: EmailRule | null;
  domains: string[];
  required_acr: string | null;
  needs_approval: boolean;
  pin_set_at: Date | null;
  confirmed_at: Date | null;
  landing_client_id: string | null;
  asked_for_at: Date | null;
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
export const invitationColumns = `
  i.id, i.label, i.inviter_id, i.inviter_name, i.message, i.locale, i.landing_client_id, i.max_uses, i.used_count, i.starts_at,
  i.expires_at, i.created_at, i.revoked_at, i.email, i.email_key, i.email_rule, i.domains, i.required_acr, i.needs_approval,
  i.pin_set_at, i.confirmed_at, i.asked_for_at,
  (select coalesce(json_agg(case
      when ig.right_name is not null
        then json_build_object('kind', 'right', 'right', ig.right_name, 'description', r.description,
          'lastsSeconds', ig.lasts_seconds, 'endsAt', ig.ends_at)
      else json_build_object('kind', 'group', 'groupId', g.id, 'slug', g.slug, 'name', g.name, 'description', g.description, 'role', ig.role,
          'sensitive', guestlist.group_is_sensitive(g.id), 'archived', g.archived_at is not null, 'lastsSeconds', ig.lasts_seconds, 'endsAt', ig.ends_at)
    end order by ig.position), '[]')
    from guestlist.invitation_grant ig
    left join guestlist."group" g on g.id = ig.group_id
    left join guestlist."right" r on r.name = ig.right_name
    where ig.invitation_id = i.id) as grants`;

export function toInvitation(row: InvitationRow): Invitation {
  return {
    id: row.id,
    label: row.label,
    inviterId: row.inviter_id ?? undefined,
    inviterName: row.inviter_name ?? undefined,
    message: row.message,
    locale: row.locale ?? undefined,
    addressee:
      row.email !== null && row.email_key !== null && row.email_rule !== null
        ? { email: row.email, key: row.email_key, rule: row.email_rule }
        : undefined,
    domains: row.domains,
    requiredAcr: row.required_acr ?? undefined,
    needsApproval: row.needs_approval,
    pinSetAt: row.pin_set_at ?? undefined,
    confirmedAt: row.confirmed_at ?? undefined,
    askedForAt: row.asked_for_at ?? undefined,
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

export type NewInvitation = Omit<Invitation, 'usedCount' | 'heldCount' | 'revokedAt' | 'confirmedAt'> & {
  /** PHC string; there is one exactly if `pinSetAt` is. */
  readonly pinHash: string | undefined;
  readonly reminders: boolean;
};

export async function insertInvitation(trx: Transaction, invitation: NewInvitation): Promise<void> {
  await execute(
    trx,
    `
    insert into guestlist.invitation (id, label, inviter_id, inviter_name, message, locale, landing_client_id, max_uses, starts_at,
      expires_at, created_at, email, email_key, email_rule, domains, required_acr, needs_approval, reminders, pin_hash, pin_set_at, asked_for_at)
    values (:id, :label, :inviterId, :inviterName, :message, :locale, :landingClientId, :maxUses, :startsAt,
      :expiresAt, :createdAt, :email, :emailKey, :emailRule, :domains, :requiredAcr, :needsApproval, :reminders, :pinHash, :pinSetAt, :askedForAt)`,
    {
      id: invitation.id,
      label: invitation.label,
      inviterId: invitation.inviterId ?? null,
      inviterName: invitation.inviterName ?? null,
      message: invitation.message,
      locale: invitation.locale ?? null,
      landingClientId: invitation.landingClientId ?? null,
      maxUses: invitation.maxUses,
      startsAt: invitation.startsAt ?? null,
      expiresAt: invitation.expiresAt,
      createdAt: invitation.createdAt,
      email: invitation.addressee?.email ?? null,
      emailKey: invitation.addressee?.key ?? null,
      emailRule: invitation.addressee?.rule ?? null,
      domains: [...invitation.domains],
      requiredAcr: invitation.requiredAcr ?? null,
      needsApproval: invitation.needsApproval,
      reminders: invitation.reminders,
      pinHash: invitation.pinHash ?? null,
      pinSetAt: invitation.pinSetAt ?? null,
      askedForAt: invitation.askedForAt ?? null,
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
  await lockInvitationRow(trx, id);
  return findInvitation(trx, id);
}

/** For whoever reads it in another way. */
export async function lockInvitationRow(trx: Transaction, id: string): Promise<void> {
  await execute(trx, 'select from guestlist.invitation where id = :id for update', { id });
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

/** A change of what was confirmed is to be confirmed again. */
export async function updateLimits(
  trx: Transaction,
  id: string,
  limits: { readonly expiresAt: Date; readonly startsAt: Date | undefined; readonly maxUses: number },
): Promise<void> {
  const sql = `update guestlist.invitation
    set expires_at = :expiresAt, starts_at = :startsAt, max_uses = :maxUses, confirmed_at = null, confirmed_by = null where id = :id`;
  await execute(trx, sql, { ...limits, startsAt: limits.startsAt ?? null, id });
}

/** Undefined takes the PIN away. What was confirmed is to be confirmed again. */
export async function updatePin(
  trx: Transaction,
  id: string,
  pin: { readonly hash: string; readonly now: Date } | undefined,
): Promise<void> {
  const sql = `update guestlist.invitation
    set pin_hash = :hash, pin_set_at = :setAt, confirmed_at = null, confirmed_by = null where id = :id`;
  await execute(trx, sql, { id, hash: pin?.hash ?? null, setAt: pin?.now ?? null });
}

export async function markConfirmed(trx: Transaction, id: string, { now, by }: { readonly now: Date; readonly by: string }): Promise<void> {
  await execute(trx, 'update guestlist.invitation set confirmed_at = :now, confirmed_by = :by where id = :id', { id, now, by });
}

/** Undefined: the operator. Whoever answers for it cannot have confirmed it as well. */
export async function updateInviter(
  trx: Transaction,
  id: string,
  { inviterId, inviterName }: Pick<Invitation, 'inviterId' | 'inviterName'>,
): Promise<void> {
  const sql = `update guestlist.invitation set inviter_id = :inviterId, inviter_name = :inviterName,
      confirmed_at = case when confirmed_by = coalesce(:inviterId, 'operator') then null else confirmed_at end,
      confirmed_by = case when confirmed_by = coalesce(:inviterId, 'operator') then null else confirmed_by end
    where id = :id`;
  await execute(trx, sql, { id, inviterId: inviterId ?? null, inviterName: inviterName ?? null });
}

/** Of invitations that ended before then and that nobody accepted or waits at; of a personal one also what it was called. Returns their ids. */
export async function forgetAddressees(
  trx: Transaction,
  { endedBefore, now }: { readonly endedBefore: Date; readonly now: Date },
): Promise<string[]> {
  const sql = `update guestlist.invitation i set email = null, email_key = null, email_rule = null,
      label = case when max_uses = 1 then '' else label end,
      revoked_at = coalesce(revoked_at, :now), revoked_by = coalesce(revoked_by, 'retention')
    where email is not null and used_count = 0 and least(expires_at, coalesce(revoked_at, expires_at)) < :endedBefore
      and not exists (select from guestlist.approval a where a.invitation_id = i.id and a.decision is null and a.lapses_at > :endedBefore)
    returning id`;
  return (await rows<{ id: string }>(trx, sql, { endedBefore, now })).map(({ id }) => id);
}
