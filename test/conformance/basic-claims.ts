/** Basic plan: UserInfo, and which claims come of which scope. */
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import { expect } from 'vitest';
import { standardClaims } from './host.ts';
import { type App, idTokenClaims, jsonOf, type Modules, signIn, type Trial } from './trial.ts';

type Scope = keyof typeof standardClaims;

const insecure = { [oauth.allowInsecureRequests]: true };

export const claimModules: Modules = {
  'oidcc-userinfo-get': async (trial) => {
    const { metadata, client } = trial.app;
    const tokens = await signIn(trial);
    const server = metadata as oauth.AuthorizationServer;
    const response = await oauth.userInfoRequest(server, { client_id: client.id }, tokens.access_token, insecure);
    expect(response.status).toBe(200);
    await oauth.processUserInfoResponse(server, { client_id: client.id }, idTokenClaims(tokens).sub, response);
  },

  'oidcc-userinfo-post-header': async (trial) => {
    const tokens = await signIn(trial);
    const response = await post(trial.app, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    expect(response.status).toBe(200);
    expect((await jsonOf(response)).sub).toBe(idTokenClaims(tokens).sub);
  },

  'oidcc-userinfo-post-body': async (trial) => {
    const tokens = await signIn(trial);
    const response = await post(trial.app, { body: new URLSearchParams({ access_token: tokens.access_token }) });
    if (response.status !== 200) return trial.warn('UserInfo does not take the access token from the body of a request.');
    expect((await jsonOf(response)).sub).toBe(idTokenClaims(tokens).sub);
  },

  'oidcc-scope-profile': (trial) => checkScope(trial, 'profile'),
  'oidcc-scope-email': (trial) => checkScope(trial, 'email'),
  'oidcc-scope-address': (trial) => checkScope(trial, 'address'),
  'oidcc-scope-phone': (trial) => checkScope(trial, 'phone'),
  'oidcc-scope-all': (trial) => checkScopes(trial, ['profile', 'email', 'address', 'phone']),

  'oidcc-alternate-happy-flow': async (trial) => {
    const { app, browser } = trial;
    const flow = await app.begin({ scope: 'email openid' });
    const turned = new URL(flow.url);
    turned.search = new URLSearchParams([...turned.searchParams].reverse()).toString();
    expect(turned.href).not.toBe(flow.url);
    await signIn(trial, { scope: 'email openid' });
    const tokens = await flow.finish(await browser.open(turned.href));
    const claims = await oidc.fetchUserInfo(app.config, tokens.access_token, idTokenClaims(tokens).sub);
    expect(claims.email).toEqual(expect.any(String));
  },

  'oidcc-claims-essential': async (trial) => {
    const tokens = await signIn(trial, { claims: JSON.stringify({ userinfo: { name: { essential: true } } }) });
    const claims = await oidc.fetchUserInfo(trial.app.config, tokens.access_token, idTokenClaims(tokens).sub);
    if (claims.name === undefined) return trial.warn('UserInfo does not have a claim that was asked for as essential.');
    expect(claims.name).toEqual(expect.any(String));
  },
};

async function post({ metadata }: App, init: RequestInit): Promise<Response> {
  return fetch(metadata.userinfo_endpoint ?? '', { method: 'POST', ...init });
}

async function checkScope(trial: Trial, scope: Scope): Promise<void> {
  if (trial.app.metadata.scopes_supported?.includes(scope)) return checkScopes(trial, [scope]);
  trial.skip(
    `The scope \`${scope}\` is not offered, and not in the metadata: our server knows a name and an e-mail address of a person, and no more.`,
  );
}

/** OpenID Connect Core 1.0 §5.4: of a flow that gives an access token, the claims come from UserInfo. */
async function checkScopes(trial: Trial, scopes: readonly Scope[]): Promise<void> {
  const tokens = await signIn(trial, { scope: ['openid', ...scopes].join(' ') });
  const claims = await oidc.fetchUserInfo(trial.app.config, tokens.access_token, idTokenClaims(tokens).sub);
  const wanted = scopes.flatMap((scope) => standardClaims[scope]);
  for (const name of wanted) expect(idTokenClaims(tokens)).not.toHaveProperty(name);
  const missing = wanted.filter((name) => claims[name] === undefined);
  for (const name of wanted.filter((each) => !missing.includes(each)))
    expect({ [name]: claims[name] }).toEqual({ [name]: expect.any(typeOf(name)) });
  expect(missing.length).toBeLessThan(wanted.length);
  if (missing.length > 0) trial.warn(leftOut(missing));
}

function leftOut(claims: readonly string[]): string {
  const names = claims.map((name) => `\`${name}\``).join(', ');
  return `UserInfo leaves out what our server does not know of a person, as the specification lets it: ${names}.`;
}

function typeOf(claim: string) {
  if (claim.endsWith('_verified')) return Boolean;
  if (claim === 'updated_at') return Number;
  return claim === 'address' ? Object : String;
}
