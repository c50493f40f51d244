/** What every answer says alike, also where only the use case could tell that something is wrong, and that the document says so. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createProgram, type Program } from './calling.ts';

let server: TestServer;
let program: Program;

beforeAll(async () => {
  server = await startTestServer();
  program = await createProgram(server);
  await server.addGroup('choir');
  await server.addClient({ id: 'wiki', redirectUris: ['https://wiki.example.org/callback'], requiredGroup: 'choir' });
});
afterAll(() => server.close());

const past = '2020-01-01T00:00:00Z';

describe('a refusal of what was sent', () => {
  test('points to it, whoever found it', async () => {
    const wishes = [
      ['createInvitation', { groups: ['choir'], expiresAt: past }, '/expiresAt', 'expiresAt'],
      ['createCampaign', { name: 'Spring', wish: {}, cards: 1 }, '', 'body'],
      ['createCampaign', { name: 'Spring', wish: { groups: ['choir'], expiresAt: past }, cards: 1 }, '/expiresAt', 'expiresAt'],
      ['changeSettings', { accent: '#ffffff' }, '/accent', 'accent'],
      ['createGroup', { slug: 'Not One', name: 'x' }, '/slug', 'slug'],
    ] as const;
    for (const [id, body, pointer, field] of wishes) {
      const { status, json } = await program.call(id, { body });
      expect({ id, status, json }).toMatchObject({ id, status: 422, json: { code: 'wish_invalid', field, errors: [{ pointer }] } });
      expect(json.errors[0].problem).toBe(json.problem);
    }
  });

  test('says that there is no such account before anything else about it', async () => {
    const nobody = { status: 404, json: { code: 'account_not_found', accountId: 'nobody' } };
    const body = { name: 'Spring', inviterId: 'nobody', wish: { groups: ['choir'] }, cards: 1 };
    expect(await program.call('createCampaign', { body })).toMatchObject(nobody);
    expect(await program.call('createInvitation', { body: { groups: ['choir'], inviterId: 'nobody' } })).toMatchObject(nobody);
    expect(await program.call('previewClient', { params: { clientId: 'wiki' }, body: { accountId: 'nobody' } })).toMatchObject(nobody);
  });
});

test('whoever has it already is not told it again (RFC 9110 §13.1.2)', async () => {
  const params = { slug: 'choir' };
  const etag = (await program.call('getGroup', { params })).headers.get('etag') ?? '';
  const ask = async (condition: string) => (await program.call('getGroup', { params, headers: { 'if-none-match': condition } })).status;
  expect([await ask(etag), await ask(`W/${etag}`), await ask(`"x", ${etag}`), await ask('*')]).toEqual([304, 304, 304, 304]);
  expect([await ask('"x"'), await ask(etag.slice(1, -1))]).toEqual([200, 200]);
});

test('the document says what can be asked of an answer, and what comes of it', async () => {
  const document = (await (await fetch(`${server.issuer}/api/v1/openapi.json`)).json()) as {
    paths: Record<
      string,
      Record<string, { parameters?: { name: string }[]; responses: Record<string, { headers?: object; content?: object }> }>
    >;
  };
  const told = (path: string, method: string) => {
    const { parameters = [], responses = {} } = document.paths[path]?.[method] ?? {};
    return {
      headers: parameters.map(({ name }) => name).filter((name) => /^[A-Z]/.test(name)),
      statuses: Object.keys(responses),
      responses,
    };
  };
  const read = told('/groups/{slug}', 'get');
  expect(read.headers).toEqual(['If-None-Match']);
  expect(read.statuses).toEqual(expect.arrayContaining(['200', '304']));
  expect(read.responses['200']?.headers).toHaveProperty('ETag');
  expect(told('/accounts', 'get').responses['200']?.headers).toHaveProperty('Link');
  const deed = told('/invitations/{invitationId}/extend', 'post');
  expect(deed.headers).toEqual(['If-Match', 'Prefer']);
  expect(deed.statuses).toEqual(expect.arrayContaining(['200', '204', '412']));
  expect(deed.responses['429']?.headers).toHaveProperty('Retry-After');
  const made = told('/groups', 'post');
  expect(made.headers).toEqual(['Idempotency-Key', 'Prefer']);
  expect(made.statuses).not.toContain('412');
  expect(made.responses['201']?.headers).toHaveProperty('Location');
  // Told this once: it is never left out.
  expect(told('/clients', 'post').headers).toEqual(['Idempotency-Key']);
  expect(told('/accounts/{accountId}/export', 'get').responses['200']?.content).toEqual({
    'application/json': { schema: { type: 'object' } },
  });
});
