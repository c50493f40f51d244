/** Who may call the members' API: an app with an access token for it, and nobody else. */
import { decodeJwt, generateKeyPair, importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { changeClient } from '../../src/client/manage.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { arrangeKeys, readKeys } from '../../src/oidc/keys.ts';
import { count } from '../support/invariants.ts';
import { testSecret } from '../support/mail.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { createSetting, type Member, type Setting } from '../journeys/setting.ts';
import { apiScope, call, type CallOptions, tokenFor } from './calling.ts';

let setting: Setting;
let phone: RelyingApp;
let maya: Member;
let token: string;

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', stage: 'Stage crew', board: 'Board' });
  phone = await createRelyingApp(setting.server, { id: 'phone', scope: apiScope });
  maya = await setting.member('maya', { groups: ['choir:manager', 'stage:member'] });
  token = await tokenFor(phone, maya.browser, setting.server.issuer);
});
afterAll(() => setting?.server.close());
beforeEach(() => setting.server.database.raw('delete from guestlist.throttle'));

const api = (path: string, options?: CallOptions, bearer: string | null | undefined = token) =>
  call(setting.server.issuer, path, bearer ?? undefined, options);

describe('who may call', () => {
  it('is nobody without a token for this API and this scope', async () => {
    const { issuer } = setting.server;
    const opaque = (await phone.signInSilently(maya.browser, { scope: 'openid' })).access_token;
    expect(await api('groups', {}, null)).toMatchObject({ status: 401, json: { code: 'access_token_required' } });
    expect((await call(issuer, 'groups', undefined)).headers.get('www-authenticate')).toMatch(/^Bearer resource_metadata="http/);
    expect(await api('groups', {}, opaque)).toMatchObject({ status: 401, json: { code: 'access_token_invalid' } });
    const without = await phone.signInSilently(maya.browser, { scope: 'openid', resource: `${issuer}/api` });
    const refused = await api('groups', {}, without.access_token);
    expect(refused).toMatchObject({ status: 403, json: { code: 'insufficient_scope' } });
    expect(refused.headers.get('www-authenticate')).toContain('scope="invitations"');
    const idToken = (await phone.signInSilently(maya.browser, { scope: 'openid invitations', resource: `${issuer}/api` })).id_token;
    expect(await api('groups', {}, idToken)).toMatchObject({ status: 401 });
  });

  it('is nobody with a token that somebody else has signed, or that was changed', async () => {
    const claims = decodeJwt(token);
    const { privateKey } = await generateKeyPair('RS256');
    const forged = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt' }).sign(privateKey);
    const [head = '', body = '', signature = ''] = token.split('.');
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'operator' })).toString('base64url');
    const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${body}.`;
    for (const bad of [forged, [head, changed, signature].join('.'), unsigned, 'x', `${token}x`])
      expect(await api('groups', {}, bad)).toMatchObject({ status: 401, json: { code: 'access_token_invalid' } });
    expect(await api('groups')).toMatchObject({ status: 200 });
  });

  it('is nobody with a token that is bound to a key: its proof is not read here', async () => {
    const { database, issuer, now } = setting.server;
    const { jwks } = arrangeKeys(await readKeys(database, createSeal(testSecret, secureRandom)), now());
    const key = await importJWK(jwks.keys.find(({ alg }) => alg === 'ES256') ?? {}, 'ES256');
    const signed = (claims: object) =>
      new SignJWT({ ...decodeJwt(token), ...claims }).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' }).sign(key);
    expect(await call(issuer, 'groups', await signed({}))).toMatchObject({ status: 200 });
    for (const claims of [
      { cnf: { jkt: 'x' } },
      { aud: issuer },
      { iss: 'https://elsewhere.example' },
      { exp: 1 },
      { sub: '' },
      { sub: 'nobody' },
    ])
      expect(await call(issuer, 'groups', await signed(claims))).toMatchObject({ status: 401, json: { code: 'access_token_invalid' } });
    const untyped = await new SignJWT(decodeJwt(token)).setProtectedHeader({ alg: 'ES256' }).sign(key);
    expect(await call(issuer, 'groups', untyped)).toMatchObject({ status: 401 });
  });

  it('is no app that was not registered for it, and no app whose people nobody else knows', async () => {
    const { server } = setting;
    const plain = await createRelyingApp(server, { id: 'plain' });
    const pairwise = await createRelyingApp(server, { id: 'pairwise', scope: apiScope, pairwise: true });
    const elsewhere = await createRelyingApp(server, { id: 'elsewhere', scope: apiScope, resources: ['https://files.example.org/'] });
    for (const app of [plain, pairwise]) {
      const { url } = await app.begin({ prompt: 'none', scope: 'openid invitations', resource: `${server.issuer}/api` });
      expect((await maya.browser.open(url)).leftFor?.searchParams.get('error')).toBe('invalid_target');
    }
    const other = await elsewhere.signInSilently(maya.browser, {
      scope: 'openid invitations',
      resource: 'https://files.example.org/',
    });
    expect(decodeJwt(other.access_token)['scope']).toBeUndefined();
    expect(await api('groups', {}, other.access_token)).toMatchObject({ status: 401 });
  });

  it('ends with the account, and with the app’s scope', async () => {
    const eve = await setting.member('eve', { groups: ['choir:manager'] });
    const short = await createRelyingApp(setting.server, { id: 'short', scope: apiScope });
    const hers = await tokenFor(short, eve.browser, setting.server.issuer);
    expect(await api('groups', {}, hers)).toMatchObject({ status: 200 });
    const tools = { clock: setting.server.now, random: secureRandom, seal: createSeal(testSecret, secureRandom), actor: 'operator' };
    await changeClient(setting.server.database, 'short', { ...tools, complaintAbout: () => undefined, change: { scope: 'openid' } });
    expect(await api('groups', {}, hers)).toMatchObject({ status: 403, json: { code: 'insufficient_scope' } });
    const other = await tokenFor(phone, eve.browser, setting.server.issuer);
    await setting.server.database.raw('update guestlist.account set disabled_at = now() where id = ?', [eve.accountId]);
    expect(await api('groups', {}, other)).toMatchObject({ status: 401, json: { code: 'access_token_invalid' } });
  });

  it('is no app that is for a group which the person has lost, and the same token is good again with the group', async () => {
    const inner = 'board-inner';
    await setting.guestlist.addGroup({ slug: inner, name: 'Inner board', parent: 'board' });
    const closed = await createRelyingApp(setting.server, { id: 'closed', scope: apiScope, requiredGroup: 'board' });
    const ria = await setting.member('ria', { groups: [inner, 'choir:manager'] });
    const hers = await tokenFor(closed, ria.browser, setting.server.issuer);
    const others = await tokenFor(phone, ria.browser, setting.server.issuer);
    const { status, json } = await api('invitations', { body: { groups: ['choir'] } }, hers);
    expect(status).toBe(201);
    // In a group beneath the one that is required; then in none.
    await setting.guestlist.withdraw(ria.accountId, { groups: [inner] });
    const before = await count(setting.server.database, 'invitation');
    for (const [path, options] of [
      ['groups', {}],
      ['invitations', {}],
      ['invitations', { body: { groups: ['choir'] } }],
      [`invitations/${json['id']}/revoke`, { body: {} }],
    ] as const) {
      const refused = await api(path, options, hers);
      expect(refused).toMatchObject({ status: 401, json: { code: 'access_token_invalid' } });
      expect(refused.headers.get('www-authenticate')).toContain('invalid_token');
    }
    expect(await count(setting.server.database, 'invitation')).toBe(before);
    expect((await setting.guestlist.find(String(json['id'])))?.state).toBe('open');
    expect(await api('groups', {}, others)).toMatchObject({ status: 200 });
    await setting.guestlist.grant(ria.accountId, { groups: ['board'] });
    expect(await api('groups', {}, hers)).toMatchObject({ status: 200 });
  });

  it('calls so often and no more', async () => {
    const answers = await Promise.all(Array.from({ length: 125 }, () => api('invitations/none')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(5);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('may be a page in a browser, from where its people come back to', async () => {
    const preflight = await api('invitations', { method: 'OPTIONS', headers: { origin: 'https://phone.example.org' } }, null);
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
    const own = await api('groups', { headers: { origin: 'https://phone.example.org' } });
    expect(own.headers.get('access-control-allow-origin')).toBe('https://phone.example.org');
    const foreign = await api('groups', { headers: { origin: 'https://evil.example.net' } });
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  });
});

// The last: the clock does not go back, and the provider issues tokens by the machine's own.
it('is over for a token after ten minutes', async () => {
  const old = await tokenFor(phone, maya.browser, setting.server.issuer);
  expect(await api('groups', {}, old)).toMatchObject({ status: 200 });
  setting.server.pass(11 * 60);
  expect(await api('groups', {}, old)).toMatchObject({ status: 401, json: { code: 'access_token_invalid' } });
});
