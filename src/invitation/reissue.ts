/**
 * An invitation in the place of another: for a link that went astray. The old one is revoked and the new one made in one
 * transaction, for the same person, with the same label, in the same campaign; what the old one gave stays, see `undo.ts`.
 * It offers what was offered before, and nobody is refused it for a limit on places: but a place that somebody has taken
 * is not there any more, so that whoever invited counts another one of the day's.
 */
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import type { Grant } from '../group/group.ts';
import { grantLabel } from '../group/manage.ts';
import { addSeconds } from '../lib/clock.ts';
import { inTransaction, type Transaction } from '../lib/db.ts';
import { cancelMails } from '../mail/outbox.ts';
import { findWays, markReplaced, nameInCampaign } from './attempt-store.ts';
import { type Deed, lockForDeed } from './deed.ts';
import type { InvitationHost } from './host.ts';
import type { Invitation } from './invitation.ts';
import { issueIn, type IssuedInvitation, planInvitation, type Replacing } from './issue.ts';
import { onRecord } from './limits.ts';
import { findInvitation, markRevoked } from './store.ts';
import type { InviteOptions } from './wish.ts';

/**
 * Mailed again, or with a new link, the same way as before; one with a PIN gets another. Throws `invitation_not_found`,
 * `invitation_revoked`, `no_addressee` where it was mailed to somebody who is forgotten, `grant_not_allowed`,
 * `invitation_expired` where what it gives ends by then, and what `invite` throws.
 */
export async function reissue(host: InvitationHost, id: string, { actor, from }: Deed): Promise<IssuedInvitation> {
  const known = await findInvitation(host.database, id);
  if (!known) throw new Failure('invitation_not_found');
  const [ways, name] = await Promise.all([findWays(host.database, id), nameInCampaign(host.database, id)]);
  refuseForgotten(known, ways.channels);
  const plan = await planInvitation(host, wishOf({ ...known, label: known.label || (name ?? '') }, { ...ways, now: host.clock() }));
  const work = async (trx: Transaction) => {
    const { invitation, now } = await lockForDeed(host, trx, { id, actor });
    await markRevoked(trx, id, { now, by: actor });
    await cancelMails(trx, { invitationId: id, kinds: ['invited', 'reminder'], now });
    const made = await issueIn(host, trx, { plan, actor, from, replacing: replacingOf(invitation, actor) });
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

/** Whoever it was mailed to has closed their account, or never came. */
function refuseForgotten({ addressee, revokedAt }: Invitation, channels: readonly ('mail' | 'link')[]): void {
  if (!addressee && channels.includes('mail')) throw new Failure(revokedAt ? 'invitation_revoked' : 'no_addressee');
}

/** As it is under the lock: somebody may have joined meanwhile. */
function replacingOf({ grants, askedForAt, maxUses, usedCount, inviterId }: Invitation, actor: string): Replacing {
  const left = maxUses - usedCount;
  return { grants, askedForAt, maxUses: Math.max(1, left), newPlaces: left > 0 ? 0 : 1, asksQuota: actor === inviterId };
}

type Copying = { readonly channels: readonly ('mail' | 'link')[]; readonly reminders: boolean; readonly now: Date };

const daySeconds = 24 * 60 * 60;

/** One that has run out, or will within a day, is good for as long as a new one. */
function wishOf(invitation: Invitation, { channels, reminders, now }: Copying): InviteOptions {
  const { addressee, landingClientId, inviterName, inviterId, locale, requiredAcr, startsAt, expiresAt } = invitation;
  const isNearlyOver = expiresAt < addSeconds(now, daySeconds);
  refuseEnded(invitation.grants, isNearlyOver ? addSeconds(now, 8 * daySeconds) : now);
  return {
    ...grantsOf(invitation.grants),
    channels,
    reminders,
    ...(isNearlyOver ? {} : { expiresAt }),
    label: invitation.label,
    message: invitation.message,
    domains: invitation.domains,
    ...(invitation.needsApproval ? { approval: true } : {}),
    ...(startsAt && startsAt > now ? { startsAt } : {}),
    ...(addressee ? { email: addressee.email, emailRule: addressee.rule } : {}),
    ...(invitation.pinSetAt ? { pin: true } : {}),
    ...(inviterId === undefined ? {} : { inviterId }),
    ...(inviterName === undefined ? {} : { inviterName }),
    ...(locale === undefined ? {} : { locale }),
    ...(requiredAcr === undefined ? {} : { acr: requiredAcr }),
    ...(landingClientId === undefined ? {} : { landingClientId }),
  };
}

/** Each keeps its own end: one that is over by then would be given for nothing. */
function refuseEnded(grants: readonly Grant[], by: Date): void {
  if (grants.some(({ ends }) => ends && 'at' in ends && ends.at <= by)) throw new Failure('invitation_expired');
}

function grantsOf(grants: readonly Grant[]): { groups: string[]; rights: string[] } {
  const labels = (kind: Grant['kind']) => grants.filter((grant) => grant.kind === kind).map(grantLabel);
  return { groups: labels('group'), rights: labels('right') };
}
