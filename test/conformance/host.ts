/**
 * What the modules need of a provider under test, whoever it is; and the foreign host: a small oidc-provider with
 * clients, accounts and pages of its own that knows nothing of Guestlist, bare or with the plugin around the very same
 * configuration. Neighbours: `host-pages.ts` (its pages), `own-server.ts` (our server as the third host).
 */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type Configuration, type FindAccount } from 'oidc-provider';
import { type Guestlist, invitations } from '../../src/index.ts';

import { type TestDatabase, createTestDatabase } from '../support/database.ts';
import { hostPages, interactionRoutes, person } from './host-pages.ts';
import { type LogoutReceiver, startLogoutReceiver } from './receiver.ts';
import { joinAGroup } from './membership.ts';
import { recorded } from './transcript.ts';

export type TestClient = {
  readonly id: string;
  readonly secret: string;
  readonly redirectUri: string;
  readonly postLogoutRedirectUri: string;
};

export type Host = {
  readonly issuer: string;
  /** Who signs in. */
  readonly person: { readonly email: string; readonly password: string };
  readonly first: TestClient;
  readonly second: TestClient;
  /** Authenticates with `client_secret_post`. */
  readonly post: TestClient;
  /** Refuses authorization requests without PKCE, which the suite sends. */
  readonly needsPkce: boolean;
  /** What the back-channel logout address of `first` was sent. */
  readonly logoutTokens: string[];
  /** The outline of every answer; of the foreign host only. */
  readonly transcript: string[];
  /** The same provider behind a proxy that ends TLS, with an https issuer. */
  overTls(): Promise<TlsHost>;
  close(): Promise<void>;
};

export type TlsHost = { readonly issuer: string; readonly fetch: typeof fetch; close(): Promise<void> };

export const tlsIssuer = 'https://id.example.org';

export function testClient(id: string, secret: string): TestClient {
  const origin = `https://${id}.example.org`;
  return { id, secret, redirectUri: `${origin}/callback`, postLogoutRedirectUri: `${origin}/goodbye` };
}

/** Speaks to a provider as its proxy would: whatever is asked of the https issuer goes to where it listens. */
export function fetchThroughProxy(origin: string): typeof fetch {
  return (input, init) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': new URL(tlsIssuer).host, 'x-forwarded-for': '192.0.2.1' };
    return fetch(`${origin}${pathname}${search}`, {
      ...init,
      headers: { ...Object.fromEntries(new Headers(init?.headers)), ...forwarded },
    });
  };
}

const first = testClient('first', 'the secret of the first client');
const second = testClient('second', 'the secret of the second client');
const post = testClient('post', 'the secret of the posting client');

export async function startHost({ withPlugin }: { readonly withPlugin: boolean }): Promise<Host> {
  const receiver = await startLogoutReceiver();
  const configuration = await configurationOf(receiver);
  const testDatabase = withPlugin ? await createTestDatabase() : undefined;
  const transcript: string[] = [];
  const serve = async (issuer?: string) => {
    const socket = await openSocket();
    const guestlist = testDatabase && guestlistOf(issuer ?? socket.origin, testDatabase);
    const provider = createProvider(issuer ?? socket.origin, { configuration, guestlist });
    provider.proxy = issuer !== undefined;
    socket.serve(recorded(provider.callback(), transcript));
    return { ...socket, guestlist };
  };
  const { origin, guestlist, close } = await serve();
  // Whoever belongs to a group has something that could show where nobody asked for it.
  if (guestlist) await joinAGroup(origin, guestlist);
  transcript.length = 0;
  return {
    issuer: origin,
    person,
    first,
    second,
    post,
    needsPkce: false,
    logoutTokens: receiver.tokens,
    transcript,
    overTls: async () => {
      const proxied = await serve(tlsIssuer);
      return { issuer: tlsIssuer, fetch: fetchThroughProxy(proxied.origin), close: proxied.close };
    },
    close: async () => {
      await close();
      await receiver.close();
      await testDatabase?.drop();
    },
  };
}

function guestlistOf(issuer: string, { database }: TestDatabase): Guestlist {
  return invitations({
    database,
    issuer,
    person: async (id) => (id === person.id ? { name: 'Ada Park', email: person.email, emailVerified: true } : undefined),
  });
}

function createProvider(
  issuer: string,
  { configuration, guestlist }: { readonly configuration: Configuration; readonly guestlist: Guestlist | undefined },
): Provider {
  const provider = new Provider(issuer, guestlist ? guestlist.configure(configuration) : configuration);
  guestlist?.mount(provider);
  provider.use(interactionRoutes(provider));
  return provider;
}

const hour = 3600;

async function configurationOf({ origin }: LogoutReceiver): Promise<Configuration> {
  return {
    clients: [
      { ...metadataOf(first), backchannel_logout_uri: `${origin}/logout`, backchannel_logout_session_required: true },
      metadataOf(second),
      { ...metadataOf(post), token_endpoint_auth_method: 'client_secret_post' },
    ],
    jwks: { keys: [await newKey()] },
    cookies: { keys: ['a key for the cookies of the foreign host'] },
    claims: standardClaims,
    acrValues: [person.acr],
    findAccount,
    interactions: { url: (_ctx, { uid }) => `/sign-in/${uid}` },
    renderError: hostPages.error,
    ttl: { AccessToken: hour, Grant: hour, IdToken: hour, Interaction: hour, RefreshToken: hour, Session: hour },
    // The receiver of logout tokens is on this machine, where the guarded dispatcher would not go.
    fetch: (url, { dispatcher: _guarded, ...open } = {}) => fetch(url, open),
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource: hostPages.askToSignOut, postLogoutSuccessSource: hostPages.signedOut },
    },
  };
}

function metadataOf({ id, secret, redirectUri, postLogoutRedirectUri }: TestClient) {
  return {
    client_id: id,
    client_secret: secret,
    redirect_uris: [redirectUri],
    post_logout_redirect_uris: [postLogoutRedirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
  };
}

async function newKey() {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: 'conformance', use: 'sig', alg: 'RS256' };
}

/** OpenID Connect Core 1.0 §5.4 */
export const standardClaims = {
  profile: [
    'name',
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
  ],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
};

const findAccount: FindAccount = (_ctx, accountId) =>
  accountId === person.id ? { accountId, claims: () => ({ sub: accountId, ...person.claims }) } : undefined;

/** A listening port before there is anybody to answer: the issuer must be known first. */
async function openSocket() {
  let answer: RequestListener = (_request, response) => response.writeHead(503).end();
  const server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    serve: (listener: RequestListener) => {
      answer = listener;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
