/**
 * Who may do what at the admin API and in the console: the one place that says so. Owns the question whether somebody may
 * at all, and what of it is theirs; what may be given in an invitation is asked by the use cases themselves (`group/policy.ts`).
 * Neighbours: `operation.ts` (what can be called), `routes.ts` (who calls), `scope.ts` of each list.
 *
 * Admins (right `guestlist:admin`) and apps that act for themselves reach everything that their scopes name. Managers of a
 * group reach what belongs to their groups and to those beneath. To everybody else there is nothing here.
 */
import { slugOfGrant } from '../group/group.ts';
import { type AdminScope, adminScopes } from '../client/own-scopes.ts';
import { Failure, type FailureCode } from '../errors.ts';
import { findClaimFacts } from '../group/membership-store.ts';
import { adminRight } from '../group/policy.ts';
import { findManagedGroups } from '../group/tree-store.ts';
import type { Sight } from '../invitation/sight-store.ts';
import type { Queryable } from '../lib/db.ts';

export type ManagedGroup = { readonly id: string; readonly slug: string };

export type Caller = {
  /** Undefined: an app that acts for itself. */
  readonly accountId: string | undefined;
  /** The app that calls. Undefined: the console. */
  readonly clientId: string | undefined;
  readonly scopes: ReadonlySet<string>;
  readonly isAdmin: boolean;
  /** Groups that they manage, with those beneath, that are not archived. */
  readonly managed: readonly ManagedGroup[];
};

/** What managers reach, of their groups. Everything else is the admins'. */
const managersScopes: ReadonlySet<AdminScope> = new Set<AdminScope>([
  'invitations:read',
  'invitations:write',
  'campaigns:read',
  'campaigns:write',
  'requests:read',
  'requests:write',
  'groups:read',
  'memberships:read',
  'memberships:write',
]);

export type Reach = 'all' | 'theirs';

/** Throws `insufficient_scope` of the token, `access_denied` of whoever it is for. */
export function reachOf(caller: Caller, scope: AdminScope): Reach {
  if (!caller.scopes.has(scope)) throw new Failure('insufficient_scope', { scope });
  if (caller.isAdmin) return 'all';
  if (caller.managed.length > 0 && managersScopes.has(scope)) return 'theirs';
  throw new Failure('access_denied');
}

/** Admins alone: whatever reaches beyond single groups. Throws `access_denied`. */
export function requireAdmin({ isAdmin }: Caller): void {
  if (!isAdmin) throw new Failure('access_denied');
}

/**
 * Whoever calls by a token can do what its scopes name, and gives nobody more than that: neither an app scopes of ours, nor
 * a person the right to run the server, which is all of them. Throws `insufficient_scope`, naming the first that is missing.
 */
export function requireScopes({ scopes }: Caller, given: readonly AdminScope[] = adminScopes): void {
  const scope = given.find((name) => !scopes.has(name));
  if (scope !== undefined) throw new Failure('insufficient_scope', { scope });
}

export function hasAllScopes({ scopes }: Caller): boolean {
  return adminScopes.every((name) => scopes.has(name));
}

export function managesGroup({ isAdmin, managed }: Caller, slug: string): boolean {
  return isAdmin || managed.some((group) => group.slug === slug);
}

/** What is not theirs is not there. Throws the code that says so. */
export function requireGroup(caller: Caller, slug: string, code: FailureCode = 'group_not_found'): void {
  if (!managesGroup(caller, slug)) throw new Failure(code, code === 'group_not_found' ? { slug } : {});
}

/** What is offered: `choir:member` or a right, each beside its role there; a right has none, whatever its name looks like. */
export type Offered = {
  readonly grants: readonly string[];
  readonly gives: readonly { readonly role: string | null | undefined }[];
};

/** An offer is a manager's business if they made it, or if all of it is in groups of theirs. */
export function seesOffer(caller: Caller, { inviterId, ...offered }: Offered & { readonly inviterId: string | null | undefined }): boolean {
  return (typeof inviterId === 'string' && inviterId === caller.accountId) || managesOffer(caller, offered);
}

/** Who came by an offer, or waits, is told to whoever runs all of the groups, and to nobody for having made it. */
export function managesOffer(caller: Caller, { grants, gives }: Offered): boolean {
  const isTheirs = (grant: string, index: number) => typeof gives[index]?.role === 'string' && managesGroup(caller, slugOfGrant(grant));
  return caller.isAdmin || (grants.length > 0 && grants.every(isTheirs));
}

/** `seesOffer`, for lists. */
export function sightOf({ isAdmin, accountId, managed }: Caller): Sight {
  return isAdmin || accountId === undefined ? undefined : { accountId, groupIds: managed.map(({ id }) => id) };
}

/** As an offer; a right is nobody's group. The same as a list says of it in SQL (`listCampaigns`). */
export function seesCampaign(
  caller: Caller,
  campaign: { readonly inviterId: string | undefined; readonly groups: readonly string[]; readonly rights: readonly string[] },
): boolean {
  const { inviterId, groups, rights } = campaign;
  if (caller.isAdmin || (inviterId !== undefined && inviterId === caller.accountId)) return true;
  return rights.length === 0 && groups.length > 0 && groups.every((group) => managesGroup(caller, slugOfGrant(group)));
}

/** In whose name something is offered: people offer in their own, apps as they say. Undefined: the operator. Throws `access_denied`. */
export function inviterFor({ accountId }: Caller, wished: string | undefined): string | undefined {
  if (accountId !== undefined && wished !== undefined && wished !== accountId) throw new Failure('access_denied');
  return accountId ?? wished;
}

/** Whoever sees a link can give it away in its inviter's name. Throws `access_denied`. */
export function requireOwnLinks(caller: Caller, inviterId: string | undefined): void {
  if (!caller.isAdmin && (inviterId === undefined || inviterId !== caller.accountId)) throw new Failure('access_denied');
}

type Person = {
  readonly accountId: string;
  readonly clientId: string | undefined;
  readonly scopes: ReadonlySet<string>;
  readonly now: Date;
};

/** What a person is today: asked with each call, so that whoever loses a role loses what came with it at once. */
export async function personAsCaller(db: Queryable, { accountId, clientId, scopes, now }: Person): Promise<Caller> {
  const [{ entitlements }, managed] = await Promise.all([findClaimFacts(db, accountId, now), findManagedGroups(db, accountId, now)]);
  return { accountId, clientId, scopes, managed, isAdmin: entitlements.includes(adminRight) };
}

/** An app was registered with these scopes by whoever runs the server: it has their power within them. */
export function appAsCaller({ clientId, scopes }: { readonly clientId: string; readonly scopes: ReadonlySet<string> }): Caller {
  return { accountId: undefined, clientId, scopes, managed: [], isAdmin: true };
}
