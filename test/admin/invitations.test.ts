import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { mailedLink } from '../support/mail.ts';
import { becomeMember, join, type Member } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createPersonsProgram, createProgram, type Program } from './calling.ts';

let server: TestServer;
let program: Program & { readonly clientId: string };
let maya: Member;
let manager: Program;

beforeAll(async () => {
  server = await startTestServer();
  program = await createProgram(server);
  for (const slug of ['choir', 'crew', 'board']) await server.addGroup(slug);
  await server.guestlist.addGroup({ slug: 'tenors', name: 'Tenors', parent: 'choir' });
  await server.guestlist.addRight({ name: 'wiki:edit' });
  maya = await becomeMember(server, { group: 'choir:manager', email: 'maya@example.org', name: 'Maya Lind' });
  manager = await createPersonsProgram(server, maya.browser);
});
afterAll(() => server.close());

const inDays = (days: number) => new Date(server.now().getTime() + days * 86_400_000).toISOString();
const idsOf = (told: { json: { items: { id: string }[] } }) => told.json.items.map(({ id }) => id);

describe('one invitation by API', () => {
  test('it is made with its link told once, and opens the way in', async () => {
    const made = await program.call('createInvitation', {
      body: { groups: ['choir'], maxUses: 2, pin: true, label: 'Altos', approval: false },
    });
    expect(made).toMatchObject({
      status: 201,
      json: {
        state: 'open',
        grants: ['choir:member'],
        maxUses: 2,
        usedCount: 0,
        hasPin: true,
        label: 'Altos',
        inviterId: null,
        email: null,
      },
    });
    expect(made.json.url).toMatch(new RegExp(`^${server.issuer}/invite/[\\w-]{22}$`));
    expect(made.json.pin).toMatch(/^\d{6}$/);
    expect(made.headers.get('location')).toBe(`${server.issuer}/api/v1/invitations/${made.json.id}`);
    const params = { invitationId: made.json.id };
    const shown = await program.call('getInvitation', { params });
    expect(shown.text).not.toMatch(/"(url|code|pin)"/);
    await program.call('changeInvitation', { params, body: { pin: null } });
    const rest = await join(createBrowser(server.issuer), made.json.url, { email: 'altos@example.org' });
    expect(rest.heading).toBe('You’re in!');
    expect((await program.call('getInvitation', { params })).json).toMatchObject({ usedCount: 1, hasPin: false });
  });

  test('the same key makes one, and tells the same link', async () => {
    const sending = { body: { groups: ['choir'] }, headers: { 'idempotency-key': 'one-more-soprano' } };
    const [one, other] = [await program.call('createInvitation', sending), await program.call('createInvitation', sending)];
    expect([one.status, other.status, other.text]).toEqual([201, 201, one.text]);
  });

  test('by mail alone, the link is in nobody’s answer', async () => {
    const { json } = await program.call('createInvitation', { body: { groups: ['choir'], email: 'ben@example.org', locale: 'de' } });
    expect(json).toMatchObject({ url: null, code: null, pin: null, email: 'ben@example.org', emailRule: 'exact', locale: 'de' });
    const { json: tokens } = await program.call('listInvitationTokens', { params: { invitationId: json.id } });
    expect(tokens.items).toEqual([{ id: expect.any(String), channel: 'mail', createdAt: expect.any(String), supersededAt: null }]);
    const secret = (await mailedLink(server.database, 'ben@example.org')).split('/').at(-1) ?? '';
    expect(JSON.stringify([json, tokens])).not.toContain(secret);
  });

  test('times, places and PIN are changed, with a version, and what cannot be is refused by name', async () => {
    const { json } = await program.call('createInvitation', { body: { groups: ['choir'], maxUses: 3 } });
    const params = { invitationId: json.id };
    const etag = (await program.call('getInvitation', { params })).headers.get('etag') ?? '';
    const changed = await program.call('changeInvitation', {
      params,
      body: { maxUses: 9, expiresAt: inDays(30), startsAt: inDays(1), pin: true },
      headers: { 'if-match': etag },
    });
    expect(changed).toMatchObject({
      status: 200,
      json: { maxUses: 9, state: 'not_started', hasPin: true, pin: expect.stringMatching(/^\d{6}$/) },
    });
    expect(await program.call('changeInvitation', { params, body: { maxUses: 1 }, headers: { 'if-match': etag } })).toMatchObject({
      status: 412,
    });
    expect(await program.call('changeInvitation', { params, body: { expiresAt: inDays(-1) } })).toMatchObject({
      status: 422,
      json: { code: 'wish_invalid', field: 'expiresAt' },
    });
    expect(await program.call('changeInvitation', { params, body: { pin: '1' } })).toMatchObject({ status: 422 });
    const { json: timeline } = await program.call('getInvitationTimeline', { params, query: { limit: 2 } });
    expect(timeline.items.map(({ what }: { what: string }) => what)).toEqual(['invitation.created', 'invitation.pin_changed']);
    const rest = await program.call('getInvitationTimeline', { params, query: { cursor: timeline.next } });
    expect(rest.json.items.map(({ what }: { what: string }) => what)).toEqual(['invitation.changed']);
    expect(rest.json.next).toBeUndefined();
  });

  test('what happened names the app and the request it came by', async () => {
    const { json, headers } = await program.call('createInvitation', { body: { groups: ['choir'] } });
    const { rows } = await server.database.raw('select * from guestlist.audit_event where subject = ?', [json.id]);
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows[0])).toContain(program.clientId);
    expect(JSON.stringify(rows[0])).toContain(headers.get('x-request-id') ?? 'no request id');
  });

  test('in another one’s name it is theirs, and the record says who made it', async () => {
    const { json } = await program.call('createInvitation', { body: { groups: ['choir'], inviterId: maya.accountId } });
    expect(json).toMatchObject({ inviterId: maya.accountId, inviterName: 'Maya Lind' });
    const { rows } = await server.database.raw('select actor, detail from guestlist.audit_event where subject = ?', [json.id]);
    expect(rows).toEqual([{ actor: 'operator', detail: expect.objectContaining({ inviter: maya.accountId }) }]);
    const nobody = await program.call('createInvitation', { body: { groups: ['choir'], inviterId: 'nobody' } });
    expect(nobody).toMatchObject({ status: 404, json: { code: 'account_not_found' } });
    const beyond = await program.call('createInvitation', { body: { groups: ['board'], inviterId: maya.accountId } });
    expect(beyond).toMatchObject({ status: 403, json: { code: 'grant_not_allowed' } });
  });

  test('a wish that gives nothing, or names what is not there, is refused', async () => {
    expect(await program.call('createInvitation', { body: { label: 'x' } })).toMatchObject({ status: 422, json: { code: 'wish_invalid' } });
    expect(await program.call('createInvitation', { body: { groups: ['nowhere'] } })).toMatchObject({
      status: 404,
      json: { code: 'group_not_found' },
    });
    expect(await program.call('createInvitation', { body: { groups: ['choir'], email: 'no address' } })).toMatchObject({
      status: 422,
      json: { field: 'email' },
    });
    expect(await program.call('getInvitation', { params: { invitationId: 'nothing' } })).toMatchObject({
      status: 404,
      json: { code: 'invitation_not_found' },
    });
  });
});

describe('the list', () => {
  test('is narrowed by state, group, inviter, address and time, and each page follows the one before', async () => {
    const label = { label: 'listed' };
    const make = async (body: object) => (await program.call('createInvitation', { body: { ...label, ...body } })).json.id as string;
    const begin = inDays(0);
    const open = await make({ groups: ['crew'] });
    const later = await make({ groups: ['crew'], startsAt: inDays(1) });
    const mailed = await make({ groups: ['crew'], email: 'Cleo_100@example.org' });
    const board = await make({ groups: ['board', 'crew:lead'] });
    const byMaya = await make({ groups: ['choir'], inviterId: maya.accountId });
    const revoked = await make({ groups: ['crew'] });
    await program.call('revokeInvitation', { params: { invitationId: revoked } });
    const list = async (query: Record<string, string>) =>
      idsOf(await program.call('listInvitations', { query: { createdAfter: begin, ...query } }));
    expect(await list({})).toEqual([revoked, byMaya, board, mailed, later, open]);
    expect(await list({ state: 'open' })).toEqual([byMaya, board, mailed, open]);
    expect(await list({ state: 'not_started' })).toEqual([later]);
    expect(await list({ state: 'revoked' })).toEqual([revoked]);
    expect(await list({ state: 'expired' })).toEqual([]);
    expect(await list({ group: 'crew', state: 'open' })).toEqual([board, mailed, open]);
    expect(await list({ inviter: maya.accountId })).toEqual([byMaya]);
    expect(await list({ inviter: 'operator', group: 'board' })).toEqual([board]);
    expect(await list({ email: 'cleo_100' })).toEqual([mailed]);
    expect(await list({ email: 'c_eo%' })).toEqual([]);
    expect(await list({ email: 'CLEO_', group: 'crew' })).toEqual([mailed]);
    expect(await list({ email: 'cleo_', group: 'board' })).toEqual([]);
    expect(await list({ email: 'cl', inviter: 'operator', state: 'open' })).toEqual([mailed]);
    expect(await list({ createdBefore: begin })).toEqual([]);
    await server.guestlist.changeGroup('board', { archived: true });
    expect(await list({ state: 'suspended' })).toEqual([board]);
    expect(await list({ state: 'open' })).toEqual([byMaya, mailed, open]);
    await server.guestlist.changeGroup('board', { archived: false });
    const first = await program.call('listInvitations', { query: { createdAfter: begin, limit: 4 } });
    await make({ groups: ['crew'] });
    const second = await program.call('listInvitations', { query: { createdAfter: begin, limit: 4, cursor: first.json.next } });
    expect([...idsOf(first), ...idsOf(second)]).toEqual([revoked, byMaya, board, mailed, later, open]);
    expect(second.json.next).toBeUndefined();
    expect(await program.call('listInvitations', { query: { group: 'nowhere' } })).toMatchObject({
      status: 404,
      json: { code: 'group_not_found' },
    });
    expect(await program.call('listInvitations', { query: { cursor: 'bm8' } })).toMatchObject({ status: 422 });
  });

  test('knows who may not invite any more, who is used up, and takes few statements however many inviters there are', async () => {
    const begin = inDays(0);
    const inviters: Member[] = [];
    for (let index = 0; index < 5; index += 1)
      inviters.push(await becomeMember(server, { group: 'crew:manager', email: `lead-${index}@example.org` }));
    const made: string[] = [];
    for (const { accountId } of inviters)
      made.push((await program.call('createInvitation', { body: { groups: ['crew'], inviterId: accountId } })).json.id);
    const used = await program.call('createInvitation', { body: { groups: ['crew'] } });
    await join(createBrowser(server.issuer), used.json.url, { email: 'used@example.org' });
    await server.guestlist.withdraw(inviters[1]?.accountId ?? '', { groups: ['crew:manager'] });
    const statements: string[] = [];
    const listen = ({ sql }: { sql: string }) => void statements.push(sql);
    server.database.on('query', listen);
    const all = await program.call('listInvitations', { query: { createdAfter: begin, group: 'crew' } });
    server.database.off('query', listen);
    expect(idsOf(all)).toEqual(expect.arrayContaining(made));
    expect(statements.length).toBeLessThan(30);
    const list = async (query: Record<string, string>) =>
      idsOf(await program.call('listInvitations', { query: { createdAfter: begin, ...query } }));
    expect(await list({ state: 'suspended' })).toEqual([made[1]]);
    expect(await list({ state: 'used_up', inviter: 'operator' })).toContain(used.json.id);
    expect(await list({ state: 'open', group: 'crew' })).not.toContain(made[1]);
  });
});

describe('a manager', () => {
  test('sees what they made and what is in their groups alone; everything else is not there', async () => {
    const own = await manager.call('createInvitation', { body: { groups: ['choir'], label: 'mine' } });
    expect(own).toMatchObject({ status: 201, json: { inviterId: maya.accountId, inviterName: 'Maya Lind' } });
    const make = async (groups: string[], rights: string[] = []) =>
      (await program.call('createInvitation', { body: { groups, rights } })).json.id as string;
    const beneath = await make(['tenors']);
    const foreign = [await make(['crew']), await make(['choir', 'crew']), await make(['choir'], ['wiki:edit'])];
    const seen = idsOf(await manager.call('listInvitations', { query: { limit: 200 } }));
    expect(seen).toEqual(expect.arrayContaining([own.json.id, beneath]));
    expect(seen.filter((id) => foreign.includes(id))).toEqual([]);
    for (const invitationId of foreign)
      for (const id of ['getInvitation', 'listInvitationTokens', 'revokeInvitation', 'shareInvitation', 'listRedemptions'] as const)
        expect(await manager.call(id, { params: { invitationId } })).toMatchObject({ status: 404, json: { code: 'invitation_not_found' } });
    expect(await manager.call('getInvitation', { params: { invitationId: beneath } })).toMatchObject({ status: 200 });
    expect(await manager.call('listInvitations', { query: { group: 'crew' } })).toMatchObject({ status: 404 });
    expect(idsOf(await manager.call('listInvitations', { query: { group: 'tenors' } }))).toEqual([beneath]);
    expect(idsOf(await manager.call('listInvitations', { query: { inviter: maya.accountId } }))).toContain(own.json.id);
    expect(idsOf(await manager.call('listInvitations', { query: { state: 'revoked' } }))).toEqual([]);
  });

  test('finds all of it page by page, each once and in order', async () => {
    const all = idsOf(await manager.call('listInvitations', { query: { limit: 200 } }));
    expect(all.length).toBeGreaterThan(4);
    expect(all).toEqual(all.toSorted().reverse());
    const found: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const told = await manager.call('listInvitations', { query: { limit: 2, ...(cursor === undefined ? {} : { cursor }) } });
      found.push(...idsOf(told));
      cursor = told.json.next;
      if (cursor === undefined) break;
    }
    expect(found).toEqual(all);
  });

  test('invites to no group that is not theirs, in nobody else’s name, and learns nothing of what is there', async () => {
    const refused = async (body: object) => {
      const { status, json } = await manager.call('createInvitation', { body });
      return [status, json.code];
    };
    expect(await refused({ groups: ['crew'] })).toEqual([404, 'group_not_found']);
    expect(await refused({ groups: ['nowhere'] })).toEqual([404, 'group_not_found']);
    expect(await refused({ groups: ['choir'], rights: ['wiki:edit'] })).toEqual([404, 'right_not_found']);
    expect(await refused({ groups: ['choir'], inviterId: 'somebody' })).toEqual([403, 'access_denied']);
    expect(await refused({ groups: ['choir'], inviterName: 'The mayor' })).toEqual([422, 'wish_invalid']);
    await server.guestlist.setPolicy('crew', { who: 'members' });
    await server.guestlist.grant(maya.accountId, { groups: ['crew'] });
    expect(await manager.call('createInvitation', { body: { groups: ['crew'] } })).toMatchObject({ status: 201 });
    await server.guestlist.withdraw(maya.accountId, { groups: ['crew'] });
    await server.guestlist.setPolicy('crew', null);
  });

  test('who only made one is not told who came by it', async () => {
    await server.guestlist.setPolicy('crew', { who: 'members' });
    await server.guestlist.grant(maya.accountId, { groups: ['crew'] });
    const { json } = await manager.call('createInvitation', { body: { groups: ['crew'] } });
    const params = { invitationId: json.id };
    expect(await manager.call('getInvitation', { params })).toMatchObject({ status: 200 });
    for (const id of ['listRedemptions', 'listApprovals', 'listGiven', 'getInvitationTimeline', 'undoInvitation'] as const)
      expect(await manager.call(id, { params })).toMatchObject({ status: 403, json: { code: 'access_denied' } });
    await server.guestlist.withdraw(maya.accountId, { groups: ['crew'] });
    await server.guestlist.setPolicy('crew', null);
  });
});
