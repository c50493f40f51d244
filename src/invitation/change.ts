/** Changing an invitation that is out: when it opens and ends, for how many, and its PIN. The links stay as they are. */
import { z } from 'zod';
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import type { GrantEnd } from '../group/group.ts';
import { checkArguments } from '../lib/arguments.ts';
import { addSeconds } from '../lib/clock.ts';
import { inTransaction, type Transaction } from '../lib/db.ts';
import { type Deed, lockForDeed } from './deed.ts';
import { countHolds } from './hold-store.ts';
import type { InvitationHost } from './host.ts';
import { endsBy, type Invitation } from './invitation.ts';
import { onRecord, requireWithinPolicy } from './limits.ts';
import { generatePin, hashPin } from './pin.ts';
import { updateLimits, updatePin } from './store.ts';
import { pinWishSchema, placesSchema } from './wish.ts';

export type InvitationChange = {
  readonly expiresAt?: Date;
  /** Null: at once. */
  readonly startsAt?: Date | null;
  readonly maxUses?: number;
  /** A new one; true: six digits are made; null: none any more. Wrong tries are forgotten, right ones too. */
  readonly pin?: string | true | null;
};

const changeSchema = z.strictObject({
  expiresAt: z.date('must be a date').optional(),
  startsAt: z.date('must be a date').nullable().optional(),
  maxUses: placesSchema.optional(),
  pin: pinWishSchema.nullable().optional(),
});

type Change = z.output<typeof changeSchema>;

/** A length is added to its end, so that nothing of it is lost, or to now where it is over. */
export function furtherEnd({ expiresAt }: Pick<Invitation, 'expiresAt'>, by: GrantEnd, now: Date): Date {
  return 'at' in by ? by.at : addSeconds(expiresAt <= now ? now : expiresAt, by.afterSeconds);
}

/**
 * Returns a PIN that was made. Throws `invitation_not_found`, `invitation_revoked` (that is for good),
 * `places_below_used`, `grant_not_allowed`, `policy_refused`; `TypeError` for times that cannot be. An invitation that has run out opens
 * again when its end is moved; one that a second person confirmed is to be confirmed again.
 */
export async function changeInvitation(
  host: InvitationHost,
  id: string,
  { actor, from, change: wish }: Deed & { readonly change: InvitationChange },
): Promise<{ readonly pin: string | undefined }> {
  const change = checkArguments('change', changeSchema, wish);
  const pin = change.pin === true ? generatePin(host.random) : (change.pin ?? undefined);
  const pinHash = pin === undefined ? undefined : await hashPin(await host.hashes(), { invitationId: id, pin });
  const work = async (trx: Transaction) => {
    const { invitation, now } = await lockForDeed(host, trx, { id, actor });
    await requireWithinPolicy(host, trx, { actor, invitation, to: wider(change), now });
    const entry = { at: now, actor, from, subject: id } as const;
    if (change.pin !== undefined) {
      await updatePin(trx, id, pinHash === undefined ? undefined : { hash: pinHash, now });
      await recordAudit(trx, { ...entry, action: 'invitation.pin_changed', detail: { hasPin: pinHash !== undefined } }, host.random);
    }
    const detail = await changeLimits(trx, { invitation, change, now });
    if (detail) await recordAudit(trx, { ...entry, action: 'invitation.changed', detail }, host.random);
  };
  await onRecord(host, { actor, from, subject: id }, () => inTransaction(host.database, work));
  return { pin: change.pin === true ? pin : undefined };
}

function wider({ expiresAt, maxUses, pin }: Change) {
  return { ...(expiresAt && { expiresAt }), ...(maxUses && { maxUses }), ...(pin !== undefined && { hasPin: pin !== null }) };
}

type Changing = { readonly invitation: Invitation; readonly change: Change; readonly now: Date };

/** What was and what is; undefined if nothing of it was to change. */
async function changeLimits(trx: Transaction, { invitation, change, now }: Changing) {
  if (change.expiresAt === undefined && change.startsAt === undefined && change.maxUses === undefined) return undefined;
  const { expiresAt = invitation.expiresAt, maxUses = invitation.maxUses } = change;
  const startsAt = change.startsAt === undefined ? invitation.startsAt : (change.startsAt ?? undefined);
  if (change.expiresAt && expiresAt <= now) throw new TypeError('change: expiresAt must be in the future');
  if (change.expiresAt && endsBy(invitation, expiresAt)) throw new TypeError('change: expiresAt must be before what it gives ends');
  if (startsAt && startsAt >= expiresAt) throw new TypeError('change: startsAt must be before expiresAt');
  const usedCount = invitation.usedCount + (await countHolds(trx, invitation.id, { visitId: '', now }));
  if (maxUses < invitation.maxUses && maxUses < usedCount) throw new Failure('places_below_used', { usedCount });
  const to = { expiresAt, startsAt, maxUses };
  await updateLimits(trx, invitation.id, to);
  return { from: { expiresAt: invitation.expiresAt, startsAt: invitation.startsAt, maxUses: invitation.maxUses }, to };
}
