/** What callers of the members' API try who want more than is theirs (attacks G12, G13, G15, G18, G21, K4): every route, for every stranger. */
import type { Router } from '@koa/router';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ApiSite, apiRoutes } from '../../src/api/routes.ts';
import { inviteBody } from '../../src/api/wish.ts';
import { adminScopes } from '../../src/client/own-scopes.ts';
import { auditTables, snapshot } from '../support/invariants.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { accept, createSetting, type Member, refusalOn, refused, type Setting } from '../journeys/setting.ts';
import { apiScope, call, type CallOptions, tokenFor } from './calling.ts';

vi.setConfig({ testTimeout: 60_000 });

let setting: Setting;
let phone: RelyingApp;
let maya: Member;
let token: string;

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', stage: 'Stage crew' });
  phone = await createRelyingApp(setting.server, { id: 'phone', scope: apiScope });
  maya = await setting.member('maya', { groups: ['choir:manager'] });
  token = await tokenFor(phone, maya.browser, setting.server.issuer);
});
afterAll(() => setting?.server.close());
beforeEach(() => setting.server.database.raw('delete from guestlist.throttle'));

const api = (path: string, options?: CallOptions, bearer = token) => call(setting.server.issuer, path, bearer, options);
const state = () => snapshot(setting.server.database, auditTables);

/** Method and path, below `/api/me/`. */
function routes(): readonly (readonly [method: string, path: string])[] {
  const { router } = apiRoutes({ keys: [], issuer: 'https://op.example.org' } as unknown as ApiSite) as unknown as {
    readonly router: Router;
  };
  return router.stack.flatMap(({ methods, path }) =>
    methods.filter((method) => ['GET', 'POST'].includes(method)).map((method) => [method, String(path).replace('/api/me/', '')] as const),
  );
}

it('knows of invitations and of where one may invite to, and of nobody’s account (G12)', () => {
  expect(routes().map((route) => route.join(' '))).toEqual([
    'GET groups',
    'GET invitations',
    'POST invitations',
    'GET invitations/:id',
    'POST invitations/:id/resend',
    'POST invitations/:id/revoke',
    'POST invitations/:id/reissue',
  ]);
});

describe('somebody else’s invitation (G15)', () => {
  const strangers = {
    'who manages the same group': { groups: ['choir:manager'] },
    'who is in the same group': { groups: ['choir'] },
    'who is in another group': { groups: ['stage:manager'] },
    'who is in none': {},
    'who runs the server': { rights: ['guestlist:admin'] },
  };
  let theirs: readonly string[];

  beforeAll(async () => {
    const { guestlist } = setting;
    const [one, other] = [
      await guestlist.invite({ groups: ['choir'], inviterId: maya.accountId, email: 'ben@example.org' }),
      await guestlist.invite({ groups: ['choir'] }),
    ];
    theirs = [one.id, other.id];
  });

  it.each(Object.entries(strangers))('is to somebody %s what there never was, on every route', async (who, wish) => {
    const stranger = await setting.member(who.replaceAll(' ', '-'), wish);
    const bearer = await tokenFor(phone, stranger.browser, setting.server.issuer);
    const before = await snapshot(setting.server.database);
    const paths = routes().filter(([, path]) => path.includes(':id'));
    expect(paths.length).toBeGreaterThan(3);
    for (const [method, path] of paths) {
      const ask = (id: string) => api(path.replace(':id', encodeURIComponent(id)), method === 'POST' ? { body: {} } : {}, bearer);
      const none = await ask('0198c0de-0000-7000-8000-000000000000');
      expect(none).toMatchObject({ status: 404, json: { code: 'invitation_not_found' } });
      for (const id of [...theirs, `${theirs[0]}'`, `${theirs[0]} `, '\0', `${theirs[0]}\0`, '%', '../invitations', 'x'.repeat(2_000)]) {
        const answer = await ask(id);
        expect({ path, id, status: answer.status }).toEqual({ path, id, status: 404 });
        if (theirs.includes(id)) expect(answer.text).toBe(none.text);
      }
    }
    const { json } = await api('invitations', {}, bearer);
    expect(json['invitations']).toEqual([]);
    expect(await snapshot(setting.server.database)).toEqual(before);
  });

  it('is looked after by whoever made it', async () => {
    expect(await api(`invitations/${theirs[0]}`)).toMatchObject({ status: 200, json: { id: theirs[0] } });
    expect(await api(`invitations/${theirs[1]}`)).toMatchObject({ status: 404 });
  });
});

it('an app that was let invite for an admin makes nobody an admin, by whatever way; one with every scope does', async () => {
  const { server, guestlist } = setting;
  const ann = await setting.member('ann', { rights: ['guestlist:admin'] });
  await guestlist.addGroup({ slug: 'office', name: 'Office' });
  await guestlist.addGroup({ slug: 'root', name: 'Root', rights: ['guestlist:admin'], parent: 'office' });
  await guestlist.addTemplate({ name: 'to-run-it', wish: { rights: ['guestlist:admin'] } });
  const bearer = await tokenFor(phone, ann.browser, server.issuer);
  const noScope = { status: 403, json: { code: 'insufficient_scope' } };
  const wishes = [{ rights: ['guestlist:admin'] }, { groups: ['root'] }, { groups: ['office:manager'] }, { template: 'to-run-it' }];
  for (const body of wishes) expect(await api('invitations', { body }, bearer)).toMatchObject(noScope);
  const { id } = await guestlist.invite({ rights: ['guestlist:admin'], inviterId: ann.accountId, email: 'eve@example.org' });
  for (const deed of ['resend', 'reissue']) expect(await api(`invitations/${id}/${deed}`, { body: {} }, bearer)).toMatchObject(noScope);
  expect(await api('invitations', { body: { groups: ['choir', 'office'] } }, bearer)).toMatchObject({ status: 201 });
  expect(await api(`invitations/${id}/revoke`, { body: {} }, bearer)).toMatchObject({ status: 200 });
  const everything = `openid invitations ${adminScopes.join(' ')}`;
  const strong = await createRelyingApp(server, { id: 'strong', scope: everything });
  const { access_token: full } = await strong.signInSilently(ann.browser, { scope: everything, resource: `${server.issuer}/api` });
  expect(await api('invitations', { body: { rights: ['guestlist:admin'] } }, full)).toMatchObject({ status: 201 });
});

it('no column of any table about invitations can be written by naming it (G13)', async () => {
  const { rows } = await setting.server.database.raw(
    `select distinct column_name as name from information_schema.columns where table_schema = 'guestlist'
      and table_name in ('invitation', 'invitation_token', 'invitation_grant', 'redemption', 'approval', 'campaign_row')`,
  );
  const camel = (name: string) => name.replace(/_(\w)/g, (__, letter: string) => letter.toUpperCase());
  const columns: string[] = rows.flatMap(({ name }: { name: string }) => [...new Set([name, camel(name)])]);
  const others = ['state', 'status', 'uses', 'approved', 'secret', 'tenant', 'url', 'code', 'mayInvite', '__proto__.x', 'constructor'];
  const known = Object.keys(inviteBody.shape);
  const unknown = [...columns, ...others].filter((name) => !known.includes(name));
  expect(unknown.length).toBeGreaterThan(50);
  const before = await state();
  for (const [index, name] of unknown.entries()) {
    if (index % 100 === 99) await setting.server.database.raw('delete from guestlist.throttle');
    const answer = await api('invitations', { body: { groups: ['choir'], [name]: 'x' } });
    expect({ name, status: answer.status, code: answer.json['code'] }).toEqual({ name, status: 422, code: 'wish_invalid' });
  }
  const smuggled = '{"groups":["choir"],"__proto__":{"inviterId":"operator"}}';
  expect(await api('invitations', { body: smuggled })).toMatchObject({ status: 422 });
  expect(await state()).toEqual(before);
  for (const path of ['resend', 'revoke', 'reissue']) {
    const { id } = await setting.guestlist.invite({ groups: ['choir'], inviterId: maya.accountId, email: `${path}@example.org` });
    expect(await api(`invitations/${id}/${path}`, { body: { inviterId: 'operator' } })).toMatchObject({ status: 422 });
    expect((await setting.guestlist.find(id))?.state).toBe('open');
    await setting.guestlist.revoke(id, 'operator');
  }
});

it('what no database keeps is refused, in every member and in the address (K4)', async () => {
  const before = await state();
  for (const text of ['\0', 'a\0b', '\uD800']) {
    for (const name of Object.keys(inviteBody.shape)) {
      const value = ['groups', 'rights', 'domains', 'channels'].includes(name) ? [text] : text;
      const { status } = await api('invitations', { body: { groups: ['choir'], [name]: value } });
      expect([404, 422], `${name} ${JSON.stringify(text)}`).toContain(status);
    }
    await setting.server.database.raw('delete from guestlist.throttle');
  }
  expect(await api('invitations?before=%00')).toMatchObject({ status: 422, json: { code: 'wish_invalid' } });
  expect(await state()).toEqual(before);
});

it('a session is no token: what a page elsewhere makes somebody’s browser send does nothing (G18)', async () => {
  const { issuer } = setting.server;
  const before = await state();
  const cookie = await maya.browser.jar.getCookieString(issuer);
  expect(cookie).not.toBe('');
  for (const [method, path] of routes())
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
      const headers = { cookie, origin: 'https://evil.example', 'content-type': type, 'sec-fetch-site': 'cross-site' };
      const body = method === 'POST' ? { body: '{"groups":["choir"]}' } : {};
      const answer = await fetch(`${issuer}/api/me/${path.replace(':id', 'x')}`, { method, headers, ...body });
      expect({ path, status: answer.status, allowed: answer.headers.get('access-control-allow-credentials') }).toEqual({
        path,
        status: 401,
        allowed: null,
      });
    }
  expect(await state()).toEqual(before);
});

it('a token gives what its person may give when it is used, and when what was made with it is (G21)', async () => {
  const { guestlist, server } = setting;
  const kim = await setting.member('kim', { groups: ['stage:manager'] });
  const hers = await tokenFor(phone, kim.browser, server.issuer);
  expect(await api('invitations', { body: { groups: ['choir'] } }, hers)).toMatchObject({
    status: 403,
    json: { code: 'grant_not_allowed' },
  });
  const { json } = await api('invitations', { body: { groups: ['stage'] } }, hers);
  const guest = await setting.member('guest');
  await guestlist.withdraw(kim.accountId, { groups: ['stage'] });
  expect(refusalOn(await guest.browser.open(String(json['url'])))).toEqual(refused.suspended);
  expect(await setting.usedCount(String(json['id']))).toBe(0);
  await guestlist.grant(kim.accountId, { groups: ['stage:manager'] });
  expect((await accept(guest, String(json['url']))).heading).toBe('You’re in!');
});
