/** An app that signs people in, by an OpenID Connect client that is not ours. */
import * as oidc from 'openid-client';
import type { NewClient } from '../../src/client/manage.ts';
import type { Browser, Rest } from './browser.ts';
import type { JourneyServer } from './server.ts';

export type RelyingApp = {
  readonly config: oidc.Configuration;
  readonly redirectUri: string;
  /** The start of a sign-in. */
  begin(params?: Readonly<Record<string, string>>): Promise<Flow>;
  /** Like `begin`, by a pushed authorization request. */
  push(params?: Readonly<Record<string, string>>): Promise<Flow>;
  /** A silent sign-in of somebody with a session; undefined if the provider wants to ask something. */
  signInSilently(
    browser: Browser,
    params?: Readonly<Record<string, string>>,
  ): Promise<oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers>;
};

export type Flow = {
  readonly url: string;
  /** Exchanges the code that the browser brought; openid-client checks everything about the answer. */
  finish(rest: Rest, params?: Readonly<Record<string, string>>): Promise<oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers>;
};

export type AppOptions = Partial<NewClient>;

export const fullScope = 'openid profile email groups roles entitlements';

export async function createRelyingApp(
  server: Pick<JourneyServer, 'issuer' | 'addClient'>,
  { id = 'app', signingAlg = 'RS256', ...wish }: AppOptions = {},
): Promise<RelyingApp> {
  const redirectUri = `https://${id}.example.org/callback`;
  const secret = await server.addClient({
    id,
    firstParty: true,
    signingAlg,
    redirectUris: [redirectUri],
    initiateLoginUri: `https://${id}.example.org/login`,
    postLogoutRedirectUris: [`https://${id}.example.org/`],
    ...wish,
  });
  const config = await oidc.discovery(
    new URL(server.issuer),
    id,
    { id_token_signed_response_alg: signingAlg },
    oidc.ClientSecretBasic(secret),
    {
      execute: [oidc.allowInsecureRequests],
    },
  );

  async function prepare(params: Readonly<Record<string, string>>) {
    const codeVerifier = oidc.randomPKCECodeVerifier();
    const nonce = oidc.randomNonce();
    const state = oidc.randomState();
    const query = {
      redirect_uri: redirectUri,
      scope: fullScope,
      code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      nonce,
      state,
      ...params,
    };
    const finish: Flow['finish'] = async ({ leftFor, html, url }, more) => {
      if (!leftFor) throw new Error(`the browser did not come back to the app but stays at ${url}:\n${html}`);
      return oidc.authorizationCodeGrant(
        config,
        leftFor,
        { pkceCodeVerifier: codeVerifier, expectedNonce: nonce, expectedState: state, idTokenExpected: true },
        { ...more },
      );
    };
    return { query, finish };
  }

  const begin: RelyingApp['begin'] = async (params = {}) => {
    const { query, finish } = await prepare(params);
    return { url: oidc.buildAuthorizationUrl(config, query).href, finish };
  };

  return {
    config,
    redirectUri,
    begin,
    async push(params = {}) {
      const { query, finish } = await prepare(params);
      return { url: (await oidc.buildAuthorizationUrlWithPAR(config, query)).href, finish };
    },
    async signInSilently(browser, params = {}) {
      const flow = await begin({ prompt: 'none', ...params });
      return flow.finish(await browser.open(flow.url));
    },
  };
}
