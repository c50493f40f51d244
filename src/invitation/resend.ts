/**
 * Sending an addressed invitation once more, and confirming one that waits for a second person. Both make a new mail
 * with a token of its own; earlier mails lead nowhere any more. Places and uses stay as they are.
 */
import { type AuditAction, recordAudit } from '../audit/audit.ts';
import { hasDone } from '../audit/store.ts';
import { Failure } from '../errors.ts';
import { inTransaction, type Transaction } from '../lib/db.ts';
import { cancelMails } from '../mail/outbox.ts';
import { type Deed, lockForDeed } from './deed.ts';
import type { InvitationHost } from './host.ts';
import { endsBy, type Invitation, needsConfirming } from './invitation.ts';
import { makeToken } from './issue.ts';
import { onRecord, requireWithinPolicy } from './limits.ts';
import { queueInvited } from './mails.ts';
import { findReminderRow } from './reminder-store.ts';
import { markConfirmed, updateLimits } from './store.ts';
import { findLiveChannels, supersedeMailTokens } from './visit-store.ts';

/**
 * With `expiresAt`, one that has run out is good again, unless what it gives ends by then. Throws `invitation_not_found`, `no_addressee`,
 * `invitation_revoked`, `invitation_expired`, `invitation_used_up`, `invitation_suspended`, `second_person_needed`,
 * `grant_not_allowed`, `policy_refused`; `TypeError` for an end in the past.
 */
export async function resend(
  host: InvitationHost,
  id: string,
  { actor, from, expiresAt }: Deed & { readonly expiresAt?: Date | undefined },
): Promise<void> {
  const work = async (trx: Transaction) => {
    const { invitation, now } = await lockForDeed(host, trx, { id, actor });
    refuseToResend(invitation, { expiresAt, now });
    await requireWithinPolicy(host, trx, { actor, invitation, to: { ...(expiresAt && { expiresAt }), isMailed: true }, now });
    const renewed = { ...invitation, expiresAt: expiresAt ?? invitation.expiresAt };
    if (expiresAt) await updateLimits(trx, id, renewed);
    await supersedeMailTokens(trx, id, now);
    await sendMail(host, trx, { invitation: renewed, now });
    await record(host, trx, { id, actor, from, now, action: 'invitation.resent' });
  };
  await onRecord(host, { actor, from, subject: id }, () => inTransaction(host.database, work));
  host.afterCommit();
}

function refuseToResend(invitation: Invitation, { expiresAt, now }: { readonly expiresAt: Date | undefined; readonly now: Date }): void {
  if (!invitation.addressee) throw new Failure('no_addressee');
  if (invitation.usedCount >= invitation.maxUses) throw new Failure('invitation_used_up');
  if (expiresAt && expiresAt <= now) throw new TypeError('resend: expiresAt must be in the future');
  if (expiresAt && invitation.startsAt && expiresAt <= invitation.startsAt) throw new TypeError('resend: expiresAt must be after startsAt');
  // Moving its end undoes what was confirmed.
  if (needsConfirming(invitation) && (!invitation.confirmedAt || expiresAt)) throw new Failure('second_person_needed');
  if (!expiresAt && now >= invitation.expiresAt) throw new Failure('invitation_expired');
  if (expiresAt && endsBy(invitation, expiresAt)) throw new Failure('invitation_expired');
}

/**
 * By somebody else than whoever made or changed it, in whatever name, who could have made it themselves (design §9). The
 * mail that waited for it is sent, unless it was answered; it does not go out while it is on hold. Throws `invitation_not_found`, `invitation_revoked`,
 * `nothing_to_confirm`, `second_person_needed`, `grant_not_allowed`; of one with a mail `invitation_suspended`, `policy_refused`.
 */
export async function confirm(host: InvitationHost, id: string, { actor, from }: Deed): Promise<void> {
  const work = async (trx: Transaction) => {
    const { invitation, now } = await lockForDeed(host, trx, { id, actor });
    if (!needsConfirming(invitation) || invitation.confirmedAt) throw new Failure('nothing_to_confirm');
    if (await isFirstPerson(trx, { actor, invitation })) throw new Failure('second_person_needed');
    await markConfirmed(trx, id, { now, by: actor });
    await record(host, trx, { id, actor, from, now, action: 'invitation.confirmed' });
    // Whoever has answered is not asked again: what they were mailed leads there as before.
    if (!(await findLiveChannels(trx, id)).includes('mail') || (await findReminderRow(trx, id))?.isAnswered) return;
    await requireWithinPolicy(host, trx, { actor, invitation, to: { isMailed: true }, now });
    await supersedeMailTokens(trx, id, now);
    await sendMail(host, trx, { invitation, now });
  };
  await onRecord(host, { actor, from, subject: id }, () => inTransaction(host.database, work));
  host.afterCommit();
}

const makingIt = ['invitation.created', 'invitation.changed', 'invitation.pin_changed', 'invitation.shared'] satisfies AuditAction[];

/** Who answers for it; and whoever made it in that one's name, made it larger, or has its link in hand. */
async function isFirstPerson(
  trx: Transaction,
  { actor, invitation: { id, inviterId } }: { readonly actor: string; readonly invitation: Invitation },
): Promise<boolean> {
  return actor === (inviterId ?? 'operator') || hasDone(trx, { subject: id, actor, actions: makingIt });
}

async function sendMail(
  host: InvitationHost,
  trx: Transaction,
  { invitation, now }: { readonly invitation: Invitation; readonly now: Date },
) {
  await cancelMails(trx, { invitationId: invitation.id, kinds: ['invited', 'reminder'], now });
  const token = await makeToken(host, trx, { invitationId: invitation.id, channel: 'mail', now });
  await queueInvited(host, trx, { invitation, token, now });
}

type Entry = Deed & {
  readonly id: string;
  readonly now: Date;
  readonly action: Extract<AuditAction, 'invitation.resent' | 'invitation.confirmed'>;
};

async function record(host: InvitationHost, trx: Transaction, { id, actor, from, now, action }: Entry): Promise<void> {
  await recordAudit(trx, { at: now, actor, from, action, subject: id }, host.random);
}
