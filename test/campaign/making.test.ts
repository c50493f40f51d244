/** From rows to invitations: what each becomes, and what is its answer if it becomes none. */
import { expect, test, vi } from 'vitest';
import type { CampaignDraft } from '../../src/index.ts';
import { count } from '../support/invariants.ts';
import { addresses, campaignSetting, expectEveryoneOnce, mailed, pasted } from './setting.ts';

vi.setConfig({ testTimeout: 60_000 });

const setting = campaignSetting();

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test('each row becomes an invitation of its own, for one person, by mail; nothing is made before it is run', async () => {
  const created = await setting.guestlist.campaigns.create(mailed({ pasted: 'Ada Park <ada@example.org>, ben@example.org' }));
  expect(created).toMatchObject({ state: 'running', kind: 'mailed', rows: 2, waiting: 2, made: 0, failed: 0, problems: [] });
  expect(await count(setting.own.database, 'invitation')).toBe(0);
  expect(await setting.guestlist.campaigns.run(created.id)).toMatchObject({ state: 'done', waiting: 0, made: 2, cards: [] });
  const rows = await setting.guestlist.campaigns.rows(created.id);
  expect(rows.map(({ position, email, name, state }) => ({ position, email, name, state }))).toEqual([
    { position: 1, email: 'ada@example.org', name: 'Ada Park', state: 'made' },
    { position: 2, email: 'ben@example.org', name: undefined, state: 'made' },
  ]);
  const labels = await Promise.all(rows.map(async ({ invitationId = '' }) => setting.guestlist.find(invitationId)));
  expect(labels).toMatchObject([
    { label: 'Ada Park', maxUses: 1, email: 'ada@example.org', grants: ['choir:member'], state: 'open' },
    { label: 'Spring 2', maxUses: 1, email: 'ben@example.org' },
  ]);
  await expectEveryoneOnce(setting, 2);
});

test('rows that cannot be used have their answer, and the others are not affected', async () => {
  const csv =
    'email,name\nada@example.org,Ada\nno address,X\nADA@example.org,Ada again\nben@example.org,"=cmd()"\neve@elsewhere.example,Eve\n,Nobody\n';
  const draft = mailed({ csv }, { wish: { groups: ['choir'], domains: ['example.org'] } });
  const { id, problems, ...created } = await setting.guestlist.campaigns.create(draft);
  expect(created).toMatchObject({ rows: 6, waiting: 2, failed: 4 });
  expect(problems.map(({ position, answer }) => [position, answer])).toEqual([
    [3, 'not_an_email'],
    [4, 'duplicate'],
    [6, 'email_domain_not_allowed'],
    [7, 'email_required'],
  ]);
  await setting.guestlist.campaigns.run(id);
  const rows = await setting.guestlist.campaigns.rows(id);
  expect(rows.map(({ position, state, failure, email }) => [position, state, failure, email])).toEqual([
    [2, 'made', undefined, 'ada@example.org'],
    [3, 'failed', 'not_an_email', undefined],
    [4, 'failed', 'duplicate', undefined],
    [5, 'made', undefined, 'ben@example.org'],
    [6, 'failed', 'email_domain_not_allowed', undefined],
    [7, 'failed', 'email_required', undefined],
  ]);
  expect(rows[3]).toMatchObject({ name: '=cmd()' });
  // What was written in them is nobody's business any more.
  expect(
    (await setting.own.database.raw("select string_agg(r::text, ' ') as text from guestlist.campaign_row r")).rows[0].text,
  ).not.toMatch(/elsewhere|no address/);
});

test('a row with a key of its own is made once, and so is an address', async () => {
  const csv = 'key,email\n1,ada@example.org\n1,ben@example.org\n2,ada@example.org\n3,eve@example.org\n';
  const { problems } = await setting.guestlist.campaigns.create(mailed({ csv }));
  expect(problems.map(({ position, answer }) => [position, answer])).toEqual([
    [3, 'duplicate'],
    [4, 'duplicate'],
  ]);
});

test('the dry run says what would become of each row, also of members and of those who are invited, and stores nothing', async () => {
  const members = setting.make({
    accountOf: async (email) => (/^member/i.test(email) ? { accountId: email.toLowerCase(), verified: true } : undefined),
  });
  await members.grant('member@example.org', { groups: ['choir'] });
  await members.invite({ groups: ['choir'], email: 'invited@example.org' });
  await members.invite({ groups: ['choir'], email: 'over@example.org', expiresAt: new Date(setting.now.getTime() + 1_000) });
  setting.pass(2);
  const before = await count(setting.own.database, 'campaign');
  const text = 'ada@example.org\nMember@example.org\nmember-of-nothing@example.org\ninvited@example.org\nover@example.org\nwrong';
  const answers = await all(members.campaigns.check(mailed({ pasted: text })));
  expect(answers.map(({ answer }) => answer)).toEqual(['valid', 'already_member', 'valid', 'already_invited', 'valid', 'not_an_email']);
  expect(await count(setting.own.database, 'campaign')).toBe(before);
  // And the same when it is made.
  const { id } = await members.campaigns.create(mailed({ pasted: text }));
  expect(await members.campaigns.run(id)).toMatchObject({ made: 3, failed: 3 });
  expect((await members.campaigns.rows(id)).map(({ failure }) => failure)).toEqual([
    undefined,
    'already_member',
    undefined,
    'already_invited',
    undefined,
    'not_an_email',
  ]);
});

test('the same list once more invites nobody twice', async () => {
  const first = await setting.guestlist.campaigns.create(pasted(30));
  await setting.guestlist.campaigns.run(first.id);
  const second = await setting.guestlist.campaigns.create(pasted(30));
  expect(await setting.guestlist.campaigns.run(second.id)).toMatchObject({ made: 0, failed: 30 });
  await expectEveryoneOnce(setting, 30);
});

test('a file is read as it comes: rows are stored before its end is there', async () => {
  const stored: number[] = [];
  async function* slowly() {
    yield 'email\n';
    for (let part = 0; part < 4; part += 1) {
      yield `${addresses(2_000)
        .slice(part * 500, part * 500 + 500)
        .join('\n')}\n`;
      stored.push(await count(setting.own.database, 'campaign_row'));
    }
  }
  const { id } = await setting.guestlist.campaigns.create(mailed({ csv: slowly() }));
  expect(stored).toEqual([0, 1_000, 1_000, 2_000]);
  expect(await setting.guestlist.campaigns.find(id)).toMatchObject({ rows: 2_000, waiting: 2_000 });
});

test('a file that breaks off, or that is none, leaves nothing behind', async () => {
  async function* broken() {
    yield `email\n${addresses(1_500).join('\n')}\n`;
    throw new Error('the connection is gone');
  }
  await expect(setting.guestlist.campaigns.create(mailed({ csv: broken() }))).rejects.toThrow('the connection is gone');
  await expect(setting.guestlist.campaigns.create(mailed({ csv: 'name\nAda\n' }))).rejects.toThrow(TypeError);
  await expect(setting.guestlist.campaigns.create(mailed({ pasted: ' \n' }))).rejects.toThrow(/no rows/);
  expect(await count(setting.own.database, 'campaign')).toBe(0);
  expect(await count(setting.own.database, 'campaign_row')).toBe(0);
});

test('no more than 50,000 rows are taken', async () => {
  const text = 'x,'.repeat(50_002);
  const counts = new Map<string, number>();
  for await (const { answer } of setting.guestlist.campaigns.check(mailed({ pasted: text })))
    counts.set(answer, (counts.get(answer) ?? 0) + 1);
  expect(counts).toEqual(
    new Map([
      ['not_an_email', 50_000],
      ['too_many_rows', 1],
    ]),
  );
});

test('what nobody may do is refused before anything is stored', async () => {
  const create = (more: Partial<CampaignDraft>) => setting.guestlist.campaigns.create(mailed({ pasted: 'ada@example.org' }, more));
  await expect(create({ wish: { groups: ['none'] } })).rejects.toMatchObject({ code: 'group_not_found' });
  await expect(create({ wish: { template: 'none' } })).rejects.toMatchObject({ code: 'template_not_found' });
  await expect(create({ inviterId: 'anybody' })).rejects.toMatchObject({ code: 'grant_not_allowed' });
  await expect(create({ wish: { groups: ['choir'], pin: true } })).rejects.toThrow(/pin needs cards/);
  await expect(create({ wish: { groups: ['choir'], expiresAt: new Date(setting.now.getTime() - 1) } })).rejects.toThrow(/future/);
  await expect(create({ name: '' })).rejects.toThrow(/name must not be empty/);
  await expect(create({ rows: { cards: 2_001 } })).rejects.toThrow(TypeError);
  expect(await count(setting.own.database, 'campaign')).toBe(0);
});

test('a template says what each is given, as it was when the campaign was made', async () => {
  await setting.guestlist.addTemplate({
    name: 'season',
    wish: { groups: ['choir'], lifetimeSeconds: 3_600, maxUses: 30, label: 'Season' },
  });
  const { id } = await setting.guestlist.campaigns.create(mailed({ pasted: 'ada@example.org' }, { wish: { template: 'season' } }));
  await setting.own.database.raw('delete from guestlist.invitation_template');
  setting.pass(60);
  await setting.guestlist.campaigns.run(id);
  const [row] = await setting.guestlist.campaigns.rows(id);
  expect(await setting.guestlist.find(row?.invitationId ?? '')).toMatchObject({
    label: 'Season',
    maxUses: 1,
    expiresAt: new Date(setting.now.getTime() + 3_600_000),
  });
});

test('an inviter who may not any more is the answer of each row; an admin’s word later, they can be tried again', async () => {
  await setting.guestlist.grant('maya', { groups: ['choir:manager'] });
  const { id } = await setting.guestlist.campaigns.create({ ...pasted(3), inviterId: 'maya' });
  await setting.guestlist.withdraw('maya', { groups: ['choir:manager'] });
  expect(await setting.guestlist.campaigns.run(id)).toMatchObject({ made: 0, failed: 3, state: 'done' });
  expect((await setting.guestlist.campaigns.rows(id)).map(({ failure }) => failure)).toEqual(
    Array.from({ length: 3 }, () => 'grant_not_allowed'),
  );
  await everyoneNone();
  await setting.guestlist.grant('maya', { groups: ['choir:manager'] });
  expect(await setting.guestlist.campaigns.resume(id, { failed: true })).toMatchObject({ waiting: 3, failed: 0 });
  expect(await setting.guestlist.campaigns.run(id)).toMatchObject({ made: 3 });
});

test('whoever was invited by somebody who may not invite any more is invited anew: what is on hold is no invitation', async () => {
  const { campaigns } = setting.guestlist;
  for (const name of ['maya', 'nora']) await setting.guestlist.grant(name, { groups: ['choir:manager'] });
  const first = await campaigns.create({ ...pasted(3), inviterId: 'maya' });
  await campaigns.run(first.id);
  const again = { ...pasted(3), inviterId: 'nora' };
  expect((await all(campaigns.check(again))).map(({ answer }) => answer)).toEqual(Array.from({ length: 3 }, () => 'already_invited'));
  await setting.guestlist.withdraw('maya', { groups: ['choir'] });
  expect((await all(campaigns.check(again))).map(({ answer }) => answer)).toEqual(Array.from({ length: 3 }, () => 'valid'));
  const second = await campaigns.create(again);
  expect(await campaigns.run(second.id)).toMatchObject({ made: 3, failed: 0 });
});

async function everyoneNone() {
  expect(await count(setting.own.database, 'invitation')).toBe(0);
  expect(await count(setting.own.database, 'mail')).toBe(0);
  expect(await count(setting.own.database, `audit_event where action = 'invitation.created'`)).toBe(0);
}

test('a campaign whose end has come makes nothing more, and says so', async () => {
  const expiresAt = new Date(setting.now.getTime() + 60_000);
  const { id } = await setting.guestlist.campaigns.create(
    mailed({ pasted: addresses(2).join() }, { wish: { groups: ['choir'], expiresAt } }),
  );
  setting.pass(60);
  expect(await setting.guestlist.campaigns.run(id)).toMatchObject({ made: 0, failed: 2 });
  expect((await setting.guestlist.campaigns.rows(id))[0]?.failure).toBe('invitation_expired');
});

test('what it gives ends too soon by now: that is the answer of each row, and no worker fails at it for ever', async () => {
  const ends = { at: new Date(setting.now.getTime() + 10 * 24 * 3_600_000) };
  const { guestlist } = setting;
  const { id } = await guestlist.campaigns.create(mailed({ pasted: addresses(2).join() }, { wish: { groups: ['choir'], ends } }));
  await guestlist.campaigns.cancel(id);
  setting.pass(4 * 24 * 3_600);
  await guestlist.campaigns.resume(id);
  expect(await guestlist.campaigns.runDue()).toBe(1);
  expect(await guestlist.campaigns.find(id)).toMatchObject({ state: 'done', made: 0, failed: 2 });
  expect((await guestlist.campaigns.rows(id))[0]?.failure).toBe('invitation_expired');
});

test('strangers may not cancel, resume or name; whoever could make it may', async () => {
  const { id } = await setting.guestlist.campaigns.create(mailed({ cards: 1 }));
  await expect(setting.guestlist.campaigns.cancel(id, {}, 'stranger')).rejects.toMatchObject({ code: 'grant_not_allowed' });
  await expect(setting.guestlist.campaigns.resume(id, {}, 'stranger')).rejects.toMatchObject({ code: 'grant_not_allowed' });
  await expect(setting.guestlist.campaigns.nameCard(id, 1, 'Ada', 'stranger')).rejects.toMatchObject({ code: 'grant_not_allowed' });
  await setting.guestlist.grant('maya', { groups: ['choir:manager'] });
  await setting.guestlist.campaigns.nameCard(id, 1, 'Ada', 'maya');
  expect(await setting.guestlist.campaigns.rows(id)).toMatchObject([{ name: 'Ada', state: 'waiting' }]);
  for (const call of [
    () => setting.guestlist.campaigns.run('none'),
    () => setting.guestlist.campaigns.report('none'),
    () => setting.guestlist.campaigns.cancel('none'),
  ])
    await expect(call()).rejects.toMatchObject({ code: 'campaign_not_found' });
});

test('the policy of a group is asked for each row: what is over the day’s number waits for another day', async () => {
  const { guestlist } = setting;
  await guestlist.grant('maya', { groups: ['choir'] });
  await guestlist.setPolicy('choir', { who: 'members', perDay: 5, domains: ['example.org'], membershipSeconds: 90 * 86_400 });
  const text = `${addresses(8).join('\n')}\neve@elsewhere.example`;
  const { id } = await guestlist.campaigns.create(mailed({ pasted: text }, { inviterId: 'maya' }));
  expect(await guestlist.campaigns.run(id)).toMatchObject({ made: 5, failed: 4 });
  expect((await guestlist.campaigns.rows(id)).map(({ failure }) => failure)).toEqual([
    ...Array.from({ length: 5 }, () => undefined),
    ...Array.from({ length: 3 }, () => 'policy_refused:quota'),
    'policy_refused:domain',
  ]);
  setting.pass(86_401);
  await guestlist.campaigns.resume(id, { failed: true }, 'maya');
  expect(await guestlist.campaigns.run(id)).toMatchObject({ made: 8, failed: 1 });
  await expectEveryoneOnce(setting, 8);
  await expect(guestlist.campaigns.create(mailed({ cards: 1 }, { inviterId: 'stranger' }))).rejects.toMatchObject({
    code: 'grant_not_allowed',
  });
  expect(await count(setting.own.database, `audit_event where action = 'invitation.refused' and actor = 'stranger'`)).toBe(1);
});
