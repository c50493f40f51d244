/** The policy of a group, asked of the API and of the portal’s form alike: the same answer, the same rule, on record. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secureRandom } from '../../src/lib/random.ts';
import { viewsDir } from '../../src/lib/page.ts';
import { apiScope, call, tokenFor } from '../api/calling.ts';
import { type Case, cases } from '../group/policy-table.ts';
import { createSetting, type Member, type Setting } from '../journeys/setting.ts';
import { formOf } from '../support/browser.ts';
import { createRelyingApp } from '../support/relying-app.ts';

const english: Readonly<Record<string, string>> = JSON.parse(readFileSync(new URL('text/en.json', viewsDir), 'utf8'));

let setting: Setting;
let maya: Member;
let token: string;

beforeAll(async () => {
  setting = await createSetting({ home: 'Home', board: 'Board' });
  const phone = await createRelyingApp(setting.server, { id: 'phone', scope: apiScope });
  maya = await setting.member('maya', { groups: ['home:manager'] });
  token = await tokenFor(phone, maya.browser, setting.server.issuer);
});
afterAll(() => setting?.server.close());
beforeEach(() => setting.server.database.raw('delete from guestlist.throttle'));

type Wish = ReturnType<Case['wish']>;
type Outcome = { readonly made: boolean; readonly rule: string | undefined };

let groupCount = 0;

/** A group for one way alone: what is offered there counts for nothing elsewhere. */
async function newGroup({ as, policy, usedToday = 0 }: Pick<Case, 'as' | 'policy' | 'usedToday'>): Promise<string> {
  groupCount += 1;
  const slug = `g${groupCount}`;
  const inviterId = maya.accountId;
  await setting.server.addGroup(slug);
  if (as.length > 0) await setting.guestlist.grant(inviterId, { groups: as.map((role) => `${slug}:${role}`) });
  if (usedToday > 0) await setting.guestlist.invite({ groups: [slug], inviterId, maxUses: usedToday });
  await setting.guestlist.setPolicy(slug, policy);
  return slug;
}

const ways: Readonly<Record<string, (slug: string, role: string, wish: Wish) => Promise<Outcome>>> = {
  async api(slug, role, wish) {
    const { status, json } = await call(setting.server.issuer, 'invitations', token, { body: { groups: [`${slug}:${role}`], ...wish } });
    expect(status).toBe(json['code'] === 'policy_refused' ? 403 : 201);
    if (status !== 201) expect(json['group']).toBe(slug);
    return { made: status === 201, rule: json['rule'] as string | undefined };
  },
  async portal(slug, role, wish) {
    const page = await post({ group: slug, role, ...fieldsOf(wish) });
    if (page.status !== 422) return { made: /\/invitations\/[\w-]{36}/.test(page.url), rule: undefined };
    const words = page.$('.summary li').text().trim();
    const rule = Object.keys(english).find((key) => key.startsWith('portal.complaint.policy_') && english[key] === words);
    return { made: false, rule: rule?.replace('portal.complaint.policy_', '') };
  },
};

async function post(fields: Readonly<Record<string, string>>) {
  const { action, filled } = formOf(await maya.browser.open('/me/invitations/new?group=home'), 'Make the invitation');
  const { form_token = '' } = filled;
  return maya.browser.post(action, { form_token, key: secureRandom(16).toString('base64url'), by: 'link', ...fields });
}

/** As somebody fills in the form, or as a program would that knows its fields. */
function fieldsOf({ email, emailRule, channels, domains, maxUses, expiresAt, approval, ends, pin }: Wish): Record<string, string> {
  const given = channels ?? [email === undefined ? 'link' : 'mail'];
  const by = given.length > 1 ? 'both' : given[0];
  const fields: Readonly<Record<string, string | undefined>> = {
    by,
    email,
    email_rule: emailRule,
    domains: domains?.join(', '),
    places: maxUses === undefined ? undefined : String(maxUses),
    until: expiresAt?.toISOString(),
    approval: approval === undefined ? undefined : approval ? 'yes' : 'no',
    stay: ends && 'afterSeconds' in ends ? String(ends.afterSeconds) : undefined,
    stay_until: ends && 'at' in ends ? ends.at.toISOString() : undefined,
    pin: pin === undefined ? undefined : 'yes',
  };
  return Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** The server's clock goes on between asking and answering: what is too late by a millisecond is asked for half a minute ahead. */
function wishOf({ wish, refused }: Case): Wish {
  return wish(new Date(setting.server.now().getTime() + (refused ? 30_000 : 0)));
}

const refusals = (slug: string) =>
  setting.server
    .database('guestlist.audit_event')
    .where({ action: 'invitation.refused' })
    .whereRaw(`detail->>'group' = ?`, [slug])
    .select('actor', 'subject', 'detail');

const count = async (slug: string): Promise<number> => {
  const sql = `select count(*)::int as count from guestlist.invitation_grant a join guestlist."group" g on g.id = a.group_id where g.slug = ?`;
  return (await setting.server.database.raw(sql, [slug])).rows[0].count;
};

describe.each(Object.keys(ways))('by the %s', (way) => {
  it.each(cases)('$name', async (tested) => {
    const { role = 'member', refused } = tested;
    const slug = await newGroup(tested);
    const before = await count(slug);
    const outcome = await ways[way]?.(slug, role, wishOf(tested));
    expect(outcome).toEqual({ made: refused === undefined, rule: refused });
    expect(await count(slug)).toBe(before + (refused ? 0 : 1));
    const accountId = maya.accountId;
    const detail = { group: slug, rule: refused, ...(way === 'api' ? { client: 'phone' } : {}) };
    expect(await refusals(slug)).toEqual(refused ? [{ actor: accountId, subject: accountId, detail }] : []);
  });
});

describe('what was tampered with', () => {
  const audited = async () =>
    (await setting.server.database('guestlist.audit_event').where({ action: 'invitation.refused', actor: maya.accountId })).length;
  const made = async () => (await setting.server.database('guestlist.invitation')).length;

  it.each([
    ['a role that one may not give', { groups: ['home:treasurer'] }, { group: 'home', role: 'treasurer' }, true],
    ['a group of others', { groups: ['board'] }, { group: 'board' }, true],
    ['a group that there is not', { groups: ['opera'] }, { group: 'opera' }, false],
    ['a role smuggled into the group', { groups: ['board:member:manager'] }, { group: 'board:manager' }, false],
    ['two groups in one', { groups: ['home board'] }, { group: 'home board' }, false],
    ['rights', { groups: ['home'], rights: ['guestlist:admin'] }, { group: 'home', rights: 'guestlist:admin' }, false],
    ['somebody else as inviter', { groups: ['home'], inviterId: 'operator' }, { group: 'home', inviterId: 'operator' }, false],
    ['another name', { groups: ['home'], inviterName: 'The Pope' }, { group: 'home', inviterName: 'The Pope' }, false],
    ['no limit at all', { groups: ['home'], maxUses: 1e9 }, { group: 'home', places: '1000000000' }, false],
    ['a field of its own', { groups: ['home'], confirmedAt: '2030-01-01' }, { group: 'home', confirmed_at: '2030-01-01' }, false],
  ])('is refused by both: %s', async (_, body, fields, isAudited) => {
    await setting.guestlist.setPolicy('home', { who: 'managers', roles: ['member'] });
    const [entries, invitations] = [await audited(), await made()];
    const answer = await call(setting.server.issuer, 'invitations', token, { body });
    expect([403, 404, 422]).toContain(answer.status);
    const page = await post(fields as Record<string, string>);
    expect(page.status).toBe(422);
    expect(page.$('.summary li').text().trim()).not.toBe('');
    expect(await made()).toBe(invitations);
    if (isAudited) expect(await audited()).toBe(entries + 2);
  });

  it('cannot send a field twice, or to another address', async () => {
    const { filled } = formOf(await maya.browser.open('/me/invitations/new?group=home'), 'Make the invitation');
    const twice = await maya.browser.post('/me/invitations/new', [...Object.entries(filled), ['group', 'board']] as never);
    expect(twice.status).toBe(422);
    const elsewhere = await maya.browser.post('/me/invitations/0197-none/revoke', filled);
    expect(elsewhere.status).toBe(404);
  });

  it('does not tell a group of others from one that is not there', async () => {
    const [foreign, none] = [await post({ group: 'board' }), await post({ group: 'opera' })];
    expect(foreign.$('main').text()).toBe(none.$('main').text());
  });
});
