/** How SQL says which invitations are somebody's business; `admin/access.ts` says the same of one that is at hand. */
import { type Bindings, type Queryable, rows } from '../lib/db.ts';
import type { Invitation } from './invitation.ts';
import { type InvitationRow, invitationColumns, toInvitation } from './store.ts';

/** Undefined: everything. Else what this account made, and what is in these groups alone. */
export type Sight = { readonly accountId: string; readonly groupIds: readonly string[] } | undefined;

/** All that it gives is in `:sightGroups`; `i` is the invitation's alias. */
const isWithin = `(exists (select from guestlist.invitation_grant g where g.invitation_id = i.id)
      and not exists (select from guestlist.invitation_grant g
        where g.invitation_id = i.id and (g.group_id is null or g.group_id <> all(:sightGroups::text[]))))`;

/** A condition on `i`; bind `sightBindings` with it. */
export function isInSight(sight: Sight): string {
  return sight ? `(i.inviter_id = :sightAccount or ${isWithin})` : 'true';
}

/** As `isInSight`, without those that they only made. */
function isWithinGroups(sight: Sight): string {
  return sight ? isWithin : 'true';
}

export function sightBindings(sight: Sight): Bindings {
  return sight ? { sightAccount: sight.accountId, sightGroups: [...sight.groupIds] } : {};
}

/** Those of them that there are, in the order of the ids. */
export async function findInvitations(db: Queryable, ids: readonly string[]): Promise<Invitation[]> {
  if (ids.length === 0) return [];
  const sql = `select ${invitationColumns} from guestlist.invitation i where i.id = any(:ids)`;
  const found = new Map((await rows<InvitationRow>(db, sql, { ids })).map((row) => [row.id, toInvitation(row)]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

export type WaitingKey = { readonly lapsesAt: Date; readonly invitationId: string; readonly accountId: string };
export type WaitingRow = WaitingKey & { readonly askedAt: Date };

type WaitingFilter = {
  readonly sight: Sight;
  /** Nobody decides about themselves. */
  readonly except: string;
  readonly after: WaitingKey | undefined;
  readonly limit: number;
  readonly now: Date;
};

/** Who waits for a decision, at whichever invitation, in the order in which that lapses. */
export async function listWaiting(db: Queryable, { sight, except, after, limit, now }: WaitingFilter): Promise<WaitingRow[]> {
  const sql = `select a.invitation_id as "invitationId", a.account_id as "accountId", a.asked_at as "askedAt", a.lapses_at as "lapsesAt"
    from guestlist.approval a join guestlist.invitation i on i.id = a.invitation_id
    where a.decision is null and a.lapses_at > :now and a.account_id <> :except and ${isWithinGroups(sight)}
      and (a.lapses_at, a.invitation_id, a.account_id) > (:lapsesAt::timestamptz, :invitationId, :accountId)
    order by a.lapses_at, a.invitation_id, a.account_id limit :limit`;
  const { lapsesAt, invitationId, accountId } = after ?? { lapsesAt: now, invitationId: '', accountId: '' };
  return rows(db, sql, { ...sightBindings(sight), except, lapsesAt, invitationId, accountId, limit, now });
}
