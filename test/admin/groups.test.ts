import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createProgram, type Program } from './calling.ts';

let server: TestServer;
let program: Program & { readonly clientId: string };

beforeAll(async () => {
  server = await startTestServer();
  program = await createProgram(server);
});
afterAll(() => server.close());

describe('groups by API', () => {
  test('one is made, found, changed and archived', async () => {
    const made = await program.call('createGroup', {
      body: { slug: 'tenors', name: 'Tenors', rights: ['sheet-music:read'], capacity: 12 },
    });
    expect(made).toMatchObject({ status: 201, json: { slug: 'tenors', capacity: 12, rights: ['sheet-music:read'], memberCount: 0 } });
    expect(made.headers.get('location')).toBe(`${server.issuer}/api/v1/groups/tenors`);
    const changed = await program.call('changeGroup', { params: { slug: 'tenors' }, body: { capacity: null, archived: true } });
    expect(changed).toMatchObject({ status: 200, json: { capacity: null, archived: true } });
    const named = await program.call('changeGroup', { params: { slug: 'tenors' }, body: { name: 'High tenors', description: '' } });
    expect(named).toMatchObject({ status: 200, json: { slug: 'tenors', name: 'High tenors', description: '', archived: true } });
    const { json } = await program.call('listGroups', { query: { archived: 'yes' } });
    expect(json.items.map(({ slug }: { slug: string }) => slug)).toEqual(['tenors']);
  });

  test('everything that is wrong is told at once, by pointer', async () => {
    const { status, json } = await program.call('createGroup', { body: { slug: 'No Good', name: 'x', used_count: 3 } });
    expect(status).toBe(422);
    expect(json).toMatchObject({ code: 'wish_invalid', status: 422 });
    expect(json.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual(['/slug', '/used_count']);
  });

  test('a name that is there twice, and what is not JSON at all, is refused', async () => {
    for (const body of ['{"slug":"a1","name":"x","slug":"b1"}', '{"slug":', '[1,', '"\\ud800"'])
      expect(await program.call('createGroup', { body })).toMatchObject({ status: 400, json: { code: 'body_malformed' } });
    expect(await program.call('createGroup', { body: 'slug=a', headers: { 'content-type': 'text/plain' } })).toMatchObject({ status: 415 });
  });

  test('the same key gives the same answer, and fifty at once make one group', async () => {
    const sending = { body: { slug: 'altos', name: 'Altos' }, headers: { 'idempotency-key': 'make-the-altos' } };
    const answers = await Promise.all(Array.from({ length: 50 }, () => program.call('createGroup', sending)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 201, json: { slug: 'altos' } });
    const other = await program.call('createGroup', { ...sending, body: { slug: 'altos', name: 'Other' } });
    expect(other).toMatchObject({ status: 422, json: { code: 'key_used' } });
  });

  test('what was refused can be tried again with the same key', async () => {
    const headers = { 'idempotency-key': 'under-the-section' };
    const body = { slug: 'basses', name: 'Basses', parent: 'section' };
    expect(await program.call('createGroup', { body, headers })).toMatchObject({ status: 404, json: { code: 'group_not_found' } });
    await program.call('createGroup', { body: { slug: 'section', name: 'Section' } });
    expect(await program.call('createGroup', { body, headers })).toMatchObject({ status: 201, json: { parent: 'section' } });
  });

  test('a change that has not seen the last change is refused, and one of many at once gets through', async () => {
    await program.call('createGroup', { body: { slug: 'crew', name: 'Crew' } });
    const params = { slug: 'crew' };
    const etag = (await program.call('getGroup', { params })).headers.get('etag') ?? '';
    const change = (capacity: number) => program.call('changeGroup', { params, body: { capacity }, headers: { 'if-match': etag } });
    const statuses = (await Promise.all([1, 2, 3, 4, 5].map(change))).map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, 412, 412, 412, 412]);
    const shown = await program.call('getGroup', { params, headers: { 'if-none-match': etag } });
    expect(shown.status).toBe(200);
    const now = shown.headers.get('etag') ?? '';
    expect((await program.call('getGroup', { params, headers: { 'if-none-match': now } })).status).toBe(304);
  });

  test('the condition of a right waits for that of the group itself: one gets through', async () => {
    await program.call('createGroup', { body: { slug: 'desk', name: 'Desk' } });
    await program.call('createRight', { body: { name: 'desk:use' } });
    const etag = (await program.call('getGroup', { params: { slug: 'desk' } })).headers.get('etag') ?? '';
    const headers = { 'if-match': etag };
    const told = await Promise.all([
      program.call('changeGroup', { params: { slug: 'desk' }, body: { capacity: 3 }, headers }),
      program.call('addGroupRight', { params: { slug: 'desk', right: 'desk:use' }, headers }),
    ]);
    expect(told.map(({ status }) => status).toSorted()).toEqual([200, 412]);
  });

  test('a right comes to a group that is there, and goes again, each once and on record', async () => {
    await program.call('createGroup', { body: { slug: 'stage', name: 'Stage' } });
    const { json: group } = await program.call('createGroup', { body: { slug: 'riggers', name: 'Riggers', parent: 'stage' } });
    const params = { slug: 'stage', right: 'stage/rig' };
    expect(await program.call('addGroupRight', { params })).toMatchObject({ status: 404, json: { code: 'right_not_found' } });
    await program.call('createRight', { body: { name: 'stage/rig' } });
    await server.guestlist.grant('rita', { groups: ['riggers'] });
    for (const _ of ['first', 'again'])
      expect(await program.call('addGroupRight', { params })).toMatchObject({
        status: 200,
        json: { slug: 'stage', rights: ['stage/rig'] },
      });
    expect((await server.guestlist.groupsOf('rita')).entitlements).toEqual(['stage/rig']);
    for (const _ of ['first', 'again'])
      expect(await program.call('removeGroupRight', { params })).toMatchObject({ status: 200, json: { rights: [] } });
    expect((await server.guestlist.groupsOf('rita')).entitlements).toEqual([]);
    const { json: record } = await program.call('listAuditEvents', { query: { limit: 200 } });
    const about = record.items.filter(({ detail }: { detail: { right?: string } }) => detail.right === 'stage/rig');
    expect(about).toMatchObject([
      { action: 'group.right_removed', actor: 'operator', detail: { slug: 'stage', right: 'stage/rig', client: program.clientId } },
      { action: 'group.right_added', actor: 'operator', detail: { slug: 'stage', right: 'stage/rig' } },
    ]);
    const shown = (await program.call('listGroups')).json.items.find(({ id }: { id: string }) => id === group.id);
    expect((await program.call('getGroup', { params: { slug: 'riggers' } })).json).toEqual(shown);
    expect(shown).toMatchObject({ parent: 'stage', depth: 1, memberCount: 1 });
    expect(await program.call('addGroupRight', { params: { ...params, slug: 'nobody' } })).toMatchObject({ status: 404 });
  });

  test('limits are told with each answer, and nothing more than was asked for', async () => {
    const told = await program.call('setPolicy', {
      params: { slug: 'section' },
      body: { who: 'members', perDay: 5 },
      headers: { prefer: 'return=minimal' },
    });
    expect(told.status).toBe(204);
    expect(told.headers.get('preference-applied')).toBe('return=minimal');
    expect(told.headers.get('ratelimit')).toMatch(/^"calls";r=\d+;t=\d+$/);
    expect((await program.call('getPolicy', { params: { slug: 'section' } })).json).toMatchObject({ who: 'members', perDay: 5 });
  });

  test('another method is told which there are', async () => {
    const response = await fetch(`${server.issuer}/api/v1/groups/section`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${program.token}` },
    });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD, PATCH');
  });
});
