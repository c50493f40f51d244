/** Every SQL statement about what many people are at once: enough to say what each of them could give. */
import { type Queryable, rows } from '../lib/db.ts';
import { adminRight, type Giver } from './policy.ts';
import { groupsThatGive } from './tree-store.ts';

type GiverRow = { readonly accountId: string; readonly isAdmin: boolean; readonly memberships: { groupId: string; role: string }[] };

/** By account. Of rights, only whether they are admins; their places without an end, for only what is in force is there. */
export async function findGivers(db: Queryable, accountIds: readonly string[], now: Date): Promise<ReadonlyMap<string, Giver>> {
  if (accountIds.length === 0) return new Map();
  const sql = `with recursive ${groupsThatGive}, held as materialized (
      select account_id, group_id, role from guestlist.membership
      where account_id = any(:accountIds) and ended_at is null and (ends_at is null or ends_at > :now)
    )
    select a.id as "accountId",
      exists (select from guestlist.account_right r where r.account_id = a.id and r.right_name = :right and r.ended_at is null
        and (r.ends_at is null or r.ends_at > :now))
      or exists (select from held where held.account_id = a.id and held.group_id in (select id from giving)) as "isAdmin",
      (select coalesce(json_agg(json_build_object('groupId', group_id, 'role', role)), '[]') from held where held.account_id = a.id) as memberships
    from unnest(:accountIds::text[]) as a (id)`;
  const found = await rows<GiverRow>(db, sql, { accountIds: [...new Set(accountIds)], right: adminRight, now });
  return new Map(found.map((row) => [row.accountId, toGiver(row)]));
}

function toGiver({ memberships, isAdmin }: GiverRow): Giver {
  const holdings = { memberships: memberships.map((held) => ({ ...held, endsAt: undefined })), rights: [] };
  return { holdings, entitlements: isAdmin ? [adminRight] : [] };
}
