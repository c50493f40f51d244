/** Every preset against the whole server: the client that it makes, signed in with as the app would, and what the app makes of it. */
import * as oidc from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { endpointsOf } from '../../src/client/preset-quote.ts';
import { findPreset, type Preset, presets } from '../../src/client/presets.ts';
import { becomeMember, type Member } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { baseUrl, connect, type PresetApp, registerPreset } from './preset-app.ts';
import { type Door, doors } from './preset-doors.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const all: readonly (readonly [string, Preset])[] = presets.map((preset) => [preset.name, preset]);
const readingApps = all.filter(([, { reads }]) => reads);
/** Argo CD wants to, and cannot ask for consent anew; see below. */
const refreshing = all.filter(([, { id, client }]) => client.refreshes && id !== 'argo-cd');

let server: TestServer;
let inside: Member;
let outside: Member;
const apps = new Map<string, PresetApp>();

const appOf = ({ id }: Preset) => apps.get(id)!;
const doorOf = ({ id }: Preset): Door => doors[id]!;

beforeAll(async () => {
  server = await startTestServer();
  const groups = [...new Set(Object.values(doors).map(({ group }) => group))];
  for (const slug of [...groups, 'board']) await server.addGroup(slug);
  for (const preset of presets) apps.set(preset.id, await registerPreset(server, preset));
  inside = await becomeMember(server, { group: 'choir', email: 'inside@example.org' });
  await server.guestlist.grant(inside.accountId, { groups });
  outside = await becomeMember(server, { group: 'board', email: 'outside@example.org' });
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
});

it('there is a door for every app that reads groups', () => {
  expect(Object.keys(doors).toSorted()).toEqual(readingApps.map(([, { id }]) => id).toSorted());
});

describe.each(all)('%s', (_name, preset) => {
  it('signs people in at every one of its addresses, and learns who they are', async () => {
    const { settings, signIn } = appOf(preset);
    for (const redirectUri of settings.redirectUris) {
      const { told } = await signIn(inside.browser, { redirectUri });
      expect(told.idToken).toMatchObject({ iss: server.issuer, aud: preset.id, sub: inside.accountId });
      expect(told.userInfo).toMatchObject({ sub: inside.accountId, name: 'Ada Park', email: inside.email });
    }
  });

  it('is asked for a code challenge, unless it cannot make one', async () => {
    const { ask } = appOf(preset);
    const { rest } = await ask(inside.browser, { withoutChallenge: true });
    const error = rest.leftFor?.searchParams.get('error') ?? null;
    expect(error).toBe(preset.client.withoutPkce === undefined ? 'invalid_request' : null);
  });

  it('proves who it is as it does; whoever has the code alone gets nothing for it', async () => {
    const { ask, clientId } = appOf(preset);
    const { rest, finish } = await ask(inside.browser);
    const back = rest.leftFor ? rest : await inside.browser.submit(rest, 'allow');
    const isPublic = preset.client.authMethod === 'none';
    const proofs = [oidc.ClientSecretBasic('x'.repeat(64)), oidc.ClientSecretPost('x'.repeat(64)), ...(isPublic ? [] : [oidc.None()])];
    for (const proof of proofs) {
      const thief = await connect(server.issuer, clientId, proof);
      await expect(finish(back, thief)).rejects.toMatchObject({ status: 401 });
    }
    expect((await finish(back)).told.idToken['sub']).toBe(inside.accountId);
  });

  it('has a refresh token if it wants one, for as long as the person may come', async () => {
    const { config, signIn, settings } = appOf(preset);
    const { tokens } = await signIn(inside.browser);
    expect(tokens.refresh_token !== undefined).toBe(refreshing.some(([, { id }]) => id === preset.id));
    expect(settings.grantTypes?.includes('refresh_token')).toBe(preset.client.refreshes === true);
    if (tokens.refresh_token === undefined) return;
    const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    expect(refreshed.claims()).toMatchObject({ sub: inside.accountId });
  });

  it('signs people out if it knows how, and they come back to it', async () => {
    const { config, signIn, settings } = appOf(preset);
    const member = await becomeMember(server, { group: 'board', email: `leaves-${preset.id}@example.org` });
    const { tokens } = await signIn(member.browser);
    const target = settings.postLogoutRedirectUris?.[0];
    const params = { id_token_hint: tokens.id_token ?? '', ...(target === undefined ? {} : { post_logout_redirect_uri: target }) };
    const rest = await member.browser.submit(await member.browser.open(oidc.buildEndSessionUrl(config, params).href), 'yes');
    expect(rest.leftFor?.href).toBe(target === undefined ? undefined : new URL(target).href);
    const again = await appOf(preset).ask(member.browser);
    expect(again.rest.$('form input[name=password]')).toHaveLength(1);
  });
});

describe.each(readingApps)('%s', (_name, preset) => {
  it('lets in somebody of the group that it is told to let in, and nobody else', async () => {
    const { signIn, snippet } = appOf(preset);
    const { group, isPrinted, letsIn } = doorOf(preset);
    expect(snippet.text.includes(group)).toBe(isPrinted);
    expect(letsIn((await signIn(inside.browser)).told, snippet)).toBe(true);
    expect(letsIn((await signIn(outside.browser)).told, snippet)).toBe(false);
  });
});

it('who has left the group is told to no app any more, at the next sign-in and the next refresh', async () => {
  const { accountId, browser } = await becomeMember(server, { group: 'harbor-admins', email: 'left@example.org' });
  await server.guestlist.grant(accountId, { groups: ['grafana-admins'] });
  const [harbor, grafana] = [findPreset('harbor')!, findPreset('grafana')!];
  const before = { harbor: await appOf(harbor).signIn(browser), grafana: await appOf(grafana).signIn(browser) };
  expect(doorOf(harbor).letsIn(before.harbor.told, appOf(harbor).snippet)).toBe(true);
  expect(doorOf(grafana).letsIn(before.grafana.told, appOf(grafana).snippet)).toBe(true);
  await server.guestlist.withdraw(accountId, { groups: ['harbor-admins', 'grafana-admins'] });
  expect(doorOf(grafana).letsIn((await appOf(grafana).signIn(browser)).told, appOf(grafana).snippet)).toBe(false);
  const { config, snippet } = appOf(harbor);
  const refreshed = await oidc.refreshTokenGrant(config, before.harbor.tokens.refresh_token ?? '');
  const told = { idToken: refreshed.claims()!, userInfo: await oidc.fetchUserInfo(config, refreshed.access_token, accountId) };
  expect(doorOf(harbor).letsIn(told, snippet)).toBe(false);
});

it('Outline reads no groups: whom it is for, the server sees to', async () => {
  const closed = await registerPreset(server, findPreset('outline')!, { id: 'closed-outline', requiredGroup: 'choir' });
  expect((await closed.signIn(inside.browser)).told.userInfo).toMatchObject({ email: inside.email });
  const { rest } = await closed.ask(outside.browser);
  expect({ status: rest.status, heading: rest.heading }).toEqual({ status: 403, heading: 'You need an invitation' });
});

it('Argo CD cannot ask for consent anew: of the own house, it has refresh tokens all the same', async () => {
  const own = await registerPreset(server, findPreset('argo-cd')!, { id: 'own-argo-cd', firstParty: true });
  const { tokens } = await own.signIn(inside.browser);
  const refreshed = await oidc.refreshTokenGrant(own.config, tokens.refresh_token ?? '');
  expect(refreshed.claims()).toMatchObject({ sub: inside.accountId, groups: expect.arrayContaining(['argocd-admins']) });
});

describe.each(refreshing)('%s', (_name, preset) => {
  it('is told to send what it takes to get a refresh token', () => {
    expect(preset.client).toMatchObject({ prompt: 'consent', scopes: expect.arrayContaining(['offline_access']) });
    expect(appOf(preset).snippet.text).toMatch(/prompt.{1,6}consent/);
  });
});

describe('the addresses that are printed', () => {
  it('lead out of Grafana, whose configuration names the client instead of a token', async () => {
    const { browser } = await becomeMember(server, { group: 'choir', email: 'grafana-leaver@example.org' });
    const preset = findPreset('grafana')!;
    await appOf(preset).signIn(browser);
    const address = /^signout_redirect_url = (\S+)$/m.exec(appOf(preset).snippet.text)?.[1] ?? '';
    const rest = await browser.submit(await browser.open(address), 'yes');
    expect(rest.leftFor?.href).toBe(`${baseUrl}/login`);
  });

  it('are those of the running server, for apps that do not know discovery', async () => {
    const metadata = (await connect(server.issuer, 'grafana', oidc.None())).serverMetadata();
    const own = endpointsOf(server.issuer);
    expect({
      authorization: metadata.authorization_endpoint,
      token: metadata.token_endpoint,
      userinfo: metadata.userinfo_endpoint,
      jwks: metadata.jwks_uri,
      endSession: metadata.end_session_endpoint,
    }).toEqual({
      authorization: own.authorization,
      token: own.token,
      userinfo: own.userinfo,
      jwks: own.jwks,
      endSession: own.endSession,
    });
  });
});
