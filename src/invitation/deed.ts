/** Who does something to an invitation that is out, and the lock under which it is done. */
import type { Origin } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import type { Transaction } from '../lib/db.ts';
import { requireMayInvite } from './facts.ts';
import type { InvitationHost } from './host.ts';
import type { Invitation } from './invitation.ts';
import { lockInvitation } from './store.ts';

/** An account whose rights are asked, or `operator`. */
export type Deed = { readonly actor: string; readonly from?: Origin | undefined };

/** Who does it, and perhaps from where. */
export type By = string | Deed;

export function deedOf(by: By): Deed {
  return typeof by === 'string' ? { actor: by } : by;
}

/**
 * For what only makes sense while it is not revoked, by whoever made it, or manages what it gives. Throws `invitation_not_found`,
 * `invitation_revoked`, `grant_not_allowed`.
 */
export async function lockForDeed(
  host: InvitationHost,
  trx: Transaction,
  { id, actor }: Pick<Deed, 'actor'> & { readonly id: string },
): Promise<{ readonly invitation: Invitation; readonly now: Date }> {
  const invitation = await lockInvitation(trx, id);
  if (!invitation) throw new Failure('invitation_not_found');
  if (invitation.revokedAt) throw new Failure('invitation_revoked');
  const now = host.clock();
  await requireMayInvite(host, trx, { actor, grants: invitation.grants, inviterId: invitation.inviterId, now });
  return { invitation, now };
}
