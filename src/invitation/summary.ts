/** An invitation as lists and other programs see it: its state and its limits, never a secret. */
import { grantLabel } from '../group/manage.ts';
import { type Invitation, type InvitationState, stateOf } from './invitation.ts';

export type InvitationSummary = {
  readonly id: string;
  readonly state: InvitationState;
  readonly label: string;
  readonly usedCount: number;
  readonly maxUses: number;
  readonly startsAt: Date | undefined;
  readonly expiresAt: Date;
  readonly createdAt: Date;
  readonly revokedAt: Date | undefined;
  /** `choir:member`, or the name of a right. */
  readonly grants: readonly string[];
};

export function summarize(invitation: Invitation, now: Date): InvitationSummary {
  const { id, label, usedCount, maxUses, startsAt, expiresAt, createdAt, revokedAt, grants } = invitation;
  return {
    id,
    state: stateOf(invitation, now),
    label,
    usedCount,
    maxUses,
    startsAt,
    expiresAt,
    createdAt,
    revokedAt,
    grants: grants.map(grantLabel),
  };
}
