/** Apps for one group alone, settings of single apps, and what each of them hears. */
import * as oidc from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { claimMappingsSchema } from '../../src/client/mapping-schema.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { join, signIn } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let open: RelyingApp;
let closed: RelyingApp;

beforeAll(async () => {
  server = await startTestServer();
  for (const slug of ['choir', 'board']) await server.addGroup(slug);
  open = await createRelyingApp(server, { id: 'open' });
  closed = await createRelyingApp(server, { id: 'closed', requiredGroup: 'board' });
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
});

async function member(
  name: string,
  groups: readonly string[] = ['choir'],
): Promise<{ browser: Browser; email: string; accountId: string }> {
  const email = `${name}@example.org`;
  const browser = createBrowser(server.issuer);
  await join(browser, (await server.guestlist.invite({ groups })).url, { email });
  const { rows } = await server.database.raw('select account_id from guestlist.account_email where email_key = ?', [email]);
  return { browser, email, accountId: rows[0].account_id };
}

describe('an app that is for one group alone', () => {
  test('lets in who is in it, and shows everybody else that it takes an invitation', async () => {
    const inside = await member('inside', ['board']);
    expect((await closed.signInSilently(inside.browser)).claims()?.['groups']).toEqual(['board']);
    const outside = await member('outside');
    const page = await outside.browser.open((await closed.begin()).url);
    expect({ status: page.status, code: page.$('body').attr('data-code') }).toEqual({ status: 403, code: 'invitation_required' });
    expect((await open.signInSilently(outside.browser)).claims()?.['groups']).toEqual(['choir']);
  });

  test('tells a silent sign-in that there is something to do, and gives no code', async () => {
    const { browser } = await member('silent');
    const { leftFor } = await browser.open((await closed.begin({ prompt: 'none' })).url);
    expect(leftFor?.searchParams.get('code')).toBeNull();
    expect(leftFor?.searchParams.get('error')).toBe('access_denied');
  });

  test('one goes back to it with empty hands, or comes again as somebody else', async () => {
    const { browser } = await member('leaving');
    const insider = await member('insider', ['board']);
    const page = await browser.open((await closed.begin()).url);
    const back = await browser.submit(page, 'Back to \u2068closed\u2069');
    expect(back.leftFor?.searchParams.get('error')).toBe('access_denied');
    const again = await closed.begin();
    const stopped = await browser.open(again.url);
    const form = await browser.open(new URL(stopped.$('a[href*="sign-in"]').attr('href') ?? '', server.issuer).href);
    const home = await signIn(browser, form, { email: insider.email });
    const tokens = await again.finish(home);
    expect(tokens.claims()?.sub).toBe(insider.accountId);
  });

  test('the code of an invitation, typed there, opens it', async () => {
    const { browser } = await member('coder');
    const { code } = await server.guestlist.invite({ groups: ['board'] });
    const page = await browser.open((await closed.begin()).url);
    const landing = await browser.submit(page, 'Continue', { code });
    const done = await browser.submit(await browser.submit(landing, 'join'), 'Join');
    expect(done.heading).toBe('You’re in!');
    expect((await closed.signInSilently(browser)).claims()?.['groups']).toEqual(['board', 'choir']);
  });

  test('who loses the group has lost the app at once: refreshing and UserInfo fail, other apps go on', async () => {
    const { browser, accountId } = await member('losing', ['board', 'choir']);
    const tokens = await closed.signInSilently(browser);
    const others = await open.signInSilently(browser);
    await server.guestlist.withdraw(accountId, { groups: ['board'] });
    await expect(oidc.fetchUserInfo(closed.config, tokens.access_token, accountId)).rejects.toThrow();
    expect(await oidc.tokenIntrospection(closed.config, tokens.access_token)).toEqual({ active: false });
    await expect(oidc.refreshTokenGrant(closed.config, tokens.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await oidc.fetchUserInfo(open.config, others.access_token, accountId)).toMatchObject({ groups: ['choir'] });
    expect((await browser.open((await closed.begin()).url)).status).toBe(403);
  });

  test('a disabled account has lost every app at once, as introspection says too', async () => {
    const { browser, accountId } = await member('disabled');
    const tokens = await open.signInSilently(browser);
    await server.database.raw('update guestlist.account set disabled_at = now() where id = ?', [accountId]);
    await expect(oidc.fetchUserInfo(open.config, tokens.access_token, accountId)).rejects.toThrow();
    expect(await oidc.tokenIntrospection(open.config, tokens.access_token)).toEqual({ active: false });
    expect(await oidc.tokenIntrospection(open.config, tokens.refresh_token ?? '')).toEqual({ active: false });
  });

  test('a code that is out when the group is lost is worth nothing', async () => {
    const { browser, accountId } = await member('racing', ['board']);
    const flow = await closed.begin();
    const rest = await browser.open(flow.url);
    await server.guestlist.withdraw(accountId, { groups: ['board'] });
    await expect(flow.finish(rest)).rejects.toMatchObject({ error: 'invalid_grant' });
  });
});

describe('what an app hears of groups', () => {
  test('is what its mappings say, in each place on its own, and nothing of another app’s', async () => {
    const app = await createRelyingApp(server, {
      id: 'mapped',
      scope: 'openid profile email groups roles entitlements offline_access',
      attachedGroups: ['board'],
      mappings: claimMappingsSchema.parse([
        {
          name: 'https://example.org/teams',
          source: 'groups',
          value: { kind: 'prefix', prefix: 'oidc:' },
          where: ['id_token'],
          trigger: { always: true },
        },
        {
          name: 'resource_access.app.roles',
          source: 'roles',
          format: 'array',
          where: ['userinfo'],
          filter: { kind: 'attached' },
          trigger: { scopes: ['roles'] },
        },
        {
          name: 'is_board',
          source: 'constant',
          constant: 'yes',
          otherwise: 'no',
          filter: { kind: 'list', names: ['board'] },
          where: ['id_token', 'userinfo', 'introspection'],
          trigger: { always: true },
        },
        { name: 'groups', source: 'groups', format: 'comma', where: ['introspection'], trigger: { scopes: ['groups'] } },
      ]),
    });
    const { browser, accountId } = await member('heard', ['board:manager', 'choir']);
    const tokens = await app.signInSilently(browser);
    const claims: Readonly<Record<string, unknown>> = tokens.claims() ?? {};
    expect(claims['https://example.org/teams']).toEqual(['oidc:board', 'oidc:choir']);
    expect(claims['is_board']).toBe('yes');
    expect(claims).not.toHaveProperty('groups');
    expect(claims).not.toHaveProperty('roles');
    const person = await oidc.fetchUserInfo(app.config, tokens.access_token, accountId);
    expect(person).toMatchObject({ resource_access: { app: { roles: ['board:manager'] } }, is_board: 'yes' });
    expect(person).not.toHaveProperty('groups');
    const told = await oidc.tokenIntrospection(app.config, tokens.access_token);
    expect(told).toMatchObject({ active: true, groups: 'board,choir', is_board: 'yes' });
    expect((await open.signInSilently(browser)).claims()).toMatchObject({ groups: ['board', 'choir'] });
  });

  test('the claims parameter asks for a mapped claim by its name', async () => {
    const app = await createRelyingApp(server, {
      id: 'asking',
      mappings: claimMappingsSchema.parse([{ name: 'teams', source: 'groups', where: ['id_token'], trigger: { claimsParameter: true } }]),
    });
    const { browser } = await member('asked');
    expect((await app.signInSilently(browser)).claims()).not.toHaveProperty('teams');
    const claims = JSON.stringify({ id_token: { teams: { essential: true } } });
    expect((await app.signInSilently(browser, { claims })).claims()).toMatchObject({ teams: ['choir'] });
  });
});

describe('settings of single apps', () => {
  test('several secrets are good at once, and an ended one is not', async () => {
    const app = await createRelyingApp(server, { id: 'rotating' });
    const { browser } = await member('rotating');
    const { clientSecret } = await server.rotateSecret('rotating');
    await app.signInSilently(browser);
    const next = await oidc.discovery(new URL(server.issuer), 'rotating', undefined, oidc.ClientSecretBasic(clientSecret), {
      execute: [oidc.allowInsecureRequests],
    });
    const { refresh_token: token = '' } = await app.signInSilently(browser);
    expect((await oidc.refreshTokenGrant(next, token)).access_token).toBeTruthy();
    server.pass(7 * 24 * 60 * 60 + 1);
    await signInAgain(browser, 'rotating@example.org');
    await expect(app.signInSilently(browser)).rejects.toMatchObject({ status: 401 });
    const wrong = await oidc.discovery(new URL(server.issuer), 'rotating', undefined, oidc.ClientSecretBasic('f'.repeat(64)), {
      execute: [oidc.allowInsecureRequests],
    });
    await expect(oidc.tokenIntrospection(wrong, 'x')).rejects.toMatchObject({ status: 401 });
  });

  test('a pairwise app has subjects that no other app sees, the same each time', async () => {
    const one = await createRelyingApp(server, { id: 'pair-one', pairwise: true });
    const two = await createRelyingApp(server, { id: 'pair-two', pairwise: true });
    const { browser, accountId } = await member('pairs');
    const subs = [await one.signInSilently(browser), await two.signInSilently(browser), await one.signInSilently(browser)].map(
      (tokens) => tokens.claims()?.sub,
    );
    expect(subs[0]).toBe(subs[2]);
    expect(new Set([...subs, accountId]).size).toBe(3);
  });

  test('tokens last as long as is said of the app, and JWT access tokens ten minutes at most', async () => {
    const app = await createRelyingApp(server, {
      id: 'short',
      resources: ['https://api.example.org'],
      lifetimes: { idTokenSeconds: 120, accessTokenSeconds: 1_800, refreshTokenSeconds: undefined },
    });
    const { browser } = await member('short');
    const tokens = await app.signInSilently(browser);
    const { iat = 0, exp = 0 } = tokens.claims() ?? {};
    expect(exp - iat).toBe(120);
    expect(tokens.expires_in).toBe(1_800);
    const { expires_in } = await app.signInSilently(browser, { resource: 'https://api.example.org' });
    expect(expires_in).toBe(600);
  });

  test('PKCE is demanded of all but a marked exception', async () => {
    const app = await createRelyingApp(server, { id: 'old', withoutPkce: 'its library knows none' });
    const { browser } = await member('old');
    const url = (await app.begin()).url.replace(/&code_challenge(_method)?=[^&]*/g, '');
    expect((await browser.open(url)).leftFor?.searchParams.get('code')).toBeTruthy();
    const strict = (await open.begin()).url.replace(/&code_challenge(_method)?=[^&]*/g, '');
    expect((await browser.open(strict)).leftFor?.searchParams.get('error')).toBe('invalid_request');
  });
});

async function signInAgain(browser: Browser, email: string): Promise<void> {
  const page = await browser.open((await open.begin()).url);
  if (page.leftFor === undefined) await signIn(browser, page, { email });
}
