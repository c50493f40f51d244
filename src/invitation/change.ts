/** Changing an invitation that is out: when it opens and ends, and for how many. The token stays as it is. */
import { z } from 'zod';
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { checkArguments } from '../lib/arguments.ts';
import { type Database, inTransaction } from '../lib/db.ts';
import { type IssueContext, placesSchema } from './issue.ts';
import { lockInvitation, updateLimits } from './store.ts';

export type InvitationChange = {
  readonly expiresAt?: Date;
  /** Null: at once. */
  readonly startsAt?: Date | null;
  readonly maxUses?: number;
};

const changeSchema = z.object({
  expiresAt: z.date('must be a date').optional(),
  startsAt: z.date('must be a date').nullable().optional(),
  maxUses: placesSchema.optional(),
});

/**
 * Throws `invitation_not_found`, `invitation_revoked` (that is for good) and `places_below_used`; `TypeError` for times
 * that cannot be. An invitation that has run out opens again when its end is moved.
 */
export async function changeInvitation(
  db: Database,
  id: string,
  { actor, change, clock, random }: IssueContext & { readonly actor: string; readonly change: InvitationChange },
): Promise<void> {
  checkArguments('change', changeSchema, change);
  await inTransaction(db, async (trx) => {
    const invitation = await lockInvitation(trx, id);
    if (!invitation) throw new Failure('invitation_not_found');
    if (invitation.revokedAt) throw new Failure('invitation_revoked');
    const now = clock();
    const { expiresAt = invitation.expiresAt, maxUses = invitation.maxUses } = change;
    const startsAt = change.startsAt === undefined ? invitation.startsAt : (change.startsAt ?? undefined);
    if (change.expiresAt && expiresAt <= now) throw new TypeError('change: expiresAt must be in the future');
    if (startsAt && startsAt >= expiresAt) throw new TypeError('change: startsAt must be before expiresAt');
    if (maxUses < invitation.usedCount) throw new Failure('places_below_used', { usedCount: invitation.usedCount });
    await updateLimits(trx, id, { expiresAt, startsAt, maxUses });
    const { expiresAt: oldExpiresAt, startsAt: oldStartsAt, maxUses: oldMaxUses } = invitation;
    const detail = { from: { expiresAt: oldExpiresAt, startsAt: oldStartsAt, maxUses: oldMaxUses }, to: { expiresAt, startsAt, maxUses } };
    await recordAudit(trx, { at: now, actor, action: 'invitation.changed', subject: id, detail }, random);
  });
}
