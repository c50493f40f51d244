/** An invitation as lists and other programs see it: its state and its limits, never a secret. */
import { grantLabel } from '../group/manage.ts';
import type { Queryable } from '../lib/db.ts';
import { whichInvitersMay } from './authority.ts';
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
  /** The same as people read it: a group with the role there, or a right. */
  readonly gives: readonly { readonly name: string; readonly role: string | undefined }[];
};

export async function summarize(host: InvitationHost, db: Queryable, invitation: Invitation): Promise<InvitationSummary> {
  const now = host.clock();
  return summaryOf(invitation, await inviterMayInvite(host, db, { invitation, now }), now);
}

/** A page of a list, in its order: their inviters are asked about all at once. */
export async function summarizeAll(host: InvitationHost, invitations: readonly Invitation[]): Promise<InvitationSummary[]> {
  const now = host.clock();
  const may = await whichInvitersMay(host, host.database, { invitations, now });
  return invitations.map((invitation) => summaryOf(invitation, may.has(invitation.id), now));
}

function summaryOf(invitation: Invitation, inviterMayInvite: boolean, now: Date): InvitationSummary {
  const { id, label, usedCount, maxUses, startsAt, expiresAt, createdAt, revokedAt, inviterId, addressee, confirmedAt } = invitation;
  return {
    id,
    state: stateOf({ invitation, inviterMayInvite }, now),
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
    gives: invitation.grants.map((grant) =>
      grant.kind === 'group' ? { name: grant.name, role: grant.role } : { name: grant.description || grant.right, role: undefined },
    ),
  };
}
