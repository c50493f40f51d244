/** Every SQL statement about where one can ask for an invitation, and about the rules there. */
import { execute, firstRow, type Queryable, rows, type Transaction, violates } from '../lib/db.ts';
import { Failure } from '../errors.ts';
import type { Rule, RuleFacts } from './request.ts';

export type Desk = {
  readonly groupId: string;
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  /** What an approved one is invited to; undefined: to be a member. */
  readonly template: string | undefined;
  readonly isOpen: boolean;
};

type DeskRow = Omit<Desk, 'template'> & { readonly template: string | null };

const select = `
  select d.group_id as "groupId", g.slug, g.name, g.description, d.template, d.closed_at is null and g.archived_at is null as "isOpen"
  from guestlist.request_desk d join guestlist."group" g on g.id = d.group_id`;

function toDesk({ template, ...row }: DeskRow): Desk {
  return { ...row, template: template ?? undefined };
}

export async function findDesk(db: Queryable, slug: string): Promise<Desk | undefined> {
  const row = await firstRow<DeskRow>(db, `${select} where g.slug = :slug`, { slug });
  return row && toDesk(row);
}

export async function listDesks(db: Queryable, which: 'all' | 'where somebody waits' = 'all'): Promise<Desk[]> {
  const waits = `where exists (select from guestlist.invitation_request q
    where q.group_id = d.group_id and q.confirmed_at is not null and q.decided_at is null)`;
  return (await rows<DeskRow>(db, `${select} ${which === 'all' ? '' : waits} order by g.slug`)).map(toDesk);
}

/** Opens it again where it was closed. Throws `template_not_found`. */
export async function upsertDesk(
  trx: Transaction,
  desk: { readonly groupId: string; readonly template: string | undefined; readonly now: Date; readonly by: string },
): Promise<void> {
  const sql = `insert into guestlist.request_desk (group_id, template, opened_at, opened_by)
    values (:groupId, :template, :now, :by)
    on conflict (group_id) do update set template = excluded.template, opened_at = excluded.opened_at, opened_by = excluded.opened_by,
      closed_at = null`;
  try {
    await execute(trx, sql, { ...desk, template: desk.template ?? null });
  } catch (error) {
    if (violates(error, 'request_desk_template_fkey')) throw new Failure('template_not_found', { name: desk.template ?? '' });
    throw error;
  }
}

/** False: it was not open. */
export async function markClosed(trx: Transaction, groupId: string, now: Date): Promise<boolean> {
  const sql = 'update guestlist.request_desk set closed_at = :now where group_id = :groupId and closed_at is null';
  return (await execute(trx, sql, { groupId, now })) === 1;
}

/** Of two at once one rule stays: the later. Returns its id, which is that of the one before it. */
export async function upsertRule(
  trx: Transaction,
  { groupId, now, ...rule }: Rule & { readonly groupId: string; readonly now: Date },
): Promise<string> {
  const sql = `insert into guestlist.request_rule (id, group_id, domain, decision, per_day, created_at, created_by)
    values (:id, :groupId, :domain, :decision, :perDay, :now, :createdBy)
    on conflict (group_id, domain) do update set decision = excluded.decision, per_day = excluded.per_day,
      created_at = excluded.created_at, created_by = excluded.created_by
    returning id`;
  return (await firstRow<{ id: string }>(trx, sql, { ...rule, groupId, now, perDay: rule.perDay ?? null }))?.id ?? rule.id;
}

/** False: there was none. */
export async function deleteRule(trx: Transaction, groupId: string, domain: string): Promise<boolean> {
  return (
    (await execute(trx, 'delete from guestlist.request_rule where group_id = :groupId and domain = :domain', { groupId, domain })) === 1
  );
}

type RuleRow = Omit<Rule, 'perDay'> & { readonly perDay: number | null };

const ruleColumns = 'id, domain, decision, per_day as "perDay", created_by as "createdBy"';

export async function listRules(db: Queryable, groupId: string): Promise<Rule[]> {
  const sql = `select ${ruleColumns} from guestlist.request_rule where group_id = :groupId order by domain`;
  return (await rows<RuleRow>(db, sql, { groupId })).map((row) => ({ ...row, perDay: row.perDay ?? undefined }));
}

/** Locked, so that two requests cannot both be the last of a day. Undefined: it is gone. */
export async function lockRule(
  trx: Transaction,
  { id, since }: { readonly id: string; readonly since: Date },
): Promise<RuleFacts | undefined> {
  await execute(trx, 'select from guestlist.request_rule where id = :id for update', { id });
  const sql = `select ${ruleColumns}, (select count(*)::int from guestlist.invitation_request q
      where q.rule_id = r.id and q.decision = 'approved' and q.decided_at > :since) as "approvedToday"
    from guestlist.request_rule r where id = :id`;
  const row = await firstRow<RuleRow & { readonly approvedToday: number }>(trx, sql, { id, since });
  return row && { ...row, perDay: row.perDay ?? undefined };
}

/** Where somebody waits of whom nobody was told, and nobody was told anything since `toldBefore`. Skips what others are at. */
export async function lockUntoldDesks(
  trx: Transaction,
  toldBefore: Date,
): Promise<(Pick<Desk, 'groupId' | 'slug' | 'name' | 'template'> & { readonly waitingCount: number })[]> {
  const sql = `
    select d.group_id as "groupId", g.slug, g.name, d.template, (select count(*)::int from guestlist.invitation_request q
        where q.group_id = d.group_id and q.confirmed_at is not null and q.decided_at is null) as "waitingCount"
    from guestlist.request_desk d join guestlist."group" g on g.id = d.group_id
    where (d.told_at is null or d.told_at <= :toldBefore) and exists (select from guestlist.invitation_request q
      where q.group_id = d.group_id and q.decided_at is null and q.confirmed_at > coalesce(d.told_at, '-infinity'))
    order by d.group_id for update of d skip locked`;
  const found = await rows<Omit<DeskRow, 'description' | 'isOpen'> & { readonly waitingCount: number }>(trx, sql, { toldBefore });
  return found.map(({ template, ...row }) => ({ ...row, template: template ?? undefined }));
}

export async function markTold(trx: Transaction, groupId: string, now: Date): Promise<void> {
  await execute(trx, 'update guestlist.request_desk set told_at = :now where group_id = :groupId', { groupId, now });
}

export async function lockDesk(trx: Transaction, groupId: string): Promise<void> {
  await execute(trx, 'select from guestlist.request_desk where group_id = :groupId for update', { groupId });
}

export async function findDeskById(db: Queryable, groupId: string): Promise<Desk | undefined> {
  const row = await firstRow<DeskRow>(db, `${select} where d.group_id = :groupId`, { groupId });
  return row && toDesk(row);
}
