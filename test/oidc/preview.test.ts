/** What a preview shows is what an app gets, whatever its mappings and whoever the person. */
import fc from 'fast-check';
import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeClient, type ClientChange } from '../../src/client/manage.ts';
import { claimMappingsSchema, claimUses } from '../../src/client/mapping-schema.ts';
import { secureRandom } from '../../src/lib/random.ts';
import type { PreviewWish } from '../../src/oidc/preview.ts';
import { previewFor } from '../../src/server/preview.ts';
import { createBrowser, type Browser } from '../support/browser.ts';
import { testSecret } from '../support/mail.ts';
import { join } from '../support/people.ts';
import { createRelyingApp, fullScope, type RelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const resource = 'https://api.example.org';
const people: { readonly browser: Browser; readonly accountId: string }[] = [];
let server: TestServer;
let app: RelyingApp;

beforeAll(async () => {
  server = await startTestServer();
  for (const slug of ['choir', 'board', 'stage']) await server.addGroup(slug, { name: `The ${slug}, all of it`, rights: [`${slug}:read`] });
  app = await createRelyingApp(server, { resources: [resource] });
  for (const [index, groups] of [['choir'], ['choir:manager', 'board', 'stage'], ['stage']].entries()) {
    const email = `person${index}@example.org`;
    const browser = createBrowser(server.issuer);
    await join(browser, (await server.guestlist.invite({ groups })).url, { email });
    const { rows } = await server.database.raw('select account_id from guestlist.account_email where email_key = ?', [email]);
    people.push({ browser, accountId: rows[0].account_id });
  }
});
afterAll(() => server?.close());

const preview = (wish: PreviewWish) =>
  previewFor({ database: server.database, clock: server.now, random: secureRandom, issuer: server.issuer, secret: testSecret }, wish);

async function change(wish: ClientChange): Promise<void> {
  const tools = { clock: server.now, random: secureRandom, seal: {} as never, actor: 'operator', complaintAbout: () => undefined };
  await changeClient(server.database, 'app', { ...tools, change: wish });
}

/** What differs from token to token: instants, and what is random. */
function lasting(claims: object): Record<string, unknown> {
  const passing = ['iat', 'exp', 'auth_time', 'nonce', 'at_hash', 'jti', 'sid'];
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !passing.includes(name)));
}

const mapping = fc.record({
  source: fc.constantFrom('groups', 'roles'),
  value: fc.constantFrom({ kind: 'slug' }, { kind: 'id' }, { kind: 'name' }, { kind: 'prefix', prefix: 'oidc:' }),
  format: fc.constantFrom('array', 'comma', 'space', 'map', 'scim'),
  where: fc.subarray([...claimUses], { minLength: 1 }),
  filter: fc.constantFrom(
    { kind: 'all' },
    { kind: 'attached' },
    { kind: 'list', names: ['choir', 'stage'] },
    { kind: 'pattern', pattern: 'b*' },
  ),
  empty: fc.constantFrom('present', 'absent'),
  trigger: fc.constantFrom({ always: true }, { scopes: ['groups'] }, { scopes: ['roles'], claimsParameter: false }),
});
const names = ['groups', 'policy', 'https://example.org/teams', 'resource_access.app.roles'];

test('any mappings, any person: the ID token, UserInfo, the access token and introspection are what was shown', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(mapping, { maxLength: 4 }), fc.nat(2), fc.boolean(), async (drafts, index, isPairwise) => {
      const mappings = claimMappingsSchema.parse(drafts.map((draft, position) => ({ ...draft, name: names[position] })));
      await change({ mappings, attachedGroups: ['board'], pairwise: isPairwise });
      const { browser, accountId } = people[index]!;
      const shown = await preview({ clientId: 'app', accountId, scope: fullScope });
      const tokens = await app.signInSilently(browser);
      expect(lasting(shown.idToken?.payload ?? {})).toEqual(lasting(tokens.claims() ?? {}));
      expect(shown.userinfo).toEqual(await oidc.fetchUserInfo(app.config, tokens.access_token, oidc.skipSubjectCheck));
      expect(lasting(shown.introspection ?? {})).toEqual(lasting(await oidc.tokenIntrospection(app.config, tokens.access_token)));
      const forApi = await app.signInSilently(browser, { resource });
      const shownForApi = await preview({ clientId: 'app', accountId, resource, scope: fullScope });
      expect(lasting(shownForApi.accessToken?.payload ?? {})).toEqual(lasting(decodeJwt(forApi.access_token)));
    }),
    { numRuns: 12 },
  );
}, 60_000);

test('what is shown opens nothing, and leaves nothing behind', async () => {
  const { accountId } = people[0]!;
  const before = await server.database.raw('select count(*) from guestlist.oidc_payload');
  const shown = await preview({ clientId: 'app', accountId });
  expect(shown.idToken?.header).toMatchObject({ kid: 'preview' });
  expect(JSON.stringify(shown)).not.toMatch(/"signature"|eyJ/);
  const after = await server.database.raw('select count(*) from guestlist.oidc_payload');
  expect(after.rows).toEqual(before.rows);
});

test('it shows what is asked for and no more, and refuses where the person would be refused', async () => {
  const { accountId } = people[0]!;
  await change({ mappings: undefined, attachedGroups: [], pairwise: false });
  const bare = await preview({ clientId: 'app', accountId, scope: 'openid' });
  expect(bare.userinfo).toEqual({ sub: expect.any(String) });
  await createRelyingApp(server, { id: 'board-app', requiredGroup: 'board' });
  await expect(preview({ clientId: 'board-app', accountId })).rejects.toMatchObject({ code: 'invitation_required' });
  await expect(preview({ clientId: 'nobody', accountId })).rejects.toMatchObject({ code: 'client_not_found' });
});

test('what the app would not get is not there, and what it would be refused for is said', async () => {
  const { accountId } = people[0]!;
  expect(await preview({ clientId: 'app', accountId, scope: 'groups' })).toMatchObject({ idToken: undefined, userinfo: undefined });
  const elsewhere = preview({ clientId: 'app', accountId, resource: 'https://elsewhere.example.net' });
  await expect(elsewhere).rejects.toMatchObject({ code: 'client_invalid' });
  await server.database.raw('update guestlist.account set disabled_at = now() where id = ?', [accountId]);
  await expect(preview({ clientId: 'app', accountId })).rejects.toMatchObject({ code: 'account_disabled' });
});
