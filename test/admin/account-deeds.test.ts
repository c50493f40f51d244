import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { becomeMember, goodPassword, join, type Member } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createProgram, type Program } from './calling.ts';

let server: TestServer;
let program: Program;

beforeAll(async () => {
  server = await startTestServer();
  program = await createProgram(server);
  await server.addGroup('choir', { rights: ['sheet-music:read'] });
  await server.guestlist.addRight({ name: 'guestlist:admin' });
  await server.guestlist.addRight({ name: 'wiki/edit' });
});
afterAll(() => server.close());

const member = (email: string, name = 'Ada Park') => becomeMember(server, { group: 'choir', email, name });
const at = ({ accountId }: Pick<Member, 'accountId'>, more = {}) => ({ params: { accountId, ...more } });
const actionsOn = async (subject: string) =>
  (await program.call('listAuditEvents', { query: { subject } })).json.items.map(({ action }: { action: string }) => action);

async function makeAdmin(email: string): Promise<Member> {
  const made = await member(email, 'Root');
  await server.guestlist.grant(made.accountId, { rights: ['guestlist:admin'] });
  return made;
}

describe('rights by hand', () => {
  test('are given, until a day, and taken again', async () => {
    const fred = await member('fred@example.org', 'Fred');
    const which = at(fred, { right: 'wiki/edit' });
    const endsAt = new Date(server.now().getTime() + 86_400_000).toISOString();
    expect(await program.call('giveRight', { ...which, body: { endsAt } })).toMatchObject({ status: 200, json: { added: ['wiki/edit'] } });
    expect((await program.call('listAccountRights', at(fred))).json.items).toMatchObject([
      { right: 'wiki/edit', until: endsAt, invitationId: null },
    ]);
    expect((await program.call('takeRight', which)).status).toBe(204);
    expect((await program.call('listAccountRights', at(fred))).json.items).toEqual([]);
    const { json } = await program.call('listAccountRights', { ...at(fred), query: { ended: 'yes' } });
    expect(json.items).toMatchObject([{ right: 'wiki/edit', endedBy: 'operator' }]);
    expect(await program.call('takeRight', which)).toMatchObject({ status: 404, json: { code: 'right_not_found' } });
    expect(await program.call('giveRight', at(fred, { right: 'no:such' }))).toMatchObject({
      status: 404,
      json: { code: 'right_not_found' },
    });
  });

  test('the last admin is not erased, not disabled, and keeps the right; of two one may go', async () => {
    const root = await makeAdmin('root@example.org');
    const right = at(root, { right: 'guestlist:admin' });
    for (const refused of [
      await program.call('eraseAccount', at(root)),
      await program.call('disableAccount', at(root)),
      await program.call('takeRight', right),
    ])
      expect(refused).toMatchObject({ status: 409, json: { code: 'last_admin' } });
    expect((await program.call('getAccount', at(root))).json).toMatchObject({
      disabledAt: null,
      entitlements: ['guestlist:admin', 'sheet-music:read'],
    });
    const other = await makeAdmin('other@example.org');
    const statuses = await Promise.all([root, other].map(async (one) => (await program.call('disableAccount', at(one))).status));
    expect(statuses.toSorted()).toEqual([200, 409]);
    for (const one of [root, other]) await program.call('enableAccount', at(one));
    expect((await program.call('takeRight', right)).status).toBe(204);
    await server.guestlist.withdraw(other.accountId, { rights: ['guestlist:admin'] });
  });
});

describe('sessions', () => {
  test('are listed without what they go by, and ended one by one or all at once', async () => {
    const gwen = await member('gwen@example.org', 'Gwen');
    const second = createBrowser(server.issuer);
    const page = await second.open('/me');
    await second.submit(page, 'Sign in', { email: gwen.email, password: goodPassword });
    const { json } = await program.call('listSessions', at(gwen));
    expect(json.items).toHaveLength(2);
    const { rows } = await server.database.raw(`select uid from guestlist.oidc_payload where kind = 'Session'`);
    for (const { uid } of rows) expect(JSON.stringify(json)).not.toContain(uid);
    const [newest] = json.items;
    expect((await program.call('endSession', at(gwen, { sessionId: newest.id }))).status).toBe(204);
    expect((await program.call('listSessions', at(gwen))).json.items).toHaveLength(1);
    expect(await program.call('endSession', at(gwen, { sessionId: newest.id }))).toMatchObject({
      status: 404,
      json: { code: 'session_not_found' },
    });
    expect((await program.call('endSessions', at(gwen))).status).toBe(204);
    expect((await program.call('listSessions', at(gwen))).json.items).toEqual([]);
    expect(new URL((await gwen.browser.open('/me')).url).pathname).toMatch(/^\/interaction\//);
    expect(await actionsOn(gwen.accountId)).toEqual(expect.arrayContaining(['account.session_ended', 'account.sessions_ended']));
  });

  test('of somebody else are not theirs', async () => {
    const [one, two] = [await member('one-of-two@example.org'), await member('two-of-two@example.org')];
    const { json } = await program.call('listSessions', at(one));
    expect(await program.call('endSession', at(two, { sessionId: json.items[0].id }))).toMatchObject({ status: 404 });
    expect((await program.call('listSessions', at(one))).json.items).toHaveLength(1);
  });
});

describe('what somebody has issued', () => {
  test('is listed, told in advance, and ended with all that came of it', async () => {
    const inviter = await member('inviter@example.org', 'Ivy');
    await server.guestlist.grant(inviter.accountId, { groups: ['choir:manager'] });
    const first = await server.guestlist.invite({ groups: ['choir'], inviterId: inviter.accountId, maxUses: 3 });
    const second = await server.guestlist.invite({ groups: ['choir'], inviterId: inviter.accountId });
    const guest = createBrowser(server.issuer);
    await join(guest, first.url, { email: 'guest@example.org', name: 'Guest' });
    const page = await program.call('listIssuedInvitations', { ...at(inviter), query: { limit: 1 } });
    expect(page.json.items).toMatchObject([{ id: second.id, state: 'open', usedCount: 0 }]);
    const { json: rest } = await program.call('listIssuedInvitations', { ...at(inviter), query: { limit: 1, cursor: page.json.next } });
    expect(rest.items).toMatchObject([{ id: first.id, usedCount: 1, grants: ['choir:member'] }]);
    const tree = await program.call('getInviterTree', { query: { root: inviter.accountId } });
    expect(tree.json.items).toMatchObject([
      { accountId: inviter.accountId, email: 'inviter@example.org', invited: 1, stayed: 1 },
      { email: 'guest@example.org', invitedBy: inviter.accountId, depth: 1 },
    ]);
    const ids = [first.id, second.id];
    const dry = await program.call('revokeIssuedInvitations', { ...at(inviter), body: { undo: true, dryRun: true } });
    expect(dry.json).toMatchObject({ revoked: ids, undone: [{ invitationId: first.id, grants: ['choir:member'] }] });
    expect((await program.call('listIssuedInvitations', at(inviter))).json.items[0].state).toBe('open');
    const done = await program.call('revokeIssuedInvitations', { ...at(inviter), body: { undo: true } });
    expect(done.json).toEqual(dry.json);
    expect((await program.call('listIssuedInvitations', at(inviter))).json.items.map(({ state }: { state: string }) => state)).toEqual([
      'revoked',
      'revoked',
    ]);
    expect(await actionsOn(inviter.accountId)).toContain('inviter.revoked');
  });
});
