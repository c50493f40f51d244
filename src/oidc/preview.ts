/**
 * What an app would get for a person, before anybody signs in. Nothing is imitated: a provider with the same settings
 * issues the tokens, with keys that are thrown away and a memory that is forgotten, so that nobody can use what is shown.
 */
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import Provider, { type AdapterFactory, type AdapterPayload, type Configuration } from 'oidc-provider';
import { createFindAccount } from '../account/find-account.ts';
import { passwordAcr } from '../account/account.ts';
import { findAccountById } from '../account/store.ts';
import { type Client, type SigningAlgorithm, userScopes } from '../client/client.ts';
import { toMetadata } from '../client/metadata.ts';
import { findClient } from '../client/store.ts';
import { Failure } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import type { Random } from '../lib/random.ts';
import { deriveKey } from '../lib/seal.ts';
import { releaseMappedClaims } from './claims.ts';
import { tellIntrospection } from './introspection.ts';
import { providerConfiguration } from './provider.ts';

export type PreviewTools = {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly issuer: string;
  /** The server's own: subjects that no two apps share come of it. */
  readonly secret: string;
  /** Adds what invitations need, by a guestlist of its own. */
  readonly configure: (configuration: Configuration) => Configuration;
};

export type PreviewWish = {
  readonly clientId: string;
  readonly accountId: string;
  /** Default: everything that the app may ask for. */
  readonly scope?: string | undefined;
  /** The `claims` parameter (OIDC Core §5.5). */
  readonly claims?: Readonly<Record<string, object>> | undefined;
  /** For a JWT access token (RFC 8707); then there is no UserInfo. */
  readonly resource?: string | undefined;
};

type Jwt = { readonly header: object; readonly payload: Readonly<Record<string, unknown>> };

export type Preview = {
  /** Undefined: without the scope `openid` there is none. */
  readonly idToken: Jwt | undefined;
  /** Undefined: the access token is for a resource, or without the scope `openid`. */
  readonly userinfo: Readonly<Record<string, unknown>> | undefined;
  /** Undefined: it is opaque. */
  readonly accessToken: Jwt | undefined;
  readonly introspection: Readonly<Record<string, unknown>> | undefined;
};

/**
 * Throws `client_not_found`, `account_disabled`, `invitation_required` where the app is for a group that the person is not
 * in, and `client_invalid` where it may not name the resource.
 */
export async function previewTokens(tools: PreviewTools, wish: PreviewWish): Promise<Preview> {
  const client = await findClient(tools.database, wish.clientId);
  if (!client) throw new Failure('client_not_found', { clientId: wish.clientId });
  if ((await findAccountById(tools.database, wish.accountId))?.disabledAt) throw new Failure('account_disabled');
  const provider = createProvider(tools, client);
  const server = createServer(provider.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const code = await issueCode(provider, { wish, client, now: tools.clock() });
    return await redeemCode(provider, { base, code, wish, client });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function createProvider({ database, clock, random, issuer, secret, configure }: PreviewTools, client: Client): Provider {
  const refuse = () => {
    throw new TypeError('a preview shows no pages');
  };
  const configuration = providerConfiguration({
    issuer,
    keys: { jwks: { keys: [throwawayKey(client.signingAlg)] }, cookieKeys: [random(32).toString('hex')], dpopSecret: random(32) },
    adapter: forgetfulAdapter(client),
    findAccount: createFindAccount(database),
    tools: { database, clock },
    pairwiseKey: deriveKey(secret, 'pairwise subject'),
    renderError: refuse,
    rpInitiatedLogout: { enabled: false },
    fetch,
  });
  const provider = new Provider(issuer, configure(configuration));
  releaseMappedClaims(provider);
  provider.use(tellIntrospection(provider, { database, clock }) as never);
  return provider;
}

function throwawayKey(alg: SigningAlgorithm): object {
  const { privateKey } =
    alg === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : alg === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: 'preview' };
}

/** The app as it is, but that it need not prove who it is: who asks for a preview has done so. */
function forgetfulAdapter(client: Client): AdapterFactory {
  const kept = new Map<string, AdapterPayload>();
  const metadata = toMetadata({ ...client, authMethod: 'none', jwks: undefined, jwksUri: undefined }, undefined);
  return (kind) => ({
    find: async (id) => (kind === 'Client' ? (id === client.id ? metadata : undefined) : kept.get(`${kind} ${id}`)),
    upsert: async (id, payload) => void kept.set(`${kind} ${id}`, payload),
    consume: async () => undefined,
    destroy: async () => undefined,
    revokeByGrantId: async () => undefined,
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
  });
}

type Issuing = { readonly wish: PreviewWish; readonly client: Client; readonly now: Date };

/** As if the person had signed in a moment ago, and allowed everything. */
async function issueCode(provider: Provider, { wish, client, now }: Issuing): Promise<string> {
  const { accountId, clientId, claims, resource } = wish;
  const scopes = (wish.scope ?? client.scope).split(' ').filter((scope) => client.scope.split(' ').includes(scope));
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope(scopes.filter((scope) => userScopes.includes(scope)).join(' '));
  grant.addOIDCClaims(Object.values(claims ?? {}).flatMap((member) => Object.keys(member)));
  if (resource !== undefined) grant.addResourceScope(resource, scopes.filter((scope) => !userScopes.includes(scope)).join(' '));
  const code = new provider.AuthorizationCode({
    accountId,
    client: (await provider.Client.find(clientId)) ?? Promise.reject(new TypeError('no client')),
    grantId: await grant.save(),
    scope: scopes.join(' '),
    redirectUri: client.redirectUris[0],
    authTime: Math.floor(now.getTime() / 1000),
    acr: passwordAcr,
    ...(claims === undefined ? {} : { claims }),
    ...(resource === undefined ? {} : { resource }),
  } as never);
  return code.save();
}

type Redeeming = { readonly base: string; readonly code: string; readonly wish: PreviewWish; readonly client: Client };

async function redeemCode(provider: Provider, { base, code, wish, client }: Redeeming): Promise<Preview> {
  const [redirectUri = ''] = client.redirectUris;
  const call = async (path: string, form: Readonly<Record<string, string>>) => {
    const response = await fetch(`${base}${path}`, { method: 'POST', body: new URLSearchParams({ client_id: client.id, ...form }) });
    const answer = (await response.json()) as Readonly<Record<string, unknown>>;
    if (!response.ok) throw refusalOf(answer, wish);
    return answer;
  };
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri };
  const tokens = await call(provider.pathFor('token'), wish.resource === undefined ? form : { ...form, resource: wish.resource });
  const [accessToken, idToken] = [String(tokens['access_token']), tokens['id_token']];
  const isOpaque = wish.resource === undefined;
  return {
    idToken: typeof idToken === 'string' ? decode(idToken) : undefined,
    accessToken: isOpaque ? undefined : decode(accessToken),
    userinfo: isOpaque && idToken !== undefined ? await call(provider.pathFor('userinfo'), { access_token: accessToken }) : undefined,
    introspection: isOpaque ? await call(provider.pathFor('introspection'), { token: accessToken }) : undefined,
  };
}

function refusalOf(answer: Readonly<Record<string, unknown>>, { resource }: PreviewWish): Error {
  if (answer['error'] === 'invalid_grant') return new Failure('invitation_required');
  if (answer['error'] === 'invalid_target') return new Failure('client_invalid', { complaint: `it may not get tokens for ${resource}` });
  return new Error(JSON.stringify(answer));
}

function decode(jwt: string): Jwt {
  return { header: decodeProtectedHeader(jwt), payload: decodeJwt(jwt) };
}
