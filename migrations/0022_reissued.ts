import type { Knex } from 'knex';

/** An invitation in the place of another stays in its campaign: the row belongs to the last one, the report of leaks to each. */
export async function up(db: Knex): Promise<void> {
  await db.raw('create unique index invitation_replaces on guestlist.invitation (replaces_id) where replaces_id is not null');
  await db.raw(rules);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop function guestlist.contradictions();
    alter function guestlist.contradictions_before_reissues() rename to contradictions;
    drop index guestlist.invitation_replaces;
  `);
}

const changedRule = 'an invitation of a campaign without its row';

const ownRules: Readonly<Record<string, string>> = {
  [changedRule]: `
    select i.id from guestlist.invitation i where i.campaign_id is not null
      and not exists (select from guestlist.campaign_row r where r.invitation_id = i.id and r.campaign_id = i.campaign_id)
      and not exists (select from guestlist.invitation n where n.replaces_id = i.id)`,
  'an invitation in the place of one that is good, or of another campaign': `
    select n.id from guestlist.invitation n join guestlist.invitation i on i.id = n.replaces_id
    where i.revoked_at is null or i.campaign_id is distinct from n.campaign_id`,
};

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** The rules that there are stay as they are, but for one. */
const rules = `
alter function guestlist.contradictions() rename to contradictions_before_reissues;

create function guestlist.contradictions() returns table (rule text, example text) language sql stable as $$
  select * from guestlist.contradictions_before_reissues() before where before.rule <> ${quoted(changedRule)}
  union all
  ${Object.entries(ownRules)
    .map(([rule, sql]) => `(select ${quoted(rule)}::text, found.example::text from (${sql}) as found (example) limit 1)`)
    .join('\n  union all\n  ')}
$$;
`;
