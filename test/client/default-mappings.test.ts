import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultMappings, mapClaims } from '../../src/client/claim-mapping.ts';
import { groupClaims, groupClaimsOf } from '../../src/group/claims.ts';
import { addGroup } from '../../src/group/manage.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { ada, asksForAll, board, choir, personIn, tenors } from './facts.ts';

describe('a client without mappings', () => {
  const now = new Date('2027-01-05T09:00:00Z');
  const earlier = new Date('2026-01-05T09:00:00Z');
  let testDatabase: TestDatabase;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const { database } = testDatabase;
    const ids: Record<string, string> = {};
    for (const { slug, name } of [tenors, choir, board]) {
      const rights = slug === 'board' ? ['wiki:edit'] : [];
      ids[slug] = (await addGroup(database, { slug, name, description: '', rights }, { clock: () => earlier, random: secureRandom })).id;
    }
    await database('guestlist.right').insert({ name: 'files:read', created_at: earlier });
    await database('guestlist.account_right').insert({ id: 'r1', account_id: 'ada', right_name: 'files:read', starts_at: earlier });
    for (const [index, { slug, role }] of ada.memberships.entries())
      await database('guestlist.membership').insert({ id: `m${index}`, account_id: 'ada', group_id: ids[slug], role, starts_at: earlier });
  });

  afterAll(() => testDatabase.drop());

  const scopes = ['openid', 'openid groups', 'openid roles profile', 'groups entitlements', 'openid groups roles entitlements'];
  const asked = [
    {},
    { groups: null },
    { roles: { essential: true }, name: null },
    Object.fromEntries(groupClaims.map((name) => [name, null])),
  ];
  const requests = scopes.flatMap((scope) => asked.map((claims) => ({ scope, claims })));

  it.each(requests)('hears what the database says of $scope and $claims', async (request) => {
    const expected = await groupClaimsOf(testDatabase.database, 'ada', { request, now });
    for (const use of ['id_token', 'userinfo', 'access_token'] as const) {
      const own = { use, grantedScopes: request.scope.split(' '), claimsParameter: Object.keys(request.claims), attachedGroups: [] };
      expect(mapClaims(ada, defaultMappings, own)).toStrictEqual(expected);
    }
  });

  it('hears nothing in an introspection answer', () => {
    expect(mapClaims(ada, defaultMappings, { ...asksForAll, use: 'introspection' })).toEqual({});
  });

  it('hears of however many groups', () => {
    expect(mapClaims(personIn(1000), defaultMappings, asksForAll)['groups']).toHaveLength(1000);
  });
});
