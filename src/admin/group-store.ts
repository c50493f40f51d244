/** SQL for lists of the admin API about groups: each by an index, a page at a time. */
import { type Queryable, rows } from '../lib/db.ts';

export type MemberRow = {
  readonly id: string;
  readonly accountId: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly role: string;
  readonly startedAt: Date;
  readonly endsAt: Date | null;
  readonly invitationId: string | null;
  readonly invitedBy: string | null;
};

type MemberFilter = {
  readonly slug: string;
  readonly role?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
  readonly now: Date;
};

/** The newest first. Somebody who has a place by two invitations is there twice. */
export async function listMembers(db: Queryable, { slug, role, before, limit, now }: MemberFilter): Promise<MemberRow[]> {
  const sql = `
    select m.id, m.account_id as "accountId", a.name, e.email, m.role, m.starts_at as "startedAt", m.ends_at as "endsAt",
      m.invitation_id as "invitationId", i.inviter_id as "invitedBy"
    from guestlist.membership m
    left join guestlist.account a on a.id = m.account_id
    left join guestlist.account_email e on e.account_id = m.account_id and e.primary_since is not null
    left join guestlist.invitation i on i.id = m.invitation_id
    where m.group_id = (select id from guestlist."group" where slug = :slug) and m.ended_at is null
      and (m.ends_at is null or m.ends_at > :now) and (:role::text is null or m.role = :role) and (:before::text is null or m.id < :before)
    order by m.id desc limit :limit`;
  return rows(db, sql, { slug, role: role ?? null, before: before ?? null, limit, now });
}

export type RightRow = { readonly name: string; readonly description: string; readonly groups: string[] };

export async function listRights(db: Queryable): Promise<RightRow[]> {
  const sql = `select r.name, r.description,
      array(select g.slug from guestlist.group_right gr join guestlist."group" g on g.id = gr.group_id
        where gr.right_name = r.name order by g.slug) as groups
    from guestlist."right" r order by r.name`;
  return rows(db, sql);
}
