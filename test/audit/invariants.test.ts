/** Each rule of `guestlist.contradictions()` is broken by hand, and names what broke it; a sound world breaks none. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordAudit } from '../../src/audit/audit.ts';
import { uninstall } from '../../src/lib/migrate.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { assertInvariants, findContradictions } from '../support/invariants.ts';

let own: TestDatabase;

/** `12:05` of one day. */
const at = (time: string) => `timestamptz '2030-01-01 ${time}+00'`;

/** Ada came by a link and left again, Bob was approved, Cem waits with an account made for it, Dora was rejected. */
const soundWorld = `
  insert into guestlist."group" (id, slug, name, created_at, capacity) values ('choir', 'choir', 'Choir', ${at('10:00')}, 2);
  insert into guestlist."right" (name, created_at) values ('door:open', ${at('10:00')});
  insert into guestlist.invitation (id, inviter_id, max_uses, used_count, expires_at, created_at, confirmed_at, confirmed_by) values
    ('open', null, 3, 1, ${at('20:00')}, ${at('10:00')}, null, null),
    ('asked', 'ivy', 2, 1, ${at('20:00')}, ${at('10:00')}, ${at('10:00')}, 'jon');
  insert into guestlist.invitation_token (id, invitation_id, channel, digest, created_at, superseded_at) values
    ('open-link', 'open', 'link', sha256('1'), ${at('10:00')}, null),
    ('open-mail', 'open', 'mail', sha256('2'), ${at('10:00')}, ${at('10:30')}),
    ('asked-link', 'asked', 'link', sha256('3'), ${at('10:00')}, null);
  insert into guestlist.redemption (invitation_id, account_id, token_id, redeemed_at, account_created) values
    ('open', 'ada', 'open-link', ${at('11:00')}, true), ('asked', 'bob', 'asked-link', ${at('11:00')}, false);
  insert into guestlist.approval
    (invitation_id, account_id, token_id, account_created, locale, asked_at, lapses_at, decided_at, decided_by, decision) values
    ('asked', 'bob', 'asked-link', false, 'en', ${at('10:40')}, ${at('18:00')}, ${at('11:00')}, 'ivy', 'approved'),
    ('asked', 'cem', 'asked-link', true, 'en', ${at('10:40')}, ${at('18:00')}, null, null, null),
    ('asked', 'dora', 'asked-link', false, 'en', ${at('10:40')}, ${at('18:00')}, ${at('11:00')}, 'ivy', 'rejected'),
    ('asked', 'eve', 'asked-link', false, 'en', ${at('10:10')}, ${at('11:30')}, null, null, null);
  insert into guestlist.visit (id, handle_digest, token_id, channel, created_at, expires_at, answered_at, answer, account_id) values
    ('visit', sha256('4'), 'open-link', 'link', ${at('10:55')}, ${at('12:55')}, ${at('11:00')}, 'joined', 'ada');
  insert into guestlist.membership (id, account_id, group_id, role, starts_at, ended_at, invitation_id) values
    ('ada-1', 'ada', 'choir', 'member', ${at('11:00')}, ${at('11:10')}, 'open'),
    ('ada-2', 'ada', 'choir', 'member', ${at('11:20')}, null, null),
    ('bob-1', 'bob', 'choir', 'member', ${at('11:00')}, null, 'asked');
  insert into guestlist.account_right (id, account_id, right_name, starts_at, invitation_id) values
    ('ada-3', 'ada', 'door:open', ${at('11:00')}, 'open');
  insert into guestlist.account (id, name, password_hash, created_at, disabled_at, invitation_id) values
    ('ada', 'Ada', 'hash', ${at('11:00')}, null, 'open'), ('cem', 'Cem', 'hash', ${at('10:40')}, null, 'asked');
  insert into guestlist.account_email (email_key, email, account_id, created_at, primary_since) values
    ('ada@example.org', 'Ada@example.org', 'ada', ${at('11:00')}, ${at('11:00')}),
    ('ada@second.example', 'ada@second.example', 'ada', ${at('11:30')}, null),
    ('cem@example.org', 'cem@example.org', 'cem', ${at('10:40')}, ${at('10:40')});
  insert into guestlist.mail (id, kind, to_address, subject, body_text, body_html, queued_at, sealed) values
    ('joined', 'joined', 'Ada@example.org', 'In', 'In', 'In', ${at('11:00')}, null),
    ('invited', 'invited', 'x@example.org', 'Come', '', '', ${at('11:00')}, 'sealed');
  insert into guestlist.pin_try (id, invitation_id, channel, address_block, tried_at, judged_at, right_at) values
    ('right', 'open', 'link', '192.0.2.1', ${at('10:55')}, ${at('10:55')}, ${at('10:55')}),
    ('wrong', 'open', 'link', '192.0.2.1', ${at('10:54')}, ${at('10:54')}, null), ('asking', 'open', 'link', '192.0.2.1', ${at('10:53')}, null, null)`;

const events = [
  ['10:00', 'operator', 'group.created', 'choir', {}],
  ['11:00', 'ada', 'account.created', 'ada', {}],
  ['11:00', 'ada', 'invitation.redeemed', 'open', {}],
  ['11:00', 'ivy', 'invitation.approved', 'asked', { accountId: 'bob' }],
  ['11:00', 'ivy', 'invitation.rejected', 'asked', { accountId: 'dora' }],
  ['11:59', 'ada', 'account.signed_in', 'ada', {}],
] as const;

beforeAll(async () => {
  own = await createTestDatabase();
  const { database } = own;
  await database.raw(soundWorld);
  for (const [time, actor, action, subject, detail] of events) {
    await recordAudit(database, { at: new Date(`2030-01-01T${time}Z`), actor, action, subject, detail }, secureRandom);
  }
});
afterAll(() => own?.drop());

/** Whatever else would keep the database right: constraints, unique indexes, triggers. */
const unguard = `
  do $$
  declare thing record;
  begin
    for thing in select conrelid::regclass as on_table, conname as name from pg_constraint
      where connamespace = 'guestlist'::regnamespace and contype in ('f', 'c') loop
      execute format('alter table %s drop constraint %I', thing.on_table, thing.name);
    end loop;
  end $$;
  drop index guestlist.membership_active, guestlist.account_right_active;
  alter table guestlist.audit_event disable trigger audit_event_append_only;
  alter table guestlist.audit_link disable trigger audit_link_append_only`;

/** The rules that are broken after these deeds, in a transaction that never was. */
async function brokenBy(...deeds: readonly string[]): Promise<string[]> {
  const trx = await own.database.transaction();
  try {
    await trx.raw(unguard);
    await trx.raw('set constraints all immediate');
    for (const deed of deeds) await trx.raw(deed);
    return await findContradictions(trx);
  } finally {
    await trx.rollback();
  }
}

const event = (time: string, [action, subject]: readonly [string, string], more: { actor?: string; accountId?: string } = {}) => `
  insert into guestlist.audit_event (id, at, actor, action, subject, detail)
  values ('event-' || gen_random_uuid(), ${at(time)}, '${more.actor ?? 'operator'}', '${action}', '${subject}',
    jsonb_build_object('accountId', '${more.accountId ?? ''}'))`;

const redemptionOf = (account: string, invitation = 'open', token = `${invitation}-link`) => `
  insert into guestlist.redemption values ('${invitation}', '${account}', '${token}', ${at('11:00')}, false);
  update guestlist.invitation set used_count = used_count + 1 where id = '${invitation}';
  ${event('11:00', ['invitation.redeemed', invitation], { actor: account })}`;

const membershipOf = (account: string, starts: string, invitation: string | null = 'open') => `
  insert into guestlist.membership (id, account_id, group_id, role, starts_at, invitation_id)
  values ('${account}-${starts}', '${account}', 'choir', 'member', ${at(starts)}, ${invitation ? `'${invitation}'` : 'null'})`;

it('a sound world contradicts nothing, and the function that asserts it is content', async () => {
  expect(await findContradictions(own.database)).toEqual([]);
  await own.database.raw('select guestlist.assert_invariants()');
  expect(await brokenBy()).toEqual([]);
});

const campaign = `insert into guestlist.campaign (id, name, kind, wish, created_at) values ('spring', 'Spring', 'mailed', '{}', ${at('10:00')})`;
const campaignRow = `insert into guestlist.campaign_row (campaign_id, position, row_key, invitation_id, made_at)
  values ('spring', 1, 'x', 'open', ${at('10:00')})`;

/** Each rule with the example that is then named, and the deeds that break it. */
const breaks: Readonly<Record<string, readonly [example: string, ...deeds: string[]]>> = {
  'an invitation whose counter differs from its redemptions': ['open', `update guestlist.invitation set used_count = 2 where id = 'open'`],
  'an invitation with more redemptions than places': [
    'open',
    redemptionOf('x1') + ';' + redemptionOf('x2') + ';' + redemptionOf('x3'),
    `update guestlist."group" set capacity = null`,
    membershipOf('x1', '11:00'),
    membershipOf('x2', '11:00'),
    membershipOf('x3', '11:00'),
  ],
  'an invitation with more places taken and kept than it has': [
    'asked',
    `update guestlist.approval set lapses_at = ${at('18:00')} where account_id = 'eve'`,
  ],
  'an invitation confirmed by its own inviter': ['asked', `update guestlist.invitation set confirmed_by = 'ivy' where id = 'asked'`],
  'a link that was replaced like a mail': [
    'open-link',
    `update guestlist.invitation_token set superseded_at = ${at('10:30')} where id = 'open-link'`,
  ],
  'an invitation of a campaign without its row': [
    'open',
    campaign,
    `update guestlist.invitation set campaign_id = 'spring' where id = 'open'`,
  ],
  'a row made into an invitation of something else': ['open', campaign, campaignRow],
  'a row of a campaign mailed to somebody else': [
    'open',
    campaign,
    campaignRow,
    `update guestlist.campaign_row set email = 'x@example.org', email_key = 'x@example.org'`,
    `update guestlist.invitation set campaign_id = 'spring', email = 'y@example.org', email_key = 'y@example.org', email_rule = 'exact'
      where id = 'open'`,
  ],
  'an invitation in the place of one that is good, or of another campaign': [
    'asked',
    `update guestlist.invitation set replaces_id = 'open' where id = 'asked'`,
  ],
  'a redemption that granted nothing': ['x1', redemptionOf('x1')],
  'a redemption by the token of another invitation': [
    'ada',
    `update guestlist.redemption set token_id = 'asked-link' where account_id = 'ada'`,
  ],
  'a redemption without exactly one audit entry': ['ada', event('11:00', ['invitation.redeemed', 'open'], { actor: 'ada' })],
  'an approval without exactly one audit entry': ['bob', event('11:00', ['invitation.approved', 'asked'], { accountId: 'bob' })],
  'an approval without its redemption': [
    'dora',
    `update guestlist.approval set decision = 'approved' where account_id = 'dora'`,
    event('11:00', ['invitation.approved', 'asked'], { accountId: 'dora' }),
  ],
  'a redemption that nobody has approved': [
    'dora',
    redemptionOf('dora', 'asked'),
    `update guestlist.approval set lapses_at = ${at('11:30')} where decision is null`,
    `update guestlist."group" set capacity = null`,
    membershipOf('dora', '11:00', 'asked'),
  ],
  'an approval by the person who asked': ['bob', `update guestlist.approval set decided_by = 'bob' where account_id = 'bob'`],
  'a visit that says joined without a redemption': ['visit', `update guestlist.visit set account_id = 'bob'`],
  'a membership from an invitation that was not redeemed': [
    'x1-11:00',
    `update guestlist."group" set capacity = null`,
    membershipOf('x1', '11:00'),
  ],
  'a right from an invitation that was not redeemed': ['ada-3', `update guestlist.account_right set invitation_id = 'asked'`],
  'two active memberships of one source': ['bob-1', membershipOf('bob', '11:01', 'asked')],
  'two active rights of one source': [
    'ada-3',
    `insert into guestlist.account_right (id, account_id, right_name, starts_at, invitation_id)
      values ('ada-4', 'ada', 'door:open', ${at('11:00')}, 'open')`,
  ],
  'a membership that ended before it began': ['ada-1', `update guestlist.membership set ended_at = ${at('10:59')} where id = 'ada-1'`],
  'a right that ended before it began': ['ada-3', `update guestlist.account_right set ended_at = ${at('10:59')}`],
  'a group that let somebody in while it was full': ['x1-11:30', redemptionOf('x1'), membershipOf('x1', '11:30')],
  'a redemption without the account it made': [
    'ada',
    `delete from guestlist.account_email where account_id = 'ada'`,
    `delete from guestlist.account where id = 'ada'`,
  ],
  'somebody who waits without the account it made': [
    'cem',
    `delete from guestlist.account_email where account_id = 'cem'`,
    `delete from guestlist.account where id = 'cem'`,
  ],
  'an account that nobody let in': ['ada', `update guestlist.redemption set account_created = false where account_id = 'ada'`],
  'an account without an address or a password': ['cem', `delete from guestlist.account_email where account_id = 'cem'`],
  'a new account without its mail': ['ada', `update guestlist.mail set queued_at = ${at('10:59')}`],
  'an audit event outside the chain': [
    'forged',
    'alter table guestlist.audit_event disable trigger audit_event_link',
    `insert into guestlist.audit_event (id, at, actor, action, subject) values ('forged', ${at('11:00')}, 'ada', 'account.created', 'ada')`,
  ],
  'a gap in the chain of audit events': ['4', 'update guestlist.audit_link set seq = 99 where seq = 3'],
  'a right PIN that nobody has judged': ['right', `update guestlist.pin_try set judged_at = null`],
  'a reminder of what was never mailed': ['asked', `update guestlist.invitation set reminded_first_at = ${at('11:00')} where id = 'asked'`],
  'more mails that remind than reminders': [
    'open',
    `insert into guestlist.mail (id, kind, to_address, subject, body_text, body_html, queued_at, invitation_id)
      values ('reminder', 'reminder', 'x@example.org', '', '', '', ${at('11:00')}, 'open')`,
  ],
  'a renewal without exactly one audit entry': [
    'asked',
    `insert into guestlist.invitation_renewal values ('asked', 1, ${at('11:00')}, ${at('20:00')})`,
  ],
  'a group inside itself': [
    'board',
    'alter table guestlist."group" disable trigger group_tree',
    `insert into guestlist."group" (id, slug, name, created_at, parent_id) values ('board', 'board', 'Board', ${at('10:00')}, 'choir')`,
    `update guestlist."group" set parent_id = 'board' where id = 'choir'`,
  ],
  'a group more than eight levels deep': [
    'level-9',
    'alter table guestlist."group" disable trigger group_tree',
    `insert into guestlist."group" (id, slug, name, created_at, parent_id)
      select 'level-' || n, 'level-' || n, 'Level', ${at('10:00')}, case when n > 1 then 'level-' || n - 1 end from generate_series(1, 9) n`,
  ],
  'a sealed mail that can be read': ['invited', `update guestlist.mail set body_html = 'Come' where id = 'invited'`],
};

describe('is named, and nothing else is:', () => {
  it.each(Object.entries(breaks))('%s', async (rule, [example, ...deeds]) => {
    expect(await brokenBy(...deeds)).toEqual([`${rule}: ${example}`]);
  });

  it('every rule there is', async () => {
    const { rows } = await own.database.raw(
      `select prosrc as text from pg_proc where pronamespace = 'guestlist'::regnamespace and proname like 'contradictions%'`,
    );
    const texts = rows.map(({ text }: { text: string }) => text).join('\n');
    const rules = new Set([...texts.matchAll(/select '([^']+)'::text, found/g)].map(([, rule]) => rule));
    expect([...rules].toSorted()).toEqual(Object.keys(breaks).toSorted());
  });
});

/** Each looks like a contradiction, and is none. */
const sound: Readonly<Record<string, readonly string[]>> = {
  'a group in a group, eight levels deep': [
    `insert into guestlist."group" (id, slug, name, created_at, parent_id)
      select 'level-' || n, 'level-' || n, 'Level', ${at('10:00')}, case when n > 1 then 'level-' || n - 1 else 'choir' end
      from generate_series(1, 7) n`,
  ],
  'a place that was kept, lapsed, and went to somebody else': [
    `update guestlist.approval set lapses_at = ${at('11:40')} where account_id = 'cem'`,
    `insert into guestlist.approval values ('asked', 'x1', 'asked-link', false, 'en', ${at('11:50')}, ${at('18:00')}, null, null, null)`,
  ],
  'an approval that added nothing': [`delete from guestlist.membership where id = 'bob-1'`],
  'an account that lost its address and is disabled': [
    `delete from guestlist.account_email where account_id = 'ada'`,
    `update guestlist.account set disabled_at = ${at('11:59')} where id = 'ada'`,
  ],
  'a capacity that was lowered beneath those who are in': [
    event('11:30', ['group.changed', 'choir']),
    `update guestlist."group" set capacity = 1`,
  ],
  'an operator who adds to a full group': [membershipOf('x1', '11:30', null)],
  'a member of a full group who comes by another invitation': [
    membershipOf('x1', '11:30', null),
    redemptionOf('bob'),
    membershipOf('bob', '11:40'),
  ],
  'somebody who comes in as another leaves': [
    redemptionOf('x1'),
    `update guestlist.membership set ended_at = ${at('11:30:05')} where id = 'bob-1'`,
    membershipOf('x1', '11:30'),
  ],
  'a clock that runs a little behind': [`update guestlist.membership set ended_at = starts_at - interval '1 second' where id = 'ada-1'`],
  'accounts that are somebody else’s': [
    'delete from guestlist.account_email',
    'delete from guestlist.account',
    'delete from guestlist.mail',
  ],
  'a database without anything in it': [
    `do $$ declare t text; begin
      for t in select tablename from pg_tables where schemaname = 'guestlist' loop execute format('delete from guestlist.%I', t); end loop;
    end $$`,
  ],
};

describe('is no contradiction:', () => {
  it.each(Object.entries(sound))('%s', async (_name, deeds) => {
    expect(await brokenBy(...deeds)).toEqual([]);
  });
});

it('asserting names every rule that is broken; a database that is gone is not asked', async () => {
  const other = await createTestDatabase();
  try {
    const { database } = other;
    await assertInvariants(database);
    await database.raw(`
      insert into guestlist.invitation (id, max_uses, used_count, expires_at, created_at) values ('i', 2, 1, now(), now());
      insert into guestlist.invitation_token (id, invitation_id, channel, digest, created_at, superseded_at)
        values ('t', 'i', 'link', sha256(''), now(), now())`);
    await expect(assertInvariants(database)).rejects.toThrow(
      'the database contradicts itself: an invitation whose counter differs from its redemptions: i\na link that was replaced like a mail: t',
    );
    await uninstall(database);
    await assertInvariants(database);
  } finally {
    await other.drop();
  }
});
