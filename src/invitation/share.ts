/**
 * Another link of the same invitation, told this once: earlier links of it lead nowhere any more, mails stay as they are.
 * Places, uses and whatever else it says stay too. For one that went astray, see `reissue.ts`; by mail, `resend.ts`.
 */
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { inTransaction, type Transaction } from '../lib/db.ts';
import { type Deed, lockForDeed } from './deed.ts';
import { type InvitationHost, invitationUrl } from './host.ts';
import { type Invitation, needsConfirming } from './invitation.ts';
import { makeToken } from './issue.ts';
import { onRecord, requireWithinPolicy } from './limits.ts';
import { updateLimits } from './store.ts';
import { toCode } from './token.ts';
import { findLiveChannels, supersedeLinkTokens } from './visit-store.ts';

export type SharedLink = {
  readonly url: string;
  /** The same secret, to be typed. */
  readonly code: string;
  readonly expiresAt: Date;
  /** Nobody can use it before a second person has confirmed the invitation. */
  readonly needsConfirming: boolean;
};

/**
 * Of one that was only mailed, there must be a link within the policies of its groups. Throws `invitation_not_found`,
 * `invitation_revoked`, `invitation_expired`, `invitation_used_up`, `invitation_suspended`, `grant_not_allowed`, `policy_refused`.
 */
export async function share(host: InvitationHost, id: string, { actor, from }: Deed): Promise<SharedLink> {
  const work = async (trx: Transaction) => {
    const { invitation, now } = await lockForDeed(host, trx, { id, actor });
    if (now >= invitation.expiresAt) throw new Failure('invitation_expired');
    if (invitation.usedCount >= invitation.maxUses) throw new Failure('invitation_used_up');
    await requireWithinPolicy(host, trx, { actor, invitation, to: { isShown: true }, now });
    const isPending = needsConfirming(invitation) && (invitation.confirmedAt === undefined || (await reachesOthers(trx, invitation)));
    // A change of what was confirmed is to be confirmed again.
    if (isPending && invitation.confirmedAt) await updateLimits(trx, id, invitation);
    await supersedeLinkTokens(trx, id, now);
    const token = await makeToken(host, trx, { invitationId: id, channel: 'link', now });
    await recordAudit(trx, { at: now, actor, from, action: 'invitation.shared', subject: id }, host.random);
    return { url: invitationUrl(host.issuer, token), code: toCode(token), expiresAt: invitation.expiresAt, needsConfirming: isPending };
  };
  return onRecord(host, { actor, from, subject: id }, () => inTransaction(host.database, work));
}

/** It was confirmed as a mail to somebody, whoever may accept it: a link could be given to anybody else. */
async function reachesOthers(trx: Transaction, { id, addressee }: Invitation): Promise<boolean> {
  return addressee?.rule === 'any' && !(await findLiveChannels(trx, id)).includes('link');
}
