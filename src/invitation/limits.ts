/**
 * Keeps what is offered within the policies of its groups. Gathers what `group/policy.ts` must know, fills in what was not
 * said, counts places for the daily limit, and puts what was refused on record. The operator is bound by nothing. Whether
 * an invitation can be used is not asked here: who made it, to whom it goes, and how, is asked then (`facts.ts`).
 */
import { type Origin, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import type { Grant } from '../group/group.ts';
import { grantLabel } from '../group/manage.ts';
import {
  isAdmin,
  longestLifetime,
  type Offer,
  type PolicyRefusal,
  refusalOfLimits,
  refusalOfPolicy,
  type Terms,
  withEnds,
  isBeyondDay,
} from '../group/policy.ts';
import { countOffered, insertOffered, lockOffers } from '../group/policy-store.ts';
import { addSeconds } from '../lib/clock.ts';
import type { Queryable, Transaction } from '../lib/db.ts';
import { type Authority, authorityOf, groupIdsOf, mayGiveBy, mayInvite, refusalsOfTerms, termsOf } from './facts.ts';
import type { InvitationHost } from './host.ts';
import type { Invitation } from './invitation.ts';
import { findLiveChannels } from './visit-store.ts';

const daySeconds = 24 * 60 * 60;

/** As it was wished for. */
type Draft = Omit<Offer, 'approval' | 'expiresAt'> & {
  readonly grants: readonly Grant[];
  readonly startsAt: Date | undefined;
  readonly expiresAt: Date;
  /** Else `expiresAt` is only what is usual. */
  readonly isEndSaid: boolean;
  /** Undefined: not said. */
  readonly approval: boolean | undefined;
  /** They asked for it, and somebody has decided about them. */
  readonly isDecided: boolean;
  /** False: its new places are counted, but somebody else than the inviter has decided about them. */
  readonly asksQuota: boolean;
};

type Settled = { readonly grants: readonly Grant[]; readonly expiresAt: Date; readonly needsApproval: boolean };

/** Fills in what was not said, and counts the places. Throws `policy_refused`, `grant_not_allowed`. */
export async function settle(
  host: InvitationHost,
  trx: Transaction,
  { inviterId, draft, now }: { readonly inviterId: string | undefined; readonly draft: Draft; readonly now: Date },
): Promise<Settled> {
  const { grants, expiresAt, approval = false } = draft;
  const authority = inviterId === undefined ? undefined : await authorityOf(host, trx, { accountId: inviterId, grants, now });
  if (inviterId === undefined || (authority && isUnbound(authority, grants))) return { grants, expiresAt, needsApproval: approval };
  if (!authority) throw notAllowed(grants);
  const settled = filledIn(draft, authority, now);
  const offer = { ...draft, ...settled, approval: settled.needsApproval || draft.isDecided };
  await requireOffer(host, trx, { accountId: inviterId, authority, grants: settled.grants, offer, asksQuota: draft.asksQuota, now });
  return settled;
}

function isUnbound(authority: Authority, grants: readonly Grant[]): boolean {
  return isAdmin(authority.giver) && mayGiveBy(authority, grants);
}

function notAllowed(grants: readonly Grant[]): Failure {
  return new Failure('grant_not_allowed', { grants: grants.map(grantLabel).join(' ') });
}

function filledIn({ grants, startsAt, expiresAt, isEndSaid, approval, isDecided }: Draft, { rules }: Authority, now: Date): Settled {
  const { policies } = rules;
  const longest = isEndSaid ? undefined : longestLifetime(policies);
  const latest = longest === undefined ? expiresAt : addSeconds(now, longest);
  const isShorter = latest < expiresAt && (!startsAt || startsAt < latest);
  const isAsked = !isDecided && [...policies.values()].some((policy) => policy.approval);
  return { grants: withEnds(grants, policies), expiresAt: isShorter ? latest : expiresAt, needsApproval: approval ?? isAsked };
}

type Offering = {
  readonly accountId: string;
  readonly authority: Authority;
  readonly grants: readonly Grant[];
  readonly offer: Offer;
  readonly asksQuota: boolean;
  readonly now: Date;
};

async function requireOffer(host: InvitationHost, trx: Transaction, offering: Offering): Promise<void> {
  const { accountId, authority, grants, offer, asksQuota, now } = offering;
  const groupIds = [...new Set(groupIdsOf(grants))];
  const hasQuota = [...authority.rules.policies.values()].some(({ perDay }) => perDay !== undefined);
  const isCounted = asksQuota && offer.newPlaces > 0 && hasQuota;
  const usedToday = isCounted ? await countToday(trx, { accountId, groupIds, now }) : new Map<string, number>();
  const refusal = firstRefusal(authority, grants, { offer, usedToday, now });
  if (refusal) throw new Failure('policy_refused', refusal);
  if (!mayGiveBy(authority, grants)) throw notAllowed(grants);
  // Also where nothing is counted yet: a limit that is set later counts the whole day.
  if (offer.newPlaces > 0) await insertOffered(trx, { accountId, groupIds, places: offer.newPlaces, now }, host.random);
}

/**
 * A place that nobody had offered, in somebody else's name: whoever adds it is counted, as for one of their own. False: nothing
 * binds them, and the inviter is counted. Throws `grant_not_allowed`; `policy_refused` where their day is used up.
 */
export async function countAsOwn(
  host: InvitationHost,
  trx: Transaction,
  {
    actor,
    grants,
    places,
    now,
  }: { readonly actor: string; readonly grants: readonly Grant[]; readonly places: number; readonly now: Date },
): Promise<boolean> {
  const authority = actor === 'operator' ? undefined : await authorityOf(host, trx, { accountId: actor, grants, now });
  if (actor !== 'operator' && !authority) throw notAllowed(grants);
  if (!authority || isUnbound(authority, grants)) return false;
  const groupIds = [...new Set(groupIdsOf(grants))];
  const used = await countToday(trx, { accountId: actor, groupIds, now });
  for (const grant of grants) {
    if (grant.kind !== 'group') continue;
    const policy = authority.rules.policies.get(grant.groupId);
    if (policy && isBeyondDay(policy, { newPlaces: places, usedToday: used.get(grant.groupId) ?? 0 }))
      throw new Failure('policy_refused', { group: grant.slug, rule: 'quota' });
  }
  await insertOffered(trx, { accountId: actor, groupIds, places, now }, host.random);
  return true;
}

type Counting = { readonly accountId: string; readonly groupIds: readonly string[]; readonly now: Date };

/** Until the transaction ends, nobody else adds to it. */
async function countToday(trx: Transaction, { now, ...whose }: Counting): Promise<ReadonlyMap<string, number>> {
  await lockOffers(trx, whose);
  return countOffered(trx, { ...whose, since: addSeconds(now, -daySeconds) });
}

type Judged = { readonly offer: Offer; readonly usedToday?: ReadonlyMap<string, number>; readonly now: Date };

/** Where a group has no policy, only who offers is asked. */
function firstRefusal(
  { giver, rules, hostSays }: Authority,
  grants: readonly Grant[],
  { offer, usedToday, now }: Judged,
): PolicyRefusal | undefined {
  for (const grant of grants) {
    const policy = grant.kind === 'group' ? rules.policies.get(grant.groupId) : undefined;
    if (grant.kind !== 'group' || !policy) continue;
    const wish = { ...offer, grant, above: rules.above, usedToday: usedToday?.get(grant.groupId) ?? 0, now };
    const refusal = hostSays === undefined ? refusalOfPolicy(policy, giver, wish) : refusalOfLimits(policy, wish);
    if (refusal) return refusal;
  }
  return undefined;
}

type Widening = {
  readonly actor: string;
  readonly invitation: Invitation;
  /** What becomes of it. */
  readonly to: {
    readonly expiresAt?: Date;
    readonly maxUses?: number;
    readonly hasPin?: boolean;
    readonly isMailed?: true;
    readonly isShown?: true;
  };
  readonly now: Date;
};

/**
 * Of one that is out: who makes it last longer, for more people, without its PIN, or in another way as well, must be able to offer
 * just that today. What makes it smaller is always allowed. Nobody puts it on hold by what its inviter's policies do not allow,
 * whoever is bound by nothing included, and nothing is mailed or shown that is on hold. Throws `policy_refused`,
 * `grant_not_allowed`; `invitation_suspended` where its inviter may not invite any more, or a group is archived.
 */
export async function requireWithinPolicy(host: InvitationHost, trx: Transaction, { actor, invitation, to, now }: Widening): Promise<void> {
  const { grants } = invitation;
  const live = await findLiveChannels(trx, invitation.id);
  const offer = turned(invitation, { to, live });
  const goesOut = to.isMailed || to.isShown;
  const isLarger = isWider(invitation, { offer, live });
  if (!isLarger && !goesOut) return;
  if (goesOut) await requireInviterMay(host, trx, { invitation, now });
  const authority = actor === 'operator' ? undefined : await authorityOf(host, trx, { accountId: actor, grants, now });
  if (actor !== 'operator' && !authority) throw notAllowed(grants);
  if (isLarger && authority && !isUnbound(authority, grants))
    return requireOffer(host, trx, { accountId: actor, authority, grants, offer, asksQuota: true, now });
  await requireNotOnHold(host, trx, { invitation, from: goesOut ? undefined : termsOf(invitation, live), to: offer, now });
}

/** Somebody who is told to take it over first knows more than somebody whose link leads nowhere. */
async function requireInviterMay(
  host: InvitationHost,
  trx: Transaction,
  { invitation: { inviterId, grants }, now }: Pick<Widening, 'invitation' | 'now'>,
): Promise<void> {
  const isArchived = grants.some((grant) => grant.kind === 'group' && grant.archived);
  if (isArchived || (inviterId !== undefined && !(await mayInvite(host, trx, { accountId: inviterId, grants, now }))))
    throw new Failure('invitation_suspended');
}

type Channels = Offer['channels'];

function turned(invitation: Invitation, { to, live }: Pick<Widening, 'to'> & { readonly live: Channels }): Offer {
  const { expiresAt, maxUses, pinSetAt } = invitation;
  const channels = [...new Set([...live, ...(to.isMailed ? (['mail'] as const) : []), ...(to.isShown ? (['link'] as const) : [])])];
  return {
    ...offerOf(invitation, { channels, expiresAt: to.expiresAt ?? expiresAt }),
    maxUses: to.maxUses ?? maxUses,
    newPlaces: Math.max(0, (to.maxUses ?? maxUses) - maxUses),
    hasPin: to.hasPin ?? pinSetAt !== undefined,
  };
}

function isWider({ expiresAt, pinSetAt }: Invitation, { offer, live }: { readonly offer: Offer; readonly live: Channels }): boolean {
  const losesPin = pinSetAt !== undefined && !offer.hasPin;
  return offer.newPlaces > 0 || offer.expiresAt > expiresAt || losesPin || offer.channels.length > live.length;
}

/** `from`: what is broken already may stay so. */
type Turning = { readonly invitation: Invitation; readonly from: Terms | undefined; readonly to: Terms; readonly now: Date };

async function requireNotOnHold(host: InvitationHost, trx: Transaction, { invitation, from, to, now }: Turning): Promise<void> {
  const { inviterId, grants } = invitation;
  const inviter = inviterId === undefined ? undefined : await authorityOf(host, trx, { accountId: inviterId, grants, now });
  if (!inviter || isUnbound(inviter, grants)) return;
  const before = from ? refusalsOfTerms(inviter.rules, grants, from) : [];
  const wasRefused = ({ group, rule }: PolicyRefusal) => before.some((one) => one.group === group && one.rule === rule);
  const refusal = refusalsOfTerms(inviter.rules, grants, to).find((one) => !wasRefused(one));
  if (refusal) throw new Failure('policy_refused', refusal);
}

function offerOf(invitation: Invitation, { channels, expiresAt }: Pick<Offer, 'channels' | 'expiresAt'>): Offer {
  return { ...termsOf(invitation, channels), expiresAt, maxUses: invitation.maxUses, newPlaces: 0 };
}

/** Of one that is mailed anew in the name of its inviter: until when, at most as wished, and whether it may be at all. */
export async function limitsOfRenewal(
  host: InvitationHost,
  db: Queryable,
  { invitation, expiresAt, now }: { readonly invitation: Invitation; readonly expiresAt: Date; readonly now: Date },
): Promise<{ readonly expiresAt: Date; readonly isAllowed: boolean }> {
  const { inviterId, grants } = invitation;
  if (inviterId === undefined) return { expiresAt, isAllowed: true };
  const authority = await authorityOf(host, db, { accountId: inviterId, grants, now });
  if (!authority) return { expiresAt, isAllowed: false };
  if (isAdmin(authority.giver)) return { expiresAt, isAllowed: true };
  const most = longestLifetime(authority.rules.policies);
  const latest = most === undefined ? expiresAt : new Date(Math.min(expiresAt.getTime(), addSeconds(now, most).getTime()));
  const offer = offerOf(invitation, { channels: ['mail'], expiresAt: latest });
  return { expiresAt: latest, isAllowed: firstRefusal(authority, grants, { offer, now }) === undefined };
}

/** Account id, or `operator`; and what it was about: an invitation, or of one that was not made, whoever wanted it. */
type Attempt = { readonly actor: string; readonly from?: Origin | undefined; readonly subject: string };

/** Does the work, and where it is refused, puts that on record: in a transaction of its own, for the other one is undone. */
export async function onRecord<Result>(host: InvitationHost, attempt: Attempt, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await recordRefusal(host, host.database, { ...attempt, error });
    throw error;
  }
}

/** Of anything but a refusal by policy or for want of authority: nothing. */
export async function recordRefusal(
  { clock, random }: InvitationHost,
  db: Queryable,
  { error, ...attempt }: Attempt & { readonly error: unknown },
): Promise<void> {
  if (!(error instanceof Failure) || !['policy_refused', 'grant_not_allowed'].includes(error.code)) return;
  await recordAudit(db, { at: clock(), ...attempt, action: 'invitation.refused', detail: error.detail }, random);
}
