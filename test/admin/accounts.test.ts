import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { mailbox, mailedAccountLink } from '../support/mail.ts';
import { becomeMember, goodPassword, type Member } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createPersonsProgram, createProgram, type Program, type Told } from './calling.ts';

let server: TestServer;
let program: Program & { readonly clientId: string };

beforeAll(async () => {
  server = await startTestServer();
  program = await createProgram(server);
  await server.addGroup('choir', { rights: ['sheet-music:read'] });
  await server.guestlist.addRight({ name: 'wiki/edit' });
});
afterAll(() => server.close());

const member = (email: string, name = 'Ada Park') => becomeMember(server, { group: 'choir', email, name });
const at = ({ accountId }: Pick<Member, 'accountId'>, more = {}) => ({ params: { accountId, ...more } });
const emailsOf = ({ json }: Told) => json.items.map(({ email }: { email: string }) => email);
const actionsOn = async (subject: string) =>
  (await program.call('listAuditEvents', { query: { subject } })).json.items.map(({ action }: { action: string }) => action);

describe('looking for accounts', () => {
  const found = async (query: Record<string, string | number>) => emailsOf(await program.call('listAccounts', { query }));

  beforeAll(async () => {
    for (const [email, name] of [
      ['paula@example.org', 'Paula Ünal'],
      ['paul@example.org', 'paul 100%'],
      ['pau_la@example.org', 'Élise'],
      ['quinn@example.org', 'Paul_Quinn'],
    ] as const)
      await member(email, name);
  });

  test('by the first letters of an address or of a name, however they are written', async () => {
    expect(await found({ email: 'PAUL' })).toEqual(['paul@example.org', 'paula@example.org']);
    expect(await found({ email: 'pau_' })).toEqual(['pau_la@example.org']);
    expect(await found({ email: '%' })).toEqual([]);
    expect(await found({ name: 'PAUL' })).toEqual(['paul@example.org', 'quinn@example.org', 'paula@example.org']);
    expect(await found({ name: 'paul 100%' })).toEqual(['paul@example.org']);
    expect(await found({ name: 'É' })).toEqual(['pau_la@example.org']);
    expect(await found({ name: 'paul', email: 'q' })).toEqual(['quinn@example.org']);
  });

  test.each([{}, { email: 'pau' }, { name: 'pa' }, { group: 'choir' }])('page by page each is there once: %o', async (query) => {
    const all = await found({ ...query, limit: 200 });
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const told = await program.call('listAccounts', { query: { ...query, limit: 1, ...(cursor ? { cursor } : {}) } });
      seen.push(...emailsOf(told));
      cursor = told.json.next;
      if (cursor === undefined) break;
    }
    expect(seen).toEqual(all);
    expect(new Set(seen).size).toBe(all.length);
    expect(all.length).toBeGreaterThanOrEqual(3);
  });

  test('whoever has two such addresses is there once', async () => {
    const { accountId } = await member('two@example.org', 'Two');
    await server.database.raw(
      `insert into guestlist.account_email (email_key, email, account_id, created_at, verified_at)
      values ('twofold@example.org', 'Twofold@example.org', ?, now(), now())`,
      [accountId],
    );
    const { json } = await program.call('listAccounts', { query: { email: 'two' } });
    expect(json.items).toHaveLength(1);
    expect(json.items[0]).toMatchObject({ id: accountId, otherEmails: [{ email: 'Twofold@example.org', verified: true }] });
    expect((await program.call('listAccountEmails', { params: { accountId } })).json.items).toMatchObject([
      { email: 'two@example.org', primary: true },
      { email: 'Twofold@example.org', primary: false },
    ]);
  });

  test('by group, by when they came, and whether they are disabled', async () => {
    const before = server.now().toISOString();
    const last = await member('late@example.org', 'Late');
    expect(await found({ createdAfter: before })).toEqual(['late@example.org']);
    expect(await found({ createdBefore: before })).not.toContain('late@example.org');
    await program.call('disableAccount', at(last));
    expect(await found({ disabled: 'yes', createdAfter: before })).toEqual(['late@example.org']);
    expect(await found({ disabled: 'no', email: 'late' })).toEqual([]);
    expect(await program.call('listAccounts', { query: { group: 'nowhere' } })).toMatchObject({
      status: 404,
      json: { code: 'group_not_found' },
    });
    await server.addGroup('empty');
    expect(await found({ group: 'empty' })).toEqual([]);
  });

  test('the cursor of another list is refused', async () => {
    const { json } = await program.call('listAccounts', { query: { email: 'p', limit: 1 } });
    expect(await program.call('listAccounts', { query: { cursor: json.next } })).toMatchObject({ status: 422 });
  });
});

describe('one account', () => {
  test('is shown with all that it has and came by, and is renamed on record', async () => {
    const ada = await member('ada@example.org');
    const { status, json } = await program.call('getAccount', at(ada));
    expect(status).toBe(200);
    expect(json).toMatchObject({ name: 'Ada Park', groups: ['choir'], roles: ['choir:member'], entitlements: ['sheet-music:read'] });
    const { invitationId } = json.cameBy;
    const { json: memberships } = await program.call('listAccountMemberships', at(ada));
    expect(memberships.items).toMatchObject([{ group: 'choir', role: 'member', invitationId, until: null, endedAt: null }]);
    const { json: redemptions } = await program.call('listAccountRedemptions', at(ada));
    expect(redemptions.items).toMatchObject([{ invitationId, accountCreated: true }]);
    const renamed = await program.call('changeAccount', { ...at(ada), body: { name: ' Ada Byron ' } });
    expect(renamed).toMatchObject({ status: 200, json: { name: 'Ada Byron' } });
    const { json: record } = await program.call('listAuditEvents', { query: { subject: ada.accountId, action: 'account.renamed' } });
    expect(record.items).toMatchObject([{ actor: 'operator', detail: { client: program.clientId } }]);
    expect(record.items[0].requestId).toEqual(expect.any(String));
  });

  test('that nobody has is not found, whatever is asked of it', async () => {
    const params = { accountId: 'nobody', sessionId: 'x', right: 'wiki/edit' };
    for (const id of [
      'getAccount',
      'disableAccount',
      'enableAccount',
      'sendPasswordReset',
      'eraseAccount',
      'listSessions',
      'exportAccount',
    ] as const)
      expect(await program.call(id, { params }), id).toMatchObject({ status: 404, json: { code: 'account_not_found' } });
    expect(await program.call('giveRight', { params })).toMatchObject({ status: 404, json: { code: 'account_not_found' } });
  });

  test('that is disabled signs in nowhere, gets no link, and can be enabled again', async () => {
    const eve = await member('eve@example.org', 'Eve');
    const closed = await program.call('disableAccount', at(eve));
    expect(closed).toMatchObject({ status: 200, json: { disabledAt: expect.any(String) } });
    expect(await program.call('sendPasswordReset', at(eve))).toMatchObject({ status: 403, json: { code: 'account_disabled' } });
    expect((await program.call('disableAccount', at(eve))).json.disabledAt).toBe(closed.json.disabledAt);
    expect(await program.call('enableAccount', at(eve))).toMatchObject({ status: 200, json: { disabledAt: null } });
    const actions = await actionsOn(eve.accountId);
    expect(actions.filter((action: string) => /disabled|enabled/.test(action))).toEqual(['account.enabled', 'account.disabled']);
  });

  test('gets a link for a new password, which works, and nobody else is told it', async () => {
    const bob = await member('bob@example.org', 'Bob');
    const told = await program.call('sendPasswordReset', at(bob));
    expect(told).toMatchObject({ status: 204, text: '' });
    const link = await mailedAccountLink(server.database, 'bob@example.org', 'password-reset');
    const browser = createBrowser(server.issuer);
    const page = await browser.open(link);
    const done = await browser.submit(page, 'Set the password', { password: `${goodPassword} new` });
    expect(done.status).toBe(200);
    expect(await actionsOn(bob.accountId)).toEqual(expect.arrayContaining(['account.password_reset_asked', 'account.password_changed']));
  });

  test('is exported as they would get it themselves, on record', async () => {
    const carl = await member('carl@example.org', 'Carl');
    const told = await program.call('exportAccount', at(carl));
    expect(told.headers.get('content-disposition')).toMatch(/attachment; filename="guestlist-[\d-]+\.json"/);
    expect(told.json).toMatchObject({ account: [{ name: 'Carl' }], addresses: [{ email: 'carl@example.org' }] });
    expect(await actionsOn(carl.accountId)).toContain('account.exported');
  });

  test('that is erased is gone, with everything personal', async () => {
    const dora = await member('dora@example.org', 'Dora');
    const told = await program.call('eraseAccount', at(dora));
    expect(told).toMatchObject({ status: 200, json: { accountId: dora.accountId, endedGrants: 1 } });
    expect(await program.call('getAccount', at(dora))).toMatchObject({ status: 404 });
    expect(emailsOf(await program.call('listAccounts', { query: { email: 'dora' } }))).toEqual([]);
    expect(await mailbox(server.database, 'dora@example.org')).toEqual([]);
  });
});

test('managers and members have nothing here, nor has a program without the scope', async () => {
  const manager = await member('manager@example.org', 'Mia');
  await server.guestlist.grant(manager.accountId, { groups: ['choir:manager'] });
  const theirs = await createPersonsProgram(server, manager.browser);
  const narrow = await createProgram(server, 'accounts:read');
  for (const id of ['listAccounts', 'getAccount', 'listMails', 'listAuditEvents', 'disableAccount', 'giveRight', 'sendTestMail'] as const)
    expect(await theirs.call(id, at(manager, { right: 'wiki/edit' })), id).toMatchObject({ status: 403, json: { code: 'access_denied' } });
  expect(await narrow.call('disableAccount', at(manager))).toMatchObject({ status: 403, json: { code: 'insufficient_scope' } });
  expect((await narrow.call('getAccount', at(manager))).status).toBe(200);
});

test('a change that did not see the last one is refused', async () => {
  const hal = await member('hal@example.org', 'Hal');
  const etag = (await program.call('getAccount', at(hal))).headers.get('etag') ?? '';
  const sending = { ...at(hal), body: { name: 'Henry' }, headers: { 'if-match': etag } };
  expect((await program.call('changeAccount', sending)).status).toBe(200);
  expect((await program.call('changeAccount', sending)).status).toBe(412);
  const now = (await program.call('getAccount', at(hal))).headers.get('etag') ?? '';
  const { json } = await program.call('listSessions', at(hal));
  const ended = await program.call('endSession', { ...at(hal, { sessionId: json.items[0].id }), headers: { 'if-match': now } });
  expect(ended.status).toBe(412);
});
