/**
 * An invitation in the place of another: for a link that went astray. The old one is revoked and the new one made in one
 * transaction, for the same person, with the same label, in the same campaign; what the old one gave stays, see `undo.ts`.
 * It offers what was offered before, and nobody is refused it for a limit on places: but a place that somebody has taken
 * is not there any more, so that another one of the day's is counted, of whoever does it, or of the inviter if nothing binds that one.
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
import { endsBy, type Invitation } from './invitation.ts';
import { issueIn, type IssuedInvitation, planInvitation, type Replacing } from './issue.ts';
import { countAsOwn, onRecord } from './limits.ts';
import { findInvitation, markRevoked } from './store.ts';
import { isDestination } from './template.ts';
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
  // An app that is gone by now is nobody's destination, and no reason to leave a link that went astray.
  const landingClientId = known.landingClientId && (await isDestination(host, known.landingClientId)) ? known.landingClientId : undefined;
  const again = { ...known, landingClientId, label: known.label || (name ?? '') };
  const plan = await planInvitation(host, wishOf(again, { ...ways, now: host.clock() }));
  const work = async (trx: Transaction) => {
    const { invitation, now } = await lockForDeed(host, trx, { id, actor });
    await markRevoked(trx, id, { now, by: actor });
    await cancelMails(trx, { invitationId: id, kinds: ['invited', 'reminder'], now });
    const made = await issueIn(host, trx, { plan, actor, from, replacing: await replacingOf(host, trx, { invitation, actor, now }) });
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

type Replaced = { readonly invitation: Invitation; readonly actor: string; readonly now: Date };

/** As it is under the lock: somebody may have joined meanwhile. */
async function replacingOf(host: InvitationHost, trx: Transaction, { invitation, actor, now }: Replaced): Promise<Replacing> {
  const { grants, askedForAt, maxUses, usedCount, inviterId } = invitation;
  const left = maxUses - usedCount;
  if (left > 0) return { grants, askedForAt, maxUses: left, newPlaces: 0, asksQuota: false };
  const isCounted = actor !== inviterId && (await countAsOwn(host, trx, { actor, grants, places: 1, now }));
  return { grants, askedForAt, maxUses: 1, newPlaces: isCounted ? 0 : 1, asksQuota: actor === inviterId };
}

type Copying = { readonly channels: readonly ('mail' | 'link')[]; readonly reminders: boolean; readonly now: Date };

const daySeconds = 24 * 60 * 60;

/** One that has run out, or will within a day, is good for as long as a new one. */
function wishOf(invitation: Invitation, { channels, reminders, now }: Copying): InviteOptions {
  const { addressee, landingClientId, inviterName, inviterId, locale, requiredAcr, startsAt, expiresAt } = invitation;
  const isNearlyOver = expiresAt < addSeconds(now, daySeconds);
  // Each keeps its own end: one that is over by then would be given for nothing.
  if (endsBy(invitation, isNearlyOver ? addSeconds(now, 8 * daySeconds) : now)) throw new Failure('invitation_expired');
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

function grantsOf(grants: readonly Grant[]): { groups: string[]; rights: string[] } {
  const labels = (kind: Grant['kind']) => grants.filter((grant) => grant.kind === kind).map(grantLabel);
  return { groups: labels('group'), rights: labels('right') };
}
