/**
 * The invitation and its rule. Owns what an invitation is and `decide`, the one place that says what accepting would
 * do: called once to show the page, and once more under the row lock. Pure: facts and an instant in, a decision out.
 * Neighbours: `facts.ts` (gathers them), `redeem.ts` (acts on the decision), `group/group.ts` (what is granted).
 *
 *     not started ──► open ──► used up     by accepting the last place
 *          │           │ ├───► revoked     by its inviter or the operator, from anywhere
 *          │           │ └───► suspended   while its inviter may not invite, or nobody else has confirmed it; and back
 *          │           └─────► expired     by time alone: nothing is written
 *          └─ by time alone
 *
 * Only open invitations let anybody in. None of the states is stored: they follow from the facts and the time.
 */
import type { FailureCode } from '../errors.ts';
import { type Grant, type Holdings, isBarred, isHeld, missingGrants, newGrants } from '../group/group.ts';
import type { EmailKey } from '../lib/email.ts';
import { inDomains } from '../lib/email.ts';

/** Who else may accept what is addressed to somebody: nobody, whoever proves that mailbox, or anybody. */
export type EmailRule = 'exact' | 'verify' | 'any';

export type Addressee = { readonly email: string; readonly key: EmailKey; readonly rule: EmailRule };

export type Invitation = {
  readonly id: string;
  readonly label: string;
  /** Account of the inviter; undefined: the operator. */
  readonly inviterId: string | undefined;
  readonly inviterName: string | undefined;
  /** The inviter's own words, plain text. */
  readonly message: string;
  readonly locale: string | undefined;
  readonly landingClientId: string | undefined;
  readonly maxUses: number;
  readonly usedCount: number;
  /** Places kept: for others who are registering, and for people who wait for approval; see `hold.ts`. */
  readonly heldCount: number;
  /** Undefined: it was open from the beginning. */
  readonly startsAt: Date | undefined;
  readonly expiresAt: Date;
  readonly createdAt: Date;
  readonly revokedAt: Date | undefined;
  /** Undefined: for whoever has it. */
  readonly addressee: Addressee | undefined;
  /** `example.org`, or `*.example.org` for all beneath it; empty: any. */
  readonly domains: readonly string[];
  /** Least sign-in strength, one of the provider's `acr` values. */
  readonly requiredAcr: string | undefined;
  readonly needsApproval: boolean;
  /** Undefined: no PIN. */
  readonly pinSetAt: Date | undefined;
  /** By a second person. */
  readonly confirmedAt: Date | undefined;
  /** Its addressee asked to be invited then. */
  readonly askedForAt: Date | undefined;
  readonly grants: readonly Grant[];
};

export type InvitationState = 'not_started' | 'open' | 'expired' | 'revoked' | 'suspended' | 'used_up';

/** How a browser came by an invitation: a link that we mailed, one that was shown to somebody, or an account that has the address proven. */
export type Channel = 'mail' | 'link' | 'account';

/** What the rule must know of the browser that asks. */
export type Approach = {
  readonly channel: Channel;
  /** A newer mail took this one's place. */
  readonly superseded: boolean;
  readonly pinPassedAt: Date | undefined;
  /** Too many wrong PINs: until when, or until the inviter acts. */
  readonly pinLock: { readonly until: Date | undefined } | undefined;
  /** A mailbox that this browser has proven, by a mailed link or by a mailed code. */
  readonly provenKey: EmailKey | undefined;
};

/** What the rule must know of the person. */
export type Person = {
  /** Undefined for a newcomer. */
  readonly accountId?: string | undefined;
  /** There is no account yet: accepting makes one, so there is always something new. */
  readonly newcomer: boolean;
  readonly disabled: boolean;
  /** This account has accepted this invitation before. */
  readonly hasRedeemed: boolean;
  readonly holdings: Holdings;
  readonly emails: readonly { readonly key: EmailKey; readonly verified: boolean }[];
  /** Of the sign-in; for a newcomer, of the registration. */
  readonly acr: string | undefined;
  /** Asked to join before, by this invitation. */
  readonly approval: { readonly lapsesAt: Date; readonly decision: 'approved' | 'rejected' | undefined } | undefined;
};

export type Facts = {
  readonly invitation: Invitation;
  /** Its inviter could make it today. */
  readonly inviterMayInvite: boolean;
  readonly approach: Approach;
  /** Sign-in strengths of this provider, weakest first. */
  readonly acrValues: readonly string[];
  /** Groups of the invitation that hold as many people as they may. */
  readonly fullGroupIds: readonly string[];
};

export type RefusalCode = Extract<
  FailureCode,
  | `invitation_${'not_started' | 'expired' | 'revoked' | 'suspended' | 'used_up' | 'replaced'}`
  | `pin_${'required' | 'locked'}`
  | `email_${'mismatch' | 'domain_not_allowed' | 'not_verified'}`
  | 'account_disabled'
  | 'sign_in_too_weak'
  | 'group_full'
  | 'removed_from_group'
  | 'approval_rejected'
>;

export type Decision =
  /** Accepting adds `newGrants` and uses one place. */
  | { readonly outcome: 'join'; readonly newGrants: readonly Grant[] }
  /** Accepting keeps a place until somebody has decided. */
  | { readonly outcome: 'ask'; readonly newGrants: readonly Grant[] }
  /** Asked already, and nobody has decided yet. */
  | { readonly outcome: 'awaiting_approval' }
  /** Nothing to add: no place is used. */
  | { readonly outcome: 'already_member' }
  | { readonly outcome: 'refused'; readonly code: RefusalCode };

/** At the very instant of expiry an invitation is over. A revoked one stays so whatever its other facts. */
export function stateOf({ invitation, inviterMayInvite }: Pick<Facts, 'invitation' | 'inviterMayInvite'>, now: Date): InvitationState {
  if (invitation.revokedAt) return 'revoked';
  if (now >= invitation.expiresAt) return 'expired';
  if (isSuspended({ invitation, inviterMayInvite })) return 'suspended';
  if (invitation.startsAt && now < invitation.startsAt) return 'not_started';
  if (invitation.usedCount + invitation.heldCount >= invitation.maxUses) return 'used_up';
  return 'open';
}

function isSuspended({ invitation, inviterMayInvite }: Pick<Facts, 'invitation' | 'inviterMayInvite'>): boolean {
  return !inviterMayInvite || !isConfirmed(invitation) || invitation.grants.some(isArchived);
}

/** What gives a place in a sensitive group needs a second person. */
export function needsConfirming({ grants }: Pick<Invitation, 'grants'>): boolean {
  return grants.some((grant) => grant.kind === 'group' && grant.sensitive);
}

/** Then the last ones to accept would be given what is over already. */
export function endsBy({ grants }: Pick<Invitation, 'grants'>, by: Date): boolean {
  return grants.some(({ ends }) => ends && 'at' in ends && ends.at <= by);
}

function isConfirmed(invitation: Invitation): boolean {
  return invitation.confirmedAt !== undefined || !needsConfirming(invitation);
}

function isArchived(grant: Grant): boolean {
  return grant.kind === 'group' && grant.archived;
}

/**
 * As far as it can be told before anybody has signed in. Whether all places are taken is not asked here: that is good
 * news to somebody who is in already.
 */
export function refusalAtDoor(facts: Facts, now: Date): RefusalCode | undefined {
  const state = stateOf(facts, now);
  if (facts.approach.superseded && state !== 'revoked') return 'invitation_replaced';
  if (state !== 'open' && state !== 'used_up') return `invitation_${state}`;
  return undefined;
}

/**
 * A person who accepted before and has everything is told so whatever became of the invitation; one who accepted
 * before and was removed since does not come back through it. Whoever waits for approval goes on waiting.
 */
export function decide(facts: Facts, person: Person, now: Date): Decision {
  const { invitation } = facts;
  if (person.disabled) return refused('account_disabled');
  if (person.hasRedeemed)
    return missingGrants(invitation.grants, person.holdings).length === 0 ? { outcome: 'already_member' } : refused('invitation_used_up');
  const atDoor = refusalAtDoor(facts, now);
  const waits = person.approval?.decision === undefined && person.approval && now < person.approval.lapsesAt;
  if (waits && atDoor !== 'invitation_revoked') return { outcome: 'awaiting_approval' };
  if (atDoor) return refused(atDoor);
  if (person.approval?.decision === 'rejected') return refused('approval_rejected');
  const added = addedTo(person, invitation, now);
  if (added.length === 0 && !person.newcomer) return { outcome: 'already_member' };
  const code = stateOf(facts, now) === 'used_up' ? 'invitation_used_up' : refusalOfPerson(facts, person, added);
  if (code) return refused(code);
  return { outcome: invitation.needsApproval ? 'ask' : 'join', newGrants: added };
}

/** An invitation of one's own gives what one lacks, but no longer time: else whoever invites would never have to leave. */
function addedTo({ accountId, holdings }: Person, { inviterId, grants }: Invitation, now: Date): readonly Grant[] {
  const isOwn = inviterId !== undefined && inviterId === accountId;
  return newGrants(isOwn ? missingGrants(grants, holdings) : grants, holdings, now);
}

function refused(code: RefusalCode): Decision {
  return { outcome: 'refused', code };
}

/** Approving, by somebody else: the place was kept, so neither time nor places are asked again. */
export function decideApproval(facts: Omit<Facts, 'approach'>, person: Person, now: Date): Decision {
  if (person.disabled) return refused('account_disabled');
  if (facts.invitation.revokedAt) return refused('invitation_revoked');
  if (isSuspended(facts)) return refused('invitation_suspended');
  const added = newGrants(facts.invitation.grants, person.holdings, now);
  // What it gives is over: they would be told that they are in, and be nowhere.
  if (added.length === 0 && missingGrants(facts.invitation.grants, person.holdings).length > 0) return refused('invitation_expired');
  const code = refusalOfGroups(facts, person, added);
  if (code) return refused(code);
  return { outcome: 'join', newGrants: added };
}

/** In the order in which a person can do something about it. */
function refusalOfPerson(facts: Facts, person: Person, added: readonly Grant[]): RefusalCode | undefined {
  return (
    refusalOfPin(facts) ??
    refusalOfSignIn(facts, person) ??
    refusalOfAddress(facts, person) ??
    refusalOfDomain(facts, person) ??
    refusalOfGroups(facts, person, added)
  );
}

export function refusalOfPin({ invitation, approach }: Facts): 'pin_required' | 'pin_locked' | undefined {
  if (!owesPin({ invitation, pinPassedAt: approach.pinPassedAt })) return undefined;
  return approach.pinLock ? 'pin_locked' : 'pin_required';
}

/** Then nothing of what is offered may be told. A PIN that was passed before it was changed is to be typed again. */
export function owesPin({
  invitation: { pinSetAt },
  pinPassedAt,
}: Pick<Approach, 'pinPassedAt'> & { readonly invitation: Pick<Invitation, 'pinSetAt'> }): boolean {
  return pinSetAt !== undefined && !(pinPassedAt && pinPassedAt >= pinSetAt);
}

/** A strength that the provider does not know is stronger than all it has. */
function refusalOfSignIn({ invitation: { requiredAcr }, acrValues }: Facts, { acr }: Person): RefusalCode | undefined {
  if (requiredAcr === undefined || acr === requiredAcr) return undefined;
  const needed = acrValues.indexOf(requiredAcr);
  return needed >= 0 && acr !== undefined && acrValues.indexOf(acr) > needed ? undefined : 'sign_in_too_weak';
}

/** design §4D, §6: a mailbox counts if the account has it proven, or if this browser has. */
function refusalOfAddress({ invitation: { addressee }, approach }: Facts, person: Person): RefusalCode | undefined {
  if (!addressee || addressee.rule === 'any') return undefined;
  const own = person.emails.filter(({ key }) => key === addressee.key);
  const proven = approach.provenKey === addressee.key || own.some(({ verified }) => verified);
  if (addressee.rule === 'exact' && !person.newcomer && own.length === 0) return 'email_mismatch';
  return proven ? undefined : 'email_not_verified';
}

/** An address that is not proven lets nobody in, but it is worth proving. */
function refusalOfDomain({ invitation: { domains }, approach }: Facts, { newcomer, emails }: Person): RefusalCode | undefined {
  if (domains.length === 0) return undefined;
  const proven = [...emails.filter(({ verified }) => verified).map(({ key }) => key), ...(approach.provenKey ? [approach.provenKey] : [])];
  if (proven.some((key) => inDomains(key, domains))) return undefined;
  const couldProve = newcomer ? approach.provenKey === undefined : emails.some(({ key }) => inDomains(key, domains));
  return couldProve ? 'email_not_verified' : 'email_domain_not_allowed';
}

/** Who was removed comes back by an invitation that was made for them since, and by no other. */
function refusalOfGroups(
  { invitation, fullGroupIds }: Omit<Facts, 'approach'>,
  { holdings }: Person,
  added: readonly Grant[],
): RefusalCode | undefined {
  const isPersonal = invitation.addressee !== undefined && invitation.addressee.rule !== 'any';
  const counting = (holdings.removals ?? []).filter(({ removedAt }) => !isPersonal || invitation.createdAt <= removedAt);
  const removed = (grant: Grant) => counting.some((removal) => isBarred(grant, holdings, removal));
  if (added.some(removed)) return 'removed_from_group';
  // Who is in already, in whatever role, takes up no more room.
  const isFull = (grant: Grant) => grant.kind === 'group' && fullGroupIds.includes(grant.groupId) && !isHeld(grant.groupId, holdings);
  return added.some(isFull) ? 'group_full' : undefined;
}
