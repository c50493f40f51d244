import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { ApiError, createClient, each } from '../../src/admin/http-client.ts';
import type { Operation } from '../../src/admin/operation.ts';
import { operations } from '../../src/admin/operations.ts';
import { doneOnce } from '../../src/admin/paths.ts';
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

  test('does nothing again that would count twice, unless it was told that it came too often', async () => {
    const { id } = await server.guestlist.invite({ groups: ['altos'] });
    const statuses = [429, 0];
    const sent: string[] = [];
    const lossy: typeof fetch = async (address, request) => {
      sent.push(String(address));
      const status = statuses.shift();
      if (status) return new Response('{}', { status, headers: { 'retry-after': '0' } });
      await (await fetch(address, request)).text();
      throw new TypeError('fetch failed');
    };
    const before = (await server.guestlist.find(id))?.expiresAt.getTime() ?? 0;
    const client = createClient({ url: server.issuer, token, fetch: lossy });
    const extended = client.extendInvitation({ params: { invitationId: id }, body: { bySeconds: 3_600 } });
    await expect(extended).rejects.toThrow('fetch failed');
    expect(sent).toHaveLength(2);
    expect((await server.guestlist.find(id))?.expiresAt.getTime()).toBe(before + 3_600_000);
  });

  test('knows what is done once however often it is sent', () => {
    const creating = Object.entries<Operation>(operations).flatMap(([id, { creates }]) => (creates ? [id] : []));
    expect([...doneOnce].toSorted()).toEqual(creating.toSorted());
  });
});
