/** The SQL of `inviters.ts`: the table `inviter_tree`, walked along its index. */
import { type Queryable, rows } from '../lib/db.ts';

/** Where somebody stands beside the others who came through the same inviter: by the instant they came, and their id. */
export type Place = {
  readonly accountId: string;
  readonly inviterId: string | null;
  /** As PostgreSQL writes it, to the microsecond. */
  readonly joinedAt: string;
};

const columns = `t.account_id as "accountId", nullif(t.inviter_id, '') as "inviterId", t.joined_at::text as "joinedAt"`;

export async function findPlace(db: Queryable, accountId: string): Promise<Place | undefined> {
  const sql = `select ${columns} from guestlist.inviter_tree t where t.account_id = :accountId`;
  return (await rows<Place>(db, sql, { accountId }))[0];
}

/** An account and those above it, the lowest first; of a circle, one time round at most. */
export async function findPlacesAbove(db: Queryable, accountId: string, most: number): Promise<Place[]> {
  const sql = `with recursive up as (
      select t.*, 1 as level from guestlist.inviter_tree t where t.account_id = :accountId
      union all
      select t.*, up.level + 1 from up join guestlist.inviter_tree t on t.account_id = up.inviter_id where up.level < :most
    ) select ${columns} from up t order by t.level`;
  return rows(db, sql, { accountId, most });
}

/** Null: those whom nobody invited but the operator. After: of those who came through them, one. */
export type Parent = { readonly id: string | null; readonly after?: Place | undefined };

/** Who came through these: the first one's first, and each one's in the order they came; so many at most. */
export async function findBelow(db: Queryable, parents: readonly Parent[], limit: number): Promise<(Place & { readonly of: number })[]> {
  const sql = `select ${columns}, p.position::int - 1 as "of"
    from unnest(:ids::text[], :afterTimes::timestamptz[], :afterIds::text[]) with ordinality as p(id, after_time, after_id, position)
    cross join lateral guestlist.came_through(p.id, p.after_time, p.after_id, :limit) t
    order by p.position, t.joined_at, t.account_id limit :limit`;
  const ids = parents.map(({ id }) => id ?? '');
  const afterTimes = parents.map(({ after }) => after?.joinedAt ?? '-infinity');
  return rows(db, sql, { ids, afterTimes, afterIds: parents.map(({ after }) => after?.accountId ?? ''), limit });
}

export type Standing = { readonly joinedAt: Date | null; readonly invited: number; readonly stayed: number; readonly isHere: boolean };

const isHere = (accountId: string) => `(exists (select from guestlist.membership m
        where m.account_id = ${accountId} and m.ended_at is null and (m.ends_at is null or m.ends_at > :now))
      or exists (select from guestlist.account_right r
        where r.account_id = ${accountId} and r.ended_at is null and (r.ends_at is null or r.ends_at > :now)))`;

/** In the order of the ids, all of which are in the tree. Who came through them is counted so far. */
export async function findStandings(
  db: Queryable,
  ids: readonly string[],
  { most, now }: { readonly most: number; readonly now: Date },
): Promise<Standing[]> {
  const sql = `select nullif(t.joined_at, '-infinity') as "joinedAt", c.invited, c.stayed, ${isHere('t.account_id')} as "isHere"
    from unnest(:ids::text[]) with ordinality as p(id, position) join guestlist.inviter_tree t on t.account_id = p.id
    cross join lateral (
      select count(*)::int as invited, (count(*) filter (where ${isHere('b.account_id')}))::int as stayed
      from (select account_id from guestlist.inviter_tree where inviter_id = p.id limit :most) b) c
    order by p.position`;
  return rows(db, sql, { ids, most, now });
}
