/** One run of one module at one host: the app, the browser and the person of the module, and what it has to say. */
import * as oidc from 'openid-client';
import type { Browser, Fields, Page, Rest } from '../support/browser.ts';
import type { Host, TestClient } from './host.ts';

export type Trial = {
  readonly host: Host;
  /** New: nobody is signed in. */
  readonly browser: Browser;
  /** `host.first` */
  readonly app: App;
  /** Passed, but not as the specification would like it best. */
  warn(note: string): void;
  /** Not to be had at this host; the module ends. */
  skip(note: string): void;
  /** Lets time go by, for everybody. */
  pass(seconds: number): void;
};

export type Modules = Readonly<Record<string, (trial: Trial) => Promise<unknown>>>;

export type Tokens = oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers;

export type App = {
  readonly client: TestClient;
  readonly config: oidc.Configuration;
  readonly metadata: oidc.ServerMetadata;
  begin(params?: Fields, options?: { readonly nonce?: boolean; readonly pkce?: boolean }): Promise<Flow>;
};

export type Flow = {
  /** The authorization request. */
  readonly query: Fields;
  readonly url: string;
  readonly codeVerifier: string | undefined;
  /** Exchanges the code; openid-client checks everything about the answer, the ID token's signature too. */
  finish(rest: Rest): Promise<Tokens>;
};

export async function createApp(
  host: Host,
  client: TestClient,
  authentication: (secret: string) => oidc.ClientAuth = oidc.ClientSecretBasic,
): Promise<App> {
  const execute = [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks];
  const config = await oidc.discovery(new URL(host.issuer), client.id, undefined, authentication(client.secret), { execute });
  return {
    client,
    config,
    metadata: config.serverMetadata(),
    async begin(params = {}, { nonce = true, pkce = host.needsPkce } = {}) {
      const codeVerifier = pkce ? oidc.randomPKCECodeVerifier() : undefined;
      const query = {
        client_id: client.id,
        response_type: 'code',
        redirect_uri: client.redirectUri,
        scope: 'openid',
        state: oidc.randomState(),
        ...(nonce ? { nonce: oidc.randomNonce() } : {}),
        ...(codeVerifier ? { code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier), code_challenge_method: 'S256' } : {}),
        ...params,
      };
      const url = oidc.buildAuthorizationUrl(config, query).href;
      return { query, url, codeVerifier, finish: (rest) => exchange(config, { query, codeVerifier }, rest) };
    },
  };
}

async function exchange(
  config: oidc.Configuration,
  { query, codeVerifier }: Pick<Flow, 'query' | 'codeVerifier'>,
  rest: Rest,
): Promise<Tokens> {
  const { nonce, state, max_age } = query;
  return oidc.authorizationCodeGrant(config, answerOf(rest), {
    idTokenExpected: true,
    ...(state === undefined ? {} : { expectedState: state }),
    ...(nonce === undefined ? {} : { expectedNonce: nonce }),
    ...(codeVerifier === undefined ? {} : { pkceCodeVerifier: codeVerifier }),
    ...(max_age === undefined ? {} : { maxAge: Number(max_age) }),
  });
}

/** Where the provider sent the browser back to. */
export function answerOf({ leftFor, url, html }: Rest): URL {
  if (!leftFor) throw new Error(`the browser did not come back to the app but stays at ${url}:\n${html}`);
  return leftFor;
}

export function errorOf({ leftFor }: Rest): string | undefined {
  return leftFor?.searchParams.get('error') ?? undefined;
}

/** Any address of the provider, by its name in the metadata, with a query. */
export function addressOf({ metadata }: App, endpoint: string, query: Fields): string {
  return `${metadata[endpoint]}?${new URLSearchParams(query)}`;
}

export function asksToSignIn({ $ }: Page): boolean {
  return $('input[name="password"]').length > 0;
}

function asksForConsent({ $ }: Page): boolean {
  return $('button[value="allow"]').length > 0;
}

/** The person answers whatever is asked, until the app has its answer. */
export async function answerAll({ host, browser }: Pick<Trial, 'host' | 'browser'>, start: Rest): Promise<Rest> {
  let here = start;
  // Nobody is asked more than twice: who they are, and whether the app may know.
  for (let questions = 0; !here.leftFor && questions < 2; questions += 1) {
    if (asksToSignIn(here)) here = await browser.submit(here, 'Sign in', host.person);
    else if (asksForConsent(here)) here = await browser.submit(here, 'allow');
    else throw new Error(`asks for neither a password nor consent: ${here.status} ${here.url}\n${here.html}`);
  }
  return here;
}

/** The whole way, with whatever questions there are. */
export async function signIn(trial: Pick<Trial, 'host' | 'browser' | 'app'>, params: Fields = {}, options = {}): Promise<Tokens> {
  const flow = await trial.app.begin(params, options);
  return flow.finish(await answerAll(trial, await trial.browser.open(flow.url)));
}

/** The body of an answer, whatever it is. */
// biome-ignore lint/suspicious/noExplicitAny: the modules look at single members, and are content with `undefined`
export async function jsonOf(response: Response): Promise<any> {
  return response.json();
}

export function idTokenClaims(tokens: Tokens): oidc.IDToken {
  const claims = tokens.claims();
  if (!claims) throw new Error('no ID token');
  return claims;
}
