/** What a token was not let do, it cannot be used to come by: neither through another app, nor through another person. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askFor, becomeMember, type Member } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createPersonsProgram, createProgram, type Program } from './calling.ts';

let server: TestServer;
let all: Program;
let root: Member;

beforeAll(async () => {
  server = await startTestServer();
  all = await createProgram(server);
  await server.addGroup('choir');
  await server.addGroup('admins', { rights: ['guestlist:admin'] });
  await server.guestlist.addGroup({ slug: 'beneath', name: 'Beneath', parent: 'admins' });
  await server.guestlist.addTemplate({ name: 'to-run-it', wish: { rights: ['guestlist:admin'] } });
  root = await becomeMember(server, { group: 'choir', email: 'root@example.org', name: 'Root' });
  await server.guestlist.grant(root.accountId, { groups: ['admins'] });
});
afterAll(() => server.close());

const noScope = { status: 403, json: { code: 'insufficient_scope' } };

describe('an app that registers apps', () => {
  const body = { redirectUris: [], grantTypes: ['client_credentials'], authMethod: 'client_secret_basic' };
  const wish = (id: string, scope: string) => ({ body: { ...body, id, name: id, scope } });

  test('gives them no scope that it has not, and does not come by the secret of one that has', async () => {
    const registrar = await createProgram(server, 'clients:read clients:write');
    expect(await registrar.call('createClient', wish('stronger', 'clients:write accounts:write'))).toMatchObject({
      ...noScope,
      json: { code: 'insufficient_scope', scope: 'accounts:write' },
    });
    expect(await registrar.call('createClient', wish('weaker', 'clients:read'))).toMatchObject({ status: 201 });
    expect(await registrar.call('changeClient', { params: { clientId: 'weaker' }, body: { scope: 'keys:write' } })).toMatchObject(noScope);
    expect(await all.call('createClient', wish('strong', 'keys:write'))).toMatchObject({ status: 201 });
    const params = { clientId: 'strong' };
    expect(await registrar.call('rotateClientSecret', { params, body: {} })).toMatchObject(noScope);
    expect(await registrar.call('changeClient', { params, body: { authMethod: 'client_secret_post' } })).toMatchObject(noScope);
    expect(await registrar.call('rotateClientSecret', { params: { clientId: 'weaker' }, body: {} })).toMatchObject({ status: 201 });
  });

  test('learns of people by them no more than it may', async () => {
    const reader = await createProgram(server, 'clients:read');
    await server.addClient({ id: 'wiki', redirectUris: ['https://wiki.example.org/callback'] });
    const preview = { params: { clientId: 'wiki' }, body: { accountId: root.accountId } };
    expect(await reader.call('previewClient', preview)).toMatchObject({ status: 403, json: { scope: 'accounts:read' } });
    expect(await all.call('previewClient', preview)).toMatchObject({ status: 200 });
  });
});

describe('the right to run the server', () => {
  const toRun = { rights: ['guestlist:admin'] };
  const refusedOf = async (by: Program) => ({
    byRight: (await by.call('createInvitation', { body: toRun })).json.code,
    byGroup: (await by.call('createInvitation', { body: { groups: ['admins'] } })).json.code,
    byOneBeneath: (await by.call('createInvitation', { body: { groups: ['beneath:manager'] } })).json.code,
    byTemplate: (await by.call('createInvitation', { body: { template: 'to-run-it' } })).json.code,
    byCampaign: (await by.call('createCampaign', { body: { name: 'x', wish: toRun, cards: 1 } })).json.code,
  });

  test('is not offered by a token that was only let invite, for an app or for an admin; with all scopes it is', async () => {
    const scopes = 'invitations:read invitations:write campaigns:write';
    const refused = Object.fromEntries(
      ['byRight', 'byGroup', 'byOneBeneath', 'byTemplate', 'byCampaign'].map((way) => [way, 'insufficient_scope']),
    );
    for (const by of [await createProgram(server, scopes), await createPersonsProgram(server, root.browser, scopes)]) {
      expect(await refusedOf(by)).toEqual(refused);
      expect(await by.call('createInvitation', { body: { groups: ['choir'] } })).toMatchObject({ status: 201 });
    }
    expect(await all.call('createInvitation', { body: toRun })).toMatchObject({ status: 201 });
  });

  test('is not come by through a file, nor through an invitation that another one made', async () => {
    const inviting = await createProgram(server, 'invitations:read invitations:write');
    const file = { body: '{"key":"one","rights":["guestlist:admin"]}\n', headers: { 'content-type': 'application/x-ndjson' } };
    expect(JSON.parse((await inviting.call('importInvitations', file)).text)).toMatchObject({ ok: false, code: 'insufficient_scope' });
    const { id } = await server.guestlist.invite({ groups: ['admins'], maxUses: 2 });
    const params = { invitationId: id };
    for (const deed of ['shareInvitation', 'reissueInvitation', 'adoptInvitation', 'resendInvitation'] as const)
      expect([deed, await inviting.call(deed, { params })]).toMatchObject([deed, noScope]);
    expect(await inviting.call('changeInvitation', { params, body: { maxUses: 9 } })).toMatchObject(noScope);
    const bulk = await inviting.call('bulkInvitations', { body: { ids: [id], deed: 'extend', bySeconds: 3_600 } });
    expect(bulk.json.items).toMatchObject([{ ok: false, code: 'insufficient_scope' }]);
    expect(await inviting.call('revokeInvitation', { params })).toMatchObject({ status: 200 });
  });

  test('is not given by hand, nor to a group, by a token that reaches no further', async () => {
    const { accountId } = await becomeMember(server, { group: 'choir', email: 'eve@example.org', name: 'Eve' });
    const giving = await createProgram(server, 'memberships:write groups:read groups:write requests:read requests:write');
    expect(await giving.call('giveRight', { params: { accountId, right: 'guestlist:admin' } })).toMatchObject(noScope);
    expect(await giving.call('addMember', { params: { slug: 'beneath' }, body: { accountId } })).toMatchObject(noScope);
    expect(await giving.call('addGroupRight', { params: { slug: 'choir', right: 'guestlist:admin' } })).toMatchObject(noScope);
    expect(await giving.call('changeGroup', { params: { slug: 'choir' }, body: { parent: 'admins' } })).toMatchObject(noScope);
    const made = { slug: 'mine', name: 'Mine' };
    for (const more of [{ rights: ['guestlist:admin'] }, { parent: 'beneath' }])
      expect(await giving.call('createGroup', { body: { ...made, ...more } })).toMatchObject(noScope);
    for (const body of [{ template: 'to-run-it' }, {}])
      expect(await giving.call('openRequestDesk', { params: { slug: 'template' in body ? 'choir' : 'admins' }, body })).toMatchObject(
        noScope,
      );
    expect((await server.guestlist.groupsOf(accountId)).entitlements).toEqual([]);
    expect((await giving.call('getGroup', { params: { slug: 'choir' } })).json).toMatchObject({ parent: null, rights: [] });
    expect(await giving.call('createGroup', { body: made })).toMatchObject({ status: 201 });
    expect(await giving.call('changeGroup', { params: { slug: 'admins' }, body: { name: 'Who run it' } })).toMatchObject({ status: 200 });
  });

  test('is not come by through who asks to join, a rule, or a template, by a token that reaches no further', async () => {
    await server.guestlist.addGroup({ slug: 'open', name: 'Open' });
    for (const [group, template] of [['admins'], ['open', 'to-run-it']] as const) {
      await server.guestlist.requests.open(group, template === undefined ? {} : { template });
      await askFor(server, group, `asks-${group}@example.org`);
    }
    const deciding = await createProgram(server, 'requests:read requests:write invitations:read invitations:write');
    const { json } = await deciding.call('listRequests');
    expect(json.items).toHaveLength(2);
    for (const { id, group } of json.items) {
      expect(await deciding.call('approveRequest', { params: { requestId: id } })).toMatchObject(noScope);
      const params = { slug: group, domain: 'example.org' };
      expect(await deciding.call('setRequestRule', { params, body: { decision: 'approve' } })).toMatchObject(noScope);
      expect(await deciding.call('setRequestRule', { params, body: { decision: 'decline' } })).toMatchObject({ status: 200 });
      expect(await all.call('setRequestRule', { params, body: { decision: 'approve' } })).toMatchObject({ status: 200 });
      expect(await deciding.call('removeRequestRule', { params })).toMatchObject({ status: 200 });
    }
    expect((await deciding.call('listRequests')).json.items).toHaveLength(2);
    const [first, second] = json.items;
    expect(await all.call('approveRequest', { params: { requestId: first.id } })).toMatchObject({ status: 200 });
    expect(await deciding.call('declineRequest', { params: { requestId: second.id }, body: {} })).toMatchObject({ status: 204 });
    const unknown = { requestId: '0199f3f0-0000-7000-8000-000000000001' };
    expect(await deciding.call('approveRequest', { params: unknown })).toMatchObject({ status: 404, json: { code: 'request_not_found' } });
    // What is offered by its name elsewhere would come to give more.
    await server.guestlist.addTemplate({ name: 'tenors', wish: { groups: ['choir'] } });
    expect((await deciding.call('removeTemplate', { params: { templateName: 'tenors' } })).status).toBe(204);
    for (const wish of [toRun, { groups: ['beneath'] }, { groups: ['admins:manager'] }])
      expect(await deciding.call('createTemplate', { body: { name: 'tenors', wish } })).toMatchObject(noScope);
    expect(await deciding.call('createTemplate', { body: { name: 'tenors', wish: { groups: ['choir'] } } })).toMatchObject({ status: 201 });
    expect(await all.call('createTemplate', { body: { name: 'more', wish: toRun } })).toMatchObject({ status: 201 });
  });

  test('is not come by from above: whoever manages a group lets others into those beneath it', async () => {
    await server.addGroup('board');
    await server.guestlist.addGroup({ slug: 'root', name: 'Root', rights: ['guestlist:admin'], parent: 'board' });
    const { accountId } = await becomeMember(server, { group: 'choir', email: 'mallory@example.org', name: 'Mallory' });
    const giving = await createProgram(server, 'invitations:write memberships:write groups:read groups:write');
    const params = { slug: 'board' };
    expect(await giving.call('addMember', { params, body: { accountId, role: 'manager' } })).toMatchObject(noScope);
    expect(await giving.call('createInvitation', { body: { groups: ['board:manager'] } })).toMatchObject(noScope);
    expect(await giving.call('addMember', { params, body: { accountId } })).toMatchObject({ status: 200 });
    expect(await giving.call('createInvitation', { body: { groups: ['board'] } })).toMatchObject({ status: 201 });
    expect(await giving.call('addMember', { params: { slug: 'choir' }, body: { accountId, role: 'manager' } })).toMatchObject({
      status: 200,
    });
    for (const slug of ['root', 'board'])
      expect(await giving.call('changeGroup', { params: { slug }, body: { parent: 'choir' } })).toMatchObject(noScope);
    expect((await giving.call('getGroup', { params: { slug: 'root' } })).json).toMatchObject({ parent: 'board' });
    expect(await giving.call('changeGroup', { params: { slug: 'root' }, body: { parent: null, name: 'Roots' } })).toMatchObject({
      status: 200,
    });
    expect(await giving.call('changeGroup', { params, body: { parent: 'choir' } })).toMatchObject({ status: 200 });
    expect(await all.call('changeGroup', { params: { slug: 'root' }, body: { parent: 'choir' } })).toMatchObject({ status: 200 });
    await server.guestlist.changeGroup('root', { parent: null });
  });

  test('does not go with a group, a place in it, or an invitation, where nobody would be left who has it', async () => {
    const last = { status: 409, json: { code: 'last_admin' } };
    const params = { slug: 'admins' };
    expect(await all.call('removeMember', { params: { ...params, accountId: root.accountId } })).toMatchObject(last);
    expect(await all.call('changeGroup', { params, body: { archived: true } })).toMatchObject(last);
    expect(await all.call('removeGroupRight', { params: { ...params, right: 'guestlist:admin' } })).toMatchObject(last);
    expect((await server.guestlist.groupsOf(root.accountId)).entitlements).toEqual(['guestlist:admin']);
    const { url, id } = await server.guestlist.invite({ rights: ['guestlist:admin'] });
    await root.browser.submit(await root.browser.submit(await root.browser.open(url), 'join'), 'Join');
    expect(await all.call('removeMember', { params: { ...params, accountId: root.accountId } })).toMatchObject({ status: 200 });
    expect(await all.call('undoInvitation', { params: { invitationId: id } })).toMatchObject(last);
  });

  test('does not go with all that somebody issued, where nobody would be left who has it', async () => {
    const last = { status: 409, json: { code: 'last_admin' } };
    const { accountId: chief, browser } = await becomeMember(server, { group: 'choir', email: 'chief@example.org', name: 'Chief' });
    await server.guestlist.grant(chief, { rights: ['guestlist:admin'] });
    const heir = await becomeMember(server, { group: 'choir', email: 'heir@example.org', name: 'Heir' });
    const { url } = await server.guestlist.invite({ rights: ['guestlist:admin'], inviterId: chief });
    const open = await server.guestlist.invite({ groups: ['choir'], inviterId: chief });
    await heir.browser.submit(await heir.browser.submit(await heir.browser.open(url), 'join'), 'Join');
    await server.guestlist.withdraw(root.accountId, { groups: ['admins'], rights: ['guestlist:admin'] });
    const params = { accountId: chief };
    // One more admin is left, who is the inviter.
    const accounts = await createProgram(server, 'accounts:read accounts:write');
    expect(await all.call('revokeIssuedInvitations', { params, body: { undo: true, dryRun: true } })).toMatchObject({ status: 200 });
    await server.guestlist.withdraw(chief, { rights: ['guestlist:admin'] });
    for (const by of [all, accounts, await createPersonsProgram(server, heir.browser)])
      expect(await by.call('revokeIssuedInvitations', { params, body: { undo: true } })).toMatchObject(last);
    expect(await server.guestlist.find(open.id)).toMatchObject({ revokedAt: undefined });
    expect((await server.guestlist.groupsOf(heir.accountId)).entitlements).toEqual(['guestlist:admin']);
    await server.guestlist.grant(chief, { rights: ['guestlist:admin'] });
    expect(
      await (await createPersonsProgram(server, browser)).call('revokeIssuedInvitations', { params, body: { undo: true } }),
    ).toMatchObject({
      status: 200,
      json: { revoked: [open.id], undone: [{ accountId: heir.accountId, grants: ['guestlist:admin'] }] },
    });
    expect((await server.guestlist.groupsOf(heir.accountId)).entitlements).toEqual([]);
  });
});
