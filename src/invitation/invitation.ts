/**
 * The invitation and its rule. Owns what an invitation is and `decide`, the one place that says what accepting would
 * do: called once to show the page, and once more under the row lock. Pure: facts and an instant in, a decision out.
 * Neighbours: `token.ts` (the secret), `redeem.ts` (acts on the decision), `group/group.ts` (what is granted).
 *
 *     not started ──► open ──► used up     by accepting the last place
 *          │           │ └───► revoked     by its inviter or the operator, from anywhere
 *          │           └─────► expired     by time alone: nothing is written
 *          └─ by time alone
 *
 * Only open invitations let anybody in. None of the states is stored: they follow from the facts and the time.
 */
import type { FailureCode } from '../errors.ts';
import { type Grant, type Holdings, missingGrants, newGrants } from '../group/group.ts';

export type Invitation = {
  readonly id: string;
  readonly label: string;
  readonly inviterName: string | undefined;
  readonly landingClientId: string | undefined;
  readonly maxUses: number;
  readonly usedCount: number;
  /** Places kept for a few minutes for others who are registering; see `hold.ts`. */
  readonly heldCount: number;
  /** Undefined: it was open from the beginning. */
  readonly startsAt: Date | undefined;
  readonly expiresAt: Date;
  readonly createdAt: Date;
  readonly revokedAt: Date | undefined;
  readonly grants: readonly Grant[];
};

export type InvitationState = 'not_started' | 'open' | 'expired' | 'revoked' | 'used_up';

/** What the rule must know of the person. */
export type Person = {
  /** There is no account yet: accepting makes one, so there is always something new. */
  readonly newcomer: boolean;
  readonly disabled: boolean;
  /** This account has accepted this invitation before. */
  readonly hasRedeemed: boolean;
  readonly holdings: Holdings;
};

export type Decision =
  /** Accepting adds `newGrants` and uses one place. */
  | { readonly outcome: 'join'; readonly newGrants: readonly Grant[] }
  /** Nothing to add: no place is used. */
  | { readonly outcome: 'already_member' }
  | { readonly outcome: 'refused'; readonly code: Extract<FailureCode, `invitation_${string}` | 'account_disabled'> };

/** At the very instant of expiry an invitation is over. A revoked one stays so whatever its other facts. */
export function stateOf(
  invitation: Pick<Invitation, 'revokedAt' | 'startsAt' | 'expiresAt' | 'usedCount' | 'heldCount' | 'maxUses'>,
  now: Date,
): InvitationState {
  if (invitation.revokedAt) return 'revoked';
  if (now >= invitation.expiresAt) return 'expired';
  if (invitation.startsAt && now < invitation.startsAt) return 'not_started';
  if (invitation.usedCount + invitation.heldCount >= invitation.maxUses) return 'used_up';
  return 'open';
}

/**
 * A person who accepted before and has everything is told so whatever became of the invitation; one who accepted
 * before and was removed since does not come back through it.
 */
export function decide(invitation: Invitation, person: Person, now: Date): Decision {
  if (person.disabled) return { outcome: 'refused', code: 'account_disabled' };
  if (person.hasRedeemed)
    return missingGrants(invitation.grants, person.holdings).length === 0
      ? { outcome: 'already_member' }
      : { outcome: 'refused', code: 'invitation_used_up' };
  const added = newGrants(invitation.grants, person.holdings, now);
  const state = stateOf(invitation, now);
  if (state === 'revoked' || state === 'expired' || state === 'not_started') return { outcome: 'refused', code: `invitation_${state}` };
  if (added.length === 0 && !person.newcomer) return { outcome: 'already_member' };
  if (state === 'used_up') return { outcome: 'refused', code: 'invitation_used_up' };
  return { outcome: 'join', newGrants: added };
}
