/** Taking over an invitation whose inviter left or may not invite any more: it is good again, and somebody else answers for it. */
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { inTransaction } from '../lib/db.ts';
import { requireMayInvite } from './facts.ts';
import type { InvitationHost } from './host.ts';
import type { Deed } from './issue.ts';
import { lockInvitation, updateInviter } from './store.ts';

/** Throws `invitation_not_found`, `invitation_revoked`, `grant_not_allowed`. One's own confirmation does not count any more. */
export async function adopt(host: InvitationHost, id: string, { actor, from }: Deed): Promise<void> {
  await inTransaction(host.database, async (trx) => {
    const invitation = await lockInvitation(trx, id);
    if (!invitation) throw new Failure('invitation_not_found');
    if (invitation.revokedAt) throw new Failure('invitation_revoked');
    const now = host.clock();
    await requireMayInvite(host, trx, { actor, grants: invitation.grants, now });
    await updateInviter(trx, id, actor === 'operator' ? undefined : actor);
    const detail = { from: invitation.inviterId ?? 'operator' };
    await recordAudit(trx, { at: now, actor, from, action: 'invitation.adopted', subject: id, detail }, host.random);
  });
}
