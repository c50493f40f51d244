/** The adapter under the real oidc-provider: what people and apps get over HTTP, and what a thief of the table would not. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type AdapterPayload } from 'oidc-provider';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createAdapter } from '../../src/oidc/adapter.ts';
import { createTestDatabase } from '../support/database.ts';

const verifier = 'v'.repeat(43);
const redirectUri = 'https://wiki.example/back';
const wiki: AdapterPayload = {
  client_id: 'wiki',
  client_secret: 'the secret of the wiki',
  redirect_uris: [redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
};
const basic = `Basic ${Buffer.from('wiki:the+secret+of+the+wiki').toString('base64')}`;

let test: Awaited<ReturnType<typeof createTestDatabase>>;
let provider: Provider;
let server: Server;
let issuer: string;
/** What a thief would see while somebody signs in. */
let tableAtSignIn = '';

beforeAll(async () => {
  test = await createTestDatabase();
  server = createServer((req, res) => (req.url?.startsWith('/interaction/') ? signIn(req, res) : provider.callback()(req, res)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  provider = newProvider();
});
beforeEach(async () => {
  await test.database.raw('delete from guestlist.oidc_payload');
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await test.drop();
});

function newProvider(): Provider {
  const findClient = async (id: string) => (id === 'wiki' ? wiki : undefined);
  return new Provider(issuer, {
    adapter: createAdapter({ database: test.database, clock: systemClock, random: secureRandom, findClient }),
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    features: { devInteractions: { enabled: false } },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    cookies: { keys: ['k'] },
  });
}

async function signIn(...[req, res]: Parameters<Provider['interactionDetails']>): Promise<void> {
  const { params } = await provider.interactionDetails(req, res);
  tableAtSignIn = await storedText();
  const grant = new provider.Grant({ accountId: 'ann', clientId: params.client_id as string });
  grant.addOIDCScope('openid');
  await provider.interactionFinished(req, res, { login: { accountId: 'ann' }, consent: { grantId: await grant.save() } });
}

/** A browser that follows redirects to the app; remembers every secret it was ever shown. */
function newBrowser() {
  const cookies = new Map<string, string>();
  const seen = new Set<string>();
  const remember = (line: string) => {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    cookies.set(name, value);
    if (value) seen.add(value);
  };
  return {
    seen,
    async follow(url: string): Promise<URL> {
      for (let location = new URL(url, issuer); ; ) {
        if (location.origin !== issuer) return location;
        const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '), accept: 'text/html' };
        const answer = await fetch(location, { redirect: 'manual', headers });
        answer.headers.getSetCookie().forEach(remember);
        const next = answer.headers.get('location');
        if (!next) throw new Error(`${answer.status} ${await answer.text()}`);
        location = new URL(next, location);
      }
    },
  };
}

const post = (path: string, form: Record<string, string>) =>
  fetch(`${issuer}${path}`, { method: 'POST', headers: { authorization: basic }, body: new URLSearchParams(form) });

const codeRequest = {
  client_id: 'wiki',
  redirect_uri: redirectUri,
  response_type: 'code',
  scope: 'openid',
  code_challenge_method: 'S256',
  state: 's',
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
};
const authorizeUrl = (request: Record<string, string>) => `/auth?${new URLSearchParams(request)}`;
const exchange = (code: string) =>
  post('/token', { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier });
const refresh = (token: string) => post('/token', { grant_type: 'refresh_token', refresh_token: token });
const userinfo = (token: string) => fetch(`${issuer}/me`, { headers: { authorization: `Bearer ${token}` } });

type Tokens = { access_token: string; refresh_token: string };
const tokensOf = async (answer: Response) => (await answer.json()) as Tokens;

async function newCode(): Promise<string> {
  const back = await newBrowser().follow(authorizeUrl(codeRequest));
  return back.searchParams.get('code') as string;
}

/** Runs the request ten times at once; returns the one answer that succeeded. */
async function onlyWinner(request: () => Promise<Response>): Promise<Tokens> {
  const answers = await Promise.all(Array.from({ length: 10 }, request));
  const winners = answers.filter(({ ok }) => ok);
  expect(winners).toHaveLength(1);
  for (const answer of answers.filter(({ ok }) => !ok)) expect(await answer.json()).toMatchObject({ error: 'invalid_grant' });
  return tokensOf(winners[0] as Response);
}

async function storedText(): Promise<string> {
  const { rows } = await test.database.raw('select row_to_json(p)::text as text from guestlist.oidc_payload p order by kind, id');
  return rows.map(({ text }: { text: string }) => text).join('\n');
}

function expectNone(values: Iterable<string>, text: string): void {
  for (const value of values) expect(text).not.toContain(value);
}

async function push(request: Record<string, string>): Promise<string> {
  return ((await (await post('/request', request)).json()) as { request_uri: string }).request_uri;
}

it('keeps no value of a whole login in the table: session, interactions, code, tokens', async () => {
  const browser = newBrowser();
  const back = await browser.follow(authorizeUrl(codeRequest));
  const code = back.searchParams.get('code') as string;
  const tokens = await tokensOf(await exchange(code));
  const rotated = await tokensOf(await refresh(tokens.refresh_token));
  expect(await (await userinfo(rotated.access_token)).json()).toEqual({ sub: 'ann' });
  const secrets = [...browser.seen, code, tokens.access_token, tokens.refresh_token, rotated.access_token, rotated.refresh_token];
  expect(await storedText()).toMatch(/"Session"/);
  expectNone(secrets, await storedText());
});

it('keeps no value while somebody who has a session signs in again for a pushed request', async () => {
  const browser = newBrowser();
  await browser.follow(authorizeUrl(codeRequest));
  const requestUri = await push({ ...codeRequest, prompt: 'login' });
  const back = await browser.follow(authorizeUrl({ client_id: 'wiki', request_uri: requestUri }));
  expect(back.searchParams.get('code')).toBeTruthy();
  expect(tableAtSignIn).toMatch(/"Interaction".*"PushedAuthorizationRequest".*"Session"/s);
  expectNone([...browser.seen, requestUri.split(':').at(-1) as string], tableAtSignIn);
});

it('takes a pushed request once, although an interaction lies between', async () => {
  const hop = authorizeUrl({ client_id: 'wiki', request_uri: await push(codeRequest) });
  expect((await newBrowser().follow(hop)).searchParams.get('code')).toBeTruthy();
  expect((await newBrowser().follow(hop)).searchParams.get('error')).toBe('invalid_request_uri');
});

it('takes a pushed request once from two browsers at the same time', async () => {
  const hop = authorizeUrl({ client_id: 'wiki', request_uri: await push(codeRequest) });
  const backs = await Promise.all([newBrowser().follow(hop), newBrowser().follow(hop), newBrowser().follow(hop)]);
  expect(backs.map((back) => back.searchParams.get('error') ?? 'code').sort()).toEqual([
    'code',
    'invalid_request_uri',
    'invalid_request_uri',
  ]);
});

it('lets one of ten simultaneous exchanges of a code win, and what it got is revoked', async () => {
  const code = await newCode();
  const { access_token, refresh_token } = await onlyWinner(() => exchange(code));
  expect((await userinfo(access_token)).status).toBe(401);
  expect(await (await refresh(refresh_token)).json()).toMatchObject({ error: 'invalid_grant' });
});

it('lets one of ten simultaneous uses of a refresh token win, and what it got is revoked', async () => {
  const { refresh_token: token } = await tokensOf(await exchange(await newCode()));
  const { refresh_token } = await onlyWinner(() => refresh(token));
  expect(await (await refresh(refresh_token)).json()).toMatchObject({ error: 'invalid_grant' });
});

it('revokes what a code brought when the code is used again later', async () => {
  const code = await newCode();
  const { access_token } = await tokensOf(await exchange(code));
  expect((await userinfo(access_token)).status).toBe(200);
  expect((await exchange(code)).status).toBe(400);
  expect((await userinfo(access_token)).status).toBe(401);
});

it('ends tokens with the session they came from', async () => {
  const { access_token } = await tokensOf(await exchange(await newCode()));
  const { rows } = await test.database.raw(`select uid from guestlist.oidc_payload where kind = 'Session'`);
  const session = await provider.Session.findByUid(rows[0].uid);
  await session?.destroy();
  expect((await userinfo(access_token)).status).toBe(401);
});

it('takes an assertion id once, also from twenty requests at once, and again only after it has expired', async () => {
  const { ReplayDetection } = provider;
  const inTenMinutes = Math.floor(systemClock().getTime() / 1000) + 600;
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => ReplayDetection.unique('wiki', 'jti', inTenMinutes)));
  expect(outcomes.filter(Boolean)).toHaveLength(1);
  expect(await ReplayDetection.unique('wiki', 'jti', inTenMinutes)).toBe(false);
  expect(await ReplayDetection.unique('wiki', 'another jti', inTenMinutes)).toBe(true);
  await test.database.raw('update guestlist.oidc_payload set expires_at = ?', [systemClock()]);
  expect(await ReplayDetection.unique('wiki', 'jti', inTenMinutes)).toBe(true);
});

it('answers a NUL in a parameter as a mistake of the request', async () => {
  const back = await newBrowser().follow(authorizeUrl({ ...codeRequest, state: 'a\0b' }));
  expect(back.searchParams.get('error')).toBe('invalid_request');
  expect(back.origin).toBe('https://wiki.example');
  expect((await fetch(`${issuer}${authorizeUrl({ ...codeRequest, client_id: 'wiki\0' })}`)).status).toBe(400);
  expect((await exchange('code\0')).status).toBe(400);
});
