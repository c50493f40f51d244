import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { mailedLink } from '../support/mail.ts';
import { becomeMember, goodPassword, join, type Member, openAsNewcomer } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createPersonsProgram, createProgram, type Program } from './calling.ts';

let server: TestServer;
let program: Program;
let maya: Member;
let manager: Program;

beforeAll(async () => {
  server = await startTestServer();
  program = await createProgram(server);
  for (const slug of ['choir', 'crew']) await server.addGroup(slug);
  await server.guestlist.addGroup({ slug: 'board', name: 'Board', sensitive: true });
  maya = await becomeMember(server, { group: 'choir:manager', email: 'maya@example.org', name: 'Maya Lind' });
  await server.guestlist.grant(maya.accountId, { groups: ['board:manager'] });
  manager = await createPersonsProgram(server, maya.browser);
});
afterAll(() => server.close());

const day = 86_400_000;
const make = async (body: object, by: Program = program) =>
  (await by.call('createInvitation', { body: { groups: ['choir'], ...body } })).json;
const codeOn = async (url: string) => (await createBrowser(server.issuer).open(url)).$('body').attr('data-code');

describe('a link that is shared anew', () => {
  test('leads in, and the one before it nowhere; the same key tells the same one', async () => {
    const { id, url } = await make({ maxUses: 3 });
    const sending = { params: { invitationId: id }, headers: { 'idempotency-key': 'share-it-once' } };
    const shared = await program.call('shareInvitation', sending);
    expect(shared).toMatchObject({
      status: 200,
      json: { id, url: expect.any(String), code: expect.any(String), awaitsConfirmation: false },
    });
    expect((await program.call('shareInvitation', sending)).text).toBe(shared.text);
    expect(await codeOn(url)).toBe('invitation_replaced');
    expect((await join(createBrowser(server.issuer), shared.json.url, { email: 'shared@example.org' })).heading).toBe('You’re in!');
    const { json } = await program.call('listInvitationTokens', { params: { invitationId: id } });
    expect(json.items.map(({ supersededAt }: { supersededAt: string | null }) => supersededAt === null)).toEqual([true, false]);
    const { json: timeline } = await program.call('getInvitationTimeline', { params: { invitationId: id } });
    expect(timeline.items.map(({ what }: { what: string }) => what)).toContain('invitation.shared');
    expect(JSON.stringify([json, timeline])).not.toContain(shared.json.url.split('/').at(-1));
  });

  test('of one that was mailed, the mail stays good, and only where the group lets links out', async () => {
    const { id } = await make({ email: 'ben@example.org' }, manager);
    const params = { invitationId: id };
    await server.guestlist.setPolicy('choir', { channels: ['mail'] });
    expect(await manager.call('shareInvitation', { params })).toMatchObject({
      status: 403,
      json: { code: 'policy_refused', rule: 'channel' },
    });
    await server.guestlist.setPolicy('choir', null);
    expect(await manager.call('shareInvitation', { params })).toMatchObject({ status: 200 });
    expect(await codeOn(await mailedLink(server.database, 'ben@example.org'))).toBeUndefined();
  });

  test('is refused of one that is over, used up, or revoked', async () => {
    const { id, url } = await make({});
    const params = { invitationId: id };
    await join(createBrowser(server.issuer), url, { email: 'only-one@example.org' });
    expect(await program.call('shareInvitation', { params })).toMatchObject({ status: 410, json: { code: 'invitation_used_up' } });
    await program.call('revokeInvitation', { params });
    expect(await program.call('shareInvitation', { params })).toMatchObject({ status: 410, json: { code: 'invitation_revoked' } });
  });
});

test('one is mailed again, extended, revoked, and another made in its place', async () => {
  const { id, expiresAt } = await make({ email: 'cleo@example.org' });
  const params = { invitationId: id };
  const first = await mailedLink(server.database, 'cleo@example.org');
  expect(await program.call('resendInvitation', { params })).toMatchObject({ status: 200, json: { id, state: 'open' } });
  expect(await codeOn(first)).toBe('invitation_replaced');
  const further = await program.call('extendInvitation', { params, body: { bySeconds: 86_400 } });
  expect(new Date(further.json.expiresAt).getTime()).toBe(new Date(expiresAt).getTime() + day);
  expect(await program.call('extendInvitation', { params, body: { expiresAt } })).toMatchObject({
    status: 422,
    json: { field: 'expiresAt' },
  });
  expect(await program.call('extendInvitation', { params, body: {} })).toMatchObject({ status: 422 });
  const again = await program.call('reissueInvitation', { params });
  expect(again).toMatchObject({ status: 201, json: { replacesId: id, email: 'cleo@example.org', url: null } });
  expect((await program.call('getInvitation', { params })).json).toMatchObject({ state: 'revoked', replacedById: again.json.id });
  const revoked = await program.call('revokeInvitation', { params: { invitationId: again.json.id } });
  expect(revoked).toMatchObject({ status: 200, json: { state: 'revoked', revokedAt: expect.any(String) } });
  const { id: link } = await make({});
  expect(await program.call('resendInvitation', { params: { invitationId: link } })).toMatchObject({
    status: 409,
    json: { code: 'no_addressee' },
  });
});

test('a sensitive group needs a second person, and an inviter who left is taken over from', async () => {
  const { id, awaitsConfirmation, state } = await make({ groups: ['board'] }, manager);
  expect([awaitsConfirmation, state]).toEqual([true, 'suspended']);
  const params = { invitationId: id };
  expect(await manager.call('confirmInvitation', { params })).toMatchObject({ status: 403, json: { code: 'second_person_needed' } });
  expect((await program.call('confirmInvitation', { params })).json).toMatchObject({ state: 'open', awaitsConfirmation: false });
  expect(await program.call('confirmInvitation', { params })).toMatchObject({ status: 409, json: { code: 'nothing_to_confirm' } });
  const left = await becomeMember(server, { group: 'choir:manager', email: 'left@example.org' });
  const own = await make({ inviterId: left.accountId });
  await server.guestlist.withdraw(left.accountId, { groups: ['choir:manager'] });
  const adopted = await manager.call('adoptInvitation', { params: { invitationId: own.id } });
  expect(adopted.json).toMatchObject({ inviterId: maya.accountId, state: 'open' });
});

test('whoever made one in another one’s name, or made it larger, is not the second person', async () => {
  const root = await becomeMember(server, { group: 'choir', email: 'root@example.org', name: 'Root' });
  await server.guestlist.addRight({ name: 'guestlist:admin' });
  await server.guestlist.grant(root.accountId, { rights: ['guestlist:admin'] });
  const admin = await createPersonsProgram(server, root.browser);
  const needsSecond = { status: 403, json: { code: 'second_person_needed' } };
  const { id } = await make({ groups: ['board'], inviterId: maya.accountId }, admin);
  const params = { invitationId: id };
  for (const by of [admin, manager]) expect(await by.call('confirmInvitation', { params })).toMatchObject(needsSecond);
  expect(await program.call('confirmInvitation', { params })).toMatchObject({ status: 200, json: { state: 'open' } });
  expect(await admin.call('changeInvitation', { params, body: { maxUses: 50 } })).toMatchObject({ json: { awaitsConfirmation: true } });
  expect(await admin.call('confirmInvitation', { params })).toMatchObject(needsSecond);
  expect(await program.call('confirmInvitation', { params })).toMatchObject({ status: 200 });
  const byApp = await make({ groups: ['board'], inviterId: maya.accountId });
  expect(await program.call('confirmInvitation', { params: { invitationId: byApp.id } })).toMatchObject(needsSecond);
});

test('who asked to join is seen by whoever decides, let in or turned down, and undone', async () => {
  const { id, url } = await make({ approval: true, maxUses: 5 });
  const foreign = await make({ groups: ['crew'], approval: true });
  const ask = async (to: string, email: string) => {
    const browser = createBrowser(server.issuer);
    await browser.submit(await openAsNewcomer(browser, to), 'Create account and ask to join', {
      name: 'Ada',
      email,
      password: goodPassword,
    });
  };
  await ask(url, 'ada@example.org');
  await ask(url, 'bob@example.org');
  await ask(foreign.url, 'eve@example.org');
  const params = { invitationId: id };
  const asked = await manager.call('listApprovals', { params });
  expect(asked.json.items).toMatchObject([{ email: 'ada@example.org', name: 'Ada' }, { email: 'bob@example.org' }]);
  const [ada, bob] = asked.json.items.map(({ accountId }: { accountId: string }) => accountId);
  expect((await manager.call('getInvitation', { params })).json.waitingCount).toBe(2);
  const emails = (told: { json: { items: { email: string }[] } }) => told.json.items.map(({ email }) => email);
  expect(emails(await manager.call('listWaitingApprovals'))).toEqual(['ada@example.org', 'bob@example.org']);
  const first = await program.call('listWaitingApprovals', { query: { limit: 2 } });
  expect(emails(first)).toEqual(['ada@example.org', 'bob@example.org']);
  expect(emails(await program.call('listWaitingApprovals', { query: { cursor: first.json.next } }))).toEqual(['eve@example.org']);
  const eve = { invitationId: foreign.id, accountId: 'whoever' };
  expect(await manager.call('approveApproval', { params: eve })).toMatchObject({ status: 404, json: { code: 'invitation_not_found' } });
  expect(await manager.call('approveApproval', { params: { ...params, accountId: ada } })).toMatchObject({ status: 204 });
  expect(await manager.call('rejectApproval', { params: { ...params, accountId: bob } })).toMatchObject({ status: 204 });
  expect(await manager.call('rejectApproval', { params: { ...params, accountId: bob } })).toMatchObject({
    status: 409,
    json: { code: 'approval_decided' },
  });
  const came = await manager.call('listRedemptions', { params });
  expect(came.json.items).toMatchObject([{ accountId: ada, email: 'ada@example.org' }]);
  expect((await manager.call('listGiven', { params })).json.items).toMatchObject([{ accountId: ada, grants: ['choir:member'] }]);
  const others = await manager.call('undoInvitation', { params, body: { accountIds: ['nobody'] } });
  expect(others.json).toEqual({ items: [] });
  expect((await manager.call('undoInvitation', { params })).json.items).toMatchObject([{ accountId: ada, grants: ['choir:member'] }]);
  expect((await manager.call('listGiven', { params })).json).toEqual({ items: [] });
});

test('who came by it is told a page at a time, the first first', async () => {
  const { id, url } = await make({ maxUses: 5 });
  const params = { invitationId: id };
  for (const name of ['one', 'two', 'three']) await join(createBrowser(server.issuer), url, { email: `${name}@example.org` });
  const first = await program.call('listRedemptions', { params, query: { limit: 2 } });
  const second = await program.call('listRedemptions', { params, query: { limit: 2, cursor: first.json.next } });
  const emails = [...first.json.items, ...second.json.items].map(({ email }: { email: string }) => email);
  expect(emails).toEqual(['one@example.org', 'two@example.org', 'three@example.org']);
  expect(second.json.next).toBeUndefined();
});

test('a personal link in other hands is listed, for managers only of their groups', async () => {
  const { id, url } = await make({ label: 'for Ada' });
  const foreign = await make({ groups: ['crew'] });
  for (const link of [url, foreign.url]) {
    await join(createBrowser(server.issuer), link, { email: `${link.slice(-6).toLowerCase().replace(/\W/g, '')}@example.org` });
    await createBrowser(server.issuer).open(link);
  }
  const listed = async (by: Program) =>
    (await by.call('listLeaks')).json.items.map(({ invitationId }: { invitationId: string }) => invitationId) as string[];
  expect(await listed(program)).toEqual([foreign.id, id]);
  expect(await listed(manager)).toEqual([id]);
  const one = await manager.call('getInvitationLeaks', { params: { invitationId: id } });
  expect(one.json.items).toMatchObject([
    { invitationId: id, givenTo: 'for Ada', reasons: ['opened_after_use'], facts: { openedAfterUse: 1 } },
  ]);
  expect(one.json.items[0].accountId).toEqual(expect.any(String));
  expect(await manager.call('getInvitationLeaks', { params: { invitationId: foreign.id } })).toMatchObject({ status: 404 });
});

test('whoever only made a link is told that it leaked, but not who came in by it', async () => {
  await server.guestlist.setPolicy('crew', { who: 'members' });
  await server.guestlist.grant(maya.accountId, { groups: ['crew'] });
  const { id, url } = await make({ groups: ['crew'] }, manager);
  await join(createBrowser(server.issuer), url, { email: 'came-by-it@example.org' });
  await createBrowser(server.issuer).open(url);
  const seenBy = async (by: Program) => {
    const { items } = (await by.call('listLeaks')).json;
    const [one] = (await by.call('getInvitationLeaks', { params: { invitationId: id } })).json.items;
    return [items.find(({ invitationId }: { invitationId: string }) => invitationId === id)?.accountId, one?.accountId];
  };
  expect(await seenBy(manager)).toEqual([null, null]);
  expect(await seenBy(program)).toEqual([expect.any(String), expect.any(String)]);
  await server.guestlist.withdraw(maya.accountId, { groups: ['crew'] });
  await server.guestlist.setPolicy('crew', null);
});
