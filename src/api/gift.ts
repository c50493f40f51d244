/**
 * What a token gives away: never more than it holds. The right to run the server is all scopes of the admin API, so only a
 * token that has all of them gives it, whether by itself, through a group, or through a place from which it can be given on.
 * Owns that one question, for the members' API and the admin API alike (`admin/admin-right.ts`).
 */
import { slugOfGrant } from '../group/group.ts';
import type { GuestlistCalls } from '../calls.ts';
import { adminScopes } from '../client/own-scopes.ts';
import { Failure } from '../errors.ts';
import { findClaimFacts } from '../group/membership-store.ts';
import { adminRight, managerRole } from '../group/policy.ts';
import { doesAnyGive, findManagedGroups, leadsAnyTo } from '../group/tree-store.ts';
import type { InvitationSummary } from '../invitation/summary.ts';
import type { Queryable } from '../lib/db.ts';

export type Gift = {
  /** Each may carry a role: `choir`, `choir:manager`. */
  readonly groups?: readonly string[] | undefined;
  readonly rights?: readonly string[] | undefined;
  readonly template?: string | undefined;
};

export type Giving = {
  readonly database: Queryable;
  readonly guestlist: Pick<GuestlistCalls, 'listTemplates'>;
  /** Of the token. */
  readonly scopes: ReadonlySet<string>;
};

/** Throws `insufficient_scope`, naming the first scope that is missing. */
export async function requireMayGive({ scopes, ...from }: Giving, gift: Gift): Promise<void> {
  const scope = adminScopes.find((name) => !scopes.has(name));
  if (scope !== undefined && (await makesAdmins(from, gift))) throw new Failure('insufficient_scope', { scope });
}

type Person = { readonly accountId: string; readonly now: Date };

/**
 * As `requireMayGive`. Of whoever could give no such thing by themselves nothing is asked: they are refused as ever, and do not
 * learn by it what a group of others gives.
 */
export async function requireTokenOf({ accountId, now }: Person, giving: Giving, gift: Gift): Promise<void> {
  const { database } = giving;
  const { entitlements } = await findClaimFacts(database, accountId, now);
  const managed = entitlements.includes(adminRight) ? [] : (await findManagedGroups(database, accountId, now)).map(({ slug }) => slug);
  if (entitlements.includes(adminRight) || (await doesAnyGive(database, managed, adminRight))) await requireMayGive(giving, gift);
}

/** Whoever has it runs the server, or manages a group beneath which that is given. */
export async function makesAdmins(from: Omit<Giving, 'scopes'>, { groups = [], rights = [], template }: Gift): Promise<boolean> {
  const { database, guestlist } = from;
  if (rights.includes(adminRight)) return true;
  const managed = groups.filter((grant) => grant.endsWith(`:${managerRole}`)).map(slugOfGrant);
  if (groups.length > 0 && (await doesAnyGive(database, groups.map(slugOfGrant), adminRight))) return true;
  if (managed.length > 0 && (await leadsAnyTo(database, managed, adminRight))) return true;
  if (template === undefined) return false;
  const wish = (await guestlist.listTemplates()).find(({ name }) => name === template)?.wish;
  return wish !== undefined && makesAdmins(from, { groups: wish.groups, rights: wish.rights });
}

/** What an invitation gives, as it is shown. */
export function giftOf({
  gives,
  grants,
}: {
  readonly gives: readonly { readonly role?: string | null | undefined }[];
  readonly grants: InvitationSummary['grants'];
}): Gift {
  const isGroup = (_: string, index: number) => typeof gives[index]?.role === 'string';
  return { groups: grants.filter(isGroup), rights: grants.filter((grant, index) => !isGroup(grant, index)) };
}
