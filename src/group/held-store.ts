/** Every SQL statement about what one person has, as they see it: since when, until when, and who gave it. */
import { type Queryable, rows } from '../lib/db.ts';
import { groupsAbove } from './tree-store.ts';

/** Where something came from. */
export type Source = {
  /** Undefined: it was given by hand. */
  readonly invitationId: string | undefined;
  /** Undefined: nobody that it names. */
  readonly inviterName: string | undefined;
};

export type HeldRight = { readonly name: string; readonly description: string };

export type HeldGroup = {
  readonly groupId: string;
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  /** Apps hear nothing of it. */
  readonly archived: boolean;
  readonly roles: readonly string[];
  readonly since: Date;
  /** Undefined: until it is taken away. */
  readonly until: Date | undefined;
  /** Each once, the first one first. */
  readonly sources: readonly Source[];
  /** Its own, and those of the groups above it. */
  readonly rights: readonly HeldRight[];
};

export type DirectRight = HeldRight & Pick<HeldGroup, 'since' | 'until' | 'sources'>;

type SourceRow = { readonly invitation_id: string | null; readonly inviter_name: string | null };
type SpanRow = { readonly since: Date; readonly until: Date | null; readonly sources: readonly SourceRow[] };

/** Of rows of one thing: the longest end wins, and none is the longest. */
const span = `min(h.starts_at) as since, case when bool_or(h.ends_at is null) then null else max(h.ends_at) end as until,
    json_agg(json_build_object('invitation_id', i.id, 'inviter_name', i.inviter_name) order by h.starts_at, h.id) as sources`;

const inForce = 'h.account_id = :accountId and h.ended_at is null and (h.ends_at is null or h.ends_at > :now)';

/** By name. */
export async function findHeldGroups(db: Queryable, accountId: string, now: Date): Promise<HeldGroup[]> {
  const sql = `select g.id as "groupId", g.slug, g.name, g.description, g.archived_at is not null as archived,
      array_agg(distinct h.role order by h.role) as roles, ${span}
    from guestlist.membership h join guestlist."group" g on g.id = h.group_id
      left join guestlist.invitation i on i.id = h.invitation_id
    where ${inForce} group by g.id order by g.name, g.slug`;
  const found = await rows<Omit<HeldGroup, 'until' | 'sources' | 'rights'> & SpanRow>(db, sql, { accountId, now });
  const rights = await findRightsOfGroups(
    db,
    found.flatMap(({ groupId, archived }) => (archived ? [] : [groupId])),
  );
  return found.map((group) => ({ ...group, ...toSpan(group), rights: rights.get(group.groupId) ?? [] }));
}

/** Those that came with no group, by name. */
export async function findDirectRights(db: Queryable, accountId: string, now: Date): Promise<DirectRight[]> {
  const sql = `select r.name, r.description, ${span}
    from guestlist.account_right h join guestlist."right" r on r.name = h.right_name
      left join guestlist.invitation i on i.id = h.invitation_id
    where ${inForce} group by r.name order by r.name`;
  return (await rows<HeldRight & SpanRow>(db, sql, { accountId, now })).map((right) => ({ ...right, ...toSpan(right) }));
}

async function findRightsOfGroups(db: Queryable, groupIds: readonly string[]): Promise<Map<string, HeldRight[]>> {
  if (groupIds.length === 0) return new Map();
  const sql = `with recursive ${groupsAbove}
    select start, json_agg(json_build_object('name', name, 'description', description) order by name) as rights from (
      select distinct u.start, r.name, r.description from upward u
        join guestlist.group_right gr on gr.group_id = u.id join guestlist."right" r on r.name = gr.right_name) given
    group by start`;
  const found = await rows<{ start: string; rights: HeldRight[] }>(db, sql, { groupIds });
  return new Map(found.map(({ start, rights }) => [start, rights]));
}

function toSpan({ until, sources }: SpanRow): Pick<HeldGroup, 'until' | 'sources'> {
  const known = new Map<string, Source>();
  for (const { invitation_id, inviter_name } of sources) {
    const source = { invitationId: invitation_id ?? undefined, inviterName: inviter_name ?? undefined };
    const key = `${source.inviterName ?? ''}\n${source.invitationId === undefined}`;
    if (!known.has(key)) known.set(key, source);
  }
  return { until: until ?? undefined, sources: [...known.values()] };
}
