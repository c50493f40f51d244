/** An app as its preset has it: registered as `client add --preset` does, and doing what the app itself would do. */
import * as oidc from 'openid-client';
import { presetClient } from '../../src/client/preset-client.ts';
import { type Preset, type Snippet, snippetOf } from '../../src/client/presets.ts';
import type { Browser, Rest } from '../support/browser.ts';
import type { JourneyServer } from '../support/server.ts';
import type { Told } from '../client/readers.ts';
import type { NewClient } from '../../src/client/manage.ts';

export const baseUrl = 'https://app.example.org';

type Tokens = oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers;
export type SignedIn = { readonly tokens: Tokens; readonly told: Told };

export type PresetApp = {
  readonly clientId: string;
  readonly config: oidc.Configuration;
  readonly settings: ReturnType<typeof presetClientOf>;
  readonly snippet: Snippet;
  readonly clientSecret: string | undefined;
  /** Where the browser comes to rest after the app has sent it to us. */
  ask(browser: Browser, options?: AskOptions): Promise<Asked>;
  /** All of it, with the consent of the person. */
  signIn(browser: Browser, options?: AskOptions): Promise<SignedIn>;
};

export type AskOptions = { readonly redirectUri?: string | undefined; readonly withoutChallenge?: boolean };
export type Asked = { readonly rest: Rest; finish(rest: Rest, config?: oidc.Configuration): Promise<SignedIn> };

/** Of apps whose configuration asks for more than scopes. */
const extraParameters: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'argo-cd': { claims: JSON.stringify({ id_token: { groups: { essential: true } } }) },
};

function presetClientOf(preset: Preset) {
  const settings = presetClient(preset, baseUrl);
  if (!settings) throw new Error(`${preset.id} does not take the address`);
  return settings;
}

/** As an app of this method authenticates, and no other way. */
function authOf(method: string | undefined, secret: string | undefined): oidc.ClientAuth {
  if (method === 'none') return oidc.None();
  return method === 'client_secret_post' ? oidc.ClientSecretPost(secret) : oidc.ClientSecretBasic(secret);
}

export async function connect(issuer: string, clientId: string, auth: oidc.ClientAuth): Promise<oidc.Configuration> {
  return oidc.discovery(new URL(issuer), clientId, {}, auth, { execute: [oidc.allowInsecureRequests] });
}

export async function registerPreset(server: JourneyServer, preset: Preset, wish: Partial<NewClient> = {}): Promise<PresetApp> {
  const settings = presetClientOf(preset);
  const clientId = wish.id ?? preset.id;
  // Like the command, which says nothing of whose house the app is of.
  const clientSecret = await server.addClient({ firstParty: false, ...settings, ...wish, id: clientId });
  const snippet = snippetOf(preset, { issuer: server.issuer, clientId, baseUrl });
  if (!snippet) throw new Error(`nothing is printed for ${preset.id}`);
  const config = await connect(server.issuer, clientId, authOf(settings.authMethod, clientSecret));

  async function ask(browser: Browser, { redirectUri = settings.redirectUris[0] ?? '', withoutChallenge = false }: AskOptions = {}) {
    const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
    const verifier = settings.withoutPkce === undefined && !withoutChallenge ? oidc.randomPKCECodeVerifier() : undefined;
    const url = oidc.buildAuthorizationUrl(config, {
      ...{ redirect_uri: redirectUri, scope: preset.client.scopes.join(' '), state, nonce },
      ...(verifier === undefined ? {} : { code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }),
      ...(preset.client.prompt === undefined ? {} : { prompt: preset.client.prompt }),
      ...extraParameters[preset.id],
    });
    return {
      rest: await browser.open(url.href),
      async finish({ leftFor, html, url: stayedAt }: Rest, as = config): Promise<SignedIn> {
        if (!leftFor?.href.startsWith(redirectUri)) throw new Error(`the browser is at ${stayedAt} instead of ${redirectUri}:\n${html}`);
        const { searchParams } = leftFor;
        if (searchParams.get('state') !== state) throw new Error('the answer is to another question');
        // The ready-made grant would put a slash behind an address without a path, which some apps do not.
        const tokens = await oidc.genericGrantRequest(as, 'authorization_code', {
          ...{ code: searchParams.get('code') ?? '', redirect_uri: redirectUri },
          ...(verifier === undefined ? {} : { code_verifier: verifier }),
        });
        const idToken = tokens.claims();
        if (idToken?.nonce !== nonce) throw new Error('there is no ID token for this sign-in');
        return { tokens, told: { idToken, userInfo: await oidc.fetchUserInfo(as, tokens.access_token, idToken.sub) } };
      },
    };
  }

  return {
    ...{ clientId, config, settings, snippet, clientSecret, ask },
    async signIn(browser, options) {
      const { rest, finish } = await ask(browser, options);
      return finish(rest.leftFor ? rest : await browser.submit(rest, 'allow'));
    },
  };
}
