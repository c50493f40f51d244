/** The `claims` parameter asks for what a person then allows, or not: also for claims that only one app's mappings have. */
import * as oidc from 'openid-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimMappingsSchema } from '../../src/client/mapping-schema.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { join } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let app: RelyingApp;
let member: Browser;

beforeAll(async () => {
  server = await startTestServer();
  await server.addGroup('choir');
  const mapping = { name: 'teams', source: 'groups', where: ['id_token', 'userinfo'], trigger: { scopes: ['groups'] } };
  app = await createRelyingApp(server, { firstParty: false, mappings: claimMappingsSchema.parse([mapping]) });
  member = createBrowser(server.issuer);
  await join(member, (await server.guestlist.invite({ groups: ['choir'] })).url, { email: 'member@example.org' });
});
afterAll(() => server?.close());

const claims = JSON.stringify({ id_token: { teams: null, email: null }, userinfo: { teams: null } });

test('a mapped claim is told to an app of strangers once the person has allowed it, and not before', async () => {
  const bare = await app.begin({ scope: 'openid' });
  const tokens = await bare.finish(await member.submit(await member.open(bare.url), 'allow'));
  expect(tokens.claims()).not.toHaveProperty('teams');

  const teams = JSON.stringify({ id_token: { teams: null } });
  const silent = await member.open((await app.begin({ scope: 'openid', claims: teams, prompt: 'none' })).url);
  expect(silent.leftFor?.searchParams.get('error')).toBe('consent_required');

  const asking = await app.begin({ scope: 'openid', claims });
  const page = await member.open(asking.url);
  expect(
    page
      .$('.offer bdi')
      .get()
      .map((item) => page.$(item).text()),
  ).toEqual(['See your e-mail address', 'teams']);
  const allowed = await asking.finish(await member.submit(page, 'allow'));
  expect(allowed.claims()).toMatchObject({ teams: ['choir'], email: 'member@example.org' });
  const person = await oidc.fetchUserInfo(app.config, allowed.access_token, oidc.skipSubjectCheck);
  expect(person['teams']).toEqual(['choir']);

  const again = await app.signInSilently(member, { scope: 'openid', claims });
  expect(again.claims()).toMatchObject({ teams: ['choir'] });
});
