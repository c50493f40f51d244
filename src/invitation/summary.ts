/** An invitation as lists and other programs see it: its state and its limits, never a secret. */
import { grantLabel } from '../group/manage.ts';
import type { Queryable } from '../lib/db.ts';
import { inviterMayInvite } from './facts.ts';
import type { InvitationHost } from './host.ts';
import { type EmailRule, type Invitation, type InvitationState, stateOf } from './invitation.ts';

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
  /** Account of the inviter; undefined: the operator. */
  readonly inviterId: string | undefined;
  readonly email: string | undefined;
  readonly emailRule: EmailRule | undefined;
  readonly domains: readonly string[];
  readonly acr: string | undefined;
  readonly approval: boolean;
  readonly hasPin: boolean;
  readonly confirmedAt: Date | undefined;
  /** `choir:member`, or the name of a right. */
  readonly grants: readonly string[];
};

export async function summarize(host: InvitationHost, db: Queryable, invitation: Invitation): Promise<InvitationSummary> {
  const now = host.clock();
  const { id, label, usedCount, maxUses, startsAt, expiresAt, createdAt, revokedAt, inviterId, addressee, confirmedAt } = invitation;
  return {
    id,
    state: stateOf({ invitation, inviterMayInvite: await inviterMayInvite(host, db, { invitation, now }) }, now),
    label,
    usedCount,
    maxUses,
    startsAt,
    expiresAt,
    createdAt,
    revokedAt,
    inviterId,
    email: addressee?.email,
    emailRule: addressee?.rule,
    domains: invitation.domains,
    acr: invitation.requiredAcr,
    approval: invitation.needsApproval,
    hasPin: invitation.pinSetAt !== undefined,
    confirmedAt,
    grants: invitation.grants.map(grantLabel),
  };
}
