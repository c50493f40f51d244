/** What became of the rows of a campaign: every SQL statement that reads it from the facts. */
import { type Queryable, rows } from '../lib/db.ts';
import { type CampaignRow, type RowFacts, type RowOutcome, type Step, stateOfRow, steps } from './campaign.ts';

/**
 * One line for each row, with the instant of each step. Ended by retention is expired: it was over before. What was
 * accepted neither expires nor can be revoked.
 */
const facts = `
  select r.position, r.row_key as "key", r.email, r.name, r.invitation_id as "invitationId", r.failed_at as "failedAt", r.failure,
    r.made_at as "madeAt", r.opened_at as "openedAt", r.started_at as "startedAt",
    m.mailed as "mailedAt", case when m.mailed is null then m.bounced end as "bouncedAt",
    j.joined as "joinedAt",
    case when j.joined is null then d.declined end as "declinedAt",
    case when j.joined is null and i.expires_at <= :now and (i.revoked_at is null or i.revoked_at >= i.expires_at) then i.expires_at end as "expiredAt",
    case when j.joined is null and i.revoked_at < i.expires_at then i.revoked_at end as "revokedAt"
  from guestlist.campaign_row r
  left join guestlist.invitation i on i.id = r.invitation_id`;

const mailed = `select invitation_id, min(sent_at) as mailed, max(failed_at) as bounced from guestlist.mail where kind = 'invited'`;
const joined = 'select invitation_id, min(redeemed_at) as joined from guestlist.redemption where true';
const declined = `select subject as invitation_id, min(at) as declined from guestlist.audit_event where action = 'invitation.declined'`;

/** For some rows: what became of each is looked up for itself. */
const factsOfSome = `${facts}
  left join lateral (${mailed} and invitation_id = r.invitation_id group by 1) m on true
  left join lateral (${joined} and invitation_id = r.invitation_id group by 1) j on true
  left join lateral (${declined} and subject = r.invitation_id group by 1) d on true
  where r.campaign_id = :id`;

/** For all rows, of which there may be 50,000: what became of them is looked up together. */
const own = '(select invitation_id from guestlist.campaign_row where campaign_id = :id and invitation_id is not null)';
const factsOfAll = `${facts}
  left join (${mailed} and invitation_id in ${own} group by 1) m on m.invitation_id = r.invitation_id
  left join (${joined} and invitation_id in ${own} group by 1) j on j.invitation_id = r.invitation_id
  left join (${declined} and subject in ${own} group by 1) d on d.invitation_id = r.invitation_id
  where r.campaign_id = :id`;

type FactsRow = { readonly [Name in keyof CampaignRow]: CampaignRow[Name] | null };

function toRow(row: FactsRow): CampaignRow {
  const facts = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? undefined])) as unknown as CampaignRow;
  return { ...facts, state: stateOfRow(facts) };
}

/** In their order; for the next page give the last position as `after`. */
export async function listRows(
  db: Queryable,
  id: string,
  { limit, after, now }: { readonly limit: number; readonly after: number; readonly now: Date },
): Promise<CampaignRow[]> {
  const sql = `${factsOfSome} and r.position > :after order by r.position limit :limit`;
  return (await rows<FactsRow>(db, sql, { id, limit, after, now })).map(toRow);
}

type AnswerRow = {
  readonly position: number;
  readonly failure: RowOutcome['answer'] | null;
  readonly email: string | null;
  readonly name: string | null;
};

/** Only what came of each; of 50,000, all that is known would take long. */
export async function listAnswers(
  db: Queryable,
  id: string,
  { limit, after }: { readonly limit: number; readonly after: number },
): Promise<RowOutcome[]> {
  const sql = `select position, failure, email, name from guestlist.campaign_row where campaign_id = :id and position > :after
    order by position limit :limit`;
  const found = await rows<AnswerRow>(db, sql, { id, limit, after });
  return found.map(({ position, failure, email, name }) => ({
    position,
    answer: failure ?? 'valid',
    email: email ?? undefined,
    name: name ?? undefined,
  }));
}

const column = (step: Step) => `"${step}At"` satisfies `"${keyof RowFacts}"`;

/** By day in UTC, in order; days on which nothing happened are left out. */
export async function countDays(db: Queryable, id: string, now: Date): Promise<(Record<Step, number> & { readonly day: string })[]> {
  const sql = `
    select to_char(day, 'YYYY-MM-DD') as day, ${steps.join(', ')} from (
      select (s.at at time zone 'UTC')::date as day,
        ${steps.map((step) => `count(*) filter (where s.step = '${step}')::int as ${step}`).join(', ')}
      from (${factsOfAll}) f,
        lateral (values ${steps.map((step) => `('${step}', f.${column(step)})`).join(', ')}) as s (step, at)
      where s.at is not null group by 1) counted
    order by counted.day`;
  return rows(db, sql, { id, now });
}
