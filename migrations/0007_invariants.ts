import type { Knex } from 'knex';

/**
 * What must hold whatever happened, as one function that anybody can ask: places, redemptions, approvals, accounts,
 * memberships and the audit record tell the same story. Each rule finds those who break it; none may ever be wrong
 * about a database that is right. "Now" is the newest audit event: whatever lapses by time is written about later.
 */
export async function up(db: Knex): Promise<void> {
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const parts = Object.entries(rules).map(
    ([rule, sql]) => `(select ${quoted(rule)}::text, found.example::text from (${sql}) as found (example) limit 1)`,
  );
  await db.raw(`
    create function guestlist.contradictions() returns table (rule text, example text) language sql stable as $$
      ${parts.join('\n      union all\n      ')}
    $$;

    create function guestlist.assert_invariants() returns void language plpgsql stable as $$
    declare
      broken text;
    begin
      select string_agg(format('%s: %s', c.rule, c.example), E'\\n') into broken from guestlist.contradictions() c;
      if broken is not null then
        raise exception 'the database contradicts itself: %', broken using errcode = 'integrity_constraint_violation';
      end if;
    end $$;
  `);
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop function guestlist.assert_invariants(); drop function guestlist.contradictions();');
}

/** Somebody else may have waited for a lock as long as this, with the time in hand. */
const patience = `interval '10 seconds'`;

const places: Readonly<Record<string, string>> = {
  'an invitation whose counter differs from its redemptions': `
    select i.id from guestlist.invitation i
    left join (select invitation_id, count(*) as count from guestlist.redemption group by 1) r on r.invitation_id = i.id
    where i.used_count <> coalesce(r.count, 0)`,
  'an invitation with more redemptions than places': `
    select i.id from guestlist.invitation i
    join (select invitation_id, count(*) as count from guestlist.redemption group by 1) r on r.invitation_id = i.id
    where r.count > i.max_uses`,
  'an invitation with more places taken and kept than it has': `
    select i.id from guestlist.invitation i
    join (select invitation_id, count(*) as count from guestlist.approval
      where decision is null and lapses_at > (select max(at) from guestlist.audit_event) group by 1) a on a.invitation_id = i.id
    where i.used_count + a.count > i.max_uses`,
  'an invitation confirmed by its own inviter': `
    select i.id from guestlist.invitation i where i.confirmed_by = coalesce(i.inviter_id, 'operator')`,
  'a link that was replaced like a mail': `
    select t.id from guestlist.invitation_token t where t.channel <> 'mail' and t.superseded_at is not null`,
};

const redemptions: Readonly<Record<string, string>> = {
  'a redemption that granted nothing': `
    select r.account_id from guestlist.redemption r
    where not r.account_created
      and not exists (select from guestlist.approval a
        where a.invitation_id = r.invitation_id and a.account_id = r.account_id and a.decision = 'approved')
      and not exists (select from guestlist.membership m where m.account_id = r.account_id and m.invitation_id = r.invitation_id)
      and not exists (select from guestlist.account_right x where x.account_id = r.account_id and x.invitation_id = r.invitation_id)`,
  'a redemption by the token of another invitation': `
    select r.account_id from guestlist.redemption r join guestlist.invitation_token t on t.id = r.token_id
    where t.invitation_id <> r.invitation_id`,
  'a redemption without exactly one audit entry': `
    select r.account_id from guestlist.redemption r
    left join guestlist.approval a on a.invitation_id = r.invitation_id and a.account_id = r.account_id and a.decision = 'approved'
    left join (select subject, actor, count(*) as count from guestlist.audit_event where action = 'invitation.redeemed' group by 1, 2) e
      on e.subject = r.invitation_id and e.actor = r.account_id
    where a.account_id is null and e.count is distinct from 1`,
  'an approval without exactly one audit entry': `
    select a.account_id from guestlist.approval a
    left join (select subject, detail ->> 'accountId' as account_id, count(*) as count from guestlist.audit_event
      where action = 'invitation.approved' group by 1, 2) e on e.subject = a.invitation_id and e.account_id = a.account_id
    where a.decision = 'approved' and e.count is distinct from 1`,
  'an approval without its redemption': `
    select a.account_id from guestlist.approval a
    where a.decision = 'approved' and not exists (select from guestlist.redemption r
      where r.invitation_id = a.invitation_id and r.account_id = a.account_id)`,
  'a redemption that nobody has approved': `
    select a.account_id from guestlist.approval a
    where a.decision is distinct from 'approved' and exists (select from guestlist.redemption r
      where r.invitation_id = a.invitation_id and r.account_id = a.account_id)`,
  'an approval by the person who asked': `
    select a.account_id from guestlist.approval a where a.decided_by = a.account_id`,
  'a visit that says joined without a redemption': `
    select v.id from guestlist.visit v join guestlist.invitation_token t on t.id = v.token_id
    where v.answer = 'joined' and not exists (select from guestlist.redemption r
      where r.invitation_id = t.invitation_id and r.account_id = v.account_id)`,
};

const memberships: Readonly<Record<string, string>> = {
  'a membership from an invitation that was not redeemed': `
    select m.id from guestlist.membership m
    where m.invitation_id is not null and not exists (select from guestlist.redemption r
      where r.invitation_id = m.invitation_id and r.account_id = m.account_id)`,
  'a right from an invitation that was not redeemed': `
    select x.id from guestlist.account_right x
    where x.invitation_id is not null and not exists (select from guestlist.redemption r
      where r.invitation_id = x.invitation_id and r.account_id = x.account_id)`,
  'two active memberships of one source': `
    select min(m.id) from guestlist.membership m where m.ended_at is null
    group by m.account_id, m.group_id, m.role, m.invitation_id having count(*) > 1`,
  'two active rights of one source': `
    select min(x.id) from guestlist.account_right x where x.ended_at is null
    group by x.account_id, x.right_name, x.invitation_id having count(*) > 1`,
  'a membership that ended before it began': `
    select m.id from guestlist.membership m where m.ended_at < m.starts_at - ${patience}`,
  'a right that ended before it began': `
    select x.id from guestlist.account_right x where x.ended_at < x.starts_at - ${patience}`,
  // Whoever is in stays in when the capacity is lowered, and an operator may add to a full group: only an invitation may not.
  'a group that let somebody in while it was full': `
    select m.id from guestlist."group" g join guestlist.membership m on m.group_id = g.id
    where g.capacity is not null and m.invitation_id is not null and m.ended_at is null
      and m.starts_at > coalesce((select max(e.at) from guestlist.audit_event e where e.subject = g.id and e.action = 'group.changed'),
        g.created_at)
      and not exists (select from guestlist.membership before where before.group_id = g.id and before.account_id = m.account_id
        and before.starts_at < m.starts_at and (before.ended_at is null or before.ended_at > m.starts_at)
        and (before.ends_at is null or before.ends_at > m.starts_at))
      and g.capacity < (select count(distinct other.account_id) from guestlist.membership other
        where other.group_id = g.id and other.starts_at <= m.starts_at
          and (other.ended_at is null or other.ended_at > m.starts_at + ${patience})
          and (other.ends_at is null or other.ends_at > m.starts_at + ${patience}))`,
};

/** In somebody else's provider the accounts are elsewhere, and the table is empty. */
const accounts: Readonly<Record<string, string>> = {
  'a redemption without the account it made': `
    select r.account_id from guestlist.redemption r
    where r.account_created and exists (select from guestlist.account)
      and not exists (select from guestlist.account a where a.id = r.account_id and a.invitation_id = r.invitation_id)`,
  'somebody who waits without the account it made': `
    select p.account_id from guestlist.approval p
    where p.account_created and p.decision is distinct from 'rejected' and exists (select from guestlist.account)
      and not exists (select from guestlist.account a where a.id = p.account_id and a.invitation_id = p.invitation_id)`,
  'an account that nobody let in': `
    select a.id from guestlist.account a
    where not exists (select from guestlist.redemption r
        where r.account_id = a.id and r.invitation_id = a.invitation_id and r.account_created)
      and not exists (select from guestlist.approval p
        where p.account_id = a.id and p.invitation_id = a.invitation_id and p.account_created)`,
  'an account without an address or a password': `
    select a.id from guestlist.account a
    where a.disabled_at is null
      and (a.password_hash is null or not exists (select from guestlist.account_email e where e.account_id = a.id))`,
  // Judged by the address that it was made with, for as long as that is its first one.
  'a new account without its mail': `
    select r.account_id from guestlist.redemption r
    join guestlist.account a on a.id = r.account_id
    join guestlist.account_email e on e.account_id = a.id and e.primary_since = a.created_at
    where r.account_created and not exists (select from guestlist.mail m
      where m.kind = 'joined' and m.to_address = e.email and m.queued_at >= r.redeemed_at)`,
};

const records: Readonly<Record<string, string>> = {
  'an audit event outside the chain': `
    select e.id from guestlist.audit_event e
    where not exists (select from guestlist.audit_link l where l.event_id = e.id)`,
  'a gap in the chain of audit events': `
    select l.seq from guestlist.audit_link l
    where l.seq <> 1 and not exists (select from guestlist.audit_link previous where previous.seq = l.seq - 1)`,
  'a right PIN that nobody has judged': `
    select t.id from guestlist.pin_try t where t.right_at is not null and t.judged_at is null`,
  'a sealed mail that can be read': `
    select m.id from guestlist.mail m where m.sealed is not null and (m.body_text <> '' or m.body_html <> '')`,
};

const rules = { ...places, ...redemptions, ...memberships, ...accounts, ...records };
