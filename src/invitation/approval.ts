/**
 * Deciding about somebody who asked to join (design §4H). The place was kept since they asked; approving lets them in,
 * rejecting gives the place back, and after two weeks without a decision it is free by itself.
 */
import { type Origin, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { lockHoldings } from '../group/membership-store.ts';
import { lockCappedGroups } from '../group/store.ts';
import { inTransaction, type Transaction } from '../lib/db.ts';
import { admit } from './admit.ts';
import { groupIdsOf, personOf, requireMayInvite, standingOf } from './facts.ts';
import type { InvitationHost } from './host.ts';
import { decideApproval, type Invitation } from './invitation.ts';
import { queueNotice } from './mails.ts';
import { type Approval, deleteApproval, findApproval, listApprovals, markDecided } from './redemption-store.ts';
import { findInvitation, lockInvitation } from './store.ts';

export type Deciding = {
  readonly invitationId: string;
  readonly accountId: string;
  /** Account id of whoever decides, or `operator`. */
  readonly actor: string;
  readonly from?: Origin | undefined;
};

export type WaitingForApproval = { readonly accountId: string; readonly askedAt: Date; readonly lapsesAt: Date };

/** Throws `invitation_not_found`. */
export async function waitingForApproval(host: InvitationHost, invitationId: string): Promise<WaitingForApproval[]> {
  if (!(await findInvitation(host.database, invitationId))) throw new Failure('invitation_not_found');
  const waiting = await listApprovals(host.database, invitationId, host.clock());
  return waiting.map(({ accountId, askedAt, lapsesAt }) => ({ accountId, askedAt, lapsesAt }));
}

/**
 * Returns what was new. Throws `approval_not_found` (nobody asked, or it has lapsed), `approval_decided`,
 * `grant_not_allowed`, and what the invitation refuses by now.
 */
export async function approve(host: InvitationHost, deciding: Deciding): Promise<void> {
  await inTransaction(host.database, async (trx) => {
    const { invitation, approval, now } = await lockRequest(host, trx, deciding);
    const { accountId, invitationId, actor, from } = deciding;
    await lockCappedGroups(trx, groupIdsOf(invitation.grants));
    await lockHoldings(trx, accountId);
    const standing = await standingOf(host, trx, { invitation, now });
    const person = await personOf(host, trx, { accountId, invitationId, acr: undefined, now });
    const decision = decideApproval(standing, person, now);
    if (decision.outcome === 'refused') throw new Failure(decision.code);
    const newGrants = decision.outcome === 'join' ? decision.newGrants : [];
    if (newGrants.length === 0 && !approval.accountCreated) return forgetRequest(host, trx, { ...deciding, now });
    await markDecided(trx, deciding, { decision: 'approved', now, by: actor });
    const { tokenId, accountCreated, locale } = approval;
    const action = 'invitation.approved';
    await admit(host, trx, { invitation, accountId, tokenId, accountCreated, newGrants, locale, now, actor, action, from });
  });
  host.afterCommit();
}

/** They have been given all of it by others meanwhile: nothing is used up, and there is nothing left to decide. */
async function forgetRequest(host: InvitationHost, trx: Transaction, request: Deciding & { readonly now: Date }): Promise<void> {
  const { invitationId, accountId, actor, from, now } = request;
  await deleteApproval(trx, { invitationId, accountId });
  const entry = { at: now, actor, from, action: 'invitation.approved', subject: invitationId, detail: { accountId, grants: [] } } as const;
  await recordAudit(trx, entry, host.random);
}

/** The person is told; the place is free again. Throws like `approve`. */
export async function reject(host: InvitationHost, deciding: Deciding): Promise<void> {
  await inTransaction(host.database, async (trx) => {
    const { invitation, approval, now } = await lockRequest(host, trx, deciding);
    const { accountId, actor, from } = deciding;
    await markDecided(trx, deciding, { decision: 'rejected', now, by: actor });
    const entry = { at: now, actor, from, action: 'invitation.rejected', subject: invitation.id, detail: { accountId } } as const;
    await recordAudit(trx, entry, host.random);
    const person = await host.person(accountId, trx);
    if (person?.email !== undefined) {
      const { name, email, emailVerified } = person;
      const letter = { to: { email, emailVerified }, notice: 'approval_rejected', invitation, name, locale: approval.locale, now } as const;
      await queueNotice(host, trx, letter);
    }
    await host.events.rejected?.({ invitationId: invitation.id, accountId, actor }, trx);
  });
  host.afterCommit();
}

type LockedRequest = { readonly invitation: Invitation; readonly approval: Approval; readonly now: Date };

/** Nobody decides about themselves, nor about what they could not give. */
async function lockRequest(host: InvitationHost, trx: Transaction, { invitationId, accountId, actor }: Deciding): Promise<LockedRequest> {
  const invitation = await lockInvitation(trx, invitationId);
  if (!invitation) throw new Failure('invitation_not_found');
  const now = host.clock();
  const approval = await findApproval(trx, invitationId, accountId);
  if (approval?.decision) throw new Failure('approval_decided');
  if (!approval || now >= approval.lapsesAt) throw new Failure('approval_not_found');
  if (actor === accountId) throw new Failure('grant_not_allowed');
  await requireMayInvite(host, trx, { actor, grants: invitation.grants, now });
  return { invitation, approval, now };
}
