import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { ApiError, createClient, each } from '../../src/admin/http-client.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createProgram } from './calling.ts';

let server: TestServer;
let token: string;

beforeAll(async () => {
  server = await startTestServer();
  ({ token } = await createProgram(server));
});
afterAll(() => server.close());

describe('the typed client', () => {
  test('makes, finds and pages', async () => {
    const client = createClient({ url: server.issuer, token: async () => token });
    const made = await client.createGroup({ body: { slug: 'tenors', name: 'Tenors' } });
    expectTypeOf(made.memberCount).toEqualTypeOf<number>();
    expect(made).toMatchObject({ slug: 'tenors', memberCount: 0 });
    for (let index = 0; index < 5; index += 1) await server.guestlist.grant(`account-${index}`, { groups: ['tenors'] });
    const members: string[] = [];
    for await (const member of each((query) => client.listMembers({ params: { slug: 'tenors' }, query: { ...query, limit: 2 } })))
      members.push(member.accountId);
    expect(members.toSorted()).toEqual([0, 1, 2, 3, 4].map((index) => `account-${index}`));
    expect(await client.removePolicy({ params: { slug: 'tenors' } })).toBeUndefined();
  });

  test('says why not, with the code', async () => {
    const client = createClient({ url: `${server.issuer}/`, token });
    const refused = await client.getGroup({ params: { slug: 'nobody' } }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiError);
    expect(refused).toMatchObject({ status: 404, code: 'group_not_found', requestId: expect.stringMatching(/^[\w-]+$/) });
  });

  test('makes one thing, though the answer was lost on the way', async () => {
    let isLost = true;
    const lossy: typeof fetch = async (address, request) => {
      const response = await fetch(address, request);
      if (!isLost) return response;
      isLost = false;
      await response.text();
      throw new TypeError('fetch failed');
    };
    const client = createClient({ url: server.issuer, token, fetch: lossy });
    expect(await client.createGroup({ body: { slug: 'altos', name: 'Altos' } })).toMatchObject({ slug: 'altos' });
    expect((await client.listGroups()).items.filter(({ slug }) => slug === 'altos')).toHaveLength(1);
  });
});
