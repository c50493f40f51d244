/** Asking to be invited, by API: where one can, by which rules, and who waits; managers decide about what they could give. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRequestSetting, type RequestSetting } from '../journeys/request-setting.ts';
import { mailbox } from '../support/mail.ts';
import { askFor } from '../support/people.ts';
import { createPersonsProgram, createProgram, type Program } from './calling.ts';

let setting: RequestSetting;
let program: Program & { readonly clientId: string };
let manager: Program;

beforeAll(async () => {
  setting = await createRequestSetting();
  program = await createProgram(setting.server);
  manager = await createPersonsProgram(setting.server, setting.manager.browser);
  await program.call('openRequestDesk', { params: { slug: 'board' }, body: {} });
});
afterAll(() => setting?.server.close());
beforeEach(() => setting.server.database.raw('delete from guestlist.throttle'));

async function waiting(by: Program, query: Record<string, string | number> = {}): Promise<string[]> {
  const { json } = await by.call('listRequests', { query });
  return json.items.map(({ email }: { email: string }) => email);
}

async function idOf(email: string): Promise<string> {
  const { json } = await program.call('listRequests', { query: { limit: 200 } });
  return json.items.find((item: { email: string }) => item.email === email).id;
}

type Entry = {
  readonly action: string;
  readonly actor: string;
  readonly request_id: string | null;
  readonly detail: Record<string, unknown>;
};

async function entriesAbout(subject: string): Promise<Entry[]> {
  const sql = 'select action, actor, request_id, detail from guestlist.audit_event where subject = ? order by id';
  return (await setting.server.database.raw(sql, [subject])).rows;
}

describe('where one can ask', () => {
  test('is opened, changed, looked at and closed', async () => {
    const { server, guestlist } = setting;
    await server.addGroup('band', { name: 'Band' });
    await guestlist.addTemplate({ name: 'band-trial', wish: { groups: ['band'], ends: { afterSeconds: 86_400 } } });
    const params = { slug: 'band' };
    expect(await program.call('getRequestDesk', { params })).toMatchObject({ status: 404, json: { code: 'requests_closed' } });
    const opened = await program.call('openRequestDesk', { params });
    expect(opened.json).toEqual({ slug: 'band', name: 'Band', template: null, open: true, url: `${server.issuer}/invite/request/band` });
    expect((await fetch(opened.json.url)).status).toBe(200);
    expect((await program.call('openRequestDesk', { params, body: { template: 'band-trial' } })).json.template).toBe('band-trial');
    const missing = await program.call('openRequestDesk', { params, body: { template: 'no-such' } });
    expect(missing).toMatchObject({ status: 404, json: { code: 'template_not_found' } });
    await guestlist.addTemplate({ name: 'says-little', wish: { maxUses: 3 } });
    const senseless = await program.call('openRequestDesk', { params, body: { template: 'says-little' } });
    expect(senseless).toMatchObject({ status: 422, json: { code: 'wish_invalid', errors: [{ pointer: '/template' }] } });
    expect((await program.call('closeRequestDesk', { params })).status).toBe(204);
    expect(await program.call('closeRequestDesk', { params })).toMatchObject({ status: 404, json: { code: 'requests_closed' } });
    expect((await program.call('getRequestDesk', { params })).json.open).toBe(false);
    const { rows } = await server.database.raw(
      "select action, detail->>'client' as client from guestlist.audit_event where detail->>'slug' = 'band' and action like 'requests.%' order by id",
    );
    expect(rows).toEqual(['requests.opened', 'requests.opened', 'requests.closed'].map((action) => ({ action, client: program.clientId })));
  });

  test('of other groups is not there for a manager', async () => {
    const { json } = await manager.call('listRequestDesks');
    expect(json.items.map(({ slug }: { slug: string }) => slug)).toEqual(['choir']);
    const params = { slug: 'board', domain: 'example.org' };
    const gone = { status: 404, json: { code: 'requests_closed' } };
    expect(await manager.call('getRequestDesk', { params })).toMatchObject(gone);
    expect(await manager.call('closeRequestDesk', { params })).toMatchObject(gone);
    expect(await manager.call('listRequestRules', { params })).toMatchObject(gone);
    expect(await manager.call('setRequestRule', { params, body: { decision: 'decline' } })).toMatchObject(gone);
    expect(await manager.call('removeRequestRule', { params })).toMatchObject(gone);
    expect(await manager.call('openRequestDesk', { params })).toMatchObject({ status: 404, json: { code: 'group_not_found' } });
    expect((await program.call('getRequestDesk', { params })).json.open).toBe(true);
    await setting.guestlist.addTemplate({ name: 'secret-board', wish: { groups: ['board'] } });
    for (const template of ['secret-board', 'no-such'])
      expect(await manager.call('openRequestDesk', { params: { slug: 'choir' }, body: { template } })).toMatchObject({
        status: 404,
        json: { code: 'template_not_found' },
      });
  });
});

test('a rule decides in the name of whoever made it, on the occasion of the confirmation, until it is gone', async () => {
  const { server, manager: maya } = setting;
  const params = { slug: 'choir', domain: '*.School.example' };
  const made = await manager.call('setRequestRule', { params, body: { decision: 'approve', perDay: 1 } });
  expect(made.json).toMatchObject({ domain: '*.school.example', decision: 'approve', perDay: 1, createdBy: maya.accountId });
  expect((await manager.call('listRequestRules', { params })).json.items).toEqual([made.json]);
  const senseless = await manager.call('setRequestRule', { params, body: { decision: 'decline', perDay: 1 } });
  expect(senseless).toMatchObject({ status: 422, json: { errors: [{ pointer: '/perDay' }] } });
  const nowhere = await manager.call('setRequestRule', { params: { slug: 'choir', domain: 'no domain' }, body: { decision: 'decline' } });
  expect(nowhere).toMatchObject({ status: 422, json: { field: 'domain', problem: expect.stringMatching(/^must be a domain such as/) } });

  await askFor(server, 'choir', 'first@a.school.example');
  await askFor(server, 'choir', 'second@b.school.example');
  expect(await waiting(manager)).toContain('second@b.school.example');
  expect(await waiting(manager)).not.toContain('first@a.school.example');
  const { rows } = await server.database.raw("select id from guestlist.invitation_request where email = 'first@a.school.example'");
  const [confirmed, approved] = await entriesAbout(rows[0].id);
  expect(approved).toMatchObject({ action: 'request.approved', actor: maya.accountId, request_id: confirmed?.request_id });
  expect(approved?.request_id).toEqual(expect.any(String));

  expect((await manager.call('removeRequestRule', { params })).json).toEqual({ removed: true });
  expect((await manager.call('removeRequestRule', { params })).json).toEqual({ removed: false });
});

describe('who waits', () => {
  test('is told a page at a time, the oldest first, and to a manager only whom they could approve', async () => {
    const { server } = setting;
    const emails = ['ada', 'ben', 'cy'].map((name) => `${name}@wait.example`);
    for (const email of emails) await askFor(server, 'choir', email);
    await askFor(server, 'board', 'dora@wait.example');

    const ours = async (by: Program, query = {}) => (await waiting(by, query)).filter((email) => email.endsWith('@wait.example'));
    expect(await ours(program)).toEqual([...emails, 'dora@wait.example']);
    expect(await ours(program, { group: 'board' })).toEqual(['dora@wait.example']);
    expect(await ours(manager)).toEqual(emails);
    expect(await ours(manager, { group: 'board' })).toEqual([]);

    const first = await manager.call('listRequests', { query: { limit: 2 } });
    const second = await manager.call('listRequests', { query: { limit: 2, cursor: first.json.next } });
    const inPages = [...first.json.items, ...second.json.items].map(({ id }: { id: string }) => id);
    expect(inPages).toEqual((await manager.call('listRequests')).json.items.slice(0, 4).map(({ id }: { id: string }) => id));
  });

  test('is approved or declined, once, by whoever could; on record with who and from where', async () => {
    const { server, manager: maya } = setting;
    for (const name of ['eve', 'finn', 'gus']) await askFor(server, name === 'gus' ? 'board' : 'choir', `${name}@decide.example`);
    const [eve, finn, gus] = await Promise.all(['eve', 'finn', 'gus'].map((name) => idOf(`${name}@decide.example`)));

    for (const id of ['approveRequest', 'declineRequest'] as const)
      expect(await manager.call(id, { params: { requestId: gus ?? '' } })).toMatchObject({
        status: 404,
        json: { code: 'request_not_found' },
      });
    expect(await waiting(program, { group: 'board' })).toContain('gus@decide.example');

    const params = { requestId: eve ?? '' };
    const headers = { 'idempotency-key': 'approve-eve-now' };
    const approved = await manager.call('approveRequest', { params, headers });
    expect(approved).toMatchObject({ status: 200, json: { invitationId: expect.any(String), needsConfirming: false } });
    expect((await manager.call('approveRequest', { params, headers })).text).toBe(approved.text);
    expect(await manager.call('approveRequest', { params })).toMatchObject({ status: 409, json: { code: 'request_decided' } });
    const invited = (await mailbox(server.database, 'eve@decide.example')).filter(({ kind }) => kind === 'invited');
    expect(invited.length).toBe(1);
    const [, entry] = await entriesAbout(eve ?? '');
    expect(entry).toMatchObject({ action: 'request.approved', actor: maya.accountId, request_id: expect.any(String) });
    expect(entry?.detail['client']).toEqual(expect.any(String));

    const declining = { params: { requestId: finn ?? '' }, body: { message: 'We are full until autumn.' } };
    expect((await program.call('declineRequest', declining)).status).toBe(204);
    const [mail] = await mailbox(server.database, 'finn@decide.example');
    expect(mail?.text).toContain('We are full until autumn.');
    const declined = (await entriesAbout(finn ?? '')).at(-1);
    expect(declined).toMatchObject({ action: 'request.declined', actor: 'operator' });
    expect(declined?.detail['client']).toBe(program.clientId);
  });
});
