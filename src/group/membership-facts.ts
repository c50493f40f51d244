/**
 * All that is in force for one person, as the mappings of relying apps want it: every role, with the groups above, and
 * every right. What a provider without mappings says of it is in `claims.ts`.
 */
import { type Queryable, rows } from '../lib/db.ts';
import { reachOfAccount } from './tree-store.ts';

export type GroupName = { readonly groupId: string; readonly slug: string; readonly name: string };

/** One for each role in each group that is not archived. */
export type MembershipFact = GroupName & {
  readonly role: string;
  /** The nearest first, as far up as anything is inherited. */
  readonly ancestors: readonly GroupName[];
};

export type MembershipFacts = {
  /** By slug and role. */
  readonly memberships: readonly MembershipFact[];
  /** Direct ones and those that come with groups, of which each is one's own or above one's own. */
  readonly rights: readonly { readonly name: string }[];
};

type ReachedGroup = GroupName & {
  readonly parentId: string | null;
  /** Null: it is only above one of theirs. */
  readonly roles: readonly string[] | null;
};

/** In one statement, so that all of it is of one instant; of a right there is nothing but the name. */
export async function findMembershipFacts(db: Queryable, accountId: string, now: Date): Promise<MembershipFacts> {
  const sql = `
    with recursive ${reachOfAccount}
    select r.id as "groupId", r.slug, r.name, r.parent_id as "parentId", held.roles from reached r left join held on held.id = r.id
    union all
    select null, null, right_name, null, null from entitled`;
  const found = await rows<ReachedGroup | { readonly groupId: null; readonly name: string }>(db, sql, { accountId, now });
  const groups = found.filter((row) => row.groupId !== null);
  const rights = found.filter((row) => row.groupId === null).map(({ name }) => name);
  return { memberships: membershipsOf(groups), rights: rights.toSorted().map((name) => ({ name })) };
}

type Standing = { readonly accountId: string; readonly slug: string; readonly now: Date };

/** In the group itself, or in one beneath it. */
export async function isInside(db: Queryable, { accountId, slug, now }: Standing): Promise<boolean> {
  const { memberships } = await findMembershipFacts(db, accountId, now);
  return memberships.some((membership) => membership.slug === slug || membership.ancestors.some((ancestor) => ancestor.slug === slug));
}

function membershipsOf(groups: readonly ReachedGroup[]): MembershipFact[] {
  const known = new Map(groups.map((group) => [group.groupId, group]));
  const bySlug = groups.toSorted((one, other) => (one.slug < other.slug ? -1 : 1));
  return bySlug.flatMap(({ groupId, slug, name, parentId, roles }) => {
    const ancestors = ancestorsOf(parentId, known);
    return (roles ?? []).toSorted().map((role) => ({ groupId, slug, name, role, ancestors }));
  });
}

/** An archived group is not among what was reached: the way up ends there. */
function ancestorsOf(parentId: string | null, known: ReadonlyMap<string, ReachedGroup>): GroupName[] {
  const parent = parentId === null ? undefined : known.get(parentId);
  if (!parent) return [];
  const { groupId, slug, name } = parent;
  return [{ groupId, slug, name }, ...ancestorsOf(parent.parentId, known)];
}
