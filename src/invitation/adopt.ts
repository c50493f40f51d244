/**
 * Taking over an invitation whose inviter left or may not invite any more: it is good again, and somebody else answers for it,
 * by whose name it goes from now on.
 */
import { recordAudit } from '../audit/audit.ts';
import { inTransaction } from '../lib/db.ts';
import { type Deed, lockForDeed } from './deed.ts';
import type { InvitationHost } from './host.ts';
import { asInviterName } from './own.ts';
import { updateInviter } from './store.ts';

/** Throws `invitation_not_found`, `invitation_revoked`, `grant_not_allowed`. One's own confirmation does not count any more. */
export async function adopt(host: InvitationHost, id: string, { actor, from }: Deed): Promise<void> {
  await inTransaction(host.database, async (trx) => {
    const { invitation, now } = await lockForDeed(host, trx, { id, actor });
    const inviterId = actor === 'operator' ? undefined : actor;
    const person = inviterId === undefined ? undefined : await host.person(inviterId, trx);
    const isSigned = invitation.inviterName !== undefined && invitation.inviterId !== inviterId;
    const inviterName = isSigned ? person && asInviterName(person.name) : invitation.inviterName;
    await updateInviter(trx, id, { inviterId, inviterName });
    const detail = { from: invitation.inviterId ?? 'operator' };
    await recordAudit(trx, { at: now, actor, from, action: 'invitation.adopted', subject: id, detail }, host.random);
  });
}
