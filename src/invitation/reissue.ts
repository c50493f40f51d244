/**
 * An invitation in the place of another: for a link that went astray. The old one is revoked and the new one made in one
 * transaction, for the same person, with the same label; what the old one gave stays, see `undo.ts`.
 */
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import type { Grant } from '../group/group.ts';
import { grantLabel } from '../group/manage.ts';
import { addSeconds } from '../lib/clock.ts';
import { inTransaction, type Transaction } from '../lib/db.ts';
import { cancelMails } from '../mail/outbox.ts';
import { channelsOf, markReplaced, nameInCampaign } from './attempt-store.ts';
import { type Deed, lockForDeed } from './deed.ts';
import type { InvitationHost } from './host.ts';
import type { Invitation } from './invitation.ts';
import { issueIn, type IssuedInvitation, planInvitation } from './issue.ts';
import { onRecord } from './limits.ts';
import { findInvitation, markRevoked } from './store.ts';
import type { InviteOptions } from './wish.ts';

/**
 * Mailed again, or with a new link, the same way as before; one with a PIN gets another. Throws `invitation_not_found`,
 * `invitation_revoked`, `grant_not_allowed`, `invitation_expired` where what it gives ends by then, and what `invite` throws.
 */
export async function reissue(host: InvitationHost, id: string, { actor, from }: Deed): Promise<IssuedInvitation> {
  const known = await findInvitation(host.database, id);
  if (!known) throw new Failure('invitation_not_found');
  const [channels, name] = await Promise.all([channelsOf(host.database, id), nameInCampaign(host.database, id)]);
  const plan = await planInvitation(host, wishOf({ ...known, label: known.label || (name ?? '') }, { channels, now: host.clock() }));
  const work = async (trx: Transaction) => {
    const { now } = await lockForDeed(host, trx, { id, actor });
    await markRevoked(trx, id, { now, by: actor });
    await cancelMails(trx, { invitationId: id, kinds: ['invited', 'reminder'], now });
    const made = await issueIn(host, trx, { plan, from });
    await markReplaced(trx, { id: made.id, replacesId: id });
    await recordAudit(
      trx,
      { at: now, actor, from, action: 'invitation.reissued', subject: id, detail: { replacedBy: made.id } },
      host.random,
    );
    return made;
  };
  const issued = await onRecord(host, { actor, from, subject: id }, () => inTransaction(host.database, work));
  host.afterCommit();
  return issued;
}

type Copying = { readonly channels: readonly ('mail' | 'link')[]; readonly now: Date };

const daySeconds = 24 * 60 * 60;

/** One that has run out, or will within a day, is good for as long as a new one. */
function wishOf(invitation: Invitation, { channels, now }: Copying): InviteOptions {
  const { addressee, landingClientId, inviterName, inviterId, locale, requiredAcr, startsAt, maxUses, usedCount } = invitation;
  const isNearlyOver = invitation.expiresAt < addSeconds(now, daySeconds);
  const { expiresAt } = invitation;
  const ends = invitation.grants.find((grant) => grant.ends)?.ends;
  if (isNearlyOver && ends && 'at' in ends && ends.at <= addSeconds(now, 8 * daySeconds)) throw new Failure('invitation_expired');
  return {
    ...grantsOf(invitation.grants),
    channels,
    maxUses: Math.max(1, maxUses - usedCount),
    ...(isNearlyOver ? {} : { expiresAt }),
    label: invitation.label,
    message: invitation.message,
    domains: invitation.domains,
    ...(invitation.needsApproval ? { approval: true } : {}),
    ...(startsAt && startsAt > now ? { startsAt } : {}),
    ...(ends ? { ends } : {}),
    ...(addressee ? { email: addressee.email, emailRule: addressee.rule } : {}),
    ...(invitation.pinSetAt ? { pin: true } : {}),
    ...(inviterId === undefined ? {} : { inviterId }),
    ...(inviterName === undefined ? {} : { inviterName }),
    ...(locale === undefined ? {} : { locale }),
    ...(requiredAcr === undefined ? {} : { acr: requiredAcr }),
    ...(landingClientId === undefined ? {} : { landingClientId }),
  };
}

function grantsOf(grants: readonly Grant[]): { groups: string[]; rights: string[] } {
  const labels = (kind: Grant['kind']) => grants.filter((grant) => grant.kind === kind).map(grantLabel);
  return { groups: labels('group'), rights: labels('right') };
}
