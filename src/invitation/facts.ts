/** Gathers what the rule must know, from the database and from the host. Nothing here decides. */
import { Failure } from '../errors.ts';
import { findFullGroups } from '../group/store.ts';
import { findClaimFacts, findHoldings } from '../group/membership-store.ts';
import { type Grant, noHoldings } from '../group/group.ts';
import { grantLabel } from '../group/manage.ts';
import { findPolicies } from '../group/policy-store.ts';
import {
  asksHow,
  brokenTerm,
  type Giver,
  isAdmin,
  mayDecide as mayDecideAbout,
  mayGive,
  type PolicyRefusal,
  type Rules,
  type Terms,
} from '../group/policy.ts';
import { findAbove } from '../group/tree-store.ts';
import type { Queryable } from '../lib/db.ts';
import { emailKey, emailSchema } from '../lib/email.ts';
import { withHolds } from './hold-store.ts';
import type { HostPerson, InvitationHost } from './host.ts';
import type { Approach, Facts, Invitation, Person } from './invitation.ts';
import { pinLockOf } from './pin.ts';
import { provenEmailOf } from './proof.ts';
import { findApproval, hasRedeemed } from './redemption-store.ts';
import type { Visit } from './visit.ts';
import { findLiveChannels } from './visit-store.ts';

export type Asked = { readonly visit: Visit; readonly accountId?: string | undefined; readonly now: Date };

/** The visit brings the invitation as it was read last: under a lock, read it again first. */
export async function factsOf(host: InvitationHost, db: Queryable, { visit, accountId, now }: Asked): Promise<Facts> {
  const invitation = await withHolds(db, visit.invitation, { visitId: visit.id, accountId, now });
  return {
    ...(await standingOf(host, db, { invitation, now })),
    approach: await approachOf(db, visit, now),
  };
}

/** Without anybody in particular who asks. */
export async function standingOf(host: InvitationHost, db: Queryable, { invitation, now }: Standing): Promise<Omit<Facts, 'approach'>> {
  return {
    invitation,
    inviterMayInvite: await inviterMayInvite(host, db, { invitation, now }),
    acrValues: host.strengths.acrValues,
    fullGroupIds: await findFullGroups(db, groupIdsOf(invitation.grants), now),
  };
}

type Standing = { readonly invitation: Invitation; readonly now: Date };

/** The operator always may. */
export async function inviterMayInvite(host: InvitationHost, db: Queryable, { invitation, now }: Standing): Promise<boolean> {
  const { id, inviterId, grants } = invitation;
  if (inviterId === undefined) return true;
  const authority = await authorityOf(host, db, { accountId: inviterId, grants, now });
  if (!authority || !mayGiveBy(authority, grants)) return false;
  return stillMay(authority, invitation, asksChannels(authority) ? await findLiveChannels(db, id) : []);
}

/** Of somebody who may give all of it: as long as it is out, whether it goes to whom, and how, the policies want it today. */
export function stillMay(
  { giver, rules }: Pick<Authority, 'giver' | 'rules'>,
  invitation: Invitation,
  channels: Terms['channels'],
): boolean {
  return isAdmin(giver) || refusalsOfTerms(rules, invitation.grants, termsOf(invitation, channels)).length === 0;
}

/** One at most for each group. */
export function refusalsOfTerms({ policies }: Authority['rules'], grants: readonly Grant[], terms: Terms): PolicyRefusal[] {
  return grants.flatMap((grant) => {
    const policy = grant.kind === 'group' ? policies.get(grant.groupId) : undefined;
    const rule = policy && brokenTerm(policy, terms);
    return rule && grant.kind === 'group' ? [{ group: grant.slug, rule }] : [];
  });
}

export function asksChannels({ rules }: Pick<Authority, 'rules'>): boolean {
  return [...rules.policies.values()].some(asksHow);
}

export function termsOf({ pinSetAt, addressee, domains, needsApproval, askedForAt }: Invitation, channels: Terms['channels']): Terms {
  return { channels, hasPin: pinSetAt !== undefined, addressee, domains, approval: needsApproval || askedForAt !== undefined };
}

export function groupIdsOf(grants: readonly Grant[]): string[] {
  return grants.flatMap((grant) => (grant.kind === 'group' ? [grant.groupId] : []));
}

type Giving = { readonly accountId: string; readonly grants: readonly Grant[]; readonly now: Date };

/** What somebody is, and what it is judged by. */
export type Authority = {
  readonly giver: Giver;
  readonly rules: Required<Rules>;
  /** May they give this? Undefined: the host leaves it to the groups. */
  readonly hostSays: boolean | undefined;
};

/** Undefined: the account is disabled, or gone, and may nothing. */
export async function giverOf(
  host: Pick<InvitationHost, 'person'>,
  db: Queryable,
  { accountId, now }: Pick<Giving, 'accountId' | 'now'>,
): Promise<Giver | undefined> {
  const person = await host.person(accountId, db);
  if (!person || person.disabled) return undefined;
  const holdings = await findHoldings(db, accountId, now);
  return { holdings, entitlements: (await findClaimFacts(db, accountId, now)).entitlements };
}

/** Undefined as in `giverOf`. */
export async function authorityOf(host: InvitationHost, db: Queryable, giving: Giving): Promise<Authority | undefined> {
  const { accountId, grants, now } = giving;
  const giver = await giverOf(host, db, { accountId, now });
  if (!giver) return undefined;
  const groupIds = groupIdsOf(grants);
  const rules = { above: await findAbove(db, groupIds), policies: await findPolicies(db, groupIds) };
  return { giver, rules, hostSays: await host.mayInvite?.(accountId, grants.map(grantLabel), db) };
}

/** Could this account make such an invitation now? */
export async function mayInvite(host: InvitationHost, db: Queryable, giving: Giving): Promise<boolean> {
  const authority = await authorityOf(host, db, giving);
  return authority !== undefined && mayGiveBy(authority, giving.grants);
}

export function mayGiveBy({ giver, rules, hostSays }: Authority, grants: readonly Grant[]): boolean {
  return hostSays ?? mayGive(giver, grants, rules);
}

/** Could this account decide about what others offered, or who comes in? Inviting by itself is not enough. */
export async function mayDecide(host: InvitationHost, db: Queryable, giving: Giving): Promise<boolean> {
  const authority = await authorityOf(host, db, giving);
  return authority !== undefined && (authority.hostSays ?? mayDecideAbout(authority.giver, giving.grants, authority.rules));
}

/** The mailbox that this browser has proven: by the link that we mailed there, or by a code. */
export async function provenEmail(db: Queryable, { id, channel, invitation }: Visit): Promise<string | undefined> {
  return channel === 'mail' ? invitation.addressee?.email : provenEmailOf(db, id);
}

async function approachOf(db: Queryable, visit: Visit, now: Date): Promise<Approach> {
  const { invitation, channel, superseded, pinPassedAt } = visit;
  const proven = await provenEmail(db, visit);
  return {
    channel,
    superseded,
    pinPassedAt,
    pinLock: invitation.pinSetAt ? await pinLockOf(db, { invitation, channel, now }) : undefined,
    provenKey: proven === undefined ? undefined : emailKey(proven),
  };
}

/** Somebody who has no account yet. */
function newcomer(acr: string | undefined): Person {
  return { newcomer: true, disabled: false, hasRedeemed: false, holdings: noHoldings, emails: [], acr, approval: undefined };
}

/** Without an account: a newcomer. */
export async function personOf(
  host: InvitationHost,
  db: Queryable,
  asked: { readonly accountId: string | undefined; readonly invitationId: string; readonly acr: string | undefined; readonly now: Date },
): Promise<Person> {
  const { accountId, invitationId, acr, now } = asked;
  if (accountId === undefined) return newcomer(acr ?? host.acrOfNewcomer);
  const known = await host.person(accountId, db);
  return {
    accountId,
    newcomer: false,
    disabled: !known || known.disabled === true,
    hasRedeemed: await hasRedeemed(db, invitationId, accountId),
    holdings: await findHoldings(db, accountId, now),
    emails: known ? emailsOf(known) : [],
    acr,
    approval: await findApproval(db, invitationId, accountId),
  };
}

/** The host's addresses as we compare them. What is no address to us is none. */
export function emailsOf({ email, emailVerified, otherEmails = [] }: HostPerson): Person['emails'] {
  const all = [...(email === undefined ? [] : [{ email, verified: emailVerified }]), ...otherEmails];
  return all.flatMap(({ email: text, verified }) => {
    const parsed = emailSchema.safeParse(text);
    return parsed.success ? [{ key: emailKey(parsed.data), verified }] : [];
  });
}

/**
 * Throws `grant_not_allowed`. The operator may everything; whoever made it (`inviterId`) what they could offer today, and
 * anybody else what they could as one who decides.
 */
export async function requireMayInvite(
  host: InvitationHost,
  db: Queryable,
  {
    actor,
    grants,
    inviterId,
    now,
  }: { readonly actor: string; readonly grants: readonly Grant[]; readonly inviterId?: string | undefined; readonly now: Date },
): Promise<void> {
  const may = actor === inviterId ? mayInvite : mayDecide;
  if (actor === 'operator' || (await may(host, db, { accountId: actor, grants, now }))) return;
  throw new Failure('grant_not_allowed');
}
