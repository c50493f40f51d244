/**
 * All that is in force for one person, as the mappings of relying apps want it: every role, with the groups above, and
 * every right. What a provider without mappings says of it is in `claims.ts`.
 */
import { firstRow, type Queryable } from '../lib/db.ts';
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
  /** Empty: only above. */
  readonly roles: readonly string[];
};

/** In one statement, so that all of it is of one instant. */
export async function findMembershipFacts(db: Queryable, accountId: string, now: Date): Promise<MembershipFacts> {
  const sql = `
    with recursive ${reachOfAccount}, roles as (
      select id, json_agg(role order by role) as names from held group by id
    )
    select
      (select coalesce(json_agg(json_build_object('groupId', g.id, 'slug', g.slug, 'name', g.name, 'parentId', g.parent_id,
          'roles', coalesce(roles.names, '[]')) order by g.slug), '[]')
        from reached join guestlist."group" g on g.id = reached.id left join roles on roles.id = reached.id) as groups,
      array(select right_name from entitled order by right_name) as rights`;
  const row = await firstRow<{ groups: ReachedGroup[]; rights: string[] }>(db, sql, { accountId, now });
  return { memberships: membershipsOf(row?.groups ?? []), rights: (row?.rights ?? []).map((name) => ({ name })) };
}

function membershipsOf(groups: readonly ReachedGroup[]): MembershipFact[] {
  const known = new Map(groups.map((group) => [group.groupId, group]));
  return groups.flatMap(({ groupId, slug, name, parentId, roles }) => {
    const ancestors = ancestorsOf(parentId, known);
    return roles.map((role) => ({ groupId, slug, name, role, ancestors }));
  });
}

/** An archived group is not among what was reached: the way up ends there. */
function ancestorsOf(parentId: string | null, known: ReadonlyMap<string, ReachedGroup>): GroupName[] {
  const parent = parentId === null ? undefined : known.get(parentId);
  if (!parent) return [];
  const { groupId, slug, name } = parent;
  return [{ groupId, slug, name }, ...ancestorsOf(parent.parentId, known)];
}
