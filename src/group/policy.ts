/**
 * Who may give what, and within which limits (design §9). Owns the one question whether somebody could make an invitation
 * with these grants today, asked when it is made, changed, confirmed or approved, and again whenever somebody wants to use
 * it; and the policy of a group, which whoever invites to it keeps to. How large an invitation is, and how many there are, is
 * asked when one is made or made larger; to whom it goes, and how, is asked again as long as it is out. A group has its own
 * policy or none: nothing of it comes from the groups above, whose managers are bound by it all the same. Pure.
 */
import { addSeconds } from '../lib/clock.ts';
import { type EmailKey, inDomains, isWithinDomains } from '../lib/email.ts';
import type { Grant, GrantEnd, Holdings } from './group.ts';
import { plainRole } from './group.ts';

/** Whoever has this right runs the server. */
export const adminRight = 'guestlist:admin';

/** The role that runs a group. */
export const managerRole = 'manager';

export type PolicyChannel = 'mail' | 'link';

export type GroupPolicy = {
  /** Members: whoever is in the group itself, in whatever role. Managers: also those of the groups above. */
  readonly who: 'admins' | 'managers' | 'members';
  /** May be given, held or not; that of a manager only by managers. Undefined: plain membership, and what the giver is. */
  readonly roles?: readonly string[] | undefined;
  readonly channels: readonly PolicyChannel[];
  /** From when an invitation is made, or its end is moved. Undefined: as long as any. */
  readonly maxLifetimeSeconds?: number | undefined;
  /** Of one invitation. */
  readonly maxPlaces?: number | undefined;
  readonly pinForLinks: boolean;
  /** Invitations are to mailboxes in these, or for mailboxes in these alone. Empty: any. */
  readonly domains: readonly string[];
  /** Somebody decides about each who accepts. */
  readonly approval: boolean;
  /** Most places that one inviter offers in 24 hours. */
  readonly perDay?: number | undefined;
  /** Memberships end so long after accepting, or earlier. */
  readonly membershipSeconds?: number | undefined;
};

/** Of a group that has none of its own. */
export const defaultPolicy: GroupPolicy = { who: 'managers', channels: ['mail', 'link'], pinForLinks: false, domains: [], approval: false };

export type Giver = {
  readonly holdings: Holdings;
  /** Rights, direct and through groups. */
  readonly entitlements: readonly string[];
};

/** By the id of a group, the ids of those above it, as far up as anything is inherited; without an entry: none. */
export type Above = ReadonlyMap<string, readonly string[]>;

/** By the id of a group; without an entry: the default. */
export type Policies = ReadonlyMap<string, GroupPolicy>;

export type Rules = { readonly above?: Above; readonly policies?: Policies };

type GroupGrant = Extract<Grant, { readonly kind: 'group' }>;

export function isAdmin({ entitlements }: Giver): boolean {
  return entitlements.includes(adminRight);
}

/**
 * An admin gives everything. Others give places in a group as its policy says: by itself, whoever manages the group, or
 * one above it, gives membership, the role of a manager, and the roles that they have there themselves; nothing follows
 * for the groups above it or beside it. Rights are the admins' to give, for they reach beyond the group.
 */
export function mayGive(giver: Giver, grants: readonly Grant[], rules: Rules = {}): boolean {
  return isAdmin(giver) || grants.every((grant) => mayGiveOne(giver, grant, rules));
}

function mayGiveOne(giver: Giver, grant: Grant, { above, policies }: Rules): boolean {
  if (grant.kind === 'right') return false;
  return refusalOfAuthority(policies?.get(grant.groupId) ?? defaultPolicy, giver, { grant, above }) === undefined;
}

/** As `mayGive`, but where members invite, only managers decide about what others offered, and about who comes in. */
export function mayDecide(giver: Giver, grants: readonly Grant[], rules: Rules = {}): boolean {
  const isDeciding = (grant: Grant) => grant.kind === 'group' && manages(giver, { grant, above: rules.above });
  return isAdmin(giver) || grants.every((grant) => isDeciding(grant) && mayGiveOne(giver, grant, rules));
}

type Giving = { readonly grant: GroupGrant; readonly above?: Above | undefined };

function manages(giver: Giver, { grant: { groupId }, above }: Giving): boolean {
  return [groupId, ...(above?.get(groupId) ?? [])].some((id) => rolesIn(id, giver).includes(managerRole));
}

function rolesIn(id: string, { holdings: { memberships } }: Giver): string[] {
  return memberships.filter(({ groupId }) => groupId === id).map(({ role }) => role);
}

function refusalOfAuthority({ who, roles }: GroupPolicy, giver: Giver, giving: Giving): 'who' | 'role' | undefined {
  const { groupId, role } = giving.grant;
  const held = rolesIn(groupId, giver);
  const isManager = manages(giver, giving);
  const mayInvite = { admins: false, managers: isManager, members: isManager || held.length > 0 };
  if (!mayInvite[who]) return 'who';
  if (role === managerRole && !isManager) return 'role';
  return (roles ?? [plainRole, managerRole, ...held]).includes(role) ? undefined : 'role';
}

export type PolicyRule = 'who' | 'role' | 'channel' | 'lifetime' | 'places' | 'pin' | 'domain' | 'approval' | 'quota' | 'length';

export type PolicyRefusal = { readonly group: string; readonly rule: PolicyRule };

/** What somebody wants to offer, as it would be. */
export type Offer = {
  readonly channels: readonly PolicyChannel[];
  readonly expiresAt: Date;
  readonly maxUses: number;
  /** Places that there were not before. */
  readonly newPlaces: number;
  /** It takes the place of one that has as many places, or more. */
  readonly isReplacing?: boolean;
  readonly hasPin: boolean;
  readonly addressee?: { readonly key: EmailKey; readonly rule: 'exact' | 'verify' | 'any' } | undefined;
  readonly domains: readonly string[];
  /** Somebody decides about each who accepts, or has decided. */
  readonly approval: boolean;
};

export type PolicyWish = Offer & Giving & { readonly usedToday: number; readonly now: Date };

/** To whom an invitation goes, and how. */
export type Terms = Pick<Offer, 'channels' | 'hasPin' | 'addressee' | 'domains' | 'approval'>;

const terms = {
  channel: ({ channels }: GroupPolicy, wish: Terms) => wish.channels.some((channel) => !channels.includes(channel)),
  pin: ({ pinForLinks }: GroupPolicy, { channels, hasPin }: Terms) => pinForLinks && channels.includes('link') && !hasPin,
  domain: ({ domains }: GroupPolicy, wish: Terms) => domains.length > 0 && !isWithin(domains, wish),
  approval: (policy: GroupPolicy, { approval }: Terms) => policy.approval && !approval,
};

/** Undefined: one that is out is still as the policy wants it. */
export function brokenTerm(policy: GroupPolicy, wish: Terms): keyof typeof terms | undefined {
  return (Object.keys(terms) as (keyof typeof terms)[]).find((rule) => terms[rule](policy, wish));
}

/** Without it, a policy allows any way for an invitation to travel. */
export function asksHow({ channels, pinForLinks }: GroupPolicy): boolean {
  return pinForLinks || defaultPolicy.channels.some((channel) => !channels.includes(channel));
}

type Broken = (policy: GroupPolicy, wish: PolicyWish) => boolean;

/** In the order in which they are told. */
const limits: readonly (readonly [PolicyRule, Broken])[] = [
  ['channel', terms.channel],
  ['lifetime', ({ maxLifetimeSeconds: most }, { expiresAt, now }) => most !== undefined && expiresAt > addSeconds(now, most)],
  ['places', ({ maxPlaces: most }, { maxUses, isReplacing }) => most !== undefined && !isReplacing && maxUses > most],
  ['pin', terms.pin],
  ['domain', terms.domain],
  ['approval', terms.approval],
  ['length', ({ membershipSeconds: most }, { grant, now }) => most !== undefined && !endsWithin(grant.ends, most, now)],
  ['quota', isBeyondDay],
];

/** More than one person may offer within a day, with what they have offered already. */
export function isBeyondDay({ perDay }: GroupPolicy, { newPlaces, usedToday }: Pick<PolicyWish, 'newPlaces' | 'usedToday'>): boolean {
  return perDay !== undefined && newPlaces > 0 && usedToday + newPlaces > perDay;
}

function isWithin(allowed: readonly string[], { addressee, domains }: Terms): boolean {
  if (addressee && addressee.rule !== 'any' && inDomains(addressee.key, allowed)) return true;
  return domains.length > 0 && domains.every((domain) => isWithinDomains(domain, allowed));
}

/** Whoever accepts at once has it the longest. */
function endsWithin(ends: GrantEnd | undefined, seconds: number, now: Date): boolean {
  if (!ends) return false;
  return 'at' in ends ? ends.at <= addSeconds(now, seconds) : ends.afterSeconds <= seconds;
}

/** Undefined: it may be offered. Admins may offer anything. */
export function refusalOfPolicy(policy: GroupPolicy, giver: Giver, wish: PolicyWish): PolicyRefusal | undefined {
  if (isAdmin(giver)) return undefined;
  const rule = refusalOfAuthority(policy, giver, wish);
  return rule ? { group: wish.grant.slug, rule } : refusalOfLimits(policy, wish);
}

/** For a host that says itself who may invite. */
export function refusalOfLimits(policy: GroupPolicy, wish: PolicyWish): PolicyRefusal | undefined {
  const [rule] = limits.find(([, isBroken]) => isBroken(policy, wish)) ?? [];
  return rule && { group: wish.grant.slug, rule };
}

/** The shortest of the longest; undefined: no group says. */
export function longestLifetime(policies: Policies): number | undefined {
  const all = [...policies.values()].flatMap(({ maxLifetimeSeconds }) => maxLifetimeSeconds ?? []);
  return all.length > 0 ? Math.min(...all) : undefined;
}

/** Grants that do not say when they end, end as their groups have it. */
export function withEnds(grants: readonly Grant[], policies: Policies): Grant[] {
  return grants.map((grant) => {
    const afterSeconds = grant.kind === 'group' ? policies.get(grant.groupId)?.membershipSeconds : undefined;
    return grant.ends || afterSeconds === undefined ? grant : { ...grant, ends: { afterSeconds } };
  });
}
